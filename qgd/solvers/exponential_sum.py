"""Sums of unitaries that stand for a decaying evolution, with one error bound for all of them.

For L with 0 <= L <= tau / T and Hermitian H, sum_j c_j e^{-i T (k_j L + H)} differs from
e^{-T (L + i H)} by at most the Fourier-Stieltjes norm of

    E(s) = sum_j c_j e^{-i k_j s} - e^{-s}    on 0 <= s <= tau

(Theorem 14.1), however little L and H commute: by Trotter's formula the difference is a limit of
sums of E over paths. That norm is at most sqrt(||E|| ||E'|| + (|E(0)|^2 + |E(tau)|^2) / 2), with
L2 norms on [0, tau] (Theorem 14.2), or a quadratic form of the weights that is a little larger:
they may be chosen by least squares, and whatever nodes and weights are taken, the bound is proved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from qgd.core.arrays import Array, RealArray


@dataclass(frozen=True, eq=False)
class ExponentialSum:
    """Nodes k_j and weights c_j with sum_j c_j e^{-i k_j s} ~ e^{-s} on [0, interval].

    Parameters
    ----------
    nodes : ndarray, shape (M,)
        k_j, real.
    weights : ndarray, shape (M,), complex
        c_j.
    interval : float
        tau >= ||L|| T.
    """

    nodes: RealArray
    weights: Array
    interval: float

    @property
    def weight_norm(self) -> float:
        """sum_j |c_j|: the subnormalisation of a linear combination of the unitaries."""
        return float(np.abs(self.weights).sum())

    @property
    def reach(self) -> float:
        """max_j |k_j|, to which the times of the Hamiltonian simulations are proportional."""
        return float(np.abs(self.nodes).max())

    @property
    def query_factor(self) -> float:
        """sqrt(1 + max k^2) sum |c|: calls of one run over its amplitude, in units of alpha T."""
        return math.hypot(1.0, self.reach) * self.weight_norm

    @cached_property
    def error(self) -> float:
        """Proved bound of || sum_j c_j e^{-iT(k_j L + H)} - e^{-T(L + iH)} || (Theorem 14.2)."""
        s, w, rest = _quadrature(self.reach, self.interval, self.weight_norm)
        waves = np.exp(-1j * np.outer(s, self.nodes))
        value = waves @ self.weights - np.exp(-s)
        slope = waves @ (-1j * self.nodes * self.weights) + np.exp(-s)
        size = math.sqrt(float(w @ np.abs(value) ** 2) + rest)
        change = math.sqrt(float(w @ np.abs(slope) ** 2) + rest * max(1.0, self.reach) ** 2)
        start = abs(complex(self.weights.sum()) - 1)
        end = abs(
            complex(np.exp(-1j * self.interval * self.nodes) @ self.weights)
            - math.exp(-self.interval)
        )
        return math.sqrt(size * change + (start**2 + end**2) / 2)

    def scalar_error(self, points: int = 2001) -> float:
        """Largest |E(s)| on a grid: the error for L and H that commute, a lower bound of it all."""
        s = np.linspace(0, self.interval, points)
        values = np.exp(-1j * np.outer(s, self.nodes)) @ self.weights
        return float(np.abs(values - np.exp(-s)).max())


def fit_weights(nodes: RealArray, interval: float, epsilon: float, balance: float) -> Array | None:
    """Weights of small norm with a proved error of at most epsilon on [0, tau], if there are any.

    Minimises (a ||E||^2 + ||E'||^2 / a + |E(0)|^2 + |E(tau)|^2) / 2 + lambda^2 ||c||^2 with
    a = `balance` and the largest lambda for which the first part stays below epsilon^2.
    """
    s, w, _ = _quadrature(float(np.abs(nodes).max()), interval, 1.0)
    waves = np.exp(-1j * np.outer(np.concatenate((s, s, [0.0, interval])), nodes))
    count = len(s)
    rows = np.sqrt(np.concatenate((w * balance / 2, w / balance / 2, [0.5, 0.5])))
    waves[count : 2 * count] *= 1j * nodes
    wanted = rows * np.exp(-np.concatenate((s, s, [0.0, interval])))
    W, sigma, Vh = np.linalg.svd(rows[:, None] * waves, full_matrices=False)
    image = W.conj().T @ wanted
    outside = max(0.0, float(np.linalg.norm(wanted - W @ image)))

    def residual(damping: float) -> float:
        return math.hypot(
            outside, float(np.linalg.norm(damping**2 / (sigma**2 + damping**2) * image))
        )

    low, high = 1e-15 * float(sigma[0]), 10 * float(sigma[0])
    if residual(low) > epsilon:
        return None
    for _ in range(40):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if residual(middle) > epsilon else (middle, high)
    return np.asarray(Vh.conj().T @ (sigma / (sigma**2 + low**2) * image))


def unreachable(epsilon: float, interval: float, what: str) -> ValueError:
    """The error raised when no rule of a kernel reaches an accuracy."""
    return ValueError(
        f"`epsilon` must be within reach of {what}, got {epsilon:.3g} on [0, {interval:.4g}]; "
        "raise epsilon, or use the kernel LeastSquares()"
    )


def _quadrature(reach: float, interval: float, size: float) -> tuple[RealArray, RealArray, float]:
    """Gauss points, weights, and the remainder for |E|^2, an entire function of type 2 max(1, K).

    The n-point rule errs by at most tau^(2n+1) n!^4 / ((2n+1) (2n)!^3) times the largest derivative
    of order 2n, here at most (2 max(1, K))^(2n) (1 + sum |c|)^2.
    """
    bandwidth = 2 * max(1.0, reach) * interval
    n = math.ceil(20 + 0.5 * bandwidth)
    x, w = _gauss(n)
    log_rest = (
        2 * n * math.log(bandwidth) + math.log(interval) + 4 * math.lgamma(n + 1)
        - math.log(2 * n + 1) - 3 * math.lgamma(2 * n + 1) + 2 * math.log(1 + size)
    )  # fmt: skip
    return (x + 1) * interval / 2, w * interval / 2, math.exp(min(log_rest, 700.0))


@lru_cache(maxsize=256)
def _gauss(count: int) -> tuple[RealArray, RealArray]:
    return np.polynomial.legendre.leggauss(count)
