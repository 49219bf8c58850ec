"""Norms ||S x|| in which a non-normal linear part contracts: quadratic Lyapunov functions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov
from scipy.optimize import minimize

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array
from qgd.dynamics.multilinear import flow_multilinear_majorant, multilinear_majorant
from qgd.dynamics.rest_points import rest_points, trimmed
from qgd.dynamics.system import Dynamics, PolynomialField, PolynomialSystem, TimeDependentMap

SystemT = TypeVar("SystemT", bound=Dynamics)
_WORST_CONDITION = 1e6
_SEARCHED_VARIABLES = 6


@dataclass(frozen=True, eq=False)
class LyapunovNorm:
    """The norm ||S x||_2, P = S^T S, and what it makes of a system.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        S, scaled so that ||S^-1||_2 = 1: errors in this norm are errors in the Euclidean one.
    number : float
        R_P = max(||S x_0||, r_-) / r_+; below one the truncation converges for all times.
        Infinite when there are no fixed points in this norm.
    """

    matrix: RealArray
    number: float


def change_basis(system: SystemT, matrix: ArrayLike) -> SystemT:
    """The same flow or map in the variables v = S x: F_k becomes S F_k (S^-1)^{(x)k}."""
    n = system.num_variables
    S = check_array("matrix", matrix, (n, n))
    if isinstance(system, TimeDependentMap):
        moved = TimeDependentMap(tuple(change_basis(m, S) for m in system.maps))
        return cast(SystemT, moved)
    inverse = np.linalg.inv(S)
    F = []
    for k, Fk in enumerate(cast(PolynomialField, system).F):
        tensor = (S @ Fk.toarray()).reshape((n,) * (k + 1))
        for axis in range(1, k + 1):
            tensor = np.moveaxis(np.tensordot(tensor, inverse, axes=(axis, 0)), -1, axis)
        F.append(tensor.reshape(n, n**k))
    return cast(SystemT, type(system)(F))


def lyapunov_norm(system: Dynamics, x0: ArrayLike, *, evaluations: int = 60) -> LyapunovNorm:
    """Look for the quadratic Lyapunov function with the smallest R_P.

    Starts: the Euclidean norm, the solution of the Lyapunov equation of the linear part, the
    eigenbasis; the best of them is improved by a simplex search (up to six variables). Any S gives
    a bound, so nothing depends on how good the minimum is.

    Parameters
    ----------
    system : PolynomialSystem, PolynomialMap or TimeDependentMap
        Whose linear part should be stable; if not, `number` is infinite.
    x0 : array_like, shape (n,)
        Start.
    evaluations : int
        Effort of the search, in systems of one step; 0 for none.

    References
    ----------
    Jennings et al., arXiv:2509.07155: every quadratic Lyapunov function of the linear part has its
    own criterion R_P < 1.

    Examples
    --------
    >>> shear = PolynomialSystem([[0.0, 0.0], [[-1.0, 5.0], [0.0, -1.0]], np.full((2, 4), 0.01)])
    >>> lyapunov_norm(shear, [0.1, 0.1]).number < 0.1
    True
    """
    x = check_array("x0", x0, (system.num_variables,))

    def number(S: RealArray) -> float:
        return _number(change_basis(system, S), S @ x)

    candidates = [np.eye(len(x)), *_starts(system)]
    scores = [number(S) for S in candidates]
    best, score = candidates[int(np.argmin(scores))], min(scores)
    if isinstance(system, TimeDependentMap):
        evaluations //= len(system.maps)
    if evaluations and len(x) <= _SEARCHED_VARIABLES:
        best, score = _search(number, best, score, evaluations)
    scaled = best * np.linalg.norm(np.linalg.inv(best), 2)
    return LyapunovNorm(scaled, score if score < _INFEASIBLE else math.inf)


_INFEASIBLE = 1e3


def _number(system: Dynamics, v: RealArray) -> float:
    """R_P; where there is none, a number above 1000 that falls towards feasibility."""
    if isinstance(system, PolynomialSystem):
        excess: Sequence[float] = flow_multilinear_majorant(system)
    else:
        excess = [g - (k == 1) for k, g in enumerate(multilinear_majorant(system).coefficients)]
    excess, radius = trimmed(excess), float(np.linalg.norm(v))
    if excess[1] >= 0:
        return _INFEASIBLE * (2 + excess[1])
    if len(excess) == 2:
        return 0.0
    lower, upper, lowest = rest_points(excess)
    if lowest > 0:
        return _INFEASIBLE * (1 + lowest / (1 + lowest))
    return max(radius, lower) / upper


def _starts(system: Dynamics) -> list[RealArray]:
    """S from the Lyapunov equation of the linear part, and from its eigenvectors."""
    is_flow = isinstance(system, PolynomialSystem)
    if isinstance(system, TimeDependentMap):
        M = np.mean([m.G[1].toarray() for m in system.maps], axis=0)
    elif isinstance(system, PolynomialSystem):
        M = system.F[1].toarray()
    else:
        M = system.G[1].toarray()
    values, vectors = np.linalg.eig(M)
    stable = (values.real if is_flow else np.abs(values)).max() < (0 if is_flow else 1)
    found = []
    if np.linalg.cond(vectors) < _WORST_CONDITION:
        inverse = np.linalg.inv(vectors)
        found.append((inverse.conj().T @ inverse).real)
    if stable:
        Q = np.eye(len(M))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nearly marginal: P is examined below, not trusted
            found.append(
                solve_continuous_lyapunov(M.T, -Q) if is_flow else solve_discrete_lyapunov(M.T, Q)
            )
    factors = []
    for P in found:
        if not np.isfinite(P).all():
            continue
        eigenvalues, basis = np.linalg.eigh((P + P.T) / 2)
        if eigenvalues[0] * _WORST_CONDITION**2 > eigenvalues[-1] > 0:
            factors.append(np.sqrt(eigenvalues)[:, None] * basis.T)
    return factors


def _search(
    number: Callable[[RealArray], float], start: RealArray, score: float, evaluations: int
) -> tuple[RealArray, float]:
    """Improve S by multiplying with upper triangular matrices."""
    n = len(start)
    upper = np.triu_indices(n, 1)

    def build(parameters: RealArray) -> RealArray:
        T = np.diag(np.exp(np.clip(np.append(0.0, parameters[: n - 1]), -12, 12)))
        T[upper] = parameters[n - 1 :]
        return np.asarray(T @ start)

    if n == 1:
        return start, score
    size = n - 1 + len(upper[0])
    found = minimize(
        lambda parameters: number(build(parameters)),
        np.zeros(size),
        method="Nelder-Mead",
        options={"maxfev": evaluations, "initial_simplex": _simplex(size), "xatol": 1e-3},
    )
    return (build(found.x), float(found.fun)) if found.fun < score else (start, score)


def _simplex(size: int) -> RealArray:
    return np.vstack((np.zeros(size), 0.3 * np.eye(size)))
