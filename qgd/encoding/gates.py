"""Small unitaries from which circuits are put together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray


def rotation(angle: float) -> RealArray:
    """Matrix of R_y(angle)."""
    c, s = math.cos(angle / 2), math.sin(angle / 2)
    return np.array([[c, -s], [s, c]])


def negate_ones(circuit: QuantumCircuit, qubits: Sequence[int]) -> None:
    """Multiply the amplitude of |1...1> on these qubits by -1."""
    if len(qubits) == 1:
        circuit.z(qubits[0])
        return
    circuit.h(qubits[-1])
    circuit.mcx(list(qubits[:-1]), qubits[-1])
    circuit.h(qubits[-1])


def clean_and(circuit: QuantumCircuit, first: int, second: int, target: int) -> None:
    """Compute or uncompute the product of two bits on a clean qubit, with three CNOTs.

    The real Margolus gate, its own inverse: a Toffoli gate but for the sign of |first = 1,
    second = 0, target = 1>, a state that does not occur where the target is 0 before, or holds the
    product.
    """
    for angle, control in ((1, second), (1, first), (-1, second)):
        circuit.ry(angle * math.pi / 4, target)
        circuit.cx(control, target)
    circuit.ry(-math.pi / 4, target)


def increment(circuit: QuantumCircuit, register: Sequence[int], controls: Sequence[int]) -> None:
    """Add 1 modulo 2**len(register), least significant qubit first, under controls."""
    for b in range(len(register) - 1, -1, -1):
        circuit.mcx([*controls, *register[:b]], register[b])
