"""Fixed points of scalar majorants."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd.dynamics.rest_points import rest_points, trimmed


@given(st.floats(0, 1), st.floats(-2, -1e-3), st.floats(1e-3, 3))
def test_quadratic_rest_points_are_the_closed_form(p0, p1, p2):
    disc = p1**2 - 4 * p0 * p2
    lower, upper, lowest = rest_points([p0, p1, p2])
    assert lowest == pytest.approx(p0 - p1**2 / (4 * p2), abs=1e-12)
    if disc < -1e-9:
        assert math.isnan(lower)
    elif disc > 1e-9:
        assert upper == pytest.approx((-p1 + math.sqrt(disc)) / (2 * p2), rel=1e-6)
        assert lower == pytest.approx(2 * p0 / (-p1 + math.sqrt(disc)), rel=1e-6, abs=1e-300)


@given(st.lists(st.floats(1e-3, 2), min_size=2, max_size=3), st.floats(-3, -1e-2), st.floats(0, 1))
def test_the_majorant_is_negative_between_its_rest_points_and_nowhere_else(higher, p1, p0):
    p = np.polynomial.Polynomial([p0, p1, *higher])
    lower, upper, lowest = rest_points(p.coef)
    if lowest < -1e-6:
        middle = np.linspace(lower, upper, 9)[1:-1]
        assert (p(middle) <= 1e-12).all()
        assert p(upper * 1.01) > 0
        assert lower == 0 or p(lower * 0.99) > 0
    if lowest > 0:
        assert (p(np.linspace(0, 50, 99)) > 0).all()


def test_growth_leaves_the_origin_alone_or_nothing():
    assert rest_points([0.0, 0.0, 1.0]) == (0.0, 0.0, 0.0)
    assert math.isnan(rest_points([0.1, 0.5, 1.0])[0])


def test_trimming_keeps_the_linear_part():
    assert trimmed([0.1, 0.0, 0.0]) == (0.1, 0.0)
    assert trimmed([0.1, 0.0, 0.2, 0.0]) == (0.1, 0.0, 0.2)
