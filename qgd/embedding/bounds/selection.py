"""Which order a tolerance needs: by theorem, or by an a-posteriori estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_array, check_choice, check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.integrate import integrate, iterate
from qgd.dynamics.system import Dynamics, PolynomialSystem
from qgd.embedding.bounds.tightest import tightest_bound
from qgd.embedding.graded import graded_integrate
from qgd.embedding.truncated import truncation_estimate


@dataclass(frozen=True)
class SelectedOrder:
    """The smallest order that meets a tolerance.

    Parameters
    ----------
    order : int
        N.
    bound : Bound
        The truncation error at this order; PROVED or ESTIMATED.
    tolerance : float
        What it had to meet, as an absolute error.
    """

    order: int
    bound: Bound
    tolerance: float


def select_order(
    system: Dynamics,
    x0: ArrayLike,
    *,
    num_steps: int | None = None,
    time: float | None = None,
    tolerance: float,
    relative: bool = False,
    by: str = "proved",
    largest: int = 8,
) -> SelectedOrder:
    """Find the smallest order whose truncation error at the end is within the tolerance.

    Parameters
    ----------
    system : PolynomialMap, TimeDependentMap or PolynomialSystem
        In the coordinates that are lifted.
    x0 : array_like, shape (n,)
        Start.
    num_steps, time : int or float
        T for a map, t for a flow.
    tolerance : float
        Of ||x - y||, absolute, or relative to ||x(T)|| (which is then computed classically).
    relative : bool
        Whether the tolerance is relative.
    by : str
        ``"proved"``: by `tightest_bound`; ``"estimate"``: a posteriori from the next order, kind
        ESTIMATED.
    largest : int
        Largest order that is tried.

    Raises
    ------
    QGDError
        With ``Outcome.TRUNCATION_NOT_CONVERGED`` if no order up to `largest` is good enough; the
        message gives the best that was found.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> step = PolynomialMap([[0.0], [[-0.5]], [[0.2]]])
    >>> select_order(step, [1.0], num_steps=10, tolerance=1e-3).order
    2
    """
    check_real("tolerance", tolerance, above=0)
    check_choice("by", by, ("proved", "estimate"))
    check_integer("largest", largest, 1)
    x = check_array("x0", x0, (system.num_variables,))
    allowed = tolerance * (_final_norm(system, x, num_steps, time) if relative else 1.0)
    best: Bound | None = None
    reason = ""
    for order in range(1, largest + 1):
        try:
            if by == "proved":
                bound = tightest_bound(system, x, order, num_steps=num_steps, time=time).best
            else:
                bound = _estimate(system, order, x, num_steps, time)
        except QGDError as error:
            if error.outcome not in (Outcome.NOT_APPLICABLE, Outcome.TOO_LARGE):
                raise
            reason = str(error)
            continue
        if bound.value <= allowed:
            return SelectedOrder(order, bound, allowed)
        best = bound if best is None or bound.value < best.value else best
    found = reason if best is None else f"the best found is {best.value:.3g} ({best.source})"
    raise QGDError(
        Outcome.TRUNCATION_NOT_CONVERGED,
        f"the truncation error must be at most {allowed:.3g} at an order up to {largest}, {found}; "
        "raise `tolerance` or `largest`, shorten the run, or start closer to the expansion point",
    )


def flow_truncation_estimate(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float
) -> Bound:
    """Estimate ||x - y|| of a flow from the next two orders, as a geometric series (F_0 = 0).

    2 d_N / (1 - rho) with d_N = ||y^{N+s} - y^N||, rho = d_N / d_{N-s}, s the stride of the
    degrees, from one graded solution. Nothing is proved; infinite where the orders do not converge.
    """
    present = [k - 1 for k, Fk in enumerate(system.F) if k > 1 and Fk.nnz]
    s = math.gcd(*present) if present else 1
    graded = graded_integrate(system, order + s, x0, [0.0, time] if time > 0 else [0.0])
    parts = graded.parts[-1]
    later = float(np.linalg.norm(parts[:, order:].sum(axis=1)))
    earlier = float(np.linalg.norm(parts[:, max(order - s, 0) : order].sum(axis=1)))
    ratio = later / earlier if earlier > 0 else math.inf if later > 0 else 0.0
    value = 2 * later / (1 - ratio) if ratio < 1 else math.inf
    return Bound("truncation", value, Kind.ESTIMATED, f"order {order + s} minus order {order}")


def _estimate(
    system: Dynamics, order: int, x: np.ndarray, num_steps: int | None, time: float | None
) -> Bound:
    if isinstance(system, PolynomialSystem):
        if time is None:
            raise ValueError("`time` must be given for a flow, and no `num_steps`")
        return flow_truncation_estimate(system, order, x, time)
    if num_steps is None:
        raise ValueError("`num_steps` must be given for a map, and no `time`")
    return truncation_estimate(system, order, x, num_steps)


def _final_norm(
    system: Dynamics, x: np.ndarray, num_steps: int | None, time: float | None
) -> float:
    if isinstance(system, PolynomialSystem):
        if not time:
            return float(np.linalg.norm(x))
        return float(np.linalg.norm(integrate(system, x, [0.0, time]).final))
    return float(np.linalg.norm(iterate(system, x, num_steps or 0)[-1]))
