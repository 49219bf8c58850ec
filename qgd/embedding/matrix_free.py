"""The lifted operator in monomials, without its matrix."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_choice, check_integer, check_memory, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.system import PolynomialField, PolynomialSystem
from qgd.dynamics.terms import Terms
from qgd.dynamics.transforms import rescale
from qgd.embedding.monomials import MonomialBasis
from qgd.embedding.polarisation import apply, apply_adjoint

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
        self._starts, self._up = self._monomials.products
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
        sums = self._run(
            apply_adjoint, np.ones(self.dimension), Terms(pointer, word, abs(coefficient))
        )
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
        return self._run(apply, y, self._terms)

    def _rmatvec(self, y: RealArray) -> RealArray:
        return self._run(apply_adjoint, y, self._terms)

    def _run(self, kernel, y: RealArray, terms: Terms) -> RealArray:  # type: ignore[no-untyped-def]
        """W A W^-1 with W the isometric weights, or its transpose."""
        vector = np.ascontiguousarray(y, dtype=np.float64).ravel()
        weights = self._weights
        forward = kernel is apply
        if weights is not None:
            vector = vector / weights if forward else vector * weights
        if not forward:
            vector = vector * self._factorial
        out = np.zeros(len(vector))
        pointer, word, coefficient = terms
        kernel(
            self._up, self._starts, self._monomials.sizes, self._monomials.offsets,
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
