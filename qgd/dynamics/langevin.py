"""Monte Carlo reference for noisy gradient flows of angles: independent paths, no embedding."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import (
    check_array,
    check_increasing,
    check_integer,
    check_memory,
    check_real,
)
from qgd.problem.trigonometric import TrigonometricLoss


@dataclass(frozen=True, eq=False)
class LangevinSample:
    """Averages of exp(i k . theta) over independent paths, with what they cost.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Requested times.
    waves : ndarray of int, shape (w, p)
        The vectors k.
    mean : ndarray of complex, shape (m, w)
        Averages over the paths.
    standard_error : ndarray of complex, shape (m, w)
        Standard errors, of the cosine in the real and of the sine in the imaginary part.
    angles : ndarray, shape (num_paths, p)
        All paths at the last time, not wrapped.
    steps, evaluations : int
        Time steps of a path, and gradients in all.
    """

    times: RealArray
    waves: IntArray
    mean: NDArray[np.complex128]
    standard_error: NDArray[np.complex128]
    angles: RealArray
    steps: int
    evaluations: int


def sample_langevin(
    loss: TrigonometricLoss,
    theta0: ArrayLike,
    times: ArrayLike,
    *,
    noise: float,
    learning_rate: float = 1.0,
    num_paths: int = 20_000,
    step_size: float = 0.01,
    waves: ArrayLike | None = None,
    rng: int | np.random.Generator = 0,
) -> LangevinSample:
    """Sample d theta = -eta grad L(theta) dt + sqrt(2 D) dW by the stochastic Heun method.

        p = theta + h b(theta) + s xi,   theta+ = theta + h (b(theta) + b(p)) / 2 + s xi,

    with b = -eta grad L, s = sqrt(2 D h) and normal xi: of weak order two, as the noise is additive
    (Kloeden, Platen, Numerical Solution of Stochastic Differential Equations, Section 15.1).

    Parameters
    ----------
    loss : TrigonometricLoss
        L.
    theta0 : array_like, shape (p,)
        Angles of every path at ``times[0]``.
    times : array_like, shape (m,)
        Strictly increasing.
    noise : float
        D >= 0.
    learning_rate : float
        eta >= 0.
    num_paths : int
        At least 2.
    step_size : float
        Largest time step h; each interval is divided evenly.
    waves : array_like of int, shape (w, p), optional
        The k to average; by default the unit vectors.
    rng : int or numpy.random.Generator
        Source of the noise; one seed gives one sample.

    Examples
    --------
    >>> free = sample_langevin(TrigonometricLoss.cosines([((1,), 0.0, 0.0)]), [0.0], [0.0, 1.0],
    ...                        noise=0.5, num_paths=1000, step_size=0.5)
    >>> gap = free.mean[-1, 0] - np.exp(-0.5)
    >>> bool(abs(gap.real) < 5 * free.standard_error[-1, 0].real)
    True
    """
    p = loss.num_variables
    start = check_array("theta0", theta0, (p,))
    t = check_increasing("times", times)
    D = check_real("noise", noise, at_least=0)
    eta = check_real("learning_rate", learning_rate, at_least=0)
    check_integer("num_paths", num_paths, 2)
    largest = check_real("step_size", step_size, above=0)
    k = _checked_waves(waves, p)
    check_memory(
        8.0 * num_paths * (3 * p + 4 * len(k)),
        f"{num_paths} paths of {p} angles and {len(k)} waves",
        "lower `num_paths`",
    )
    generator = np.random.default_rng(rng)
    theta = np.tile(start, (num_paths, 1))
    m, cosine, sine = gradient_terms(loss)
    averages = [_averages(theta, k)]
    steps = 0
    for interval in np.diff(t):
        count = math.ceil(interval / largest * (1 - 1e-12))
        h = float(interval) / count
        for _ in range(count):
            kick = math.sqrt(2 * D * h) * generator.standard_normal(theta.shape)
            heun_step(m, cosine, sine, eta * h, kick, theta)
        steps += count
        averages.append(_averages(theta, k))
    mean, error = (np.array(parts) for parts in zip(*averages, strict=True))
    return LangevinSample(t, k, mean, error, theta, steps, 2 * steps * num_paths)


def shot_noise(learning_rate: float, variance: float, shots: int = 1) -> float:
    """Diffusion constant D = eta sigma^2 / (2 shots) of gradient descent with noisy gradients.

    A step theta+ = theta - eta (grad L + xi) with independent xi of mean 0 and covariance
    (sigma^2 / shots) I moves theta by noise of variance eta^2 sigma^2 / shots. The flow of
    `koopman` with learning rate 1 takes the time eta for it and diffuses by 2 D eta; equating both
    gives D. The noise is assumed isotropic and the same at all angles, and eta small: means agree
    to O(eta) at a fixed time (Li, Tai, E, arXiv:1511.06251).

    Parameters
    ----------
    learning_rate : float
        eta > 0 of the descent.
    variance : float
        sigma^2 >= 0, of one component of the gradient estimated from one shot.
    shots : int
        Shots averaged in one gradient.

    Examples
    --------
    >>> shot_noise(0.1, 2.0, shots=5)
    0.02
    """
    eta = check_real("learning_rate", learning_rate, above=0)
    sigma2 = check_real("variance", variance, at_least=0)
    return eta * sigma2 / (2 * check_integer("shots", shots, 1))


def gradient_terms(loss: TrigonometricLoss) -> tuple[RealArray, RealArray, RealArray]:
    """m, a, b with grad L = sum m (a cos(m . theta) + b sin(m . theta)), one of each m, -m."""
    k, c = loss.frequencies, loss.coefficients
    positive = len(k) - len(k) // 2  # sorted, and closed under k -> -k
    m, half = k[positive:], c[positive:]
    return m.astype(np.float64), -2 * half.imag, -2 * half.real


@njit(cache=True)
def heun_step(m, cosine, sine, step, kick, theta):  # type: ignore[no-untyped-def]
    """One step of all paths in place; `step` is eta h, `kick` the noise, shape (paths, p)."""
    paths, p = theta.shape
    here, there, moved = np.empty(p), np.empty(p), np.empty(p)
    for path in range(paths):
        _gradient(m, cosine, sine, theta[path], here)
        for i in range(p):
            moved[i] = theta[path, i] - step * here[i] + kick[path, i]
        _gradient(m, cosine, sine, moved, there)
        for i in range(p):
            theta[path, i] += kick[path, i] - 0.5 * step * (here[i] + there[i])


@njit(cache=True)
def _gradient(m, cosine, sine, theta, out):  # type: ignore[no-untyped-def]
    out[:] = 0.0
    for term in range(len(m)):
        phase = 0.0
        for i in range(len(out)):
            phase += m[term, i] * theta[i]
        value = cosine[term] * np.cos(phase) + sine[term] * np.sin(phase)
        for i in range(len(out)):
            out[i] += m[term, i] * value


def _checked_waves(waves: ArrayLike | None, p: int) -> IntArray:
    k = np.eye(p, dtype=np.int64) if waves is None else np.asarray(waves)
    if k.ndim != 2 or k.shape[1] != p or not len(k):
        raise ValueError(f"`waves` must have shape (at least 1, {p}), got {k.shape}")
    if k.dtype.kind not in "iu":
        raise TypeError(f"`waves` must be integers, got {k.dtype}")
    return k.astype(np.int64)


def _averages(
    theta: RealArray, waves: IntArray
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Mean of exp(i k . theta) over the paths, and the standard errors of its two parts."""
    phase = theta @ waves.T
    parts = np.cos(phase), np.sin(phase)
    mean = parts[0].mean(axis=0) + 1j * parts[1].mean(axis=0)
    root = math.sqrt(len(theta))
    error = (parts[0].std(axis=0, ddof=1) + 1j * parts[1].std(axis=0, ddof=1)) / root
    return mean, error
