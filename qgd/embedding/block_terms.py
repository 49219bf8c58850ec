"""The embedding as a list of terms coefficient * I (x) F_k (x) I, for encoders elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, eye_array, kron

from qgd.core.checks import check_integer
from qgd.dynamics.system import PolynomialField


@dataclass(frozen=True)
class BlockTerm:
    """One term of the derivation: I^{(x)place} (x) F_degree (x) I^{(x)(row - 1 - place)}.

    Parameters
    ----------
    row, column : int
        Levels 1, ..., N it maps to and from; column 0 is the constant, part of the offset.
    place : int
        Factor of the Kronecker product in which F_degree stands, from 0.
    degree : int
        k of F_k; column = row + k - 1.
    coefficient : float
        Real factor.
    """

    row: int
    column: int
    place: int
    degree: int
    coefficient: float = 1.0

    def matrix(self, field: PolynomialField) -> csr_array:
        """The term in the Kronecker basis, shape (n**row, n**column)."""
        n = field.num_variables
        left, right = eye_array(n**self.place), eye_array(n ** (self.row - 1 - self.place))
        return csr_array(self.coefficient * kron(kron(left, field.F[self.degree]), right))


def block_terms(field: PolynomialField, order: int) -> Iterator[BlockTerm]:
    """Terms of the truncated derivation of order N, row after row; F_k = 0 gives none.

    The Carleman matrix of a flow is their sum; that of the first-order embedding of a map is the
    identity plus their sum.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialSystem
    >>> flow = PolynomialSystem([[0.0], [[-1.0]], [[0.5]]])
    >>> [(t.row, t.column, t.place, t.degree) for t in block_terms(flow, 2)]
    [(1, 1, 0, 1), (1, 2, 0, 2), (2, 2, 0, 1), (2, 2, 1, 1)]
    """
    check_integer("order", order, 1)
    for j in range(1, order + 1):
        for k, Fk in enumerate(field.F):
            if j + k - 1 > order or not np.any(Fk.data):
                continue
            for place in range(j):
                yield BlockTerm(j, j + k - 1, place, k)
