"""Passes over long vectors: float32 or float64 in memory, every sum accumulated in float64.

A sum of 10^8 single-precision squares is wrong by several per cent when it is accumulated in
single precision; nothing else of the arithmetic of Lanczos is that fragile.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Vector = NDArray[np.float32] | NDArray[np.float64]

_BLOCK = 2048  # entries of a vector that stay in the first-level cache
_SUM = {"reassoc", "contract"}  # sums may be vectorised; NaN and infinity keep their meaning


@njit(cache=True, fastmath=_SUM)
def _recur(h: Any, v: Any, previous: Any, beta: float, out: Any) -> float:
    total = 0.0
    for i in range(len(v)):
        value = np.float64(h[i]) - beta * np.float64(previous[i])
        out[i] = value
        total += value * np.float64(v[i])
    return total


@njit(cache=True, fastmath=_SUM)
def _subtract(alpha: float, v: Any, out: Any) -> float:
    total = 0.0
    for i in range(len(v)):
        value = np.float64(out[i]) - alpha * np.float64(v[i])
        out[i] = value
        total += value * value
    return total


@njit(cache=True, fastmath=_SUM)
def _dot(a: Any, b: Any) -> float:
    total = 0.0
    for i in range(len(a)):
        total += np.float64(a[i]) * np.float64(b[i])
    return total


@njit(cache=True)
def _scale(factor: float, v: Any) -> None:
    for i in range(len(v)):
        v[i] *= factor


@njit(cache=True, fastmath=_SUM)
def _coefficients(V: Any, w: Any) -> Any:
    """V w, block by block, so that w is read from memory once."""
    count, n = V.shape
    c = np.zeros(count)
    for start in range(0, n, _BLOCK):
        piece = w[start : start + _BLOCK].astype(np.float64)
        for i in range(count):
            row = V[i, start : start + _BLOCK]
            total = 0.0
            for k in range(len(piece)):
                total += row[k] * piece[k]
            c[i] += total
    return c


@njit(cache=True, fastmath=_SUM)
def _remove(V: Any, c: Any, w: Any) -> float:
    """Replace w by w - V^T c, summed in float64; return its squared norm."""
    count, n = V.shape
    total = 0.0
    for start in range(0, n, _BLOCK):
        piece = w[start : start + _BLOCK].astype(np.float64)
        for i in range(count):
            row = V[i, start : start + _BLOCK]
            factor = c[i]
            for k in range(len(piece)):
                piece[k] -= factor * row[k]
        out = w[start : start + _BLOCK]
        for k in range(len(piece)):
            out[k] = piece[k]
            total += piece[k] * piece[k]
    return total


def recur(h: Vector, v: Vector, previous: Vector, beta: float, out: Vector) -> float:
    """Set ``out = h - beta previous`` (which may be `previous`) and return its product with v."""
    return float(_recur(h, v, previous, beta, out))


def subtract(alpha: float, v: Vector, out: Vector) -> float:
    """Set ``out -= alpha v`` and return the norm of the result."""
    return float(np.sqrt(_subtract(alpha, v, out)))


def dot(a: Vector, b: Vector) -> float:
    """Inner product in float64."""
    return float(_dot(a, b))


def scale(factor: float, v: Vector) -> None:
    """Multiply in place."""
    _scale(factor, v)


def orthogonalise(V: Vector, w: Vector, norm: float) -> float:
    """Remove the rows of V from w in place and return the norm of what is left.

    `norm` is the norm of w before. A pass that takes away more than 1 - 1/sqrt(2) of it has
    cancelled digits and is followed by another (twice is enough).
    """
    for _ in range(2):
        left = float(np.sqrt(_remove(V, _coefficients(V, w), w)))
        if left > 0.7071 * norm:
            break
        norm = left
    return left


def start_vector(size: int, distribution: str, dtype: Any, seed: tuple[int, int]) -> Vector:
    """Random vector of unit norm: the same for the same arguments, in pieces to save memory."""
    generator = np.random.default_rng(seed)
    v: Vector = np.zeros(size, dtype)
    for start in range(0, size, 1 << 20):
        piece = v[start : start + (1 << 20)]
        if distribution == "gaussian":
            piece[:] = generator.standard_normal(len(piece))
        else:
            piece[:] = 2.0 * generator.integers(0, 2, len(piece), dtype=np.int8) - 1.0
    scale(1 / np.sqrt(dot(v, v)), v)
    return v
