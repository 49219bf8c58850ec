"""Flows, gradient flows above all, whose right-hand side is a polynomial in basis functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_integer
from qgd.dynamics.gradient import DESCENT
from qgd.dynamics.system import PolynomialSystem
from qgd.dynamics.terms import Terms
from qgd.dynamics.transforms import shift
from qgd.embedding.basis import TAYLOR, Basis, logistic_basis
from qgd.problem.polynomial import PolynomialLoss, Word


@dataclass(frozen=True, eq=False)
class BasisField:
    """The flow x_i' = sum_t c_t prod_j phi_{m_j}(x_j - center_j), each x_j with a basis of its own.

    Parameters
    ----------
    bases : tuple of Basis
        One a variable; equal ones should be the same object.
    center : ndarray, shape (n,)
        The expansion point.
    terms : Terms
        As for a `PolynomialField`, only that a letter j that occurs m times in a word stands for
        phi_m of variable j. The words of a row are sorted by length.
    max_order : int or None
        Terms of a higher order than this are missing; None if the list is complete.

    Examples
    --------
    >>> from qgd.embedding.basis import CIRCLE
    >>> pendulum = BasisField.descent([CIRCLE], [0.0], {(0, 0): 0.5})  # L = 1 - cos x
    >>> pendulum.field([0.1]) + np.sin(0.1)
    array([0.])
    """

    bases: tuple[Basis, ...]
    center: RealArray
    terms: Terms
    max_order: int | None = None

    def __post_init__(self) -> None:
        check_array("center", self.center, (len(self.bases),))
        if len(self.terms.pointer) != len(self.bases) + 1:
            raise ValueError(
                f"`terms` must have a row for each of {len(self.bases)} variables, got "
                f"{len(self.terms.pointer) - 1}; build it with `BasisField.descent`"
            )

    @classmethod
    def from_system(cls, system: PolynomialSystem, center: ArrayLike | None = None) -> BasisField:
        """The flow of a polynomial system in powers of x - center: ordinary Carleman."""
        if not isinstance(system, PolynomialSystem):
            raise TypeError(
                f"`system` must be a PolynomialSystem, got {type(system).__name__}; a map is "
                "embedded by `carleman`"
            )
        n = system.num_variables
        c0 = np.zeros(n) if center is None else check_array("center", center, (n,))
        moved = shift(system, c0)[0] if c0.any() else system
        return cls((TAYLOR,) * n, c0, moved.terms)

    @classmethod
    def descent(
        cls,
        bases: Sequence[Basis],
        center: ArrayLike,
        loss: Mapping[Word, float] | Iterable[tuple[Word, float]],
        max_order: int | None = None,
    ) -> BasisField:
        """The flow x' = -grad L of a loss that is a polynomial in basis functions.

        Parameters
        ----------
        bases : sequence of Basis
            One a variable.
        center : array_like, shape (n,)
            The expansion point.
        loss : mapping
            ``{word: coefficient}``; ``(0, 0, 2)`` stands for phi_2(d_0) phi_1(d_2).
        max_order : int, optional
            Keep the terms of the flow up to this order. It needs those of the loss up to one more.
        """
        expansion = PolynomialLoss.from_terms(loss, num_weights=len(bases))
        return cls.from_expansion(bases, center, expansion, max_order)

    @classmethod
    def from_expansion(
        cls,
        bases: Sequence[Basis],
        center: ArrayLike,
        loss: PolynomialLoss,
        max_order: int | None = None,
    ) -> BasisField:
        """As `descent`, from the words and coefficients of a `PolynomialLoss`."""
        c0 = check_array("center", center, (len(bases),))
        for basis in dict.fromkeys(bases):
            basis.tables(1)
        if max_order is not None:
            check_integer("max_order", max_order, 0)
        pieces = [
            piece
            for words, coefficients in zip(loss.words, loss.coefficients, strict=True)
            for piece in _derivatives(tuple(bases), words, coefficients, max_order)
        ]
        return cls(tuple(bases), c0, _collected(pieces, len(bases)), max_order)

    @property
    def num_variables(self) -> int:
        """n, the length of x."""
        return len(self.bases)

    @cached_property
    def kinds(self) -> tuple[list[Basis], IntArray]:
        """The distinct bases, and which of them each variable has."""
        distinct = list(dict.fromkeys(self.bases))
        number = {id(basis): k for k, basis in enumerate(distinct)}
        return distinct, np.array([number[id(b)] for b in self.bases], dtype=np.int64)

    def values(self, x: ArrayLike, order: int) -> RealArray:
        """phi_1, ..., phi_order of every variable, shape (n, order)."""
        d = check_array("x", x, (self.num_variables,)) - self.center
        out = np.empty((len(d), order))
        for number, basis in enumerate(self.kinds[0]):
            own = self.kinds[1] == number
            out[own] = basis.values(d[own], order)
        return out

    def field(self, x: ArrayLike) -> RealArray:
        """x' at x, shape (n,), from the terms that are kept."""
        pointer, word, coefficient = self.terms
        runs = _runs(word, self.num_variables)
        order = int(runs.max(initial=1))
        phi = np.ones((self.num_variables + 1, order + 1))
        phi[:-1, 1:] = self.values(x, order)
        products = coefficient * phi[word, runs].prod(axis=1)
        row = np.repeat(np.arange(self.num_variables), np.diff(pointer))
        total = np.bincount(row, products, self.num_variables)
        return np.asarray(total, dtype=np.float64)


def logistic_flow(loss: PolynomialLoss, center: ArrayLike) -> BasisField:
    """The flow x' = -grad L for L(x) = P(sigma(x_1), ..., sigma(x_n)), exact in the logistic basis.

    Parameters
    ----------
    loss : PolynomialLoss
        P, a polynomial in the sigmoids.
    center : array_like, shape (n,)
        The expansion point.
    """
    c0 = check_array("center", center, (loss.num_weights,))
    shared = {x: logistic_basis(x) for x in set(c0.tolist())}
    s = 1 / (1 + np.exp(-c0))
    slope = s * (1 - s)  # sigma(x_0 + d) = s + slope phi
    moved = loss.shift(s)
    scaled = [
        c * slope[words].prod(axis=1)
        for words, c in zip(moved.words, moved.coefficients, strict=True)
    ]
    expansion = PolynomialLoss.from_arrays(loss.num_weights, moved.words, scaled)
    return BasisField.from_expansion([shared[x] for x in c0.tolist()], c0, expansion)


Piece = tuple[IntArray, IntArray, RealArray]


def _derivatives(
    bases: tuple[Basis, ...], words: IntArray, coefficients: RealArray, max_order: int | None
) -> Iterable[Piece]:
    """Rows, words and coefficients of -grad, for words of one length; every table entry a piece."""
    n, size = len(bases), words.shape[1]
    runs = _runs(words, n)
    distinct = list(dict.fromkeys(bases))
    owner = np.array([distinct.index(b) for b in bases])
    for number, basis in enumerate(distinct):
        for m in np.unique(runs[runs > 0]):
            term, place = np.nonzero((runs == m) & (owner[words] == number))
            row = words[term, place]
            for c, value in basis.diff(int(m)).items():
                reached = size - int(m) + c
                if not len(row) or value == 0 or (max_order is not None and reached > max_order):
                    continue
                if c < m:  # c = m - 1: the last letter of the run goes
                    left = np.ones((len(term), size), dtype=np.bool_)
                    left[np.arange(len(term)), place] = False
                    derived = words[term][left].reshape(len(term), size - 1)
                else:
                    more = np.repeat(row[:, None], c - int(m), axis=1)
                    derived = np.sort(np.concatenate((words[term], more), axis=1), axis=1)
                yield row, derived, DESCENT * value * coefficients[term]


def _collected(pieces: list[Piece], n: int) -> Terms:
    """All pieces as one list, equal terms merged, sorted by row, length and word."""
    width = max((words.shape[1] for _, words, _ in pieces), default=0)
    count = sum(len(row) for row, _, _ in pieces)
    table = np.full((count, width + 2), n, dtype=np.int64)
    coefficient = np.zeros(count)
    begin = 0
    for row, words, values in pieces:
        end = begin + len(row)
        table[begin:end, 0], table[begin:end, 1] = row, words.shape[1]
        table[begin:end, 2 : 2 + words.shape[1]] = words
        coefficient[begin:end] = values
        begin = end
    order = np.lexsort(table.T[::-1])
    table, coefficient = table[order], coefficient[order]
    first = np.ones(count, dtype=np.bool_)
    first[1:] = (table[1:] != table[:-1]).any(axis=1)
    starts = np.flatnonzero(first)
    merged = np.add.reduceat(coefficient, starts) if count else coefficient
    alive = merged != 0
    table, merged = table[starts[alive]], merged[alive]
    pointer = np.searchsorted(table[:, 0], np.arange(n + 1)).astype(np.int64)
    return Terms(pointer, table[:, 2:].astype(np.int32), merged)


def _runs(words: IntArray, n: int) -> IntArray:
    """How often a letter occurs, at its last place in each sorted word; 0 elsewhere and for n."""
    runs = np.zeros(words.shape, dtype=np.int64)
    length = np.zeros(len(words), dtype=np.int64)
    for p in range(words.shape[1]):
        same = words[:, p] == words[:, p - 1] if p else np.zeros(len(words), dtype=np.bool_)
        length = np.where(same, length + 1, 1)
        last = words[:, p] != words[:, p + 1] if p + 1 < words.shape[1] else True
        runs[:, p] = np.where(last & (words[:, p] < n), length, 0)
    return runs
