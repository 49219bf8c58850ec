"""Truncation bounds against the truncated solution itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import fewer, polynomial_maps, reals, vectors

import qgd
from qgd.dynamics.multilinear import multilinear_majorant
from qgd.embedding.truncation import level_errors, majorant_only_bound

RULES = [qgd.majorant_bound, qgd.propagated_bound, qgd.truncation_bound]
ROUNDING = 1e-13
QUADRATIC = qgd.PolynomialMap([[0.1], [[-0.3]], [[0.2]]])


@st.composite
def runs(draw: st.DrawFn, max_degree: int = 3, *, forced: bool | None = None):
    """A map, an order, a start and a number of steps."""
    system = draw(polynomial_maps(3, max_degree, forced=forced))
    order = draw(st.integers(1, 3 if system.num_variables < 3 else 2))
    return system, order, draw(vectors(system.num_variables, 0.8)), draw(st.integers(1, 6))


def measured(system: qgd.PolynomialMap, order: int, x0: np.ndarray, num_steps: int) -> float:
    truth = qgd.iterate(system, x0, num_steps)[-1]
    return float(np.linalg.norm(truth - qgd.truncated_solution(system, order, x0, num_steps)))


def true_norms(system, x0, num_steps) -> np.ndarray:
    return np.linalg.norm(qgd.iterate(system, x0, num_steps), axis=1)


@pytest.mark.parametrize("known", ["start", "all norms"])
@pytest.mark.parametrize("rule", RULES)
@fewer(2)
@given(runs())
def test_bound_dominates_the_measured_error(rule, known, run):
    system, order, x0, T = run
    w = None if known == "start" else true_norms(system, x0, T)[:T]
    bound = rule(system, order, float(np.linalg.norm(x0)), T, w)
    assert bound.value >= measured(*run) * (1 - 1e-12) - ROUNDING
    assert (bound.stage, bound.kind) == ("truncation", qgd.Kind.PROVED)


@pytest.mark.parametrize("rule", RULES)
@fewer(2)
@given(st.data())
def test_bound_dominates_for_maps_that_change_with_time(rule, data):
    first, order, x0, T = data.draw(runs())
    n = first.num_variables
    others = [
        data.draw(polynomial_maps(n, 3).filter(lambda m: m.num_variables == n))
        for _ in range(T - 1)
    ]
    system = qgd.TimeDependentMap((first, *others))
    bound = rule(system, order, float(np.linalg.norm(x0)), T)
    assert bound.value >= measured(system, order, x0, T) * (1 - 1e-12) - ROUNDING


@given(runs())
def test_propagated_bound_never_exceeds_the_recursion_with_flattened_norms(run):
    # Both sum the same remainders; ||(C ... C)_{1j}|| is at most the entry of the majorant's power.
    # With multilinear norms the recursion alone may be smaller; the best of both is taken.
    system, order, x0, T = run
    radius = float(np.linalg.norm(x0))
    flattened = qgd.majorant(system)
    coarse = level_errors(flattened, order, flattened.iterates(radius, T))[-1, 0]
    propagated = qgd.propagated_bound(system, order, radius, T).value
    assert propagated <= coarse * (1 + 1e-9) + 1e-300
    majorant = qgd.majorant_bound(system, order, radius, T).value
    assert majorant <= coarse * (1 + 1e-9) + 1e-300
    assert qgd.truncation_bound(system, order, radius, T).value == min(propagated, majorant) or (
        system.degree <= 1
    )


@given(
    st.lists(reals(0.0, 0.5), min_size=3, max_size=4),
    st.integers(1, 4),
    reals(0.0, 0.8),
    st.integers(1, 6),
)
def test_majorant_bound_is_the_error_for_one_variable_and_non_negative_coefficients(G, N, x0, T):
    # A remainder with w^(m+1) in the place of w^m, or one that starts at m = N + 2, fails here.
    system = qgd.PolynomialMap([[[g - (k == 1)]] for k, g in enumerate(G)])
    error = measured(system, N, np.array([x0]), T)
    for rule in (qgd.majorant_bound, qgd.propagated_bound):
        assert rule(system, N, x0, T).value == pytest.approx(error, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("rule", RULES)
@fewer(2)
@given(runs(max_degree=1))
def test_affine_maps_have_no_truncation_error_at_any_order(rule, run):
    system, order, x0, T = run
    assert rule(system, order, float(np.linalg.norm(x0)), T).value == 0.0
    assert measured(*run) < ROUNDING


@pytest.mark.parametrize(("degree", "num_steps"), [(2, 1), (2, 2), (3, 1), (4, 1)])
@pytest.mark.parametrize("rule", RULES)
@fewer(2)
@given(st.data())
def test_order_degree_to_the_steps_leaves_nothing_out(rule, degree, num_steps, data):
    n = 2 if degree**num_steps < 4 else 1
    system = data.draw(polynomial_maps(n, degree))
    x0 = data.draw(vectors(system.num_variables))
    order = degree**num_steps
    assert rule(system, order, float(np.linalg.norm(x0)), num_steps).value == 0.0
    assert measured(system, order, x0, num_steps) < ROUNDING


@pytest.mark.parametrize("rule", RULES)
def test_smaller_norms_give_a_smaller_bound_and_larger_ones_change_nothing(rule):
    default = rule(QUADRATIC, 2, 0.5, 4).value
    assert rule(QUADRATIC, 2, 0.5, 4, [0.4, 0.4, 0.4, 0.4]).value < default
    assert rule(QUADRATIC, 2, 0.5, 4, [9.0] * 4).value == default


@pytest.mark.parametrize("rule", RULES)
def test_bound_is_infinite_where_the_norms_are(rule):
    explosive = qgd.PolynomialMap([[0.0], [[0.0]], [[1.0]]])
    assert math.isinf(rule(explosive, 3, 2.0, 60).value)
    assert math.isfinite(rule(explosive, 3, 2.0, 60, np.full(60, 0.1)).value)


@pytest.mark.parametrize("rule", RULES)
def test_zero_steps_cost_nothing(rule):
    assert rule(QUADRATIC, 2, 0.5, 0).value == 0.0
    assert rule(QUADRATIC, 2, 0.5, 0, []).value == 0.0
    assert_allclose(qgd.truncated_solution(QUADRATIC, 2, [0.5], 0), [0.5])
    sequence = qgd.TimeDependentMap((QUADRATIC,))
    assert rule(sequence, 2, 0.5, 0).value == 0.0
    assert_allclose(qgd.truncated_solution(sequence, 2, [0.5], 0), [0.5])


@pytest.mark.parametrize("bad", [[0.5, 0.5], [[0.5, 0.5, 0.5]]])
def test_too_few_norm_bounds_are_refused(bad):
    with pytest.raises(ValueError, match="`norm_bounds` must hold at least num_steps = 3"):
        qgd.majorant_bound(QUADRATIC, 2, 0.5, 3, bad)


def test_order_zero_is_refused_by_the_bounds_and_stands_still_in_the_solution():
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        qgd.majorant_bound(QUADRATIC, 0, 0.5, 3)
    assert_allclose(qgd.truncated_solution(QUADRATIC, 0, [0.5], 3), [0.5])


def test_a_sequence_of_maps_must_be_long_enough():
    system = qgd.TimeDependentMap((QUADRATIC, QUADRATIC))
    for call in (
        lambda: qgd.propagated_bound(system, 2, 0.5, 3),
        lambda: qgd.truncated_solution(system, 2, [0.5], 3),
    ):
        with pytest.raises(ValueError, match="`num_steps` must be at most 2"):
            call()


def test_bounds_name_their_theorems():
    names = [rule(QUADRATIC, 2, 0.5, 3).theorem for rule in RULES]
    assert names == [
        "02-truncation.md#Theorem 2.1",
        "02-truncation.md#Theorem 2.2",
        "02-truncation.md#Theorem 2.1",  # a tie, but for rounding
    ]
    affine = qgd.truncation_bound(qgd.PolynomialMap([[0.1], [[-0.3]]]), 1, 0.5, 3)
    assert affine.theorem == "02-truncation.md#Theorem 2.3"


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_bound_of_a_functional_covers_all_levels(order, seed):
    rng = np.random.default_rng(seed)
    step = qgd.PolynomialMap(
        [rng.normal(size=2) / 20, rng.normal(size=(2, 2)) / 3, rng.normal(size=(2, 4)) / 4]
    )
    x0, steps = rng.normal(size=2) / 5, 3
    lifted = qgd.carleman(step, order)
    d = rng.normal(size=lifted.dimension)
    y = lifted.lift(x0)
    for _ in range(steps):
        y = lifted.step(y)
    exact = lifted.lift(qgd.iterate(step, x0, steps)[-1])
    norm = float(np.linalg.norm(x0))
    bound = qgd.functional_bound(step, order, d, norm, steps)
    assert 0 < abs(d @ (exact - y)) <= bound.value


def test_bound_of_the_first_level_of_one_weight_is_that_of_the_weight():
    step = qgd.PolynomialMap([[0.02], [[-0.3]], [[0.2]]])
    for order in (1, 3):
        first = np.eye(1, order)[0]
        one = qgd.functional_bound(step, order, first, 0.3, 4).value
        assert one == pytest.approx(qgd.propagated_bound(step, order, 0.3, 4).value)
    affine = qgd.PolynomialMap([[0.1], [[-0.5]]])
    assert qgd.functional_bound(affine, 2, [1.0, 5.0], 0.3, 4).value == 0


@fewer(2)
@given(runs(), st.integers(1, 400))
def test_a_majorant_alone_gives_nearly_the_majorant_bound(run, num_steps):
    system, order, x0, _ = run
    radius = float(np.linalg.norm(x0))
    exact = qgd.majorant_bound(system, order, radius, num_steps)
    found = majorant_only_bound(multilinear_majorant(system), order, radius, num_steps)
    if not math.isfinite(exact.value):
        assert not math.isfinite(found.value)
        return
    assert found.value >= exact.value * (1 - 1e-9)
    if num_steps <= 100:  # one by one
        assert_allclose(found.value, exact.value, rtol=1e-9)


def test_runs_of_steps_take_their_largest_norm():
    slow = qgd.PolynomialMap([[0.0], [[-0.02]], [[0.01]]])
    exact = qgd.majorant_bound(slow, 2, 0.5, 600).value
    found = majorant_only_bound(multilinear_majorant(slow), 2, 0.5, 600).value
    assert exact * (1 + 1e-6) < found <= 1.05 * exact


def test_a_majorant_bounds_a_million_steps_of_a_contraction():
    g = qgd.Majorant((0.0, 1 - 1e-4, 1e-5))
    bounds = [majorant_only_bound(g, 2, 0.5, T).value for T in (1000, 10**6)]
    assert 0 < bounds[1] < bounds[0] < 0.1


def test_majorant_stands_alone_where_the_propagated_bound_would_not_fit(monkeypatch):
    rng = np.random.default_rng(0)
    step = qgd.PolynomialMap([np.zeros(30), -0.2 * np.eye(30), rng.normal(size=(30, 900)) / 900])
    simple = qgd.majorant_bound(step, 3, 0.1, 2)
    assert qgd.truncation_bound(step, 3, 0.1, 2).value <= simple.value
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 2e7)
    with pytest.raises(qgd.QGDError, match="a Carleman matrix of order 3 in 30 variables"):
        qgd.propagated_bound(step, 3, 0.1, 2)
    assert qgd.truncation_bound(step, 3, 0.1, 2) == simple
