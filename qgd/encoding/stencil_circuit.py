"""The encoding of a stencil as a circuit of O(p q) products of bits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qiskit import QuantumCircuit

from qgd.encoding.arithmetic import add, flip_if_ones, flip_on_carry, one_hot, write
from qgd.encoding.state_preparation import real_state_preparation
from qgd.encoding.stencil_plan import StencilPlan
from qgd.encoding.unary_iteration import flip


class StencilCircuit:
    """The circuit while it is being put together; all `num_controls` further qubits being 1."""

    def __init__(self, plan: StencilPlan, num_controls: int) -> None:
        self.plan = plan
        q, p = plan.slot_qubits, plan.degree
        first_index = plan.num_inner
        self.outside = plan.num_system
        self.unmatched = plan.num_system + int(plan.has_outside)
        self.index = range(first_index, first_index + plan.num_index)
        free = iter(range(self.index.stop, self.index.stop + num_work_qubits(plan)))
        self.gathered = next(free)
        self.terms = [next(free) for _ in plan.terms]
        if plan.checks_slots:
            self.active, self.wraps = next(free), next(free)
            self.invalid = [next(free) for _ in range(p)]
        self.scratch = list(free)
        self.addend, self.carries = self.scratch[:q], self.scratch[q : 2 * q]
        last = self.index.stop + num_work_qubits(plan)
        self.outer = list(range(last, last + num_controls))
        self.circuit = QuantumCircuit(last + num_controls)

    def build(self) -> QuantumCircuit:
        plan, circuit = self.plan, self.circuit
        if not plan.terms:
            flip(circuit, self.outer, self.outside)
            return circuit
        prepare = real_state_preparation(plan.amplitudes) if plan.num_index else None
        if prepare:
            circuit.compose(prepare, self.index, inplace=True)
        with self._control() as control:
            with self._checked(control) as root, self._chosen(root):
                for t, (c, _) in enumerate(plan.terms):
                    if c < 0:
                        circuit.z(self.terms[t])
                for m in range(1, plan.degree + 1):
                    self._shift(m)
                self._flag_rows()
            if plan.has_unmatched:
                self._match(control)
        if prepare:
            circuit.compose(prepare.inverse(), self.index, inplace=True)
        return circuit

    # --- frames that are undone at the end ------------------------------------------------

    @contextmanager
    def _control(self) -> Iterator[int | None]:
        """One qubit that says whether to act; None: always."""
        if len(self.outer) < 2:
            yield self.outer[0] if self.outer else None
            return
        self.circuit.mcx(self.outer, self.gathered)
        yield self.gathered
        self.circuit.mcx(self.outer, self.gathered)

    @contextmanager
    def _checked(self, control: int | None) -> Iterator[int | None]:
        """Act only where all slots hold a site, and flag the rest; the shifts keep that apart."""
        if not self.plan.checks_slots:
            yield control
            return
        self._mark_invalid()
        self._mark_active(control)
        if control is None:
            self.circuit.x(self.outside)
        else:
            self.circuit.cx(control, self.outside)
        self.circuit.cx(self.active, self.outside)
        yield self.active
        self._mark_active(control)
        self._mark_invalid()

    def _mark_invalid(self) -> None:
        plan = self.plan
        constant = 2**plan.slot_qubits - plan.stencil.num_variables
        ones = [qubit for b, qubit in enumerate(self.addend) if constant >> b & 1]
        self.circuit.x(ones)
        for m, target in enumerate(self.invalid, start=1):
            flip_on_carry(self.circuit, self.addend, plan.slot(m), target, self.carries)
        self.circuit.x(ones)

    def _mark_active(self, control: int | None) -> None:
        ones = [*self.invalid, *([] if control is None else [control])]
        self.circuit.x(self.invalid)
        flip_if_ones(self.circuit, ones, self.active, self.scratch)
        self.circuit.x(self.invalid)

    @contextmanager
    def _chosen(self, root: int | None) -> Iterator[None]:
        """One-hot code of the term."""
        code = QuantumCircuit(self.circuit.num_qubits)
        one_hot(code, self.index, root, self.terms)
        self.circuit.compose(code, inplace=True)
        yield
        self.circuit.compose(code.inverse(), inplace=True)

    @contextmanager
    def _loaded(self, values: list[int]) -> Iterator[None]:
        """The addend holds the number of the chosen term, or 0."""
        self._load(values)
        yield
        self._load(values)

    def _load(self, values: list[int]) -> None:
        for control, value in zip(self.terms, values, strict=True):
            write(self.circuit, control, value % 2**self.plan.slot_qubits, self.addend)

    # --- steps ----------------------------------------------------------------------------

    def _shift(self, m: int) -> None:
        """Slot m -= s_tm."""
        plan, slot = self.plan, self.plan.slot(m)
        shifts = [-word[m - 1] for _, word in plan.terms]
        if not any(shifts):
            return
        if plan.stencil.boundary == "hypercube":
            for control, shift in zip(self.terms, shifts, strict=True):
                write(self.circuit, control, -shift, slot)
        elif plan.checks_slots:
            self._shift_cyclically(m, [s % plan.stencil.num_variables for s in shifts])
        else:
            with self._loaded(shifts):
                add(self.circuit, self.addend, slot, self.carries)

    def _shift_cyclically(self, m: int, shifts: list[int]) -> None:
        """Slot m += r modulo n, for 0 <= r < n; a qubit holds whether that passes n."""
        plan, circuit, slot = self.plan, self.circuit, self.plan.slot(m)
        n = plan.stencil.num_variables
        with self._loaded([r - n if r else 0 for r in shifts]):
            flip_on_carry(circuit, self.addend, slot, self.wraps, self.carries)
        with self._loaded(shifts):
            add(circuit, self.addend, slot, self.carries)
        write(circuit, self.wraps, 2**plan.slot_qubits - n, self.addend)
        add(circuit, self.addend, slot, self.carries)
        write(circuit, self.wraps, 2**plan.slot_qubits - n, self.addend)
        with self._loaded([-r for r in shifts]):
            flip_on_carry(circuit, self.addend, slot, self.wraps, self.carries)
        for control, r in zip(self.terms, shifts, strict=True):
            if r:
                circuit.cx(control, self.wraps)

    def _flag_rows(self) -> None:
        """Flip the flag outside of the rows of the term: once for every limit that is passed."""
        plan = self.plan
        for j in range(max(map(len, plan.thresholds))):
            limits = [limit[j] if j < len(limit) else 0 for limit in plan.thresholds]
            with self._loaded([-a for a in limits]):
                flip_on_carry(self.circuit, self.addend, plan.slot(1), self.outside, self.carries)
        if any(plan.thresholds):
            for control, (_, word) in zip(self.terms, plan.terms, strict=True):
                if plan.stencil.rows(word)[0] > 0:
                    self.circuit.cx(control, self.outside)

    def _match(self, control: int | None) -> None:
        """Slots 2, ..., p minus slot 1 bit by bit, and a flag where that is not 0."""
        plan, circuit = self.plan, self.circuit
        rest = [qubit for m in range(2, plan.degree + 1) for qubit in plan.slot(m)]
        for m in range(2, plan.degree + 1):
            for source, target in zip(plan.slot(1), plan.slot(m), strict=True):
                if control is None:
                    circuit.cx(source, target)
                else:
                    circuit.ccx(control, source, target)
        ones = [*rest, *([] if control is None else [control])]
        circuit.x(rest)
        flip_if_ones(circuit, ones, self.unmatched, self.scratch)
        circuit.x(rest)
        if control is None:
            circuit.x(self.unmatched)
        else:
            circuit.cx(control, self.unmatched)


def num_work_qubits(plan: StencilPlan) -> int:
    """Clean work qubits: the control, the one-hot code, an addend and its carries."""
    p, q = plan.degree, plan.slot_qubits
    shifts = any(any(word) for _, word in plan.terms) and plan.stencil.boundary != "hypercube"
    adds = shifts or plan.checks_slots or any(plan.thresholds)
    scratch = max(2 * q * adds, (p - 1) * q)
    return 1 + len(plan.terms) + (p + 2) * plan.checks_slots + scratch
