"""Exact matrix of a polynomial map in the basis of monomials: row alpha holds x+^alpha.

x+_i = G_i(x) is a polynomial, so the row of the word (a_1, ..., a_k) is the product of the row of
(a_1, ..., a_{k-1}) with G_{a_k}, cut at degree N. In colexicographic order the words that end in
one letter lie together, and what precedes it runs over the first rows of the level below: one
sparse matrix product for each level and letter.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array, vstack

from qgd.core.arrays import IntArray, RealArray
from qgd.dynamics.system import PolynomialField, PolynomialMap
from qgd.dynamics.terms import Terms
from qgd.embedding.monomials import MonomialBasis


def power_matrix(step: PolynomialMap, basis: MonomialBasis) -> tuple[csr_array, RealArray]:
    """Truncated exact lift: the monomials y of x go to A y + c, those of step(x).

    Returns
    -------
    matrix : csr_array
    offset : ndarray
        c: the products of the entries of G_0 = F_0.
    """
    n, size = basis.num_variables, basis.dimension + 1
    terms = PolynomialField(step.G).terms
    words = _all_words(basis)
    factors = [_multiplication(i, terms, words, basis) for i in range(n)]
    # Column 0 is the constant monomial, so that offsets are ordinary entries.
    level = csr_array(([1.0], ([0], [0])), shape=(1, size))
    rows = []
    for k in range(1, basis.order + 1):
        ends = [int(basis.table[k - 1, i + 1]) if k > 1 else 1 for i in range(n)]
        level = vstack([level[:count] @ factors[i] for i, count in enumerate(ends)], format="csr")
        rows.append(level)
    whole = csr_array(vstack(rows, format="csr"))
    return csr_array(whole[:, 1:]), np.asarray(whole[:, [0]].toarray().ravel())


def _all_words(basis: MonomialBasis) -> IntArray:
    """Words of the constant and of all monomials, filled up with the letter n."""
    words = np.full((basis.dimension + 1, basis.order), basis.num_variables, dtype=np.int64)
    for k, level in enumerate(basis.levels, start=1):
        words[level.start + 1 : level.stop + 1, :k] = basis.words(k)
    return words


def _multiplication(i: int, terms: Terms, words: IntArray, basis: MonomialBasis) -> csr_array:
    """Matrix that multiplies a polynomial, a row vector with the constant first, by G_i."""
    chosen = slice(terms.pointer[i], terms.pointer[i + 1])
    columns = _products(words, terms.word[chosen], basis.offsets, basis.table)
    rows, which = np.nonzero(columns >= 0)
    entries = (terms.coefficient[chosen][which], (rows, columns[rows, which]))
    return csr_array(entries, shape=(len(words), len(words)))


@njit(cache=True)
def _products(words, factors, offsets, table):  # type: ignore[no-untyped-def]
    """Column of each word times each factor, the constant being column 0; -1 beyond the order."""
    n, order = table.shape[1] - 1, words.shape[1]
    out = np.full((len(words), len(factors)), -1, dtype=np.int64)
    for r in range(len(words)):
        for t in range(len(factors)):
            length = 0
            while length < order and words[r, length] < n:
                length += 1
            for letter in factors[t]:
                length += letter < n
            if length > order:
                continue
            a, b, column = 0, 0, 0 if length == 0 else 1 + offsets[length - 1]
            for j in range(1, length + 1):
                # The filler n is larger than every letter, so it never comes first.
                if b == len(factors[t]) or (a < order and words[r, a] <= factors[t, b]):
                    column += table[j, words[r, a]]
                    a += 1
                else:
                    column += table[j, factors[t, b]]
                    b += 1
            out[r, t] = column
    return out
