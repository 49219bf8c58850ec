"""Contraction of the step, condition number of the history system, repetitions."""

from __future__ import annotations

import numpy as np
import pytest
from bound_cases import map_case
from hypothesis import given
from hypothesis import strategies as st
from strategies import at_least, seeds

import qgd
from qgd.dynamics.dissipation import majorant
from qgd.dynamics.rest_points import rest_points
from qgd.embedding.bounds.stability import (
    condition_bound,
    contraction_bound,
    inverse_bound,
    repetitions_bound,
)

QUADRATIC = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.2]]])


def small_case(seed, kind):
    """A map with an order that keeps dense powers cheap, and a unit of length within r_-..r_+."""
    case = map_case(seed, kind)
    system = case.system if isinstance(case.system, qgd.PolynomialMap) else case.system.maps[0]
    order = min(case.order, 3 if system.num_variables < 3 else 2)
    g = majorant(system).coefficients
    share = np.random.default_rng(seed + 1).uniform(0.05, 0.95)
    if g[1] >= 1:
        return system, order, share / (sum(g[2:]) or 1.0)
    lower, upper, lowest = rest_points([g[0], g[1] - 1, *g[2:]])
    return system, order, lower + share * (upper - lower) if lowest < 0 else None


@pytest.mark.parametrize("basis", ["kronecker", "isometric"])
@pytest.mark.parametrize("kind", ["unforced", "forced"])
@at_least(60)
@given(seeds(), st.integers(1, 6))
def test_powers_of_the_step_are_below_the_contraction_bound(kind, basis, seed, count):
    system, order, scale = small_case(seed, kind)
    if scale is None:
        return
    bound = contraction_bound(system, order, scale, count, basis=basis)
    matrix = qgd.carleman(system, order, scale=scale, basis=basis).matrix.toarray()
    norm = np.linalg.norm(np.linalg.matrix_power(matrix, count), 2)
    assert norm <= bound.value * (1 + 1e-9)
    assert (bound.stage, bound.kind) == ("contraction", qgd.Kind.PROVED)


@pytest.mark.parametrize("kind", ["unforced", "forced", "growing"])
@at_least(40)
@given(seeds(), st.integers(1, 12), st.integers(0, 5))
def test_condition_number_is_below_its_bound(kind, seed, T, padding):
    system, order, scale = small_case(seed, kind)
    if scale is None:
        return
    history = qgd.history_system(
        qgd.carleman(system, order, scale=scale, basis="isometric"), [0.1] * system.num_variables,
        T, padding,
    )  # fmt: skip
    bound = condition_bound(system, order, scale, T, padding, basis="isometric")
    assert np.linalg.cond(history.matrix.toarray()) <= bound.value * (1 + 1e-9)
    assert (bound.stage, bound.kind) == ("condition number", qgd.Kind.PROVED)


def test_marginal_history_systems_reach_the_norm_of_the_inverse():
    # C = 1: ||L^-1|| is 1 / (2 sin(pi / (4 m + 2))) exactly, so only ||L|| <= 2 is lossy.
    stay = qgd.PolynomialMap([[0.0], [[0.0]]])
    for T, padding in ((1, 0), (7, 3), (40, 0)):
        L = qgd.history_system(qgd.carleman(stay, 1), [1.0], T, padding).matrix.toarray()
        bound = condition_bound(stay, 1, 1.0, T, padding)
        assert bound.source == "norm-non-increasing"
        assert bound.value / 2 == pytest.approx(np.linalg.norm(np.linalg.inv(L), 2), rel=1e-12)


def test_the_three_regimes_saturate_and_grow_linearly_and_beyond():
    def kappa(system, T):
        return condition_bound(system, 2, 1.0, T).value

    dissipative = [kappa(QUADRATIC, T) for T in (100, 1000, 10_000)]
    assert dissipative[0] == pytest.approx(dissipative[2], rel=1e-9)
    assert dissipative[2] == pytest.approx(1.7 / 0.3)
    marginal = qgd.PolynomialMap([[0.0], [[-0.2]], [[0.2]]])
    ratio = kappa(marginal, 10_000) / kappa(marginal, 1000)
    assert ratio == pytest.approx(10, rel=0.01)
    growing = qgd.PolynomialMap([[0.0], [[0.01]], [[0.01]]])
    assert condition_bound(growing, 2, 1.0, 10).source == "growing"
    assert kappa(growing, 400) > 100 * kappa(growing, 100)
    forced = qgd.PolynomialMap([[0.1], [[-0.5]], [[0.2]]])
    assert condition_bound(forced, 2, 1.0, 10).source == "forced"


@pytest.mark.parametrize("kind", ["unforced", "forced"])
@at_least(40)
@given(seeds(), st.integers(0, 4))
def test_final_level_one_is_found_as_often_as_promised(kind, seed, padding):
    case = map_case(seed, kind)
    system, order, _ = small_case(seed, kind)
    T, scale = min(int(case.duration), 6), 2.0 * (np.linalg.norm(case.x0) or 1.0)
    bound = repetitions_bound(system, order, case.x0, T, padding, scale=scale, throw=False)
    if bound is qgd.Outcome.NOT_APPLICABLE:
        return
    embedded = qgd.carleman(system, order, scale=scale)
    history = qgd.history_system(embedded, case.x0, T, padding)
    z = np.linalg.solve(history.matrix.toarray(), history.rhs).reshape(T + padding + 1, -1)
    share = (z[T:, : system.num_variables] ** 2).sum() / (z**2).sum()
    assert 1 / share <= bound.value * (1 + 1e-9)


def test_repetitions_are_refused_where_the_answer_may_vanish():
    with pytest.raises(qgd.QGDError, match=r"\|\|x_T\|\| > E_1\^T must hold, got -"):
        repetitions_bound(QUADRATIC, 1, [-2.4], 3)
    # The remedy: at order 8 the errors no longer matter, and the share is that of the iterates.
    path = np.abs(qgd.iterate(QUADRATIC, [0.4], 3))[:, 0]
    share = path[-1] ** 2 / sum((path**j) @ path**j for j in range(1, 9))
    bound = repetitions_bound(QUADRATIC, 8, [0.4], 3).value
    assert 1 / share <= bound <= 1.1 / share


def test_a_unit_of_length_outside_the_fixed_points_does_not_contract():
    with pytest.raises(qgd.QGDError, match=r"g\(r\) / r <= 1 must hold, got 1.1; choose r between"):
        contraction_bound(QUADRATIC, 2, 3.0)
    assert contraction_bound(QUADRATIC, 2, 3.0, throw=False) is qgd.Outcome.NOT_APPLICABLE
    with pytest.raises(ValueError, match="`basis` must be one of kronecker, isometric"):
        condition_bound(QUADRATIC, 2, 1.0, 3, basis="symmetric")
    with pytest.raises(ValueError, match="`scale` must be greater than 0"):
        condition_bound(QUADRATIC, 2, 0.0, 3)


def test_long_forced_histories_are_bounded_in_closed_form_from_above(monkeypatch):
    g = qgd.Majorant((0.05, 0.8, 0.1))
    summed = inverse_bound(g, 3, 400, 20)
    monkeypatch.setattr("qgd.embedding.bounds.stability._LONG", 100)
    closed = inverse_bound(g, 3, 400, 20)
    assert summed[0] == closed[0] == "forced"
    assert summed[1] <= closed[1] <= 3 * summed[1]
    assert summed[2] <= closed[2] <= 3 * summed[2]
    assert inverse_bound(qgd.Majorant((0.0, 1.1)), 3, 400, 20)[2] == np.inf
