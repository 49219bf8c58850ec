"""The operator without a matrix against the assembled one."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.linalg import expm_multiply
from strategies import polynomial_maps, polynomial_systems

import qgd
from qgd.embedding import matrix_free


@pytest.mark.parametrize("basis", ["symmetric", "isometric"])
@given(flow=polynomial_systems(4, 4), order=st.integers(1, 4), scale=st.sampled_from([1.0, 1.7]))
def test_operator_and_adjoint_are_those_of_the_assembled_matrix(basis, flow, order, scale):
    assembled = qgd.carleman(flow, order, scale=scale, basis=basis)
    A = qgd.carleman_operator(flow, order, scale=scale, basis=basis)
    matrix, identity = assembled.matrix.toarray(), np.eye(A.dimension)
    size = max(1.0, abs(matrix).max())
    assert A.shape == matrix.shape
    np.testing.assert_allclose(A @ identity, matrix, rtol=0, atol=1e-12 * size)
    np.testing.assert_allclose(A.H @ identity, matrix.T, rtol=0, atol=1e-12 * size)
    np.testing.assert_array_equal(A.offset, assembled.offset)
    np.testing.assert_allclose(A.trace, np.trace(matrix), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(A.trace, assembled.trace, rtol=1e-12, atol=1e-12)
    assert A.norm_bound >= assembled.norm_bound * (1 - 1e-12)
    x = np.linspace(-1, 1, flow.num_variables)
    np.testing.assert_allclose(A.lift(x), assembled.lift(x), rtol=1e-14, atol=0)
    np.testing.assert_array_equal(A.project(A.lift(x)), assembled.project(assembled.lift(x)))
    np.testing.assert_allclose(
        A.step(A.lift(x)), assembled.step(assembled.lift(x)), rtol=0, atol=1e-12 * size
    )


def burgers(n=24):
    """Tridiagonal F_1 and F_2 with two entries a row: more words than one block holds."""
    second = np.eye(n, k=1) + np.eye(n, k=-1) - 2 * np.eye(n)
    F2 = np.zeros((n, n * n))
    for i in range(n - 1):
        F2[i, (i + 1) * (n + 1)], F2[i + 1, i * (n + 1)] = -0.5, 0.5
    return qgd.PolynomialSystem([np.linspace(0.0, 0.1, n), second, F2])


def test_several_blocks_of_words_and_the_norm_without_cancellation():
    flow = burgers()
    assembled = qgd.carleman(flow, 4, basis="symmetric")
    A = qgd.carleman_operator(flow, 4)
    assert A.dimension > 4 * 256
    y = np.random.default_rng(0).normal(size=A.dimension)
    np.testing.assert_allclose(A @ y, assembled.matrix @ y, rtol=0, atol=1e-12)
    np.testing.assert_allclose(A.H @ y, assembled.matrix.T @ y, rtol=0, atol=1e-12)
    assert A.norm_bound == pytest.approx(assembled.norm_bound, rel=1e-13)


@pytest.mark.parametrize("method", ["krylov", "taylor"])
@pytest.mark.parametrize("forced", [False, True])
def test_lifted_flow_needs_no_matrix(method, forced):
    F = burgers(5).F
    flow = qgd.PolynomialSystem([F[0] if forced else np.zeros(5), *F[1:]])
    x0, times = np.linspace(-0.4, 0.4, 5), [0.0, 0.3, 1.0]
    assembled = qgd.carleman(flow, 3, basis="symmetric")
    A = qgd.carleman_operator(flow, 3)
    np.testing.assert_allclose(
        list(qgd.lifted_states(A, x0, times, method=method)),
        list(qgd.lifted_states(assembled, x0, times, method="taylor")),
        rtol=0,
        atol=1e-9,
    )


def test_scipy_takes_the_operator_and_its_trace():
    flow = burgers(4)
    A, matrix = qgd.carleman_operator(flow, 3), qgd.carleman(flow, 3, basis="symmetric").matrix
    y = A.lift(np.ones(4))
    np.testing.assert_allclose(
        expm_multiply(A, y, traceA=A.trace), expm_multiply(matrix, y), rtol=0, atol=1e-12
    )


def test_memory_is_far_below_that_of_the_matrix():
    flow = burgers()
    A, matrix = qgd.carleman_operator(flow, 4), qgd.carleman(flow, 4, basis="symmetric").matrix
    held = A._up.nbytes + A._factorial.nbytes
    assert held <= (4 * 4 + 8) * A.dimension
    assert held < (matrix.data.nbytes + matrix.indices.nbytes) / 5


@given(step=polynomial_maps(2, 2))
def test_map_is_refused_with_the_ways_that_embed_it(step):
    with pytest.raises(TypeError, match="got PolynomialMap; embed a map by `carleman`"):
        qgd.carleman_operator(step, 2)


def test_bad_input_is_named(monkeypatch):
    flow, n = burgers(3), 3000
    large = qgd.PolynomialSystem([np.zeros(n), csr_array((n, n))])
    with pytest.raises(ValueError, match="`order` must be at least 1, got 0"):
        qgd.carleman_operator(flow, 0)
    with pytest.raises(ValueError, match="`basis` must be one of"):
        qgd.carleman_operator(flow, 2, basis="kronecker")
    with pytest.raises(qgd.QGDError, match=re.escape("order 40 in 3000 variables")) as raised:
        qgd.carleman_operator(large, 40)
    assert raised.value.outcome is qgd.Outcome.TOO_LARGE
    monkeypatch.setattr(matrix_free, "check_memory", lambda *_: None)
    with pytest.raises(qgd.QGDError, match=r"fewer than 2\*\*31 monomials"):
        qgd.carleman_operator(large, 3)
