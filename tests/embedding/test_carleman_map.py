"""The lift of a map without a matrix against the assembled one."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from strategies import polynomial_maps

import qgd
from qgd.embedding.conditioning import power_norms

FORMS = ["exact", "first_order"]


@pytest.mark.parametrize("form", FORMS)
@given(step=polynomial_maps(3, 3), order=st.integers(1, 4), scale=st.sampled_from([1.0, 1.7]))
def test_products_are_those_of_the_assembled_matrix(form, step, order, scale):
    assembled = qgd.carleman(step, order, form=form, scale=scale)
    lifted = qgd.carleman_map(step, order, form=form, scale=scale)
    matrix, identity = assembled.matrix.toarray(), np.eye(lifted.dimension)
    size, A = max(1.0, abs(matrix).max()), lifted.operator()
    assert A.shape == matrix.shape
    assert A.dtype == np.float64
    assert_allclose(A @ identity, matrix, rtol=0, atol=1e-13 * size)
    assert_allclose(A.H @ identity, matrix.T, rtol=0, atol=1e-13 * size)
    assert_allclose(lifted.offset, assembled.offset, rtol=1e-13, atol=1e-300)
    assert_array_equal(lifted.matrix.toarray(), matrix)
    assert lifted.levels == assembled.levels
    x = np.linspace(-1, 1, step.num_variables)
    y = lifted.lift(x)
    assert_array_equal(y, assembled.lift(x))
    assert_array_equal(lifted.project(y), assembled.project(y))
    assert_allclose(
        lifted.step(y), assembled.step(y), rtol=0, atol=1e-13 * size * max(1, abs(y).max())
    )


@pytest.mark.parametrize("form", FORMS)
@given(step=polynomial_maps(3, 3), order=st.integers(1, 3), scale=st.sampled_from([1.0, 0.6]))
def test_level_norms_and_moduli_dominate_the_blocks(form, step, order, scale):
    lifted = qgd.carleman_map(step, order, form=form, scale=scale)
    matrix = lifted.matrix.toarray()
    for j, rows in enumerate(lifted.levels):
        for m, columns in enumerate(lifted.levels):
            norm = np.linalg.norm(matrix[rows, columns], 2)
            assert norm <= lifted.level_norms[j, m] * (1 + 1e-12)
    identity = np.eye(lifted.dimension)
    assert (abs(matrix) * (1 - 1e-13) <= lifted.apply_absolute(identity).T).all()
    assert (lifted.apply_absolute(identity, adjoint=True) >= abs(matrix) * (1 - 1e-13)).all()


def contraction(n: int, forced: bool) -> qgd.PolynomialMap:
    """A dense map with a symmetric linear part, its norm far below the Hoelder bound."""
    rng = np.random.default_rng(n)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    F2 = rng.normal(size=(n, n * n)) / n**2
    return qgd.PolynomialMap([0.05 * forced * rng.normal(size=n), 0.9 * Q - np.eye(n), F2])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("forced", [False, True])
def test_level_norms_bound_the_powers_where_no_matrix_is_dense(form, forced, monkeypatch):
    step = contraction(5, forced)
    lifted = qgd.carleman_map(step, 3, form=form)
    exact = power_norms(lifted, 4)
    assert_allclose(exact, power_norms(qgd.carleman(step, 3, form=form), 4), rtol=1e-12)
    monkeypatch.setattr("qgd.embedding.conditioning._DENSE_BLOCK", 10)
    bounds = power_norms(lifted, 4)
    assert (bounds >= exact * (1 - 1e-12)).all()
    assert (bounds <= power_norms(qgd.carleman(step, 3, form=form), 4) * (1 + 1e-12)).all()
    if form == "exact" and not forced:
        assert lifted.level_norms[0, 0] == pytest.approx(0.9)  # Hoelder gives about 0.9 sqrt(n)


def test_rounding_errors_stay_below_their_count():
    rng = np.random.default_rng(0)
    for form, forced in (("exact", False), ("exact", True), ("first_order", True)):
        step = qgd.PolynomialMap(
            [forced * rng.normal(size=4), rng.normal(size=(4, 4)), rng.normal(size=(4, 16))]
        )
        lifted, exact = qgd.carleman_map(step, 4, form=form), qgd.carleman(step, 4, form=form)
        y = rng.normal(size=lifted.dimension)
        wide = exact.matrix.astype(np.longdouble) @ y.astype(np.longdouble)
        error = np.abs(lifted.apply(y[None])[0] - wide)
        allowed = lifted.roundings * np.finfo(float).eps * lifted.apply_absolute(abs(y)[None])[0]
        assert (error <= allowed).all()
        assert error.max() > 0
        assert lifted.roundings < 400


def test_complex_rows_and_several_at_once_are_taken_one_by_one():
    lifted = qgd.carleman_map(contraction(3, True), 3)
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(4, lifted.dimension)) + 1j * rng.normal(size=(4, lifted.dimension))
    wanted = rows @ lifted.matrix.toarray().T
    assert_allclose(lifted.apply(rows), wanted, rtol=0, atol=1e-13)
    assert_allclose(lifted.operator() @ rows[0], wanted[0], rtol=0, atol=1e-13)


def test_a_map_travels_by_pickle():
    lifted = qgd.carleman_map(contraction(3, True), 2, scale=1.2)
    y = lifted.lift([0.1, 0.2, 0.3])
    assert_array_equal(pickle.loads(pickle.dumps(lifted)).step(y), lifted.step(y))


def test_memory_is_that_of_vectors_where_the_matrix_would_not_fit(monkeypatch):
    n = 40
    step = contraction(n, False)
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 2e8)
    with pytest.raises(qgd.QGDError, match="a Carleman matrix of order 3 in 40 variables"):
        qgd.carleman(step, 3)
    lifted = qgd.carleman_map(step, 3)
    x = np.linspace(-0.2, 0.2, n)
    assert_allclose(lifted.step(lifted.lift(x))[:n], step(x), rtol=1e-12)
    with pytest.raises(qgd.QGDError, match="a Carleman matrix of order 3 in 40 variables"):
        _ = lifted.matrix


def test_bad_input_is_named_and_the_remedies_work():
    flow = qgd.PolynomialSystem([[0.0], [[-1.0]]])
    with pytest.raises(TypeError, match=re.escape("got PolynomialSystem; embed a flow by `carl")):
        qgd.carleman_map(flow, 2)
    assert qgd.carleman_operator(flow, 2).dimension == 2
    step = contraction(2, False)
    with pytest.raises(ValueError, match="`order` must be"):
        qgd.carleman_map(step, 0)
    with pytest.raises(ValueError, match="`scale` must be"):
        qgd.carleman_map(step, 2, scale=-1.0)
    with pytest.raises(ValueError, match="`form` must be"):
        qgd.carleman_map(step, 2, form="flow")
    ring = qgd.PolynomialMap([np.zeros(1000), csr_array(-0.1 * np.eye(1000))])
    with pytest.raises(qgd.QGDError, match="a lifted map of order 6 in 1000 variables needs"):
        qgd.carleman_map(ring, 6)
    assert qgd.carleman_map(ring, 1).dimension == 1000
