"""Embeddings that do not step exactly: the first-order lift of a map, Taylor steps of a flow."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm
from scipy.sparse import csr_array, eye_array
from scipy.special import gammainc

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_array, check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.dissipation import log_norm, majorant
from qgd.dynamics.multilinear import flow_multilinear_majorant
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.embedding.carleman import CarlemanSystem
from qgd.embedding.koopman import KoopmanSystem

_PAGE = "06-discretisation.md"
_INTERVALS = 64
Flow = TypeVar("Flow", CarlemanSystem, KoopmanSystem)


def first_order_bounds(
    system: PolynomialMap,
    order: int,
    x0_norm: float,
    num_steps: int,
    norm_bounds: ArrayLike | None = None,
) -> tuple[Bound, Bound]:
    """Truncation and lifting error of the first-order embedding of a map (Theorem 6.1).

    With f_k = ||F_k||, w_k >= ||x_k||, d_k = f_0 + f_1 w_k + f_2 w_k^2 + ... >= ||x_{k+1} - x_k||,

        E_j^{k+1} = ||I + j F_1|| E_j^k + j f_0 E_{j-1}^k + j sum_{l>=2, j+l-1<=N} f_l E_{j+l-1}^k
                  + j sum_{j+l-1>N} f_l w_k^{j+l-1}                       (truncation)
                  + j (j - 1) / 2 max(w_k, w_{k+1})^{j-2} d_k^2           (lifting, O(eta^2) a step)

    The recursion is linear, so the two sources are reported apart. `norm_bounds` are proved w_k,
    as many as there are; by default, and for what is missing, the iterates of the majorant serve.

    Returns
    -------
    truncation, discretisation : Bound
    """
    f = [operator_norm(Fk) for Fk in system.F]
    g = majorant(system)
    w = g.iterates(x0_norm, num_steps)
    if norm_bounds is not None:
        given = check_array("norm_bounds", norm_bounds, (None,))[: num_steps + 1]
        w[: len(given)] = np.minimum(w[: len(given)], given)
        for k in range(num_steps):
            w[k + 1] = min(w[k + 1], g(float(w[k])))
    identity = eye_array(system.num_variables, format="csr")
    diagonal = [operator_norm(csr_array(identity + j * system.F[1])) for j in range(1, order + 1)]
    step, tail = _derivation_norms(f, diagonal, order)
    truncation = lifting = np.zeros(order)
    j = np.arange(1, order + 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(num_steps):
            d = sum(fk * w[k] ** power for power, fk in enumerate(f))
            larger = max(w[k], w[k + 1])
            defect = np.where(j > 1, j * (j - 1) / 2 * larger ** np.maximum(j - 2, 0) * d**2, 0)
            truncation = step @ truncation + tail @ _powers(w[k], order, tail.shape[1])
            lifting = step @ lifting + defect
    common = (Assumption("w_k >= ||x_k||_2 for all steps", True, float(w.max())),)
    return (
        _proved("truncation", truncation[0], "first-order recursion", "Theorem 6.1", common),
        _proved("discretisation", lifting[0], "first-order lift", "Theorem 6.1", common),
    )


def flow_truncation_bound(
    system: PolynomialSystem, order: int, x0_norm: float, time: float
) -> Bound:
    """||x(T) - y(T)|| of the truncated embedding of a flow (Theorem 6.2).

    With f_k at least the multilinear norm of F_k, mu the log-norm of F_1 and W(t) >= ||x(t)||, the
    errors of the levels obey

        E_j' <= j mu E_j + j f_0 E_{j-1} + j sum_{k>=2} f_k E_{j+k-1},   E_m := W^m for m > N,

    a linear system with non-negative off-diagonal entries. W is taken constant on each of 64
    intervals, and the comparison system solved by matrix exponentials.
    """
    if system.degree <= 1:
        check_integer("order", order, 1)
        return _proved("truncation", 0.0, "affine flow", "Theorem 6.2", ())
    return level_recursion_bound(list(flow_multilinear_majorant(system)), order, x0_norm, time)


def level_recursion_bound(f: list[float], order: int, x0_norm: float, time: float) -> Bound:
    """The bound of `flow_truncation_bound` from numbers alone: f_0, mu, f_2, ..."""
    check_integer("order", order, 1)
    if not any(f[2:]):
        return _proved("truncation", 0.0, "affine flow", "Theorem 6.2", ())
    times = time * np.arange(1, _INTERVALS + 1) / _INTERVALS
    norms = flow_norm_bounds(tuple(f), x0_norm, times)
    if not np.isfinite(norms).all():
        return _proved("truncation", math.inf, "level recursion", "Theorem 6.2", ())
    diagonal = [f[1] * j for j in range(1, order + 1)]
    generator, tail = _derivation_norms(f, diagonal, order)
    error = np.zeros(order)
    for W in norms:
        augmented = np.zeros((order + 1, order + 1))
        augmented[:order, :order] = generator
        augmented[:order, order] = tail @ _powers(W, order, tail.shape[1])
        error = (expm(augmented * (time / _INTERVALS)) @ [*error, 1.0])[:order]
    return _proved(
        "truncation",
        float(error[0]),
        "level recursion",
        "Theorem 6.2",
        (Assumption("W_i >= ||x(t)||_2 on each interval", True, float(norms[-1])),),
    )


def flow_norm_bounds(
    coefficients: tuple[float, ...], x0_norm: float, times: RealArray
) -> RealArray:
    """W_i >= ||x(t)|| for t <= times[i], by comparison with w' = p(w) (Lemma 6.3).

    p(w) = f_0 + mu w + f_2 w^2 + ... is convex for w >= 0, so its maximum over a cell lies at an
    end and the comparison needs at least (cell width) / (that maximum) to cross the cell. The
    bound is infinite where the flow may blow up.
    """
    unit = max(1.0, x0_norm)
    grid = x0_norm + unit * np.concatenate(([0.0], np.geomspace(1e-8, 1e4, 40_000)))
    speed = np.polynomial.Polynomial(coefficients)(grid)
    fastest = np.maximum(np.maximum(speed[:-1], speed[1:]), 0.0)
    with np.errstate(divide="ignore"):
        crossed = np.concatenate(([0.0], np.cumsum(np.diff(grid) / fastest)))
    # crossed[i] is a lower bound of the time at which w may first exceed grid[i].
    reach = np.searchsorted(crossed, times, side="left")
    return np.where(reach < len(grid), grid[np.minimum(reach, len(grid) - 1)], np.inf)


def taylor_step(flow: Flow, step_size: float, taylor_order: int = 8) -> Flow:
    """One time step of an embedded flow: y+ = T_k(h A) y + h sum_{i<k} (h A)^i / (i + 1)! c.

    Parameters
    ----------
    flow : CarlemanSystem or KoopmanSystem
        From `carleman(PolynomialSystem, ...)` or `koopman`.
    step_size : float
        h > 0.
    taylor_order : int
        k >= 1; k = 1 is the forward Euler method of Liu et al., arXiv:2011.03185.
    """
    check_real("step_size", step_size, above=0)
    check_integer("taylor_order", taylor_order, 1)
    if flow.form != "flow":
        raise ValueError(f"`flow` must be an embedded flow, got form {flow.form!r}")
    identity = eye_array(flow.dimension, format="csr")
    hA = csr_array(flow.matrix * step_size)
    # T_k = I + hA P and the offset is h P c, with P = sum_{i<k} (hA)^i / (i+1)!.
    series = csr_array(identity / math.factorial(taylor_order))
    for i in range(taylor_order - 2, -1, -1):
        series = csr_array(hA @ series + identity / math.factorial(i + 1))
    return replace(
        flow,
        matrix=csr_array(identity + hA @ series),
        offset=step_size * np.asarray(series @ flow.offset),
        form="taylor",
    )


def taylor_bound(
    flow: Flow, step_size: float, taylor_order: int, x0: ArrayLike, num_steps: int
) -> Bound:
    """Error of T Taylor steps against the exact-in-time embedded flow (Theorem 6.4, a posteriori).

    With z = h ||A||, R_k(z) = sum_{i>k} z^i / i! and the computed states y~_i,

        delta_{i+1} <= e^{mu h} delta_i + R_k(z) (||y~_i|| + ||c|| / ||A||),

    mu the log-norm of A. The result is multiplied by the scale r to speak of x.
    """
    step = taylor_step(flow, step_size, taylor_order)
    norm = operator_norm(flow.matrix)
    z = step_size * norm
    with np.errstate(over="ignore"):
        # R_k(z) = e^z P(k + 1, z) with the regularised incomplete gamma function P.
        remainder = float(np.exp(z) * gammainc(taylor_order + 1, z))
        growth = float(np.exp(log_norm(flow.matrix) * step_size))
    source = float(np.linalg.norm(flow.offset)) / norm if norm > 0 else 0.0
    y, error = flow.lift(x0), 0.0
    for _ in range(num_steps):
        error = growth * error + remainder * (float(np.linalg.norm(y)) + source)
        y = step.step(y)
    return _proved(
        "discretisation", flow.scale * error, f"Taylor step of order {taylor_order}",
        "Theorem 6.4", (Assumption("h ||A|| finite", math.isfinite(z), z),),
    )  # fmt: skip


def check_reaches(bound: Bound) -> None:
    """Refuse a flow whose norm bound is infinite: nothing could be said of its truncation."""
    if math.isinf(bound.value):
        raise QGDError(
            Outcome.TRUNCATION_NOT_CONVERGED,
            "the proved truncation bound must be finite, got inf; the flow may blow up before the "
            "final time: shorten the time or start closer to the fixed point",
        )


def _derivation_norms(
    f: list[float], diagonal: list[float], order: int
) -> tuple[RealArray, RealArray]:
    """Level-by-level norms of a derivation: the kept part and the dropped columns m > N."""
    degree = len(f) - 1
    table = np.zeros((order, order + max(degree, 1)))
    for j in range(1, order + 1):
        table[j - 1, j - 1] = diagonal[j - 1]
        if j > 1:
            table[j - 1, j - 2] = j * f[0]
        for k in range(2, degree + 1):
            table[j - 1, j + k - 2] = j * f[k]
    return table[:, :order], table[:, order:]


def _powers(w: float, order: int, count: int) -> RealArray:
    """w^(N+1), w^(N+2), ..."""
    return np.asarray(float(w) ** np.arange(order + 1, order + 1 + count))


def _proved(
    stage: str, value: float, source: str, theorem: str, assumptions: tuple[Assumption, ...]
) -> Bound:
    size = float(value) if math.isfinite(value) else math.inf
    return Bound(stage, size, Kind.PROVED, source, f"{_PAGE}#{theorem}", assumptions=assumptions)
