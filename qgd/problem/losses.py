"""Losses that are polynomials as they stand: least squares and matrix factorisation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.checks import check_array, check_indices, check_integer, check_real
from qgd.problem.polynomial import PolynomialLoss


def ridge_penalty(num_weights: int, ridge: float) -> PolynomialLoss:
    """(ridge / 2) ||w||_2^2."""
    words = np.repeat(np.arange(num_weights)[:, None], 2, axis=1)
    empty = np.empty((0, 0), dtype=np.int64), np.empty((0, 1), dtype=np.int64)
    return PolynomialLoss.from_arrays(
        num_weights, [*empty, words], [[], [], np.full(num_weights, ridge / 2)]
    )


def least_squares(features: ArrayLike, targets: ArrayLike, ridge: float = 0.0) -> PolynomialLoss:
    """L(w) = ||X w - y||_2^2 / (2 m) + (ridge / 2) ||w||_2^2, of degree 2.

    Its gradient X^T (X w - y) / m + ridge w is affine, so gradient descent is a linear map already
    and order 1 of the Carleman embedding is exact.

    Parameters
    ----------
    features : array_like, shape (m, n)
        X, one row a sample.
    targets : array_like, shape (m,)
        y.
    ridge : float
        Weight of the penalty, at least 0.

    Examples
    --------
    >>> loss = least_squares([[1.0], [2.0]], [1.0, 3.0])
    >>> float(loss.gradient([1.4])[0])
    0.0
    """
    X = check_array("features", features, (None, None))
    y = check_array("targets", targets, (len(X),))
    check_real("ridge", ridge, at_least=0)
    samples, n = X.shape
    row, column = np.triu_indices(n)
    gram = X.T @ X / samples
    quadratic = np.where(row == column, 0.5, 1.0) * gram[row, column]
    words = [
        np.empty((1, 0), dtype=np.int64),
        np.arange(n)[:, None],
        np.column_stack((row, column)),
    ]
    coefficients = [np.array([y @ y / (2 * samples)]), -(X.T @ y) / samples, quadratic]
    return PolynomialLoss.from_arrays(n, words, coefficients) + ridge_penalty(n, ridge)


def matrix_factorisation(
    rows: ArrayLike,
    columns: ArrayLike,
    values: ArrayLike,
    shape: tuple[int, int],
    rank: int,
    ridge: float = 0.0,
) -> PolynomialLoss:
    """L(U, V) = sum over observed (i, j) of (U_i . V_j - M_ij)^2 / (2 |Omega|) + ridge, degree 4.

    The weights are U (shape[0] x rank, row-major) followed by V (shape[1] x rank). The gradient is
    cubic and each of its rows has as many terms as its row or column has observations, times the
    rank: sparse however many weights there are.

    Parameters
    ----------
    rows, columns : array_like of int, shape (observations,)
        Positions of the observed entries.
    values : array_like, shape (observations,)
        M_ij at these positions.
    shape : (int, int)
        Shape of M.
    rank : int
        Number of columns of U and V, at least 1.
    ridge : float
        Weight of (1/2) (||U||_F^2 + ||V||_F^2), at least 0.
    """
    check_integer("rank", rank, 1)
    check_real("ridge", ridge, at_least=0)
    m = check_array("values", values, (None,))
    i = check_indices("rows", rows, shape[0], "raise shape[0] or correct the rows")
    j = check_indices("columns", columns, shape[1], "raise shape[1] or correct the columns")
    if not i.shape == j.shape == m.shape:
        raise ValueError(
            "`rows`, `columns` and `values` must have the same shape (observations,), got "
            f"{i.shape}, {j.shape} and {m.shape}; give one entry an observation to each"
        )
    a = np.arange(rank)
    u = i[:, None] * rank + a
    v = shape[0] * rank + j[:, None] * rank + a
    pairs = np.stack((u, v), axis=-1)
    quartic = np.concatenate(
        [
            np.repeat(pairs[:, :, None], rank, axis=2),
            np.repeat(pairs[:, None, :], rank, axis=1),
        ],
        axis=-1,
    ).reshape(-1, 4)
    scale = 1 / (2 * len(i))
    num_weights = (shape[0] + shape[1]) * rank
    empty = [np.empty((0, d), dtype=np.int64) for d in (1, 3)]
    loss = PolynomialLoss.from_arrays(
        num_weights,
        [np.empty((1, 0), dtype=np.int64), empty[0], pairs.reshape(-1, 2), empty[1], quartic],
        [
            [scale * float(m @ m)],
            [],
            np.repeat(-2 * scale * m, rank),
            [],
            np.full(len(quartic), scale),
        ],
    )
    return loss + ridge_penalty(num_weights, ridge)
