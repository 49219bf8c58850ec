"""Carleman embedding y = (x, x^{(x)2}, ..., x^{(x)N}), in the Kronecker basis or in monomials."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from qgd.core.arrays import RealArray
from qgd.core.checks import (
    check_array,
    check_choice,
    check_integer,
    check_memory,
    check_real,
)
from qgd.core.kronecker import kronecker_power, level_offsets
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.dynamics.transforms import rescale
from qgd.embedding.kronecker_blocks import assemble_blocks, derivation_blocks, exact_blocks
from qgd.embedding.monomials import MonomialBasis
from qgd.embedding.powers import power_matrix
from qgd.embedding.symmetric import derivation_matrix

MapForm = Literal["exact", "first_order"]
Form = Literal["exact", "first_order", "flow", "taylor"]
Basis = Literal["kronecker", "symmetric", "isometric"]
_BYTES_PER_ENTRY = 12 * 3  # values and int32 indices, with the copies of the assembly
_HOPELESS = 1e18  # non-zeros beyond which counting stops, well before floats overflow


@dataclass(frozen=True, eq=False)
class CarlemanSystem:
    """A truncated embedding: y+ = A y + c for a map, y' = A y + c for a flow.

    Parameters
    ----------
    matrix : csr_array, shape (dimension, dimension)
        A in the scaled variables v = x / scale.
    offset : ndarray, shape (dimension,)
        c; F_0^{(x)j} in every block j for the exact embedding of a map.
    num_variables : int
        n.
    order : int
        N, the number of levels.
    scale : float
        r > 0; level j holds (x / r)^{(x)j}. It changes norms and condition numbers, never the
        truncated solution.
    form : str
        ``"exact"`` or ``"first_order"`` for maps, ``"flow"`` for flows, ``"taylor"`` for a time
        step of a flow.
    basis : str
        ``"kronecker"``: all words; ``"symmetric"``: monomials x^alpha / r^k, each once;
        ``"isometric"``: monomials times sqrt(k! / alpha!), so that all norms are those of the
        Kronecker basis.
    """

    matrix: csr_array
    offset: RealArray
    num_variables: int
    order: int
    scale: float
    form: Form
    basis: Basis = "kronecker"

    @property
    def dimension(self) -> int:
        """n + n**2 + ... + n**N, or C(n + N, N) - 1 in monomials."""
        return int(self.matrix.shape[0])

    @property
    def levels(self) -> tuple[slice, ...]:
        """Where each level lies in y; ``levels[0]`` is x / scale itself."""
        if self.basis != "kronecker":
            return self._monomials.levels
        edges = level_offsets(self.num_variables, self.order)
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(edges))

    @cached_property
    def trace(self) -> float:
        """tr A."""
        return float(self.matrix.trace())

    @cached_property
    def norm_bound(self) -> float:
        """||A||_1, the largest absolute column sum."""
        return float(abs(self.matrix).sum(axis=0).max()) if self.matrix.nnz else 0.0

    def lift(self, x: ArrayLike) -> RealArray:
        """(v, v^{(x)2}, ..., v^{(x)N}) with v = x / scale, shape (dimension,)."""
        v = check_array("x", x, (self.num_variables,)) / self.scale
        if self.basis != "kronecker":
            y = self._monomials.lift(v)
            return y * self._monomials.weights if self.basis == "isometric" else y
        return np.concatenate([kronecker_power(v, j) for j in range(1, self.order + 1)])

    def project(self, y: ArrayLike) -> RealArray:
        """x back from the first level of y; acts on the last axis."""
        vector = np.asarray(y, dtype=np.float64)
        return self.scale * vector[..., : self.num_variables]

    def operator(self) -> LinearOperator:
        """A as a SciPy linear operator."""
        return aslinearoperator(self.matrix)

    def step(self, y: RealArray) -> RealArray:
        """A y + c: the next y of a map, the derivative of y of a flow."""
        return np.asarray(self.matrix @ y + self.offset)

    @cached_property
    def _monomials(self) -> MonomialBasis:
        return MonomialBasis(self.num_variables, self.order)


def carleman(
    system: PolynomialMap | PolynomialSystem,
    order: int,
    *,
    form: MapForm = "exact",
    scale: float = 1.0,
    basis: Basis = "kronecker",
) -> CarlemanSystem:
    """Embed a polynomial map or flow into a linear system of order N.

    For a map with G_0 = F_0, G_1 = I + F_1, G_k = F_k the *exact* embedding has the blocks

        A_{j,m} = sum_{k_1 + ... + k_j = m} G_{k_1} (x) ... (x) G_{k_j},    c_j = G_0^{(x)j},

    so that y steps exactly as the powers of x do, up to the truncation at level N. The
    *first-order* embedding keeps the terms of first order in the F's, the blocks of the continuous
    theory: sparser, but it lifts gradient descent only up to O(eta) (proofs/06-discretisation.md).
    For a flow the blocks are A_{j,j+k-1} = sum_i I^{(x)i} (x) F_k (x) I^{(x)(j-1-i)}.

    Parameters
    ----------
    system : PolynomialMap or PolynomialSystem
        What is embedded; F_0 != 0 is the normal case.
    order : int
        N, at least 1. The dimension is n + ... + n**N.
    form : str
        For maps only.
    scale : float
        r > 0, see `CarlemanSystem`.
    basis : str
        ``"kronecker"``, ``"symmetric"`` or ``"isometric"``, see `CarlemanSystem`. Monomials are up
        to N! times fewer; the truncated solution is the same.

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` before anything is allocated, if the matrix would not fit.

    References
    ----------
    Liu et al., arXiv:2303.03428, Eq. 5 (which lists F_0 in the first block only, its first-order
    form); Liu et al., arXiv:2011.03185, Eq. 3 for flows.

    Examples
    --------
    >>> halve = PolynomialMap([[0.0], [[-0.5]], [[0.1]]])
    >>> carleman(halve, 2).matrix.toarray()
    array([[0.5 , 0.1 ],
           [0.  , 0.25]])
    """
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    check_choice("form", form, ("exact", "first_order"))
    check_choice("basis", basis, ("kronecker", "symmetric", "isometric"))
    _check_size(system, order, form, basis)
    scaled = system if scale == 1 else rescale(system, scale)[0]
    kind: Form = "flow" if isinstance(scaled, PolynomialSystem) else form
    if basis == "kronecker":
        exact = isinstance(scaled, PolynomialMap) and form == "exact"
        blocks = exact_blocks(scaled, order) if exact else derivation_blocks(scaled, order)  # type: ignore[arg-type]
        matrix, offset = assemble_blocks(blocks, scaled.num_variables, order)
    else:
        monomials = MonomialBasis(scaled.num_variables, order)
        if isinstance(scaled, PolynomialMap) and form == "exact":
            matrix, offset = power_matrix(scaled, monomials)
        else:
            matrix, offset = derivation_matrix(scaled, monomials)
        if basis == "isometric":
            weights = monomials.weights
            rows = np.repeat(weights, np.diff(matrix.indptr))
            matrix.data *= rows / weights[matrix.indices]
            offset *= weights
    if kind == "first_order":
        matrix = csr_array(matrix + eye_array(matrix.shape[0], format="csr"))
    return CarlemanSystem(matrix, offset, system.num_variables, order, float(scale), kind, basis)


def _check_size(
    system: PolynomialMap | PolynomialSystem, order: int, form: str, basis: str
) -> None:
    """Refuse before assembly what would not fit, and name the largest order that would."""
    needed = _entries(system, order, form, basis)

    def remedy(room: float) -> str:
        fits = order
        while fits > 0 and _entries(system, fits, form, basis) * _BYTES_PER_ENTRY > room:
            fits -= 1
        return f"lower the order to {fits} or keep fewer weights" if fits else "keep fewer weights"

    check_memory(
        needed * _BYTES_PER_ENTRY,
        f"a Carleman matrix of order {order} in {system.num_variables} variables (up to "
        f"{needed:.2g} non-zeros)",
        remedy,
    )


def _entries(system: PolynomialMap | PolynomialSystem, order: int, form: str, basis: str) -> float:
    """About how many non-zeros the assembled matrix has; counting stops where it is hopeless."""
    exact = isinstance(system, PolynomialMap) and form == "exact"
    matrices = system.G if exact and isinstance(system, PolynomialMap) else system.F
    counts = [float(matrix.nnz) for matrix in matrices]
    n, each = system.num_variables, sum(counts)
    total, power = 0.0, np.ones(1)
    for j in range(1, order + 1):
        rows = _level_size(n, j, basis)
        if exact:
            # Level j of x+ has the non-zeros of a product of j polynomials; terms that meet in one
            # entry count once, so no block counts more than its size.
            power = np.convolve(power, counts)[: order + 1]
            words = power * (rows / _level_size(n, j, "kronecker"))
            columns = np.array([_level_size(n, m, basis) for m in range(len(words))])
            total += float(np.minimum(words, rows * columns)[1:].sum())
        else:
            total += j * rows * each / n
        total += rows  # offset, row pointers and the diagonal of the first-order form
        if total > _HOPELESS:
            break
    return total


def _level_size(n: int, level: int, basis: str) -> float:
    """Entries of a level; 10^300 stands for anything larger."""
    count = n**level if basis == "kronecker" else math.comb(n + level - 1, level)
    return float(min(count, 10**300))
