"""All truncation theorems at once: the smallest bound, and why the others do not apply."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from qgd.core.bound import Bound
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.system import Dynamics
from qgd.embedding.bounds.cases import FlowCase, MapCase, bound_case
from qgd.embedding.bounds.continuous import flow_forced, flow_series, flow_weighted
from qgd.embedding.bounds.discrete import (
    closed,
    forced,
    galton_watson,
    kantorovich,
    series,
    weighted,
)
from qgd.embedding.bounds.lyapunov import lyapunov
from qgd.embedding.bounds.published import (
    costa,
    forets_pouly_apriori,
    forets_pouly_series,
    krovi,
    liu,
    liu_forced,
)
from qgd.embedding.bounds.two_orders import two_orders
from qgd.embedding.discretisation import flow_truncation_bound
from qgd.embedding.truncation import majorant_bound, propagated_bound

_A_POSTERIORI = ("two_orders",)


@dataclass(frozen=True)
class BoundComparison:
    """What every truncation theorem says of one instance.

    Parameters
    ----------
    bounds : dict of str to Bound
        All that apply, by the name of their function without ``_bound``; in the Euclidean norm.
    refused : dict of str to str
        The others: which assumption fails, and the number that was found.
    """

    bounds: dict[str, Bound]
    refused: dict[str, str]

    @property
    def best(self) -> Bound:
        """The smallest bound; of two equal ones the first."""
        return min(self.bounds.values(), key=lambda bound: bound.value)

    @property
    def name(self) -> str:
        """Name of the best."""
        return min(self.bounds, key=lambda name: self.bounds[name].value)

    def __str__(self) -> str:
        """Table of all theorems, smallest bound first."""
        width = max(len(name) for name in (*self.bounds, *self.refused))
        ranked = sorted(self.bounds.items(), key=lambda item: item[1].value)
        lines = [f"{name:{width}}  {bound.value:.2e}  {bound.reference}" for name, bound in ranked]
        return "\n".join(lines + [f"{name:{width}}  {why}" for name, why in self.refused.items()])


def tightest_bound(
    system: Dynamics,
    x0: ArrayLike,
    order: int,
    *,
    num_steps: int | None = None,
    time: float | None = None,
    a_priori: bool = False,
) -> BoundComparison:
    """Compare all proved truncation bounds of ||x - y|| at the end; the smallest is `.best`.

    Parameters
    ----------
    system : PolynomialMap, TimeDependentMap or PolynomialSystem
        In the coordinates that are lifted.
    x0 : array_like, shape (n,)
        Start.
    order : int
        N.
    num_steps : int
        T, for a map (exact lift).
    time : float
        t, for a flow (embedding exact in time).
    a_priori : bool
        Leave out what computes truncated solutions of higher order.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE`` and all reasons if no theorem gives a finite number.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> step = PolynomialMap([[0.0], [[-0.5]], [[0.2]]])
    >>> found = tightest_bound(step, [1.0], 3, num_steps=10)
    >>> found.name, float(round(found.best.value, 6))
    ('two_orders', 0.000393)
    >>> found.refused["kantorovich"]
    '||x_0|| = 0 must hold, got 1; shift the origin to x_0'
    """
    case = bound_case(system, order, x0, num_steps, time)
    bounds, refused = {}, {}
    for name, rule in _rules(case).items():
        if a_priori and name in _A_POSTERIORI:
            continue
        try:
            bound = rule()
        except QGDError as error:
            if error.outcome not in (Outcome.NOT_APPLICABLE, Outcome.TOO_LARGE, Outcome.DIVERGED):
                raise
            refused[name] = str(error).removeprefix(f"{error.outcome.value}: ")
            continue
        if math.isinf(bound.value):
            refused[name] = f"bound < inf must hold, got inf ({bound.source})"
        else:
            bounds[name] = _euclidean(bound, len(case.x0))
    if not bounds:
        reasons = "; ".join(f"{name}: {why}" for name, why in refused.items())
        raise QGDError(Outcome.NOT_APPLICABLE, f"no theorem gives a finite bound: {reasons}")
    return BoundComparison(bounds, refused)


def _rules(case: MapCase | FlowCase) -> dict[str, Callable[[], Bound]]:
    """Theorems by name, cheapest to state first."""
    if isinstance(case, FlowCase):
        flow, maximum = case, replace(case, norm="inf")
        return {
            "flow_truncation": lambda: flow_truncation_bound(
                flow.system, flow.order, flow.radius, flow.time
            ),
            "flow_series": lambda: flow_series(flow),
            "flow_forced": lambda: flow_forced(flow),
            "flow_weighted": lambda: flow_weighted(flow),
            "liu": lambda: liu(flow),
            "liu_forced": lambda: liu_forced(flow),
            "krovi": lambda: krovi(flow),
            "costa": lambda: costa(flow),
            "forets_pouly_apriori": lambda: forets_pouly_apriori(maximum),
            "forets_pouly_series": lambda: forets_pouly_series(maximum),
            "lyapunov": lambda: lyapunov(flow),
            "two_orders": lambda: two_orders(flow),
        }
    map_ = case
    arguments = map_.system, map_.order, map_.radius, map_.num_steps
    return {
        "majorant": lambda: majorant_bound(*arguments),
        "propagated": lambda: propagated_bound(*arguments),
        "galton_watson": lambda: galton_watson(map_),
        "closed": lambda: closed(map_),
        "series": lambda: series(map_),
        "weighted": lambda: weighted(map_),
        "forced": lambda: forced(map_),
        "kantorovich": lambda: kantorovich(map_),
        "lyapunov": lambda: lyapunov(map_),
        "two_orders": lambda: two_orders(map_),
    }


def _euclidean(bound: Bound, num_variables: int) -> Bound:
    """||e||_2 <= sqrt(n) ||e||_inf."""
    if bound.norm == "2":
        return bound
    return replace(bound, value=math.sqrt(num_variables) * bound.value, norm="2")
