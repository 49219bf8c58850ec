"""Networks with quadratic activation against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from strategies import matrices, reals, vectors

from qgd.problem.networks import quadratic_network

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


@st.composite
def networks(draw):
    """Data, fixed output weights of either sign, ridge and a point; d and hidden are unequal."""
    samples, d, hidden = draw(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2)))
    data = (
        draw(matrices(samples, d, 1.5)),
        draw(vectors(samples, 2.0)),
        draw(vectors(hidden, 2.0)),
        draw(reals(0, 1)),
    )
    return data, draw(vectors(hidden * d, 1.5))


def by_hand(data, w):
    """Value, gradient and Hessian, one sample at a time."""
    X, y, a, ridge = data
    d, m = X.shape[1], len(X)
    V = w.reshape(len(a), d)
    value, gradient, hessian = ridge / 2 * w @ w, ridge * w, ridge * np.eye(len(w))
    for x, target in zip(X, y, strict=True):
        residual = a @ (V @ x) ** 2 - target
        slope = (2 * a * (V @ x))[:, None] * x
        bend = np.kron(np.diag(2 * a), np.outer(x, x))
        value += residual**2 / (2 * m)
        gradient = gradient + residual * slope.ravel() / m
        hessian = hessian + (np.outer(slope, slope) + residual * bend) / m
    return value, gradient, hessian


@given(networks())
def test_loss_is_the_mean_squared_error_of_the_network_with_its_derivatives(case):
    data, w = case
    loss = quadratic_network(*data)
    value, gradient, hessian = by_hand(data, w)
    assert loss.value(w) == pytest.approx(value, rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(loss.gradient(w), gradient, **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), hessian, **CLOSE)
    assert loss.degree <= 4


@given(networks())
def test_derivatives_are_those_of_the_value(case):
    data, w = case
    loss = quadratic_network(*data)
    np.testing.assert_allclose(loss.gradient(w), derivative(loss.value, w, 0.5), **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), derivative(loss.gradient, w, 0.5), **CLOSE)


@given(networks())
def test_without_ridge_the_loss_does_not_know_the_signs_of_the_hidden_units(case):
    (X, y, a, _), w = case
    loss = quadratic_network(X, y, a)
    V = w.reshape(len(a), -1)
    flipped = (V * np.where(np.arange(len(a)) == 0, -1, 1)[:, None]).ravel()
    assert loss.value(flipped) == pytest.approx(loss.value(w), rel=1e-10, abs=1e-10)


@given(networks())
def test_removing_a_hidden_unit_is_the_network_without_it(case):
    (X, y, a, ridge), w = case
    d = X.shape[1]
    pruned = quadratic_network(X, y, a, ridge).restrict(np.arange(d))
    alone = quadratic_network(X, y, a[:1], ridge)
    assert pruned.value(w[:d]) == pytest.approx(alone.value(w[:d]), rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(pruned.gradient(w[:d]), alone.gradient(w[:d]), **CLOSE)


def test_weights_that_fit_the_data_have_no_loss():
    rng = np.random.default_rng(8)
    X, V, a = rng.normal(size=(6, 3)), rng.normal(size=(2, 3)), np.array([1.0, -1.0])
    loss = quadratic_network(X, (X @ V.T) ** 2 @ a, a)
    assert loss.value(V.ravel()) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(loss.gradient(V.ravel()), 0, atol=1e-12)


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"`targets` must have shape \(2\), got \(1,\)"):
        quadratic_network(np.ones((2, 1)), [1.0], [1.0])
    with pytest.raises(ValueError, match=r"`output_weights` must have shape \(at least 1\)"):
        quadratic_network(np.ones((2, 1)), [1.0, 2.0], [])
    with pytest.raises(ValueError, match="`ridge` must be at least 0, got -1"):
        quadratic_network(np.ones((2, 1)), [1.0, 2.0], [1.0], ridge=-1)
