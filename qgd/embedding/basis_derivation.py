"""Derivation matrix of the lift in products of basis functions, from the tables of the bases.

In the row of phi_alpha every variable i of alpha contributes (phi_{alpha_i})' x_i' times the rest:
`diff` replaces phi_{alpha_i} by phi_c, and each term of the field is multiplied on, variable by
variable, by `mul`. Products of several entries of `mul` are walked through depth first; the rank of
the column grows with the walk. Contributions add up in a dense row that is emptied each time.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from qgd.core.arrays import RealArray
from qgd.embedding.basis_field import BasisField
from qgd.embedding.monomials import MonomialBasis, advance


def basis_derivation(flow: BasisField, monomials: MonomialBasis) -> tuple[csr_array, RealArray]:
    """Truncated derivation A and its constant c: y' = A y + c for the products y of order 1..N.

    Returns
    -------
    matrix : csr_array
        No duplicates and no zeros; the indices of a row are not sorted.
    offset : ndarray
        What the constant phi_0 = 1 contributes.
    """
    order, dimension = monomials.order, monomials.dimension
    kinds, owner = flow.kinds
    tables = [basis.tables(order) for basis in kinds]
    pointer, word, coefficient = flow.terms
    length = (word < flow.num_variables).sum(axis=1)
    kept = length <= order
    word = np.ascontiguousarray(word[kept, :order], dtype=np.int32)
    total = np.concatenate(([0], np.cumsum(kept)))
    kind = np.int32 if dimension < 2**31 else np.int64
    indptr, offset = np.zeros(dimension + 1, dtype=np.int64), np.zeros(dimension)
    indices, data = _assemble(
        monomials.offsets, monomials.table, owner,
        np.array([t.mul for t in tables]), np.array([t.diff for t in tables]),
        total[pointer], word, length[kept], coefficient[kept],
        indptr, offset, np.empty(4 * dimension, dtype=kind),
    )  # fmt: skip
    if indptr[-1] < 2**31:
        indptr = indptr.astype(kind)
    return csr_array((data, indices, indptr), shape=(dimension, dimension)), offset


@njit(cache=True)
def _runs(word, length, skipped, letters, counts):  # type: ignore[no-untyped-def]
    """Distinct letters of a word but one, and how often each occurs; returns how many."""
    size = 0
    for p in range(length):
        if word[p] == skipped:
            continue
        if size and letters[size - 1] == word[p]:
            counts[size - 1] += 1
        else:
            letters[size], counts[size] = word[p], 1
            size += 1
    return size


@njit(cache=True)
def _insert(letters, counts, size, letter, count):  # type: ignore[no-untyped-def]
    """Put a letter that occurs `count` times in its place; returns the new size."""
    q = size
    while q > 0 and letters[q - 1] > letter:
        letters[q], counts[q] = letters[q - 1], counts[q - 1]
        q -= 1
    letters[q], counts[q] = letter, count
    return size + 1


@njit(cache=True)
def _merge(letters, counts, size, word, length, pairs):  # type: ignore[no-untyped-def]
    """Letters of a product: pairs[0] with pairs[1] and pairs[2] occurrences in its two factors."""
    a, p, total = 0, 0, 0
    while a < size or p < length:
        if p == length or (a < size and letters[a] <= word[p]):
            letter, pairs[1, total] = letters[a], counts[a]
            a += 1
        else:
            letter, pairs[1, total] = word[p], 0
        pairs[2, total] = 0
        while p < length and word[p] == letter:
            pairs[2, total] += 1
            p += 1
        pairs[0, total] = letter
        total += 1
    return total


@njit(cache=True)
def _multiply(  # type: ignore[no-untyped-def]
    factor, pairs, total, offsets, table, owner, mul, walk, weights, row, place, touched, num
):
    """Add factor * (product of the pairs) to the row; returns its constant part and new columns."""
    order = len(offsets) - 1
    # Walk: next exponent to try, order so far, rank so far.
    option, size, rank = walk[0], walk[1], walk[2]
    for q in range(total):
        option[q] = pairs[1, q] + pairs[2, q]
    depth, constant = 0, 0.0
    size[0], rank[0], weights[0] = 0, 0, factor
    while depth >= 0:
        if depth == total:
            if total == 0:
                constant += factor
            else:
                column = offsets[size[depth] - 1] + rank[depth]
                if not place[column]:
                    place[column] = True
                    touched[num] = column
                    num += 1
                row[column] += weights[depth]
            depth -= 1
            continue
        letter, a, b = pairs[0, depth], pairs[1, depth], pairs[2, depth]
        e, weight = option[depth], 1.0
        top = order - size[depth]
        if a == 0 or b == 0:
            top = min(top, a + b)
        else:
            while e <= top and mul[owner[letter], a, b, e] == 0.0:
                e += 1
            if e <= top:
                weight = mul[owner[letter], a, b, e]
        if e > top:
            option[depth] = a + b  # ready for the next visit
            depth -= 1
            continue
        option[depth] = e + 1
        size[depth + 1] = size[depth] + e
        rank[depth + 1] = rank[depth]
        for j in range(size[depth] + 1, size[depth + 1] + 1):
            rank[depth + 1] += table[j, letter]
        weights[depth + 1] = weights[depth] * weight
        depth += 1
    return constant, num


@njit(cache=True)
def _assemble(  # type: ignore[no-untyped-def]
    offsets, table, owner, mul, diff, pointer, letters, length, coefficient, indptr, offset, indices
):
    """Rows of A one after another; the arrays grow as they fill."""
    order = len(offsets) - 1
    dimension = offsets[-1]
    data, used = np.empty(indices.size), 0
    row, place = np.zeros(dimension), np.zeros(dimension, dtype=np.bool_)
    touched = np.empty(dimension, dtype=np.int64)
    word, level = np.zeros(order, dtype=np.int64), 0
    base, counts = np.empty(order + 1, dtype=np.int64), np.empty(order + 1, dtype=np.int64)
    pairs = np.empty((3, 2 * order + 1), dtype=np.int64)
    walk, weights = np.empty((3, 2 * order + 2), dtype=np.int64), np.empty(2 * order + 2)
    for r in range(dimension):
        if r == offsets[level]:
            level += 1
            word[:] = 0
        num, p = 0, 0
        while p < level:
            letter, m = word[p], 0
            while p < level and word[p] == letter:
                m += 1
                p += 1
            for c in range(m - 1, order - level + m + 1):
                slope = diff[owner[letter], m, c]
                if slope == 0.0:
                    continue
                size = _runs(word, level, letter, base, counts)
                if c > 0:
                    size = _insert(base, counts, size, letter, c)
                for t in range(pointer[letter], pointer[letter + 1]):
                    if length[t] > order - (level - m + c):
                        break  # the terms of a row are sorted by length
                    total = _merge(base, counts, size, letters[t], length[t], pairs)
                    constant, num = _multiply(
                        slope * coefficient[t], pairs, total, offsets, table, owner, mul,
                        walk, weights, row, place, touched, num,
                    )  # fmt: skip
                    offset[r] += constant
        if used + num > indices.size:
            size = max(2 * indices.size, used + num)
            more, values = np.empty(size, dtype=indices.dtype), np.empty(size)
            more[:used], values[:used] = indices[:used], data[:used]
            indices, data = more, values
        for q in range(num):
            column = touched[q]
            if row[column] != 0.0:
                indices[used], data[used] = column, row[column]
                used += 1
            row[column], place[column] = 0.0, False
        indptr[r + 1] = used
        advance(word, level)
    return indices[:used].copy(), data[:used].copy()
