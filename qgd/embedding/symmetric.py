"""Derivation matrix of the lift in the basis of monomials, assembled row by row.

The row of the monomial x^alpha, with d x^alpha / dt = sum_i alpha_i x^(alpha - e_i) x_i', has one
entry for each distinct letter i and each term of the field in row i; its column is the rank of the
word with one letter i taken out and the letters of the term merged in.

Two terms can meet in one column only if each holds the letter of its own row (then both multiply
x^alpha by the same monomial). The linear one, the diagonal, is summed apart; for the others the row
is searched. Everything else is written once and in place, so no sorting is needed.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from scipy.sparse import csr_array

from qgd.core.arrays import RealArray
from qgd.dynamics.system import PolynomialField
from qgd.embedding.monomials import MonomialBasis, advance, unrank

_CHUNKS = 64
_SERIAL = 1_000_000  # work items below which an OpenMP region costs more than it gives


def derivation_matrix(field: PolynomialField, basis: MonomialBasis) -> tuple[csr_array, RealArray]:
    """Truncated derivation A and its constant c: y' = A y + c for the monomials y of x' = field.

    Returns
    -------
    matrix : csr_array
        No duplicates; the indices of a row are not sorted.
    offset : ndarray
        F_0 in level 1, zero elsewhere.
    """
    letters, pointer, length, coefficient, diagonal, owned = _split(*field.terms)
    n = basis.num_variables
    counts = np.zeros(basis.dimension + 1, dtype=np.int64)
    work = basis.dimension * max(1, len(coefficient) // n)
    count, fill = (_count, _fill) if work < _SERIAL else (_count_parallel, _fill_parallel)
    starts, up = basis.products
    limits, places = _tables(letters, pointer, length, starts, basis.sizes)
    has_diagonal = int(diagonal.any())
    count(basis.offsets, basis.table, limits, has_diagonal, counts)
    indptr = np.cumsum(counts)
    kind = np.int32 if max(basis.dimension, indptr[-1]) < 2**31 else np.int64
    indices, data = np.empty(indptr[-1], dtype=kind), np.empty(indptr[-1])
    used = np.zeros(basis.dimension, dtype=np.int64) if owned.any() else np.empty(0, dtype=np.int64)
    fill(
        up, places, basis.offsets, basis.table, pointer, length, coefficient,
        diagonal, has_diagonal, owned, indptr, indices, data, used,
    )  # fmt: skip
    if len(used) and (used != np.diff(indptr)).any():
        keep = _kept(indptr, used)
        indices, data = indices[keep], data[keep]
        indptr = np.concatenate(([0], np.cumsum(used)))
    shape = (basis.dimension, basis.dimension)
    offset = np.zeros(basis.dimension)
    offset[:n] = field.F[0].toarray().ravel()
    return csr_array((data, indices, indptr.astype(kind)), shape=shape), offset


@njit(cache=True)
def _split(pointer, word, coefficient):  # type: ignore[no-untyped-def]
    """Take the diagonal out of the terms: letters, pointer, length, coefficient; the diagonal.

    The last array says of each term whether it holds the letter of its own row.
    """
    n, degree = len(pointer) - 1, word.shape[1]
    letters, length = np.zeros_like(word), np.zeros(len(word), dtype=np.int64)
    begins, value = np.zeros(n + 1, dtype=np.int64), np.zeros(len(word))
    diagonal, owned = np.zeros(n), np.zeros(len(word), dtype=np.bool_)
    used = 0
    for i in range(n):
        for t in range(pointer[i], pointer[i + 1]):
            size, own = 0, False
            while size < degree and word[t, size] < n:
                own |= word[t, size] == i
                size += 1
            if size == 1 and own:
                diagonal[i] = coefficient[t]
            else:
                letters[used], length[used], value[used] = word[t], size, coefficient[t]
                owned[used] = own
                used += 1
        begins[i + 1] = used
    return letters[:used], begins, length[:used], value[:used], diagonal, owned[:used]


@njit(cache=True)
def _tables(letters, pointer, length, starts, sizes):  # type: ignore[no-untyped-def]
    """limits[k - 1, i]: terms of row i that stay within the lift of a word of k letters.

    places[k - 1, t, q]: row of the table of products for letter q of term t at level k.
    """
    order, n = len(sizes) - 1, len(pointer) - 1
    limits = np.zeros((order, n), dtype=np.int64)
    places = np.zeros((order, *letters.shape), dtype=np.int64)
    for k in range(order):
        for i in range(n):
            for t in range(pointer[i], pointer[i + 1]):
                limits[k, i] += 1 <= k + length[t] <= order
                for q in range(length[t]):
                    level = min(k + q, order - 1)  # beyond the lift nothing is read
                    places[k, t, q] = starts[level] + letters[t, q] * sizes[level]
    return limits, places


@njit(cache=True)
def _word_of(row, offsets, table):  # type: ignore[no-untyped-def]
    """Level and word of a row of the matrix."""
    word = np.zeros(len(offsets) - 1, dtype=np.int64)
    level = np.searchsorted(offsets, row, side="right")
    unrank(row - offsets[level - 1], level, table, word)
    return level, word


def _count_rows(offsets, table, limits, has_diagonal, counts):  # type: ignore[no-untyped-def]
    """counts[r + 1] = entries of row r: the diagonal and every term of every distinct letter."""
    dimension = offsets[-1]
    for chunk in prange(_CHUNKS):
        low, high = dimension * chunk // _CHUNKS, dimension * (chunk + 1) // _CHUNKS
        if low == high:
            continue
        level, word = _word_of(low, offsets, table)
        for r in range(low, high):
            if r == offsets[level]:
                level += 1
                word[:] = 0
            total = has_diagonal
            for p in range(level):
                if p == 0 or word[p] != word[p - 1]:
                    total += limits[level - 1, word[p]]
            counts[r + 1] = total
            advance(word, level)


def _fill_rows(  # type: ignore[no-untyped-def]
    up, places, offsets, table, pointer, length, coefficient, diagonal,
    has_diagonal, owned, indptr, indices, data, used,
):  # fmt: skip
    order = len(offsets) - 1
    dimension = offsets[-1]
    merges = used.size > 0
    for chunk in prange(_CHUNKS):
        low, high = dimension * chunk // _CHUNKS, dimension * (chunk + 1) // _CHUNKS
        if low == high:
            continue
        level, word = _word_of(low, offsets, table)
        for r in range(low, high):
            if r == offsets[level]:
                level += 1
                word[:] = 0
            begin = indptr[r]
            end = begin + has_diagonal
            trace = 0.0
            # Rank of the word without its letter p: those before it stay, those behind move down.
            before, behind = 0, 0
            for q in range(1, level):
                behind += table[q, word[q]]
            p = 0
            while p < level:
                letter = word[p]
                rest = before + behind - (table[p, letter] if p > 0 else 0)
                multiplicity = 0
                while p < level and word[p] == letter:
                    before += table[p + 1, letter]
                    behind -= table[p, letter] if p > 0 else 0
                    multiplicity += 1
                    p += 1
                trace += multiplicity * diagonal[letter]
                for t in range(pointer[letter], pointer[letter + 1]):
                    size = level - 1 + length[t]
                    if size > order:
                        break  # the terms of a row are sorted by length
                    if size == 0:
                        continue
                    # An unsigned index is not looked at twice, as one that may be negative is.
                    column = np.int64(rest)
                    for q in range(length[t]):
                        column = np.int64(up[np.uint64(places[level - 1, t, q] + column)])
                    column += offsets[size - 1]
                    value = multiplicity * coefficient[t]
                    if merges and owned[t]:
                        z = begin + has_diagonal
                        while z < end and indices[z] != column:
                            z += 1
                        if z < end:
                            data[z] += value
                            continue
                    indices[end] = column
                    data[end] = value
                    end += 1
            if has_diagonal:
                indices[begin] = r
                data[begin] = trace
            if merges:
                used[r] = end - begin
            advance(word, level)


_count = njit(cache=True)(_count_rows)
_fill = njit(cache=True)(_fill_rows)
_count_parallel = njit(cache=True, parallel=True)(_count_rows)
_fill_parallel = njit(cache=True, parallel=True)(_fill_rows)


@njit(cache=True)
def _kept(indptr, used):  # type: ignore[no-untyped-def]
    """Positions of the entries that are used."""
    keep = np.empty(used.sum(), dtype=np.int64)
    position = 0
    for r in range(used.size):
        for z in range(indptr[r], indptr[r] + used[r]):
            keep[position] = z
            position += 1
    return keep
