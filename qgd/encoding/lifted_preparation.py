"""Preparation of a lifted vector from preparations of the vector itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.comparison import Comparison
from qgd.encoding.sparse_preparation import SparseVector
from qgd.encoding.unary_iteration import flip


@dataclass(frozen=True, eq=False)
class LiftedVector:
    """u |0> + sum_{1 <= j <= M} |j> v^{(x)j} in the registers, from one preparation of v a slot.

    Parameters
    ----------
    registers : CarlemanRegisters
        With or without a constant level.
    vector : SparseVector, or ndarray of shape (n,)
        v, in scaled variables.
    num_levels : int
        M, at most the order.
    constant : float
        u > 0 where the registers have a constant level, else 0.
    """

    registers: CarlemanRegisters
    vector: RealArray | SparseVector
    num_levels: int
    constant: float = 0.0

    @cached_property
    def norm(self) -> float:
        """sqrt(u^2 + sum_j ||v||^(2 j))."""
        return math.hypot(*self._levels)

    @property
    def _levels(self) -> list[float]:
        v = self.vector
        length = v.norm if isinstance(v, SparseVector) else math.hypot(*v)
        first = [self.constant] if self.constant else []
        return first + [length**j for j in range(1, self.num_levels + 1)]

    @property
    def _is_zero(self) -> bool:
        return not isinstance(self.vector, SparseVector) and not np.any(self.vector)

    @cached_property
    def _slot(self) -> SparseVector:
        v = self.vector
        return v if isinstance(v, SparseVector) else SparseVector.of(v)

    @cached_property
    def _level(self) -> SparseVector:
        return SparseVector.of(np.array(self._levels))

    @property
    def num_work(self) -> int:
        """Clean qubits of `prepare`, zero for the zero vector."""
        if self._is_zero:
            return 0
        return max(self._level.num_work, self._slot.num_work + len(self.registers.level) + 1)

    def prepare(self, circuit: QuantumCircuit, control: int | None, work: Sequence[int]) -> None:
        """Map |0...0> of slots and level, the first qubits, to this over `norm`, if control is 1.

        The zero vector leaves |0...0>.
        """
        if self._is_zero:
            return
        registers, codes = self.registers, bool(self.constant)
        level = list(registers.level)
        if not codes:
            self._slot.prepare(circuit, registers.slot(1), control, work)
            if self.num_levels == 1:
                return
        self._level.prepare(circuit, level, control, work)
        for i in range(2 - codes, self.num_levels + 1):
            reaches = Comparison(level, i - 1 + codes, control, work, below=False)
            used = len(level) + 1
            reaches.compute(circuit)
            self._slot.prepare(circuit, registers.slot(i), reaches.result, work[used:])
            reaches.uncompute(circuit)

    def build(self, num_controls: int) -> QuantumCircuit:
        """`prepare` on the system, one qubit more than `num_work`, and at last the controls."""
        first = self.registers.num_system
        circuit = QuantumCircuit(first + 1 + self.num_work + num_controls, name="prepare")
        controls = range(first + 1 + self.num_work, circuit.num_qubits)
        control = None if not controls else controls[0] if num_controls == 1 else first
        if num_controls > 1:
            flip(circuit, controls, first)
        self.prepare(circuit, control, range(first + 1, first + 1 + self.num_work))
        if num_controls > 1:
            flip(circuit, controls, first)
        return circuit
