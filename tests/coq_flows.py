"""The definitions of proofs/coq on flows, filters and losses, letter by letter, in rationals.

The exponential is the one thing here that is no rational number: its series is summed until what is
left is far below double precision.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from coq_formulas import cheb

Vector = list[Fraction]
Rows = list[Vector]
Word = tuple[int, ...]
LONG = 60


def term(z: Fraction, n: int) -> Fraction:
    """Taylor.term."""
    return z**n / math.factorial(n)


def remainder(k: int, z: Fraction) -> Fraction:
    """Taylor.remainder, as the series of Taylor.remainder_series."""
    return sum((term(z, n) for n in range(k + 1, k + LONG)), Fraction(0))


def exponential(z: Fraction) -> Fraction:
    return 1 + remainder(0, z)


def iterated(A: Rows, n: int, x: Vector) -> Vector:
    """Taylor.iter."""
    if n == 0:
        return x
    before = iterated(A, n - 1, x)
    return [sum((a * b for a, b in zip(row, before, strict=True)), Fraction(0)) for row in A]


def taylor(A: Rows, c: Vector, k: int, s: Fraction, z: Vector) -> Vector:
    """Taylor.taylor."""
    kept = [(term(s, n), iterated(A, n, z)) for n in range(k + 1)]
    sources = [(term(s, n + 1), iterated(A, n, c)) for n in range(k)]
    return [
        sum((weight * part[i] for weight, part in [*kept, *sources]), Fraction(0))
        for i in range(len(z))
    ]


def delta(
    mu: Fraction, a: Fraction, h: Fraction, k: int, source: Fraction, norms: Sequence[Fraction]
) -> Fraction:
    """Taylor.delta after as many steps as there are norms |z_i|; source = |c|."""
    if not norms:
        return Fraction(0)
    before = delta(mu, a, h, k, source, norms[:-1])
    return exponential(mu * h) * before + remainder(k, h * a) * (norms[-1] + source / a)


def growth(rates: Sequence[Fraction], w: Fraction) -> Fraction:
    """FlowNorm.growth, with the logarithmic norm as rates[1]."""
    return sum((c * w**n for n, c in enumerate(rates)), Fraction(0))


def fastest(rates: Sequence[Fraction], a: Fraction, b: Fraction) -> Fraction:
    """FlowNorm.fastest."""
    return max(growth(rates, a), growth(rates, b), Fraction(0))


def crossed(rates: Sequence[Fraction], grid: Sequence[Fraction]) -> list[Fraction]:
    """FlowNorm.crossed at all points of the grid up to a cell of speed 0 (FlowNorm.within)."""
    times = [Fraction(0)]
    for a, b in itertools.pairwise(grid):
        speed = fastest(rates, a, b)
        if speed == 0:
            break
        times.append(times[-1] + (b - a) / speed)
    return times


def filtered(a: Fraction, half: int, x: Fraction) -> Fraction:
    """EigenstateFilter.filter."""

    def z(x: Fraction) -> Fraction:
        return (1 + a**2 - 2 * x**2) / (1 - a**2)

    return cheb(half, z(x)) / cheb(half, z(Fraction(0)))


def filter_error(a: Fraction, half: int) -> Fraction:
    """EigenstateFilter.filter_error."""
    ratio = (1 - a) / (1 + a)
    return 2 * ratio**half / (1 + ratio ** (2 * half))


def descent(loss: Mapping[Word, Fraction], eta: Fraction, i: int, u: Word) -> Fraction:
    """PolynomialLoss.descent, the degree being the length of the word u."""
    inserted = ((*u[:s], i, *u[s:]) for s in range(len(u) + 1))
    return -eta * sum((loss.get(word, Fraction(0)) for word in inserted), Fraction(0))


def spread(f: Callable[[Word], Fraction], u: Word) -> Fraction:
    """PolynomialLoss.spread, over all orders of the letters."""
    moves = list(itertools.permutations(range(len(u))))
    return sum((f(tuple(u[i] for i in move)) for move in moves), Fraction(0)) / len(moves)
