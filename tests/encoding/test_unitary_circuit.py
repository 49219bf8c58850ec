"""Dense unitaries as circuits: the matrix comes back, from pieces that are small enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector
from strategies import fewer, seeds

from qgd.encoding import unitary_circuit as module
from qgd.encoding.unitary_circuit import append_phases, append_unitary, demultiplex, eigenbasis
from qgd.execution.gate_level import check_gate_level, opaque_gates

KINDS = ("complex", "real", "diagonal", "permutation", "degenerate", "controlled", "near identity")


def unitary(kind: str, num_qubits: int, seed: int) -> np.ndarray:
    """Generic ones, and those on which decompositions by eigenvectors go wrong."""
    rng, size = np.random.default_rng(seed), 2**num_qubits
    normal = rng.normal(size=(size, size))
    Q = np.linalg.qr(normal if kind == "real" else normal + 1j * rng.normal(size=(size, size)))[0]
    if kind == "diagonal":
        return np.diag(np.exp(1j * rng.normal(size=size)))
    if kind == "permutation":
        return np.eye(size)[rng.permutation(size)]
    if kind == "degenerate":
        return (Q * rng.choice([1, -1, 1j], size)) @ Q.conj().T
    if kind == "controlled":
        Q[size // 2 :], Q[:, size // 2 :] = 0, 0
        Q[: size // 2, : size // 2] = unitary("complex", num_qubits - 1, seed)
        return Q + np.diag(np.repeat([0, 1], size // 2))
    if kind == "near identity":
        return (Q * np.exp(1e-9j * rng.normal(size=size))) @ Q.conj().T
    return Q


@pytest.mark.parametrize("kind", KINDS)
@fewer(5)
@given(seeds())
def test_pieces_of_any_size_make_up_the_unitary_and_its_inverse(kind, seed):
    for num_qubits, largest in ((2, 1), (3, 1), (4, 3)):
        U = unitary(kind, num_qubits, seed)
        circuit = QuantumCircuit(num_qubits)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "LARGEST_OPAQUE", largest)
            append_unitary(circuit, U, range(num_qubits))
        check_gate_level(circuit, largest)
        assert_allclose(Operator(circuit).data, U, atol=1e-12)
        assert_allclose(Operator(circuit.inverse()).data, U.conj().T, atol=1e-12)


def test_seven_qubits_in_any_order_are_split_and_six_are_not():
    U, order = unitary("real", 7, 0), [3, 0, 6, 1, 5, 2, 4]
    circuit = QuantumCircuit(7)
    append_unitary(circuit, U, order, "U")
    assert opaque_gates(circuit) == {"U": 6}
    assert circuit.count_ops() == {"unitary": 4, "rz": 128, "ry": 64, "cx": 192}
    state = np.random.default_rng(1).normal(size=2**7)
    state /= np.linalg.norm(state)
    expected = QuantumCircuit(7)
    expected.unitary(U, order)
    wanted = Statevector(state).evolve(expected).data
    assert_allclose(Statevector(state).evolve(circuit).data, wanted, atol=1e-12)
    whole = QuantumCircuit(6)
    append_unitary(whole, unitary("real", 6, 0), range(6))
    assert whole.count_ops() == {"unitary": 1}


def test_an_identity_needs_no_gate():
    circuit = QuantumCircuit(3)
    append_unitary(circuit, np.eye(8), range(3))
    assert not circuit.data


@pytest.mark.parametrize("kind", KINDS)
@given(seeds())
def test_demultiplexing_shares_two_unitaries_between_the_halves(kind, seed):
    zero, one = unitary(kind, 3, seed), unitary("real", 3, seed)
    for first, second in ((zero, one), (zero, zero), (one, zero)):
        P, angles, K = demultiplex(first, second)
        D = np.diag(np.exp(-0.5j * angles))
        for factor in (P, K):
            assert_allclose(factor @ factor.conj().T, np.eye(8), atol=1e-12)
        assert_allclose(P @ D @ K, first, atol=1e-12)
        assert_allclose(P @ D.conj() @ K, second, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@given(seeds())
def test_eigenbasis_is_unitary_whatever_the_eigenvalues(kind, seed):
    U = unitary(kind, 3, seed)
    phases, P = eigenbasis(U)
    assert_allclose(P @ P.conj().T, np.eye(8), atol=1e-12)
    assert_allclose((P * np.exp(1j * phases)) @ P.conj().T, U, atol=1e-12)


@pytest.mark.parametrize("num_controls", [0, 1, 2, 3])
@fewer(3)
@given(seeds())
def test_phases_act_where_all_controls_are_one_but_for_the_returned_diagonal(num_controls, seed):
    phases = np.random.default_rng(seed).uniform(-np.pi, np.pi, size=4)
    circuit = QuantumCircuit(2 + num_controls)
    rest = append_phases(circuit, phases, range(2), range(2, 2 + num_controls))
    found = Operator(circuit).data @ np.diag(np.tile(np.exp(1j * rest), 2**num_controls))
    wanted = np.ones((2**num_controls, 4), dtype=complex)
    wanted[-1] = np.exp(1j * phases)
    assert_allclose(found, np.diag(wanted.ravel()), atol=1e-12)
