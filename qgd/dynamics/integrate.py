"""The classical reference: Numba loops for maps, an adaptive Runge-Kutta for flows.

Every quantum answer is held against these; they know nothing of embeddings.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_increasing, check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.runge_kutta import dop853
from qgd.dynamics.series import evaluate_terms
from qgd.dynamics.system import Flow, Map, PolynomialMap, PolynomialSystem
from qgd.dynamics.terms import Terms
from qgd.problem.loss import Loss

_DIVERGED = 1e150


@njit(cache=True)
def _iterate(pointer, word, coefficient, x0, num_steps, out):  # type: ignore[no-untyped-def]
    n = x0.size
    increment, point = np.empty(n), np.ones(n + 1)
    out[0] = x0
    for k in range(num_steps):
        point[:n] = out[k]
        evaluate_terms(pointer, word, coefficient, point, increment)
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


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Solution of a flow at the requested times, with what it cost.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Requested times.
    values : ndarray, shape (m, n)
        x at these times.
    steps, rejected, evaluations : int
        Accepted and rejected steps, and evaluations of the field.
    """

    times: RealArray
    values: RealArray
    steps: int
    rejected: int
    evaluations: int

    @property
    def final(self) -> RealArray:
        """x at the last time, shape (n,)."""
        return np.asarray(self.values[-1])


def integrate(
    system: Flow,
    x0: ArrayLike,
    times: ArrayLike,
    *,
    rtol: float = 1e-12,
    atol: float = 1e-14,
    max_steps: int = 1_000_000,
) -> Trajectory:
    """Solve x' = sum_k F_k x^{(x)k} by the Dormand-Prince pair of order 8 (5, 3).

    Parameters
    ----------
    system : PolynomialSystem or TimeDependentSystem
        The flow; steps end where its coefficients change.
    x0 : array_like, shape (n,)
        x at ``times[0]``.
    times : array_like, shape (m,)
        Strictly increasing; between steps the dense output of order 7 is used.
    rtol, atol : float
        Tolerances of the local error, relative and absolute.
    max_steps : int
        Give up after so many steps.

    Raises
    ------
    QGDError
        With ``Outcome.DIVERGED`` when the step size collapses: the solution blows up, or the
        system is too stiff for an explicit method.
    """
    x = check_array("x0", x0, (system.num_variables,))
    return integrate_flow(system, x, times, rtol, atol, max_steps)


def integrate_flow(
    system: Flow,
    y0: RealArray,
    times: ArrayLike,
    rtol: float,
    atol: float,
    max_steps: int,
) -> Trajectory:
    """Run the kernel on a point (n,) or a series (n, N); values have shape (m, y0.size)."""
    t = check_increasing("times", times)
    options = rtol, atol, max_steps
    if isinstance(system, PolynomialSystem):
        return _integrate_terms(system.terms, y0, t, *options)
    inner = system.switches[(system.switches > t[0]) & (system.switches < t[-1])]
    every = np.union1d(t, inner)
    edges = np.searchsorted(every, [t[0], *inner, t[-1]])
    values, counts = [y0.reshape(1, -1)], np.zeros(3, dtype=int)
    for first, last in itertools.pairwise(edges):
        here, start = every[first : last + 1], values[-1][-1].reshape(y0.shape)
        path = _integrate_terms(system.at(here[0]).terms, start, here, *options)
        values.append(path.values[1:])
        counts += path.steps, path.rejected, path.evaluations
    kept = np.concatenate(values)[np.searchsorted(every, t)]
    return Trajectory(t, kept, *(int(count) for count in counts))


def _integrate_terms(
    terms: Terms,
    y0: RealArray,
    t: RealArray,
    rtol: float,
    atol: float,
    max_steps: int,
) -> Trajectory:
    check_real("rtol", rtol, above=0)
    check_real("atol", atol, above=0)
    check_integer("max_steps", max_steps, 1)
    out = np.empty((len(t), y0.size))
    steps, rejected, evaluations, reached = dop853(
        *terms, y0, t, float(rtol), float(atol), max_steps, out
    )
    if reached < t[-1] - t[0]:
        raise QGDError(
            Outcome.DIVERGED,
            f"the flow must reach t = {t[-1]:g}, got to t = {t[0] + reached:.6g} in "
            f"{steps + rejected} steps (max_steps = {max_steps}); it blows up or is stiff: shorten "
            "the time, raise max_steps or loosen rtol",
        )
    return Trajectory(t, out, steps, rejected, evaluations)
