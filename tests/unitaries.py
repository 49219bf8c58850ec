"""The two lives of a block encoding, circuit and matrix-free operator, as dense matrices."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

import qgd


def emulated_unitary(encoding: qgd.BlockEncoding, *, adjoint: bool = False) -> np.ndarray:
    """The matrix-free operator, column by column, on ancillas above the system."""
    ancillas, size = 2**encoding.num_ancillas, encoding.dimension
    basis = np.eye(ancillas * size, dtype=complex).reshape(-1, ancillas, size)
    return encoding.apply(basis, adjoint=adjoint).reshape(ancillas * size, -1).T


def assert_circuit_is_the_operator(encoding: qgd.BlockEncoding, controls: int = 0) -> None:
    """With clean work qubits the circuit acts as `apply` where all controls are 1, else not."""
    U = emulated_unitary(encoding)
    size, work = len(U), 2**encoding.num_work
    circuit = encoding.build(controls)
    assert circuit.num_qubits == encoding.num_qubits + controls
    full = Operator(circuit).data.reshape(2**controls, work, size, 2**controls, work, size)
    clean = full[:, :, :, :, 0, :]
    assert_allclose(clean[:, 1:], 0, atol=1e-12)  # no leakage into the work qubits
    wanted = np.zeros((2**controls, size, 2**controls, size), dtype=complex)
    for c in range(2**controls):
        wanted[c, :, c, :] = U if c == 2**controls - 1 else np.eye(size)
    assert_allclose(clean[:, 0], wanted, atol=1e-12)


def assert_unitary(encoding: qgd.BlockEncoding) -> None:
    """`apply` is unitary and its adjoint is its inverse."""
    U = emulated_unitary(encoding)
    assert_allclose(U.conj().T @ U, np.eye(len(U)), atol=1e-12)
    assert_allclose(emulated_unitary(encoding, adjoint=True), U.conj().T, atol=1e-12)


def assert_circuit_moves_states_like_the_operator(
    encoding: qgd.BlockEncoding, controls: int = 0, circuit: QuantumCircuit | None = None
) -> None:
    """As `assert_circuit_is_the_operator`, on random states: for more qubits."""
    rng = np.random.default_rng(0)
    shape = (2**controls, 2**encoding.num_ancillas, encoding.dimension)
    state = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    state /= np.linalg.norm(state)
    full = np.zeros((2**controls, 2**encoding.num_work, state[0].size), dtype=complex)
    full[:, 0] = state.reshape(2**controls, -1)
    circuit = circuit or encoding.build(controls)
    moved = Statevector(full.ravel()).evolve(circuit).data.reshape(full.shape)
    assert_allclose(moved[:, 1:], 0, atol=1e-11)
    state[-1] = encoding.apply(state[-1])
    assert_allclose(moved[:, 0], state.reshape(2**controls, -1), atol=1e-11)
