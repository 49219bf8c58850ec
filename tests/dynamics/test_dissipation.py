"""Norms, majorants and the numbers built on them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.sparse import csr_array
from strategies import (
    matrices,
    polynomial_maps,
    polynomial_systems,
    reals,
    time_dependent_maps,
    vectors,
)

from qgd.dynamics.dissipation import (
    Majorant,
    flow_majorant,
    log_norm,
    majorant,
)
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.integrate import iterate
from qgd.dynamics.system import PolynomialMap
from qgd.problem.polynomial import PolynomialLoss

ROUNDING = 1e-12


@given(st.integers(1, 4), reals(0, 3), st.data())
def test_exponential_grows_no_faster_than_the_log_norm_allows(n, t, data):
    M = data.draw(matrices(n, n, 2.0))
    bound = math.exp(log_norm(csr_array(M)) * t)
    assert np.linalg.norm(expm(M * t), 2) <= bound * (1 + 1e-10)


@given(st.integers(1, 4), st.data())
def test_log_norm_is_the_initial_growth_rate(n, data):
    M, h = data.draw(matrices(n, n)), 1e-7
    rate = (np.linalg.norm(np.eye(n) + h * M, 2) - 1) / h
    assert log_norm(csr_array(M)) == pytest.approx(rate, abs=1e-5)


@given(polynomial_maps(), reals(0, 3), st.data())
def test_majorant_bounds_the_norm_of_the_map(step, radius, data):
    u = data.draw(vectors(step.num_variables))
    u = radius * u / max(1e-9, np.linalg.norm(u))
    bound = majorant(step)(float(np.linalg.norm(u)))
    assert np.linalg.norm(step(u)) <= bound * (1 + ROUNDING) + 1e-14


@given(polynomial_maps(), st.data(), st.integers(0, 6))
def test_iterates_of_the_majorant_bound_the_norms_of_the_iterates(step, data, num_steps):
    u = data.draw(vectors(step.num_variables))
    norms = np.linalg.norm(iterate(step, u, num_steps), axis=1)
    bounds = majorant(step).iterates(float(np.linalg.norm(u)), num_steps)
    assert len(bounds) == num_steps + 1
    assert (norms <= bounds * (1 + ROUNDING) + 1e-14).all()


@given(time_dependent_maps(), st.data())
def test_majorant_of_a_sequence_serves_all_its_maps(sequence, data):
    u = data.draw(vectors(sequence.num_variables))
    g = majorant(sequence)
    for step in sequence.maps:
        own = majorant(step).coefficients
        assert all(a >= b for a, b in zip(g.coefficients, own, strict=False))
    assert len(g.coefficients) == sequence.degree + 1
    norms = np.linalg.norm(iterate(sequence, u, sequence.num_steps), axis=1)
    assert (norms <= g.iterates(float(np.linalg.norm(u)), sequence.num_steps) + 1e-13).all()


@given(polynomial_maps(), reals(0.01, 2), st.data())
def test_derivative_of_the_majorant_is_a_lipschitz_constant_on_the_ball(step, radius, data):
    u, v = (data.draw(vectors(step.num_variables)) for _ in range(2))
    u, v = (radius * x / max(1.0, np.linalg.norm(x)) for x in (u, v))
    distance = np.linalg.norm(step(u) - step(v))
    lipschitz = majorant(step).derivative(radius)
    assert distance <= lipschitz * np.linalg.norm(u - v) * (1 + ROUNDING) + 1e-14


@given(st.lists(reals(0, 2), min_size=2, max_size=5), reals(0, 2))
def test_majorant_and_its_derivative_are_the_polynomial_and_its_derivative(coefficients, x):
    g, p = Majorant(tuple(coefficients)), np.polynomial.Polynomial(coefficients)
    assert g(x) == pytest.approx(p(x), rel=1e-12, abs=1e-14)
    assert g.derivative(x) == pytest.approx(p.deriv()(x), rel=1e-12, abs=1e-14)


def test_derivative_of_a_linear_majorant_is_finite_on_the_whole_space():
    assert Majorant((1.0, 0.5, 0.0)).derivative(math.inf) == 0.5
    assert Majorant((1.0, 0.5, 0.1)).derivative(math.inf) == math.inf


def test_majorant_of_a_map_in_one_variable_is_the_map_when_nothing_is_negative():
    step = PolynomialMap([[0.1], [[-0.5]], [[0.2]]])
    np.testing.assert_allclose(majorant(step).coefficients, (0.1, 0.5, 0.2), rtol=1e-14)
    path = iterate(step, [0.3], 20).ravel()
    np.testing.assert_allclose(majorant(step).iterates(0.3, 20), path, rtol=1e-12)


def test_iterates_beyond_every_number_are_infinite_and_stay_so():
    path = Majorant((0.0, 1.0, 1.0)).iterates(10.0, 30)
    assert np.isfinite(path[:4]).all()
    assert path[-1] == math.inf
    assert (np.diff(np.isinf(path).astype(int)) >= 0).all()


@given(reals(0.001, 1), reals(0, 0.95), reals(0.01, 2))
def test_fixed_points_of_a_quadratic_are_those_of_the_closed_form(g0, g1, g2):
    mu, g = 1 - g1, Majorant((g0, g1, g2))
    discriminant = mu**2 - 4 * g0 * g2
    assume(abs(discriminant) > 1e-9)
    if discriminant < 0:
        assert g.fixed_points is None
        assert g.kantorovich > 0.5
        return
    root = math.sqrt(discriminant)
    expected = ((mu - root) / (2 * g2), (mu + root) / (2 * g2))
    assert g.fixed_points == pytest.approx(expected, rel=1e-9)
    assert g.kantorovich == pytest.approx(2 * g0 * g2 / mu**2, rel=1e-12)


@example(0.2, 0.5, 1.0, 0.0, -15)
@given(reals(0.01, 0.2), reals(0.01, 0.5), reals(0.1, 1), reals(0, 1), st.integers(-15, 15))
def test_fixed_points_enclose_where_the_majorant_contracts_in_any_unit(g0, g1, g2, g3, exponent):
    """The scalars g_k carry the unit to the power 1 - k, and a fixed point carries the unit."""
    unit = 10.0**exponent
    g = Majorant((g0 * unit, g1, g2 / unit, g3 / unit**2))
    radii = g.fixed_points
    same = Majorant((g0, g1, g2, g3)).fixed_points
    if same is None:
        assert radii is None
        return
    assume(same[1] / same[0] > 1.001)
    assert radii == pytest.approx((same[0] * unit, same[1] * unit), rel=1e-6)
    for r in radii:
        assert g(r) == pytest.approx(r, rel=1e-6)
    middle = math.sqrt(radii[0] * radii[1])
    assert g(middle) < middle
    assert g(2 * radii[1]) > 2 * radii[1]
    assert g(radii[0] / 2) > radii[0] / 2


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        ((0.0, 0.5, 0.25), (0.0, 2.0)),
        ((0.0, 0.5), (0.0, math.inf)),
        ((1.0, 0.5), (2.0, math.inf)),
        ((1.0, 0.5, 0.0), (2.0, math.inf)),
        ((0.0, 1.5, 0.25), None),
        ((1.0, 1.0), None),
        ((1.0, 2.0), None),
        ((0.0, 2.0), None),
    ],
)
def test_fixed_points_of_unforced_linear_and_expanding_majorants(coefficients, expected):
    assert Majorant(coefficients).fixed_points == (
        None if expected is None else pytest.approx(expected)
    )


@given(polynomial_maps(), st.data())
def test_ball_between_the_fixed_points_is_mapped_into_itself(step, data):
    radii = majorant(step).fixed_points
    assume(radii is not None and radii[1] < math.inf)
    u = data.draw(vectors(step.num_variables))
    r = 0.5 * (radii[0] + radii[1])
    u = r * u / max(1e-9, np.linalg.norm(u))
    assert np.linalg.norm(step(u)) <= r * (1 + 1e-9)


@given(reals(-1, 1), reals(0.2, 1), reals(-2, 2), reals(0.05, 0.9))
def test_kantorovich_number_of_descent_in_one_variable_is_that_of_newtons_method(b, a, c, eta):
    loss = PolynomialLoss.from_terms({(0,): b, (0, 0): a, (0, 0, 0): c}, num_weights=1)
    assume(eta * 2 * a < 0.99)
    gradient, curvature, third = abs(b), 2 * a, 6 * abs(c)
    h = majorant(gradient_descent(loss, eta)).kantorovich
    assert h == pytest.approx(gradient * third / curvature**2, rel=1e-7, abs=1e-12)


def test_kantorovich_number_is_infinite_without_contraction_and_zero_for_a_linear_map():
    assert Majorant((0.1, 1.0, 0.1)).kantorovich == math.inf
    assert Majorant((0.1, 0.5)).kantorovich == 0


@given(polynomial_systems(), st.data())
def test_flow_majorant_bounds_the_growth_of_the_norm(system, data):
    x = data.draw(vectors(system.num_variables, 2.0))
    radius = np.linalg.norm(x)
    assume(radius > 0)
    f = flow_majorant(system)
    assert len(f) == system.degree + 1
    growth = x @ system.field(x) / radius
    assert growth <= sum(fk * radius**k for k, fk in enumerate(f)) + 1e-12


def test_flow_majorant_has_the_log_norm_in_the_linear_place_and_norms_elsewhere():
    step = PolynomialMap(
        [[3.0, 4.0], [[-2.0, 1.0], [0.0, -3.0]], np.diag([1.0, 2.0]) @ np.eye(2, 4)]
    )
    f0, mu, f2 = flow_majorant(step)
    assert (f0, f2) == pytest.approx((5.0, 2.0))
    assert mu == pytest.approx((-5 + math.sqrt(2)) / 2)
