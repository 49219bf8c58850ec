"""Whether a budget meets its tolerance: decided, and worded, once."""

from __future__ import annotations

from qgd.core.budget import ErrorBudget
from qgd.core.outcome import Outcome, QGDError


def verdict(budget: ErrorBudget, tolerance: float | None, *, throw: bool) -> Outcome:
    """SUCCESS, or TOLERANCE_NOT_MET, which is raised as `QGDError` with `throw`."""
    total = budget.total().value
    if tolerance is None or total <= tolerance:
        return Outcome.SUCCESS
    if throw:
        raise QGDError(
            Outcome.TOLERANCE_NOT_MET,
            f"the total error must be at most {tolerance:.3g}, got {total:.3g}; raise the "
            f"tolerance, change the stage that dominates, or pass throw=False\n{budget}",
        )
    return Outcome.TOLERANCE_NOT_MET
