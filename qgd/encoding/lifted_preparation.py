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


@dataclass(frozen=True, eq=False)
class LiftedVector:
    """sum_{j <= M} |j> v^{(x)j} in the registers, from one preparation of v for each of M slots.

    Parameters
    ----------
    registers : CarlemanRegisters
        Without a constant level.
    vector : ndarray, shape (n,)
        v, in scaled variables.
    num_levels : int
        M, at most the order.
    """

    registers: CarlemanRegisters
    vector: RealArray
    num_levels: int

    @cached_property
    def norm(self) -> float:
        """sqrt(sum_j ||v||^(2 j))."""
        return math.hypot(*self._levels)

    @property
    def _levels(self) -> list[float]:
        length = math.hypot(*self.vector)
        return [length**j for j in range(1, self.num_levels + 1)]

    @cached_property
    def _slot(self) -> SparseVector:
        return SparseVector.of(self.vector)

    @cached_property
    def _level(self) -> SparseVector:
        return SparseVector.of(np.array(self._levels))

    @property
    def num_work(self) -> int:
        """Clean qubits of `prepare`, zero for the zero vector."""
        if not np.any(self.vector):
            return 0
        return max(self._level.num_work, self._slot.num_work + len(self.registers.level) + 1)

    def prepare(self, circuit: QuantumCircuit, control: int | None, work: Sequence[int]) -> None:
        """Map |0...0> of slots and level, the first qubits, to this over `norm`, if control is 1.

        The zero vector leaves |0...0>.
        """
        if not np.any(self.vector):
            return
        registers = self.registers
        level = list(registers.level)
        self._slot.prepare(circuit, registers.slot(1), control, work)
        if self.num_levels == 1:
            return
        self._level.prepare(circuit, level, control, work)
        for i in range(2, self.num_levels + 1):
            reaches = Comparison(level, i - 1, control, work, below=False)
            used = len(level) + 1
            reaches.compute(circuit)
            self._slot.prepare(circuit, registers.slot(i), reaches.result, work[used:])
            reaches.uncompute(circuit)
