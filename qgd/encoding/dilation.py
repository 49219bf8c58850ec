"""Exact unitary dilation: the reference encoding of a small dense matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_memory
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.gates import negate_ones
from qgd.encoding.multiplexed_rotation import append_rotations
from qgd.encoding.unitary_circuit import append_phases, append_unitary, eigenbasis

Factors = tuple[Array, RealArray, Array]


def dilation(matrix: ArrayLike, alpha: float | None = None, name: str = "U_A") -> BlockEncoding:
    """Encode a square matrix exactly with one ancilla (Theorem 7.1 of proofs/07-encodings.md).

        U = [[A / alpha, B], [B, -A / alpha]],   B = W sqrt(1 - S^2 / alpha^2) V^+,   A = W S V^+

    The matrix is padded by zeros to a power of two; the padding is a reducing subspace.

    The circuit is W times a reflection of the ancilla, multiplexed by the singular value, times
    V^+: two unitaries of the system, three under controls, which act on one CZ and on a diagonal.
    They come from a singular value decomposition: cubic work in the dimension when the circuit is
    made, and a number of gates that grows like its square. This is the reference for small
    matrices; what is to grow has a structured encoding.

    Parameters
    ----------
    matrix : array_like, shape (d, d)
        A, real or complex, any d >= 1.
    alpha : float, optional
        Subnormalisation, at least ||A||_2, which is the default (1 for the zero matrix).

    Raises
    ------
    ValueError
        If the matrix is not square or alpha is smaller than its norm.
    """
    A = np.atleast_2d(np.asarray(matrix))
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise ValueError(f"`matrix` must be square, got shape {A.shape}")
    qubits = max(1, (len(A) - 1).bit_length())
    check_memory(
        16.0 * 6 * 4.0 ** (qubits + 1),
        f"an exact dilation of dimension {2**qubits}",
        "lower the order or keep fewer weights",
    )
    padded = np.zeros((2**qubits, 2**qubits), dtype=complex if np.iscomplexobj(A) else float)
    padded[: len(A), : len(A)] = A
    used = _checked_alpha(A, alpha)

    @cache
    def factors() -> Factors:  # cubic work: only when a state or a circuit is really wanted
        return _factors(padded, used)

    @cache
    def unitary() -> Array:
        return _dilate(*factors())

    def apply(state: Array, adjoint: bool) -> Array:
        flat = state.reshape(-1, 2 ** (qubits + 1))
        U = unitary()
        return right_multiply(flat, U.conj() if adjoint else U.T).reshape(state.shape)

    return BlockEncoding(
        used,
        0.0,
        qubits,
        1,
        apply,
        lambda num_controls: _build(factors(), qubits, num_controls, name),
        is_real=not np.iscomplexobj(A),
        name=name,
        work=4.0 ** (qubits + 1),
    )


def scalar_dilation(value: float, alpha: float, num_system: int) -> BlockEncoding:
    """Encode value * identity with subnormalisation alpha: one reflection of the ancilla."""
    c = value / alpha
    s = math.sqrt(max(0.0, 1 - c * c))
    U = np.array([[c, s], [s, -c]])

    def apply(state: Array, adjoint: bool) -> Array:
        del adjoint  # U is symmetric and real
        return np.matmul(U, state)

    def build(num_controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(num_system + 1 + num_controls)
        controls = range(num_system + 1, circuit.num_qubits)
        append_reflection(circuit, np.array([math.atan2(s, c)]), num_system, (), controls)
        return circuit

    return BlockEncoding(alpha, 0.0, num_system, 1, apply, build, name=f"{value:g}I")


def append_reflection(
    circuit: QuantumCircuit,
    angles: RealArray,
    target: int,
    system: Sequence[int],
    controls: Sequence[int] = (),
) -> None:
    """Append [[cos a_j, sin a_j], [sin a_j, -cos a_j]] = R_y(a_j) Z R_y(-a_j) for |j>_system.

    Only Z has to be under the controls. An empty system takes one angle.
    """
    if not controls:
        circuit.z(target)
        append_rotations(circuit, "y", 2 * angles, target, system)
        return
    append_rotations(circuit, "y", -angles, target, system)
    negate_ones(circuit, [*controls, target])
    append_rotations(circuit, "y", angles, target, system)


def right_multiply(rows: Array, matrix: Array) -> Array:
    """rows @ matrix without promoting a real matrix to complex: half of the arithmetic."""
    if np.iscomplexobj(matrix) or not np.iscomplexobj(rows):
        return np.asarray(rows @ matrix)
    result = np.empty(rows.shape, dtype=np.complex128)
    result.real = rows.real @ matrix
    result.imag = rows.imag @ matrix
    return result


def _checked_alpha(A: Array, alpha: float | None) -> float:
    norm = float(np.linalg.norm(A, 2))
    used = float(alpha) if alpha is not None else norm or 1.0
    if used < norm * (1 - 1e-12):
        raise ValueError(
            f"`alpha` must be at least ||A||_2 = {norm:.6g}, got {used:.6g}; "
            "leave it out to use the norm"
        )
    return used


def _factors(A: Array, alpha: float) -> Factors:
    """W, angles and V^+ with A / alpha = W cos(angles) V^+, W = V where A is Hermitian."""
    if np.array_equal(A, A.conj().T):
        values, W = np.linalg.eigh(A)
        Vh = W.conj().T
    else:
        W, values, Vh = np.linalg.svd(A)
    cosine = np.clip(values / alpha, -1.0, 1.0)
    return W, np.arctan2(np.sqrt((1 - cosine) * (1 + cosine)), cosine), Vh


def _dilate(W: Array, angles: RealArray, Vh: Array) -> Array:
    X, Y = (W * np.cos(angles)) @ Vh, (W * np.sin(angles)) @ Vh
    return np.block([[X, Y], [Y, -X]])


def _build(factors: Factors, num_system: int, num_controls: int, name: str) -> QuantumCircuit:
    """The circuit on system, ancilla, controls.

    U = Q (V R V^+) with the reflections R and Q = W V^+ = P D P^+. Where not all controls read 1,
    R and D are left out: what remains is P P^+ V V^+ = 1.
    """
    W, angles, Vh = factors
    circuit = QuantumCircuit(num_system + 1 + num_controls)
    system, controls = range(num_system), range(num_system + 1, circuit.num_qubits)
    append_unitary(circuit, Vh, system, name)
    append_reflection(circuit, angles, num_system, system, controls)
    if not controls or np.array_equal(W, Vh.conj().T):
        append_unitary(circuit, W, system, name)
        return circuit
    phases, P = eigenbasis(W @ Vh)
    append_unitary(circuit, (Vh @ P).conj().T, system, name)
    rest = append_phases(circuit, phases, system, controls)
    append_unitary(circuit, P * np.exp(1j * rest), system, name)
    return circuit
