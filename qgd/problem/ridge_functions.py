"""Sums of ridge functions sum_i p_i(x_i . w): the polynomial behind every data-fitting loss."""

from __future__ import annotations

import itertools
import math

import numpy as np

from qgd.core.arrays import IntArray, RealArray
from qgd.problem.polynomial import PolynomialLoss

_CHUNK = 4096
_MAX_WORDS = 20_000_000


def ridge_function_sum(features: RealArray, profiles: RealArray) -> PolynomialLoss:
    """Expand sum_i sum_d profiles[i, d] (x_i . w)^d into monomials.

    The coefficient of a word with multiplicities alpha is d! / alpha! * sum_i p_{i,d} x_i^alpha.

    Parameters
    ----------
    features : ndarray, shape (m, n)
        Rows x_i.
    profiles : ndarray, shape (m, D + 1)
        Power-basis coefficients of the m profiles, constant first.
    """
    num_weights = features.shape[1]
    degrees = range(profiles.shape[1])
    count = math.comb(num_weights + profiles.shape[1] - 1, num_weights)
    if count > _MAX_WORDS:
        raise ValueError(
            f"a polynomial of degree {profiles.shape[1] - 1} in {num_weights} weights has "
            f"{count:.2g} monomials, more than {_MAX_WORDS:.0e}; prune to fewer weights"
        )
    words, coefficients = [], []
    for degree in degrees:
        letters = list(itertools.combinations_with_replacement(range(num_weights), degree))
        w = np.array(letters, dtype=np.int64).reshape(len(letters), degree)
        c = np.empty(len(w))
        for start in range(0, len(w), _CHUNK):
            block = w[start : start + _CHUNK]
            products = features[:, block].prod(axis=2)
            c[start : start + _CHUNK] = profiles[:, degree] @ products
        words.append(w)
        coefficients.append(c * _multinomials(w))
    return PolynomialLoss.from_arrays(num_weights, words, coefficients)


def _multinomials(words: IntArray) -> RealArray:
    """d! / alpha! of sorted words of d letters, by the runs of equal letters."""
    count, degree = words.shape
    result = np.full(count, float(math.factorial(degree)))
    run = np.ones(count)
    for p in range(1, degree):
        run = np.where(words[:, p] == words[:, p - 1], run + 1, 1)
        result /= run
    return result
