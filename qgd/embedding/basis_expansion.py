"""Trigonometric losses re-expanded in basis functions about a point.

For g = exp(i k d) = sum_m E_m phi_m the equation g' = i k g, read in the table `diff`, gives

    E_0 = 1,    (c + 1) E_{c+1} = i k E_c - sum_{m <= c} E_m D[m, c],

in the circle basis E_m = 0 for m > 2 |k|: the expansion is finite and exact. Products over the
angles are collected by a walk over the words that leaves a frequency as soon as its letter is 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import IntArray
from qgd.core.checks import check_array, check_integer
from qgd.embedding.basis import CIRCLE, Basis
from qgd.embedding.basis_field import BasisField
from qgd.problem.polynomial import PolynomialLoss, Word
from qgd.problem.trigonometric import ComplexArray, TrigonometricLoss


def basis_flow(
    loss: TrigonometricLoss,
    center: ArrayLike,
    *,
    basis: Basis | Sequence[Basis] = CIRCLE,
    max_order: int | None = None,
) -> BasisField:
    """The gradient flow theta' = -grad L of a trigonometric loss, in basis functions of the angles.

    Parameters
    ----------
    loss : TrigonometricLoss
        L.
    center : array_like, shape (p,)
        The expansion point; at a minimum the flow has no constant terms.
    basis : Basis or sequence of Basis
        One for all angles or one for each.
    max_order : int, optional
        Keep the terms of the flow up to this order, at least that of the lift. Left out, the flow
        is exact, which only the circle basis can hold, with up to prod (2 |k_i| + 1) terms a
        frequency. Far from the center its rounding error grows like (3 + 2 sqrt 2)^|k|.

    Raises
    ------
    ValueError
        If `max_order` is left out and a basis is not `CIRCLE`.

    Examples
    --------
    >>> loss = TrigonometricLoss.cosines([((1, 1), -1.0, 0.0)])
    >>> flow = basis_flow(loss, [0.1, 0.2])
    >>> bool(np.allclose(flow.field([0.5, 0.3]), -loss.gradient([0.5, 0.3])))
    True
    """
    if not isinstance(loss, TrigonometricLoss):
        raise TypeError(
            f"`loss` must be a TrigonometricLoss, got {type(loss).__name__}; a polynomial of the "
            "weights goes through `gradient_flow` and `BasisField.from_system`, one of their "
            "sigmoids through `logistic_flow`"
        )
    p = loss.num_variables
    c0 = check_array("center", center, (p,))
    bases = (basis,) * p if isinstance(basis, Basis) else tuple(basis)
    if len(bases) != p:
        raise ValueError(f"`basis` must be one, or one for each of {p} angles, got {len(bases)}")
    if max_order is None:
        if any(b is not CIRCLE for b in bases):
            raise ValueError(
                "`max_order` must be given, because only the circle basis holds a trigonometric "
                "polynomial exactly; pass the order of the lift"
            )
        highest = int(2 * np.abs(loss.frequencies).sum(axis=1).max(initial=0))
    else:
        highest = check_integer("max_order", max_order, 0) + 1  # -grad lowers an order by one
    expansion = _expanded(loss.shift(c0), bases, highest)
    return BasisField.from_expansion(bases, c0, expansion, max_order)


def exponential_coefficients(basis: Basis, frequency: int, order: int) -> ComplexArray:
    """E_0, ..., E_order of exp(i k d) = sum_m E_m phi_m, from `diff` alone."""
    diff = basis.tables(order + 1).diff
    E = np.zeros(order + 1, dtype=np.complex128)
    E[0] = 1.0
    for c in range(order):
        E[c + 1] = (1j * frequency * E[c] - E[: c + 1] @ diff[: c + 1, c]) / (c + 1)
    return E


def _expanded(loss: TrigonometricLoss, bases: tuple[Basis, ...], highest: int) -> PolynomialLoss:
    """Words up to length `highest` and their coefficients, without the constant of L."""
    # L is real: one of each pair k, -k counts twice. The constant has no gradient.
    half = len(loss.frequencies) // 2
    K, L = loss.frequencies[:half], 2 * loss.coefficients[:half]
    tables = _exponentials(loss.frequencies, bases, highest)
    words: list[list[tuple[int, ...]]] = [[] for _ in range(highest + 1)]
    values: list[list[float]] = [[] for _ in range(highest + 1)]
    stack: list[tuple[Word, int, IntArray, ComplexArray]]
    stack = [((), 0, np.arange(half), L)] if half else []
    while stack:
        word, first, alive, weight = stack.pop()
        words[len(word)].append(word)
        values[len(word)].append(float(weight.sum().real))
        room = highest - len(word)
        for letter in range(first, len(bases) if room else 0):
            chosen = np.flatnonzero(K[alive, letter])
            if not len(chosen):
                continue
            still = alive[chosen]
            factors = weight[chosen, None] * tables[letter][K[still, letter], 1 : room + 1]
            for m in np.flatnonzero(factors.any(axis=0)):
                stack.append((word + (letter,) * (m + 1), letter + 1, still, factors[:, m]))
    arrays = [np.array(w, dtype=np.int64).reshape(len(w), d) for d, w in enumerate(words)]
    return PolynomialLoss.from_arrays(len(bases), arrays, values)


def _exponentials(
    frequencies: IntArray, bases: tuple[Basis, ...], highest: int
) -> list[ComplexArray]:
    """For every angle a table of E, row k (negative ones from the end) for frequency k."""
    known: dict[tuple[int, int], ComplexArray] = {}
    tables = []
    for letter, basis in enumerate(bases):
        largest = int(np.abs(frequencies[:, letter]).max(initial=0))
        table = np.zeros((2 * largest + 1, highest + 1), dtype=np.complex128)
        for k in np.unique(frequencies[:, letter]).tolist():
            # In the circle basis the rest is zero: 2 |k| is the highest order of exp(i k d).
            top = min(highest, 2 * abs(k)) if basis is CIRCLE else highest
            key = id(basis), k
            if key not in known:
                known[key] = exponential_coefficients(basis, k, top)
            table[k, : top + 1] = known[key]
        tables.append(table)
    return tables
