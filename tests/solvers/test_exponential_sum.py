"""The one error bound for all sums of evolutions."""

from __future__ import annotations

import numpy as np
import pytest
from evolutions import combination_error, random_pair
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from strategies import fewer, seeds

import qgd
from qgd.solvers.exponential_sum import fit_weights


@st.composite
def exponential_sums(draw: st.DrawFn) -> qgd.ExponentialSum:
    """Any nodes and weights, good or bad."""
    rng = np.random.default_rng(draw(seeds()))
    count = draw(st.integers(1, 6))
    weights = rng.normal(size=count) + 1j * rng.normal(size=count)
    return qgd.ExponentialSum(rng.normal(size=count) * 3, weights, draw(st.floats(0.1, 4.0)))


@fewer(2)
@given(exponential_sums(), seeds(), st.integers(1, 5), st.floats(0.0, 1.0))
def test_error_bounds_the_operator_error_for_any_nodes_weights_and_operators(
    rule, seed, size, share
):
    L, H = random_pair(np.random.default_rng(seed), size, share * rule.interval)
    assert combination_error(rule, L, H) <= rule.error * (1 + 1e-9)
    assert rule.scalar_error() <= rule.error * (1 + 1e-9)


def test_error_is_the_formula_of_its_theorem():
    rule = qgd.ExponentialSum(np.array([-1.0, 0.5]), np.array([0.3 + 0.1j, 0.6]), 1.7)

    def value(s: float) -> complex:
        return complex(np.exp(-1j * rule.nodes * s) @ rule.weights - np.exp(-s))

    def slope(s: float) -> complex:
        factors = -1j * rule.nodes * np.exp(-1j * rule.nodes * s)
        return complex(factors @ rule.weights + np.exp(-s))

    norms = [np.sqrt(quad(lambda s, f=f: abs(f(s)) ** 2, 0, 1.7)[0]) for f in (value, slope)]
    ends = abs(value(0)) ** 2 + abs(value(1.7)) ** 2
    assert rule.error == pytest.approx(np.sqrt(norms[0] * norms[1] + ends / 2), rel=1e-12)


def test_weight_norm_reach_and_query_factor_are_what_they_say():
    rule = qgd.ExponentialSum(np.array([-3.0, 1.0]), np.array([0.6j, 0.8]), 1.0)
    assert rule.weight_norm == pytest.approx(1.4)
    assert rule.reach == 3.0
    assert rule.query_factor == pytest.approx(np.sqrt(10) * 1.4)


@fewer(4)
@given(st.floats(0.2, 8.0), st.floats(-8, -1).map(lambda e: 10**e))
def test_fitted_weights_keep_the_proved_error(interval, epsilon):
    nodes = np.linspace(-6, 6, 41)
    weights = fit_weights(nodes, interval, epsilon, 10.0)
    assert weights is not None
    assert qgd.ExponentialSum(nodes, weights, interval).error <= epsilon * (1 + 1e-6) + 1e-13


def test_fitted_weights_use_the_room_that_the_error_leaves():
    nodes = np.linspace(-6, 6, 17)
    norms = [
        qgd.ExponentialSum(nodes, fit_weights(nodes, 1.0, e, 10.0), 1.0).weight_norm
        for e in (1e-2, 1e-4, 1e-6)
    ]
    assert norms[0] < norms[1] < norms[2]


def test_too_few_nodes_have_no_weights():
    assert fit_weights(np.array([-1.0, 1.0]), 5.0, 1e-6, 10.0) is None


def test_weights_of_opposite_nodes_are_conjugate():
    weights = fit_weights(np.linspace(-4, 4, 8), 1.0, 1e-3, 10.0)
    assert_allclose(weights, weights[::-1].conj(), atol=1e-12)
