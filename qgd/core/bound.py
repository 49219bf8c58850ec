"""One line of an error budget: how large the error of a stage is, and how well that is known."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field, replace

from qgd.core.compose import propagated


class Kind(enum.Enum):
    """How an error is known; the declaration order is from strongest to weakest.

    ``PROVED``
        A theorem under ``proofs/`` gives the number in exact arithmetic and every assumption of
        the theorem was checked on this instance.
    ``MEASURED``
        The number was computed on this instance (a residual, a difference of two solutions), so
        it is true of this run and says nothing of the next.
    ``ESTIMATED``
        A statistical or asymptotic statement that may be exceeded, such as shot noise at a stated
        confidence. An estimate is never called a bound in the text that is printed.
    """

    PROVED = "PROVED"
    MEASURED = "MEASURED"
    ESTIMATED = "ESTIMATED"

    @property
    def weakness(self) -> int:
        """Rank from 0 (proved) upwards; sums take the largest rank of their terms."""
        return list(Kind).index(self)


@dataclass(frozen=True)
class Assumption:
    """One hypothesis of a theorem, as it was checked on an instance.

    `statement` reads like the theorem ("eta (L + mu) <= 2"), `value` is the left-hand side that
    was found, `holds` the verdict.
    """

    statement: str
    holds: bool
    value: float | None = None

    def __str__(self) -> str:
        number = "" if self.value is None else f" (found {self.value:.4g})"
        return f"{self.statement}{number}: {'holds' if self.holds else 'VIOLATED'}"


@dataclass(frozen=True)
class Bound:
    """Error of one stage, in the norm `norm`, on the answer x(T) unless `stage` says otherwise.

    Parameters
    ----------
    stage : str
        The stage that commits the error, for instance ``"truncation"``.
    value : float
        Size of the error; ``inf`` is allowed and means that nothing useful is known.
    kind : Kind
        How the value is known.
    source : str
        Human-readable origin, printed in the budget.
    theorem : str
        ``"file#Theorem n.m"`` below ``proofs/``; required when `kind` is ``PROVED``.
    norm : str
        ``"2"`` for the Euclidean norm.
    assumptions : tuple of Assumption
        The checked hypotheses.
    confidence : float, optional
        Probability that the value is not exceeded, for statistical estimates.

    Raises
    ------
    ValueError
        If `value` is negative or NaN, or if the kind is ``PROVED`` while a hypothesis is violated
        or no theorem is named: such a number would be an estimate under a false name.
    """

    stage: str
    value: float
    kind: Kind
    source: str
    theorem: str = ""
    norm: str = "2"
    assumptions: tuple[Assumption, ...] = field(default=())
    confidence: float | None = None

    def __post_init__(self) -> None:
        if math.isnan(self.value) or self.value < 0:
            raise ValueError(
                f"`value` of the {self.stage} bound must be at least 0, got {self.value}"
            )
        if self.kind is not Kind.PROVED:
            return
        if not self.theorem:
            raise ValueError(f"a PROVED bound names its theorem, got none for {self.stage}")
        violated = [str(a) for a in self.assumptions if not a.holds]
        if violated:
            raise ValueError(
                f"a PROVED bound needs all its assumptions, got {'; '.join(violated)} "
                f"for {self.stage}; label it ESTIMATED or change the instance"
            )

    def scaled(self, factor: float) -> Bound:
        """Return the bound after a linear map of norm at most `factor`."""
        return replace(self, value=propagated(self.value, factor))

    @property
    def reference(self) -> str:
        """Where to read the reason: the source, and the theorem when there is one.

        >>> Bound("encoding", 0.0, Kind.PROVED, "exact", "07-encodings.md#Theorem 7.3").reference
        'exact (proofs/07, Theorem 7.3)'
        """
        page, _, theorem = self.theorem.partition("#")
        return f"{self.source} (proofs/{page[:2]}, {theorem})" if theorem else self.source
