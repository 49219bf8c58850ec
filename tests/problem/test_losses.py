"""Least squares and matrix factorisation against plain numpy."""

from __future__ import annotations

import re

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from strategies import matrices, reals, vectors

from qgd.problem.losses import least_squares, matrix_factorisation, ridge_penalty

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


@st.composite
def regressions(draw):
    samples, n = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    features, targets = draw(matrices(samples, n, 2.0)), draw(vectors(samples, 2.0))
    return features, targets, draw(reals(0, 1)), draw(vectors(n, 2.0))


@st.composite
def factorisations(draw):
    """Entries may be observed more than once; shapes, rank and ridge are unequal."""
    shape, rank = draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), draw(st.integers(1, 2))
    count = draw(st.integers(1, 5))
    rows = draw(st.lists(st.integers(0, shape[0] - 1), min_size=count, max_size=count))
    columns = draw(st.lists(st.integers(0, shape[1] - 1), min_size=count, max_size=count))
    data = (rows, columns, draw(vectors(count, 2.0)), shape, rank, draw(reals(0, 1)))
    return data, draw(vectors(sum(shape) * rank, 2.0))


@given(regressions())
def test_least_squares_is_the_mean_squared_residual_with_its_derivatives(case):
    X, y, ridge, w = case
    loss, m = least_squares(X, y, ridge), len(y)
    value = np.sum((X @ w - y) ** 2) / (2 * m) + ridge / 2 * np.sum(w**2)
    assert loss.value(w) == pytest.approx(value, rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(loss.gradient(w), X.T @ (X @ w - y) / m + ridge * w, **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), X.T @ X / m + ridge * np.eye(len(w)), **CLOSE)


@given(regressions())
def test_derivatives_of_least_squares_are_those_of_its_value(case):
    X, y, ridge, w = case
    loss = least_squares(X, y, ridge)
    np.testing.assert_allclose(loss.gradient(w), derivative(loss.value, w, 0.5), **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), derivative(loss.gradient, w, 0.5), **CLOSE)


@given(regressions(), st.data())
def test_restricted_least_squares_is_least_squares_on_the_kept_columns(case, data):
    X, y, ridge, w = case
    kept = data.draw(st.lists(st.sampled_from(range(len(w))), min_size=1, unique=True))
    restricted, direct = (
        least_squares(X, y, ridge).restrict(kept),
        least_squares(X[:, kept], y, ridge),
    )
    assert restricted.value(w[kept]) == pytest.approx(direct.value(w[kept]), abs=1e-10)
    np.testing.assert_allclose(restricted.gradient(w[kept]), direct.gradient(w[kept]), **CLOSE)


def test_least_squares_has_degree_two_and_is_minimal_at_the_solution_of_the_normal_equations():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(9, 3)), rng.normal(size=9)
    loss = least_squares(X, y, 0.1)
    optimum = np.linalg.solve(X.T @ X / 9 + 0.1 * np.eye(3), X.T @ y / 9)
    assert loss.degree == 2
    np.testing.assert_allclose(loss.gradient(optimum), 0, atol=1e-14)


def factorisation_by_hand(data, w):
    """Value, gradient and Hessian, one observation at a time."""
    rows, columns, values, shape, rank, ridge = data
    value, gradient = ridge / 2 * w @ w, ridge * w
    hessian = ridge * np.eye(len(w))
    for i, j, m in zip(rows, columns, values, strict=True):
        u = np.arange(i * rank, (i + 1) * rank)
        v = np.arange((shape[0] + j) * rank, (shape[0] + j + 1) * rank)
        residual, slope = w[u] @ w[v] - m, np.zeros(len(w))
        slope[u], slope[v] = w[v], w[u]
        bend = np.zeros((len(w), len(w)))
        bend[u, v] = bend[v, u] = 1
        value += residual**2 / (2 * len(rows))
        gradient = gradient + residual * slope / len(rows)
        hessian = hessian + (np.outer(slope, slope) + residual * bend) / len(rows)
    return value, gradient, hessian


@given(factorisations())
def test_matrix_factorisation_is_the_observed_squared_error_with_its_derivatives(case):
    data, w = case
    loss = matrix_factorisation(*data)
    value, gradient, hessian = factorisation_by_hand(data, w)
    assert loss.value(w) == pytest.approx(value, rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(loss.gradient(w), gradient, **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), hessian, **CLOSE)


@given(factorisations())
def test_derivatives_of_matrix_factorisation_are_those_of_its_value(case):
    data, w = case
    loss = matrix_factorisation(*data)
    np.testing.assert_allclose(loss.gradient(w), derivative(loss.value, w, 0.5), **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), derivative(loss.gradient, w, 0.5), **CLOSE)


def test_loss_of_a_fully_observed_factorisation_is_the_frobenius_norm_of_the_residual():
    rng = np.random.default_rng(4)
    U, V, M = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=(3, 4))
    rows, columns = np.indices(M.shape).reshape(2, -1)
    loss = matrix_factorisation(rows, columns, M.ravel(), (3, 4), rank=2, ridge=0.3)
    expected = np.sum((U @ V.T - M) ** 2) / (2 * M.size)
    expected += 0.15 * (np.sum(U**2) + np.sum(V**2))
    weights = np.concatenate((U.ravel(), V.ravel()))
    assert loss.value(weights) == pytest.approx(expected, rel=1e-12)
    assert (loss.num_weights, loss.degree) == (14, 4)


@given(st.integers(1, 4), reals(0, 2), st.data())
def test_ridge_penalty_is_half_the_squared_norm(n, ridge, data):
    w = data.draw(vectors(n, 3.0))
    assert ridge_penalty(n, ridge).value(w) == pytest.approx(ridge / 2 * w @ w, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([2], [0], [1.0]), "`rows` must be from 0 to 1, got 2; raise shape[0]"),
        (([0], [-1], [1.0]), "`columns` must be from 0 to 2, got -1; raise shape[1]"),
        (([0, 1], [0], [1.0]), "got (2,), (1,) and (1,); give one entry"),
        (([0], [0], [1.0, 2.0]), "got (1,), (1,) and (2,); give one entry"),
        (([], [], []), "`values` must have shape (at least 1), got (0,)"),
    ],
)
def test_observations_that_do_not_fit_the_matrix_are_refused(arguments, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        matrix_factorisation(*arguments, (2, 3), 1)


def test_fractional_positions_are_refused_and_not_rounded():
    with pytest.raises(TypeError, match="`rows` must be integers, got float64"):
        matrix_factorisation([0.5], [0], [1.0], (2, 3), 1)


def test_rank_and_ridge_must_be_sensible():
    with pytest.raises(ValueError, match="`rank` must be at least 1, got 0"):
        matrix_factorisation([0], [0], [1.0], (1, 1), 0)
    with pytest.raises(ValueError, match=r"`ridge` must be at least 0, got -0\.1"):
        matrix_factorisation([0], [0], [1.0], (1, 1), 1, ridge=-0.1)
    with pytest.raises(ValueError, match=r"`ridge` must be at least 0, got -0\.1"):
        least_squares([[1.0]], [1.0], ridge=-0.1)


@pytest.mark.parametrize(
    ("features", "targets", "name"),
    [
        (np.zeros((0, 2)), [], "features"),
        (np.zeros((2, 0)), [0, 0], "features"),
        (np.zeros((2, 1)), [0.0], "targets"),
    ],
)
def test_tables_without_samples_or_columns_or_with_missing_targets_are_refused(
    features, targets, name
):
    with pytest.raises(ValueError, match=f"`{name}` must have shape"):
        least_squares(features, targets)
