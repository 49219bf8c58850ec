"""The structured Carleman encoding as a circuit of O(q N log n) gates around the calls."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from qiskit import QuantumCircuit

from qgd.encoding.carleman_plan import ALWAYS, CarlemanPlan
from qgd.encoding.gates import clean_and, increment
from qgd.encoding.unary_iteration import Leaf, flip, flip_by_value


def num_work_qubits(plan: CarlemanPlan) -> int:
    """Clean work qubits: a ladder, then products of index bits, beside those of the calls."""
    ladder = max(0, plan.registers.level_qubits - 1)
    return max(ladder, len(_products(plan)) + plan.inserts) + _call_work(plan)


def plan_circuit(plan: CarlemanPlan, num_controls: int) -> QuantumCircuit:
    """U on system, ancillas and work qubits, all `num_controls` further qubits being 1."""
    return _Builder(plan, num_controls).build()


def _products(plan: CarlemanPlan) -> list[tuple[int, int]]:
    """(m, i) for which T_m E_i controls a swap and is no single index bit."""
    return [(m, i) for m in range(2, plan.degree + 1) for i in range(m, plan.order)]


def _call_work(plan: CarlemanPlan) -> int:
    return max(e.num_work for e in plan.encodings.values())


class _Builder:
    """The circuit while it is being put together."""

    def __init__(self, plan: CarlemanPlan, num_controls: int) -> None:
        self.plan = plan
        first = plan.registers.num_system
        self.inner = range(first, first + plan.num_inner)
        self.flag = self.inner.stop
        start = self.flag + plan.num_flags
        self.index = range(start, start + plan.num_index)
        work = self.index.stop
        self.call_work = range(work, work + _call_work(plan))
        self.work = list(range(self.call_work.stop, work + num_work_qubits(plan)))
        last = work + num_work_qubits(plan)
        self.outer = list(range(last, last + num_controls))
        self.circuit = QuantumCircuit(last + num_controls)

    def build(self) -> QuantumCircuit:
        plan, circuit = self.plan, self.circuit
        preparation = plan.preparation()
        circuit.compose(preparation, self.index, inplace=True)
        self._update_level()
        products = self._products()
        for (m, i), target in products.items():
            clean_and(circuit, self._T(m), self._E(i), target)
        for m, i in self._chain(range(1, plan.degree + 1), reverse=True):
            self._swap_before(products, m, i)
        for p in plan.encodings:
            self._call(p)
        for m, i in self._chain(range(plan.degree, 0, -1), reverse=False):
            self._swap_after(products, m, i)
        for (m, i), target in products.items():
            clean_and(circuit, self._T(m), self._E(i), target)
        circuit.compose(preparation.inverse(), self.index, inplace=True)
        return circuit

    def _E(self, i: int) -> int:  # noqa: N802 (the letters of the theorem)
        return self.index[self.plan.position_bit(i)]

    def _T(self, m: int) -> int:  # noqa: N802
        return self.index[self.plan.degree_bit(m)]

    def _products(self) -> dict[tuple[int, int], int]:
        return dict(zip(_products(self.plan), self.work, strict=False))

    def _chain(self, chains: Sequence[int], reverse: bool) -> list[tuple[int, int]]:
        pairs = []
        for m in chains:
            row = range(m, self.plan.order)
            pairs += [(m, i) for i in (reversed(row) if reverse else row)]
        return pairs

    # --- levels ---------------------------------------------------------------------------

    def _update_level(self) -> None:
        """Insertions first, the check next, contractions last: the check sees max(c, j)."""
        plan, level = self.plan, list(self.plan.registers.level)
        if plan.inserts:
            increment(self.circuit, level, [self.index[plan.insert_bit], *self.outer])
        if plan.num_flags:
            self._check(level)
        if plan.flags_first_insertion:
            zeros = [*level, self._E(1)]
            self.circuit.x(zeros)
            flip(self.circuit, [self.index[plan.insert_bit], *zeros, *self.outer], self.flag)
            self.circuit.x(zeros)
        if plan.degree > 1 and level:
            self.circuit.x(level)
            for m in range(2, plan.degree + 1):
                increment(self.circuit, level, [self._T(m), *self.outer])
            self.circuit.x(level)

    def _check(self, level: list[int]) -> None:
        leaves: list[Leaf] = [
            None if leaf is None else () if leaf == ALWAYS else (self._E(leaf),)
            for leaf in self.plan.flags
        ]
        flip_by_value(self.circuit, level, leaves, self.flag, work=self.work, controls=self.outer)

    # --- slots ----------------------------------------------------------------------------

    def _swap(self, control: int, i: int) -> None:
        registers = self.plan.registers
        for a, b in zip(registers.slot(i), registers.slot(i + 1), strict=True):
            self.circuit.cswap(control, a, b)

    def _swap_before(self, products: dict[tuple[int, int], int], m: int, i: int) -> None:
        if m > 1:
            self._swap(products[m, i], i)
            return
        if not self.plan.inserts:
            self._swap(self._E(i), i)
            return
        insert = self.index[self.plan.insert_bit]
        both = self.work[len(products)]
        clean_and(self.circuit, insert, self._E(i), both)
        self._toggled(i, self._E(i), (insert, both))
        clean_and(self.circuit, insert, self._E(i), both)

    def _swap_after(self, products: dict[tuple[int, int], int], m: int, i: int) -> None:
        control = products[m, i] if m > 1 else self._E(i)
        if m < self.plan.degree and i > m:
            self._toggled(i, control, (self._T(m + 1), products[m + 1, i]))
        else:
            self._swap(control, i)

    def _toggled(self, i: int, control: int, others: tuple[int, int]) -> None:
        """Swap under the exclusive or of the control and two others, which stay as they are."""
        for other in others:
            self.circuit.mcx([other, *self.outer], control)
        self._swap(control, i)
        for other in others:
            self.circuit.mcx([other, *self.outer], control)

    # --- calls ----------------------------------------------------------------------------

    def _call(self, p: int) -> None:
        encoding, registers = self.plan.encodings[p], self.plan.registers
        condition = self.plan.condition(p)
        zeros = [self.index[b] for b, value in condition if not value]
        controls = [*(self.index[b] for b, _ in condition), *self.outer]
        slots = itertools.chain(*(registers.slot(i) for i in range(1, max(1, p) + 1)))
        ancillas = self.inner[: encoding.num_ancillas]
        work = self.call_work[: encoding.num_work]
        if zeros:
            self.circuit.x(zeros)
        placed = encoding.build(len(controls))
        self.circuit.compose(placed, [*slots, *ancillas, *work, *controls], inplace=True)
        if zeros:
            self.circuit.x(zeros)
