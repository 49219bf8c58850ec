"""The inner loops of matrix factorisation: one pass over the observations, item rows scattered.

Everything is built from p(a, b)_ij = a_i . b_j + b_i . a_j, i a user and j an item, and from its
adjoint A(s, y): user rows sum_j s_ij y_j, item rows sum_i s_ij y_i. Vectors are flat, users first,
and a row of a factor is one vector of `qgd.dynamics.rows`. What is wanted next is asked for ahead
of time: the items of later observations where they lie anywhere (`scattered`, in `access` after
pointer and items), else what follows the last one in memory.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from qgd.dynamics.rows import MATH, fetch, first, load, store, total

_1 = np.uint64(1)
_SINGLE = (0,)  # rows of one number
_AHEAD = np.uint64(256)  # numbers of an array that is read in order
_FAR_AHEAD = np.uint64(16)  # observations whose items lie anywhere, and at most so many at once


@njit(cache=True, fastmath=set(MATH))
def residual(access, values, w, ranks, out):  # type: ignore[no-untyped-def]
    """out_t = u_i . v_j - r_ij; returns the sum of its squares."""
    pointer, items, scattered = access
    users, rank = np.uint64(pointer.size - 1), np.uint64(len(ranks))
    squares = 0.0
    j = rank * users
    for i in range(users):
        begin, end = np.uint64(pointer[i]), np.uint64(pointer[i + _1])
        wi = load(w, rank * i, ranks)
        fetch(rank * i + _AHEAD, ranks, w)
        fetch(begin + _AHEAD, _SINGLE, values, items)
        if scattered:
            for t in range(*_later(begin, end, items.size)):
                fetch(rank * (users + items[t]), ranks, w)
        else:
            fetch(j + _AHEAD, ranks, w)
        for t in range(begin, end):
            j = rank * (users + items[t])
            e = first(total(wi * load(w, j, ranks))) - values[t]
            out[t] = e
            squares += np.float64(e) * np.float64(e)
    return squares


@njit(cache=True, fastmath=set(MATH))
def adjoint(access, s, y, ridge, ranks, out):  # type: ignore[no-untyped-def]
    """out = A(s, y) + ridge y."""
    pointer, items, scattered = access
    users, rank = np.uint64(pointer.size - 1), np.uint64(len(ranks))
    j = rank * users
    _scale(ridge, y, j, out)
    for i in range(users):
        begin, end = np.uint64(pointer[i]), np.uint64(pointer[i + _1])
        yi = load(y, rank * i, ranks)
        gathered = ridge * yi
        fetch(rank * i + _AHEAD, ranks, y)
        fetch(begin + _AHEAD, _SINGLE, s, items)
        if scattered:
            for t in range(*_later(begin, end, items.size)):
                fetch(rank * (users + items[t]), ranks, y, out)
        else:
            fetch(j + _AHEAD, ranks, y, out)
        for t in range(begin, end):
            j = rank * (users + items[t])
            gathered += s[t] * load(y, j, ranks)
            store(out, j, load(out, j, ranks) + s[t] * yi)
        store(out, rank * i, gathered)


@njit(cache=True, fastmath=set(MATH))
def hessian(access, e, w, x, ridge, ranks, out):  # type: ignore[no-untyped-def]
    """out = A(p(w, x), w) + A(e, x) + ridge x, the Hessian at w applied to x."""
    pointer, items, scattered = access
    users, rank = np.uint64(pointer.size - 1), np.uint64(len(ranks))
    j = rank * users
    _scale(ridge, x, j, out)
    for i in range(users):
        begin, end = np.uint64(pointer[i]), np.uint64(pointer[i + _1])
        wi, xi = load(w, rank * i, ranks), load(x, rank * i, ranks)
        gathered = ridge * xi
        fetch(rank * i + _AHEAD, ranks, w, x)
        fetch(begin + _AHEAD, _SINGLE, e, items)
        if scattered:
            for t in range(*_later(begin, end, items.size)):
                fetch(rank * (users + items[t]), ranks, w, x, out)
        else:
            fetch(j + _AHEAD, ranks, w, x, out)
        for t in range(begin, end):
            j = rank * (users + items[t])
            wj, xj = load(w, j, ranks), load(x, j, ranks)
            d = total(xi * wj + wi * xj)
            gathered = gathered + e[t] * xj + d * wj
            store(out, j, load(out, j, ranks) + e[t] * xi + d * wi)
        store(out, rank * i, gathered)


@njit(cache=True, fastmath=set(MATH))
def cubic(access, x, y, z, ranks, out):  # type: ignore[no-untyped-def]
    """out = A(p(x, y), z) + A(p(y, z), x) + A(p(x, z), y): the fourth derivative, symmetric."""
    pointer, items, scattered = access
    users, rank = np.uint64(pointer.size - 1), np.uint64(len(ranks))
    out[:] = 0
    j = rank * users
    for i in range(users):
        begin, end = np.uint64(pointer[i]), np.uint64(pointer[i + _1])
        xi, yi, zi = load(x, rank * i, ranks), load(y, rank * i, ranks), load(z, rank * i, ranks)
        gathered = load(out, rank * i, ranks)
        fetch(rank * i + _AHEAD, ranks, x, y, z)
        fetch(begin + _AHEAD, _SINGLE, items)
        if scattered:
            for t in range(*_later(begin, end, items.size)):
                fetch(rank * (users + items[t]), ranks, x, y, z, out)
        else:
            fetch(j + _AHEAD, ranks, x, y, z, out)
        for t in range(begin, end):
            j = rank * (users + items[t])
            xj, yj, zj = load(x, j, ranks), load(y, j, ranks), load(z, j, ranks)
            xy, xz = total(xi * yj + yi * xj), total(xi * zj + zi * xj)
            yz = total(yi * zj + zi * yj)
            gathered = gathered + xy * zj + yz * xj + xz * yj
            store(out, j, load(out, j, ranks) + xy * zi + yz * xi + xz * yi)
        store(out, rank * i, gathered)


@njit(cache=True)
def _later(begin, end, observations):  # type: ignore[no-untyped-def]
    """The observations whose items are asked for on the turn of `begin` to `end`."""
    shift = min(_FAR_AHEAD, np.uint64(observations) - end)
    return begin + shift, min(begin + _FAR_AHEAD, end) + shift


@njit(cache=True)
def _scale(ridge, x, begin, out):  # type: ignore[no-untyped-def]
    """out = ridge x from `begin` on; x is not read where the ridge is zero."""
    if ridge == 0:
        out[begin:] = 0
    else:
        for q in range(begin, np.uint64(out.size)):
            out[q] = ridge * x[q]
