"""The proved truncation bound of a factorisation dominates the error that is measured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import observed_ratings, reals, seeds

import qgd
from qgd.problem.ratings import Ratings


@given(observed_ratings(), st.integers(1, 2), st.integers(1, 4), reals(0, 0.5), seeds())
def test_the_bound_dominates_the_error(
    ratings: Ratings, rank: int, order: int, size: float, seed: int
) -> None:
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, rank, 1.0), 0.1)
    x = np.random.default_rng(seed).normal(size=descent.num_variables)
    x *= size / np.linalg.norm(x)
    for steps in (0, 3, 10):
        truncated = qgd.graded_factorisation(descent, order, x, steps).solution()[-1]
        error = float(np.linalg.norm(truncated - descent.iterate(x, steps)))
        bound = qgd.factorisation_bound(descent, order, size, steps)
        assert bound.kind is qgd.Kind.PROVED
        assert error <= bound.value * (1 + 1e-9) + 1e-14


def test_it_is_not_below_the_bound_from_the_coefficients() -> None:
    """Both are Theorem 2.1; the closed norms are at most a small factor above those computed."""
    ratings, weights = qgd.planted_ratings(5, 5, 1, per_user=2)
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 1), 0.05, weights)
    closed = qgd.factorisation_bound(descent, 2, 0.1, 8).value
    computed = qgd.majorant_bound(descent.polynomial_map(), 2, 0.1, 8).value
    assert 0.99 * computed <= closed <= 10 * computed


def test_growth_without_limit_is_said_and_bad_arguments_refused() -> None:
    ratings, weights = qgd.planted_ratings(5, 5)
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 2), 0.05, weights)
    assert qgd.factorisation_bound(descent, 2, 100.0, 50).value == math.inf
    with pytest.raises(ValueError, match="`x0_norm` must be at least 0"):
        qgd.factorisation_bound(descent, 2, -1.0, 5)
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        qgd.factorisation_bound(descent, 0, 1.0, 5)
