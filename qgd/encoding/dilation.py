"""Exact unitary dilation: the reference encoding of a small dense matrix."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from qgd.core.arrays import Array
from qgd.core.checks import check_memory
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.gates import controlled


def dilation(matrix: ArrayLike, alpha: float | None = None, name: str = "U_A") -> BlockEncoding:
    """Encode a square matrix exactly with one ancilla (Theorem 7.1 of proofs/07-encodings.md).

        U = [[A / alpha,                 sqrt(1 - A A^+ / alpha^2)],
             [sqrt(1 - A^+ A / alpha^2), -A^+ / alpha            ]]

    The matrix is padded by zeros to a power of two; the padding is a reducing subspace.

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
    def unitary() -> Array:  # cubic work: only when a state or a circuit is really wanted
        return _dilate(padded, used)

    def apply(state: Array, adjoint: bool) -> Array:
        flat = state.reshape(-1, 2 ** (qubits + 1))
        U = unitary()
        return right_multiply(flat, U.conj() if adjoint else U.T).reshape(state.shape)

    def build(num_controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(qubits + 1 + num_controls)
        matrix = controlled(unitary(), num_controls)
        circuit.append(UnitaryGate(matrix, label=name), circuit.qubits)
        return circuit

    return BlockEncoding(
        used,
        0.0,
        qubits,
        1,
        apply,
        build,
        is_real=not np.iscomplexobj(A),
        name=name,
        work=4.0 ** (qubits + 1),
    )


def scalar_dilation(value: float, alpha: float, num_system: int) -> BlockEncoding:
    """Encode value * identity with subnormalisation alpha: one rotation of the ancilla."""
    c = value / alpha
    s = math.sqrt(max(0.0, 1 - c * c))
    U = np.array([[c, s], [s, -c]])

    def apply(state: Array, adjoint: bool) -> Array:
        del adjoint  # U is symmetric and real
        return np.matmul(U, state)

    def build(num_controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(num_system + 1 + num_controls)
        gate = UnitaryGate(controlled(U, num_controls), label=f"{value:g}")
        circuit.append(gate, range(num_system, num_system + 1 + num_controls))
        return circuit

    return BlockEncoding(alpha, 0.0, num_system, 1, apply, build, name=f"{value:g}I")


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


def _dilate(A: Array, alpha: float) -> Array:
    W, sigma, Vh = np.linalg.svd(A)
    cosine = np.minimum(sigma / alpha, 1.0)
    sine = np.sqrt(1 - cosine**2)
    top = np.hstack(((W * cosine) @ Vh, (W * sine) @ W.conj().T))
    bottom = np.hstack(((Vh.conj().T * sine) @ Vh, -(Vh.conj().T * cosine) @ W.conj().T))
    return np.vstack((top, bottom))
