"""The distance between the descents on a logistic loss and on its surrogate."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import logistic_losses, reals, vectors

from qgd.core.bound import Kind
from qgd.core.outcome import QGDError
from qgd.dynamics import deviation
from qgd.dynamics.deviation import contraction_factor, surrogate_descent
from qgd.dynamics.integrate import descend
from qgd.problem.logistic import logistic_regression

ROUNDING = 1e-11
degrees = st.sampled_from([1, 2, 3, 5])


@st.composite
def descents(draw):
    """A loss with features that are not all zero, a start, a stable rate and a number of steps."""
    loss = draw(logistic_losses().filter(lambda drawn: drawn.smoothness > 1e-3))
    w = draw(vectors(loss.num_weights))
    return loss, w, draw(reals(0.05, 1.95)) / loss.smoothness, draw(st.integers(1, 8))


def distances(loss, found, w, eta, num_steps):
    exact = descend(loss, w, eta, num_steps)
    stand_in = descend(found.surrogate.loss, w, eta, num_steps)
    return np.linalg.norm(exact - stand_in, axis=1), np.linalg.norm(stand_in - w, axis=1)


@given(descents(), degrees)
def test_a_posteriori_bound_dominates_the_distance_between_the_descents(case, degree):
    loss, w, eta, num_steps = case
    found = surrogate_descent(loss, w, eta, num_steps, degree)
    gap, moved = distances(loss, found, w, eta, num_steps)
    assert gap[-1] <= found.bound.value * (1 + ROUNDING) + ROUNDING
    assert (moved <= found.norm_bounds * (1 + ROUNDING) + ROUNDING).all()
    assert found.bound.theorem.endswith("Theorem 3.2")


@given(descents(), degrees)
def test_a_priori_bound_dominates_the_distance_or_says_that_there_is_none(case, degree):
    loss, w, eta, num_steps = case
    try:
        found = surrogate_descent(loss, w, eta, num_steps, degree, a_priori=True)
    except ValueError as error:
        assert "provably holds the descent" in str(error)  # noqa: PT017
        return
    gap, moved = distances(loss, found, w, eta, num_steps)
    assert gap[-1] <= found.bound.value * (1 + ROUNDING) + ROUNDING
    assert (moved <= found.norm_bounds * (1 + ROUNDING) + ROUNDING).all()
    assert (moved <= found.surrogate.radius * (1 + ROUNDING) + ROUNDING).all()
    exact = np.linalg.norm(descend(loss, w, eta, num_steps) - w, axis=1)
    assert (exact <= found.surrogate.radius * (1 + ROUNDING) + ROUNDING).all()
    assert found.bound.theorem.endswith("Theorem 3.3")


@given(descents())
def test_both_bounds_are_proved_lines_of_the_stage_surrogate(case):
    loss, w, eta, num_steps = case
    for a_priori in (False, True):
        found = surrogate_descent(loss, w, 0.1 * eta, num_steps, 3, a_priori=a_priori)
        assert (found.bound.stage, found.bound.kind) == ("surrogate", Kind.PROVED)
        assert all(assumption.holds for assumption in found.bound.assumptions)
        assert found.norm_bounds.shape == (num_steps + 1,)
        assert found.norm_bounds[0] == 0
        np.testing.assert_array_equal(found.surrogate.center, w)


def test_a_posteriori_bound_is_within_a_small_factor_of_the_truth():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(40, 3))
    loss = logistic_regression(X, (X @ [1.0, -2.0, 0.5] > 0).astype(float), 0.1)
    w, eta, num_steps = np.zeros(3), 0.5 / loss.smoothness, 10
    found = surrogate_descent(loss, w, eta, num_steps, 3)
    gap, _ = distances(loss, found, w, eta, num_steps)
    assert gap[-1] <= found.bound.value <= 5 * gap[-1]


def test_a_posteriori_bound_is_below_the_a_priori_bound():
    loss = logistic_regression([[1.0, 0.2], [-0.4, 1.0], [0.3, -0.8]], [0, 1, 1], 0.2)
    after, before = (
        surrogate_descent(loss, [0.3, -0.2], 0.5, 5, a_priori=a_priori).bound.value
        for a_priori in (False, True)
    )
    assert after < before / 10


def test_higher_degree_lowers_both_bounds():
    loss = logistic_regression([[1.0, 0.2], [-0.4, 1.0], [0.3, -0.8]], [0, 1, 1], 0.2)
    for a_priori in (False, True):
        values = [
            surrogate_descent(loss, [0.3, -0.2], 0.5, 5, d, a_priori=a_priori).bound.value
            for d in (1, 3, 5)
        ]
        assert values[2] < values[1] / 3 < values[0] / 9


@given(descents(), st.data())
def test_contraction_factor_is_a_lipschitz_constant_of_the_exact_step(case, data):
    loss, w, eta, _ = case
    v = data.draw(vectors(loss.num_weights, 3.0))
    q, assumption = contraction_factor(loss, eta)
    distance = np.linalg.norm((w - eta * loss.gradient(w)) - (v - eta * loss.gradient(v)))
    assert distance <= q * np.linalg.norm(w - v) * (1 + ROUNDING) + 1e-14
    assert np.linalg.norm(np.eye(len(w)) - eta * loss.hessian(w), 2) <= q * (1 + ROUNDING)
    assert assumption.holds == (q <= 1)
    assert assumption.value == q


def test_contraction_factor_takes_the_worse_of_the_two_ends_of_the_spectrum():
    loss = logistic_regression([[2.0, 0.0], [0.0, 0.1]], [0, 1], 0.25)
    assert loss.smoothness == pytest.approx(0.75)
    assert contraction_factor(loss, 0.4)[0] == pytest.approx(1 - 0.4 * 0.25)
    assert contraction_factor(loss, 2.4)[0] == pytest.approx(2.4 * 0.75 - 1)


@given(descents(), reals(1.01, 50), st.booleans())
def test_too_large_learning_rate_is_refused_and_the_suggested_one_accepted(case, factor, a_priori):
    loss, w, _, num_steps = case
    limit = 2 / loss.smoothness
    with pytest.raises(ValueError) as caught:
        surrogate_descent(loss, w, factor * limit, num_steps, 3, a_priori=a_priori)
    text = str(caught.value)
    assert f"`learning_rate` must be less than 2 / L = {limit:.4g}" in text
    assert f"got {factor * limit:g}" in text
    suggested = float(re.search(r"lower it to (\S+)$", text)[1])
    assert 0.4 * limit < suggested < 0.6 * limit
    assert math.isfinite(surrogate_descent(loss, w, suggested, num_steps).bound.value)


def test_descent_that_no_ball_holds_is_refused_and_each_remedy_removes_the_error():
    loss = logistic_regression([[3.0], [-3.0]], [1, 0])
    eta = 0.1 / loss.smoothness
    with pytest.raises(ValueError, match="no ball of a surrogate of degree 1 provably holds"):
        surrogate_descent(loss, [-1.0], eta, 40, 1, a_priori=True)
    remedies = [
        surrogate_descent(loss, [-1.0], eta / 40, 40, 1, a_priori=True),
        surrogate_descent(loss, [-1.0], eta, 1, 1, a_priori=True),
        surrogate_descent(loss, [-1.0], eta, 40, 1),
    ]
    for found in remedies:
        assert math.isfinite(found.bound.value)


def test_descent_that_starts_at_the_optimum_stays_there_at_no_price():
    loss = logistic_regression([[1.0], [1.0]], [0, 1], 0.3)
    for a_priori in (False, True):
        found = surrogate_descent(loss, [0.0], 1.0, 5, a_priori=a_priori)
        assert found.bound.value < 1e-14
        np.testing.assert_allclose(found.norm_bounds, 0, atol=1e-14)


def test_surrogate_whose_own_descent_diverges_has_an_infinite_bound_and_not_a_wrong_one(
    monkeypatch,
):
    monkeypatch.setattr(deviation, "_BALLS", (1e-6,))
    loss = logistic_regression([[3.0], [0.1]], [1, 0])
    found = surrogate_descent(loss, [-1.5], 1.9 / loss.smoothness, 60, 5)
    with pytest.raises(QGDError):
        descend(found.surrogate.loss, [-1.5], 1.9 / loss.smoothness, 60)
    assert found.bound.value == math.inf
    assert (found.norm_bounds == math.inf).all()


def test_descent_takes_the_ball_with_the_smallest_bound(monkeypatch):
    loss = logistic_regression([[3.0, 1.0], [0.1, -2.0]], [1, 0], 0.05)
    arguments = (loss, [-1.5, 0.5], 1 / loss.smoothness, 10)
    best = surrogate_descent(*arguments).bound.value
    for fraction in (1.0, 0.7, 0.5):
        monkeypatch.setattr(deviation, "_BALLS", (fraction,))
        assert best <= surrogate_descent(*arguments).bound.value


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"num_steps": 0}, "`num_steps` must be at least 1, got 0"),
        ({"learning_rate": 0.0}, "`learning_rate` must be greater than 0, got 0"),
        ({"learning_rate": 0.0, "a_priori": True}, "`learning_rate` must be greater than 0, got 0"),
        ({"degree": 0}, "`degree` must be at least 1, got 0"),
        ({"weights": [0.0, 1.0]}, "`weights` must have shape (1), got (2,)"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, text):
    loss = logistic_regression([[1.0]], [1.0])
    defaults = {"weights": [0.0], "learning_rate": 0.5, "num_steps": 3}
    with pytest.raises(ValueError, match=re.escape(text)):
        surrogate_descent(loss, **{**defaults, **arguments})
