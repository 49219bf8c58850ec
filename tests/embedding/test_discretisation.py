"""Embeddings that do not step exactly: bounds against errors, and orders of convergence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import expm
from strategies import fewer, polynomial_maps, polynomial_systems, reals, vectors

import qgd
from qgd.embedding.discretisation import check_reaches, flow_norm_bounds

ROUNDING = 1e-12
QUADRATIC_F = [[0.1, 0.05], [[-0.6, 0.2], [0.2, -1.0]], np.full((2, 4), 0.15)]


@st.composite
def starts(draw: st.DrawFn, systems: st.SearchStrategy, bound: float = 0.6):
    system = draw(systems)
    return system, draw(vectors(system.num_variables, bound))


def first_order_error(system: qgd.PolynomialMap, order: int, x0: np.ndarray, T: int) -> float:
    lifted = qgd.carleman(system, order, form="first_order")
    y = lifted.lift(x0)
    for _ in range(T):
        y = lifted.step(y)
    return float(np.linalg.norm(qgd.iterate(system, x0, T)[-1] - lifted.project(y)))


def exact_flow(flow: qgd.CarlemanSystem, x0: np.ndarray, time: float) -> np.ndarray:
    """y(T) of y' = A y + c by one matrix exponential."""
    size = flow.dimension
    augmented = np.zeros((size + 1, size + 1))
    augmented[:size, :size] = flow.matrix.toarray()
    augmented[:size, size] = flow.offset
    return (expm(time * augmented) @ [*flow.lift(x0), 1.0])[:size]


def taylor_error(flow: qgd.CarlemanSystem, h: float, k: int, x0: np.ndarray, T: int) -> float:
    step, y = qgd.taylor_step(flow, h, k), flow.lift(x0)
    for _ in range(T):
        y = step.step(y)
    return float(np.linalg.norm(flow.project(exact_flow(flow, x0, h * T)) - flow.project(y)))


@pytest.mark.parametrize("known", [None, "T norms", "T + 1 norms"])
@fewer(2)
@given(starts(polynomial_maps(2, 3)), st.integers(1, 3), st.integers(1, 5))
def test_first_order_bounds_dominate_the_measured_error(known, start, order, T):
    system, x0 = start
    norms = np.linalg.norm(qgd.iterate(system, x0, T), axis=1)
    w = None if known is None else norms[:T] if known == "T norms" else norms
    truncation, lifting = qgd.first_order_bounds(system, order, float(norms[0]), T, w)
    error = first_order_error(system, order, x0, T)
    assert truncation.value + lifting.value >= error * (1 - 1e-12) - ROUNDING
    assert (truncation.stage, lifting.stage) == ("truncation", "discretisation")
    assert truncation.kind is lifting.kind is qgd.Kind.PROVED


@pytest.mark.parametrize("T", [1, 3, 6])
def test_first_order_bounds_are_the_error_of_a_growing_scalar_at_order_two(T):
    # At order two the defect of the lift is d^2 itself; at order three it is a little less.
    system, x0 = qgd.PolynomialMap([[0.02], [[0.05]], [[0.02]]]), np.array([0.3])
    for order, slack in ((2, 1e-9), (3, 1e-2)):
        bounds = qgd.first_order_bounds(system, order, 0.3, T)
        error = first_order_error(system, order, x0, T)
        assert sum(b.value for b in bounds) == pytest.approx(error, rel=slack, abs=1e-15)


def test_first_order_lift_has_no_lifting_error_at_order_one():
    system = qgd.PolynomialMap(QUADRATIC_F)
    truncation, lifting = qgd.first_order_bounds(system, 1, 0.5, 4)
    assert lifting.value == 0.0
    assert truncation.value > 0


@given(starts(polynomial_maps(2, 1)), st.integers(1, 3), st.integers(1, 5))
def test_affine_maps_cost_nothing_in_the_first_order_form(start, order, T):
    system, x0 = start
    bounds = qgd.first_order_bounds(system, order, float(np.linalg.norm(x0)), T)
    assert [b.value for b in bounds] == [0.0, 0.0]
    assert first_order_error(system, order, x0, T) < ROUNDING


def test_known_norms_tighten_the_first_order_bounds():
    system = qgd.PolynomialMap(QUADRATIC_F)
    loose = qgd.first_order_bounds(system, 2, 0.5, 4)
    tight = qgd.first_order_bounds(system, 2, 0.5, 4, [0.5, 0.3, 0.2, 0.2])
    assert all(a.value < b.value for a, b in zip(tight, loose, strict=True))
    with pytest.raises(ValueError, match="`norm_bounds` must"):
        qgd.first_order_bounds(system, 2, 0.5, 4, [0.5, math.nan, 0.5, 0.5])


def test_lifting_error_and_its_bound_are_proportional_to_the_learning_rate_at_fixed_time():
    errors, bounds, x0 = [], [], np.array([0.5, -0.3])
    for T in (100, 200):
        eta = 2.0 / T
        system = qgd.PolynomialMap([eta * np.asarray(Fk) for Fk in QUADRATIC_F])
        # Against the exact lift of the same order: the truncation drops out.
        lifted = qgd.carleman(system, 3, form="first_order")
        y = lifted.lift(x0)
        for _ in range(T):
            y = lifted.step(y)
        exact = qgd.truncated_solution(system, 3, x0, T)
        errors.append(np.linalg.norm(lifted.project(y) - exact))
        norms = np.linalg.norm(qgd.iterate(system, x0, T), axis=1)
        bounds.append(qgd.first_order_bounds(system, 3, norms[0], T, norms)[1].value)
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)
    assert bounds[0] / bounds[1] == pytest.approx(2, rel=0.05)


@given(starts(polynomial_systems(2, 3)), reals(0.1, 3.0))
def test_flow_norm_bounds_dominate_the_integrated_norms(start, time):
    system, x0 = start
    times = np.linspace(0, time, 6)[1:]
    bounds = flow_norm_bounds(qgd.flow_majorant(system), float(np.linalg.norm(x0)), times)
    assert (np.diff(bounds) >= 0).all()
    reached = np.isfinite(bounds)
    if reached.any():
        path = qgd.integrate(system, x0, [0.0, *times[reached]]).values
        assert (bounds[reached] >= np.linalg.norm(path[1:], axis=1) * (1 - 1e-10)).all()


def test_flow_norm_bounds_follow_the_scalar_solution_up_to_its_blow_up():
    # w' = w^2 from 1 is 1 / (1 - t).
    times = np.array([0.25, 0.5, 0.9, 0.99, 1.0, 2.0])
    bounds = flow_norm_bounds((0.0, 0.0, 1.0), 1.0, times)
    assert_allclose(bounds[:4], 1 / (1 - times[:4]), rtol=5e-2)
    assert (bounds[:4] >= 1 / (1 - times[:4])).all()
    assert np.isinf(bounds[5])


def test_flow_norm_bounds_stop_at_a_stable_fixed_point():
    # w' = 0.1 - w rests at 0.1 and is convex only in the weak sense.
    bounds = flow_norm_bounds((0.1, -1.0), 0.5, np.array([1.0, 100.0]))
    assert_allclose(bounds, 0.5, atol=1e-6)


@fewer(2)
@given(starts(polynomial_systems(2, 3)), st.integers(1, 3), reals(0.05, 1.5))
def test_flow_truncation_bound_dominates_the_measured_error(start, order, time):
    system, x0 = start
    bound = qgd.flow_truncation_bound(system, order, float(np.linalg.norm(x0)), time)
    flow = qgd.carleman(system, order)
    truth = qgd.integrate(system, x0, [0.0, time]).final
    error = float(np.linalg.norm(truth - flow.project(exact_flow(flow, x0, time))))
    assert bound.value >= error * (1 - 1e-9) - 1e-11
    assert bound.kind is qgd.Kind.PROVED


def test_flow_truncation_bound_is_close_to_the_error_of_a_growing_scalar():
    # x' = 0.3 + x / 2 + x^2 / 5: all terms of the comparison are equalities but the constant W.
    system = qgd.PolynomialSystem([[0.3], [[0.5]], [[0.2]]])
    flow, x0 = qgd.carleman(system, 3), np.array([0.3])
    truth = qgd.integrate(system, x0, [0.0, 1.0]).final
    error = float(np.abs(truth - flow.project(exact_flow(flow, x0, 1.0)))[0])
    assert error <= qgd.flow_truncation_bound(system, 3, 0.3, 1.0).value <= 1.05 * error


def test_affine_flows_have_no_truncation_error():
    system = qgd.PolynomialSystem([[0.5], [[2.0]]])
    bound = qgd.flow_truncation_bound(system, 1, 1.0, 50.0)
    assert (bound.value, bound.kind) == (0.0, qgd.Kind.PROVED)


def test_a_flow_that_may_blow_up_has_an_infinite_bound_that_is_refused():
    system = qgd.PolynomialSystem([[0.0], [[0.0]], [[1.0]]])
    bound = qgd.flow_truncation_bound(system, 3, 1.0, 2.0)
    assert math.isinf(bound.value)
    with pytest.raises(qgd.QGDError, match="shorten the time") as error:
        check_reaches(bound)
    assert error.value.outcome is qgd.Outcome.TRUNCATION_NOT_CONVERGED
    check_reaches(qgd.flow_truncation_bound(system, 3, 1.0, 0.5))  # the remedy


@given(reals(-2.0, 2.0), reals(), reals(0.01, 1.0), st.integers(1, 9))
def test_taylor_step_in_one_variable_is_the_truncated_exponential_series(a, c, h, k):
    flow = qgd.carleman(qgd.PolynomialSystem([[c], [[a]]]), 1, scale=2.0)
    step = qgd.taylor_step(flow, h, k)
    multiplier = sum((h * a) ** i / math.factorial(i) for i in range(k + 1))
    source = h * sum((h * a) ** i / math.factorial(i + 1) for i in range(k)) * c
    assert step.matrix[0, 0] == pytest.approx(multiplier, rel=1e-12)
    assert 2.0 * step.offset[0] == pytest.approx(source, rel=1e-12, abs=1e-15)
    assert (step.form, step.scale, step.order) == ("taylor", 2.0, 1)


@given(starts(polynomial_systems(2, 2)), reals(0.01, 0.5))
def test_taylor_order_one_is_the_forward_euler_method(start, h):
    system, x0 = start
    flow = qgd.carleman(system, 2)
    y = flow.lift(x0)
    euler = y + h * flow.step(y)
    assert_allclose(qgd.taylor_step(flow, h, 1).step(y), euler, atol=1e-14)


@pytest.mark.parametrize("taylor_order", [1, 2, 3, 4])
def test_halving_the_step_divides_error_and_bound_by_two_to_the_order(taylor_order):
    flow = qgd.carleman(qgd.PolynomialSystem(QUADRATIC_F), 2)
    x0 = np.array([0.5, -0.3])
    errors = [taylor_error(flow, 1 / T, taylor_order, x0, T) for T in (20, 40)]
    bounds = [qgd.taylor_bound(flow, 1 / T, taylor_order, x0, T).value for T in (20, 40)]
    assert errors[0] / errors[1] == pytest.approx(2**taylor_order, rel=0.15)
    assert bounds[0] / bounds[1] == pytest.approx(2**taylor_order, rel=0.15)


@fewer(2)
@given(
    starts(polynomial_systems(2, 3)),
    st.integers(1, 3),
    reals(0.05, 1.0),
    st.integers(1, 4),
    reals(0.5, 2.0),
)
def test_taylor_bound_dominates_the_measured_error(start, order, h, k, scale):
    system, x0 = start
    flow = qgd.carleman(system, order, scale=scale)
    bound = qgd.taylor_bound(flow, h, k, x0, 3)
    assert bound.value >= taylor_error(flow, h, k, x0, 3) * (1 - 1e-12) - ROUNDING
    assert (bound.stage, bound.kind) == ("discretisation", qgd.Kind.PROVED)


def test_taylor_bound_is_the_error_of_one_growing_scalar_step():
    flow = qgd.carleman(qgd.PolynomialSystem([[0.2], [[1.5]]]), 1, scale=0.5)
    x0 = np.array([0.7])
    error = taylor_error(flow, 0.4, 3, x0, 1)
    assert qgd.taylor_bound(flow, 0.4, 3, x0, 1).value == pytest.approx(error, rel=1e-9)


@pytest.mark.parametrize(("h", "taylor_order"), [(40.0, 2), (90.0, 8), (90.0, 60)])
def test_taylor_bound_dominates_far_outside_the_region_of_convergence(h, taylor_order):
    flow = qgd.carleman(qgd.PolynomialSystem([[0.2], [[1.5]]]), 1)
    x0 = np.array([0.7])
    error = taylor_error(flow, h, taylor_order, x0, 1)
    assert qgd.taylor_bound(flow, h, taylor_order, x0, 1).value >= error * (1 - 1e-9)


def test_taylor_bound_is_infinite_rather_than_an_overflow():
    flow = qgd.carleman(qgd.PolynomialSystem([[0.2], [[1.5]]]), 1)
    assert math.isinf(qgd.taylor_bound(flow, 1e7, 8, [0.7], 3).value)


def test_a_resting_flow_has_no_taylor_error():
    flow = qgd.carleman(qgd.PolynomialSystem([[0.0], [[0.0]]]), 2)
    assert qgd.taylor_bound(flow, 0.5, 1, [0.7], 3).value == 0.0


@pytest.mark.parametrize(
    ("h", "k", "message"),
    [(0.0, 2, "`step_size` must be greater than 0"), (0.1, 0, "`taylor_order` must be at least 1")],
)
def test_unusable_steps_are_refused(h, k, message):
    with pytest.raises(ValueError, match=message):
        qgd.taylor_step(qgd.carleman(qgd.PolynomialSystem(QUADRATIC_F), 1), h, k)


def test_only_flows_are_discretised():
    with pytest.raises(ValueError, match="`flow` must be an embedded flow, got form 'exact'"):
        qgd.taylor_step(qgd.carleman(qgd.PolynomialMap(QUADRATIC_F), 1), 0.1)


def test_order_zero_is_refused():
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        qgd.flow_truncation_bound(qgd.PolynomialSystem(QUADRATIC_F), 0, 0.5, 1.0)
