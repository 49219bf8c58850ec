"""A dense unitary as a circuit: pieces of at most six qubits and multiplexed rotations.

What is known only as a matrix costs O(4^n) gates, whoever compiles it. Pieces of at most six qubits
stay matrices (`UnitaryGate`, which the transpiler writes in about 0.46 * 4^n CNOTs); a larger one
is split by the cosine-sine decomposition on its top qubit, and each of the two multiplexed halves
into two unitaries and a diagonal, until the pieces are small enough.

Shende, Bullock, Markov, arXiv:quant-ph/0406176, theorems 10 to 12.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from scipy.linalg import cossin, schur

from qgd.core.arrays import Array, RealArray
from qgd.encoding.multiplexed_rotation import append_rotations

LARGEST_OPAQUE = 6


def append_unitary(
    circuit: QuantumCircuit, unitary: Array, qubits: Sequence[int], label: str | None = None
) -> None:
    """Append a unitary that is given by its matrix, in pieces of at most six qubits.

    Above six, U = (A_0 (+) A_1) [[C, -S], [S, C]] (B_0 (+) B_1) on the top qubit: four unitaries of
    one qubit less and three multiplexed rotations. An exact identity is left out.

    Parameters
    ----------
    circuit : QuantumCircuit
        Is changed.
    unitary : ndarray, shape (2**n, 2**n)
        Real or complex, n at least 1.
    qubits : sequence of int
        n qubits, least significant first.
    label : str, optional
        Of the pieces, for drawings and messages.
    """
    size = len(unitary)
    if np.array_equal(unitary, np.eye(size)):
        return
    if len(qubits) <= LARGEST_OPAQUE:
        circuit.append(UnitaryGate(unitary, label=label), qubits)
        return
    (A_0, A_1), angles, (B_0, B_1) = cossin(unitary, p=size // 2, q=size // 2, separate=True)
    append_multiplexed(circuit, B_0, B_1, qubits, label)
    append_rotations(circuit, "y", 2 * angles, qubits[-1], qubits[:-1])
    append_multiplexed(circuit, A_0, A_1, qubits, label)


def append_multiplexed(
    circuit: QuantumCircuit,
    zero: Array,
    one: Array,
    qubits: Sequence[int],
    label: str | None = None,
) -> None:
    """Append the unitary that is `zero` where the top qubit reads 0, and `one` where it reads 1.

    zero (+) one = (I (x) P) (D (+) D^+) (I (x) K), see `demultiplex`.
    """
    P, angles, K = demultiplex(zero, one)
    append_unitary(circuit, K, qubits[:-1], label)
    append_rotations(circuit, "z", angles, qubits[-1], qubits[:-1])
    append_unitary(circuit, P, qubits[:-1], label)


def demultiplex(zero: Array, one: Array) -> tuple[Array, RealArray, Array]:
    """P, angles and K with zero = P D K, one = P D^+ K, D = diag(e^{-i angles / 2}).

    zero one^+ = P D^2 P^+, and K = D P^+ one.
    """
    phases, P = eigenbasis(zero @ one.conj().T)
    K = np.exp(0.5j * phases)[:, None] * (P.conj().T @ one)
    return P, -phases, K


def eigenbasis(unitary: Array) -> tuple[RealArray, Array]:
    """Phases and a unitary P with U = P diag(e^{i phases}) P^+.

    By Schur's form, which is unitary where eigenvectors of close eigenvalues are not.
    """
    triangular, P = schur(unitary, output="complex")
    return np.angle(np.diagonal(triangular)), P


def append_phases(
    circuit: QuantumCircuit,
    phases: RealArray,
    system: Sequence[int],
    controls: Sequence[int],
) -> RealArray:
    """Multiply |j> by e^{i phases[j]} where all controls read 1, but for a diagonal of the system.

    The phases of that diagonal, to be merged with whatever acts on the system next, are returned:
    e^{i p} where all controls read 1 is e^{i p / 2} where all but the last do, and R_z(p) on the
    last under the others. With c controls 2 (c - 1) + 1 multiplexed rotations, of 2^n CNOTs each.
    """
    for place in range(len(controls) - 1, -1, -1):
        target, others = controls[place], list(controls[:place])
        if others:  # R_z(p / 2) X R_z(-p / 2) X = R_z(p), and 1 without the two X
            append_rotations(circuit, "z", phases / 2, target, system)
            circuit.mcx(others, target)
            append_rotations(circuit, "z", -phases / 2, target, system)
            circuit.mcx(others, target)
        else:
            append_rotations(circuit, "z", phases, target, system)
        phases = phases / 2
    return phases
