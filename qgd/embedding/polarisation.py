"""Loops of the lifted operator in monomials: sums over words of one degree less.

The derivation y' = A y of a field is

    (A y)_alpha = sum_{alpha = beta x_i} alpha_i (F y(beta .))_i,

where y(beta .) is the polarisation of y: the row of all y_{beta x_a}, found by the index tables of
`MonomialBasis.products`; words of higher terms are chains of look-ups. Multiplicities are not
looked up: the factorials alpha! = alpha_i beta! are divided out here and multiplied in by the
caller.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def apply(  # type: ignore[no-untyped-def]
    flat, starts, sizes, offsets, pointer, word, length, coefficient, factorial, y, out, block
):  # fmt: skip
    """out_alpha += (F y(beta .))_i / beta! for all alpha = beta x_i, block by block of betas."""
    n, order = len(pointer) - 1, len(offsets) - 1
    polar, total, inverse = np.empty((n, block)), np.empty(block), np.empty(block)
    place = np.empty(block, dtype=np.uint32)
    for k in range(1, order + 1):
        up = flat[starts[k - 1] : starts[k]].reshape(n, sizes[k - 1])
        level, target = y[offsets[k - 1] : offsets[k]], out[offsets[k - 1] : offsets[k]]
        for first in range(0, sizes[k - 1], block):
            last = min(first + block, sizes[k - 1])
            m = last - first
            inverse[:m] = 1.0
            if k > 1:
                inverse[:m] /= factorial[offsets[k - 2] + first : offsets[k - 2] + last]
            for a in range(n):
                row = up[a, first:last]
                for b in range(m):
                    polar[a, b] = level[row[b]]
            for i in range(n):
                total[:m] = 0.0
                for t in range(pointer[i], pointer[i + 1]):
                    size = length[t]
                    if size == 1:
                        _add(coefficient[t], polar[word[t, 0], :m], total)
                    elif size == 0:
                        if k > 1:
                            lower = y[offsets[k - 2] + first : offsets[k - 2] + last]
                            _add(coefficient[t], lower, total)
                    elif k - 1 + size <= order:
                        higher = y[offsets[k + size - 2] : offsets[k + size - 1]]
                        row = up[word[t, 0], first:last]
                        if size > 2:
                            _find(flat, starts, sizes, word[t], size - 1, k, first, place[:m])
                            row = place[:m]
                        begin = starts[k - 2 + size] + word[t, size - 1] * sizes[k - 2 + size]
                        longer = flat[begin : begin + sizes[k - 2 + size]]
                        _add_at(coefficient[t], higher, longer, row, total)
                row = up[i, first:last]
                for b in range(m):
                    target[row[b]] += total[b] * inverse[b]


@njit(cache=True)
def apply_adjoint(  # type: ignore[no-untyped-def]
    flat, starts, sizes, offsets, pointer, word, length, coefficient, factorial, y, out, block
):  # fmt: skip
    """The transpose of `apply`: what was read is written."""
    n, order = len(pointer) - 1, len(offsets) - 1
    polar, total, inverse = np.empty((n, block)), np.empty(block), np.empty(block)
    place = np.empty(block, dtype=np.uint32)
    for k in range(1, order + 1):
        up = flat[starts[k - 1] : starts[k]].reshape(n, sizes[k - 1])
        level, target = y[offsets[k - 1] : offsets[k]], out[offsets[k - 1] : offsets[k]]
        for first in range(0, sizes[k - 1], block):
            last = min(first + block, sizes[k - 1])
            m = last - first
            inverse[:m] = 1.0
            if k > 1:
                inverse[:m] /= factorial[offsets[k - 2] + first : offsets[k - 2] + last]
            polar[:] = 0.0
            for i in range(n):
                row = up[i, first:last]
                for b in range(m):
                    total[b] = level[row[b]] * inverse[b]
                for t in range(pointer[i], pointer[i + 1]):
                    size = length[t]
                    if size == 1:
                        _add(coefficient[t], total[:m], polar[word[t, 0]])
                    elif size == 0:
                        if k > 1:
                            lower = out[offsets[k - 2] + first : offsets[k - 2] + last]
                            _add(coefficient[t], total[:m], lower)
                    elif k - 1 + size <= order:
                        _find(flat, starts, sizes, word[t], size, k, first, place[:m])
                        higher = out[offsets[k + size - 2] : offsets[k + size - 1]]
                        for b in range(m):
                            higher[place[b]] += coefficient[t] * total[b]
            for a in range(n):
                row = up[a, first:last]
                for b in range(m):
                    target[row[b]] += polar[a, b]


@njit(cache=True)
def _find(flat, starts, sizes, letters, size, k, first, place):  # type: ignore[no-untyped-def]
    """Ranks of consecutive words of k - 1 letters times further letters."""
    begin = starts[k - 1] + letters[0] * sizes[k - 1] + first
    row = flat[begin : begin + len(place)]
    for p in range(1, size):
        begin = starts[k - 1 + p] + letters[p] * sizes[k - 1 + p]
        longer = flat[begin : begin + sizes[k - 1 + p]]
        for b in range(len(place)):
            place[b] = longer[row[b]]
        row = place


@njit(cache=True)
def _add(c, source, out):  # type: ignore[no-untyped-def]
    for b in range(len(source)):
        out[b] += c * source[b]


@njit(cache=True)
def _add_at(c, source, longer, row, out):  # type: ignore[no-untyped-def]
    for b in range(len(row)):
        out[b] += c * source[longer[row[b]]]
