"""Layered networks with polynomial activation, all weights trained: the loss, term by term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_memory, check_real
from qgd.problem.losses import ridge_penalty
from qgd.problem.polynomial import PolynomialLoss, Word

Layer = tuple[NDArray[np.bool_], NDArray[np.bool_] | None]
Terms = dict[Word, RealArray]
"""A polynomial of the weights whose coefficients are vectors over the samples."""


def polynomial_network(
    features: ArrayLike,
    targets: ArrayLike,
    layers: Sequence[Layer],
    activation: ArrayLike,
    ridge: float = 0.0,
) -> PolynomialLoss:
    """Half the mean squared error of a pruned network as a polynomial of its surviving weights.

    L = sum_i |f(x_i) - y_i|^2 / (2 m) + (ridge / 2) |w|^2 with f = W_D p(W_{D-1} p(... W_1 x + b_1
    ...)) + b_D and p(z) = sum_k a_k z^k. Each output is kept as a polynomial in w with vectors over
    the samples as coefficients; the loss is then one Gram matrix of these vectors.

    Parameters
    ----------
    features : array_like, shape (m, d)
        Inputs.
    targets : array_like, shape (m, c)
        One column an output.
    layers : sequence of (mask, bias mask)
        Boolean arrays of shape (out, in) and (out,), or None without biases: True where a weight
        survived. The variables are numbered layer by layer, surviving weights row by row, then the
        surviving biases.
    activation : array_like
        a_0, a_1, ...
    ridge : float
        Weight of the penalty, at least 0.

    Raises
    ------
    ValueError
        If shapes do not fit, or no weight survived.
    QGDError
        ``TOO_LARGE`` if the terms do not fit into memory.

    Examples
    --------
    f(x) = w_1 (w_0 x)^2 for the sample (1, 0): L = w_0^4 w_1^2 / 2.

    >>> one = np.ones((1, 1), dtype=bool)
    >>> loss = polynomial_network([[1.0]], [[0.0]], [(one, None), (one, None)], [0.0, 0.0, 1.0])
    >>> loss.words[6].tolist(), loss.coefficients[6].tolist()
    ([[0, 0, 0, 0, 1, 1]], [0.5])
    """
    X = check_array("features", features, (None, None))
    Y = check_array("targets", targets, (len(X), None))
    a = check_array("activation", activation, (None,))
    check_real("ridge", ridge, at_least=0)
    units: list[Terms] = [{(): column} for column in X.T]
    count = 0
    for index, (mask, bias) in enumerate(layers):
        kept = _checked(index, mask, bias, len(units))
        if index:
            units = [_polynomial(u, a, len(X)) for u in units]
        units, count = _linear(units, kept, bias, count, len(X))
    if not count:
        raise ValueError(
            "`layers` must keep at least one weight, got masks that keep nothing; keep more"
        )
    if len(units) != Y.shape[1]:
        raise ValueError(
            f"`targets` must have one column for each of {len(units)} outputs, got {Y.shape[1]}"
        )
    loss = PolynomialLoss.from_terms({}, count)
    for unit, y in zip(units, Y.T, strict=True):
        residual = {**unit, (): unit.get((), np.zeros(len(X))) - y}
        loss = loss + _mean_square(residual, count)
    return loss + ridge_penalty(count, ridge)


def _checked(index: int, mask: ArrayLike, bias: ArrayLike | None, inputs: int) -> NDArray[np.bool_]:
    kept = np.asarray(mask)
    fits = kept.dtype == np.bool_ and kept.ndim == 2 and kept.shape[1] == inputs
    if not fits or (bias is not None and np.shape(bias) != kept.shape[:1]):
        raise ValueError(
            f"`layers[{index}]` must be a boolean mask of shape (out, {inputs}) and a bias mask of "
            f"shape (out,) or None, got {kept.dtype} {kept.shape} and "
            f"{None if bias is None else np.shape(bias)}"
        )
    return kept


def _linear(
    units: list[Terms],
    mask: NDArray[np.bool_],
    bias: NDArray[np.bool_] | None,
    first: int,
    samples: int,
) -> tuple[list[Terms], int]:
    """Sum of weight times unit; returns also the number of variables so far."""
    number = np.full(mask.shape, -1)
    number[mask] = first + np.arange(mask.sum())
    first += int(mask.sum())
    rows: list[Terms] = []
    for row in range(len(mask)):
        total: Terms = {}
        for column in np.flatnonzero(mask[row]):
            variable = int(number[row, column])
            # Earlier layers have lower numbers: the word stays sorted.
            total.update({(*word, variable): v for word, v in units[column].items()})
        rows.append(total)
    if bias is not None:
        for row in np.flatnonzero(bias).tolist():
            rows[row][(first,)] = np.ones(samples)
            first += 1
    return rows, first


def _polynomial(unit: Terms, coefficients: RealArray, samples: int) -> Terms:
    """p(z) by Horner's rule."""
    result: Terms = {}
    for a in coefficients[::-1]:
        result = _product(result, unit)
        if a:
            result[()] = result.get((), np.zeros(samples)) + a
    return result


def _product(left: Terms, right: Terms) -> Terms:
    if not left or not right:
        return {}
    samples = len(next(iter(left.values())))
    size = 8.0 * samples * len(left) * len(right)
    check_memory(size, "a product of polynomials of the weights", "prune more or use fewer samples")
    result: Terms = {}
    for word, v in left.items():
        for other, u in right.items():
            joined = tuple(sorted(word + other))
            result[joined] = result[joined] + v * u if joined in result else v * u
    return result


def _mean_square(residual: Terms, count: int) -> PolynomialLoss:
    """|r|^2 / (2 m): the Gram matrix of the coefficient vectors, on pairs of words."""
    size = max(len(word) for word in residual)
    pairs = float(len(residual)) ** 2
    check_memory(
        8.0 * pairs * (4 * size + 4),
        f"the square of a residual of {len(residual)} terms",
        "prune more or take an activation of lower degree",
    )
    samples = len(residual[()])
    words: list[IntArray] = []
    values: list[RealArray] = []
    for d in range(size + 1):
        chosen = [(word, v) for word, v in residual.items() if len(word) == d]
        words.append(np.array([w for w, _ in chosen], dtype=np.int64).reshape(len(chosen), d))
        values.append(np.array([v for _, v in chosen]).reshape(len(chosen), samples))
    products: list[list[tuple[IntArray, RealArray]]] = [[] for _ in range(2 * size + 1)]
    for d, (left, v) in enumerate(zip(words, values, strict=True)):
        for e, (right, u) in enumerate(zip(words, values, strict=True)):
            if len(left) and len(right):
                gram = (v @ u.T / (2 * samples)).ravel()
                both = np.hstack(
                    (np.repeat(left, len(right), axis=0), np.tile(right, (len(left), 1)))
                )
                products[d + e].append((both, gram))
    return PolynomialLoss.from_arrays(
        count,
        [
            np.concatenate([w for w, _ in p]) if p else np.empty((0, d), dtype=np.int64)
            for d, p in enumerate(products)
        ],
        [np.concatenate([c for _, c in p]) if p else np.empty(0) for p in products],
    )
