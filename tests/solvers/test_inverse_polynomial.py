"""The optimal polynomial for 1/x: closed form of its error, equioscillation, and its maximum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose
from strategies import vectors

import qgd
from qgd.solvers.inverse_polynomial import largest_value

KAPPAS = st.floats(0, 3).map(lambda t: round(10**t, 4))
ODD = st.integers(1, 40).map(lambda n: 2 * n - 1)


def interval(kappa: float, count: int = 4001) -> np.ndarray:
    """Points of [1/kappa, 1], ends included, dense at both ends."""
    a = 1 / kappa
    return a + (1 - a) * (1 - np.cos(np.linspace(0, np.pi, count))) / 2


@given(st.floats(1.01, 30), ODD)
def test_sup_error_is_the_closed_form(kappa, degree):
    x = interval(kappa)
    P = chebyshev.chebval(x, qgd.inverse_chebyshev(kappa, degree))
    deviation = np.abs(P - 1 / x).max()
    rounding = 1e-14 * kappa * degree
    assert deviation == pytest.approx(qgd.inverse_error(kappa, degree), rel=1e-9, abs=rounding)


@pytest.mark.parametrize(("kappa", "n"), [(1.5, 2), (4.0, 5), (20.0, 12)])
def test_error_equioscillates_so_that_no_odd_polynomial_of_this_degree_is_better(kappa, n):
    # n coefficients of an odd polynomial: n + 1 alternations prove optimality (Chebyshev).
    x = interval(kappa, 40_001)
    error = chebyshev.chebval(x, qgd.inverse_chebyshev(kappa, 2 * n - 1)) - 1 / x
    peaks = error[np.abs(error) > (1 - 1e-5) * np.abs(error).max()]
    assert 1 + np.count_nonzero(np.diff(np.sign(peaks))) == n + 1


@given(st.floats(1.0, 1000.0), ODD)
def test_polynomial_is_odd_and_of_the_stated_degree(kappa, degree):
    coefficients = qgd.inverse_chebyshev(kappa, degree)
    assert len(coefficients) == degree + 1
    assert not coefficients[0::2].any()


@given(KAPPAS, st.floats(-12, 1).map(lambda t: 10**t))
def test_degree_is_the_smallest_that_reaches_epsilon(kappa, epsilon):
    degree = qgd.inverse_degree(kappa, epsilon)
    assert degree % 2 == 1
    assert qgd.inverse_error(kappa, degree) <= epsilon * (1 + 1e-6)
    if degree > 1:
        assert qgd.inverse_error(kappa, degree - 2) > epsilon


@given(st.floats(1.0, 100.0))
def test_degree_one_is_kappa_times_x(kappa):
    # 1/a - c a = c - 1 at the ends of [a, 1] has the solution c = 1/a.
    assert_allclose(qgd.inverse_chebyshev(kappa, 1), [0, kappa], rtol=1e-10)
    assert qgd.inverse_error(kappa, 1) == pytest.approx(kappa - 1, rel=1e-9, abs=1e-12)


def test_kappa_one_needs_degree_one_and_has_no_error():
    assert qgd.inverse_degree(1.0, 1e-12) == 1
    assert qgd.inverse_error(1.0, 1) == 0.0
    assert_allclose(qgd.inverse_chebyshev(1.0, 5), [0, 1, 0, 0, 0, 0])


@pytest.mark.parametrize(("kappa", "epsilon"), [(100.0, 1e-6), (1000.0, 1e-3)])
def test_large_degrees_keep_their_digits(kappa, epsilon):
    degree = qgd.inverse_degree(kappa, epsilon)
    x = interval(kappa, 2001)
    deviation = np.abs(chebyshev.chebval(x, qgd.inverse_chebyshev(kappa, degree)) - 1 / x).max()
    assert deviation == pytest.approx(qgd.inverse_error(kappa, degree), rel=1e-3)


@given(st.floats(1.0, 100.0), ODD)
def test_largest_value_bounds_the_inverse_polynomial_within_two_percent(kappa, degree):
    coefficients = qgd.inverse_chebyshev(kappa, degree)
    grid = np.cos(np.linspace(0, np.pi, 64 * degree + 1))
    largest = np.abs(chebyshev.chebval(grid, coefficients)).max()
    assert largest * (1 - 1e-12) <= largest_value(coefficients) <= 1.02 * largest * (1 + 1e-3)


@given(st.integers(1, 12).flatmap(vectors))
def test_largest_value_bounds_any_polynomial(coefficients):
    grid = np.cos(np.linspace(0, np.pi, 2001))
    largest = np.abs(chebyshev.chebval(grid, coefficients)).max()
    assert largest * (1 - 1e-12) - 1e-15 <= largest_value(coefficients) <= 1.021 * largest + 1e-12


@given(st.floats(2.0, 100.0), st.floats(-10, -2).map(lambda t: 10**t))
def test_largest_value_grows_like_half_of_kappa_times_the_root_of_the_logarithm(kappa, epsilon):
    degree = qgd.inverse_degree(kappa, epsilon)
    largest = largest_value(qgd.inverse_chebyshev(kappa, degree))
    assert 0.4 < largest / (kappa * np.sqrt(np.log(kappa / epsilon))) < 0.6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qgd.inverse_chebyshev(2.0, 4), "`degree` must be odd because 1/x is, got 4"),
        (lambda: qgd.inverse_chebyshev(0.5, 3), "`kappa` must be at least 1"),
        (lambda: qgd.inverse_chebyshev(2.0, -1), "`degree` must be at least 1"),
        (lambda: qgd.inverse_degree(0.9, 0.1), "`kappa` must be at least 1"),
        (lambda: qgd.inverse_degree(2.0, 0.0), "`epsilon` must be greater than 0"),
    ],
)
def test_unusable_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
