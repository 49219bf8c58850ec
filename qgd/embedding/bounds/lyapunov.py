"""Truncation bounds in a norm in which the linear part contracts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.bound import Bound
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.lyapunov import LyapunovNorm, change_basis, lyapunov_norm
from qgd.dynamics.system import Dynamics
from qgd.embedding.bounds.cases import FlowCase, MapCase, bound_case
from qgd.embedding.bounds.continuous import flow_forced, flow_series
from qgd.embedding.bounds.discrete import affine_bound, forced
from qgd.embedding.bounds.verdict import decide, need, proved
from qgd.embedding.truncation import majorant_bound

_REMEDY = "the linear part must be stable: lower the learning rate, raise the ridge, start closer"


def lyapunov_bound(
    system: Dynamics,
    order: int,
    x0: ArrayLike,
    *,
    num_steps: int | None = None,
    time: float | None = None,
    norm: LyapunovNorm | None = None,
    throw: bool = True,
) -> Bound | Outcome:
    """||x - y|| <= ||S^-1|| times a bound in the variables v = S x (Theorem 10.9).

    With R_P = max(||S x_0||, r_-) / r_+ <= 1, r_-+ the fixed points of the majorant of v, the bound
    ||S^-1|| r_+ R_P^(N+1) holds for all times; the closed form and, for maps, the majorant
    recursion in v are taken where they are smaller.

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
    norm : LyapunovNorm, optional
        Any; by default that of `lyapunov_norm`.
    throw : bool
        Whether to raise when the theorem does not apply.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE`` if R_P > 1 in the norm.

    References
    ----------
    Jennings et al., arXiv:2509.07155, whose criterion R_P < 1 this evaluates.
    """
    case = bound_case(system, order, x0, num_steps, time)
    return decide(lambda c: lyapunov(c, norm), case, throw)


def lyapunov(case: MapCase | FlowCase, norm: LyapunovNorm | None = None) -> Bound:
    if case.affine:
        return affine_bound()
    chosen = lyapunov_norm(case.system, case.x0) if norm is None else norm
    S = chosen.matrix
    inverse_norm = float(np.linalg.norm(np.linalg.inv(S), 2))
    number = need("R_P <= 1", chosen.number <= 1, chosen.number, _REMEDY)
    if isinstance(case, FlowCase):
        flow = replace(case, system=change_basis(case.system, S), x0=S @ case.x0)
        candidates = [flow_forced(flow)]
        try:
            candidates.append(flow_series(flow))
        except QGDError as error:
            if error.outcome is not Outcome.NOT_APPLICABLE:
                raise
    else:
        inner = replace(case, system=change_basis(case.system, S), x0=S @ case.x0)
        candidates = [
            forced(inner),
            majorant_bound(inner.system, inner.order, inner.radius, inner.num_steps),
        ]
    best = min(candidates, key=lambda bound: bound.value)
    return proved(
        inverse_norm * best.value,
        f"Lyapunov norm, {best.source}",
        "10-closed-bounds.md#Theorem 10.9",
        (number, *best.assumptions),
    )
