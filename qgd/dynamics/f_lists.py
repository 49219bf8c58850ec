"""Lists of matrices F_1, F_2, ... as other Carleman packages hold them, to and from our flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse

from qgd.core.checks import check_integer
from qgd.dynamics.system import PolynomialSystem


def from_f_list(F: Sequence[ArrayLike | csr_array], *, first_degree: int = 1) -> PolynomialSystem:
    """Read the flow x' = sum_k F_k x^{(x)k} from a list that need not start at F_0.

    CarlemanLinearization.jl (F_1, F_2) and carlin (F_1, ..., F_k) leave F_0 out and order the
    columns as we do: x_i x_j belongs to column i n + j, counted from zero. A product may stand in
    any of the columns of its factors, or be split among them: all of them are added up.

    Parameters
    ----------
    F : sequence of matrices
        Dense, or sparse of any SciPy format; entry m has shape (n, n**(first_degree + m)).
    first_degree : int
        Degree of the first entry: 0 or 1.

    Raises
    ------
    TypeError
        If `F` is one matrix instead of a list.
    ValueError
        If a shape is not that of its degree, or an entry is not finite.

    Examples
    --------
    >>> from_f_list([[[-1.0]], [[0.5]]]).field([2.0])
    array([0.])
    """
    degree = _checked_first_degree(first_degree)
    given: Any = F
    if issparse(given) or isinstance(given, np.ndarray):
        raise TypeError(
            f"`F` must be a list of matrices, got one of shape {given.shape}; pass [F_1, F_2, ...]"
        )
    matrices = list(given)
    if len(matrices) + degree < 2:
        raise ValueError(
            f"`F` must reach F_1, got {len(matrices)} matrices from F_{degree} on; add zeros"
        )
    shape: tuple[int, ...] = np.shape(matrices[1 - degree])
    n = shape[0] if shape else 1
    for k, matrix in enumerate(matrices, start=degree):
        if np.shape(matrix) != (n, n**k) and not (k == 0 and np.shape(matrix) == (n,)):
            raise ValueError(
                f"`F[{k - degree}]` must be F_{k} of shape (n, n**{k}) = ({n}, {n**k}), got "
                f"{np.shape(matrix)}; the columns are those of x (x) ... (x) x, and "
                f"first_degree = {degree} says that the list starts with F_{degree}"
            )
    return PolynomialSystem(([np.zeros(n)] if degree else []) + matrices)


def to_f_list(system: PolynomialSystem, *, first_degree: int = 1) -> list[csr_array]:
    """Write a flow as the list [F_1, F_2, ...], or [F_0, F_1, ...] with `first_degree` = 0.

    The inverse of `from_f_list`; the matrices are copies. `scipy.io.savemat` writes them for
    MATLAB and Julia.

    Raises
    ------
    ValueError
        If F_0 is not zero and the list would leave it out.

    Examples
    --------
    >>> flow = PolynomialSystem([[0.0], [[-1.0]], [[0.5]]])
    >>> [Fk.toarray().item() for Fk in to_f_list(flow)]
    [-1.0, 0.5]
    """
    degree = _checked_first_degree(first_degree)
    if not isinstance(system, PolynomialSystem):
        raise TypeError(
            f"`system` must be a PolynomialSystem, got {type(system).__name__}; the list of a map "
            "is its attribute G"
        )
    if degree == 1 and system.F[0].nnz:
        raise ValueError(
            "`system` must have F_0 = 0 for a list that starts with F_1, got an F_0 with "
            f"{system.F[0].nnz} non-zeros; pass first_degree=0, or shift the origin to a point at "
            "rest"
        )
    return [Fk.copy() for Fk in system.F[degree:]]


def _checked_first_degree(first_degree: int) -> int:
    if check_integer("first_degree", first_degree, 0) > 1:
        raise ValueError(f"`first_degree` must be 0 or 1, got {first_degree}; add matrices of zero")
    return int(first_degree)
