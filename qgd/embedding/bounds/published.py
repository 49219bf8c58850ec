"""Truncation of an embedded flow by published theorems, each proved anew in proofs/11.

Arguments, units and refusals as in `qgd.embedding.bounds.continuous`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc

from qgd.core.bound import Assumption, Bound
from qgd.core.outcome import Outcome
from qgd.dynamics.rest_points import rest_points
from qgd.dynamics.system import PolynomialSystem
from qgd.embedding.bounds.cases import CLOSER, FlowCase, flow_case
from qgd.embedding.bounds.continuous import exponential_sum, series_value
from qgd.embedding.bounds.discrete import affine_bound
from qgd.embedding.bounds.verdict import decide, need, proved
from qgd.embedding.discretisation import flow_norm_bounds

_PAGE = "11-published-bounds.md"


def forets_pouly_apriori_bound(
    system: PolynomialSystem,
    order: int,
    x0: ArrayLike,
    time: float,
    *,
    reach: float | None = None,
    throw: bool = True,
) -> Bound | Outcome:
    """||x - y||_inf <= alpha [alpha ||F_2||_inf (e^{mu t} - 1) / mu]^N, F_0 = 0 (Theorem 11.3).

    alpha >= ||x(s)||_inf for s <= t: `reach` where the caller has proved it, else by Lemma 6.3.
    Theorem 4.2 of Forets and Pouly, arXiv:1711.02552; its limit of t is where the bound still falls
    with N, the inequality holds for all t. Parameters as for `flow_series_bound`.
    """
    case = flow_case(system, order, x0, time, "inf")
    return decide(lambda c: forets_pouly_apriori(c, reach), case, throw)


def forets_pouly_series_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y||_inf <= ||x_0|| e^{at} rho^N / (1 - rho), rho = ||x_0|| ||F_2|| (e^{at} - 1) / a.

    a = ||F_1||_inf, F_0 = 0, degree two, rho < 1 (Theorem 11.3). Theorem 4.3 of Forets and Pouly,
    arXiv:1711.02552. Never below `flow_series_bound` in the maximum norm, as mu <= a.
    """
    return decide(forets_pouly_series, flow_case(system, order, x0, time, "inf"), throw)


def liu_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y|| <= ||x_0|| R^N (1 - e^{Re lambda_1 t})^N, F_1 normal, F_0 = 0 (Theorem 11.4).

    R = ||x_0|| ||F_2|| / |Re lambda_1| < 1. Corollary 1 of Liu et al., arXiv:2011.03185.
    """
    return decide(liu, flow_case(system, order, x0, time), throw)


def liu_forced_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y|| <= r t N ||F_2|| r (||x_0|| / r)^(N+1), r = sqrt(||x_0|| r_+) (Theorem 11.5).

    F_1 normal, Re lambda_1 < 0, R = (||x_0|| ||F_2|| + ||F_0|| / ||x_0||) / |Re lambda_1| < 1.
    Lemma 2 of Liu et al., arXiv:2011.03185, undone the rescaling; the proof here needs no
    ||F_0|| <= ||F_2||.
    """
    return decide(liu_forced, flow_case(system, order, x0, time), throw)


def krovi_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y|| <= r t N^2 ||F_2|| r (||x_0|| / r)^(N+1) with the logarithmic norm (Theorem 11.5).

    mu(F_1) < 0 in the place of normality, R = (||x_0|| ||F_2|| + ||F_0|| / ||x_0||) / |mu| < 1,
    r = sqrt(||x_0|| r_+). The form of Krovi, arXiv:2202.01054; what is proved here has N in the
    place of N^2, so the published number is a bound too.
    """
    return decide(krovi, flow_case(system, order, x0, time), throw)


def costa_bound(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, *, throw: bool = True
) -> Bound | Outcome:
    """||x - y|| <= ||x_0|| R^K I_v(K, 1 / (M - 1)), x' = F_1 x + F_M x^{(x)M} (Theorem 11.4).

    R = f_M ||x_0||^(M-1) / |mu| < 1, K = ceil(N / (M - 1)), v = 1 - e^{(M-1) mu t}, I the
    regularised incomplete beta function. The exponent is that of Lemma 4 of Costa et al.,
    arXiv:2312.09518, after any rescaling x / gamma, which cancels; the factor of time is ours.
    """
    return decide(costa, flow_case(system, order, x0, time), throw)


def forets_pouly_apriori(case: FlowCase, reach: float | None = None) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (case.unforced(), _quadratic(case))
    alpha = reach
    if alpha is None:
        alpha = float(flow_norm_bounds(case.f, case.radius, np.array([case.time]))[0])
    known = need("sup ||x||_inf < inf", math.isfinite(alpha), alpha, CLOSER)
    with np.errstate(over="ignore"):
        value = alpha * (alpha * case.f[2] * exponential_sum(case.f[1], case.time)) ** case.order
    return proved(
        float(value), "Forets-Pouly 4.2", f"{_PAGE}#Theorem 11.3", (*assumptions, known), norm="inf"
    )


def forets_pouly_series(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (case.unforced(), _quadratic(case))
    a = float(abs(case.system.F[1]).sum(axis=1).max())
    value, small = series_value(case, a)
    return proved(
        value, "Forets-Pouly 4.3", f"{_PAGE}#Theorem 11.3", (*assumptions, small), norm="inf"
    )


def liu(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (case.unforced(), _quadratic(case), _normal(case), case.dissipates())
    R = case.radius * case.f[2] / -case.f[1]
    small = need("R < 1", R < 1, R, CLOSER)
    value = case.radius * (R * -math.expm1(case.f[1] * case.time)) ** case.order
    return proved(value, "Liu et al., Corollary 1", f"{_PAGE}#Theorem 11.4", (*assumptions, small))


def liu_forced(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (_quadratic(case), _normal(case), case.dissipates())
    value, found = _linear_in_time(case)
    return proved(
        case.order * value, "Liu et al., Lemma 2", f"{_PAGE}#Theorem 11.5", (*assumptions, *found)
    )


def krovi(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (_quadratic(case), case.dissipates())
    value, found = _linear_in_time(case)
    return proved(case.order**2 * value, "Krovi", f"{_PAGE}#Theorem 11.5", (*assumptions, *found))


def costa(case: FlowCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions = (case.unforced(), case.single_degree(), case.dissipates())
    s, K, mu = case.stride, case.jumps, case.f[1]
    R = case.f[s + 1] * case.radius**s / -mu
    small = need("R < 1", R < 1, R, CLOSER)
    reached = betainc(K, 1 / s, -math.expm1(s * mu * case.time))  # P(at least K jumps by t)
    value = case.radius * R**K * float(reached)
    return proved(value, "Costa et al.", f"{_PAGE}#Theorem 11.4", (*assumptions, small))


def _linear_in_time(case: FlowCase) -> tuple[float, tuple[Assumption, ...]]:
    """r t f_2 r (||x_0|| / r)^(N+1), and R < 1 checked."""
    moving = need("||x_0|| > 0", case.radius > 0, case.radius, "use `flow_forced_bound`")
    R = (case.radius * case.f[2] + case.f[0] / case.radius) / -case.f[1]
    small = need("R < 1", R < 1, R, "use `flow_forced_bound`, or change the norm")
    r = math.sqrt(case.radius * rest_points(case.f)[1])  # r_- < ||x_0|| < r < r_+ as R < 1
    value = r * case.time * case.f[2] * r * (case.radius / r) ** (case.order + 1)
    return value, (moving, small)


def _quadratic(case: FlowCase) -> Assumption:
    degree = len(case.f) - 1
    return need("degree = 2", degree == 2, degree, "use `flow_forced_bound` or `costa_bound`")


def _normal(case: FlowCase) -> Assumption:
    """F_1 F_1^T = F_1^T F_1 up to rounding."""
    F1 = case.system.F[1].toarray()
    size = float(np.linalg.norm(F1, 2)) ** 2
    departure = float(np.linalg.norm(F1 @ F1.T - F1.T @ F1, 2)) / (size or 1.0)
    return need(
        "||F_1 F_1^T - F_1^T F_1|| / ||F_1||^2 = 0", departure <= 1e-12, departure,
        "use `krovi_bound` or `costa_bound`, which need the logarithmic norm only",
    )  # fmt: skip
