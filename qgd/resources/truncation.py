"""Which order an estimate takes, and the truncation error that comes with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.dissipation import Majorant, majorant
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.embedding.bounds.selection import flow_truncation_estimate
from qgd.embedding.discretisation import level_recursion_bound
from qgd.embedding.truncated import truncation_estimate
from qgd.embedding.truncation import majorant_only_bound
from qgd.encoding.sparse_preparation import SparseVector
from qgd.resources.flow_instance import field_norms
from qgd.resources.stencil_step import stencil_majorant

Order = int | Literal["auto", "proved", "estimated"]
_WORDS = ("auto", "proved", "estimated")
_LARGEST = 8
_COMPUTED = 20_000  # values of a trajectory that is computed for an estimate
_FEW = 64  # variables of such a problem
TRUNCATION_SHARE = 0.4  # of the wanted error, as in `solve`


@dataclass(frozen=True)
class Truncated:
    """A problem as its truncation sees it, over T steps or over a time.

    Parameters
    ----------
    problem : Stencil, PolynomialMap or PolynomialSystem
        A stencil with a step size is the map x + h F(x), one without a flow.
    start : SparseVector
        x_0.
    num_steps : int
        Of a map.
    step_size : float, optional
        h of a stencil that is stepped.
    time : float, optional
        Of a flow.
    """

    problem: Stencil | PolynomialMap | PolynomialSystem
    start: SparseVector
    num_steps: int
    step_size: float | None = None
    time: float | None = None

    def proved(self, order: int) -> Bound:
        """By the norms of the coefficients alone (Theorems 2.1 and 6.2): any n, any T."""
        if self.time is not None:
            assert not isinstance(self.problem, PolynomialMap)
            field = field_norms(self.problem)
            f = [field.norms[0], field.growth[1], *field.norms[2:]]
            return level_recursion_bound(f, order, self.start.norm, self.time)
        return majorant_only_bound(self._majorant, order, self.start.norm, self.num_steps)

    def estimated(self, order: int) -> Bound:
        """A posteriori from the next order; infinite where that is out of reach."""
        n = self.problem.num_variables
        if n > _FEW or n * max(1, self.num_steps) > _COMPUTED:
            return _nothing("an estimate needs the trajectory, which is too long to be computed")
        if self.time is not None:
            system = self.problem
            flow = system.system() if isinstance(system, Stencil) else system
            assert isinstance(flow, PolynomialSystem)
            if flow.F[0].count_nonzero():
                return _nothing("no estimate for a flow with ||F_0|| > 0")
            return flow_truncation_estimate(flow, order, self._dense, self.time)
        try:
            return truncation_estimate(self._map, order, self._dense, self.num_steps)
        except QGDError as error:
            if error.outcome is not Outcome.TOO_LARGE:
                raise
            return _nothing("the next order does not fit into memory")

    @property
    def _majorant(self) -> Majorant:
        if isinstance(self.problem, Stencil):
            assert self.step_size is not None
            return stencil_majorant(self.problem, self.step_size)
        return majorant(self._map)

    @property
    def _map(self) -> PolynomialMap:
        if isinstance(self.problem, Stencil):
            return PolynomialMap([(self.step_size or 0.0) * F for F in self.problem.system().F])
        assert isinstance(self.problem, PolynomialMap)
        return self.problem

    @property
    def _dense(self) -> RealArray:
        vector = np.zeros(self.problem.num_variables)
        vector[self.start.indices] = self.start.values
        return vector

    def failing(self) -> str:
        """The assumption behind the proved bound that does not hold, with its number."""
        radius = self.start.norm
        if self.time is not None:
            assert not isinstance(self.problem, PolynomialMap)
            field = field_norms(self.problem)
            mu, f = field.growth[1], field.norms
            if mu >= 0 or not radius:
                return f"the log-norm of F_1 must be negative, got {mu:.4g}"
            R = f[0] / radius + math.fsum(c * radius ** (p - 1) for p, c in enumerate(f) if p > 1)
            return f"R = sum_p ||F_p|| ||x_0||^(p-1) / |mu| must be below 1, got {R / -mu:.4g}"
        g = self._majorant
        if g.coefficients[1] >= 1:
            return f"||I + F_1|| must be below 1, got {g.coefficients[1]:.6g}"
        if g.coefficients[0] > 0:
            return f"Kantorovich's h must be below 1/2, got {g.kantorovich:.4g}"
        return f"g(||x_0||) must be at most ||x_0||, got {g(radius):.4g} > {radius:.4g}"


def choose_truncation(case: Truncated, order: Order, allowed: float) -> tuple[int, Bound]:
    """The order as given, or the least whose truncation error is at most `allowed`.

    Parameters
    ----------
    order : int or str
        ``"proved"`` and ``"estimated"`` fix how the error must be known, ``"auto"`` prefers the
        theorem.
    allowed : float
        Absolute error on x_T.

    Raises
    ------
    QGDError
        With ``Outcome.TRUNCATION_NOT_CONVERGED`` if no order up to 8 is good enough; the message
        names the assumption that fails.
    """
    if isinstance(order, str):
        if order not in _WORDS:
            raise ValueError(
                f"`order` must be a number, {', '.join(_WORDS)}, got {order!r}; choose one"
            )
        return _least(case, order, allowed)
    N = check_integer("order", order, 1)
    proved = case.proved(N)
    if proved.value <= allowed:
        return N, proved
    estimate = case.estimated(N)
    if math.isinf(min(proved.value, estimate.value)):
        return N, _nothing(f"nothing known: {case.failing()}")
    return N, min(proved, estimate, key=lambda bound: bound.value)


def _least(case: Truncated, how: str, allowed: float) -> tuple[int, Bound]:
    found: list[Bound] = []
    for kind, bound in (("proved", case.proved), ("estimated", case.estimated)):
        if how not in ("auto", kind):
            continue
        for N in range(1, _LARGEST + 1):
            found.append(bound(N))
            if found[-1].value <= allowed:
                return N, found[-1]
    best = min(found, key=lambda line: line.value)
    size = "inf" if math.isinf(best.value) else f"{best.value:.3g} ({best.kind.value})"
    raise QGDError(
        Outcome.TRUNCATION_NOT_CONVERGED,
        f"`order`={how!r} needs a truncation error of at most {allowed:.3g} up to order "
        f"{_LARGEST}, the least found is {size}; {case.failing()}, for a bound that holds for "
        "every T. Start closer to the rest point, take fewer steps or a larger `relative_error`, "
        "or give `order` as a number",
    )


def _nothing(reason: str) -> Bound:
    return Bound("truncation", math.inf, Kind.ESTIMATED, reason)
