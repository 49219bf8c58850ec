"""Which order and which unit of length the embedding gets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.dissipation import majorant
from qgd.dynamics.system import Map
from qgd.embedding.truncated import TruncatedSolutions, truncated_solution, truncation_estimate
from qgd.embedding.truncation import truncation_bound

Order = int | Literal["auto", "proved", "estimated"]
_CHOICES = ("auto", "proved", "estimated")
_LARGEST_DIMENSION = 3000
_COMFORTABLE_DIMENSION = 500
_SCALES = 2.0 ** np.arange(0.25, 6.25, 0.5)


@dataclass(frozen=True)
class OrderChoice:
    """Order N and the truncation line that goes with it."""

    order: int
    bound: Bound


def check_order(order: Order) -> Order:
    """Return the order as int or as one of the words."""
    if isinstance(order, str):
        if order not in _CHOICES:
            raise ValueError(
                f"`order` must be a number, auto, proved or estimated, got {order!r}; choose one"
            )
        return order
    return check_integer("order", order, 1, f"or one of {', '.join(_CHOICES)}")


def choose_order(
    system: Map,
    order: Order,
    x0: RealArray,
    num_steps: int,
    share: float,
    norm_bounds: RealArray | None = None,
) -> OrderChoice:
    """Smallest order whose truncation error is at most `share`, by theorem or by estimate.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        In the coordinates that are lifted.
    order : int or str
        An integer is taken as it is; ``"proved"`` and ``"estimated"`` fix how the error must be
        known; ``"auto"`` prefers the theorem up to dimension 500, then falls back to the estimate.
    share : float
        Part of the tolerance that truncation may use; ``inf`` accepts anything.

    Raises
    ------
    QGDError
        With ``Outcome.TRUNCATION_NOT_CONVERGED`` if no order within reach is good enough; the
        message names the numbers R (or h) that decide and what to change.
    """
    radius = float(np.linalg.norm(x0))
    order = check_order(order)
    if not isinstance(order, str):
        return OrderChoice(order, _best_known(system, order, x0, num_steps, share, norm_bounds))
    orders = [N for N in range(1, 9) if _dimension(system.num_variables, N) <= _LARGEST_DIMENSION]
    orders = orders or [1]
    proved = []
    if order in ("auto", "proved"):
        largest = _COMFORTABLE_DIMENSION if order == "auto" else _LARGEST_DIMENSION
        for N in orders:
            if _dimension(system.num_variables, N) > largest:
                break
            proved.append(truncation_bound(system, N, radius, num_steps, norm_bounds))
            if proved[-1].value <= share:
                return OrderChoice(N, proved[-1])
    estimates = []
    if order in ("auto", "estimated"):
        solutions = TruncatedSolutions(system, x0, num_steps)
        for N in orders:
            estimates.append(truncation_estimate(system, N, x0, num_steps, solutions=solutions))
            if estimates[-1].value <= share:
                return OrderChoice(N, estimates[-1])
    raise QGDError(
        Outcome.TRUNCATION_NOT_CONVERGED,
        _diagnosis(system, share, orders[-1], proved, estimates),
    )


def choose_scale(system: Map, order: int, radius: float) -> float:
    """Unit of length r > radius that makes the encoded system cheapest to solve.

    Minimises (1 + max(1, c)) max(1, c)^2 / sqrt(1 - (radius / r)^2) over a few r, where c is the
    norm of the N x N matrix of block norms c_{jm} r^(m-j): condition number against amplitude of
    the first level (proofs/04-history.md). The truncated solution does not depend on r.
    """
    if system.degree <= 1 or order == 1:
        return 1.0
    g = np.array(majorant(system).coefficients)
    best, best_cost = 1.0, math.inf
    for ratio in _SCALES:
        r = radius * ratio
        scaled = g * r ** (np.arange(len(g)) - 1.0)
        power, table = np.ones(1), np.zeros((order, order))
        for j in range(order):
            power = np.convolve(power, scaled)
            columns = power[1 : order + 1]
            table[j, : len(columns)] = columns
        c = max(1.0, float(np.linalg.norm(table, 2)))
        cost = (1 + c) * c**2 / math.sqrt(1 - ratio**-2)
        if cost < best_cost:
            best, best_cost = r, cost
    return best


def reach(
    system: Map,
    x0: RealArray,
    num_steps: int,
    order: int,
    norm_bounds: RealArray | None,
) -> float:
    """How far the trajectory gets from the origin: proved where possible, else as computed."""
    w = majorant(system).iterates(float(np.linalg.norm(x0)), num_steps)
    if norm_bounds is not None:
        w = np.minimum(w[:num_steps], norm_bounds[:num_steps])
    largest = float(w.max())
    if not math.isfinite(largest) or largest == 0:
        final = truncated_solution(system, order, x0, num_steps)
        with np.errstate(over="ignore"):
            largest = max(float(np.linalg.norm(x0)), float(np.linalg.norm(final)))
    return largest if math.isfinite(largest) and largest > 0 else 1.0


def _best_known(
    system: Map,
    order: int,
    x0: RealArray,
    num_steps: int,
    share: float,
    norm_bounds: RealArray | None,
) -> Bound:
    """Proved bound if it is small enough, else the estimate if that is; else what is finite."""
    radius = float(np.linalg.norm(x0))
    proved = truncation_bound(system, order, radius, num_steps, norm_bounds)
    if proved.value <= share and math.isfinite(proved.value):
        return proved
    try:
        estimate = truncation_estimate(system, order, x0, num_steps)
    except QGDError as error:
        if error.outcome is not Outcome.TOO_LARGE or math.isinf(proved.value):
            raise
        return proved  # the estimate needs larger orders than the run itself
    return min(proved, estimate, key=lambda bound: bound.value)


def _dimension(num_variables: int, order: int) -> int:
    return sum(num_variables**j for j in range(1, order + 1))


def _diagnosis(
    system: Map, share: float, largest: int, proved: list[Bound], estimates: list[Bound]
) -> str:
    g = majorant(system)
    found = []
    for name, bounds in ((Kind.PROVED.value, proved), (Kind.ESTIMATED.value, estimates)):
        if bounds:
            best = min(range(len(bounds)), key=lambda i: bounds[i].value)
            found.append(f"{name} {bounds[best].value:.3g} at order {best + 1}")
    return (
        f"the truncation error must be at most {share:.3g}, the best found up to order {largest} "
        f"is {' and '.join(found)}; ||I + F_1|| = {g.coefficients[1]:.4g} and Kantorovich h = "
        f"{g.kantorovich:.3g} (below 1/2 every number of steps would converge). Lower the learning "
        "rate or the number of steps, re-upload more often, raise the ridge or the tolerance"
    )
