"""Encodings by table lookup: definition, error of rounding, both lives, cost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import coo_array, csr_array
from strategies import fewer, matrices, reals, seeds
from unitaries import (
    assert_circuit_is_the_operator,
    assert_circuit_moves_states_like_the_operator,
    assert_unitary,
)

import qgd
from qgd import qrom_encoding, slot_matrix, sparse_slot_matrix


def padded(A: np.ndarray, size: int) -> np.ndarray:
    result = np.zeros((size, size))
    result[: len(A), : len(A)] = A
    return result


@given(matrices(3, 3), reals(0.01, 0.5))
def test_block_is_within_the_stated_epsilon_of_the_padded_matrix(A, epsilon):
    encoding = qrom_encoding(A, epsilon)
    error = np.linalg.norm(encoding.block() - padded(A, 4), 2)
    assert error <= encoding.epsilon + 1e-12
    assert encoding.epsilon <= epsilon
    fewest = np.linalg.norm(A, 2)
    assert encoding.alpha >= fewest - encoding.epsilon


@given(seeds(), st.integers(1, 4))
def test_fractions_of_few_bits_are_exact(seed, n):
    rng = np.random.default_rng(seed)
    A = rng.integers(-4, 5, size=(n, n)) / 4.0
    A[np.arange(n), np.arange(n)] = 1.0  # so that every colour may have its largest at 2^-k
    A = np.where(A == 0.75, 0.5, np.where(A == -0.75, -0.5, A))
    encoding = qrom_encoding(A, 0.0)
    assert encoding.epsilon == 0
    assert_allclose(encoding.block(), padded(A, encoding.dimension), atol=1e-12)


@pytest.mark.parametrize("controls", [0, 1, 2])
@fewer(5)
@given(seeds(), st.integers(1, 3))
def test_circuit_is_the_operator_and_leaves_work_qubits_clean(controls, seed, n):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n)) * (rng.random((n, n)) < 0.7)
    encoding = qrom_encoding(A, 0.5)
    assert_unitary(encoding)
    if encoding.num_qubits + controls <= 17:
        assert_circuit_moves_states_like_the_operator(encoding, controls)


@pytest.mark.parametrize("controls", [0, 1, 2])
def test_one_site_zero_and_signs(controls):
    for A in ([[-0.3]], [[0.0]], [[0.0, -2.0], [1.0, 0.0]]):
        encoding = qrom_encoding(A, 0.0)
        assert_allclose(encoding.block(), padded(np.array(A), 2), atol=1e-14)
        check = assert_circuit_moves_states_like_the_operator
        (check if controls else assert_circuit_is_the_operator)(encoding, controls)


def test_slot_matrices_of_quadratic_terms_run_as_circuits_and_adjoints():
    F2 = csr_array(([1.0, -0.5, 0.3], ([0, 1, 1], [1, 2, 3])), shape=(2, 4))
    encoding = qrom_encoding(sparse_slot_matrix(F2, 2, 2), 0.2)
    A = slot_matrix(F2, 2, 2)
    assert 0 < np.linalg.norm(encoding.block() - A, 2) <= encoding.epsilon + 1e-12
    assert encoding.num_system == 2
    assert_circuit_moves_states_like_the_operator(encoding)
    assert_allclose(encoding.adjoint.block(), encoding.block().T, atol=1e-12)


def test_more_bits_halve_the_error_and_alpha_stays():
    A = np.random.default_rng(0).normal(size=(8, 8))
    coarse, fine = qrom_encoding(A, 0.1), qrom_encoding(A, 0.1 / 64)
    assert fine.num_ancillas - coarse.num_ancillas in {5, 6, 7}
    assert fine.alpha == coarse.alpha
    bits = coarse.num_ancillas - 1 - 3
    half_a_unit = np.abs(A).max() / 2 ** (bits + 1)
    assert coarse.epsilon <= 8 * half_a_unit
    assert np.abs(coarse.block() - A).max() <= half_a_unit * (1 + 1e-9)


def test_carleman_encoding_takes_tables():
    rng = np.random.default_rng(5)
    system = qgd.PolynomialSystem([np.zeros(2), rng.normal(size=(2, 2)), rng.normal(size=(2, 4))])
    calls = {p: qrom_encoding(sparse_slot_matrix(system.F[p], 2, p), 0.3) for p in (1, 2)}
    encoding = qgd.carleman_encoding(system, 2, encodings=calls)
    where, A = qgd.CarlemanRegisters(2, 2), qgd.carleman(system, 2).matrix.toarray()
    state = np.zeros((len(A), 2**encoding.num_ancillas, encoding.dimension))
    state[:, 0] = where.pad(np.eye(len(A)))
    got = where.unpad(encoding.alpha * encoding.apply(state)[:, 0]).T
    error = np.linalg.norm(got - A, 2)
    assert 1e-3 < error <= encoding.epsilon
    assert encoding.epsilon == pytest.approx(2 * calls[1].epsilon + calls[2].epsilon)


def test_bad_input_is_named_and_the_remedy_works():
    with pytest.raises(ValueError, match=r"`matrix` must be square, got shape \(2, 3\)"):
        qrom_encoding(np.ones((2, 3)), 0.1)
    with pytest.raises(ValueError, match="`epsilon` must be at least 0, got -1"):
        qrom_encoding(np.eye(2), -1.0)
    thirds = np.array([[1.0, 0.0], [0.0, 1 / 3]])
    with pytest.raises(ValueError, match="the error of 40 bits, got 0; allow") as info:
        qrom_encoding(thirds, 0.0)
    allowed = float(str(info.value).rsplit(" ", 1)[1])
    assert qrom_encoding(thirds, allowed).epsilon <= allowed
    assert math.isfinite(qrom_encoding(thirds, 1e-6).alpha)


def test_alpha_is_within_the_stated_factors_of_the_norm():
    rng = np.random.default_rng(0)
    dense, d = rng.choice([-1.0, 1.0], size=(64, 64)), 64
    ratio = qgd.qrom_encoding(dense, 0.0).alpha / np.linalg.norm(dense, 2)
    assert ratio == pytest.approx(np.sqrt(d) / 2, rel=0.1)
    sparse = rng.normal(size=(16, 16)) * (rng.random((16, 16)) < 0.2)
    most = max((sparse != 0).sum(axis=0).max(), (sparse != 0).sum(axis=1).max())
    norm = np.linalg.norm(sparse, 2)
    assert norm <= qgd.qrom_encoding(sparse, 1e-3).alpha + 1e-3 <= most * norm + 1e-3


def test_a_matrix_beyond_every_address_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`matrix` must have at most 2\*\*62 rows"):
        qrom_encoding(coo_array(([1.0], ([0], [0])), shape=(2**63 - 1, 2**63 - 1)), 0.1)
