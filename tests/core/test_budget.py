"""The error ledger: totals, merging and what is printed."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import bounds

from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.budget import ErrorBudget
from qgd.core.outcome import Outcome, QGDError

TRUNCATION = Bound("truncation", 3e-4, Kind.PROVED, "majorant", "02.md#Theorem 2.1")
INVERSION = Bound("inversion", 7e-5, Kind.MEASURED, "residual")
READOUT = Bound("readout", 6e-3, Kind.ESTIMATED, "shot noise", confidence=0.99)
budgets = st.lists(bounds(), max_size=6).map(lambda lines: ErrorBudget(tuple(lines)))


@given(budgets)
def test_total_is_the_sum_of_the_lines_and_as_weak_as_the_weakest_line(budget):
    total = budget.total()
    assert total.value == math.fsum(line.value for line in budget)
    ranks = [line.kind.weakness for line in budget]
    assert total.kind.weakness == max(ranks, default=0)


def test_total_of_unequal_errors_is_their_sum_and_not_their_largest():
    assert ErrorBudget((TRUNCATION, INVERSION, READOUT)).total().value == pytest.approx(6.37e-3)


def test_estimate_of_zero_is_an_estimate():
    nothing = replace(READOUT, value=0.0)
    assert ErrorBudget((TRUNCATION, nothing)).total().kind is Kind.ESTIMATED
    assert ErrorBudget(()).total().value == 0


@given(budgets)
def test_proved_total_is_the_total_or_raises_and_names_every_loose_line(budget):
    loose = {line.stage for line in budget if line.kind is not Kind.PROVED}
    if not loose:
        assert budget.proved_total() == budget.total().value
        return
    with pytest.raises(QGDError) as caught:
        budget.proved_total()
    assert caught.value.outcome is Outcome.NOT_PROVED
    named = set(re.findall(r"(\w+) \((?:MEASURED|ESTIMATED)\)", str(caught.value)))
    assert named == loose


@given(budgets, st.floats(0, 1e3))
def test_propagation_scales_every_line_and_the_total(budget, lipschitz):
    after = budget.propagate(lipschitz)
    assert [line.value for line in after] == [line.value * lipschitz for line in budget]
    assert after.total().value == pytest.approx(lipschitz * budget.total().value, rel=1e-12)


def test_propagation_of_no_error_through_an_unbounded_map_is_no_error():
    assert ErrorBudget((replace(TRUNCATION, value=0.0),)).propagate(math.inf).total().value == 0


@given(budgets, budgets)
def test_sum_of_budgets_loses_no_error_and_strengthens_no_kind(first, second):
    merged = first + second
    stages = [line.stage for line in merged]
    assert len(set(stages)) == len(stages)
    every = [*first, *second]
    assert set(stages) == {line.stage for line in every}
    for line in merged:
        parts = [part for part in every if part.stage == line.stage]
        assert line.value == pytest.approx(math.fsum(part.value for part in parts), rel=1e-12)
        assert line.kind.weakness == max(part.kind.weakness for part in parts)


def test_sum_keeps_the_order_of_the_chain():
    stages = [line.stage for line in ErrorBudget((TRUNCATION, READOUT)) + ErrorBudget((INVERSION,))]
    assert stages == ["truncation", "readout", "inversion"]


def test_sum_keeps_the_assumptions_of_both_runs_once():
    shared, own = Assumption("r < 1", True, 0.2), Assumption("r < 1", True, 0.3)
    first = ErrorBudget((replace(TRUNCATION, assumptions=(shared,)),))
    second = ErrorBudget((replace(TRUNCATION, assumptions=(shared, own)),))
    assert (first + second)["truncation"].assumptions == (shared, own)


@pytest.mark.parametrize(
    ("first", "second", "joint"),
    [(0.99, 0.95, 0.94), (0.3, 0.4, 0.0), (0.99, None, 0.99), (None, 0.95, 0.95)],
)
def test_confidences_of_a_sum_combine_by_the_union_bound(first, second, joint):
    left = ErrorBudget((replace(READOUT, confidence=first),))
    right = ErrorBudget((replace(READOUT, confidence=second),))
    assert (left + right)["readout"].confidence == pytest.approx(joint)


def test_lines_are_found_by_stage_and_an_unknown_stage_lists_the_known_ones():
    budget = ErrorBudget((TRUNCATION, READOUT))
    assert budget["readout"] is READOUT
    with pytest.raises(KeyError, match=r"'decoding'.*stages: truncation, readout"):
        budget["decoding"]


def test_text_shows_every_stage_with_its_value_kind_and_reference_and_the_total():
    lines = str(ErrorBudget((TRUNCATION, INVERSION, READOUT))).splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["truncation", "3.00e-04", "PROVED", "majorant", "(proofs/02,", "Theorem", "2.1)"],
        ["inversion", "7.00e-05", "MEASURED", "residual"],
        ["readout", "6.00e-03", "ESTIMATED", "shot", "noise"],
    ]
    assert lines[3].split()[:3] == ["total", "6.37e-03", "ESTIMATED"]
    assert "weakest kind" in lines[3]


def test_text_of_a_proved_total_says_proved_and_apologises_for_nothing():
    last = str(ErrorBudget((TRUNCATION,))).splitlines()[-1]
    assert last.split() == ["total", "3.00e-04", "PROVED"]


def test_text_makes_zero_and_infinity_stand_out():
    zero, unknown = replace(TRUNCATION, value=0.0), replace(INVERSION, value=math.inf)
    rows = [line.split() for line in str(ErrorBudget((zero, unknown))).splitlines()]
    assert [row[1] for row in rows] == ["0", "inf", "inf"]
