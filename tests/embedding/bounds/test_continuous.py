"""Closed truncation bounds of flows, ours and the published ones, against the embedding."""

from __future__ import annotations

import numpy as np
import pytest
from bound_cases import flow_case, flow_error, rounding
from hypothesis import given
from strategies import at_least, seeds

import qgd
from qgd.embedding.bounds.continuous import (
    flow_forced_bound,
    flow_series_bound,
    flow_weighted_bound,
)
from qgd.embedding.bounds.discrete import closed_bound
from qgd.embedding.bounds.published import (
    costa_bound,
    forets_pouly_apriori_bound,
    forets_pouly_series_bound,
    krovi_bound,
    liu_bound,
    liu_forced_bound,
)


def flow_truncation(system, order, x0, time):
    return qgd.flow_truncation_bound(system, order, float(np.linalg.norm(x0)), time)


FAMILIES = {
    "growing": [flow_series_bound],
    "single": [costa_bound, flow_forced_bound],
    "quadratic+normal": [liu_bound, costa_bound],
    "quadratic+normal+forced+moving": [liu_forced_bound, flow_forced_bound],
    "quadratic+forced+moving": [krovi_bound],
    "quadratic+maximum": [forets_pouly_apriori_bound, forets_pouly_series_bound],
    "forced": [flow_forced_bound],
}
SLOW = {"": [flow_weighted_bound], "forced": [flow_truncation]}
RULES = sorted({rule for rules in FAMILIES.values() for rule in rules} | {flow_weighted_bound},
               key=lambda rule: rule.__name__)  # fmt: skip
QUADRATIC = qgd.PolynomialSystem([[0.0], [[-0.5]], [[0.2]]])
FORCED = qgd.PolynomialSystem([[0.1], [[-0.5]], [[0.2]]])
CUBIC = qgd.PolynomialSystem([[0.0], [[-0.5]], [[0.0]], [[0.2]]])
SHEAR = qgd.PolynomialSystem([[0, 0], [[-1, 0.5], [0, -1]], np.full((2, 4), 0.1)])


def dominates(rule, case):
    bound = rule(*case.arguments)
    error = flow_error(case, np.inf if bound.norm == "inf" else 2)
    assert bound.value >= error * (1 - 1e-9) - rounding(case), rule.__name__
    assert (bound.kind, bound.stage) == (qgd.Kind.PROVED, "truncation")


@pytest.mark.parametrize("kind", FAMILIES)
@at_least(100)
@given(seeds())
def test_bounds_dominate_the_error_of_random_flows(kind, seed):
    case = flow_case(seed, kind)
    for rule in FAMILIES[kind]:
        dominates(rule, case)


@pytest.mark.parametrize("kind", SLOW)
@given(seeds())
def test_bounds_by_recursion_dominate_the_error_of_random_flows(kind, seed):
    case = flow_case(seed, kind)
    for rule in SLOW[kind]:
        dominates(rule, case)


@given(seeds())
def test_series_in_the_maximum_norm_is_at_most_that_of_forets_and_pouly(seed):
    case = flow_case(seed, "quadratic+maximum")
    ours = flow_series_bound(*case.arguments, norm="inf")
    assert ours.norm == "inf"
    assert ours.value <= forets_pouly_series_bound(*case.arguments).value * (1 + 1e-9)
    assert ours.value >= flow_error(case, np.inf) * (1 - 1e-9) - rounding(case)


def test_formulas_are_those_of_the_page():
    x0, N, t, mu, f = 1.2, 3, 1.7, -0.5, 0.2
    R, v = x0 * f / 0.5, 1 - np.exp(mu * t)
    wanted = x0 * R**N * v**N
    assert liu_bound(QUADRATIC, N, [x0], t).value == pytest.approx(wanted, rel=1e-12)
    assert costa_bound(QUADRATIC, N, [x0], t).value == pytest.approx(wanted, rel=1e-10)
    yule = wanted * np.exp(mu * t) / (1 - R * v)
    assert flow_series_bound(QUADRATIC, N, [x0], t).value == pytest.approx(yule, rel=1e-12)
    a, beta = 0.5, x0 * f / 0.5
    rho = beta * np.expm1(a * t)
    forets = x0 * np.exp(a * t) / (1 - rho) * rho**N
    assert forets_pouly_series_bound(QUADRATIC, N, [x0], t).value == pytest.approx(forets)
    apriori = forets_pouly_apriori_bound(QUADRATIC, N, [x0], t, reach=x0)
    assert apriori.value == pytest.approx(x0 * (x0 * f / mu * np.expm1(mu * t)) ** N)


def test_small_steps_of_a_map_lead_to_corollary_one():
    errors = []
    for h in (0.1, 0.01, 0.001):
        step = qgd.PolynomialMap([[0.0], [[-0.5 * h]], [[0.2 * h]]])
        closed = closed_bound(step, 3, [1.2], round(1.7 / h))
        errors.append(abs(closed.value / liu_bound(QUADRATIC, 3, [1.2], 1.7).value - 1))
    assert errors[2] < errors[1] / 5 < errors[0] / 25


@pytest.mark.parametrize(
    ("rule", "system", "x0", "message"),
    [
        (liu_bound, SHEAR, [0.1, 0.1], r"F_1\^T F_1\|\| / \|\|F_1\|\|\^2 = 0 must hold, got 0.\d+"),
        (liu_forced_bound, SHEAR, [0.1, 0.1], r"use `krovi_bound`"),
        (liu_bound, QUADRATIC, [3.0], r"R < 1 must hold, got 1.2"),
        (liu_bound, FORCED, [0.3], r"\|\|F_0\|\| = 0 must hold, got 0.1"),
        (krovi_bound, FORCED, [0.1], r"R < 1 must hold, got 2.04"),
        (krovi_bound, FORCED, [0.0], r"\|\|x_0\|\| > 0 must hold, got 0"),
        (krovi_bound, CUBIC, [0.1], r"degree = 2 must hold, got 3"),
        (costa_bound, QUADRATIC, [3.0], r"R < 1 must hold, got 1.2"),
        (forets_pouly_series_bound, QUADRATIC, [30.0], r"\|\|x_0\|\|\^\(M-1\) < 1 must hold, got"),
        (forets_pouly_apriori_bound, QUADRATIC, [30.0], r"sup \|\|x\|\|_inf < inf must hold"),
        (flow_series_bound, QUADRATIC, [30.0], r"\|\|x_0\|\|\^\(M-1\) < 1 must hold, got"),
        (flow_forced_bound, QUADRATIC, [3.0], r"\|\|x_0\|\| / r_\+ <= 1 must hold, got 1.2"),
        (flow_forced_bound, qgd.PolynomialSystem([[1], [[-1]], [[1]]]), [0.1],
         r"min_w f_0 \+ mu w \+ ... <= 0 must hold, got 0.75"),
        (flow_forced_bound, qgd.PolynomialSystem([[0], [[0.5]], [[1]]]), [0.1],
         r"mu\(F_1\) < 0 must hold, got 0.5"),
        (flow_weighted_bound, FORCED, [0.3], r"\|\|F_0\|\| = 0 must hold, got 0.1"),
        (flow_weighted_bound, QUADRATIC, [30.0], r"W < inf must hold, got inf"),
    ],
)  # fmt: skip
def test_outside_its_assumptions_a_bound_is_refused_with_the_number(rule, system, x0, message):
    with pytest.raises(qgd.QGDError, match=message) as caught:
        rule(system, 2, x0, 3.0)
    assert caught.value.outcome is qgd.Outcome.NOT_APPLICABLE
    assert rule(system, 2, x0, 3.0, throw=False) is qgd.Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("rule", RULES)
def test_affine_flows_and_no_time_cost_nothing(rule):
    affine = qgd.PolynomialSystem([[0.1], [[-0.3]]])
    assert rule(affine, 1, [5.0], 4.0).value == 0.0
    assert rule(QUADRATIC, 2, [0.5], 0.0).value == pytest.approx(0.0, abs=0.2 if (
        rule is flow_weighted_bound) else 0.0)  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_arguments_are_checked(rule):
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        rule(QUADRATIC, 0, [0.1], 3.0)
    with pytest.raises(ValueError, match="`time` must be at least 0"):
        rule(QUADRATIC, 1, [0.1], -3.0)
    with pytest.raises(ValueError, match="`x0` must have shape"):
        rule(QUADRATIC, 1, [0.1, 0.1], 3.0)
