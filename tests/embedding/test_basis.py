"""Tables of the bases against the functions they tabulate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from strategies import bases, fewer, reals

import qgd


def summed(entries, basis, d):
    """sum_c entries[c] phi_c(d)."""
    phi = np.append(1.0, basis.values(d, max(entries, default=1)))
    return sum(value * phi[c] for c, value in entries.items())


@fewer(2)
@given(bases(), st.integers(1, 6), st.integers(1, 6), reals(-1.2, 1.2))
def test_products_and_derivatives_are_those_of_the_tables(basis, a, b, d):
    phi = basis.values(d, max(a, b))
    product, size = phi[a - 1] * phi[b - 1], max(1.0, np.abs(phi).max()) ** 2
    assert summed(basis.mul(a, b), basis, d) == pytest.approx(product, abs=1e-10 * size)
    slope = derivative(lambda x: basis.values(x[0], a)[-1], np.array([d]), 1e-3)[0]
    assert summed(basis.diff(a), basis, d) == pytest.approx(slope, rel=1e-6, abs=1e-6 * size)


@fewer(2)
@given(bases(), st.sampled_from([1e-3, -1e-3]))
def test_each_function_vanishes_to_its_own_order(basis, d):
    m = np.arange(1, 7)
    ratio = basis.values(d, 6) / d**m
    np.testing.assert_allclose(ratio, 1.0, rtol=0, atol=2 * m[-1] * abs(d))


@given(bases(), st.integers(1, 4), reals(-1.2, 1.2))
def test_deviation_undoes_values(basis, order, d):
    deviations = np.array([[d, 0.0], [-d, d / 3]])
    phi = basis.values(deviations, order)
    assert phi.shape == (2, 2, order)
    np.testing.assert_allclose(basis.deviation(phi), deviations, rtol=0, atol=1e-9)


@fewer(2)
@given(st.one_of(st.sampled_from([qgd.CIRCLE, qgd.TAYLOR]), reals(-3, 3).map(qgd.logistic_basis)))
def test_two_tables_alone_give_the_functions_and_their_inverse(basis):
    bare = replace(basis, evaluate=None, invert=None)
    d = np.linspace(-1.4, 1.4, 9)
    phi = basis.values(d, 5)
    np.testing.assert_allclose(bare.values(d, 5), phi, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(bare.deviation(phi[:, :1]), d, rtol=0, atol=1e-9)


@given(reals(-10, 10), reals(-30, 30))
def test_logistic_functions_are_the_sigmoid_moved_and_scaled(x0, d):
    s, rest = expit(x0), expit(-x0)
    phi = qgd.logistic_basis(x0).values(d, 1)[0]
    assert s + s * rest * phi == pytest.approx(expit(x0 + d), abs=1e-14)


def test_logistic_values_far_away_reach_their_limits():
    basis = qgd.logistic_basis(0.0)
    np.testing.assert_array_equal(basis.values(np.array([-1000.0, 1000.0]), 1)[:, 0], [-2.0, 2.0])


def test_a_sigmoid_outside_its_range_is_no_answer():
    with pytest.raises(qgd.QGDError, match=r"phi_1 must lie between -2 and 2 .*got 2\.5"):
        qgd.logistic_basis(0.0).deviation([[0.1], [2.5]])
    with pytest.raises(ValueError, match="`center` must be at most 30, got 31"):
        qgd.logistic_basis(31.0)


def test_points_off_the_circle_go_to_its_nearest_point():
    radius, angle = 1.3, 2.5  # beyond the quarter that the sine alone can tell
    u, w = radius * np.sin(angle), 2 * (1 - radius * np.cos(angle))
    assert qgd.CIRCLE.deviation([u, w]) == pytest.approx(angle, rel=1e-14)
    assert qgd.CIRCLE.deviation([1.3]) == pytest.approx(np.pi / 2)


def test_tables_that_do_not_reach_their_value_say_so():
    tanh = qgd.power_basis("tanh", [1, 0, -1])
    np.testing.assert_allclose(tanh.values(0.7, 3), np.tanh(0.7) ** np.arange(1, 4), rtol=1e-12)
    with pytest.raises(qgd.QGDError, match="where phi_1 is finite and increases"):
        tanh.deviation([1.5])


def powers(a, b):
    return {a + b: 1.0}


@pytest.mark.parametrize(
    ("mul", "diff", "message"),
    [
        (powers, lambda m: {m - 1: m, 0: 1} if m > 2 else {m - 1: m}, "graded: diff.3. may hold"),
        (
            lambda a, b: {a + b: 1, 1: 0.5},
            lambda m: {m - 1: m},
            r"graded: mul\(1, 1\) .* 0.5 phi_1",
        ),
        (powers, lambda m: {m - 1: 1}, r"diff\(2\) must begin with 2 phi_1, got 1; divide each"),
        (lambda a, b: {a + b: 2}, lambda m: {m - 1: m}, r"mul\(1, 1\) must begin with 1 phi_2"),
        (powers, lambda m: {m - 1: m, m + 1: 1.0}, "closed: diff must obey the product rule"),
        (lambda a, b: {a + b: 1, a + b + 1: a}, lambda m: {m - 1: m}, "closed: mul must commute"),
        (
            lambda a, b: {a + b: 1, a + b + 1: a * b},
            lambda m: {m - 1: m},
            "closed: mul must associate",
        ),
        (lambda a, b: {a + b: np.nan}, lambda m: {m - 1: m}, r"mul\(1, 1\)` must be finite"),
        (powers, lambda m: {m - 1: m, -1: 1.0}, r"diff\(1\)` must be at least 0, got -1"),
    ],
)
def test_tables_that_are_no_basis_are_refused(mul, diff, message):
    basis = qgd.Basis("mine", mul, diff)
    with pytest.raises(ValueError, match=message):
        basis.tables(2)
    with pytest.raises(ValueError, match=message):
        qgd.BasisField.descent([basis], [0.0], {(0, 0): 1.0})


def test_functions_that_no_product_gives_need_their_own_values():
    # phi_3 = d^3 + d^4 / 2 in place of d^3: a basis, but neither d nor its slope leads to phi_3.
    def mul(a, b):
        return {3: 1.0, 4: -0.5} if a + b == 3 else {a + b: 1.0}

    def diff(m):
        return {m - 1: m} if m != 3 else {2: 3.0, 3: 2.0, 4: -1.0}

    basis = qgd.Basis("uneven", mul, diff)
    with pytest.raises(ValueError, match="`evaluate` must be given: phi_3 is no product"):
        basis.values(0.1, 3)
