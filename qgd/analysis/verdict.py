"""The judgement: five criteria, each with its number, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qgd.analysis.analyze import Analysis
from qgd.analysis.case import Missing

CANDIDATE, REFUTED, OPEN = "candidate", "not a candidate", "undecided"


@dataclass(frozen=True)
class Criterion:
    """One condition of a candidate.

    Parameters
    ----------
    name : str
        What is judged.
    holds : bool or None
        None where it could not be decided.
    reason : str
        With the numbers.
    """

    name: str
    holds: bool | None
    reason: str


def criteria(found: Analysis) -> tuple[Criterion, ...]:
    """Judge an analysis.

    A run is a candidate when all of these hold: the rows are sparse (s^2 <= n: queries cost the
    quantum solver at least s, and a step costs plain descent n s); most modes that are not flat
    are dissipative; none overshoots; the T steps lie inside the quantum window; an order N up to
    the greatest that was tried meets the tolerance.
    """
    return (_sparse(found), _dissipative(found), _stable(found), _window(found), _order(found))


def verdict(found: Sequence[Criterion]) -> str:
    """Candidate if all hold, not one if any fails, else undecided."""
    if any(c.holds is False for c in found):
        return REFUTED
    return OPEN if any(c.holds is None for c in found) else CANDIDATE


def slowdown(found: Analysis) -> float | None:
    """Calls of all shots over multiplications of plain descent; None where nothing was counted.

    It favours the quantum run: a call reads tables and takes thousands of gates.
    """
    costs = found.costs
    if isinstance(costs, Missing) or not costs.products:
        return None
    return costs.quantum.resources.total_calls / costs.products


def _sparse(found: Analysis) -> Criterion:
    s, n = found.sparsity, found.num_kept
    holds = s.value**2 <= n
    name = "s" if s.complete else "s at least"
    sign = "<=" if holds else ">"
    reason = f"{name} {s.value}, {sign} sqrt(n) = {math.sqrt(n):.1f} ({s.source})"
    if holds and not s.complete:  # a lower end below the limit decides nothing
        return Criterion("sparse", None, reason)
    return Criterion("sparse", holds, reason)


def _dissipative(found: Analysis) -> Criterion:
    good, bad = found.shares.dissipative, found.shares.divergent
    # Both must tell them apart: brackets know the bias of few steps, intervals that of few probes.
    more = good.bracket[0] > bad.bracket[1] and good.fraction.lower > bad.fraction.upper
    fewer = good.bracket[1] < bad.bracket[0] and good.fraction.upper < bad.fraction.lower
    holds = True if more else (False if fewer else None)
    reason = (
        f"{good.fraction.value:.1%} of the modes dissipative, {bad.fraction.value:.1%} divergent, "
        f"|lambda| > {found.shares.cut:.2g}"
    )
    return Criterion("dissipative", holds, reason)


def _stable(found: Analysis) -> Criterion:
    top, slack = found.spectrum.extremes[1], found.spectrum.slack[1]
    product = found.learning_rate * top
    sign = "<=" if product <= 2 else ">"
    reason = f"eta lambda_max = {product:.3g} {sign} 2"
    certain = product > 2 or found.learning_rate * (top + slack) <= 2
    return Criterion("learning rate", product <= 2 if certain else None, reason)


def _window(found: Analysis) -> Criterion:
    steps = found.settings.num_steps
    low, high = found.window
    holds = True if steps < low else (False if steps >= high else None)
    value = float(found.proxy([steps])[0])
    end = _end(found.proxy.window()[1])
    return Criterion("window", holds, f"T = {steps}, P(T) = {value:.3g}, window {end}")


def _end(end: float) -> str:
    if end == 0:
        return "empty"
    return "endless" if math.isinf(end) else f"ends at step {end:.1f}"


def _order(found: Analysis) -> Criterion:
    result, most = found.truncation, found.settings.max_order
    name = "Carleman order"
    if isinstance(result, Missing):
        return Criterion(
            name, False if result.refuted else None, f"no order: {result.reason.split(': ')[0]}"
        )
    limit = f"{result.tolerance:.2g} of the distance {result.travelled:.3g}"
    if result.needed is None:
        last = (
            f"estimate {result.estimates[-1]:.2g}, true error {result.errors[-1]:.2g} at N = {most}"
        )
        return Criterion(name, False, f"no order <= {most} meets {limit}: {last}")
    i = result.needed - 1
    errors = f"estimate {result.estimates[i]:.2g}, true error {result.errors[i]:.2g}"
    linear = "; the linear part alone does, which is no work for Carleman" if i == 0 else ""
    return Criterion(name, True, f"N = {result.needed} meets {limit}: {errors}{linear}")
