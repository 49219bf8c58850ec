"""The classical reference: Numba loops for maps, an adaptive Runge-Kutta for flows.

Every quantum answer is held against these; they know nothing of embeddings.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.system import Map, PolynomialMap, PolynomialSystem
from qgd.problem.loss import Loss

_DIVERGED = 1e150


@njit(cache=True)
def evaluate_terms(row, start, factor, coefficient, x, out):  # type: ignore[no-untyped-def]
    """out = sum of the terms at x; the arrays are those of `Terms`."""
    out[:] = 0.0
    for t in range(row.size):
        value = coefficient[t]
        for p in range(start[t], start[t + 1]):
            value *= x[factor[p]]
        out[row[t]] += value


@njit(cache=True)
def _iterate(row, start, factor, coefficient, x0, num_steps, out):  # type: ignore[no-untyped-def]
    increment = np.empty_like(x0)
    out[0] = x0
    for k in range(num_steps):
        evaluate_terms(row, start, factor, coefficient, out[k], increment)
        out[k + 1] = out[k] + increment


def iterate(system: Map, x0: ArrayLike, num_steps: int) -> RealArray:
    """Run a polynomial map: all iterates x_0, ..., x_T as an array of shape (T + 1, n).

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        The map; a time-dependent one must define at least `num_steps` steps.
    x0 : array_like, shape (n,)
        Start.
    num_steps : int
        T, at least 0.

    Raises
    ------
    QGDError
        With ``Outcome.DIVERGED`` when an iterate is not finite; the message names the step.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> iterate(PolynomialMap([[0.0], [[-0.5]]]), [1.0], 2).ravel()
    array([1.  , 0.5 , 0.25])
    """
    check_integer("num_steps", num_steps, 0)
    x = check_array("x0", x0, (system.num_variables,))
    path = np.empty((num_steps + 1, system.num_variables))
    path[0] = x
    if isinstance(system, PolynomialMap):
        _iterate(*system.terms, x, num_steps, path)
    else:
        check_defined_steps(system.num_steps, num_steps)
        for k in range(num_steps):
            _iterate(*system.maps[k].terms, path[k].copy(), 1, path[k : k + 2])
    _check_finite(path)
    return path


def check_defined_steps(defined: int, num_steps: int) -> None:
    """A time-dependent map must define every step that is asked for."""
    if num_steps > defined:
        raise ValueError(
            f"`num_steps` must be at most {defined}, the number of maps in the sequence, "
            f"got {num_steps}; lengthen the sequence"
        )


def descend(loss: Loss, weights: ArrayLike, learning_rate: float, num_steps: int) -> RealArray:
    """Plain gradient descent w <- w - eta grad L(w) on any loss; iterates of shape (T + 1, n).

    Raises
    ------
    QGDError
        With ``Outcome.DIVERGED`` when an iterate is not finite; the message names the step.
    """
    check_integer("num_steps", num_steps, 0)
    check_real("learning_rate", learning_rate, above=0)
    path = np.empty((num_steps + 1, loss.num_weights))
    path[0] = check_array("weights", weights, (loss.num_weights,))
    for k in range(num_steps):
        with np.errstate(over="ignore", invalid="ignore"):
            path[k + 1] = path[k] - learning_rate * loss.gradient(path[k])
        if not np.abs(path[k + 1]).max() < _DIVERGED:
            _check_finite(path[: k + 2])
    return path


def _check_finite(path: RealArray) -> None:
    bad = np.flatnonzero(~(np.abs(path) < _DIVERGED).all(axis=1))
    if len(bad):
        raise QGDError(
            Outcome.DIVERGED,
            f"the iterates must stay finite, got {np.abs(path[bad[0]]).max():.3g} at step "
            f"{bad[0]}; lower the learning rate",
        )


# Dormand-Prince 5(4), FSAL; nodes, stages, weights, and weights of the error estimate.
_A = np.zeros((7, 6))
_A[1, :1] = [1 / 5]
_A[2, :2] = [3 / 40, 9 / 40]
_A[3, :3] = [44 / 45, -56 / 15, 32 / 9]
_A[4, :4] = [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]
_A[5, :5] = [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]
_A[6, :6] = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]
_E = np.array([71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])


@njit(cache=True)
def _integrate(  # type: ignore[no-untyped-def]
    row, start, factor, coefficient, x0, times, rtol, atol, max_steps, A, E, out
):
    """Adaptive steps that land on every requested time; returns the steps and the time reached."""
    n = x0.size
    stage = np.empty((7, n))
    x, trial = x0.copy(), np.empty(n)
    out[0] = x0
    evaluate_terms(row, start, factor, coefficient, x, stage[0])
    speed = np.abs(stage[0]).max()
    h = 0.01 * (atol + rtol + np.abs(x).max()) / speed if speed > 0 else times[-1] - times[0]
    h = max(h, 1e-12 * (times[-1] - times[0]))
    t = times[0]
    steps = 0
    for target in range(1, times.size):
        while t < times[target]:
            last = t + h * (1 + 1e-12) >= times[target]
            step = times[target] - t if last else h
            if steps == max_steps or t + step == t:
                return steps, t
            for s in range(1, 7):
                trial[:] = x
                for r in range(s):
                    trial += step * A[s, r] * stage[r]
                evaluate_terms(row, start, factor, coefficient, trial, stage[s])
            error = 0.0
            for i in range(n):
                defect = 0.0
                for s in range(7):
                    defect += E[s] * stage[s, i]
                scale = atol + rtol * max(abs(x[i]), abs(trial[i]))
                # max() drops NaN, which is what a field beyond overflow gives.
                if math.isfinite(defect) and math.isfinite(scale):
                    error = max(error, abs(step * defect) / scale)
                else:
                    error = math.inf
            steps += 1
            if error == math.inf:
                h = step * 0.1
                continue
            if error <= 1.0:
                t = times[target] if last else t + step
                x[:] = trial
                stage[0] = stage[6]
            h = step * min(5.0, max(0.2, 0.9 * max(error, 1e-10) ** -0.2))
        out[target] = x
    return steps, t


def integrate(
    system: PolynomialSystem,
    x0: ArrayLike,
    times: ArrayLike,
    *,
    rtol: float = 1e-12,
    atol: float = 1e-14,
    max_steps: int = 1_000_000,
) -> RealArray:
    """Solve x' = sum_k F_k x^{(x)k} with an adaptive Dormand-Prince 5(4) method.

    Parameters
    ----------
    system : PolynomialSystem
        The flow.
    x0 : array_like, shape (n,)
        x at ``times[0]``.
    times : array_like, shape (m,)
        Strictly increasing; the solution is returned at exactly these times.
    rtol, atol : float
        Tolerances of the local error, relative and absolute.
    max_steps : int
        Give up after so many steps.

    Returns
    -------
    ndarray, shape (m, n)

    Raises
    ------
    QGDError
        With ``Outcome.DIVERGED`` when the step size collapses: the solution blows up, or the
        system is too stiff for an explicit method.
    """
    x = check_array("x0", x0, (system.num_variables,))
    t = check_array("times", times, (None,))
    check_real("rtol", rtol, above=0)
    check_real("atol", atol, above=0)
    check_integer("max_steps", max_steps, 1)
    late = np.flatnonzero(np.diff(t) <= 0)
    if len(late):
        raise ValueError(
            f"`times` must be strictly increasing, got {t[late[0] + 1]:g} after {t[late[0]]:g} at "
            f"index {late[0] + 1}; sort them and drop repeats"
        )
    out = np.empty((len(t), len(x)))
    elapsed = t - t[0]
    steps, reached = _integrate(
        *system.terms, x, elapsed, float(rtol), float(atol), max_steps, _A, _E, out
    )
    if reached < elapsed[-1]:
        raise QGDError(
            Outcome.DIVERGED,
            f"the flow must reach t = {t[-1]:g}, got to t = {t[0] + reached:.6g} in {steps} steps "
            f"(max_steps = {max_steps}); it blows up or is stiff: shorten the time, raise "
            "max_steps or loosen rtol",
        )
    return out
