"""What the history system costs: contraction of a step, condition number, repetitions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.checks import check_choice, check_integer, check_real
from qgd.core.outcome import Outcome
from qgd.dynamics.dissipation import Majorant, majorant
from qgd.dynamics.integrate import iterate
from qgd.dynamics.multilinear import multilinear_majorant, symmetric_norm
from qgd.dynamics.rest_points import trimmed
from qgd.dynamics.system import Map, PolynomialMap
from qgd.embedding.bounds.cases import SMALLER_STEP, map_case
from qgd.embedding.bounds.verdict import decide, need, proved
from qgd.embedding.truncation import level_coefficients, level_errors

_PAGE = "10-closed-bounds.md"
_LONG = 100_000
_UNIT = "choose r between the fixed points of g"


def contraction_bound(
    system: Map,
    order: int,
    scale: float,
    num_steps: int = 1,
    *,
    basis: str = "kronecker",
    throw: bool = True,
) -> Bound | Outcome:
    """||C^k||_2 <= theta^k, theta = g(r) / r <= 1; times sqrt(N) with forcing (Theorem 10.11).

    C is the exact step in units of length r. Here g_k is the norm of the flattened G_k, because C
    acts on vectors that are no products; on symmetric tensors it is that of its symmetrisation.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        In the coordinates that are lifted.
    order : int
        N.
    scale : float
        r > 0, the unit of length of the embedding.
    num_steps : int
        k; for a map that depends on time any product of k steps.
    basis : str
        ``"kronecker"`` or ``"isometric"``, of the embedding.
    throw : bool
        Whether to raise when theta > 1.
    """
    check_integer("num_steps", num_steps, 0)
    g = _scaled(system, order, scale, basis)

    def rule(g: Majorant) -> Bound:
        theta = sum(g.coefficients)
        small = need("g(r) / r <= 1", theta <= 1, theta, _UNIT)
        free = g.coefficients[0] == 0 or num_steps == 0
        value = theta**num_steps * (1.0 if free else math.sqrt(order))
        return proved(value, "g(r) / r", f"{_PAGE}#Theorem 10.11", (small,), stage="contraction")

    return decide(rule, g, throw)


def condition_bound(
    system: Map,
    order: int,
    scale: float,
    num_steps: int,
    padding: int = 0,
    *,
    basis: str = "kronecker",
) -> Bound:
    """kappa(L) of the history system of T steps and p idle rows, in three regimes (Theorem 10.12).

    theta = g(r) / r. Dissipative, theta < 1 and F_0 = 0: (1 + c) ((1 - theta^(T+1)) / (1 - theta)
    + p), saturating in T. Norm-non-increasing, theta <= 1: (1 + c) / (2 sin(pi / (4 m + 2))),
    m = T + p + 1, linear in T. Else (1 + c) (sum_k nu_k + p max nu_k) with nu_k the norm of the
    k-th power of the table of block norms, and sqrt(N) theta^k where theta <= 1. c = theta, 1 or
    nu_1. Bound of ||L|| ||L^-1||; infinite where the powers overflow.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        In the coordinates that are lifted.
    order, scale : int, float
        N and r of the embedding.
    num_steps, padding : int
        T and p.
    basis : str
        ``"kronecker"`` or ``"isometric"``.
    """
    check_integer("num_steps", num_steps, 1)
    check_integer("padding", padding, 0)
    g = _scaled(system, order, scale, basis)
    regime, step, inverse = inverse_bound(g, order, num_steps, padding)
    p = padding
    largest = 1 + max(step, 1.0 if p else 0.0)
    found = need("r > 0", True, scale, _UNIT)
    return proved(
        largest * inverse, regime, f"{_PAGE}#Theorem 10.12", (found,), stage="condition number"
    )


def inverse_bound(
    g: Majorant, order: int, num_steps: int, padding: int
) -> tuple[str, float, float]:
    """Regime, bound of ||C|| and bound of ||L^-1|| for block norms in units of r (Theorem 10.12).

    Parameters
    ----------
    g : Majorant
        Coefficients r^(k-1) g_k with g_k at least the norm of the flattened G_k.
    order, num_steps, padding : int
        N, T and p. Beyond 10^5 steps powers are summed in closed form where theta <= 1, and not at
        all (infinity) where the table of block norms would be needed.
    """
    T, p, theta = num_steps, padding, sum(g.coefficients)
    ones = 1 / (2 * math.sin(math.pi / (4 * (T + p + 1) + 2)))
    if theta <= 1 and g.coefficients[0] == 0:
        regime = "dissipative" if theta < 1 else "norm-non-increasing"
        total = (1 - theta ** (T + 1)) / (1 - theta) if theta < 1 else T + 1.0
        return regime, theta, min(ones, total + p)
    if theta <= 1 and T > _LONG:
        total = (1 - theta ** (T + 1)) / (1 - theta) if theta < 1 else T + 1.0
        return "forced", math.sqrt(order) * theta, math.sqrt(order) * (total + p)
    nu = _powers(g, order, T, theta) if T <= _LONG else np.array([1.0, math.inf])
    return (
        "forced" if theta <= 1 else "growing", float(nu[1]), float(nu.sum() + p * nu.max())
    )  # fmt: skip


def repetitions_bound(
    system: Map,
    order: int,
    x0: ArrayLike,
    num_steps: int,
    padding: int = 0,
    *,
    scale: float = 1.0,
    throw: bool = True,
) -> Bound | Outcome:
    """1 / P of finding level 1 at one of the p + 1 final times (Theorem 10.13, a posteriori).

    P >= (p + 1) (||x_T|| - E_1^T)^2 / (sum_{k<T} s_k + (p + 1) s_T), s_k = sum_j r^{2 - 2j}
    (||x_k||^j + E_j^k)^2, with the trajectory x_k and the errors E of the majorant recursion. One
    over the square root of it is the number of rounds of amplitude amplification, up to pi / 4.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE`` unless ||x_T|| > E_1^T.
    """
    case = map_case(system, order, x0, num_steps)
    check_integer("padding", padding, 0)
    check_real("scale", scale, above=0)
    norms = np.linalg.norm(iterate(system, case.x0, num_steps), axis=1)
    errors = level_errors(multilinear_majorant(system), order, norms)
    left = float(norms[-1] - errors[-1, 0])

    def rule(_: object) -> Bound:
        seen = need("||x_T|| > E_1^T", left > 0, left, "raise the order, " + SMALLER_STEP)
        levels = np.arange(1, order + 1)
        sizes = (norms[:, None] ** levels + errors) * scale ** (1.0 - levels)
        shares = (sizes**2).sum(axis=1)
        total = shares[:-1].sum() + (padding + 1) * shares[-1]
        value = float(total / ((padding + 1) * left**2))
        return proved(
            value, "success probability", f"{_PAGE}#Theorem 10.13", (seen,), stage="repetitions"
        )

    return decide(rule, case, throw)


def _scaled(system: Map, order: int, scale: float, basis: str) -> Majorant:
    """Majorant of the blocks in units of r: coefficients r^(k-1) g_k, so that theta = g(1)."""
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    check_choice("basis", basis, ("kronecker", "isometric"))
    if basis == "kronecker":
        g = majorant(system).coefficients
    else:
        maps = (system,) if isinstance(system, PolynomialMap) else system.maps
        degree = max(m.degree for m in maps)
        g = tuple(
            max(symmetric_norm(m.G[k], k) for m in maps if m.degree >= k) for k in range(degree + 1)
        )
    return Majorant(tuple(value * scale ** (k - 1.0) for k, value in enumerate(trimmed(g))))


def _powers(g: Majorant, order: int, num_steps: int, theta: float) -> RealArray:
    """nu_k >= ||C^k|| for k = 0..T from the table of block norms."""
    kept, _ = level_coefficients(g, order)
    nu, power = np.ones(num_steps + 1), np.eye(order)
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(1, num_steps + 1):
            power = kept @ power
            nu[k] = np.linalg.norm(power, 2) if np.isfinite(power).all() else np.inf
            if theta <= 1:
                nu[k] = min(nu[k], math.sqrt(order) * theta**k)
    return nu
