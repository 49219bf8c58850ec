"""A polynomial field at a point, or on truncated power series: the two inner loops of everything.

A series W of shape (n, N) stands for x(s) = sum_{m=1}^N W[:, m - 1] s^m, without a constant. The
field maps it to the series of sum_k F_k x(s)^{(x)k}, cut after s^N; F_0 counts as degree one. The
other arrays are those of `Terms`.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

_CHUNKS = 64


@njit(cache=True)
def evaluate_terms(pointer, word, coefficient, x, out):  # type: ignore[no-untyped-def]
    """out[:n] = the field at the point x[:n]; x[n] must be 1, for the letter n stands for it."""
    n, width = pointer.size - 1, word.shape[1]
    for i in range(n):
        total = 0.0
        # Unsigned indices, and two factors without a branch: most fields consist of such terms.
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + 1])):
            value = coefficient[t] * x[np.uint64(word[t, 0])]
            if width > 1:
                value *= x[np.uint64(word[t, 1])]
                for p in range(2, width):
                    letter = np.uint64(word[t, p])
                    if letter == n:
                        break
                    value *= x[letter]
            total += value
        out[i] = total


@njit(cache=True)
def evaluate_series(pointer, word, coefficient, W, out):  # type: ignore[no-untyped-def]
    """out = the field on the series W: O(N) work for a linear term, O(N^2) a further factor."""
    _series_rows(0, len(W), pointer, word, coefficient, W, out)


# Not cached: a kernel with threads that is read from its own cache while a caller is compiled makes
# the cache of that caller crash. It is compiled together with the caller and kept in its cache.
@njit(parallel=True)
def evaluate_series_parallel(pointer, word, coefficient, W, out):  # type: ignore[no-untyped-def]
    """The same on all threads: one region, for more work than that costs."""
    for chunk in prange(_CHUNKS):
        low, high = len(W) * chunk // _CHUNKS, len(W) * (chunk + 1) // _CHUNKS
        _series_rows(low, high, pointer, word, coefficient, W, out)


@njit(cache=True)
def _series_rows(low, high, pointer, word, coefficient, W, out):  # type: ignore[no-untyped-def]
    n, order = W.shape
    width = word.shape[1]
    product, longer = np.empty(order), np.empty(order)
    for i in range(low, high):
        out[i] = 0.0
        for t in range(pointer[i], pointer[i + 1]):
            c = coefficient[t]
            first = word[t, 0]
            if first == n:
                out[i, 0] += c
            elif width == 1 or word[t, 1] == n:
                for m in range(order):
                    out[i, m] += c * W[first, m]
            elif width == 2 or word[t, 2] == n:
                second = word[t, 1]
                for a in range(order - 1):
                    scaled = c * W[first, a]
                    for b in range(order - 1 - a):
                        out[i, a + b + 1] += scaled * W[second, b]
            else:
                for m in range(order):
                    product[m] = c * W[first, m]
                for p in range(1, width):
                    letter = word[t, p]
                    if letter == n:
                        break
                    longer[:] = 0.0
                    # A product of p factors starts at degree p.
                    for a in range(p - 1, order - 1):
                        for b in range(order - 1 - a):
                            longer[a + b + 1] += product[a] * W[letter, b]
                    product[:] = longer
                for m in range(order):
                    out[i, m] += product[m]
