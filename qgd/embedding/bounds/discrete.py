"""Truncation of an embedded map: what a branching process of degrees says in closed form.

Each function answers with a `Bound` of ||x_T - y_T||_2 of kind PROVED, or refuses: it raises
`QGDError` with ``Outcome.NOT_APPLICABLE`` and names the assumption that fails with its number, or
returns that outcome if ``throw=False``. All need only ||x_0|| and g, with g_k at least the
multilinear norm of G_k (`multilinear_majorant`); R = ||x_0|| / r_+, g(r_+) = r_+.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import binom

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound
from qgd.core.outcome import Outcome
from qgd.dynamics.dissipation import Majorant
from qgd.dynamics.rest_points import rest_points
from qgd.dynamics.system import Map
from qgd.embedding.bounds.cases import CLOSER, SMALLER_STEP, MapCase, map_case
from qgd.embedding.bounds.verdict import decide, need, proved
from qgd.embedding.truncation import level_coefficients

_PAGE = "10-closed-bounds.md"
_TRIALS = 61
_LARGEST_LOG_RATIO = 30.0


def galton_watson_bound(
    system: Map, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> Bound | Outcome:
    """||x_T - y_T|| <= r_+ (w / r_+)^(N+1) P(Z exceeds N within T generations) (Theorem 10.4).

    Z is the branching process with Z_0 = 1 and offspring law h(v) = g(r_+ v) / r_+, and
    w = max(||x_0||, r_-) bounds the iterates. Without forcing w = ||x_0||, and the exponent rises
    to the next multiple of the stride of the degrees.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        In the coordinates that are lifted; any degree, F_0 on or off.
    order : int
        N.
    x0 : array_like, shape (n,)
        Start.
    num_steps : int
        T.
    throw : bool
        Whether to raise when the theorem does not apply.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE`` unless ||I + F_1|| < 1, g has fixed points and
        ||x_0|| < r_+.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> step = PolynomialMap([[0.0], [[-0.5]], [[0.2]]])
    >>> round(galton_watson_bound(step, 3, [1.0], 10).value, 5)
    0.06365
    """
    return decide(galton_watson, map_case(system, order, x0, num_steps), throw)


def closed_bound(
    system: Map, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> Bound | Outcome:
    """||x_T - y_T|| <= ||x_0|| R^N [1 - (1 - mu)^T]^N, F_0 = 0 (Theorem 10.5).

    For degree two mu = 1 - ||I + F_1||; for any degree mu is the largest P(xi >= k)^(1/(k-1)) of
    the offspring law. Parameters as for `galton_watson_bound`. The limit of small steps is
    Corollary 1 of Liu et al., arXiv:2011.03185.
    """
    return decide(closed, map_case(system, order, x0, num_steps), throw)


def series_bound(
    system: Map, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> Bound | Outcome:
    """||x_T - y_T|| <= a^T ||x_0|| b z^K / (1 - z) in all regimes, F_0 = 0 (Theorem 10.6).

    a = ||I + F_1|| > 0 may be below, at or above one. With the stride s of the degrees (1 if there
    is a quadratic part), c^s = max_i (g_{1+is} / (a beta_i))^{1/i}, beta_i the coefficients of
    (1 - z)^{-1/s}, S = sum_{k<T} a^{sk}: z = c^s S ||x_0||^s < 1, K = ceil(N / s), b = beta_K.
    For degree two this is a^T ||x_0|| rho^N / (1 - rho), rho = ||F_2|| ||x_0|| S / a.
    """
    return decide(series, map_case(system, order, x0, num_steps), throw)


def weighted_bound(
    system: Map, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> Bound | Outcome:
    """||x_T - y_T|| <= min_s q^(N+1) g^T(s), q = max_k g^k(||x_0||) / g^k(s) (Theorem 10.3).

    Any degree, any regime, forced or not: all that is needed is that the iterates of g from some
    s >= ||x_0|| stay finite. The minimum is sought on a grid; each s gives a bound.
    """
    return decide(weighted, map_case(system, order, x0, num_steps), throw)


def forced_bound(
    system: Map, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> Bound | Outcome:
    """||x_T - y_T|| <= min(1, T N b) r_+ (w / r_+)^(N+1), forced or not (Theorem 10.7).

    b = sum_{k>1} g_k r_+^(k-1), r_- <= r_+ are the fixed points of g and w = max(||x_0||, r_-): for
    degree two r = (mu -+ sqrt(mu^2 - 4 g_0 g_2)) / (2 g_2). No condition ||F_0|| <= ||F_2|| is
    needed, and x_0 = 0 (the point of expansion) is allowed.
    """
    return decide(forced, map_case(system, order, x0, num_steps), throw)


def kantorovich_bound(
    system: Map, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> Bound | Outcome:
    """||x_T - y_T|| <= r_+ R_d^(N+1) at a pivot x_0 = 0, degree two (Corollary: Theorem 10.8).

    R_d = (1 - sqrt(1 - 2 h)) / (1 + sqrt(1 - 2 h)) with h = 2 g_0 g_2 / mu^2 < 1/2; for gradient
    descent with eta (L + mu) <= 2 this is ||grad L|| Lip(hess L) / lambda_min^2 or larger: the
    condition of the Newton-Kantorovich theorem, in which the learning rate cancels.
    """
    return decide(kantorovich, map_case(system, order, x0, num_steps), throw)


def affine_bound() -> Bound:
    """Zero: an affine map or flow is embedded exactly at every order (Theorem 2.3)."""
    return proved(0.0, "affine map", "02-truncation.md#Theorem 2.3")


def galton_watson(case: MapCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions, upper, reach = _between_fixed_points(case)
    exponent = case.jumps * case.stride if case.g[0] == 0 else case.order
    h = Majorant(tuple(g * upper ** (k - 1.0) for k, g in enumerate(case.g)))
    value = upper * (reach / upper) ** (exponent + 1) * _exit_probability(h, case)
    return proved(value, "branching process", f"{_PAGE}#Theorem 10.4", assumptions)


def closed(case: MapCase) -> Bound:
    if case.affine:
        return affine_bound()
    unforced = case.unforced()
    assumptions, upper, reach = _between_fixed_points(case)
    law = np.array([g * upper ** (k - 1.0) for k, g in enumerate(case.g)])
    tails = np.cumsum(law[::-1])[::-1]  # P(xi >= k)
    mu = max(tails[k] ** (1 / (k - 1)) for k in range(2, len(law)))
    growth = -np.expm1(case.num_steps * math.log1p(-mu)) if mu < 1 else min(case.num_steps, 1)
    exponent = case.jumps * case.stride
    value = reach * (reach / upper) ** exponent * growth**exponent
    return proved(value, "closed form", f"{_PAGE}#Theorem 10.5", (unforced, *assumptions))


def series(case: MapCase) -> Bound:
    if case.affine:
        return affine_bound()
    g, s, T = case.g, case.stride, case.num_steps
    unforced = case.unforced()
    positive = need("||I + F_1|| > 0", g[1] > 0, g[1], "use `closed_bound`")
    rates = [
        (g[1 + i * s] / (g[1] * _beta(i, s))) ** (1 / i) for i in range(1, (len(g) - 2) // s + 1)
    ]
    with np.errstate(over="ignore"):
        z = max(rates) * _geometric_sum(g[1] ** s, T) * case.radius**s
        small = need("c^s S ||x_0||^s < 1", z < 1, z, CLOSER)
        power = np.exp(T * math.log(g[1]))
    value = power * case.radius * _beta(case.jumps, s) * z**case.jumps / (1 - z)
    return proved(value, "power series", f"{_PAGE}#Theorem 10.6", (unforced, positive, small))


def weighted(case: MapCase) -> Bound:
    if case.affine:
        return affine_bound()
    g, T = Majorant(case.g), case.num_steps
    w = g.iterates(case.radius, T)
    finite = need("||x_k|| <= g^k(||x_0||) < inf", bool(np.isfinite(w).all()), float(w[-1]), CLOSER)
    largest = float(w[:T].max(initial=0.0))
    if largest == 0 or T == 0:
        return proved(0.0, "weighted levels", f"{_PAGE}#Theorem 10.3", (finite,))
    trials = np.linspace(0.0, _LARGEST_LOG_RATIO, _TRIALS)
    values = _weighted_logs(g, w, largest * np.exp(trials), case.order)
    best = trials[np.argmin(values)]
    step = trials[1] - trials[0]
    closer = np.linspace(max(best - step, 0.0), best + step, _TRIALS)
    values = np.concatenate((values, _weighted_logs(g, w, largest * np.exp(closer), case.order)))
    return proved(math.exp(values.min()), "weighted levels", f"{_PAGE}#Theorem 10.3", (finite,))


def forced(case: MapCase) -> Bound:
    if case.affine:
        return affine_bound()
    assumptions, upper, reach = _between_fixed_points(case)
    rate = sum(g * upper ** (k - 1.0) for k, g in enumerate(case.g) if k > 1)
    share = min(1.0, case.num_steps * case.order * rate)
    value = share * upper * (reach / upper) ** (case.order + 1)
    return proved(value, "fixed points", f"{_PAGE}#Theorem 10.7", assumptions)


def kantorovich(case: MapCase) -> Bound:
    if case.affine:
        return affine_bound()
    degree = len(case.g) - 1
    quadratic = need("degree = 2", degree == 2, degree, "use `forced_bound`")
    pivot = need("||x_0|| = 0", case.radius == 0, case.radius, "shift the origin to x_0")
    contracts = case.contracts()
    h = Majorant(case.g).kantorovich
    small = need("h < 1/2", h < 0.5, h, SMALLER_STEP)
    root = math.sqrt(1 - 2 * h)
    upper = (1 - case.g[1]) * (1 + root) / (2 * case.g[2])
    # (1 - root) / (1 + root) without cancellation.
    value = upper * (2 * h / (1 + root) ** 2) ** (case.order + 1)
    return proved(
        value, "Kantorovich", f"{_PAGE}#Theorem 10.8", (quadratic, pivot, contracts, small)
    )


def _between_fixed_points(case: MapCase) -> tuple[tuple[Assumption, ...], float, float]:
    """Checked assumptions, r_+ and w = max(||x_0||, r_-)."""
    contracts = case.contracts()
    excess = [g - (k == 1) for k, g in enumerate(case.g)]
    lower, upper, lowest = rest_points(excess)
    exist = need("min_x g(x) - x <= 0", lowest <= 0, lowest, SMALLER_STEP)
    inside = need("||x_0|| / r_+ <= 1", case.radius <= upper, case.radius / upper, CLOSER)
    return (contracts, exist, inside), upper, max(case.radius, lower)


def _exit_probability(h: Majorant, case: MapCase) -> float:
    """P(max_k Z_k > N): each generation, those who leave; no difference is formed."""
    kept, dropped = level_coefficients(h, case.order)
    leaving = dropped.sum(axis=1)
    left = np.zeros(case.order)
    for _ in range(case.num_steps):
        left = kept @ left + leaving
    return float(min(left[0], 1.0))


def _weighted_logs(g: Majorant, w: RealArray, starts: RealArray, order: int) -> RealArray:
    """log(q^(N+1) s_T) for each start s_0."""
    s, q = starts.copy(), np.zeros(len(starts))
    with np.errstate(over="ignore", invalid="ignore"):
        for bound in w[:-1]:
            q = np.maximum(q, bound / s)
            s = np.asarray(np.polynomial.polynomial.polyval(s, g.coefficients))
        values = (order + 1) * np.log(np.maximum(q, 1e-300)) + np.log(s)
    return np.where(np.isfinite(s), values, np.inf)


def _geometric_sum(ratio: float, count: int) -> float:
    """1 + ratio + ... + ratio^(count - 1)."""
    if ratio == 1:
        return float(count)
    return float(np.expm1(count * math.log(ratio)) / (ratio - 1))


def _beta(i: int, s: int) -> float:
    """Coefficient of z^i in (1 - z)^(-1/s)."""
    return float(binom(i - 1 + 1 / s, i))
