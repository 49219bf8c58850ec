"""Pauli decomposition and encoding: definition, both circuits, truncation, costs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from qiskit.quantum_info import SparsePauliOp
from strategies import fewer, matrices, reals, seeds
from unitaries import (
    assert_circuit_is_the_operator,
    assert_circuit_moves_states_like_the_operator,
    assert_unitary,
)

import qgd
from qgd import pauli_coefficients, pauli_encoding, slot_matrix
from qgd.encoding.pauli_words import CountedWords, HeldWords, PauliWords

X, Z = np.array([[0.0, 1], [1, 0]]), np.diag([1.0, -1])


def word(x: int, z: int, qubits: int) -> np.ndarray:
    """X^x Z^z, by Kronecker products."""
    result = np.eye(1)
    for b in range(qubits):
        factor = np.linalg.matrix_power(X, x >> b & 1) @ np.linalg.matrix_power(Z, z >> b & 1)
        result = np.kron(factor, result)
    return result


@pytest.mark.parametrize("qubits", [0, 1, 2, 3])
def test_words_times_coefficients_add_up_to_the_matrix(qubits):
    A = np.random.default_rng(qubits).normal(size=(2**qubits, 2**qubits))
    w = pauli_coefficients(A)
    pairs = itertools.product(range(2**qubits), repeat=2)
    assert_allclose(sum(w[x, z] * word(x, z, qubits) for x, z in pairs), A, atol=1e-13)


@given(seeds())
def test_moduli_are_those_of_the_pauli_operators_of_qiskit(seed):
    A = np.random.default_rng(seed).normal(size=(4, 4))
    theirs = SparsePauliOp.from_operator(A)
    ours = pauli_coefficients(A)
    for label, value in zip(theirs.paulis, theirs.coeffs, strict=True):
        x, z = (int(sum(2**b for b in np.flatnonzero(bits))) for bits in (label.x, label.z))
        assert abs(ours[x, z]) == pytest.approx(abs(value))


@given(matrices(3, 3), reals(0, 0.5))
def test_block_is_within_epsilon_of_the_padded_matrix(A, epsilon):
    encoding = pauli_encoding(A, epsilon)
    padded = np.zeros((4, 4))
    padded[:3, :3] = A
    assert encoding.epsilon <= epsilon
    error = np.linalg.norm(encoding.block() - padded, 2)
    assert error <= encoding.epsilon + 1e-12
    total = np.abs(pauli_coefficients(padded)).sum() - encoding.epsilon
    assert encoding.alpha == pytest.approx(total) or total <= 1e-12


@pytest.mark.parametrize("kind", [CountedWords, HeldWords])
@pytest.mark.parametrize("terms", [1, 2, 3, 5])
@fewer(10)
@given(seeds())
def test_both_circuits_are_the_operator_under_no_one_and_two_controls(kind, terms, seed):
    rng = np.random.default_rng(seed)
    chosen = rng.choice(16, size=terms, replace=False)
    words = PauliWords(rng.normal(size=terms), chosen // 4, chosen % 4)
    encoding = kind(words, 2).encoding(0.0, "U")
    wanted = sum(
        c * word(x, z, 2) for c, x, z in zip(words.coefficients, *divmod(chosen, 4), strict=True)
    )
    assert_allclose(encoding.block(), wanted, atol=1e-12)
    assert_unitary(encoding)
    for controls in (0, 1, 2):
        assert_circuit_moves_states_like_the_operator(encoding, controls)
    assert_circuit_moves_states_like_the_operator(encoding.adjoint, 1)


@pytest.mark.parametrize("controls", [0, 1, 2])
def test_one_site_and_zero_and_a_lone_negative_word(controls):
    for A in ([[-0.3]], [[0.0]], -np.eye(2)):
        encoding = pauli_encoding(A)
        wanted = np.zeros((2, 2))
        wanted[: len(A), : len(A)] = A
        assert_allclose(encoding.block(), wanted, atol=1e-14)
        assert_circuit_is_the_operator(encoding, controls)


def test_many_words_are_held_and_few_are_counted():
    dense = pauli_encoding(np.random.default_rng(0).normal(size=(8, 8)))
    assert dense.num_ancillas == 6
    few = pauli_encoding(np.kron(X, np.kron(Z, X)) + 0.5 * np.kron(Z, np.eye(4)))
    assert few.num_ancillas == 1
    assert few.circuit.decompose(reps=3).count_ops()["cx"] < 20


def test_a_structured_carleman_matrix_is_encoded_from_slot_matrices():
    rng = np.random.default_rng(3)
    system = qgd.PolynomialSystem([np.zeros(3), rng.normal(size=(3, 3)), rng.normal(size=(3, 9))])
    calls = {p: pauli_encoding(slot_matrix(system.F[p], 3, p)) for p in (1, 2)}
    encoding = qgd.carleman_encoding(system, 2, encodings=calls)
    where = qgd.CarlemanRegisters(3, 2)
    A = qgd.carleman(system, 2).matrix.toarray()
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension))
    y = rng.normal(size=len(A))
    state[0] = where.pad(y)
    assert_allclose(encoding.alpha * encoding.apply(state)[0], where.pad(A @ y), atol=1e-11)


def test_bad_input_is_named_and_the_remedy_works():
    with pytest.raises(ValueError, match=r"`matrix` must be square, got shape \(2, 3\)"):
        pauli_encoding(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"square of size 2\*\*q, got shape \(3, 3\); pad"):
        pauli_coefficients(np.ones((3, 3)))
    assert pauli_coefficients(np.pad(np.ones((3, 3)), (0, 1))).shape == (4, 4)
    with pytest.raises(TypeError, match="`matrix` must be real numbers"):
        pauli_encoding(1j * np.eye(2))
