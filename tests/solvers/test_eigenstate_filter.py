"""The eigenstate filter: one at 0, small above the gap, no smaller one of its degree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

import qgd

KAPPAS = st.floats(1.0, 60.0)
ERRORS = st.floats(-12, -0.1).map(lambda e: 10**e)


@given(KAPPAS, ERRORS)
def test_filter_is_one_at_zero_and_at_most_its_closed_form_above_the_gap(kappa, error):
    degree = qgd.filter_degree(kappa, error)
    c = qgd.filter_chebyshev(kappa, degree)
    x = np.linspace(1 / kappa, 1, 4001)
    stated = qgd.filter_error(kappa, degree)
    assert stated <= error * (1 + 1e-7)
    assert chebyshev.chebval(0.0, c) == pytest.approx(1, abs=1e-12)
    assert np.abs(chebyshev.chebval(x, c)).max() <= stated + 1e-13
    assert np.all(c[1::2] == 0)


@given(st.floats(1.2, 60.0), ERRORS)
def test_two_degrees_less_would_not_do(kappa, error):
    degree = qgd.filter_degree(kappa, error)
    if degree > 2:
        assert qgd.filter_error(kappa, degree - 2) > error * (1 - 1e-7)


@given(st.floats(1.2, 20.0), st.integers(1, 12))
def test_error_equioscillates_so_that_no_even_polynomial_of_the_degree_is_smaller(kappa, half):
    c = qgd.filter_chebyshev(kappa, 2 * half)
    a = 1 / kappa
    z = np.cos(np.arange(half + 1) * np.pi / half)
    x = np.sqrt(((1 + a * a) - (1 - a * a) * z) / 2)
    wanted = (-1.0) ** np.arange(half + 1) * qgd.filter_error(kappa, 2 * half)
    assert np.abs(chebyshev.chebval(x, c) - wanted).max() < 1e-12


def test_degree_grows_as_kappa_times_the_logarithm_of_two_over_the_error():
    for kappa, error in ((100, 1e-6), (500, 1e-10)):
        assert qgd.filter_degree(kappa, error) == pytest.approx(kappa * np.log(2 / error), rel=2e-3)


def test_without_a_gap_to_bridge_the_filter_is_one_minus_x_squared():
    for degree in (2, 6):
        c = qgd.filter_chebyshev(1.0, degree)
        x = np.linspace(-1, 1, 9)
        assert np.abs(chebyshev.chebval(x, c) - (1 - x * x)).max() < 1e-14
    assert (qgd.filter_degree(1.0, 1e-9), qgd.filter_error(1.0, 2)) == (2, 0.0)


def test_odd_degrees_and_impossible_arguments_are_refused_with_a_remedy_that_works():
    with pytest.raises(ValueError, match="`degree` must be even because the filter is, got 7; add"):
        qgd.filter_chebyshev(3.0, 7)
    qgd.filter_chebyshev(3.0, 8)
    with pytest.raises(ValueError, match="`kappa` must be at least 1"):
        qgd.filter_degree(0.5, 0.1)
    with pytest.raises(ValueError, match="`error` must be greater than 0"):
        qgd.filter_degree(2.0, 0.0)
    with pytest.raises(qgd.QGDError, match="lower kappa"):
        qgd.filter_degree(1e14, 1e-3)
