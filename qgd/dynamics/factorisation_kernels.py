"""The inner loops of matrix factorisation: one pass over the observations, item rows scattered.

Everything is built from p(a, b)_ij = a_i . b_j + b_i . a_j, i a user and j an item, and from its
adjoint A(s, y): user rows sum_j s_ij y_j, item rows sum_i s_ij y_i. Vectors are flat, users first:
a flat array has a stride that the compiler knows, which halves the time of a product. Loops over
`ranks`, a tuple of zeros, have a length known at compilation.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Sums may be regrouped and multiplications fused; NaN and infinities keep their meaning.
_MATH = {"contract", "reassoc", "nsz"}
_1, _2 = np.uint64(1), np.uint64(2)


@njit(cache=True, fastmath=_MATH)
def residual(pointer, items, values, weights, rank, out):  # type: ignore[no-untyped-def]
    """out_t = u_i . v_j - r_ij; returns the sum of its squares."""
    begin = np.uint64(pointer.size - 1)
    total = 0.0
    r = np.uint64(rank)
    for i in range(begin):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = begin + np.uint64(items[t])
            e = -values[t]
            for a in range(r):
                e += weights[r * i + a] * weights[r * j + a]
            out[t] = e
            total += np.float64(e) * np.float64(e)
    return total


@njit(cache=True, fastmath=_MATH)
def adjoint(pointer, items, s, y, ridge, ranks, out):  # type: ignore[no-untyped-def]
    """out = A(s, y) + ridge y."""
    begin = np.uint64(pointer.size - 1)
    r = np.uint64(len(ranks))
    for q in range(np.uint64(out.size)):
        out[q] = ridge * y[q]
    for i in range(begin):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = begin + np.uint64(items[t])
            for a in range(r):
                out[r * i + a] += s[t] * y[r * j + a]
                out[r * j + a] += s[t] * y[r * i + a]


@njit(cache=True, fastmath=_MATH)
def hessian(pointer, items, e, w, x, ridge, ranks, out):  # type: ignore[no-untyped-def]
    """out = A(p(w, x), w) + A(e, x) + ridge x, the Hessian at w applied to x."""
    begin = np.uint64(pointer.size - 1)
    r = np.uint64(len(ranks))
    for q in range(np.uint64(out.size)):
        out[q] = ridge * x[q]
    for i in range(begin):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = begin + np.uint64(items[t])
            d = ridge * 0
            for a in range(r):
                d += x[r * i + a] * w[r * j + a] + w[r * i + a] * x[r * j + a]
            for a in range(r):
                out[r * i + a] += d * w[r * j + a] + e[t] * x[r * j + a]
                out[r * j + a] += d * w[r * i + a] + e[t] * x[r * i + a]


@njit(cache=True, fastmath=_MATH)
def hessian_rank_two(pointer, items, e, w, x, ridge, out):  # type: ignore[no-untyped-def]
    """`hessian` for rank 2 with the user's row in registers: half the time."""
    users = np.uint64(pointer.size - 1)
    first = _2 * users
    if ridge == 0:
        out[first:] = 0
    else:
        for q in range(first, np.uint64(out.size)):
            out[q] = ridge * x[q]
    for i in range(users):
        left, right = _2 * i, _2 * i + _1
        w0, w1, x0, x1 = w[left], w[right], x[left], x[right]
        s0, s1 = ridge * x0, ridge * x1
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = first + _2 * np.uint64(items[t])
            k = j + _1
            c = e[t]
            v0, v1, y0, y1 = w[j], w[k], x[j], x[k]
            d = (x0 * v0 + w0 * y0) + (x1 * v1 + w1 * y1)
            s0 += d * v0 + c * y0
            s1 += d * v1 + c * y1
            out[j] += d * w0 + c * x0
            out[k] += d * w1 + c * x1
        out[left], out[right] = s0, s1


@njit(cache=True, fastmath=_MATH)
def cubic(pointer, items, x, y, z, ranks, out):  # type: ignore[no-untyped-def]
    """out = A(p(x, y), z) + A(p(y, z), x) + A(p(x, z), y): the fourth derivative, symmetric."""
    begin = np.uint64(pointer.size - 1)
    r = np.uint64(len(ranks))
    out[:] = 0
    for i in range(begin):
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + _1])):
            j = begin + np.uint64(items[t])
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
