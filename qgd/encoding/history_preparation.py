"""Preparation of the right-hand side of a history system of lifted vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit

from qgd.encoding.comparison import Comparison
from qgd.encoding.lifted_preparation import LiftedVector
from qgd.encoding.sparse_preparation import SparseVector, visit_branches
from qgd.encoding.unary_iteration import flip
from qgd.encoding.value_iteration import for_each_value


@dataclass(frozen=True, eq=False)
class HistoryPreparation:
    """b = |0> y_0 + sum_k |k + 1> c_k over its norm, with lifted y_0 and c_k (Theorem 7.7).

    One common c takes O(t) gates for the times, one c for each step O(T).

    Parameters
    ----------
    start : LiftedVector
        y_0.
    offsets : tuple of LiftedVector
        c_0, ..., c_{T-1}, or a single one for all steps; zero vectors are allowed.
    num_steps : int
        T.
    num_time : int
        Qubits of the time register, above those of the lift.
    """

    start: LiftedVector
    offsets: tuple[LiftedVector, ...]
    num_steps: int
    num_time: int

    @property
    def num_system(self) -> int:
        """Qubits of the lift and of the time register."""
        return self.start.registers.num_system + self.num_time

    @property
    def num_work(self) -> int:
        """Clean qubits."""
        lifts = max(lift.num_work for lift in (self.start, *self.offsets))
        times = 0 if self._times is None else self._times.num_work
        return 1 + max(self.num_time + 1 + lifts, times)

    @cached_property
    def norm(self) -> float:
        """||b||_2."""
        if len(self.offsets) > 1:
            return math.hypot(self.start.norm, *(offset.norm for offset in self.offsets))
        return math.hypot(self.start.norm, math.sqrt(self.num_steps) * self.offsets[0].norm)

    @cached_property
    def _times(self) -> SparseVector | None:
        """Norms by time, where they differ from step to step."""
        if len(self.offsets) == 1:
            return None
        return SparseVector.of(np.array([v.norm for v in (self.start, *self.offsets)]))

    def build(self, num_controls: int) -> QuantumCircuit:
        """Circuit on system, work qubits and controls: it acts where all controls are 1."""
        first = self.num_system
        circuit = QuantumCircuit(first + self.num_work + num_controls, name="prepare")
        controls = list(range(first + self.num_work, circuit.num_qubits))
        work = list(range(first + 1, first + self.num_work))
        control = controls[0] if len(controls) == 1 else first if controls else None
        if len(controls) > 1:
            flip(circuit, controls, first)
        self._prepare_times(circuit, control, work)
        self._prepare_rows(circuit, control, work)
        if len(controls) > 1:
            flip(circuit, controls, first)
        return circuit

    @property
    def _time(self) -> range:
        return range(self.num_system - self.num_time, self.num_system)

    def _prepare_times(self, circuit: QuantumCircuit, control: int | None, work: list[int]) -> None:
        if self._times is not None:
            self._times.prepare(circuit, self._time, control, work)
        elif self.offsets[0].norm:
            runs = _TwoRuns(self.start.norm**2, self.offsets[0].norm ** 2, self.num_steps + 1)
            runs.prepare(circuit, self._time, control, work)

    def _prepare_rows(self, circuit: QuantumCircuit, control: int | None, work: list[int]) -> None:
        start, time, free = self.start, self._time, work[self.num_time + 1 :]
        rows = (start, *self.offsets)
        present = [row for row in rows if row.norm]
        if len(present) == 1 and (present[0] is start or len(self.offsets) == 1):
            present[0].prepare(circuit, control, work)
        elif len(rows) == 2:
            for row, is_first in ((start, True), (self.offsets[0], False)):
                here = Comparison(time, 1, control, work, below=is_first)
                here.compute(circuit)
                row.prepare(circuit, here.result, free)
                here.uncompute(circuit)
        else:
            for_each_value(
                circuit, time, len(rows), lambda k, q: rows[k].prepare(circuit, q, free),
                root=control, work=work,
            )  # fmt: skip


@dataclass(frozen=True)
class _TwoRuns:
    """Amplitudes that are constant for 0 < k < stop: squares `first` at 0, `other` there."""

    first: float
    other: float
    stop: int

    def weight(self, low: int, high: int) -> float:
        """Sum of the squares from low up to high."""
        inside = max(0, min(high, self.stop) - max(low, 1))
        return (self.first if low == 0 else 0.0) + self.other * inside

    def prepare(
        self, circuit: QuantumCircuit, register: Sequence[int], control: int | None, work: list[int]
    ) -> None:
        """All bits as if everything were constant; corrections where it is not, O(t) of them."""
        for qubit in register:
            _turn(circuit, math.pi / 2, control, qubit)

        def visit(node: tuple[int, int], control: int | None, work: list[int]) -> None:
            bit, low = node
            middle, high = low + 2**bit, low + 2 ** (bit + 1)
            halves = self.weight(low, middle), self.weight(middle, high)
            angle = 2 * math.atan2(math.sqrt(halves[1]), math.sqrt(halves[0]))
            _turn(circuit, angle - math.pi / 2, control, register[bit])
            children = [
                None
                if not bit or not weight or 1 <= start < stop <= self.stop
                else (bit - 1, start)
                for weight, start, stop in zip(halves, (low, middle), (middle, high), strict=True)
            ]
            if all(halves):
                both = (children[0], children[1])
                visit_branches(circuit, register[bit], control, both, work, visit)
                return
            for child in children:  # the other half is never reached
                if child is not None:
                    visit(child, control, work)

        visit((len(register) - 1, 0), control, work)


def _turn(circuit: QuantumCircuit, angle: float, control: int | None, target: int) -> None:
    if control is None:
        circuit.ry(angle, target)
    elif angle:
        circuit.cry(angle, control, target)
