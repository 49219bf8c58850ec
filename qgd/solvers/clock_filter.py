"""What HHL rotates its flag by, value by value of the clock, and the function that results."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np

from qgd.core.arrays import RealArray

TIME = 7 * math.pi / 8
Table = Literal["fitted", "reciprocal"]
_OVERSAMPLING = 4096
_LARGEST_GRID = 2**24
_LARGEST_FIT = 9
_DAMPINGS = 10.0 ** np.arange(-8.0, 0.0, 0.5)


@lru_cache(maxsize=64)
def filter_error(kappa: float, num_clock: int, table: Table) -> float:
    """Proved sup over [1/kappa, 1] of |f(x) / C - 1/x| (Theorem 5.5).

    Sampled on a uniform grid of spacing h by one FFT; between samples a function exceeds its
    linear interpolant at most by h^2 / 8 sup |second derivative|, and Bernstein's inequality
    bounds that of f by ((M - 1) t)^2 because |f| <= 1.
    """
    size = 2**num_clock
    weights = sine_weights(kappa, num_clock, table)
    points = min(_OVERSAMPLING * size, _LARGEST_GRID)
    spectrum = np.zeros(points // 2 + 1, dtype=complex)
    spectrum[1 : len(weights) + 1] = -0.5j * weights
    values = np.fft.irfft(spectrum, points) * points
    spacing = 2 * math.pi / (TIME * points)
    first = math.floor(1 / kappa / spacing)
    if first == 0:  # the grid starts above 1 / kappa; |f| <= 1 still bounds the error
        return 3 * kappa
    last = min(math.ceil(1 / spacing), points // 2)
    x = spacing * np.arange(first, last + 1)
    deviation = np.abs(2 * kappa * values[first : last + 1] - 1 / x).max()
    curvature = 2 * kappa * ((size - 1) * TIME) ** 2 + 2 / x[0] ** 3
    return float(deviation + spacing**2 / 8 * curvature)


def window(num_clock: int) -> RealArray:
    """sqrt(2 / M) sin(pi (tau + 1/2) / M), of unit norm."""
    size = 2**num_clock
    return math.sqrt(2 / size) * np.sin(np.pi * (np.arange(size) + 0.5) / size)


def reciprocal_table(kappa: float, num_clock: int) -> RealArray:
    """g_k = C / lambda_k with C = 1/(2 kappa), linear in lambda below C; k in two's complement."""
    size = 2**num_clock
    k = np.arange(size)
    k = np.where(k < size // 2, k, k - size)
    eigenvalue = 2 * math.pi * k / (size * TIME)
    floor = 1 / (2 * kappa)
    small = np.abs(eigenvalue) < floor
    values = np.where(small, eigenvalue / floor, floor / np.where(small, 1.0, eigenvalue))
    values[size // 2] = 0.0
    return values


def sine_weights(kappa: float, num_clock: int, table: Table) -> RealArray:
    """b_d = (2 / M) W_d sum_k g_k sin(2 pi k d / M), W the autocorrelation of the window."""
    size = 2**num_clock
    spectrum = -np.fft.fft(inverse_table(kappa, num_clock, table)).imag
    return np.asarray(2 / size * _autocorrelation(num_clock) * spectrum[1:size])


@lru_cache(maxsize=64)
def inverse_table(kappa: float, num_clock: int, table: Table) -> RealArray:
    """g_k, odd in k and at most 1 in modulus; beyond 9 clock qubits all tables are reciprocal."""
    fitted = table == "fitted" and num_clock <= _LARGEST_FIT
    return fitted_table(kappa, num_clock) if fitted else reciprocal_table(kappa, num_clock)


def fitted_table(kappa: float, num_clock: int) -> RealArray:
    """The g_k that bring the clock's filter closest to C / x on [1/kappa, 1], C = 1/(2 kappa).

    f(x) = sum_k |alpha_k(x)|^2 g_k is linear in g: damped least squares at Chebyshev nodes, with
    the damping that leaves the smallest error among those that keep |g_k| <= 1. The reciprocal
    table instead reads each value of the clock as if it were the eigenvalue.
    """
    size = 2**num_clock
    count = 8 * size + 50
    low = 1 / kappa
    x = low + (1 - low) * (1 - np.cos(np.pi * (np.arange(count) + 0.5) / count)) / 2
    d, k = np.arange(1, size), np.arange(1, size // 2)
    series = np.sin(np.outer(x, d) * TIME) * (2 / size * _autocorrelation(num_clock))
    columns = series @ (2 * np.sin(2 * np.pi * np.outer(d, k) / size))
    W, sigma, Vh = np.linalg.svd(columns, full_matrices=False)
    image = W.T @ (1 / x)
    best, smallest = reciprocal_table(kappa, num_clock), math.inf
    for damping in _DAMPINGS * math.sqrt(count):
        g = Vh.T @ (sigma / (sigma**2 + damping**2) * image) / (2 * kappa)
        deviation = float(np.abs(2 * kappa * (columns @ g) - 1 / x).max())
        if np.abs(g).max() <= 1 and deviation < smallest:
            best, smallest = np.concatenate(([0.0], g, [0.0], -g[::-1])), deviation
    return best


def _autocorrelation(num_clock: int) -> RealArray:
    """sum_tau w_tau w_{tau+d} for d = 1, ..., M - 1."""
    size = 2**num_clock
    spectrum = np.abs(np.fft.rfft(window(num_clock), 2 * size)) ** 2
    return np.asarray(np.fft.irfft(spectrum)[1:size])
