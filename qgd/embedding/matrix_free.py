"""The lifted operator in monomials without its matrix: index tables of "times x_a" instead.

The derivation y' = A y of a field is a sum over words beta of one degree less,

    (A y)_alpha = sum_{alpha = beta x_i} alpha_i (F y(beta .))_i,

where y(beta .) is the polarisation of y: the row of all y_{beta x_a}. The only thing to know is
where beta x_a lies. In colexicographic order that table needs no words: with last letter l,

    up_k[a, beta' l] = up_{k-1}[a, beta'] + C(l + k - 1, k)   for a < l,
    up_k[a, beta]    = rank(beta) + C(a + k - 1, k)           for a >= l.

It holds k indices for each monomial, 4 N bytes, where the matrix holds 12 bytes for each monomial,
letter and term. Words of higher terms are chains of look-ups. Multiplicities are not looked up: the
factorials alpha! = alpha_i beta! are divided out before the sum and multiplied in after it.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_choice, check_integer, check_memory, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.system import PolynomialField, PolynomialSystem, Terms
from qgd.dynamics.transforms import rescale
from qgd.embedding.monomials import MonomialBasis

_BUFFER = 1 << 15  # numbers of a block of polarised rows: it stays in the second-level cache


class CarlemanOperator(LinearOperator):  # type: ignore[misc]
    """The matrix A of an embedded flow y' = A y + c as an operator; made by `carleman_operator`.

    A SciPy linear operator with its adjoint, and with what SciPy's own cannot know:

    Attributes
    ----------
    trace : float
        tr A, exactly: tr F_1 times C(n + N, N - 1).
    norm_bound : float
        Upper bound of ||A||_1, attained when no two terms cancel in one entry.
    offset : ndarray, shape (dimension,)
        c.
    num_variables, order, scale, basis, form
        As for `CarlemanSystem`; the form is ``"flow"``.
    """

    form: Literal["flow"] = "flow"

    def __init__(self, field: PolynomialField, order: int, scale: float, basis: str) -> None:
        self._monomials = MonomialBasis(field.num_variables, order)
        dimension = self._monomials.dimension
        super().__init__(np.dtype(np.float64), (dimension, dimension))
        self.num_variables, self.order = field.num_variables, order
        self.scale, self.basis = scale, basis
        self._terms = field.terms
        self._block = max(8, min(256, _BUFFER // self.num_variables))
        self._length = (self._terms.word < self.num_variables).sum(axis=1)
        self._sizes = np.concatenate(([1], np.diff(self._monomials.offsets)))
        self._starts, self._up = _up_table(self._sizes, self._monomials.table)
        # alpha! = k! / multiplicity.
        self._factorial = 1 / self._monomials.multiplicities()
        for k, level in enumerate(self.levels, start=1):
            self._factorial[level] *= math.factorial(k)
        self._weights = self._monomials.weights if basis == "isometric" else None
        self.offset = np.zeros(dimension)
        self.offset[: self.num_variables] = field.F[0].toarray().ravel()
        self.trace = float(field.F[1].trace()) * math.comb(self.num_variables + order, order - 1)

    @property
    def dimension(self) -> int:
        """C(n + N, N) - 1."""
        return self._monomials.dimension

    @property
    def levels(self) -> tuple[slice, ...]:
        """Where each level lies in y; ``levels[0]`` is x / scale itself."""
        return self._monomials.levels

    @property
    def norm_bound(self) -> float:
        """Upper bound of the largest absolute column sum: |A|^T applied to ones."""
        pointer, word, coefficient = self._terms
        sums = self._run(_adjoint, np.ones(self.dimension), Terms(pointer, word, abs(coefficient)))
        return float(sums.max())

    def lift(self, x: ArrayLike) -> RealArray:
        """Monomials of x / scale, weighted in the isometric basis, shape (dimension,)."""
        y = self._monomials.lift(check_array("x", x, (self.num_variables,)) / self.scale)
        return y if self._weights is None else y * self._weights

    def project(self, y: ArrayLike) -> RealArray:
        """x back from the first level of y; acts on the last axis."""
        return self.scale * np.asarray(y, dtype=np.float64)[..., : self.num_variables]

    def operator(self) -> CarlemanOperator:
        """Itself."""
        return self

    def step(self, y: RealArray) -> RealArray:
        """A y + c: the derivative of y."""
        return self._matvec(y) + self.offset

    def _matvec(self, y: RealArray) -> RealArray:
        return self._run(_apply, y, self._terms)

    def _rmatvec(self, y: RealArray) -> RealArray:
        return self._run(_adjoint, y, self._terms)

    def _run(self, kernel, y: RealArray, terms: Terms) -> RealArray:  # type: ignore[no-untyped-def]
        """W A W^-1 with W the isometric weights, or its transpose."""
        vector = np.ascontiguousarray(y, dtype=np.float64).ravel()
        weights = self._weights
        forward = kernel is _apply
        if weights is not None:
            vector = vector / weights if forward else vector * weights
        if not forward:
            vector = vector * self._factorial
        out = np.zeros(len(vector))
        pointer, word, coefficient = terms
        kernel(
            self._up, self._starts, self._sizes, self._monomials.offsets,
            pointer, word, self._length, coefficient, self._factorial, vector, out, self._block,
        )  # fmt: skip
        if forward:
            out *= self._factorial
        if weights is not None:
            out = out * weights if forward else out / weights
        return out


def carleman_operator(
    system: PolynomialSystem,
    order: int,
    *,
    scale: float = 1.0,
    basis: Literal["symmetric", "isometric"] = "symmetric",
) -> CarlemanOperator:
    """Embed a flow as `carleman` does in monomials, without a matrix.

    Products cost what those with the assembled matrix cost; the memory is 4 N + 8 bytes a monomial,
    some thirty times less. F_0 != 0 is the normal case, every degree and order are allowed.

    Parameters
    ----------
    system : PolynomialSystem
        The flow x' = sum_k F_k x^{(x)k}.
    order : int
        N, at least 1. The dimension is C(n + N, N) - 1.
    scale : float
        r > 0; level k holds the monomials of x / r.
    basis : str
        ``"symmetric"`` or ``"isometric"``, see `CarlemanSystem`.

    Raises
    ------
    TypeError
        For a map: its exact embedding is no derivation.
    QGDError
        With ``Outcome.TOO_LARGE`` before anything is allocated.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialSystem
    >>> logistic = PolynomialSystem([[0.0], [[-1.0]], [[1.0]]])
    >>> A = carleman_operator(logistic, 3)
    >>> (A @ [0.5, 0.25, 0.125]).tolist(), A.trace
    ([-0.25, -0.25, -0.375], -6.0)
    """
    if not isinstance(system, PolynomialSystem):
        raise TypeError(
            f"`system` must be a PolynomialSystem, got {type(system).__name__}; embed a map by "
            "`carleman`, or run it by `graded_iterate`"
        )
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    check_choice("basis", basis, ("symmetric", "isometric"))
    n = system.num_variables
    bytes_each = 4 * order + 8 * (4 if basis == "symmetric" else 6)
    check_memory(
        float(bytes_each) * min(math.comb(n + order, order), 10**300),
        f"a lifted operator of order {order} in {n} variables",
        "lower the order or keep fewer weights",
    )
    if math.comb(n + order - 1, order) >= 2**31:
        raise QGDError(
            Outcome.TOO_LARGE,
            f"a level must hold fewer than 2**31 monomials, got {math.comb(n + order - 1, order)} "
            f"for {n} variables at order {order}; lower the order or keep fewer weights",
        )
    scaled = system if scale == 1 else rescale(system, scale)[0]
    return CarlemanOperator(scaled, order, float(scale), basis)


def _up_table(sizes: IntArray, binomials: IntArray) -> tuple[IntArray, IntArray]:
    """Where the table of each level starts, and the tables: n rows of D_{k-1} indices."""
    n = binomials.shape[1] - 1
    starts = np.concatenate(([0], n * np.cumsum(sizes[:-1]))).astype(np.int64)
    flat = np.empty(starts[-1], dtype=np.uint32)
    flat[:n] = np.arange(n)
    for k in range(2, len(sizes)):
        lower = flat[starts[k - 2] : starts[k - 1]].reshape(n, sizes[k - 2])
        upper = flat[starts[k - 1] : starts[k]].reshape(n, sizes[k - 1])
        _fill_up(lower, binomials[k - 1], binomials[k], upper)
    return starts, flat


@njit(cache=True)
def _fill_up(lower, below, here, upper):  # type: ignore[no-untyped-def]
    """One level of the recursion; below[l] and here[l] are C(l + k - 2, k - 1), C(l + k - 1, k)."""
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


@njit(cache=True)
def _apply(  # type: ignore[no-untyped-def]
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
                        _find(flat, starts, sizes, word[t], size, k, first, place[:m])
                        higher = y[offsets[k + size - 2] : offsets[k + size - 1]]
                        _add_at(coefficient[t], higher, place[:m], total)
                row = up[i, first:last]
                for b in range(m):
                    target[row[b]] += total[b] * inverse[b]


@njit(cache=True)
def _adjoint(  # type: ignore[no-untyped-def]
    flat, starts, sizes, offsets, pointer, word, length, coefficient, factorial, y, out, block
):  # fmt: skip
    """The transpose of `_apply`: what was read is written."""
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
def _add_at(c, source, place, out):  # type: ignore[no-untyped-def]
    for b in range(len(place)):
        out[b] += c * source[place[b]]
