"""Polynomial maps and their exact lift in ball arithmetic: numbers that carry their own error.

Every operation of Arb (python-flint, the extra ``qgd[certify]``) returns an interval that holds the
exact result, so that a bound computed here covers the rounding of its own computation.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.kronecker import index_word
from qgd.dynamics.system import PolynomialMap

if TYPE_CHECKING:
    from flint import arb

Polynomial = dict[tuple[int, ...], "arb"]
Rows = list[list[tuple[int, "arb"]]]


def flint() -> Any:
    """Import python-flint, or say how to get it."""
    try:
        import flint as module
    except ImportError as error:
        raise ImportError(
            "certificates need python-flint; install it with: pip install 'qgd[certify]'"
        ) from error
    return module


def upper(x: arb) -> float:
    """Smallest double that is certainly no less than the ball."""
    return float(np.nextafter(float(x.upper()), np.inf))


def euclidean(values: list[arb]) -> arb:
    """Euclidean norm."""
    return sum((v * v for v in values), flint().arb(0)).sqrt()


def shifted_map(step: PolynomialMap, center: RealArray, scale: float) -> list[Polynomial]:
    """Components of v+ for x = center + scale v; the coefficients of the step are exact doubles."""
    arb = flint().arb
    c, r = [arb(float(x)) for x in center], arb(float(scale))
    components: list[Polynomial] = [{(i,): arb(1)} for i in range(step.num_variables)]
    for k, Fk in enumerate(step.F):
        entries = Fk.tocoo()
        words = index_word(entries.col.astype(np.int64), step.num_variables, k)
        for row, word, value in zip(entries.row, words, entries.data, strict=True):
            for kept in itertools.product((False, True), repeat=k):
                term = arb(float(value)) / r
                for letter, keep in zip(word, kept, strict=True):
                    term = term * (r if keep else c[letter])
                left = tuple(int(letter) for letter, keep in zip(word, kept, strict=True) if keep)
                polynomial = components[int(row)]
                polynomial[left] = polynomial.get(left, arb(0)) + term
    return components


def lift_rows(components: list[Polynomial], order: int) -> Rows:
    """Rows of the exact lift to order N, Kronecker basis; column -1 is the constant."""
    n = len(components)
    offsets = np.concatenate(([0], np.cumsum([n**j for j in range(1, order + 1)])))

    def column(word: tuple[int, ...]) -> int:
        place = 0
        for letter in word:
            place = place * n + letter
        return int(offsets[len(word) - 1]) + place if word else -1

    level: list[Polynomial] = [{(): flint().arb(1)}]
    rows: Rows = []
    for _ in range(order):
        level = [_product(p, q, order) for p in level for q in components]
        rows += [[(column(word), value) for word, value in p.items()] for p in level]
    return rows


def _product(p: Polynomial, q: Polynomial, order: int) -> Polynomial:
    """Product without the words longer than N; letters keep their order, as in x (x) y."""
    result: Polynomial = {}
    for left, a in p.items():
        for right, b in q.items():
            if len(left) + len(right) <= order:
                word = left + right
                result[word] = result[word] + a * b if word in result else a * b
    return result


def apply_rows(rows: Rows, y: list[arb]) -> list[arb]:
    """One step of the truncated lift."""
    zero = flint().arb(0)
    return [sum((a * y[c] if c >= 0 else a for c, a in row), zero) for row in rows]


def coefficient_norms(components: list[Polynomial]) -> list[arb]:
    """Upper bounds of ||G_0||_2, ||G_1||_2, ... as balls."""
    degree = max(len(word) for p in components for word in p)
    return [_norm(components, k) for k in range(degree + 1)]


def _norm(components: list[Polynomial], degree: int) -> arb:
    """||G||_2, the root of the spectral radius of S = G G^T (Lemma 13.3).

    V^-1 S V = (V^T V)^-1 V^T S V has the spectrum of S for every invertible V, so the radius is at
    most ||V^T S V||_inf / (1 - ||V^T V - I||_inf). V are eigenvectors in double precision: they
    make the bound tight and are not trusted.
    """
    module = flint()
    n = len(components)
    parts = [{w: v for w, v in p.items() if len(w) == degree} for p in components]
    zero = module.arb(0)
    S = module.arb_mat(n, n)
    for i in range(n):
        for j in range(n):
            S[i, j] = sum((v * parts[j][w] for w, v in parts[i].items() if w in parts[j]), zero)
    approximate = np.array([[float(S[i, j].mid()) for j in range(n)] for i in range(n)])
    if not np.isfinite(approximate).all():
        return module.arb("inf")
    V = module.arb_mat(n, n, [float(x) for x in np.linalg.eigh(approximate)[1].ravel()])
    excess = V.transpose() * V - module.arb_mat(n, n, np.eye(n).ravel().tolist())
    left = 1 - _row_sum(excess)
    return (_row_sum(V.transpose() * S * V) / left).sqrt() if left > 0 else module.arb("inf")


def _row_sum(matrix: Any) -> arb:
    sums = [sum(abs(x) for x in row) for row in matrix.tolist()]
    largest = sums[0]
    for value in sums[1:]:
        largest = largest.max(value)
    return largest
