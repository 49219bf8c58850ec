"""What the cutoff of the Fourier lattice costs: a proved bound, and an estimate."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import comb

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_memory, check_real
from qgd.embedding.couplings import couplings, places, real_couplings
from qgd.embedding.exponential import lifted_states
from qgd.embedding.koopman import KoopmanSystem, koopman
from qgd.problem.trigonometric import TrigonometricLoss

_STEP_NORM = 4.0  # h ||A||: powers grow to e^4 before they cancel
_DEGREE = 32  # 4^33 / 33! = 8e-18
_PIECES = 8  # in which the flux of a step is integrated


def koopman_bound(
    system: KoopmanSystem, time: float, observable: TrigonometricLoss | None = None
) -> Bound:
    """Distance of the truncated means at `time` from the true ones, from every start.

    The observable f is evolved instead of the state: its coefficients v obey v' = A^T v, and what
    flows out of the lattice, B^T v with the couplings B to waves outside, is all that the cutoff
    neglects. A diffusion averages, so that no error grows (Theorem 9.3, D = 0 included):

        |E f(theta(T)) - f . y_K(T)| <= int_0^T sum_{k outside} |(B^T v(s))_k| ds.

    The integral is bounded, not estimated, along Taylor steps of degree 32 (Theorem 9.4). Noise
    damps v near the edge; without it the bound is of the size of f itself for long.

    Parameters
    ----------
    system : KoopmanSystem
        Of a flow.
    time : float
        T >= 0.
    observable : TrigonometricLoss, optional
        f, inside the cutoff. By default the 2 p numbers that `KoopmanSystem.project` reads, with
        the bound in the Euclidean norm.

    Returns
    -------
    Bound
        PROVED; of every initial distribution of the angles alike, not of one start.

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` if the derivatives of the observables do not fit into memory.

    Examples
    --------
    >>> from qgd.problem.trigonometric import TrigonometricLoss
    >>> loss = TrigonometricLoss.cosines([((1,), -1.0, 0.0)])
    >>> koopman_bound(koopman(loss, 12, noise=0.5), 2.0).value < 1e-9
    True
    """
    _check_flow(system)
    T = check_real("time", time, at_least=0)
    if observable is None:
        start = np.eye(system.dimension, system.num_variables)
    else:
        start = system.functional(observable)[1][:, None]
    outside = _outflow(system)
    floats = (_DEGREE + 2.0) * start.shape[1] * (system.dimension + _PIECES * outside.shape[1])
    check_memory(
        8.0 * floats,
        f"evolving {start.shape[1]} observables of dimension {system.dimension}",
        "lower the cutoff or give one `observable`",
    )
    errors = _dynkin(system, outside, start, T)
    value = float(np.linalg.norm(errors))
    return Bound(
        stage="truncation",
        value=value if math.isfinite(value) else math.inf,
        kind=Kind.PROVED,
        source=f"flux through the cutoff {system.cutoff}",
        theorem="09-koopman.md#Theorem 9.4",
        assumptions=(Assumption("D >= 0", system.noise >= 0, system.noise),),
    )


def koopman_estimate(
    system: KoopmanSystem,
    theta0: ArrayLike,
    time: float,
    observable: TrigonometricLoss | None = None,
) -> Bound:
    """Estimate the same distance for one start from a smaller and a larger cutoff.

    With d the change from K to K + s, rho its ratio to the change from K - s to K and
    s = max(K / 4, largest frequency of L), the estimate is 2 d / (1 - rho); infinite for rho >= 1,
    or where K - s keeps no wave or not all of the observable.
    Nothing is proved, and without noise convergence is erratic. Parameters as for `koopman_bound`;
    `theta0` is the start, shape (p,).
    """
    _check_flow(system)
    T = check_real("time", time, above=0)
    K = system.cutoff
    stride = max(-(-K // 4), int(system.loss.degrees.max(initial=1)))
    needed = 1
    if observable is not None:
        needed = int(system.lattice.reach(observable.frequencies).max(initial=1))
    smaller = max(K - stride, needed)
    source = f"cutoff {K + stride} minus cutoff {K}"
    if smaller >= K:
        return Bound("truncation", math.inf, Kind.ESTIMATED, f"{source}: too few to tell")
    answers = []
    for cutoff in (smaller, K, K + stride):
        other = _with_cutoff(system, cutoff)
        *_, y = lifted_states(other, theta0, [0.0, T])
        answers.append(other.project(y) if observable is None else other.mean(observable, y))
    gaps = [float(np.linalg.norm(a - b)) for a, b in itertools.pairwise(answers)]
    ratio = gaps[1] / gaps[0] if gaps[0] > 0 else 0.0
    value = 2 * gaps[1] / (1 - ratio) if ratio < 1 else math.inf
    return Bound("truncation", value, Kind.ESTIMATED, source)


def _check_flow(system: KoopmanSystem) -> None:
    if system.form != "flow":
        raise ValueError(
            f"`system` must be a flow, got the form {system.form!r}; give it before `taylor_step`"
        )


def _with_cutoff(system: KoopmanSystem, cutoff: int) -> KoopmanSystem:
    if cutoff == system.cutoff:
        return system
    return koopman(
        system.loss,
        cutoff,
        noise=system.noise,
        learning_rate=system.learning_rate,
        shape=system.lattice.shape,
    )


def _outflow(system: KoopmanSystem) -> csr_array:
    """Couplings B to waves outside the lattice, cosines in the first half of the columns."""
    rows, targets, values = couplings(system.loss, system.lattice, system.learning_rate)
    place, sign = system.lattice.locate(targets)
    out = (place < 0) & (sign != 0)
    sign = sign[out]
    waves, column = np.unique(targets[out] * sign[:, None], axis=0, return_inverse=True)
    cosine = np.arange(len(waves))
    own = places(system.num_angles, system.lattice.size)
    columns = (cosine, cosine + len(waves))
    return real_couplings(rows[out], column.ravel(), sign, values[out], own, columns)


def _dynkin(system: KoopmanSystem, outside: csr_array, v: RealArray, T: float) -> RealArray:
    """The right-hand side of Theorem 9.4 for each column of v."""
    A, B = csr_array(system.matrix.T), csr_array(outside.T)
    size = abs(A)
    norm = math.sqrt(float(size.sum(axis=0).max()) * float(size.sum(axis=1).max()))
    steps = max(1, math.ceil(norm * T / _STEP_NORM))
    h = T / steps
    flux, cut, remainder = np.zeros((3, v.shape[1]))
    weights = _piecewise(_DEGREE, _PIECES)
    cosine, sine = places(system.num_angles, system.lattice.size)
    for _ in range(steps):
        term, total = v, np.zeros_like(v)
        flows = np.empty((_DEGREE + 1, B.shape[0], v.shape[1]))
        for power in range(_DEGREE + 1):  # term = (h A^T)^power v / power!
            flows[power] = B @ term
            total += term
            term = (h / (power + 1)) * (A @ term)
        flux += h * _integral(weights, flows)
        cut += np.hypot(term[cosine], term[sine]).sum(axis=0)
        remainder += np.linalg.norm(term, axis=0)
        v = total
    with np.errstate(over="ignore", invalid="ignore"):
        growth = np.exp(max(system.log_norm_bound, 0.0) * T)
        spread = math.sqrt(system.lattice.size) + T * float(np.linalg.norm(system.offset))
        return np.asarray(flux + cut + spread * growth * remainder)


def _piecewise(degree: int, pieces: int) -> RealArray:
    """Taylor coefficients of x^r at the left ends of the pieces of [0, 1], times their integrals.

    Row (i, l), column r: C(r, l) (i / s)^(r - l) / (s^(l + 1) (l + 1)).
    """
    left = np.arange(pieces)[:, None, None] / pieces
    order, power = np.arange(degree + 1)[:, None], np.arange(degree + 1)
    shifted = comb(power, order) * left ** np.maximum(power - order, 0)
    return np.asarray(shifted / (float(pieces) ** (order + 1) * (order + 1))).reshape(
        pieces * (degree + 1), degree + 1
    )


def _integral(weights: RealArray, flows: RealArray) -> RealArray:
    """Bound of int_0^1 sum_k |sum_l flows[l, k] x^l| dx, |.| over the cosine and sine of a wave."""
    parts = np.tensordot(weights, flows, axes=1)
    half = parts.shape[1] // 2
    return np.asarray(np.hypot(parts[:, :half], parts[:, half:]).sum(axis=(0, 1)))
