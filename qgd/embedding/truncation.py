"""What the truncation at order N costs: theorems return a `Bound`, and say which theorem."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_array, check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.dissipation import Majorant
from qgd.dynamics.integrate import check_defined_steps
from qgd.dynamics.multilinear import multilinear_majorant
from qgd.dynamics.system import Map, TimeDependentMap
from qgd.embedding.carleman import Basis, CarlemanSystem, carleman


def majorant_bound(
    system: Map,
    order: int,
    x0_norm: float,
    num_steps: int,
    norm_bounds: ArrayLike | None = None,
) -> Bound:
    """||x_T - y_T|| by the scalar majorant recursion on all levels (Theorem 2.1).

    With g_k at least the multilinear norm of G_k, c_{jm} the coefficient of x^m in g(x)^j, and
    w_k >= ||x_k||,

        E_j^{k+1} = sum_{1<=m<=N} c_{jm} E_m^k + sum_{m>N} c_{jm} w_k^m,   E^0 = 0,

    and ||x_T - y_T|| <= E_1^T. No dissipation, no sparsity and no condition on F_0 is assumed; the
    bound is infinite when the w_k are. Equality holds for n = 1 with non-negative coefficients.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        The map in the coordinates that are lifted.
    order : int
        N.
    x0_norm : float
        ||x_0||_2.
    num_steps : int
        T.
    norm_bounds : array_like, shape (at least T,), optional
        Proved w_k; by default the iterates of g.
    """
    g, w = _inputs(system, order, x0_norm, num_steps, norm_bounds)
    errors = level_errors(g, order, np.append(w[:num_steps], 0.0))
    return _bound(errors[-1, 0], "majorant recursion", "Theorem 2.1", w)


def level_errors(g: Majorant, order: int, norms: RealArray) -> RealArray:
    """E_j^k of Theorem 2.1 for the norms w_0, ..., w_T, shape (T + 1, N); w_T is not used."""
    kept, dropped = level_coefficients(g, order)
    errors = np.zeros((len(norms), order))
    with np.errstate(over="ignore", invalid="ignore"):
        for k, w in enumerate(norms[:-1]):
            errors[k + 1] = kept @ errors[k] + _remainder(dropped, order, float(w))
    return errors


def majorant_only_bound(g: Majorant, order: int, x0_norm: float, num_steps: int) -> Bound:
    """The bound of `majorant_bound` from a majorant alone, in O(log T) products of N x N matrices.

    The first steps are taken one by one, later ones in runs a hundredth of their distance long,
    with the largest w_k of the run (entries are non-negative, so that is an upper bound).

    Parameters
    ----------
    g : Majorant
        Of the map.
    order, x0_norm, num_steps
        As for `majorant_bound`.

    Examples
    --------
    >>> majorant_only_bound(Majorant((0.0, 0.5, 0.1)), 2, 1.0, 10**6).value < 1e-12
    True
    """
    check_integer("order", order, 1)
    if not any(g.coefficients[2:]):
        return Bound("truncation", 0.0, Kind.PROVED, "affine map", "02-truncation.md#Theorem 2.3")
    w = g.iterates(x0_norm, num_steps)[: max(num_steps, 1)]
    kept, dropped = level_coefficients(g, order)
    error, k = np.zeros(order), 0
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        while k < num_steps:
            run = min(1 + k // 100, num_steps - k)
            step = np.zeros((order + 1, order + 1))
            step[:order, :order], step[order, order] = kept, 1.0
            step[:order, order] = _remainder(dropped, order, float(w[k : k + run].max()))
            error = (np.linalg.matrix_power(step, run) @ [*error, 1.0])[:order]
            k += run
    return _bound(error[0], "majorant recursion", "Theorem 2.1", w)


def propagated_bound(
    system: Map,
    order: int,
    x0_norm: float,
    num_steps: int,
    norm_bounds: ArrayLike | None = None,
) -> Bound:
    """||x_T - y_T|| with the remainders propagated by the embedding itself (Theorem 2.2).

        ||x_T - y_T|| <= sum_{k<T} sum_j ||(C_{T-1} ... C_{k+1})_{1j}||_2 sum_{m>N} c_{jm} w_k^m.

    The norms are those on symmetric tensors. Mostly tighter than `majorant_bound`, because what
    contracts inside the matrix is seen to contract; costs T products of an n x dimension matrix
    with C, dimension C(n + N, N) - 1. Parameters as there.
    """
    g, w = _inputs(system, order, x0_norm, num_steps, norm_bounds)
    _, dropped = level_coefficients(g, order)
    # All vectors of the embedding are symmetric tensors: norms on these, in fewer coordinates.
    steps = _embedded(system, order, num_steps, "isometric")
    levels = steps[0].levels
    rows = np.eye(system.num_variables, steps[0].dimension)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(num_steps - 1, -1, -1):
            norms = np.array([np.linalg.norm(rows[:, level], 2) for level in levels])
            total += float(norms @ _remainder(dropped, order, w[k]))
            rows = (steps[k % len(steps)].matrix.T @ rows.T).T
    return _bound(total, "propagated remainders", "Theorem 2.2", w)


def functional_bound(
    system: Map, order: int, functional: ArrayLike, x0_norm: float, num_steps: int
) -> Bound:
    """|d . (x_T, ..., x_T^{(x)N}) - d . y_T| for one linear functional (Theorem 2.2).

    Parameters
    ----------
    functional : array_like, shape (n + ... + n^N,)
        d, on the Kronecker basis without scale; other parameters as for `majorant_bound`.
    """
    g, w = _inputs(system, order, x0_norm, num_steps, None)
    steps = _embedded(system, order, num_steps)
    row = check_array("functional", functional, (steps[0].dimension,)).copy()
    if system.degree <= 1:
        return Bound("truncation", 0.0, Kind.PROVED, "affine map", "02-truncation.md#Theorem 2.3")
    _, dropped = level_coefficients(g, order)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(num_steps - 1, -1, -1):
            norms = np.array([np.linalg.norm(row[level]) for level in steps[0].levels])
            total += float(norms @ _remainder(dropped, order, w[k]))
            row = steps[k % len(steps)].matrix.T @ row
    return _bound(total, "propagated remainders of a functional", "Theorem 2.2", w)


def truncation_bound(
    system: Map,
    order: int,
    x0_norm: float,
    num_steps: int,
    norm_bounds: ArrayLike | None = None,
) -> Bound:
    """Return the smaller of the proved bounds; zero when the map is affine.

    An affine map is embedded exactly at every order: no word of level 1 ever leaves level 1. Where
    the matrices of `propagated_bound` would not fit into memory, `majorant_bound` stands alone.
    """
    if system.degree <= 1:
        return Bound("truncation", 0.0, Kind.PROVED, "affine map", "02-truncation.md#Theorem 2.3")
    inputs = system, order, x0_norm, num_steps, norm_bounds
    simple = majorant_bound(*inputs)
    try:
        propagated = propagated_bound(*inputs)
    except QGDError as error:
        if error.outcome is not Outcome.TOO_LARGE:
            raise
        return simple
    # They often agree to rounding; which theorem is named must not hang on that.
    return propagated if propagated.value < (1 - 1e-9) * simple.value else simple


def _embedded(
    system: Map, order: int, num_steps: int, basis: Basis = "kronecker"
) -> list[CarlemanSystem]:
    """One embedded map for all steps, or one for each; at least one, also for T = 0."""
    if not isinstance(system, TimeDependentMap):
        return [carleman(system, order, basis=basis)]
    check_defined_steps(system.num_steps, num_steps)
    return [carleman(m, order, basis=basis) for m in system.maps[: max(num_steps, 1)]]


def _inputs(
    system: Map,
    order: int,
    x0_norm: float,
    num_steps: int,
    norm_bounds: ArrayLike | None,
) -> tuple[Majorant, RealArray]:
    check_integer("order", order, 1)
    check_integer("num_steps", num_steps, 0)
    g = multilinear_majorant(system)
    w = g.iterates(x0_norm, num_steps)
    if norm_bounds is not None:
        given = np.asarray(norm_bounds, dtype=np.float64)
        if given.ndim != 1 or len(given) < num_steps:
            raise ValueError(
                f"`norm_bounds` must hold at least num_steps = {num_steps} numbers, got shape "
                f"{given.shape}"
            )
        w[:num_steps] = np.minimum(w[:num_steps], given[:num_steps])
    return g, w[: max(num_steps, 1)]


def level_coefficients(g: Majorant, order: int) -> tuple[RealArray, RealArray]:
    """c_{jm} for 1 <= j <= N, split into 1 <= m <= N and m > N."""
    degree = len(g.coefficients) - 1
    table = np.zeros((order, degree * order + 1))
    power = np.ones(1)
    for j in range(order):
        power = np.convolve(power, g.coefficients)
        table[j, : len(power)] = power
    return table[:, 1 : order + 1], table[:, order + 1 :]


def _remainder(dropped: RealArray, order: int, w: float) -> RealArray:
    """sum_{m>N} c_{jm} w^m for each level j."""
    powers = float(w) ** np.arange(order + 1, order + 1 + dropped.shape[1])
    return dropped @ powers


def _bound(value: float, source: str, theorem: str, w: RealArray) -> Bound:
    finite = bool(np.isfinite(w).all()) and bool(np.isfinite(value))
    return Bound(
        stage="truncation",
        value=float(value) if finite else math.inf,
        kind=Kind.PROVED,
        source=source,
        theorem=f"02-truncation.md#{theorem}",
        assumptions=(Assumption("w_k >= ||x_k||_2 for all steps", True, float(w.max())),),
    )
