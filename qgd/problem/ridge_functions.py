"""Sums of ridge functions sum_i p_i(x_i . w): the polynomial behind every data-fitting loss."""

from __future__ import annotations

import itertools
import math

import numpy as np

from qgd.core.arrays import IntArray, RealArray
from qgd.core.kronecker import word_index
from qgd.problem.polynomial import PolynomialLoss

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
        w = _sorted_words(num_weights, degree)
        words.append(w)
        coefficients.append(_moments(features, profiles[:, degree], w) * _multinomials(w))
    return PolynomialLoss.from_arrays(num_weights, words, coefficients)


def _moments(features: RealArray, weights: RealArray, words: IntArray) -> RealArray:
    """sum_i weights_i x_i^word for each word: products of the first and last letters, multiplied.

    Every product of half the letters is formed once; a matrix product sums over the samples.
    """
    n, degree = features.shape[1], words.shape[1]
    halves = []
    for letters in (words[:, : degree // 2], words[:, degree // 2 :]):
        known = _sorted_words(n, letters.shape[1])
        position = np.searchsorted(word_index(known, n), word_index(letters, n))
        halves.append((features[:, known].prod(axis=2), position))
    (first, row), (last, column) = halves
    return np.asarray(((first * weights[:, None]).T @ last)[row, column])


def _sorted_words(num_weights: int, degree: int) -> IntArray:
    """All words of this length with non-decreasing letters, in lexicographic order."""
    letters = itertools.combinations_with_replacement(range(num_weights), degree)
    flat = np.fromiter(itertools.chain.from_iterable(letters), dtype=np.int64)
    return flat.reshape(math.comb(num_weights + degree - 1, degree), degree)


def _multinomials(words: IntArray) -> RealArray:
    """d! / alpha! of sorted words of d letters, by the runs of equal letters."""
    count, degree = words.shape
    result = np.full(count, float(math.factorial(degree)))
    run = np.ones(count)
    for p in range(1, degree):
        run = np.where(words[:, p] == words[:, p - 1], run + 1, 1)
        result /= run
    return result
