"""From a loss to its descent. The sign of w' = -grad L is applied here and nowhere else."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.sparse import coo_array, csr_array

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_real
from qgd.core.kronecker import check_word_space, word_index
from qgd.dynamics.system import PolynomialMap, PolynomialSystem, TimeDependentMap
from qgd.problem.polynomial import PolynomialLoss

DESCENT: Final = -1.0  # w' = DESCENT * grad L


def gradient_flow(loss: PolynomialLoss) -> PolynomialSystem:
    """The flow w' = -grad L(w), with F_k = -(1/k!) d^{k+1} L(0) as symmetric n x n^k matrices.

    Parameters
    ----------
    loss : PolynomialLoss
        L, of degree q + 1 for a flow of degree q.

    Examples
    --------
    >>> loss = PolynomialLoss.from_terms({(0,): -1.0, (0, 0): 2.0})
    >>> gradient_flow(loss).field([1.0])
    array([-3.])
    """
    return PolynomialSystem(_negative_gradient(loss, 1.0))


def gradient_descent(loss: PolynomialLoss, learning_rate: float) -> PolynomialMap:
    """The map w+ = w - eta grad L(w): Eqs. 3 and 4 of Liu et al., arXiv:2303.03428.

    Parameters
    ----------
    loss : PolynomialLoss
        L.
    learning_rate : float
        eta > 0.

    Raises
    ------
    ValueError
        If the learning rate is not positive and finite.
    """
    check_real("learning_rate", learning_rate, above=0, remedy="use a small positive number")
    return PolynomialMap(_negative_gradient(loss, learning_rate))


def stochastic_gradient_descent(
    losses: Sequence[PolynomialLoss], learning_rate: float
) -> TimeDependentMap:
    """One gradient step on each loss in turn: step k descends on minibatch k.

    The embedding of the result has a different block in every row of the history system.
    """
    if not losses:
        raise ValueError("`losses` must name at least one minibatch loss, got none")
    return TimeDependentMap(tuple(gradient_descent(loss, learning_rate) for loss in losses))


def _negative_gradient(loss: PolynomialLoss, factor: float) -> list[csr_array]:
    """-factor * gradient as F_0, F_1, ...; each column word is spread over its permutations.

    The symmetric representative is the one of the paper and has the smallest operator norm.
    """
    n = loss.num_weights
    check_word_space(n, loss.degree - 1)
    F = [csr_array((n, n**k)) for k in range(max(loss.degree, 2))]
    for rows, words, coefficients in loss.gradient_terms():
        k = words.shape[1]
        F[k] = csr_array(F[k] + _symmetrised(rows, words, DESCENT * factor * coefficients, n))
    return F


def _symmetrised(
    rows: IntArray,
    words: IntArray,
    coefficients: RealArray,
    num_variables: int,
) -> csr_array:
    k = words.shape[1]
    orders = list(itertools.permutations(range(k)))
    columns = np.concatenate([word_index(words[:, list(o)], num_variables) for o in orders])
    values = np.tile(coefficients / math.factorial(k), len(orders))
    shape = (num_variables, num_variables**k)
    return csr_array(coo_array((values, (np.tile(rows, len(orders)), columns)), shape=shape))
