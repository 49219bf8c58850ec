"""Pauli decomposition of a matrix and the encoding by a linear combination of Pauli words."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_memory, check_real
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.pauli_words import CountedWords, HeldWords, PauliWords
from qgd.encoding.walsh_hadamard import walsh_hadamard


def pauli_coefficients(matrix: ArrayLike) -> RealArray:
    """Coefficients w of A = sum_{x,z} w[x, z] X^x Z^z for real A, in O(4^q q) operations.

    Bit b of x and z belongs to qubit b; X Z stands for -i Y. Since X^x Z^z |c> = (-1)^{z.c} |c xor
    x>, row x of w is the Walsh-Hadamard transform of the diagonal A[c xor x, c], over 2**q.

    Parameters
    ----------
    matrix : array_like, shape (2**q, 2**q)
        A, q at least 0.

    Examples
    --------
    >>> pauli_coefficients([[1.0, 2.0], [2.0, -1.0]])  # 2 X + Z
    array([[0., 1.],
           [2., 0.]])
    """
    A = check_array("matrix", matrix, (None, None))
    size = len(A)
    if A.shape != (size, size) or size & (size - 1):
        raise ValueError(
            f"`matrix` must be square of size 2**q, got shape {A.shape}; pad it by zeros"
        )
    column = np.arange(size)
    return np.asarray(walsh_hadamard(A[column ^ column[:, None], column]) / size)


def pauli_encoding(matrix: ArrayLike, epsilon: float = 0.0, name: str = "U_P") -> BlockEncoding:
    """Encode a real square matrix with alpha = sum |w| of its Pauli coefficients (Theorem 7.11).

    The smallest coefficients are left out as long as their moduli add up to at most `epsilon`.
    Two circuits, of which the one with fewer CNOTs is taken: an index register that counts the
    terms, with a unary iteration over it; or one that holds x and z themselves, 2 q ancillas,
    where q CNOTs and q CZs select among all 4^q words and PREP carries the signs.

    Parameters
    ----------
    matrix : array_like, shape (d, d)
        A, any d >= 1, padded by zeros to 2**q >= 2.
    epsilon : float
        Allowed error in the spectral norm, at least 0. The stated error is what was left out.

    References
    ----------
    Hantzko, Binkowski, Gupta, arXiv:2310.13421, for decomposition by recursion; ours is by
    transforms of diagonals.

    Examples
    --------
    >>> pauli_encoding([[1.0, 2.0], [2.0, -1.0]]).alpha
    3.0
    """
    A = check_array("matrix", matrix, (None, None))
    check_real("epsilon", epsilon, at_least=0)
    if A.shape[0] != A.shape[1]:
        raise ValueError(f"`matrix` must be square, got shape {A.shape}; pad it by zeros")
    qubits = max(1, (len(A) - 1).bit_length())
    check_memory(8.0 * 6 * 4.0**qubits, "the Pauli coefficients", "keep fewer weights")
    padded = np.zeros((2**qubits, 2**qubits))
    padded[: len(A), : len(A)] = A
    words, left_out = _truncated(pauli_coefficients(padded), epsilon)
    terms = len(words.coefficients)
    weight = int(np.bitwise_count(words.flips).sum() + np.bitwise_count(words.signs).sum())
    counted = 2 * 2 ** max(1, (terms - 1).bit_length()) + 7 * terms + weight
    held = 5 * 4**qubits // 2 + 2 * qubits
    build = HeldWords if terms and held < counted else CountedWords
    return build(words, qubits).encoding(left_out, name)


def _truncated(table: RealArray, epsilon: float) -> tuple[PauliWords, float]:
    """The words that are kept, largest first, and the sum of the moduli of the others."""
    flips, signs = np.nonzero(table)
    values = table[flips, signs]
    order = np.argsort(np.abs(values), kind="stable")
    total = np.cumsum(np.abs(values[order]))
    dropped = int(np.searchsorted(total, epsilon, side="right"))
    left_out = math.fsum(np.abs(values[order[:dropped]]))
    kept = order[dropped:][::-1]
    return PauliWords(values[kept], flips[kept], signs[kept]), left_out
