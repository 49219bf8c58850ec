"""The only place that knows that the column of x_i (x) x_j is i n + j.

A word (i_1, ..., i_k) over {0, ..., n-1} names the coordinate x_{i_1} ... x_{i_k} of the Kronecker
power x^{(x)k}; the first letter is the most significant digit. n ** k must fit into int64.
"""

from __future__ import annotations

import numpy as np

from qgd.core.arrays import Array, IntArray, RealArray

INT64_MAX = int(np.iinfo(np.int64).max)


def check_word_space(num_variables: int, length: int) -> None:
    """Raise OverflowError if words of this length have no int64 index."""
    if num_variables**length > INT64_MAX:
        raise OverflowError(
            f"n ** k must stay below 2**63 for a Kronecker index, got n = {num_variables}, "
            f"k = {length}; use a smaller degree, order or number of weights"
        )


def word_index(words: IntArray, num_variables: int) -> IntArray:
    """Column of each word; `words` has shape (..., k), the result shape (...)."""
    check_word_space(num_variables, words.shape[-1])
    index = np.zeros(words.shape[:-1], dtype=np.int64)
    for position in range(words.shape[-1]):
        index = index * num_variables + words[..., position]
    return index


def index_word(index: IntArray, num_variables: int, length: int) -> IntArray:
    """Word of each column; inverse of `word_index`, result of shape (..., length)."""
    check_word_space(num_variables, length)
    index = np.asarray(index, dtype=np.int64)
    words = np.empty((*index.shape, length), dtype=np.int64)
    for position in range(length - 1, -1, -1):
        index, words[..., position] = np.divmod(index, num_variables)
    return words


def kronecker_power(vector: RealArray, power: int) -> RealArray:
    """x^{(x)k}; the empty product (k = 0) is the scalar one."""
    result: Array = np.ones(1)
    for _ in range(power):
        result = np.kron(result, vector)
    return result


def level_offsets(num_variables: int, order: int) -> IntArray:
    """Where level j = 1..order starts in (x, x^{(x)2}, ...): order + 1 numbers, last = dimension.

    Dimension = n + n**2 + ... + n**order.
    """
    check_word_space(num_variables, order + 1)
    sizes = [num_variables**level for level in range(1, order + 1)]
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
