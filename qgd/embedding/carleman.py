"""Carleman embedding in the Kronecker basis: y = (x, x^{(x)2}, ..., x^{(x)N})."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import block_array, csr_array, eye_array, kron
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

MapForm = Literal["exact", "first_order"]
Form = Literal["exact", "first_order", "flow", "taylor"]
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
    """

    matrix: csr_array
    offset: RealArray
    num_variables: int
    order: int
    scale: float
    form: Form

    @property
    def dimension(self) -> int:
        """n + n**2 + ... + n**N."""
        return int(self.matrix.shape[0])

    @property
    def levels(self) -> tuple[slice, ...]:
        """Where each level lies in y; ``levels[0]`` is x / scale itself."""
        edges = level_offsets(self.num_variables, self.order)
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(edges))

    def lift(self, x: ArrayLike) -> RealArray:
        """(v, v^{(x)2}, ..., v^{(x)N}) with v = x / scale, shape (dimension,)."""
        v = check_array("x", x, (self.num_variables,)) / self.scale
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


def carleman(
    system: PolynomialMap | PolynomialSystem,
    order: int,
    *,
    form: MapForm = "exact",
    scale: float = 1.0,
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
    _check_size(system, order, form)
    scaled, _ = rescale(system, scale)
    if isinstance(scaled, PolynomialSystem):
        blocks, kind = _derivation_blocks(scaled, order), "flow"
    elif form == "exact":
        blocks, kind = _exact_blocks(scaled, order), "exact"
    else:
        blocks, kind = _derivation_blocks(scaled, order), "first_order"
        for j in range(1, order + 1):
            blocks[j][j] = blocks[j][j] + eye_array(scaled.num_variables**j, format="csr")
    matrix, offset = _assemble(blocks, scaled.num_variables, order)
    return CarlemanSystem(matrix, offset, system.num_variables, order, float(scale), kind)  # type: ignore[arg-type]


def _exact_blocks(system: PolynomialMap, order: int) -> list[dict[int, csr_array]]:
    """Row j of blocks {m: A_{j,m}}, m = 0..N, by A_{j,m} = sum_k G_k (x) A_{j-1,m-k}."""
    rows: list[dict[int, csr_array]] = [{0: csr_array(np.ones((1, 1)))}]
    for _ in range(order):
        row: dict[int, csr_array] = {}
        for k, Gk in enumerate(system.G):
            if Gk.nnz == 0:
                continue
            for m, block in rows[-1].items():
                if m + k <= order:
                    term = kron(Gk, block, format="csr")
                    row[m + k] = row[m + k] + term if m + k in row else term
        rows.append(row)
    return rows


def _derivation_blocks(
    system: PolynomialMap | PolynomialSystem, order: int
) -> list[dict[int, csr_array]]:
    """Row j of blocks {m: A_{j,m}} of the derivation: F_k in each of the j places."""
    n = system.num_variables
    rows: list[dict[int, csr_array]] = [{}]
    for j in range(1, order + 1):
        row = {j: csr_array((n**j, n**j))}
        for k, Fk in enumerate(system.F):
            m = j + k - 1
            if Fk.nnz == 0 or m > order:
                continue
            for i in range(j):
                left, right = eye_array(n**i), eye_array(n ** (j - 1 - i))
                term = kron(kron(left, Fk), right, format="csr")
                row[m] = row[m] + term if m in row else term
        rows.append(row)
    return rows


def _assemble(rows: list[dict[int, csr_array]], n: int, order: int) -> tuple[csr_array, RealArray]:
    levels = range(1, order + 1)
    blocks = [[rows[j].get(m) for m in levels] for j in levels]
    for j in levels:
        if blocks[j - 1][j - 1] is None:
            blocks[j - 1][j - 1] = csr_array((n**j, n**j))
    offset = [rows[j][0].toarray().ravel() if 0 in rows[j] else np.zeros(n**j) for j in levels]
    return csr_array(block_array(blocks, format="csr")), np.concatenate(offset)


def _check_size(system: PolynomialMap | PolynomialSystem, order: int, form: str) -> None:
    """Count the non-zeros of the assembled matrix before it is built."""
    exact = isinstance(system, PolynomialMap) and form == "exact"
    matrices = system.G if exact and isinstance(system, PolynomialMap) else system.F
    counts = np.array([float(matrix.nnz) for matrix in matrices])
    n = system.num_variables
    total, power = 0.0, np.ones(1)
    for j in range(1, order + 1):
        if exact:
            power = np.convolve(power, counts)[: order + 1]
            total += float(power[1:].sum())
        else:
            total += j * float(n) ** (j - 1) * float(counts.sum())
        total += float(n) ** j  # offset, row pointers and the diagonal of the first-order form
        if total > _HOPELESS:
            break
    check_memory(
        total * _BYTES_PER_ENTRY,
        f"a Carleman matrix of order {order} in {n} variables (at least {total:.2g} non-zeros)",
        "lower the order or keep fewer weights",
    )
