"""The first-order lift in closed form: when small learning rates make its two errors small."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.checks import check_array, check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.rest_points import rest_points, trimmed
from qgd.dynamics.system import PolynomialMap
from qgd.embedding.bounds.cases import CLOSER, SMALLER_STEP
from qgd.embedding.bounds.discrete import affine_bound
from qgd.embedding.bounds.verdict import need, proved

_THEOREM = "10-closed-bounds.md#Theorem 10.14"
_RADII = np.geomspace(1.0, 1e4, 400)


def first_order_closed_bounds(
    system: PolynomialMap, order: int, x0: ArrayLike, num_steps: int, *, throw: bool = True
) -> tuple[Bound, Bound] | Outcome:
    """Truncation and lifting error of the first-order lift in closed form (Theorem 10.14).

    If theta = max_{j<=N} ||I + j F_1|| + j (f_0 / r + f_2 r + f_3 r^2 + ...) <= 1 for some r, then

        truncation <= r min(1, T N b) (w / r)^(N+1),    b = f_2 r + f_3 r^2 + ...,
        lifting    <= N (N - 1) / 2 (d^2 / r) (1 + theta + ... + theta^(T-1)),

    w = max(||x_0||, r_-) <= r and d = f_0 + f_1 w + f_2 w^2 + ...; the best r is taken. For
    F_1 = -eta H the condition is one of small learning rates, N (eta L + mu) <= 2. Norms are those
    of the flattened matrices. `first_order_bounds` is never larger and needs no condition.

    Parameters
    ----------
    system : PolynomialMap
        In the coordinates that are lifted.
    order : int
        N.
    x0 : array_like, shape (n,)
        Start.
    num_steps : int
        T.
    throw : bool
        Whether to raise when no r satisfies the condition.

    Returns
    -------
    truncation, discretisation : Bound
    """
    check_integer("order", order, 1)
    check_integer("num_steps", num_steps, 0)
    x = check_array("x0", x0, (system.num_variables,))
    try:
        return _bounds(system, order, float(np.linalg.norm(x)), num_steps)
    except QGDError as error:
        if throw or error.outcome is not Outcome.NOT_APPLICABLE:
            raise
        return error.outcome


def _bounds(
    system: PolynomialMap, order: int, radius: float, num_steps: int
) -> tuple[Bound, Bound]:
    f = trimmed([operator_norm(Fk) for Fk in system.F])
    identity = eye_array(system.num_variables, format="csr")
    diagonal = [operator_norm(csr_array(identity + j * system.F[1])) for j in range(1, order + 1)]
    excess = [f[0], diagonal[0] - 1, *f[2:]]
    contracts = need("||I + F_1|| < 1", diagonal[0] < 1, diagonal[0], SMALLER_STEP)
    if len(f) == 2:
        lower, truncation = f[0] / (1 - diagonal[0]), affine_bound()
    else:
        lower, upper, lowest = rest_points(excess)
        need("min_x g(x) - x <= 0", lowest <= 0, lowest, SMALLER_STEP)
        need("||x_0|| / r_+ <= 1", radius <= upper, radius / upper, CLOSER)
    w = max(radius, lower)
    r = (w if w > 0 else 1.0) * _RADII
    theta = _row_sums(f, diagonal, r)
    small = need(
        "min_r max_j ||I + j F_1|| + j (f_0 / r + f_2 r + ...) <= 1", bool(theta.min() <= 1),
        float(theta.min()), "lower the learning rate or the order",
    )  # fmt: skip
    r, theta = r[theta <= 1], theta[theta <= 1]
    b = sum(fk * r ** (k - 1) for k, fk in enumerate(f) if k > 1)
    dropped = r * np.minimum(1.0, num_steps * order * b) * (w / r) ** (order + 1)
    d = sum(fk * w**k for k, fk in enumerate(f))
    repeats = np.where(theta < 1, -np.expm1(num_steps * np.log(theta)), 0.0)
    repeats = np.where(theta < 1, repeats / np.where(theta < 1, 1 - theta, 1.0), num_steps)
    lifted = order * (order - 1) / 2 * d**2 / r * repeats
    best = int(np.argmin(dropped + lifted))
    found = (contracts, small)
    if len(f) > 2:
        truncation = proved(float(dropped[best]), "first-order closed form", _THEOREM, found)
    lifting = proved(
        float(lifted[best]), "first-order closed form", _THEOREM, found, stage="discretisation"
    )
    return truncation, lifting


def _row_sums(f: tuple[float, ...], diagonal: list[float], r: RealArray) -> RealArray:
    """max_j of the sums of the scaled block norms of row j, for each r."""
    rate = f[0] / r + sum(fk * r ** (k - 1) for k, fk in enumerate(f) if k > 1)
    rows = [value + j * rate for j, value in enumerate(diagonal, start=1)]
    return np.asarray(np.max(rows, axis=0)) + math.ulp(1.0)
