"""A tolerance that is missed is never called a success."""

from __future__ import annotations

import pytest

import qgd
from qgd.core.budget import ErrorBudget
from qgd.pipeline.verdict import verdict

BUDGET = ErrorBudget(
    tuple(qgd.Bound(name, 0.25, qgd.Kind.MEASURED, "test") for name in ("truncation", "readout"))
)


@pytest.mark.parametrize(
    ("tolerance", "name"), [(None, "SUCCESS"), (0.5, "SUCCESS"), (0.49, "TOLERANCE_NOT_MET")]
)
def test_outcome_compares_the_total_with_the_tolerance(tolerance, name):
    assert verdict(BUDGET, tolerance, throw=False).name == name


def test_a_missed_tolerance_is_raised_with_both_numbers_and_the_budget():
    with pytest.raises(
        qgd.QGDError, match=r"at most 0\.49, got 0\.5; raise the(.|\n)*readout"
    ) as e:
        verdict(BUDGET, 0.49, throw=True)
    assert e.value.outcome is qgd.Outcome.TOLERANCE_NOT_MET
