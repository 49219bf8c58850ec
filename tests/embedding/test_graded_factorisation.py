"""Graded evaluation of a factorisation against the generic engine, on every order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, observed_ratings, reals, seeds

import qgd
from qgd.core.outcome import QGDError
from qgd.problem.ratings import Ratings


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@given(observed_ratings(3, 3, size=1.0), st.integers(1, 2), reals(0, 0.5), st.booleans(), seeds())
@fewer(2)
def test_it_is_the_generic_engine_without_coefficients(
    order: int, ratings: Ratings, rank: int, ridge: float, away: bool, seed: int
) -> None:
    loss = qgd.SparseFactorisation(ratings, rank, ridge)
    pivot, x = np.random.default_rng(seed).normal(size=(2, loss.num_weights)) * 0.5
    descent = qgd.FactorisationDescent(loss, 0.1, pivot if away else None)
    fast = qgd.graded_factorisation(descent, order, x, 5, at=[0, 2, 5], homogenised=away)
    slow = qgd.graded_iterate(descent.polynomial_map(), order, x, 5, at=[0, 2, 5], homogenised=away)
    np.testing.assert_array_equal(fast.times, slow.times)
    np.testing.assert_allclose(fast.parts, slow.parts, atol=1e-12)
    assert fast.homogenised == away


@pytest.mark.parametrize("order", [9, 18])
def test_high_orders_are_those_of_the_generic_engine(order: int) -> None:
    ratings, weights = qgd.planted_ratings(3, 2, per_user=2, noise=0.5)
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 2), 0.1, weights)
    x = 0.1 * np.random.default_rng(0).normal(size=weights.size)
    fast = qgd.graded_factorisation(descent, order, x, 4, homogenised=True)
    slow = qgd.graded_iterate(descent.polynomial_map(), order, x, 4, homogenised=True)
    assert fast.parts.shape[-1] == order
    np.testing.assert_allclose(fast.parts[-1], slow.parts[-1], rtol=1e-9, atol=1e-15)


def test_level_one_is_the_truncated_lift_itself() -> None:
    ratings = Ratings.from_observations([0, 1], [0, 0], [1.0, -0.5])
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 1, 0.2), 0.3)
    x, order, steps = np.array([0.3, -0.2, 0.5]), 4, 6
    lifted = qgd.carleman(descent.polynomial_map(), order)
    y = lifted.lift(x)
    for _ in range(steps):
        y = lifted.step(y)
    solution = qgd.graded_factorisation(descent, order, x, steps).solution()[-1]
    np.testing.assert_allclose(solution, lifted.project(y), atol=1e-13)


def test_orders_converge_to_the_descent() -> None:
    ratings, weights = qgd.planted_ratings(200, 200)
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 2), 0.05, weights)
    x = 0.05 * np.random.default_rng(0).normal(size=weights.size)
    # At the planted factors the residuals are zero up to rounding, which counts as a forcing.
    solution = qgd.graded_factorisation(descent, 4, x, 20, homogenised=True)
    errors = np.linalg.norm(solution.solutions()[-1] - descent.iterate(x, 20)[:, None], axis=0)
    assert (errors[1:] < 0.3 * errors[:-1]).all()
    single = qgd.planted_ratings(200, 200, dtype="float32")
    loss = qgd.SparseFactorisation(single[0], 2)
    rough = qgd.graded_factorisation(
        qgd.FactorisationDescent(loss, 0.05, single[1]), 4, x, 3, homogenised=True
    )
    assert rough.parts.dtype == np.float64
    assert np.abs(rough.parts).max() < 1


def test_forcing_is_refused_and_the_remedies_work() -> None:
    ratings, weights = qgd.planted_ratings(8, 8, noise=0.5)
    loss = qgd.SparseFactorisation(ratings, 2)
    away = qgd.FactorisationDescent(loss, 0.1, weights)
    x = 0.1 * weights
    with pytest.raises(ValueError, match=r"must have F_0 = 0 .* homogenised=True"):
        qgd.graded_factorisation(away, 2, x, 3)
    qgd.graded_factorisation(away, 2, x, 3, homogenised=True)
    qgd.graded_factorisation(qgd.FactorisationDescent(loss, 0.1), 2, x, 3)


def test_bad_arguments_and_divergence_are_told() -> None:
    ratings, weights = qgd.planted_ratings(8, 8)
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 2), 0.1)
    with pytest.raises(TypeError, match="use `graded_iterate`"):
        qgd.graded_factorisation(descent.polynomial_map(), 2, weights, 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        qgd.graded_factorisation(descent, 0, weights, 1)
    with pytest.raises(ValueError, match="`at` must be increasing"):
        qgd.graded_factorisation(descent, 2, weights, 3, at=[2, 1])
    with pytest.raises(ValueError, match="`at` must be from 0 to 3"):
        qgd.graded_factorisation(descent, 2, weights, 3, at=[4])
    with pytest.raises(QGDError, match="lower the order or the learning rate"):
        qgd.graded_factorisation(descent, 4, 1e60 * weights, 3)
    with pytest.raises(QGDError, match="lower the order or keep fewer times"):
        qgd.graded_factorisation(descent, 10**10, weights, 3)
