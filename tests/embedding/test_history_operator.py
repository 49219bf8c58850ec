"""The history matrix as an operator against the assembled one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import block_diag
from strategies import fewer, polynomial_maps, reals, seeds, vectors

import qgd
from qgd.embedding.history_operator import BorderedOperator, HistoryOperator, RepeatedOperator


@st.composite
def lifted_histories(draw: st.DrawFn) -> tuple[qgd.HistorySystem, HistoryOperator]:
    """Assembled and not: n <= 3, degree <= 3, N <= 3, T <= 4, F_0 = 0 or not, one map or T."""
    T, padding = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    form, scale = draw(st.sampled_from(["exact", "first_order"])), draw(reals(0.5, 2.0))
    maps = [draw(polynomial_maps(3, 3))]
    n = maps[0].num_variables
    for k in range(1, T if draw(st.booleans()) else 1):
        maps.append(
            qgd.PolynomialMap([draw(vectors(n, 0.2)), *(F * (1 + 0.1 * k) for F in maps[0].F[1:])])
        )
    N, x0 = draw(st.integers(1, 3)), np.linspace(0.1, 0.5, n)
    steps = [qgd.carleman(m, N, form=form, scale=scale) for m in maps]
    free = [qgd.carleman_map(m, N, form=form, scale=scale) for m in maps]
    assembled = qgd.history_system(steps, x0, T, padding)
    light = qgd.history_system(free, x0, T, padding)
    assert_allclose(light.rhs, assembled.rhs, rtol=1e-13)
    assert_allclose(light.inverse_norm_bound, assembled.inverse_norm_bound, rtol=1e-10)
    assert abs(light.matrix - assembled.matrix).max() == 0
    return assembled, HistoryOperator(free, T, padding)


@fewer(1)
@given(lifted_histories(), seeds())
def test_products_solutions_and_moduli_are_those_of_the_assembled_matrix(pair, seed):
    history, L = pair
    A, identity = history.matrix.toarray(), np.eye(L.shape[0])
    size = max(1.0, abs(A).max())
    assert L.shape == A.shape
    assert L.dtype == np.float64
    assert_allclose(L @ identity, A, rtol=0, atol=1e-13 * size)
    assert_allclose(L.H @ identity, A.T, rtol=0, atol=1e-13 * size)
    u, v = np.random.default_rng(seed).normal(size=(2, len(A)))
    assert u @ L.matvec(v) == pytest.approx(L.rmatvec(u) @ v, rel=1e-12, abs=1e-12)
    inverse = history.inverse_norm_bound
    for adjoint, matrix in ((False, A), (True, A.T)):
        z = L.solve(v, adjoint=adjoint)
        assert_allclose(
            matrix @ z, v, rtol=0, atol=1e-13 * size * (1 + inverse) * abs(v).max() * len(v)
        )
    moduli = abs(A) @ abs(v)
    assert (L.absolute(abs(v)) >= moduli * (1 - 1e-13)).all()


def small() -> tuple[np.ndarray, HistoryOperator]:
    step = qgd.PolynomialMap([[0.1, 0.0], [[-0.3, 0.1], [0.2, -0.4]], np.full((2, 4), 0.05)])
    history = qgd.history_system(qgd.carleman(step, 2), [0.3, 0.1], 2, 1)
    return history.matrix.toarray(), HistoryOperator([qgd.carleman_map(step, 2)], 2, 1)


def test_repeated_and_bordered_operators_are_block_diagonal():
    A, L = small()
    rng = np.random.default_rng(0)
    for operator, dense in (
        (RepeatedOperator(L, 3), block_diag((A, A, A)).toarray()),
        (BorderedOperator(L, 0.25, 2.0), block_diag((A / 4, [[2.0]])).toarray()),
    ):
        v = rng.normal(size=len(dense))
        assert operator.shape == dense.shape
        assert_allclose(operator @ v, dense @ v, atol=1e-13)
        assert_allclose(operator.T @ v, dense.T @ v, atol=1e-13)
        assert_allclose(operator.solve(v), np.linalg.solve(dense, v), atol=1e-12)
        assert_allclose(operator.solve(v, adjoint=True), np.linalg.solve(dense.T, v), atol=1e-12)
        assert_allclose(operator.absolute(abs(v)), abs(dense) @ abs(v), atol=1e-13)
        assert operator.roundings >= L.roundings


def test_complex_vectors_keep_their_imaginary_part():
    A, L = small()
    v = np.random.default_rng(2).normal(size=(2, len(A))).T @ [1, 1j]
    assert_allclose(L @ v, A @ v, atol=1e-13)
    assert_allclose(L.H @ v, A.T @ v, atol=1e-13)
    assert_allclose(RepeatedOperator(L, 2) @ np.tile(v, 2), np.tile(A @ v, 2), atol=1e-13)
