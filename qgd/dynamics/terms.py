"""A polynomial field as one flat list of monomials, made in one pass over its sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from qgd.core.arrays import IntArray, RealArray

_SHORT = 24  # rows up to which insertion is the fastest way to sort


class Terms(NamedTuple):
    """All monomials of a field in one flat list, row after row, equal ones merged.

    Entry i of the field is the sum over t from ``pointer[i]`` to ``pointer[i + 1]`` of
    ``coefficient[t]`` times the x of all letters in ``word[t]``, shape (terms, degree), int32. A
    shorter monomial is filled up with the letter n, which stands for 1. The terms of a row are
    sorted by length.
    """

    pointer: IntArray
    word: IntArray
    coefficient: RealArray


def list_terms(F: Sequence[csr_array]) -> Terms:
    """Merge the columns of F_0, F_1, ... that stand for the same monomial, and list all terms."""
    n, degree = F[1].shape[0], len(F) - 1
    ends = np.zeros((degree + 1, n), dtype=np.int64)
    merged = []
    for k, Fk in enumerate(F):
        key, value = np.zeros(Fk.nnz, dtype=np.int64), np.zeros(Fk.nnz)
        _merge(Fk.indptr, Fk.indices, Fk.data, n, k, key, value, ends[k])
        merged.append((key, value))
    pointer = np.zeros(n + 1, dtype=np.int64)
    begin = np.zeros((degree + 1, n), dtype=np.int64)
    _layout(ends, begin, pointer)
    word = np.full((pointer[-1], degree), n, dtype=np.int32)  # n: no letter
    coefficient = np.zeros(pointer[-1])
    for k, (key, value) in enumerate(merged):
        _place(key, value, n, k, ends[k], begin[k], word, coefficient)
    return Terms(pointer, word, coefficient)


@njit(cache=True)
def _merge(indptr, indices, data, n, k, key, value, ends):  # type: ignore[no-untyped-def]
    """Sum the entries of each row whose words have the same letters; ends[r]: where row r ends.

    The key of a monomial is the Kronecker index of its letters in ascending order.
    """
    letters = np.zeros(max(k, 1), dtype=np.int64)
    used = 0
    for r in range(n):
        first, count = indptr[r], indptr[r + 1] - indptr[r]
        keys = np.zeros(count, dtype=np.int64)
        for e in range(count):
            index = np.int64(indices[first + e])
            for p in range(k):
                letter = index % n
                index //= n
                q = p
                while q > 0 and letters[q - 1] > letter:
                    letters[q] = letters[q - 1]
                    q -= 1
                letters[q] = letter
            for p in range(k):
                keys[e] = keys[e] * n + letters[p]
        order = _sorted(keys)
        begin = used
        for e in range(count):
            here = order[e]
            if used > begin and key[used - 1] == keys[here]:
                value[used - 1] += data[first + here]
            else:
                key[used], value[used] = keys[here], data[first + here]
                used += 1
        ends[r] = used


@njit(cache=True)
def _sorted(keys):  # type: ignore[no-untyped-def]
    """Stable order of the keys; most rows are short, and many are in order already."""
    if len(keys) > _SHORT:
        return np.argsort(keys, kind="mergesort")
    order = np.arange(len(keys))
    for e in range(1, len(keys)):
        here, q = order[e], e
        while q > 0 and keys[order[q - 1]] > keys[here]:
            order[q] = order[q - 1]
            q -= 1
        order[q] = here
    return order


@njit(cache=True)
def _layout(ends, begin, pointer):  # type: ignore[no-untyped-def]
    """Where the terms of each degree begin in each row, and the rows themselves."""
    place = 0
    for r in range(ends.shape[1]):
        for k in range(ends.shape[0]):
            begin[k, r] = place
            place += ends[k, r] - (ends[k, r - 1] if r > 0 else 0)
        pointer[r + 1] = place


@njit(cache=True)
def _place(key, value, n, k, ends, begin, word, coefficient):  # type: ignore[no-untyped-def]
    """Write the terms of degree k, with their letters, where they belong."""
    e = 0
    for r in range(n):
        place = begin[r]
        while e < ends[r]:
            index = key[e]
            for p in range(k - 1, -1, -1):
                word[place, p] = index % n
                index //= n
            coefficient[place] = value[e]
            place += 1
            e += 1
