"""Fields that look the same at every site of a lattice: few numbers, any number of variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array

from qgd.core.arrays import IntArray
from qgd.core.checks import check_choice, check_integer, check_real
from qgd.core.kronecker import INT64_MAX, check_word_space, word_index
from qgd.dynamics.system import PolynomialField, PolynomialSystem

Offsets = tuple[int, ...]
BOUNDARIES = ("periodic", "open", "hypercube")


@dataclass(frozen=True, init=False)
class Stencil:
    """The field x_i' = sum_t c_t prod_m x_{i + s_tm} on n sites.

    Parameters
    ----------
    num_variables : int
        n, at least 1.
    terms : iterable of (float, sequence of int)
        Coefficient c_t and offsets s_t1, ..., s_tp of each term of degree p; no offset for a
        constant. Equal terms are merged.
    boundary : str
        ``"periodic"``: sites modulo n. ``"open"``: a term that needs a site outside 0, ..., n - 1
        is left out. ``"hypercube"``: n a power of two and x_{i xor s} instead of x_{i + s}.

    Raises
    ------
    ValueError
        If the boundary is unknown, or a hypercube has not 2**q sites.

    Examples
    --------
    >>> heat = Stencil(3, [(-2.0, [0]), (1.0, [-1]), (1.0, [1])], boundary="open")
    >>> heat.matrix(1).toarray()
    array([[-2.,  1.,  0.],
           [ 1., -2.,  1.],
           [ 0.,  1., -2.]])
    """

    num_variables: int
    terms: tuple[tuple[float, Offsets], ...]
    boundary: str

    def __init__(
        self,
        num_variables: int,
        terms: Iterable[tuple[float, Sequence[int]]],
        boundary: str = "periodic",
    ) -> None:
        n = check_integer("num_variables", num_variables, 1)
        check_choice("boundary", boundary, BOUNDARIES)
        if boundary == "hypercube" and n & (n - 1):
            raise ValueError(
                f"`num_variables` must be a power of two on a hypercube, got {n}; "
                f"take {2 ** n.bit_length()} or another boundary"
            )
        object.__setattr__(self, "num_variables", n)
        object.__setattr__(self, "boundary", boundary)
        merged: dict[Offsets, float] = {}
        for coefficient, offsets in terms:
            value = check_real("terms", coefficient)
            word = tuple(self._site(int(s)) for s in offsets)
            merged[word] = merged.get(word, 0.0) + value
        kept = tuple((c, word) for word, c in merged.items() if c != 0 and self._acts(word))
        object.__setattr__(self, "terms", kept)

    @classmethod
    def from_system(cls, system: PolynomialField, boundary: str = "periodic") -> Stencil:
        """Recognise a field that repeats along the lattice; factors may come in another order.

        Raises
        ------
        ValueError
            If some site has other coefficients than the rest.
        """
        n = system.num_variables
        pointer, words, coefficients = system.terms
        rows = np.repeat(np.arange(n), np.diff(pointer))
        steps = words ^ rows[:, None] if boundary == "hypercube" else words - rows[:, None]
        if boundary == "periodic":
            steps = steps % n
        steps = np.sort(np.where(words == n, INT64_MAX, steps), axis=1)  # no factor, last
        kinds, first = np.unique(steps, axis=0, return_index=True)
        if boundary != "open" and len(steps) != len(kinds) * n:
            raise _uneven(boundary)
        found = [
            (float(coefficients[i]), [int(s) for s in kind if s != INT64_MAX])
            for kind, i in zip(kinds, first, strict=True)
        ]
        stencil = cls(n, found, boundary)
        again = stencil.system().terms
        scale = np.abs(coefficients).max(initial=0.0)
        same = np.array_equal(again.pointer, pointer) and np.array_equal(again.word, words)
        if not (
            same and np.abs(again.coefficient - coefficients).max(initial=0.0) <= 1e-12 * scale
        ):
            raise _uneven(boundary)
        return stencil

    @property
    def degree(self) -> int:
        """Largest number of factors, at least 1."""
        return max([1, *(len(word) for _, word in self.terms)])

    def of_degree(self, degree: int) -> list[tuple[float, Offsets]]:
        """The terms with so many factors."""
        return [(c, word) for c, word in self.terms if len(word) == degree]

    def rows(self, word: Offsets) -> tuple[int, int]:
        """First row and end of the rows at which a term acts."""
        if self.boundary != "open":
            return 0, self.num_variables
        return max(0, *(-s for s in word), 0), self.num_variables - max(0, *word, 0)

    def matrix(self, degree: int) -> csr_array:
        """F_p, shape (n, n**p): column i_1 n^(p-1) + ... + i_p for x_{i_1} ... x_{i_p}."""
        n = self.num_variables
        check_word_space(n, degree)
        rows, columns, values = [], [], []
        for coefficient, word in self.of_degree(degree):
            row = np.arange(*self.rows(word), dtype=np.int64)
            letters = np.zeros((len(row), degree), dtype=np.int64)
            for m, s in enumerate(word):
                letters[:, m] = self._shifted(row, s)
            rows.append(row)
            columns.append(word_index(letters, n))
            values.append(np.full(len(row), coefficient))
        none = np.zeros(0, dtype=np.int64)
        where = (np.concatenate([none, *rows]), np.concatenate([none, *columns]))
        shape = (n, n**degree)
        return csr_array(coo_array((np.concatenate([np.zeros(0), *values]), where), shape=shape))

    def system(self) -> PolynomialSystem:
        """The flow with these coefficients."""
        return PolynomialSystem([self.matrix(p) for p in range(self.degree + 1)])

    def _site(self, offset: int) -> int:
        return offset % self.num_variables if self.boundary != "open" else offset

    def _acts(self, word: Offsets) -> bool:
        first, end = self.rows(word)
        return first < end

    def _shifted(self, row: IntArray, offset: int) -> IntArray:
        if self.boundary == "hypercube":
            return row ^ offset
        return (row + offset) % self.num_variables


def _uneven(boundary: str) -> ValueError:
    return ValueError(
        f"`system` must have equal coefficients at all sites of a lattice, boundary {boundary}, "
        "got other ones at some; encode its matrices with qrom_encoding"
    )
