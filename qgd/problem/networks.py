"""Networks whose loss is a polynomial of their weights."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.checks import check_array, check_real
from qgd.problem.losses import ridge_penalty
from qgd.problem.polynomial import PolynomialLoss


def quadratic_network(
    features: ArrayLike, targets: ArrayLike, output_weights: ArrayLike, ridge: float = 0.0
) -> PolynomialLoss:
    """Mean squared error of f(x) = sum_h a_h (v_h . x)^2 with fixed a: degree 4, gradient cubic.

    L(V) = sum_i (f(x_i) - y_i)^2 / (2 m) + (ridge / 2) ||V||_F^2. The weights are the rows v_h of
    V, concatenated: index h * d + k is the weight from input k to hidden unit h.

    Parameters
    ----------
    features : array_like, shape (m, d)
        Inputs; append a column of ones for biases.
    targets : array_like, shape (m,)
        y.
    output_weights : array_like, shape (hidden,)
        a_h, the fixed weights of the output unit (often +1 and -1).
    ridge : float
        Weight of the penalty, at least 0.
    """
    X = check_array("features", features, (None, None))
    y = check_array("targets", targets, (len(X),))
    a = check_array("output_weights", output_weights, (None,))
    check_real("ridge", ridge, at_least=0)
    samples, d = X.shape
    hidden = len(a)
    second = np.einsum("m,mi,mj->ij", y, X, X) / samples
    fourth = np.einsum("mi,mj,mk,ml->ijkl", X, X, X, X, optimize=True) / samples
    words2, words4, values2, values4 = [], [], [], []
    pairs = np.array(list(itertools.product(range(d), repeat=2)))
    quads = np.array(list(itertools.product(range(d), repeat=4)))
    for h in range(hidden):
        words2.append(h * d + pairs)
        values2.append(-a[h] * second.ravel())
        for g in range(hidden):
            words4.append(np.array([h, h, g, g]) * d + quads)
            values4.append(0.5 * a[h] * a[g] * fourth.ravel())
    empty = [np.empty((0, k), dtype=np.int64) for k in (1, 3)]
    loss = PolynomialLoss.from_arrays(
        hidden * d,
        [
            np.empty((1, 0), dtype=np.int64),
            empty[0],
            np.concatenate(words2),
            empty[1],
            np.concatenate(words4),
        ],
        [[y @ y / (2 * samples)], [], np.concatenate(values2), [], np.concatenate(values4)],
    )
    return loss + ridge_penalty(hidden * d, ridge)
