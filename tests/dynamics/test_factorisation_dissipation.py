"""Proved norms and intervals against dense eigenvalues and random vectors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import at_least, observed_ratings, reals, seeds

import qgd
from qgd.problem.ratings import Ratings


def instance(
    ratings: Ratings, rank: int, ridge: float, seed: int, scale: float
) -> tuple[qgd.FactorisationDescent, qgd.FactorisationDissipation]:
    loss = qgd.SparseFactorisation(ratings, rank, ridge)
    pivot = scale * np.random.default_rng(seed).normal(size=loss.num_weights)
    descent = qgd.FactorisationDescent(loss, 0.1, pivot)
    return descent, qgd.factorisation_dissipation(descent)


def unit_vectors(descent: qgd.FactorisationDescent, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(3, descent.num_variables))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@at_least(100)
@given(observed_ratings(), st.integers(1, 3), reals(0, 2), seeds(), reals(0, 2))
def test_all_eigenvalues_lie_in_the_interval(
    ratings: Ratings, rank: int, ridge: float, seed: int, scale: float
) -> None:
    descent, numbers = instance(ratings, rank, ridge, seed, scale)
    eigenvalues = np.linalg.eigvalsh(descent.loss.hessian(descent.pivot))
    low, high = numbers.hessian_interval
    assert low - 1e-10 <= eigenvalues[0]
    assert eigenvalues[-1] <= high + 1e-10
    assert numbers.log_norm == -low


@at_least(100)
@given(observed_ratings(), st.integers(1, 3), seeds(), reals(0, 2))
def test_norms_bound_the_multilinear_maps(
    ratings: Ratings, rank: int, seed: int, scale: float
) -> None:
    descent, numbers = instance(ratings, rank, 0.3, seed, scale)
    x, y, z = unit_vectors(descent, seed)
    eta = descent.learning_rate
    for a, b, c in ((x, y, z), (x, x, x), (x, x, y)):
        cubic = np.linalg.norm(descent.cubic(a, b, c))
        assert cubic <= eta * numbers.cubic_norm * (1 + 1e-12)
        quadratic = np.linalg.norm(descent.quadratic(a, b))
        assert quadratic <= eta * numbers.quadratic_norm * (1 + 1e-12)
    g = numbers.majorant()
    for radius in (0.1, 1.0, 3.0):
        assert np.linalg.norm(descent(radius * x)) <= g(radius) * (1 + 1e-12)
    forcing = float(np.linalg.norm(descent.offset()))
    assert numbers.forcing == pytest.approx(forcing / eta, rel=1e-12)


@given(observed_ratings(), st.integers(1, 3))
def test_the_cubic_norm_is_attained(ratings: Ratings, rank: int) -> None:
    """Theorem 18.2: one observation, its user and its item along one direction."""
    descent, numbers = instance(ratings, rank, 0.0, 0, 1.0)
    x = np.zeros(descent.num_variables)
    user, item = int(ratings.users[0]), int(ratings.items[0])
    x[user * rank] = x[(ratings.num_users + item) * rank] = math.sqrt(0.5)
    attained = float(x @ descent.cubic(x, x, x)) / -descent.learning_rate
    assert attained == pytest.approx(numbers.cubic_norm, rel=1e-12)


def test_one_observation_attains_both_ends_of_the_interval_at_the_origin() -> None:
    ratings = Ratings.from_observations([0], [0], [2.0])
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 1, 0.5), 0.1)
    numbers = qgd.factorisation_dissipation(descent)
    eigenvalues = np.linalg.eigvalsh(descent.loss.hessian(descent.pivot))
    np.testing.assert_allclose(numbers.hessian_interval, eigenvalues, atol=1e-12)


def test_the_ratio_tells_where_the_flow_points_inwards() -> None:
    ratings, _ = qgd.planted_ratings(20, 20)
    strong = qgd.SparseFactorisation(ratings, 2, ridge=4.0)
    numbers = qgd.factorisation_dissipation(qgd.FactorisationDescent(strong, 0.1))
    radius = 1.0
    assert numbers.ratio(radius) == pytest.approx(0.5 / -numbers.log_norm)
    assert numbers.ratio(radius) < 1
    assert "dissipative" in str(numbers)
    x = np.random.default_rng(0).normal(size=strong.num_weights)
    x *= radius / np.linalg.norm(x)
    assert float(x @ strong.gradient(x)) > 0
    weak = qgd.SparseFactorisation(ratings, 2)
    numbers = qgd.factorisation_dissipation(qgd.FactorisationDescent(weak, 0.1))
    assert numbers.ratio(radius) == math.inf
    assert "not proved dissipative" in str(numbers)
    with pytest.raises(ValueError, match="`radius` must be greater than 0"):
        numbers.ratio(0.0)
