"""The error ledger that every answer carries."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from qgd.core.bound import Bound, Kind
from qgd.core.compose import triangle
from qgd.core.outcome import Outcome, QGDError


@dataclass(frozen=True)
class ErrorBudget:
    """The errors of all stages on the answer, each a `Bound`, in the order of the chain.

    >>> from qgd.core.bound import Bound, Kind
    >>> budget = ErrorBudget((
    ...     Bound("encoding", 0.0, Kind.PROVED, "unitary dilation", theorem="t#1"),
    ...     Bound("readout", 2e-3, Kind.ESTIMATED, "shot noise"),
    ... ))
    >>> print(f"{budget.total().value:g} {budget.total().kind.value}")
    0.002 ESTIMATED
    """

    lines: tuple[Bound, ...]

    def __iter__(self) -> Iterator[Bound]:
        return iter(self.lines)

    def __getitem__(self, stage: str) -> Bound:
        for line in self.lines:
            if line.stage == stage:
                return line
        known = ", ".join(line.stage for line in self.lines)
        raise KeyError(f"no stage {stage!r} in the budget; stages: {known}")

    def total(self) -> Bound:
        """Sum of the lines by the triangle inequality; as weak as its weakest line."""
        value = triangle(line.value for line in self.lines)
        kinds = [line.kind for line in self.lines]
        kind = max(kinds, key=lambda k: k.weakness, default=Kind.PROVED)
        return Bound("total", value, kind, "triangle inequality", "01-composition.md#Theorem 1.1")

    def proved_total(self) -> float:
        """Return the total if it is proved.

        Raises
        ------
        QGDError
            If a line is not ``PROVED``, an estimate of zero too; the message names the lines.
        """
        loose = [line for line in self.lines if line.kind is not Kind.PROVED]
        if loose:
            names = ", ".join(f"{line.stage} ({line.kind.value})" for line in loose)
            raise QGDError(
                Outcome.NOT_PROVED,
                f"the total is not proved because of: {names}; choose a method with a proved "
                "bound for these stages, or use total()",
            )
        return self.total().value

    def propagate(self, lipschitz: float) -> ErrorBudget:
        """Return the budget after a further map with the given Lipschitz constant."""
        return ErrorBudget(tuple(line.scaled(lipschitz) for line in self.lines))

    def __add__(self, other: ErrorBudget) -> ErrorBudget:
        """Merge consecutive runs stage by stage: values add, the weaker kind and source stay."""
        merged: dict[str, Bound] = {}
        for line in self.lines + other.lines:
            if line.stage not in merged:
                merged[line.stage] = line
                continue
            first = merged[line.stage]
            weaker = max(line, first, key=lambda b: b.kind.weakness)
            merged[line.stage] = replace(
                weaker,
                value=triangle((first.value, line.value)),
                assumptions=tuple(dict.fromkeys(first.assumptions + line.assumptions)),
                confidence=_joint_confidence(first.confidence, line.confidence),
            )
        return ErrorBudget(tuple(merged.values()))

    def __str__(self) -> str:
        total = self.total()
        weakest = "" if total.kind is Kind.PROVED else "the weakest kind of its terms"
        rows = [*self.lines, Bound("total", total.value, Kind.MEASURED, weakest)]
        width = max(len(row.stage) for row in rows)
        text = []
        for row in rows:
            kind = total.kind if row is rows[-1] else row.kind
            text.append(
                f"  {row.stage:<{width}}  {format_error(row.value):>9}  {kind.value:<9}  "
                f"{row.reference}".rstrip()
            )
        return "\n".join(text)


def format_error(value: float) -> str:
    """Three significant digits; exactly 0 and infinity stand out."""
    if value == 0:
        return "0"
    return "inf" if math.isinf(value) else f"{value:.2e}"


def _joint_confidence(first: float | None, second: float | None) -> float | None:
    """Union bound: both statements hold with at least p_1 + p_2 - 1."""
    if first is None or second is None:
        return first if second is None else second
    return max(0.0, first + second - 1.0)
