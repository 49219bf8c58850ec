"""The tail of roots of counts, against simulation and exact sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2
from strategies import fewer

from qgd.readout.counts import root_count_radius


@given(st.integers(1, 60), st.floats(1e-9, 0.9))
def test_radius_solves_the_equation_of_the_theorem(m, failure):
    tau = root_count_radius(m, failure) - m * math.log(2)
    assert tau >= m
    assert m - tau + m * math.log(tau / m) == pytest.approx(math.log(failure), abs=1e-6)


@fewer(2)
@given(st.integers(1, 60), st.floats(0.001, 0.999), st.floats(0.001, 0.5))
def test_two_outcomes_exceed_the_radius_with_at_most_the_stated_probability(shots, p, failure):
    n = np.arange(shots + 1)
    distance = (np.sqrt(n / shots) - math.sqrt(p)) ** 2
    distance += (np.sqrt(1 - n / shots) - math.sqrt(1 - p)) ** 2
    beyond = distance >= root_count_radius(1, failure) / shots
    assert binom.pmf(n[beyond], shots, p).sum() <= failure


@fewer(5)
@given(
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=12), st.integers(1, 200), st.integers(0, 9)
)
def test_many_outcomes_exceed_it_no_more_often_than_stated(weights, shots, seed):
    p = (np.array(weights) + 1e-9) / (np.array(weights) + 1e-9).sum()
    counts = np.random.default_rng(seed).multinomial(shots, p, size=400)
    distance = ((np.sqrt(counts / shots) - np.sqrt(p)) ** 2).sum(axis=1)
    for failure in (0.5, 0.1):
        missed = (distance >= root_count_radius(len(p) - 1, failure) / shots).mean()
        assert missed <= failure


@pytest.mark.parametrize("m", [1, 5, 50])
def test_a_twelfth_of_the_radius_would_be_too_little(m):
    # The limit of large counts: four times the sum is chi-squared.
    limit = chi2.isf(0.1, m) / 4
    assert root_count_radius(m, 0.1) / 12 < limit < root_count_radius(m, 0.1)


@given(st.integers(1, 80), st.floats(1e-6, 1 - 1e-6), st.floats(0.01, 8.0))
def test_one_outcome_stays_within_the_one_sided_bound(shots, p, u):
    n = np.arange(shots + 1)
    for low in (True, False):
        gap = math.sqrt(p) - np.sqrt(n / shots)
        beyond = (gap if low else -gap) >= math.sqrt(u / shots)
        assert binom.pmf(n[beyond], shots, p).sum() <= math.exp(-u) * (1 + 1e-9)
