"""Sparse multivariate polynomials as losses: L(w) = sum over words c_i w_{i_1} ... w_{i_d}."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_indices, check_integer

Word = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PolynomialLoss:
    """A polynomial loss in canonical sparse form.

    A monomial is a *word*: the sorted tuple of its weights with repetition, so ``(0, 0, 2)`` is
    w_0^2 w_2 and ``()`` the constant. Build one with `from_terms`, or with the losses in
    `qgd.problem`.

    Parameters
    ----------
    num_weights : int
        n, the number of weights.
    words : tuple of ndarray
        ``words[d]`` has shape (m_d, d): the m_d monomials of degree d, sorted, without repetition.
    coefficients : tuple of ndarray
        ``coefficients[d]`` has shape (m_d,).

    Examples
    --------
    >>> loss = PolynomialLoss.from_terms({(0, 0): 1.0, (0, 1, 1): -2.0, (): 0.5})
    >>> loss.value([1.0, 2.0])
    -6.5
    >>> loss.gradient([1.0, 2.0])
    array([-6., -8.])
    """

    num_weights: int
    words: tuple[IntArray, ...]
    coefficients: tuple[RealArray, ...]

    @classmethod
    def from_terms(
        cls,
        terms: Mapping[Word, float] | Iterable[tuple[Word, float]],
        num_weights: int | None = None,
    ) -> PolynomialLoss:
        """Build from ``{word: coefficient}``; words need not be sorted, repeats add up.

        Raises
        ------
        ValueError
            If a coefficient is not finite, an index is negative or not below `num_weights`.
        TypeError
            If an index is no integer.
        """
        pairs = list(terms.items() if isinstance(terms, Mapping) else terms)
        largest = max((max(word) for word, _ in pairs if word), default=-1)
        size = largest + 1 if num_weights is None else check_integer("num_weights", num_weights, 1)
        degree = max((len(word) for word, _ in pairs), default=0)
        words, coefficients = [], []
        for d in range(degree + 1):
            chosen = [(word, c) for word, c in pairs if len(word) == d]
            words.append(np.array([word for word, _ in chosen]).reshape(len(chosen), d))
            coefficients.append(np.array([c for _, c in chosen], dtype=np.float64))
        return cls.from_arrays(max(size, 1), words, coefficients)

    @classmethod
    def from_arrays(
        cls,
        num_weights: int,
        words: Iterable[IntArray],
        coefficients: Iterable[ArrayLike],
    ) -> PolynomialLoss:
        """Build from one array of words and one of coefficients a degree, in any order."""
        remedy = "raise num_weights or correct the words"
        canonical = [
            _canonical(
                check_indices("words", w, num_weights, remedy),
                check_array("coefficients", c, (len(w),)),
            )
            for w, c in zip(words, coefficients, strict=True)
        ]
        while len(canonical) > 1 and not len(canonical[-1][1]):
            canonical.pop()
        return cls(num_weights, tuple(w for w, _ in canonical), tuple(c for _, c in canonical))

    @property
    def degree(self) -> int:
        """Largest number of factors of a monomial."""
        return len(self.words) - 1

    @property
    def num_terms(self) -> int:
        """Number of monomials with a non-zero coefficient."""
        return sum(len(c) for c in self.coefficients)

    def value(self, weights: ArrayLike) -> float:
        """L(w); `weights` has shape (n,)."""
        w = check_array("weights", weights, (self.num_weights,))
        return math.fsum(float(c @ w[i].prod(axis=1)) for i, c in self._degrees())

    def gradient(self, weights: ArrayLike) -> RealArray:
        """Gradient of L at w, shape (n,)."""
        w = check_array("weights", weights, (self.num_weights,))
        result = np.zeros(self.num_weights)
        for rows, words, c in self.gradient_terms():
            np.add.at(result, rows, c * w[words].prod(axis=1))
        return result

    def hessian(self, weights: ArrayLike) -> RealArray:
        """Matrix of second derivatives of L at w, shape (n, n)."""
        w = check_array("weights", weights, (self.num_weights,))
        result = np.zeros((self.num_weights, self.num_weights))
        for rows, words, c in self.gradient_terms():
            for p in range(words.shape[1]):
                rest = np.delete(words, p, axis=1)
                np.add.at(result, (rows, words[:, p]), c * w[rest].prod(axis=1))
        return result

    def gradient_terms(
        self,
    ) -> Iterator[tuple[IntArray, IntArray, RealArray]]:
        """Yield, for degree d = 1, 2, ..., the terms of the gradient: rows, words, coefficients.

        Row r of the gradient is the sum of ``coefficient * prod(w[word])`` over the entries with
        ``rows == r``; words have d - 1 letters.
        """
        for words, c in self._degrees():
            for p in range(words.shape[1]):
                yield words[:, p], np.delete(words, p, axis=1), c

    def restrict(self, indices: ArrayLike) -> PolynomialLoss:
        """Return the loss of the weights `indices` (shape (r,)), all others fixed at zero."""
        kept = check_indices("indices", indices, self.num_weights)
        position = np.full(self.num_weights, -1, dtype=np.int64)
        position[kept] = np.arange(len(kept))
        words, coefficients = [], []
        for w, c in self._degrees():
            moved = position[w]
            alive = (moved >= 0).all(axis=1)
            words.append(moved[alive])
            coefficients.append(c[alive])
        return self.from_arrays(len(kept), words, coefficients)

    def shift(self, center: ArrayLike) -> PolynomialLoss:
        """Return u -> L(center + u), expanded: every subset of the factors may stay a variable."""
        c0 = check_array("center", center, (self.num_weights,))
        pieces: list[list[tuple[IntArray, RealArray]]]
        pieces = [[] for _ in range(self.degree + 1)]
        for words, c in self._degrees():
            positions = range(words.shape[1])
            for size in range(words.shape[1] + 1):
                for kept in itertools.combinations(positions, size):
                    fixed = [p for p in positions if p not in kept]
                    factor = c * c0[words[:, fixed]].prod(axis=1)
                    pieces[size].append((words[:, list(kept)], factor))
        return self.from_arrays(
            self.num_weights,
            [np.concatenate([w for w, _ in p]) for p in pieces],
            [np.concatenate([f for _, f in p]) for p in pieces],
        )

    def __add__(self, other: PolynomialLoss) -> PolynomialLoss:
        if other.num_weights != self.num_weights:
            raise ValueError(
                f"`other` must have {self.num_weights} weights, got {other.num_weights}"
            )
        words, coefficients = [], []
        for d in range(max(self.degree, other.degree) + 1):
            parts = [x for x in (self, other) if d <= x.degree]
            words.append(np.concatenate([x.words[d] for x in parts]))
            coefficients.append(np.concatenate([x.coefficients[d] for x in parts]))
        return self.from_arrays(self.num_weights, words, coefficients)

    def __mul__(self, factor: float) -> PolynomialLoss:
        scaled = [factor * c for c in self.coefficients]
        return self.from_arrays(self.num_weights, self.words, scaled)

    __rmul__ = __mul__

    def _degrees(self) -> Iterator[tuple[IntArray, RealArray]]:
        return zip(self.words, self.coefficients, strict=True)


def _canonical(words: IntArray, coefficients: RealArray) -> tuple[IntArray, RealArray]:
    """Sort the letters of each word, merge equal words, drop zeros."""
    if words.shape[1] == 0:
        total = coefficients.sum()
        kept = int(total != 0)
        return np.empty((kept, 0), dtype=np.int64), np.full(kept, total)
    letters = np.sort(words, axis=1)
    order = np.lexsort(letters.T[::-1])
    letters, coefficients = letters[order], coefficients[order]
    first = np.ones(len(letters), dtype=np.bool_)
    first[1:] = (letters[1:] != letters[:-1]).any(axis=1)
    starts = np.flatnonzero(first)
    merged = np.add.reduceat(coefficients, starts) if len(starts) else coefficients
    alive = merged != 0
    return letters[starts[alive]], merged[alive]
