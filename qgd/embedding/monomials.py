"""Monomials of degree 1, ..., N in n variables: the symmetric basis of the lift, and their ranking.

A monomial is a word with non-decreasing letters a_1 <= ... <= a_k, and its place within its level
is its rank in colexicographic order,

    rank(a) = sum_j C(a_j + j - 1, j),

the combinatorial number system: k table look-ups, no hash and no stored exponents. Levels follow
one another as in the Kronecker basis, C(n + N, N) - 1 entries in place of n + n^2 + ... + n^N.
"""

from __future__ import annotations

import itertools
import math
from functools import cached_property

import numpy as np
from numba import njit

from qgd.core.arrays import IntArray, RealArray
from qgd.core.kronecker import INT64_MAX


class MonomialBasis:
    """All monomials of degree 1, ..., N in n variables.

    Parameters
    ----------
    num_variables : int
        n.
    order : int
        N.

    Raises
    ------
    OverflowError
        If the number of monomials does not fit into int64.
    """

    def __init__(self, num_variables: int, order: int) -> None:
        if math.comb(num_variables + order, order) > INT64_MAX:
            raise OverflowError(
                f"the number of monomials C(n + N, N) must stay below 2**63 for a rank, got n = "
                f"{num_variables}, N = {order}; use a smaller order or fewer variables"
            )
        self.num_variables, self.order = num_variables, order
        # table[j, a] = C(a + j - 1, j), by Pascal's rule; row 0 is not used.
        table = np.zeros((order + 1, num_variables + 1), dtype=np.int64)
        table[1] = np.arange(num_variables + 1)
        for j in range(2, order + 1):
            table[j] = np.cumsum(table[j - 1])
        self.table = table
        # Level 0 holds the empty word; it is counted here and nowhere else.
        self.sizes: IntArray = np.append(1, table[1:, num_variables])
        self.offsets: IntArray = np.append(0, np.cumsum(self.sizes[1:]))

    @property
    def dimension(self) -> int:
        """C(n + N, N) - 1."""
        return int(self.offsets[-1])

    @property
    def levels(self) -> tuple[slice, ...]:
        """Where levels 1, ..., N lie."""
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(self.offsets))

    def lift(self, x: RealArray) -> RealArray:
        """Values of all monomials at x."""
        out = np.empty(self.dimension)
        _lift(np.ascontiguousarray(x), self.order, self.offsets, self.table, out)
        return out

    def multiplicities(self) -> RealArray:
        """k! / alpha!: how many words of the Kronecker basis a monomial of degree k stands for."""
        out = np.empty(self.dimension)
        _multiplicities(self.num_variables, self.order, self.offsets, self.table, out)
        return out

    @cached_property
    def weights(self) -> RealArray:
        """sqrt(k! / alpha!): monomials times these have the norms of the Kronecker basis."""
        return np.sqrt(self.multiplicities())

    @cached_property
    def products(self) -> tuple[IntArray, IntArray]:
        """Where a word times a letter lies: starts of the levels, and all tables in one array.

        Table k, from ``starts[k - 1]`` to ``starts[k]``, has n rows, one for each letter a, of the
        ranks up_k[a, beta] of beta x_a over the words beta of k - 1 letters. They need no words:
        with last letter l,

            up_k[a, beta' l] = up_{k-1}[a, beta'] + C(l + k - 1, k)   for a < l,
            up_k[a, beta]    = rank(beta) + C(a + k - 1, k)           for a >= l.

        k indices for each monomial, 4 N bytes in all; fewer than 2**32 monomials a level.
        """
        n = self.num_variables
        sizes = self.sizes
        starts = np.concatenate(([0], n * np.cumsum(sizes[:-1]))).astype(np.int64)
        flat = np.empty(starts[-1], dtype=np.uint32)
        flat[:n] = np.arange(n)
        for k in range(2, self.order + 1):
            lower = flat[starts[k - 2] : starts[k - 1]].reshape(n, sizes[k - 2])
            upper = flat[starts[k - 1] : starts[k]].reshape(n, sizes[k - 1])
            _longer(lower, self.table[k - 1], self.table[k], upper)
        return starts, flat

    def words(self, level: int) -> IntArray:
        """Words of a level in the order of the basis, shape (count, level)."""
        count = int(self.offsets[level] - self.offsets[level - 1])
        out = np.empty((count, level), dtype=np.int64)
        _words(level, out)
        return out


@njit(cache=True, inline="always")
def unrank(rank, level, table, word):  # type: ignore[no-untyped-def]
    """Word of the given rank within its level: the greedy digits, by bisection."""
    high = table.shape[1] - 1
    for j in range(level, 0, -1):
        low, top = 0, high
        while low < top:
            middle = (low + top + 1) >> 1
            if table[j, middle] <= rank:
                low = middle
            else:
                top = middle - 1
        word[j - 1] = low
        rank -= table[j, low]


@njit(cache=True, inline="always")
def advance(word, level):  # type: ignore[no-untyped-def]
    """Next word in colexicographic order."""
    j = 0
    while j < level - 1 and word[j] == word[j + 1]:
        word[j] = 0
        j += 1
    word[j] += 1


@njit(cache=True)
def _words(level, out):  # type: ignore[no-untyped-def]
    word = np.zeros(level, dtype=np.int64)
    for r in range(len(out)):
        out[r] = word
        advance(word, level)


@njit(cache=True)
def _lift(x, order, offsets, table, out):  # type: ignore[no-untyped-def]
    """x^word = x^(word without its last letter) times that letter: one product a monomial."""
    n = x.size
    out[:n] = x
    for k in range(2, order + 1):
        base, below = offsets[k - 1], offsets[k - 2]
        for letter in range(n):
            # Words of level k with last letter `letter`: first k - 1 letters up to it.
            count = table[k - 1, letter + 1]
            start = base + table[k, letter]
            for r in range(count):
                out[start + r] = out[below + r] * x[letter]


@njit(cache=True)
def _multiplicities(n, order, offsets, table, out):  # type: ignore[no-untyped-def]
    word = np.zeros(order, dtype=np.int64)
    for k in range(1, order + 1):
        word[:] = 0
        for r in range(offsets[k] - offsets[k - 1]):
            value, run = 1.0, 0
            for p in range(k):
                run = run + 1 if p > 0 and word[p] == word[p - 1] else 1
                value *= (p + 1) / run
            out[offsets[k - 1] + r] = value
            advance(word, k)


@njit(cache=True)
def _longer(lower, below, here, upper):  # type: ignore[no-untyped-def]
    """Table k from table k - 1; below[l] and here[l] are C(l + k - 2, k - 1), C(l + k - 1, k)."""
    n = len(upper)
    for a in range(n):
        for letter in range(n):
            begin, end = below[letter], below[letter + 1]
            if a < letter:
                for r in range(end - begin):
                    upper[a, begin + r] = lower[a, r] + here[letter]
            else:
                for r in range(begin, end):
                    upper[a, r] = r + here[a]
