"""What `solve` returns reads as one paragraph: value, outcome, budget, cost."""

from __future__ import annotations

import numpy as np

from qgd.core.bound import Bound, Kind
from qgd.core.budget import ErrorBudget
from qgd.core.outcome import Outcome
from qgd.core.resources import Cost, Resources
from qgd.core.solution import Solution

BUDGET = ErrorBudget((Bound("readout", 2e-3, Kind.ESTIMATED, "shot noise"),))
RESOURCES = Resources((Cost("inversion", 9, block_encoding_calls=1303),))


def solution(value, **details):
    return Solution(np.asarray(value), Outcome.SUCCESS, BUDGET, RESOURCES, 0.25, details)


def test_text_shows_value_with_sign_outcome_budget_and_cost():
    lines = str(solution([0.18142, -0.12468], alpha=1.9661)).splitlines()
    assert lines[0] == "x(T) = [0.1814 -0.1247]   SUCCESS"
    assert lines[1:-1] == str(BUDGET).splitlines()
    assert lines[-1] == f"  {RESOURCES}  alpha=1.966"


def test_text_shows_eight_entries_of_a_long_value_and_says_that_there_are_more():
    assert str(solution(np.arange(8.0))).splitlines()[0].count(".") == 8
    first = str(solution(np.arange(9.0))).splitlines()[0]
    assert "7.0000 ...]" in first
    assert "8.0000" not in first


def test_text_leaves_out_an_alpha_that_is_not_known():
    assert "alpha" not in str(solution([1.0]))


def test_details_and_trajectory_are_optional():
    bare = Solution(np.zeros(1), Outcome.SUCCESS, BUDGET, RESOURCES, 1.0)
    assert bare.details == {}
    assert bare.trajectory is None
