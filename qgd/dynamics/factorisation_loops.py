"""`qgd.dynamics.factorisation_kernels` for ranks whose rows fill no registers: plain loops.

The same functions with the rank as a number, so that one compilation serves them all.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from qgd.dynamics.rows import MATH

_1 = np.uint64(1)


@njit(cache=True, fastmath=set(MATH))
def residual(access, values, w, rank, out):  # type: ignore[no-untyped-def]
    """out_t = u_i . v_j - r_ij; returns the sum of its squares."""
    pointer, items, _ = access
    users, r = np.uint64(pointer.size - 1), np.uint64(rank)
    squares = 0.0
    for i in range(users):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = users + np.uint64(items[t])
            e = -values[t]
            for a in range(r):
                e += w[r * i + a] * w[r * j + a]
            out[t] = e
            squares += np.float64(e) * np.float64(e)
    return squares


@njit(cache=True, fastmath=set(MATH))
def adjoint(access, s, y, ridge, rank, out):  # type: ignore[no-untyped-def]
    """out = A(s, y) + ridge y."""
    pointer, items, _ = access
    users, r = np.uint64(pointer.size - 1), np.uint64(rank)
    for q in range(np.uint64(out.size)):
        out[q] = ridge * y[q]
    for i in range(users):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = users + np.uint64(items[t])
            for a in range(r):
                out[r * i + a] += s[t] * y[r * j + a]
                out[r * j + a] += s[t] * y[r * i + a]


@njit(cache=True, fastmath=set(MATH))
def hessian(access, e, w, x, ridge, rank, out):  # type: ignore[no-untyped-def]
    """out = A(p(w, x), w) + A(e, x) + ridge x, the Hessian at w applied to x."""
    pointer, items, _ = access
    users, r = np.uint64(pointer.size - 1), np.uint64(rank)
    for q in range(np.uint64(out.size)):
        out[q] = ridge * x[q]
    for i in range(users):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = users + np.uint64(items[t])
            d = ridge * 0
            for a in range(r):
                d += x[r * i + a] * w[r * j + a] + w[r * i + a] * x[r * j + a]
            for a in range(r):
                out[r * i + a] += d * w[r * j + a] + e[t] * x[r * j + a]
                out[r * j + a] += d * w[r * i + a] + e[t] * x[r * i + a]


@njit(cache=True, fastmath=set(MATH))
def cubic(access, x, y, z, rank, out):  # type: ignore[no-untyped-def]
    """out = A(p(x, y), z) + A(p(y, z), x) + A(p(x, z), y): the fourth derivative, symmetric."""
    pointer, items, _ = access
    users, r = np.uint64(pointer.size - 1), np.uint64(rank)
    out[:] = 0
    for i in range(users):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = users + np.uint64(items[t])
            xy, yz, xz = out[0] * 0, out[0] * 0, out[0] * 0
            for a in range(r):
                m, n = r * i + a, r * j + a
                xy += x[m] * y[n] + y[m] * x[n]
                yz += y[m] * z[n] + z[m] * y[n]
                xz += x[m] * z[n] + z[m] * x[n]
            for a in range(r):
                m, n = r * i + a, r * j + a
                out[m] += xy * z[n] + yz * x[n] + xz * y[n]
                out[n] += xy * z[m] + yz * x[m] + xz * y[m]
