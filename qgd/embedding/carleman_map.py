"""The exact or first-order lift of a map in the Kronecker basis, without its matrix."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_choice, check_integer, check_memory, check_real
from qgd.core.kronecker import kronecker_power, level_offsets
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.system import PolynomialMap
from qgd.dynamics.transforms import rescale
from qgd.embedding.carleman import MapForm, carleman
from qgd.embedding.slot_program import (
    Coefficients,
    SlotProgram,
    derivation_program,
    exact_program,
)


@dataclass(frozen=True, eq=False)
class CarlemanMap:
    """A truncated embedding y+ = A y + c of a map, with A as an operator; by `carleman_map`.

    Parameters
    ----------
    source : PolynomialMap
        The dynamics in unscaled variables.
    order : int
        N, the number of levels.
    form : str
        ``"exact"`` or ``"first_order"``, see `carleman`.
    scale : float
        r > 0; level j holds (x / r)^{(x)j}.
    """

    source: PolynomialMap
    order: int
    form: MapForm
    scale: float
    basis: Literal["kronecker"] = "kronecker"

    @property
    def num_variables(self) -> int:
        """n."""
        return self.source.num_variables

    @property
    def dimension(self) -> int:
        """n + n**2 + ... + n**N."""
        return int(level_offsets(self.num_variables, self.order)[-1])

    @property
    def levels(self) -> tuple[slice, ...]:
        """Where each level lies in y; ``levels[0]`` is x / scale itself."""
        edges = level_offsets(self.num_variables, self.order)
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(edges))

    @property
    def matrix(self) -> csr_array:
        """A, assembled anew at every call: for what cannot do without.

        Raises
        ------
        QGDError
            With ``Outcome.TOO_LARGE`` if it would not fit.
        """
        return carleman(self.source, self.order, form=self.form, scale=self.scale).matrix

    @cached_property
    def offset(self) -> RealArray:
        """c: F_0^{(x)j} in every block j of the exact form, F_0 in the first of the other."""
        constant = self._scaled.F[0].toarray().ravel()
        if self.form == "exact":
            return self._powers(constant)
        c = np.zeros(self.dimension)
        c[: len(constant)] = constant
        return c

    def lift(self, x: ArrayLike) -> RealArray:
        """(v, v^{(x)2}, ..., v^{(x)N}) with v = x / scale, shape (dimension,)."""
        return self._powers(check_array("x", x, (self.num_variables,)) / self.scale)

    def project(self, y: ArrayLike) -> RealArray:
        """x back from the first level of y; acts on the last axis."""
        return self.scale * np.asarray(y, dtype=np.float64)[..., : self.num_variables]

    def step(self, y: RealArray) -> RealArray:
        """A y + c: the next y."""
        return self.apply(y[None])[0] + self.offset

    def apply(self, rows: RealArray, *, adjoint: bool = False) -> RealArray:
        """A, or its adjoint, on every row of an array of shape (rows, dimension)."""
        return self._run(self._coefficients, rows, adjoint)

    def apply_absolute(self, rows: RealArray, *, adjoint: bool = False) -> RealArray:
        """The same with the moduli of all coefficients: entries at least those of |A|."""
        pointer, column, value = self._coefficients
        return self._run(Coefficients(pointer, column, np.abs(value)), rows, adjoint)

    def operator(self) -> LinearOperator:
        """A as a SciPy linear operator."""
        return LinearOperator(
            (self.dimension, self.dimension),
            matvec=lambda y: self.apply(np.reshape(y, (1, -1)))[0],
            rmatvec=lambda y: self.apply(np.reshape(y, (1, -1)), adjoint=True)[0],
            matmat=lambda Y: self.apply(Y.T).T,
            rmatmat=lambda Y: self.apply(Y.T, adjoint=True).T,
            dtype=np.float64,
        )

    @property
    def roundings(self) -> int:
        """Most roundings that any product a_{ij} y_j meets in `apply`."""
        return self._program.roundings + (self.form == "first_order")

    @cached_property
    def level_norms(self) -> RealArray:
        """Upper bounds of ||A_{jm}||_2, shape (N, N): the better of Hoelder and the coefficients.

        Hoelder's is sqrt(||B||_1 ||B||_inf) with the sums of `apply_absolute`; of coefficients,
        [x^m] (sum_k ||G_k|| x^k)^j for the exact form, and for the other j ||F_k|| for k = m - j +
        1 != 1 and ||I + j F_1|| on the diagonal, whose block is the mean of I (x) (I + j F_1) (x) I
        over the places (Theorem 4.1).
        """
        N, d = self.order, self.dimension
        ones = np.zeros((N, d))
        for m, level in enumerate(self.levels):
            ones[m, level] = 1.0
        rows, columns = (self.apply_absolute(ones, adjoint=back) for back in (False, True))
        peaks = [
            np.array([[sums[m, level].max() for m in range(N)] for level in self.levels])
            for sums in (rows, columns)
        ]
        table = self._exact_norms() if self.form == "exact" else self._first_order_norms()
        return np.minimum(np.sqrt(peaks[0] * peaks[1].T), table)

    def _exact_norms(self) -> RealArray:
        g = [float(operator_norm(G)) for G in self._scaled.G]
        table, power = np.zeros((self.order, self.order + 1)), np.ones(1)
        for j in range(self.order):
            power = np.convolve(power, g)[: self.order + 1]
            table[j, : len(power)] = power
        return table[:, 1:]

    def _first_order_norms(self) -> RealArray:
        norms = [float(operator_norm(F)) for F in self._scaled.F]
        identity = csr_array(self._scaled.G[1] - self._scaled.F[1])
        table = np.zeros((self.order, self.order))
        for j in range(1, self.order + 1):
            table[j - 1, j - 1] = operator_norm(csr_array(identity + j * self._scaled.F[1]))
            for k, norm in enumerate(norms):
                if k != 1 and 1 <= j + k - 1 <= self.order:
                    table[j - 1, j + k - 2] = j * norm
        return table

    def _run(self, coefficients: Coefficients, rows: RealArray, adjoint: bool) -> RealArray:
        out = self._program.run(coefficients, rows, adjoint=adjoint)
        if self.form == "first_order":
            out += rows
        return out

    def _powers(self, v: RealArray) -> RealArray:
        return np.concatenate([kronecker_power(v, j) for j in range(1, self.order + 1)])

    @cached_property
    def _scaled(self) -> PolynomialMap:
        return self.source if self.scale == 1 else rescale(self.source, self.scale)[0]

    @cached_property
    def _coefficients(self) -> Coefficients:
        matrices = self._scaled.G if self.form == "exact" else self._scaled.F
        return Coefficients.of(matrices)

    @cached_property
    def _program(self) -> SlotProgram:
        make = exact_program if self.form == "exact" else derivation_program
        return make(self._coefficients, self.num_variables, self.order)


def carleman_map(
    system: PolynomialMap, order: int, *, form: MapForm = "exact", scale: float = 1.0
) -> CarlemanMap:
    """Embed a map as `carleman` does in the Kronecker basis, without a matrix.

    A product with A costs one contraction of every coefficient with every place of a level, for
    the exact form O(N^2 n^{N-1} nnz(G)) where the matrix has up to nnz(G)^N entries; the memory is
    that of 2 to N + 1 lifted vectors. F_0 != 0 is the normal case.

    Parameters
    ----------
    system : PolynomialMap
        x+ = x + sum_k F_k x^{(x)k}.
    order : int
        N, at least 1.
    form : str
        ``"exact"`` or ``"first_order"``, see `carleman`.
    scale : float
        r > 0.

    Raises
    ------
    TypeError
        For a flow, whose operator is `carleman_operator`.
    QGDError
        With ``Outcome.TOO_LARGE`` before anything is allocated.

    Examples
    --------
    >>> halve = PolynomialMap([[0.0], [[-0.5]], [[0.1]]])
    >>> C = carleman_map(halve, 2)
    >>> C.step(C.lift([0.4])).round(12).tolist()  # 0.2 + 0.016, and 0.2**2 to second order
    [0.216, 0.04]
    """
    if not isinstance(system, PolynomialMap):
        raise TypeError(
            f"`system` must be a PolynomialMap, got {type(system).__name__}; embed a flow by "
            "`carleman_operator`, or each map of a TimeDependentMap by itself"
        )
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    check_choice("form", form, ("exact", "first_order"))
    n = system.num_variables
    numbers = (order + 4.0) * sum(float(n) ** j for j in range(1, order + 1))
    check_memory(
        8 * numbers,
        f"a lifted map of order {order} in {n} variables",
        "lower the order or keep fewer weights",
    )
    return CarlemanMap(system, order, form, float(scale))
