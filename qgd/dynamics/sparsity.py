"""How sparse the coefficients of a descent are: the s of the theorems, which is not pruning's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_real
from qgd.problem.polynomial import PolynomialLoss
from qgd.problem.pruning import prune


@dataclass(frozen=True)
class FieldSparsity:
    """Non-zeros of F_k = -(eta / k!) d^{k+1} L, whatever eta is.

    Parameters
    ----------
    degree : int
        k.
    num_terms : int
        Non-zero entries, in monomials.
    row_sparsity, column_sparsity : int
        Largest number of non-zeros of a row and of a column, in monomials.
    symmetrised_row_sparsity : int
        The same for rows of the n x n^k matrix, where a monomial stands at all its orderings: the
        s of the theorems.
    density : float
        Non-zeros over n binomial(n + k - 1, k).
    """

    degree: int
    num_terms: int
    row_sparsity: int
    column_sparsity: int
    symmetrised_row_sparsity: int
    density: float


@dataclass(frozen=True)
class SparsityRow:
    """F_0, F_1, ... of the loss of the kept weights.

    Parameters
    ----------
    keep : float
        Kept fraction of the weights.
    num_weights : int
        Kept weights.
    fields : tuple of FieldSparsity
        By degree.
    """

    keep: float
    num_weights: int
    fields: tuple[FieldSparsity, ...]

    @property
    def row_sparsity(self) -> int:
        """s: the largest over all degrees, symmetrised."""
        return max(f.symmetrised_row_sparsity for f in self.fields)

    def __str__(self) -> str:
        parts = [
            f"F_{f.degree}: {f.num_terms} terms, row {f.row_sparsity} of monomials "
            f"({f.symmetrised_row_sparsity} symmetrised), density {f.density:.2g}"
            for f in self.fields
            if f.num_terms
        ]
        return f"keep {self.keep:.3g} (n = {self.num_weights}): " + "; ".join(parts)


def field_sparsity(loss: PolynomialLoss, pivot: ArrayLike | None = None) -> list[FieldSparsity]:
    """Count the non-zeros of the F_k of gradient descent on `loss`, around `pivot` (or 0).

    Parameters
    ----------
    loss : PolynomialLoss
        L.
    pivot : array_like, shape (n,), optional
        Point of expansion: F_k is that of u = w - pivot, usually with all degrees.

    Examples
    --------
    >>> loss = PolynomialLoss.from_terms({(0, 0, 1, 1): 1.0, (1, 1): 2.0})
    >>> [(f.degree, f.num_terms, f.symmetrised_row_sparsity) for f in field_sparsity(loss)]
    [(0, 0, 0), (1, 1, 1), (2, 0, 0), (3, 2, 3)]
    """
    moved = loss if pivot is None else loss.shift(pivot)
    n = moved.num_weights
    entries: dict[int, list[tuple[IntArray, IntArray, RealArray]]] = {}
    for rows, words, c in moved.gradient_terms():
        entries.setdefault(words.shape[1], []).append((rows, words, c))
    return [_counted(k, entries.get(k, []), n) for k in range(max(moved.degree, 1))]


def sparsity_report(
    loss: PolynomialLoss, weights: ArrayLike, keeps: Sequence[float], *, around: bool = False
) -> list[SparsityRow]:
    """Number of terms and row sparsity of every F_k against the kept fraction of the weights.

    Weights are pruned by magnitude (`prune`). Pruning makes n smaller; whether it makes the rows of
    F_k short depends on which weights meet in one term of the loss, and is counted here.

    Parameters
    ----------
    loss : PolynomialLoss
        Of all weights.
    weights : array_like, shape (n,)
        Trained dense weights.
    keeps : sequence of float
        Kept fractions in (0, 1].
    around : bool
        Expand around the pruned weights, where the run starts, in place of zero.
    """
    w = check_array("weights", weights, (loss.num_weights,))
    rows = []
    for keep in keeps:
        check_real("keeps", keep, above=0, at_most=1)
        small, mask = prune(loss, w, max(round(keep * len(w)), 1))
        fields = field_sparsity(small, mask.apply(w) if around else None)
        rows.append(SparsityRow(keep, len(mask.indices), tuple(fields)))
    return rows


def _counted(
    degree: int, parts: list[tuple[IntArray, IntArray, RealArray]], n: int
) -> FieldSparsity:
    if not parts:
        return FieldSparsity(degree, 0, 0, 0, 0, 0.0)
    keys = np.concatenate([np.column_stack((rows, words)) for rows, words, _ in parts])
    keys, place = np.unique(keys, axis=0, return_inverse=True)
    values = np.bincount(place.ravel(), np.concatenate([c for _, _, c in parts]), len(keys))
    keys = keys[values != 0]
    if not len(keys):
        return FieldSparsity(degree, 0, 0, 0, 0, 0.0)
    counts = np.bincount(keys[:, 0], minlength=n)
    spread = np.bincount(keys[:, 0], _orderings(keys[:, 1:]), n)
    columns = np.unique(keys[:, 1:], axis=0, return_counts=True)[1] if degree else counts.sum()
    return FieldSparsity(
        degree,
        len(keys),
        int(counts.max()),
        int(np.max(columns)),
        int(spread.max()),
        len(keys) / (n * math.comb(n + degree - 1, degree)),
    )


def _orderings(words: IntArray) -> RealArray:
    """Number of distinct orderings of sorted words: k! over the factorials of the repeats."""
    result = np.full(len(words), float(math.factorial(words.shape[1])))
    run = np.ones(len(words))
    for p in range(1, words.shape[1]):
        run = np.where(words[:, p] == words[:, p - 1], run + 1, 1.0)
        result /= run
    return result
