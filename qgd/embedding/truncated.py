"""The truncated solution itself, order by order, and what the next orders tell of its error."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_array
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.integrate import check_defined_steps
from qgd.dynamics.system import Map, TimeDependentMap
from qgd.embedding.carleman import carleman
from qgd.embedding.graded import graded_iterate
from qgd.embedding.truncation import truncation_bound

_STAGE = "truncation"


class TruncatedSolutions:
    """Level 1 of the truncated embedding after T steps, as a function of the order.

    By graded evaluation, all orders up to the highest at once, where F_0 = 0; else by running the
    lifted system in monomials. Whatever was computed is kept.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        In the coordinates that are lifted.
    x0 : array_like, shape (n,)
        Start.
    num_steps : int
        T.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> solutions = TruncatedSolutions(PolynomialMap([[0.0], [[-0.5]], [[0.1]]]), [1.0], 1)
    >>> [round(float(solutions(N)[0]), 4) for N in (0, 1, 2)]
    [1.0, 0.5, 0.6]
    """

    def __init__(self, system: Map, x0: ArrayLike, num_steps: int) -> None:
        self.system, self.num_steps = system, num_steps
        self.x0 = check_array("x0", x0, (system.num_variables,))
        if isinstance(system, TimeDependentMap):
            check_defined_steps(system.num_steps, num_steps)
            self._maps = system.maps[: max(num_steps, 1)]
        else:
            self._maps = (system,)
        self.forced = any(m.F[0].nnz for m in self._maps)
        self._known: dict[tuple[int, bool], RealArray] = {}

    def __call__(self, order: int) -> RealArray:
        """x_T of order N, shape (n,); order 0 stands still."""
        return self._lifted(order) if self.forced else self._graded(order, False)

    def homogenised(self, order: int) -> RealArray:
        """The same for the closure that counts F_0 as of degree one: within reach at every n."""
        return self._graded(order, self.forced)

    def _graded(self, order: int, homogenised: bool) -> RealArray:
        if order == 0:
            return self.x0
        if (order, homogenised) not in self._known:
            solution = graded_iterate(
                self.system,
                order,
                self.x0,
                self.num_steps,
                at=[self.num_steps],
                homogenised=homogenised,
            )
            every = solution.solutions()[-1].T
            self._known.update(((N, homogenised), x) for N, x in enumerate(every, start=1))
        return self._known[order, homogenised]

    def _lifted(self, order: int) -> RealArray:
        if order == 0:
            return self.x0
        if (order, False) not in self._known:
            steps = [carleman(m, order, basis="symmetric") for m in self._maps]
            with np.errstate(over="ignore", invalid="ignore"):
                y = steps[0].lift(self.x0)
                for k in range(self.num_steps):
                    y = steps[k % len(steps)].step(y)
            self._known[order, False] = steps[0].project(y)
        return self._known[order, False]


def truncated_solution(system: Map, order: int, x0: ArrayLike, num_steps: int) -> RealArray:
    """Level 1 of the truncated embedding after T steps, shape (n,); order 0 stands still."""
    return TruncatedSolutions(system, x0, num_steps)(order)


def truncation_estimate(
    system: Map,
    order: int,
    x0: ArrayLike,
    num_steps: int,
    *,
    solutions: TruncatedSolutions | None = None,
) -> Bound:
    """Estimate ||x_T - y_T|| a posteriori from the next order, as a geometric series.

    With d_N = ||y^(N)_T - y^(N+p)_T|| and rho = d_N / d_{N-p} the estimate is 2 d_N / (1 - rho),
    infinite when rho >= 1. The stride p is one less than the lowest non-linear degree: a cubic map
    without quadratic part need not change from one order to the next. A difference that vanishes
    although x_T, of degree q^T in x_0, is of higher order tells nothing: infinite too. Nothing is
    proved; the factor two allows for uneven convergence.

    Where the lift of order N + p would not fit into memory, the differences are those of the
    homogenised closure (`graded_iterate`), which converges more slowly; the source says so.

    Parameters
    ----------
    system, order, x0, num_steps
        As for `truncated_solution`, order at least 1.
    solutions : TruncatedSolutions, optional
        Of the same system, start and steps: saves what it already holds.
    """
    if system.degree <= 1:
        return truncation_bound(system, order, 0.0, num_steps)
    known = TruncatedSolutions(system, x0, num_steps) if solutions is None else solutions
    try:
        try:
            return _geometric(known, known, order)
        except QGDError as error:
            if error.outcome is not Outcome.TOO_LARGE or not known.forced:
                raise
        return _geometric(known, known.homogenised, order, " of the homogenised closure")
    except QGDError as error:
        if error.outcome is not Outcome.DIVERGED:
            raise
    return Bound(_STAGE, math.inf, Kind.ESTIMATED, "the truncated solution diverges")


def _geometric(
    known: TruncatedSolutions, solution: Callable[[int], RealArray], order: int, whose: str = ""
) -> Bound:
    system, num_steps = known.system, known.num_steps
    p = _stride(system)
    # The highest order first: where F_0 = 0 it brings the others along.
    values = [solution(N) for N in (order + p, order, max(order - p, 0))]
    if not np.isfinite(values).all():
        return Bound(_STAGE, math.inf, Kind.ESTIMATED, "the truncated solution diverges")
    gaps = [float(np.linalg.norm(a - b)) for a, b in itertools.pairwise(values)]
    ratio = gaps[0] / gaps[1] if gaps[1] > 0 else 0.0
    # Comparing in logarithms: q^T overflows.
    blind = gaps[0] == 0 and math.log(order) < num_steps * math.log(system.degree)
    value = 2 * gaps[0] / (1 - ratio) if ratio < 1 and not blind else math.inf
    return Bound(_STAGE, value, Kind.ESTIMATED, f"order {order + p} minus order {order}{whose}")


def _stride(system: Map) -> int:
    """Lowest degree above one that occurs, minus one."""
    maps = system.maps if isinstance(system, TimeDependentMap) else (system,)
    return min((k - 1 for m in maps for k, Fk in enumerate(m.F) if k > 1 and Fk.nnz), default=1)
