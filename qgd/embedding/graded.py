"""The truncated Carleman solution of all orders at once, without the lift ("graded" evaluation).

Let F_0 = 0. Every path of the block-triangular truncated system that starts on level m <= N visits
only levels up to m, so level j of its solution is the part of degree <= N, in the initial value, of
x^{(x)j}. With x = sum_m w_m sorted by degree,

    flow:  w_m' = sum_k sum_{i_1 + ... + i_k = m} F_k (w_{i_1} (x) ... (x) w_{i_k}),
    map:   w_m <- w_m + the same sum,     w_1(0) = x_0,  w_m(0) = 0 for m > 1,

N n numbers and O(N^2) multiplications a term in place of n + n^2 + ... + n^N unknowns (Theorem 2.4
of proofs/02-truncation.md; a Volterra expansion, and not new). Nothing else about the truncated
system, its spectrum, its condition number or a discretisation in time, can be had this way.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_indices, check_integer, check_memory
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.integrate import check_defined_steps, integrate_flow
from qgd.dynamics.series import evaluate_series
from qgd.dynamics.system import (
    Flow,
    Map,
    PolynomialField,
    PolynomialMap,
    PolynomialSystem,
    TimeDependentMap,
    TimeDependentSystem,
)
from qgd.embedding.carleman import CarlemanSystem
from qgd.embedding.graded_solution import GradedSolution

_LARGEST = 1e150


def graded_integrate(
    system: Flow,
    order: int,
    x0: ArrayLike,
    times: ArrayLike,
    *,
    homogenised: bool = False,
    rtol: float = 1e-10,
    atol: float = 1e-14,
    max_steps: int = 1_000_000,
) -> GradedSolution:
    """Truncated Carleman solution of a flow for all orders up to N, exact in time to tolerance.

    Parameters
    ----------
    system : PolynomialSystem or TimeDependentSystem
        With F_0 = 0, unless `homogenised`.
    order : int
        N.
    x0 : array_like, shape (n,)
        x at ``times[0]``.
    times : array_like, shape (m,)
        Strictly increasing.
    homogenised : bool
        Count F_0 as of degree one (the Carleman system of (1, x), of dimension n + 1): it converges
        too, at some 1.2 to 1.4 times the order, and is not the truncation of the lift of x.
    rtol, atol : float
        Tolerances of the local error.

    Raises
    ------
    TypeError
        For a map, or for a lifted system that was discretised in time.
    ValueError
        If F_0 is not zero and `homogenised` is not set.
    QGDError
        With ``Outcome.DIVERGED`` if the step size collapses, ``TOO_LARGE`` before allocation.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialSystem
    >>> logistic = PolynomialSystem([[0.0], [[-1.0]], [[1.0]]])
    >>> graded_integrate(logistic, 3, [0.5], [0.0, 1.0]).solutions()[-1].round(4)
    array([[0.1839, 0.2421, 0.2605]])
    """
    _check_exact(system, (PolynomialSystem, TimeDependentSystem), "lifted_states")
    W = _start(system, order, x0, np.size(times), homogenised)
    path = integrate_flow(system, W, times, rtol, atol, max_steps)
    parts = path.values.reshape(len(path.times), *W.shape)
    counts = path.steps, path.rejected, path.evaluations
    return GradedSolution(path.times, parts, homogenised, *counts)


def graded_iterate(
    system: Map,
    order: int,
    x0: ArrayLike,
    num_steps: int,
    *,
    at: ArrayLike | None = None,
    homogenised: bool = False,
) -> GradedSolution:
    """Truncated Carleman solution of a map (exact lift) for all orders up to N.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        With F_0 = 0, unless `homogenised`.
    order, x0, homogenised
        As for `graded_integrate`.
    num_steps : int
        T, at least 0.
    at : array_like of int, optional
        Increasing step numbers to keep; by default all of 0, ..., T.
    """
    _check_exact(system, (PolynomialMap, TimeDependentMap), "CarlemanSystem.step")
    check_integer("num_steps", num_steps, 0)
    if isinstance(system, TimeDependentMap):
        check_defined_steps(system.num_steps, num_steps)
    kept = np.arange(num_steps + 1) if at is None else check_indices("at", at, num_steps + 1)
    if (np.diff(kept) <= 0).any() or kept.ndim != 1 or not len(kept):
        raise ValueError(f"`at` must be increasing step numbers, got {at!r}; sort them")
    W = _start(system, order, x0, len(kept), homogenised)
    parts = np.empty((len(kept), *W.shape))
    done = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for index, k in enumerate(kept):
            if isinstance(system, TimeDependentMap):
                for m in system.maps[done:k]:
                    _advance(*m.terms, W, 1)
            else:
                _advance(*system.terms, W, k - done)
            done = int(k)
            parts[index] = W
            if not np.abs(W).max() < _LARGEST:
                raise QGDError(
                    Outcome.DIVERGED,
                    f"the graded solution must stay finite, got {np.abs(W).max():.3g} by step {k}; "
                    "lower the order or the learning rate",
                )
    return GradedSolution(kept.astype(np.float64), parts, homogenised, done, 0, done)


@njit(cache=True)
def _advance(pointer, word, coefficient, W, num_steps):  # type: ignore[no-untyped-def]
    change = np.empty_like(W)
    for _ in range(num_steps):
        evaluate_series(pointer, word, coefficient, W, change)
        W += change


def _check_exact(system: object, expected: tuple[type, ...], remedy: str) -> None:
    """Only the dynamics itself is evaluated: a discretised lift is another system."""
    if not isinstance(system, expected):
        form = f" of form {system.form!r}" if isinstance(system, CarlemanSystem) else ""
        raise TypeError(
            f"`system` must be a {' or '.join(kind.__name__ for kind in expected)}, got a "
            f"{type(system).__name__}{form}: graded evaluation is exact in time and does not "
            f"reproduce a lift that was discretised or cut to first order; run that by `{remedy}`"
        )


def _start(
    system: Flow | Map, order: int, x0: ArrayLike, num_times: int, homogenised: bool
) -> RealArray:
    """Checked initial series: x_0 in degree one."""
    check_integer("order", order, 1)
    x = check_array("x0", x0, (system.num_variables,))
    fields: tuple[PolynomialField, ...]
    if isinstance(system, PolynomialSystem | PolynomialMap):
        fields = (system,)
    else:
        fields = system.maps if isinstance(system, TimeDependentMap) else system.systems
    if not homogenised:
        _check_unforced(fields)
    stages = 20 if isinstance(fields[0], PolynomialSystem) else 2
    check_memory(
        8.0 * (stages + num_times) * len(x) * order,
        f"a graded solution of order {order} in {len(x)} variables at {num_times} times",
        "lower the order or keep fewer times",
    )
    W = np.zeros((len(x), order))
    W[:, 0] = x
    return W


def _check_unforced(fields: tuple[PolynomialField, ...]) -> None:
    forced = max(float(np.abs(f.F[0].data).max(initial=0.0)) for f in fields)
    if forced > 0:
        raise ValueError(
            f"`system` must have F_0 = 0 for graded evaluation, got max |F_0| = {forced:.3g}: with "
            "it the truncated lift is not graded. Run the embedding itself (`carleman`, "
            "`truncated_solution`), shift to a fixed point, or pass homogenised=True for the "
            "closure that counts F_0 as of degree one"
        )
