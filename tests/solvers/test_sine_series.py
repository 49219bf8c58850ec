"""Sine series of an encoded matrix, at block and polynomial level, against an SVD."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import apply_function, small_history
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from scipy.special import jv
from strategies import DenseSystem, linear_systems, reals, vectors

import qgd
from qgd.solvers.sine_series import (
    apply_as_polynomial,
    apply_by_calls,
    evaluate,
    evolution_degree,
    evolution_tail,
)

TIMES = [np.pi / 2, 7 * np.pi / 8]
WEIGHTS = st.integers(1, 9).flatmap(vectors)


def by_calls(weights: np.ndarray, t: float, system: qgd.EncodedSystem) -> np.ndarray:
    return apply_by_calls(weights, t, system, 24)


def direct_sum(weights: np.ndarray, t: float, x: np.ndarray) -> np.ndarray:
    return sum(w * np.sin(d * t * x) for d, w in enumerate(weights, start=1))


@given(WEIGHTS, reals(0.1, 3.0))
def test_evaluate_is_the_sum_of_sines(weights, t):
    x = np.linspace(-1, 1, 41)
    assert_allclose(evaluate(weights, t, x), direct_sum(weights, t, x), atol=1e-12)


@pytest.mark.parametrize("apply", [by_calls, apply_as_polynomial])
@pytest.mark.parametrize("t", TIMES)
@given(linear_systems(), WEIGHTS)
def test_series_acts_on_the_singular_values(apply, t, linear, weights):
    system = qgd.encode(linear)
    wanted = apply_function(lambda s: direct_sum(weights, t, s), system)
    assert_allclose(apply(weights, t, system), wanted, atol=1e-10)


@pytest.mark.parametrize("apply", [by_calls, apply_as_polynomial])
def test_series_of_a_history_with_many_terms_acts_on_its_singular_values(apply):
    weights = np.random.default_rng(1).normal(size=120)
    system = small_history(order=2, num_steps=3, padding=2)
    wanted = apply_function(lambda s: direct_sum(weights, TIMES[1], s), system)
    assert_allclose(apply(weights, TIMES[1], system), wanted, atol=1e-10)


@given(reals(0.1, 3.0), st.integers(4, 30))
def test_evolution_tail_bounds_the_dropped_bessel_functions_closely(t, degree):
    dropped = 2 * np.abs(jv(np.arange(degree + 1, degree + 40), t)).sum()
    assert dropped * (1 - 1e-9) <= evolution_tail(t, degree) <= 2 * dropped


@given(reals(1.0, 300.0), st.integers(1, 60))
def test_evolution_tail_bounds_the_dropped_bessel_functions_of_long_times(t, more):
    degree = math.ceil(t) + more
    dropped = 2 * np.abs(jv(np.arange(degree + 1, degree + 400), t)).sum()
    assert dropped * (1 - 1e-6) <= evolution_tail(t, degree) + 1e-14


@pytest.mark.parametrize("t", TIMES)
@given(WEIGHTS.filter(np.any), st.floats(-8, 0).map(lambda e: 10**e), reals(1e-3, 1.0))
def test_cut_bounds_what_the_degree_leaves_out_and_is_a_small_part_of_the_error(
    t, weights, error, gain
):
    degree, cut = evolution_degree(weights, t, error, gain)
    assert cut <= min(error / 100, 1e-11 / gain)
    coarse = max(2, degree - 6)  # a cut that rounding does not hide
    tau = evolution_tail(t, coarse)
    rest = 1 - len(weights) ** 2 * tau
    if rest <= 0:
        return
    A = np.diag(np.linspace(0.1, 1.0, 8))
    system = qgd.encode(DenseSystem(csr_array(A), np.ones(8), 10.0))
    exact = direct_sum(weights, t, np.diag(A)) / np.sqrt(8)
    found = apply_by_calls(weights, t, system, coarse)
    allowed = np.abs(weights) @ np.arange(1, len(weights) + 1) ** 2 * tau / rest
    assert np.abs(found - exact).max() <= allowed / np.sqrt(8) + 1e-13
