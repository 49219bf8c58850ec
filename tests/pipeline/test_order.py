"""Choice of the order and of the unit of length."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qgd
from qgd.core.bound import Kind
from qgd.pipeline.order import choose_order, choose_scale, reach

GENTLE = qgd.PolynomialMap([[0.05, 0.02], -0.3 * np.eye(2), 0.03 * np.ones((2, 4))])
STRONG = qgd.PolynomialMap([[0.15, -0.1], -0.2 * np.eye(2), 0.12 * np.ones((2, 4))])
ORIGIN = np.zeros(2)


@pytest.mark.parametrize("share", [1e-2, 1e-3, 1e-4])
def test_chosen_order_is_the_smallest_that_is_proved_good_enough(share: float) -> None:
    choice = choose_order(GENTLE, "proved", ORIGIN, 6, share)
    bounds = [qgd.truncation_bound(GENTLE, N, 0.0, 6).value for N in range(1, choice.order + 1)]
    assert bounds[-1] == choice.bound.value <= share
    assert all(value > share for value in bounds[:-1])
    assert choice.bound.kind is Kind.PROVED


def test_auto_falls_back_to_the_estimate_where_no_comfortable_order_is_proved() -> None:
    choice = choose_order(STRONG, "auto", ORIGIN, 10, 0.02)
    assert choice.bound.kind is Kind.ESTIMATED
    truth = qgd.iterate(STRONG, ORIGIN, 10)[-1]
    truncated = qgd.truncated_solution(STRONG, choice.order, ORIGIN, 10)
    assert np.linalg.norm(truth - truncated) <= choice.bound.value <= 0.02


def test_estimated_never_returns_a_theorem_for_a_nonlinear_map() -> None:
    assert choose_order(GENTLE, "estimated", ORIGIN, 6, 0.1).bound.kind is Kind.ESTIMATED


def test_affine_map_needs_order_one() -> None:
    choice = choose_order(qgd.PolynomialMap([[0.1], [[-0.5]]]), "auto", np.zeros(1), 50, 1e-12)
    assert (choice.order, choice.bound.value) == (1, 0.0)


def test_given_order_is_taken_as_it_is() -> None:
    assert choose_order(GENTLE, 2, ORIGIN, 6, math.inf).order == 2
    assert choose_order(GENTLE, 2, ORIGIN, 6, 1e-9).order == 2


def test_following_the_remedy_of_a_failed_choice_succeeds() -> None:
    with pytest.raises(qgd.QGDError, match="number of steps"):
        choose_order(STRONG, "proved", ORIGIN, 40, 1e-3)
    assert choose_order(STRONG, "proved", ORIGIN, 2, 1e-3).order >= 1


def test_chosen_unit_of_length_is_as_cheap_as_any_other_to_a_factor_of_two() -> None:
    w = reach(STRONG, ORIGIN, 6, 2, None)
    best = choose_scale(STRONG, 2, w)

    def cost(scale: float) -> float:
        system = qgd.history_system(qgd.carleman(STRONG, 2, scale=scale), ORIGIN, 6)
        solution = np.linalg.solve(system.matrix.toarray(), system.rhs)
        blocks = solution.reshape(system.num_times, -1)
        share = np.linalg.norm(blocks[6:, :2]) / np.linalg.norm(solution)
        return system.inverse_norm_bound / share

    assert best > w
    assert cost(best) <= 2 * min(cost(w * ratio) for ratio in 2.0 ** np.arange(-2, 7))


def test_reach_dominates_the_trajectory_or_is_computed_from_it() -> None:
    path = qgd.iterate(GENTLE, ORIGIN, 6)
    assert reach(GENTLE, ORIGIN, 6, 2, None) >= np.linalg.norm(path[:-1], axis=1).max()
    wild = qgd.PolynomialMap([[0.5], [[-0.1]], [[9.0]]])
    assert math.isfinite(reach(wild, np.zeros(1), 30, 1, None))
