"""A truncation bound from the difference to a higher order and the bound of that order."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.system import Dynamics
from qgd.embedding.bounds.cases import CLOSER, FlowCase, MapCase, bound_case
from qgd.embedding.bounds.discrete import affine_bound
from qgd.embedding.bounds.verdict import decide, need, proved
from qgd.embedding.carleman import carleman
from qgd.embedding.discretisation import flow_truncation_bound
from qgd.embedding.truncated import TruncatedSolutions
from qgd.embedding.truncation import majorant_bound

_LARGEST_DIMENSION = 300
_LARGEST_DENSE = 150
_LARGEST_ORDER = 24
_NEGLIGIBLE = 0.05


def two_orders_bound(
    system: Dynamics,
    order: int,
    x0: ArrayLike,
    *,
    num_steps: int | None = None,
    time: float | None = None,
    throw: bool = True,
) -> Bound | Outcome:
    """||x - y^N|| <= ||y^M - y^N|| + the bound at order M, the best M > N (Theorem 10.10).

    A posteriori: the truncated solutions of both orders are computed, by graded evaluation for a
    map without forcing, else with the embedding itself, and M stays where that is small. Where the
    truncation converges the first term is the error itself up to a few per cent.

    Parameters
    ----------
    system : PolynomialMap, TimeDependentMap or PolynomialSystem
        In the coordinates that are lifted.
    order : int
        N.
    x0 : array_like, shape (n,)
        Start.
    num_steps, time : int or float
        T for a map, t for a flow.
    throw : bool
        Whether to raise when the theorem does not apply.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE`` if no order within reach has a finite bound.
    """
    return decide(two_orders, bound_case(system, order, x0, num_steps, time), throw)


def two_orders(case: MapCase | FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    best, chosen = math.inf, case.order
    base = _solution(case, case.order)
    # Without a constant term whole strides of orders are equal.
    step = case.stride if case.coefficients[0] == 0 else 1
    for M in range(case.order + step, _LARGEST_ORDER + 1, step):
        if not _within_reach(case, M):
            break
        rest = _rest(case, M)
        if not math.isfinite(rest):
            break
        if rest >= best:
            continue
        try:
            gap = float(np.linalg.norm(_solution(case, M) - base))
        except QGDError as error:
            if error.outcome is not Outcome.DIVERGED:
                raise
            break
        if gap + rest < best:
            best, chosen = gap + rest, M
        if rest <= _NEGLIGIBLE * gap:
            break
    finite = need("bound at an order M > N < inf", math.isfinite(best), best, CLOSER)
    return proved(
        best,
        f"order {chosen} minus order {case.order}, and the rest",
        "10-closed-bounds.md#Theorem 10.10",
        (finite, Assumption("M > N", True, float(chosen))),
    )


def _within_reach(case: MapCase | FlowCase, order: int) -> bool:
    n = len(case.x0)
    if isinstance(case, FlowCase):
        return math.comb(n + order, order) <= _LARGEST_DENSE
    return case.g[0] == 0 or math.comb(n + order, order) <= _LARGEST_DIMENSION


def _solution(case: MapCase | FlowCase, order: int) -> RealArray:
    """Level 1 of the truncated embedding at the end."""
    if isinstance(case, MapCase):
        return TruncatedSolutions(case.system, case.x0, case.num_steps)(order)
    embedded = carleman(case.system, order, basis="isometric")
    size = embedded.dimension
    augmented = np.zeros((size + 1, size + 1))
    augmented[:size, :size] = embedded.matrix.toarray()
    augmented[:size, size] = embedded.offset
    y = expm(augmented * case.time) @ np.append(embedded.lift(case.x0), 1.0)
    return embedded.project(y[:size])


def _rest(case: MapCase | FlowCase, order: int) -> float:
    if isinstance(case, MapCase):
        return majorant_bound(case.system, order, case.radius, case.num_steps).value
    return flow_truncation_bound(case.system, order, case.radius, case.time).value
