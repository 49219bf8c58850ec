"""Spectral norm of wide sparse matrices: exact where that is affordable, never from below.

The squared norm is the largest eigenvalue of the Gram matrix M M^T, and this the largest one of
its connected components. Each bound of a component is a theorem (proofs/00-conventions.md, Lemma
0.5): eigenvalues of a small one, a Cholesky factor of theta I - M M^T for a larger one, and the
Schur test, which is all that remains when a factor would not fit into memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cholesky_banded, eigh_tridiagonal
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

from qgd.core.arrays import IntArray, RealArray

_DENSE_ROWS = 2000  # of a component up to which its eigenvalues are computed
_TINY_ROWS = 16  # of components whose eigenvalues are computed all together
_PRODUCTS = 5e7  # multiplications up to which a sparse Gram matrix is formed
_ENTRIES = 16_000_000  # of a dense matrix or of a factor; about three times as many for all
_OVERHEAD = 10_000  # entries whose factorisation takes as long as cutting out a component
_POWER_STEPS = 30
_LANCZOS_STEPS = 200


def operator_norm(matrix: csr_array) -> float:
    """Spectral norm of a sparse matrix of any width, or a rigorous upper bound of it.

    Exact, through the eigenvalues of M M^T, up to 2000 rows, or where the connected components of
    M M^T (or of M^T M, if smaller) have no more; above the norm by a relative 1e-6, seldom more,
    where a component has a banded Cholesky factor of at most 1.6e7 entries (4000 rows when it is
    dense, 1e5 rows of bandwidth 160); the Schur test beyond, which is never worse than the
    square root of the largest sum of |M M^T| over a row, nor than the Hoelder bound
    sqrt(||M||_1 ||M||_inf). Memory grows with the stored entries, not with the width.

    The statements hold in exact arithmetic. In double precision M M^T is rounded by a few units
    in the last place of |M| |M|^T and its eigenvalues like those of any `eigvalsh`; the rounding
    of the Cholesky factor is part of the bound.

    Examples
    --------
    >>> operator_norm(csr_array(([3.0, 4.0], ([0, 0], [0, 10**12])), shape=(1, 10**13)))
    5.0
    """
    largest = float(np.abs(matrix.data).max(initial=0.0))
    if largest == 0 or not math.isfinite(largest):
        return largest
    columns, occupied = np.unique(matrix.indices, return_inverse=True)
    rows = int(matrix.shape[0])
    small, unit = rows <= _DENSE_ROWS, 1.0
    if not small or not 1e-100 <= largest <= 1e100:  # where squares would under- or overflow
        unit = math.ldexp(0.5, math.frexp(largest)[1])
    data = matrix.data if unit == 1 else matrix.data / unit
    narrow = csr_array((data, occupied, matrix.indptr), shape=(rows, len(columns)))
    if not small:
        return unit * math.sqrt(_largest_square(narrow.astype(np.float64)))
    gram = (narrow @ narrow.T).toarray()
    return unit * math.sqrt(max(0.0, float(np.linalg.eigvalsh(gram)[-1])))


def _largest_square(matrix: csr_array) -> float:
    """Upper bound of lambda_max(M M^T)."""
    gram = _gram(matrix)
    if gram is not None:
        return _largest_eigenvalue(gram)
    absolute = abs(matrix)
    adjoint = csr_array(absolute.T)
    rows = int(matrix.shape[0])
    return float(_schur_bounds(lambda p: absolute @ (adjoint @ p), np.array([0, rows]))[0])


def _gram(matrix: csr_array) -> csr_array | None:
    """M M^T or M^T M, the smaller one that is affordable; None when neither is."""
    rows, columns = matrix.shape
    sides = [(np.bincount(matrix.indices), matrix), (np.diff(matrix.indptr), matrix.T)]
    for shared, factor in sides if rows <= columns else sides[::-1]:
        if np.square(shared, dtype=np.float64).sum() <= _PRODUCTS:
            return csr_array(factor @ factor.T)
    if rows * columns <= _ENTRIES:
        dense = matrix.toarray() if rows <= columns else matrix.toarray().T
        return csr_array(dense @ dense.T)
    return None


def _largest_eigenvalue(gram: csr_array) -> float:
    """Upper bound of lambda_max, one connected component after the other."""
    gram, starts = _by_components(gram)
    bounds = _schur_bounds(abs(gram).__matmul__, starts)
    _solve_tiny(gram, starts, bounds)
    largest, left = 0.0, 3 * _ENTRIES
    for component in np.argsort(-bounds, kind="stable"):
        bound = float(bounds[component])
        if bound <= largest:
            break
        start, end = starts[component], starts[component + 1]
        block = csr_array(gram[start:end][:, start:end])
        value, entries = _component(block, bound, min(left, _ENTRIES))
        largest, left = max(largest, value), left - entries - _OVERHEAD
    return largest


def _by_components(gram: csr_array) -> tuple[csr_array, IntArray]:
    """The matrix with each connected component in consecutive rows, and where they begin."""
    count, labels = connected_components(gram, directed=False)
    starts = np.concatenate(([0], np.cumsum(np.bincount(labels, minlength=count))))
    if count == 1:
        return gram, starts
    order = np.argsort(labels, kind="stable")
    return csr_array(gram[order][:, order]), starts


def _schur_bounds(times: Callable[[RealArray], RealArray], starts: IntArray) -> RealArray:
    """For each component of A >= 0, the least max_i (A p)_i / p_i of a few power steps p > 0."""
    sizes, first = np.diff(starts), starts[:-1]
    weights, bounds = np.ones(starts[-1]), np.full(len(sizes), math.inf)
    for _ in range(_POWER_STEPS):
        image = times(weights)
        np.minimum(bounds, np.maximum.reduceat(image / weights, first), out=bounds)
        peaks = np.maximum(np.maximum.reduceat(image, first), 1e-300)
        weights = np.maximum(image / np.repeat(peaks, sizes), 1e-100)
    return bounds


def _solve_tiny(gram: csr_array, starts: IntArray, bounds: RealArray) -> None:
    """Put the exact eigenvalue in the place of the bounds of tiny components (one row is exact)."""
    sizes, entries = np.diff(starts), gram.tocoo()
    component = np.repeat(np.arange(len(sizes)), sizes)[entries.row]
    for size in range(2, _TINY_ROWS + 1):
        members = np.flatnonzero(sizes == size)
        if len(members) == 0:
            continue
        kept = sizes[component] == size
        owner, offset = component[kept], starts[component[kept]]
        blocks = np.zeros((len(members), size, size))
        place = np.searchsorted(members, owner)
        blocks[place, entries.row[kept] - offset, entries.col[kept] - offset] = entries.data[kept]
        bounds[members] = np.linalg.eigvalsh(blocks)[:, -1]


def _component(block: csr_array, bound: float, entries: int) -> tuple[float, int]:
    """Upper bound of lambda_max of one component, and how many entries its matrix took."""
    rows = int(block.shape[0])
    if rows <= _DENSE_ROWS:
        if rows**2 > entries:
            return bound, 0
        return float(np.linalg.eigvalsh(block.toarray())[-1]), rows**2
    order = reverse_cuthill_mckee(block, symmetric_mode=True)
    lower = csr_array(block[order][:, order]).tocoo()
    diagonals = lower.row - lower.col
    height = int(diagonals.max()) + 1
    if height * rows > entries:
        return bound, 0
    kept = diagonals >= 0
    triangle = (diagonals[kept], lower.col[kept], lower.data[kept])
    estimate = _ritz_value(block)
    for excess in 10.0 ** np.arange(-6, 1):
        theta = estimate * (1 + excess)
        if theta >= bound:
            break
        if _is_definite(theta, triangle, (height, rows)):
            # the factor is that of a matrix which differs by this at most (Lemma 0.5)
            rounding = rows * (height + 2) * float(np.finfo(float).eps)
            return min(bound, theta * (1 + rounding)), height * rows
    return bound, height * rows


def _is_definite(
    theta: float, triangle: tuple[IntArray, IntArray, RealArray], shape: tuple[int, int]
) -> bool:
    """Whether theta I - A has a Cholesky factor, A given by (diagonal, column, value)."""
    diagonals, columns, values = triangle
    band = np.zeros(shape, order="F")
    band[diagonals, columns] = -values
    band[0] += theta
    try:
        cholesky_banded(band, overwrite_ab=True, lower=True, check_finite=False)
    except LinAlgError:
        return False
    return True


def _ritz_value(gram: csr_array) -> float:
    """Largest eigenvalue of a few Lanczos steps, without reorthogonalisation: a guess from below.

    It stops when ten steps change nothing any more, but asks for no convergence, as an eigenvalue
    in a cluster may take any number of steps.
    """
    size = int(gram.shape[0])
    vector = np.random.default_rng(0).standard_normal(size)
    vector, previous = vector / np.linalg.norm(vector), np.zeros(size)
    diagonal: list[float] = []
    coupling = [0.0]
    value = 0.0
    for step in range(1, min(_LANCZOS_STEPS, size) + 1):
        image = gram @ vector - coupling[-1] * previous
        diagonal.append(float(image @ vector))
        image -= diagonal[-1] * vector
        coupling.append(float(np.linalg.norm(image)))
        if step % 10 == 0 or step == size or coupling[-1] <= 1e-14 * diagonal[0]:
            top = {"select": "i", "select_range": (step - 1, step - 1)}
            before, value = value, eigh_tridiagonal(diagonal, coupling[1:-1], True, **top)[0]
            if value - before <= 1e-8 * value or coupling[-1] <= 1e-14 * value:
                break
        previous, vector = vector, image / coupling[-1]
    return float(value)
