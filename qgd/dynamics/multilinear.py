"""Norms of a coefficient as a multilinear map, bounded from above; never from below by iteration.

||F_k|| of the flattened n x n^k matrix bounds F_k on all vectors; the *multilinear* norm

    sup ||F_k (x_1 (x) ... (x) x_k)||  over unit vectors

on products only, which is all that the errors of the embedding need (proofs/10-closed-bounds.md,
Lemma 10.2). Finding it is hard; every number here is proved to be at least as large (Lemma 10.1).
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_array

from qgd.core.arrays import IntArray, RealArray
from qgd.core.kronecker import index_word, word_index
from qgd.dynamics.dissipation import Majorant, log_norm
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.system import Map, PolynomialMap, PolynomialSystem

_LARGEST_GRAM = 400  # monomials up to which the quartic (or higher) form is written down
_LARGEST_TENSOR = 50_000  # entries up to which the tensor is formed
_MIXES = (0.5, 0.75, 1.0, 1.25)


def multilinear_norm(matrix: csr_array, degree: int, norm: str = "2") -> float:
    """Upper bound of sup ||F (x_1 (x) ... (x) x_k)|| over unit vectors, F symmetrised (Lemma 10.1).

    The smallest of: the norms of all flattenings of the symmetrised tensor; and the square root of
    the largest eigenvalue of (1 - t) A + t S for a few t, where A is the Gram matrix of the form
    ||F x^{(x)k}||^2 on symmetric tensors and S its symmetrisation in all 2 k factors.

    Parameters
    ----------
    matrix : csr_array, shape (n, n**k)
        F_k.
    degree : int
        k.
    norm : str
        ``"2"``, or ``"inf"`` for the maximum norm of vectors.

    Examples
    --------
    >>> F = csr_array(np.array([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]))  # (x y, x y)
    >>> round(multilinear_norm(F, 2), 4), operator_norm(F)
    (0.7071, 1.0)
    """
    if matrix.nnz == 0:
        return 0.0
    n = int(matrix.shape[0])
    if norm == "inf":
        rows, _, values, _ = _polynomials(matrix, degree)
        return float(np.bincount(rows, np.abs(values), minlength=n).max())
    if n ** (degree + 1) > _LARGEST_TENSOR:
        return symmetric_norm(matrix, degree)
    tensor = _symmetrised(matrix, degree)
    flattenings = [
        float(np.linalg.norm(tensor.reshape(n ** (taken + 1), -1), 2))
        for taken in range(max(degree, 1))
    ]
    return min(flattenings + (_forms(tensor) if degree > 1 and n > 1 else []))


def symmetric_norm(matrix: csr_array, degree: int) -> float:
    """||F_k|| on symmetric tensors: the norm of the flattened matrix after symmetrisation."""
    if matrix.nnz == 0:
        return 0.0
    rows, columns, values, words = _polynomials(matrix, degree)
    weights = np.sqrt(_multiplicity(words))
    shape = (int(matrix.shape[0]), len(words))
    return operator_norm(csr_array((values / weights[columns], (rows, columns)), shape=shape))


def multilinear_majorant(system: Map, num_steps: int | None = None) -> Majorant:
    """g with g_k at least the multilinear norm of G_k, common to the steps of a map in time."""
    if isinstance(system, PolynomialMap):
        return Majorant(tuple(multilinear_norm(Gk, k) for k, Gk in enumerate(system.G)))
    each = [multilinear_majorant(m).coefficients for m in system.maps[:num_steps]]
    return Majorant(tuple(max(g) for g in itertools.zip_longest(*each, fillvalue=0.0)))


def flow_multilinear_majorant(system: PolynomialSystem, norm: str = "2") -> tuple[float, ...]:
    """(f_0, mu, f_2, ...): multilinear norms, and the logarithmic norm of F_1 in their place.

    d||x||/dt <= f_0 + mu ||x|| + f_2 ||x||^2 + ...; in the maximum norm mu is
    max_i (F_ii + sum_{j != i} |F_ij|).
    """
    values = [multilinear_norm(Fk, k, norm) for k, Fk in enumerate(system.F)]
    values[1] = maximum_log_norm(system.F[1]) if norm == "inf" else log_norm(system.F[1])
    return tuple(values)


def maximum_log_norm(matrix: csr_array) -> float:
    """Logarithmic norm that belongs to the maximum norm: max_i (M_ii + sum_{j != i} |M_ij|)."""
    dense = matrix.toarray()
    diagonal = np.diag(dense)
    return float((diagonal + np.abs(dense).sum(axis=1) - np.abs(diagonal)).max())


def _polynomials(matrix: csr_array, degree: int) -> tuple[IntArray, IntArray, RealArray, IntArray]:
    """Rows as polynomials: row, index of the monomial, coefficient; and the monomials' words."""
    n = int(matrix.shape[0])
    entries = matrix.tocoo()
    letters = np.sort(index_word(entries.col.astype(np.int64), n, degree), axis=1)
    keys, column = np.unique(word_index(letters, n), return_inverse=True)
    key = entries.row.astype(np.int64) * len(keys) + column
    cells, where = np.unique(key, return_inverse=True)
    rows, columns = np.divmod(cells.astype(np.int64), len(keys))
    values = np.bincount(where, entries.data).astype(np.float64)
    return rows, columns, values, index_word(keys, n, degree)


def _multiplicity(words: IntArray) -> RealArray:
    """k! / alpha!: how many words a sorted word stands for; shape (count,)."""
    result = np.ones(len(words))
    run = np.ones(len(words))
    for p in range(1, words.shape[1]):
        run = np.where(words[:, p] == words[:, p - 1], run + 1, 1.0)
        result *= (p + 1) / run
    return result


def _symmetrised(matrix: csr_array, degree: int) -> RealArray:
    """Tensor with axes (row, factor, ..., factor), symmetric in the factors."""
    n = int(matrix.shape[0])
    tensor = matrix.toarray().reshape((n,) * (degree + 1))
    orders = list(itertools.permutations(range(1, degree + 1)))
    return np.asarray(sum(tensor.transpose(0, *order) for order in orders) / len(orders))


def _forms(tensor: RealArray) -> list[float]:
    """sqrt(lambda_max) of matrices that represent ||F x^{(x)k}||^2 on symmetric tensors."""
    n, degree = len(tensor), tensor.ndim - 1
    if math.comb(n + degree - 1, degree) > _LARGEST_GRAM:
        return []
    keys, weights, product, ratio = _product_table(n, degree)
    isometric = tensor.reshape(n, -1)[:, keys] * weights
    plain = isometric.T @ isometric
    gram = plain * np.outer(weights, weights)
    form = np.bincount(product.ravel(), gram.ravel())  # coefficients of ||F x^{(x)k}||^2
    symmetrised = ratio * form[product]
    mixed = [(1 - t) * plain + t * symmetrised for t in _MIXES]
    largest = np.linalg.eigvalsh(np.array(mixed))[:, -1]
    return [math.sqrt(max(float(value), 0.0)) for value in largest]


@lru_cache(maxsize=32)
def _product_table(n: int, degree: int) -> tuple[IntArray, RealArray, IntArray, RealArray]:
    """Monomials of a degree: sorted keys, sqrt(multiplicity), index and weight of each product."""
    words = np.array(list(itertools.combinations_with_replacement(range(n), degree)))
    weights = np.sqrt(_multiplicity(words))
    count = len(words)
    pairs = np.concatenate((np.repeat(words, count, axis=0), np.tile(words, (count, 1))), axis=1)
    pairs.sort(axis=1)
    _, first, product = np.unique(word_index(pairs, n), return_index=True, return_inverse=True)
    multiplicity = _multiplicity(pairs[first])
    product = product.reshape(count, count)
    ratio = np.outer(weights, weights) / multiplicity[product]
    return word_index(words, n), weights, product, ratio
