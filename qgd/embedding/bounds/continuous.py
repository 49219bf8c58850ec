"""Truncation of an embedded flow, exact in time: our closed forms, in all regimes.

As in `qgd.embedding.bounds.discrete`, each function answers with a `Bound` of ||x(t) - y(t)|| of
kind PROVED or refuses with ``Outcome.NOT_APPLICABLE``. f_k is at least the multilinear norm of F_k
and mu the logarithmic norm of F_1, in the Euclidean or, where `norm` is an argument, the maximum
norm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import binom

from qgd.core.bound import Assumption, Bound
from qgd.core.outcome import Outcome
from qgd.dynamics.rest_points import rest_points
from qgd.dynamics.system import PolynomialSystem
from qgd.embedding.bounds.cases import CLOSER, FlowCase, flow_case
from qgd.embedding.bounds.discrete import affine_bound
from qgd.embedding.bounds.verdict import decide, need, proved
from qgd.embedding.discretisation import flow_norm_bounds

_PAGE = "11-published-bounds.md"
_WEIGHTS = np.concatenate(([1.0], np.geomspace(1.05, 1e3, 24)))


def flow_series_bound(
    system: PolynomialSystem,
    order: int,
    x0: ArrayLike,
    time: float,
    *,
    norm: str = "2",
    throw: bool = True,
) -> Bound | Outcome:
    """||x - y|| <= e^{mu t} ||x_0|| b z^K / (1 - z) in all regimes, F_0 = 0 (Theorem 11.2).

    One degree M above one, z = (M - 1) f_M S ||x_0||^(M-1) < 1, S = (e^{(M-1) mu t} - 1) /
    ((M - 1) mu) (t for mu = 0), K = ceil(N / (M - 1)), b the coefficient of z^K in
    (1 - z)^{-1/(M-1)}. For M = 2: e^{mu t} ||x_0|| z^N / (1 - z). Dissipative, marginal and growing
    flows alike; mu = 0 gives the radius t < 1 / (||x_0|| ||F_2||) of Forets and Pouly.

    Parameters
    ----------
    system : PolynomialSystem
        In the coordinates that are lifted.
    order : int
        N.
    x0 : array_like, shape (n,)
        Start.
    time : float
        t >= 0, in the units of the flow.
    norm : str
        ``"2"`` or ``"inf"``: of F_k, of x_0, and of the error.
    throw : bool
        Whether to raise when the theorem does not apply.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE``; the message names the assumption and the number found.
    """
    return decide(flow_series, flow_case(system, order, x0, time, norm), throw)


def flow_forced_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y|| <= (1 - e^{-N b t}) r_+ (w / r_+)^(N+1), any degree, forced or not (Theorem 11.6).

    b = sum_{k>1} f_k r_+^(k-1); r_- <= r_+ are the zeros of f_0 + mu w + f_2 w^2 + ... and
    w = max(||x_0||, r_-). x_0 = 0 is allowed.
    """
    return decide(flow_forced, flow_case(system, order, x0, time), throw)


def flow_weighted_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y|| <= min_s (||x_0|| / s)^(N+1) W(t; s), F_0 = 0, in all regimes (Theorem 11.7).

    Any degree. W(t; s) bounds the solution of w' = mu w + f_2 w^2 + ... from s by Lemma 6.3.
    """
    return decide(flow_weighted, flow_case(system, order, x0, time), throw)


def flow_series(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (case.unforced(), case.single_degree())
    value, small = series_value(case, case.f[1])
    return proved(
        value, "power series", f"{_PAGE}#Theorem 11.2", (*assumptions, small), norm=case.norm
    )


def flow_forced(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    dissipates = case.dissipates()
    lower, upper, lowest = rest_points(case.f)
    exist = need("min_w f_0 + mu w + ... <= 0", lowest <= 0, lowest, "change the norm with "
                  "`lyapunov_bound`, or lower the forcing")  # fmt: skip
    inside = need("||x_0|| / r_+ <= 1", case.radius <= upper, case.radius / upper, CLOSER)
    rate = sum(f * upper ** (k - 1.0) for k, f in enumerate(case.f) if k > 1)
    share = -math.expm1(-case.order * rate * case.time)
    value = share * upper * (max(case.radius, lower) / upper) ** (case.order + 1)
    return proved(value, "fixed points", f"{_PAGE}#Theorem 11.6", (dissipates, exist, inside))


def flow_weighted(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    unforced = case.unforced()
    if case.radius == 0:
        return proved(0.0, "rest at the origin", f"{_PAGE}#Theorem 11.7", (unforced,))
    times, weights = np.array([case.time]), case.radius * _WEIGHTS
    with np.errstate(over="ignore"):
        grown = np.array([flow_norm_bounds(case.f, float(s), times)[0] for s in weights])
    finite = need("||x(s)|| <= W < inf", bool(np.isfinite(grown[0])), float(grown[0]), CLOSER)
    exponent = case.jumps * case.stride + 1
    value = float(((case.radius / weights) ** exponent * grown).min())
    return proved(value, "weighted levels", f"{_PAGE}#Theorem 11.7", (unforced, finite))


def series_value(case: FlowCase, mu: float) -> tuple[float, Assumption]:
    """The sum over degrees above N of the majorant's power series in ||x_0||."""
    s, K = case.stride, case.jumps
    with np.errstate(over="ignore"):
        z = s * case.f[s + 1] * case.radius**s * exponential_sum(s * mu, case.time)
        growth = float(np.exp(mu * case.time))
    small = need("z = (M - 1) f_M S ||x_0||^(M-1) < 1", z < 1, z, CLOSER)
    beta = float(binom(K - 1 + 1 / s, K))
    return growth * case.radius * beta * z**K / (1 - z), small


def exponential_sum(rate: float, time: float) -> float:
    """(e^{rate t} - 1) / rate; t for rate 0."""
    return time if rate == 0 else float(np.expm1(rate * time) / rate)
