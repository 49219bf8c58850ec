"""Closed truncation bounds of maps against the truncated embedding itself.

Mutations that the tests of this folder catch (rerun by `python tests/mutations.py`):

| bound | weakened |
| --- | --- |
| galton_watson | exponent N + 2; one generation less |
| closed | R^(N+1); time factor to the power N + 1 |
| series | z^(K+1); without 1 / (1 - z) |
| weighted | exponent N + 2 |
| forced | exponent N + 2; half of T N b |
| kantorovich | exponent N + 2 |
| flow_series | z^(K+1); without 1 / (1 - z) |
| flow_forced | exponent N + 2; half of the rate |
| flow_weighted | exponent 2 + s K |
| liu | exponent N + 1 |
| costa | R^(K+1); one jump more |
| forets_pouly_apriori | exponent N + 1 |
| forets_pouly_series | another growth rate |
| liu_forced | 1/2 in the place of N; exponent N + 2 |
| krovi | 1/2 in the place of N^2; exponent N + 2 |
| lyapunov | a quarter of it; half of the start |
| two_orders | without the rest |
| contraction | theta^(k+1) |
| condition | one term less; 4 m + 1 |
| repetitions | p + 2 in the place of p + 1 |
| first_order_closed | exponent N + 2; a quarter of the lifting |
| majorant | first dropped degree N + 2 |
| multilinear_norm | nine tenths; wrong weights of the symmetrised form |
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from bound_cases import map_case, map_error, rounding
from hypothesis import given
from strategies import at_least, seeds

import qgd
from qgd.embedding.bounds.discrete import (
    closed_bound,
    forced_bound,
    galton_watson_bound,
    kantorovich_bound,
    series_bound,
    weighted_bound,
)


def majorant(system, order, x0, num_steps):
    return qgd.majorant_bound(system, order, float(np.linalg.norm(x0)), num_steps)


def propagated(system, order, x0, num_steps):
    return qgd.propagated_bound(system, order, float(np.linalg.norm(x0)), num_steps)


FAMILIES = {
    "unforced": [galton_watson_bound, closed_bound, weighted_bound, forced_bound],
    "forced": [galton_watson_bound, forced_bound, weighted_bound],
    "growing": [series_bound, weighted_bound],
    "pivot": [kantorovich_bound, forced_bound],
    "any": [majorant, propagated],
}
RULES = [
    galton_watson_bound,
    closed_bound,
    series_bound,
    weighted_bound,
    forced_bound,
    kantorovich_bound,
]
QUADRATIC = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.2]]])
FORCED = qgd.PolynomialMap([[0.1], [[-0.5]], [[0.2]]])


@pytest.mark.parametrize("kind", FAMILIES)
@at_least(100)
@given(seeds())
def test_bounds_dominate_the_error_of_random_maps(kind, seed):
    case = map_case(seed, kind)
    error = map_error(case)
    for rule in FAMILIES[kind]:
        bound = rule(*case.arguments)
        assert bound.value >= error * (1 - 1e-9) - rounding(case), rule.__name__
        assert (bound.kind, bound.stage, bound.norm) == (qgd.Kind.PROVED, "truncation", "2")


@pytest.mark.parametrize(("kind", "names"), [("unforced", 4), ("forced", 3), ("growing", 2)])
@at_least(50)
@given(seeds())
def test_no_closed_form_is_below_the_majorant_recursion(kind, names, seed):
    # All of them are upper bounds of the same sum over dropped paths.
    case = map_case(seed, kind)
    least = majorant(*case.arguments).value
    for rule in FAMILIES[kind][:names]:
        assert rule(*case.arguments).value >= least * (1 - 1e-9) - 1e-300, rule.__name__


@at_least(50)
@given(seeds())
def test_galton_watson_lies_between_the_recursion_and_the_closed_forms(seed):
    case = map_case(seed, "unforced")
    middle = galton_watson_bound(*case.arguments).value
    assert middle <= closed_bound(*case.arguments).value * (1 + 1e-9)
    assert middle <= forced_bound(*case.arguments).value * (1 + 1e-9)


def test_closed_form_is_the_formula_of_the_page():
    R, N, T = 1.0 * 0.2 / 0.5, 3, 10
    wanted = 1.0 * R**N * (1 - 0.5**T) ** N
    assert closed_bound(QUADRATIC, N, [1.0], T).value == pytest.approx(wanted, rel=1e-12)


def test_series_form_is_the_formula_of_the_page_at_and_above_marginal_growth():
    for F1, N, T in ((0.0, 3, 7), (0.1, 2, 5)):
        a = 1 + F1
        system = qgd.PolynomialMap([[0.0], [[F1]], [[0.05]]])
        rho = 0.05 / a * sum(a**k for k in range(T)) * 0.5
        wanted = a**T * 0.5 * rho**N / (1 - rho)
        assert series_bound(system, N, [0.5], T).value == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("rule", [galton_watson_bound, closed_bound, series_bound])
def test_cubic_maps_gain_two_levels_at_a_time(rule):
    # Levels 2 and 4 are never reached from level 1: order 2 holds what order 1 holds and no more.
    cubic = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.0]], [[0.2]]])
    values = [rule(cubic, N, [0.7], 5).value for N in (1, 2, 3, 4)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    assert values[2] == pytest.approx(values[3], rel=1e-12)
    assert values[2] < 0.6 * values[1]


def test_kantorovich_number_is_that_of_newton_and_the_rate_is_the_ratio_of_the_fixed_points():
    h = 2 * 0.1 * 0.2 / 0.5**2
    rate = (1 - math.sqrt(1 - 2 * h)) / (1 + math.sqrt(1 - 2 * h))
    upper = (0.5 + math.sqrt(0.25 - 0.08)) / 0.4
    bound = kantorovich_bound(FORCED, 2, [0.0], 50)
    assert bound.value == pytest.approx(upper * rate**3, rel=1e-12)
    assert bound.assumptions[-1].value == pytest.approx(h)
    assert forced_bound(FORCED, 2, [0.0], 50).value == pytest.approx(bound.value, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_affine_maps_cost_nothing(rule):
    affine = qgd.PolynomialMap([[0.1], [[-0.3]], [[0.0]]])
    assert rule(affine, 1, [5.0], 4).value == 0.0
    assert rule(affine, 1, [5.0], 4).theorem == "02-truncation.md#Theorem 2.3"


@pytest.mark.parametrize(
    ("rule", "system", "x0", "message"),
    [
        (closed_bound, FORCED, [0.3], r"\|\|F_0\|\| = 0 must hold, got 0.1; use `forced_bound`"),
        (series_bound, FORCED, [0.3], r"\|\|F_0\|\| = 0 must hold, got 0.1"),
        (closed_bound, QUADRATIC, [4.0], r"\|\|x_0\|\| / r_\+ <= 1 must hold, got 1.6"),
        (forced_bound, QUADRATIC, [4.0], r"\|\|x_0\|\| / r_\+ <= 1 must hold, got 1.6"),
        (series_bound, QUADRATIC, [4.0], r"c\^s S \|\|x_0\|\|\^s < 1 must hold, got 3.1"),
        (weighted_bound, QUADRATIC, [40.0], r"g\^k\(\|\|x_0\|\|\) < inf must hold, got inf"),
        (kantorovich_bound, FORCED, [0.3], r"\|\|x_0\|\| = 0 must hold, got 0.3"),
        (galton_watson_bound, qgd.PolynomialMap([[0], [[0.5]], [[1]]]), [0.3],
         r"\|\|I \+ F_1\|\| < 1 must hold, got 1.5; lower the learning rate"),
        (forced_bound, qgd.PolynomialMap([[1], [[-0.5]], [[1]]]), [0.3],
         r"min_x g\(x\) - x <= 0 must hold, got 0.9375"),
        (kantorovich_bound, qgd.PolynomialMap([[1], [[-0.5]], [[1]]]), [0.0],
         r"h < 1/2 must hold, got 8"),
    ],
)  # fmt: skip
def test_outside_its_assumptions_a_bound_is_refused_with_the_number(rule, system, x0, message):
    with pytest.raises(qgd.QGDError, match=message) as caught:
        rule(system, 2, x0, 10)
    assert caught.value.outcome is qgd.Outcome.NOT_APPLICABLE
    assert rule(system, 2, x0, 10, throw=False) is qgd.Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("rule", RULES)
def test_arguments_are_checked(rule):
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        rule(QUADRATIC, 0, [0.1], 3)
    with pytest.raises(ValueError, match="`x0` must have shape"):
        rule(QUADRATIC, 1, [0.1, 0.2], 3)
    with pytest.raises(ValueError, match="`num_steps` must be at most 1"):
        rule(qgd.TimeDependentMap((QUADRATIC,)), 1, [0.1], 3)


@pytest.mark.parametrize("rule", [galton_watson_bound, closed_bound, weighted_bound, forced_bound])
def test_no_steps_no_error(rule):
    assert rule(QUADRATIC, 2, [0.5], 0).value == 0.0
