"""How a theorem answers: with a proved bound, or with the assumption that fails and its number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.outcome import Outcome, QGDError

CaseT = TypeVar("CaseT")


def need(statement: str, holds: bool, value: float, remedy: str) -> Assumption:
    """Return the assumption as checked, or refuse with the number that was found.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE``.
    """
    if not holds:
        raise QGDError(Outcome.NOT_APPLICABLE, f"{statement} must hold, got {value:.6g}; {remedy}")
    return Assumption(statement, True, float(value))


def proved(
    value: float,
    source: str,
    theorem: str,
    assumptions: tuple[Assumption, ...] = (),
    *,
    stage: str = "truncation",
    norm: str = "2",
) -> Bound:
    """Bound of kind PROVED; what overflowed says nothing and is infinite."""
    size = float(value) if math.isfinite(value) else math.inf
    return Bound(stage, size, Kind.PROVED, source, theorem, norm, assumptions)


def decide(rule: Callable[[CaseT], Bound], case: CaseT, throw: bool) -> Bound | Outcome:
    """Apply a theorem to a case; without `throw` an assumption that fails is an `Outcome`."""
    try:
        return rule(case)
    except QGDError as error:
        if throw or error.outcome is not Outcome.NOT_APPLICABLE:
            raise
        return error.outcome
