"""Carleman embedding in products of basis functions: one engine for any two tables.

    d phi_alpha / dt = sum_i (phi_{alpha_i})' x_i' prod_{j != i} phi_{alpha_j},

reduced by the tables and truncated at order N. The lift has the entries, ranking and levels of the
monomials of degree 1, ..., N.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import available_memory, check_integer, check_memory, check_real
from qgd.embedding.basis_derivation import basis_derivation
from qgd.embedding.basis_field import BasisField
from qgd.embedding.monomials import MonomialBasis, advance

_BYTES_PER_ENTRY = 12 * 3  # values and int32 indices, and twice that while they grow
_HOPELESS = 1e18


@dataclass(frozen=True, eq=False)
class BasisCarlemanSystem:
    """A truncated embedding y' = A y + c of a flow, in products of basis functions.

    Parameters
    ----------
    matrix : csr_array, shape (dimension, dimension)
        A.
    offset : ndarray, shape (dimension,)
        c.
    flow : BasisField
        What is embedded.
    order : int
        N, the number of levels.
    scale : float
        r > 0; level k holds products of order k over r^k.
    isometric : bool
        Products of order k times sqrt(k! / alpha!), which gives the
        diagonal blocks the norms of the Kronecker basis.
    """

    matrix: csr_array
    offset: RealArray
    flow: BasisField
    order: int
    scale: float
    isometric: bool

    @property
    def form(self) -> str:
        """``"flow"``, as for a `CarlemanSystem`."""
        return "flow"

    @property
    def num_variables(self) -> int:
        """n, the length of x."""
        return self.flow.num_variables

    @property
    def dimension(self) -> int:
        """C(n + N, N) - 1."""
        return int(self.matrix.shape[0])

    @property
    def levels(self) -> tuple[slice, ...]:
        """Where the products of each order lie in y."""
        return self._monomials.levels

    @cached_property
    def trace(self) -> float:
        """tr A."""
        return float(self.matrix.trace())

    @cached_property
    def norm_bound(self) -> float:
        """||A||_1, the largest absolute column sum."""
        return float(abs(self.matrix).sum(axis=0).max()) if self.matrix.nnz else 0.0

    def lift(self, x: ArrayLike) -> RealArray:
        """All products of basis functions at x, shape (dimension,)."""
        phi = self.flow.values(x, self.order)
        out = np.empty(self.dimension)
        _lift(phi, self._monomials.offsets, out)
        return out * self._weights

    def project(self, y: ArrayLike) -> RealArray:
        """x back from the basis functions of one variable in y; acts on the last axis."""
        vector = np.asarray(y, dtype=np.float64)
        pure = _pure(self._monomials)
        phi = vector[..., pure] / self._weights[pure]
        out = np.empty(phi.shape[:-1])
        kinds, owner = self.flow.kinds
        for number, basis in enumerate(kinds):
            own = owner == number
            out[..., own] = basis.deviation(phi[..., own, :])
        return self.flow.center + out

    def operator(self) -> LinearOperator:
        """A as a SciPy linear operator."""
        return aslinearoperator(self.matrix)

    def step(self, y: RealArray) -> RealArray:
        """A y + c, the derivative of y."""
        return np.asarray(self.matrix @ y + self.offset)

    @cached_property
    def _monomials(self) -> MonomialBasis:
        return MonomialBasis(self.num_variables, self.order)

    @cached_property
    def _weights(self) -> RealArray:
        return _weights(self._monomials, self.scale, self.isometric)


def basis_carleman(
    flow: BasisField, order: int, *, scale: float = 1.0, isometric: bool = False
) -> BasisCarlemanSystem:
    """Embed a flow into a linear system for the products of basis functions of order up to N.

    With `TAYLOR` this is ``carleman(..., basis="symmetric")``. Where the field vanishes at the
    expansion point, the blocks on the diagonal are in every basis those of the linearised flow, so
    that A decays at its rate (Theorem 8.4) and the error falls like |d|^(N + 1) (Theorem 8.5).

    Parameters
    ----------
    flow : BasisField
        What is embedded, from `basis_flow`, `logistic_flow` or `BasisField.descent`.
    order : int
        N, at least 1 and at most the order up to which the terms of the flow are known.
    scale : float
        r > 0, see `BasisCarlemanSystem`; it changes norms, never the truncated solution.
    isometric : bool
        See `BasisCarlemanSystem`.

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` before anything is allocated, if the matrix would not fit.

    References
    ----------
    proofs/08-bases.md.

    Examples
    --------
    >>> from qgd.embedding.basis import CIRCLE
    >>> pendulum = BasisField.descent([CIRCLE], [0.0], {(0, 0): 0.5})  # x' = -sin x
    >>> basis_carleman(pendulum, 3).matrix.toarray()
    array([[-1. ,  0. ,  0.5],
           [ 0. , -2. ,  0. ],
           [ 0. ,  0. , -3. ]])
    """
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    if not isinstance(flow, BasisField):
        raise TypeError(
            f"`flow` must be a BasisField, got {type(flow).__name__}; a polynomial flow "
            "becomes one by `BasisField.from_system`"
        )
    if flow.max_order is not None and order > flow.max_order:
        raise ValueError(
            f"`order` must be at most the order of the terms of the flow, {flow.max_order}, got "
            f"{order}; lower it or expand the flow with max_order={order}"
        )
    _check_size(flow, order)
    monomials = MonomialBasis(flow.num_variables, order)
    matrix, offset = basis_derivation(flow, monomials)
    if scale != 1 or isometric:
        weights = _weights(monomials, scale, isometric)
        matrix.data *= np.repeat(weights, np.diff(matrix.indptr)) / weights[matrix.indices]
        offset *= weights
    return BasisCarlemanSystem(matrix, offset, flow, order, float(scale), isometric)


def _weights(monomials: MonomialBasis, scale: float, isometric: bool) -> RealArray:
    """What the products of basis functions are multiplied by."""
    sizes = np.diff(monomials.offsets)
    weights = np.repeat(float(scale) ** -np.arange(1.0, monomials.order + 1), sizes)
    return weights * monomials.weights if isometric else weights


def _pure(monomials: MonomialBasis) -> IntArray:
    """Places of phi_m of variable i alone, shape (n, N)."""
    ranks = np.cumsum(monomials.table[1:, :-1], axis=0)
    return np.asarray((ranks + monomials.offsets[:-1, None]).T)


@njit(cache=True)
def _lift(phi, offsets, out):  # type: ignore[no-untyped-def]
    order = len(offsets) - 1
    word = np.zeros(order, dtype=np.int64)
    for level in range(1, order + 1):
        word[:] = 0
        for r in range(offsets[level - 1], offsets[level]):
            value, run = 1.0, 0
            for p in range(level):
                run += 1
                if p + 1 == level or word[p + 1] != word[p]:
                    value *= phi[word[p], run - 1]
                    run = 0
            out[r] = value
            advance(word, level)


def _check_size(flow: BasisField, order: int) -> None:
    """Refuse before anything is allocated what would not fit; name the largest order that would."""
    room = 0.8 * available_memory()
    fits = order
    while fits > 0 and _bytes(flow, fits) > room:
        fits = fits - 1 if fits < 100 else fits // 2
    check_memory(
        _bytes(flow, order),
        f"a lift of order {order} in {flow.num_variables} variables",
        f"lower the order to {fits} or keep fewer weights" if fits else "keep fewer weights",
    )


def _bytes(flow: BasisField, order: int) -> float:
    """About how much the matrix, its rows and the tables take at most; huge counts end early."""
    n = flow.num_variables
    first = range(1, min(order, 6) + 1)
    kinds = flow.kinds[0]
    slopes = max(len(basis.diff(m)) for basis in kinds for m in first)
    products = max(len(basis.mul(a, b)) for basis in kinds for a in first for b in first)
    counts = np.bincount((flow.terms.word < n).sum(axis=1), minlength=order + 1)
    inside = np.cumsum(counts) / n  # terms of a row up to each order
    total = 0.0
    columns = [float(min(math.comb(n + k - 1, k), 10**300)) for k in range(order + 1)]
    reached = np.cumsum(columns[::-1])[::-1]  # columns of this order and higher
    for k in range(1, order + 1):
        found = min(k, n) * slopes * products * float(inside[order - k + 1])
        total += columns[k] * (min(found, float(reached[k - 1])) + 1)
        if total > _HOPELESS:
            break
    return _BYTES_PER_ENTRY * total + 32.0 * len(kinds) * (order + 1) ** 3
