"""The Coq definitions of encodings, letter by letter, in exact rational arithmetic.

Systems of two states. A unitary is a function of two indices (ancilla, system); square roots are
taken of squares of rationals only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

Matrix = dict[tuple[int, int], Fraction]
Unitary = Callable[[Any, Any], Fraction]
BITS = (0, 1)
ZERO = Fraction(0)


def root(x: Fraction) -> Fraction:
    """sqrt; x must be the square of a rational number."""
    value = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    assert value**2 == x
    return value


def sine(c: Fraction) -> Fraction:
    """Dilation.sine."""
    return root(1 - c**2)


def unit_at(a: object, b: object) -> Fraction:
    """Orthogonal.unit_at."""
    return Fraction(a == b)


def of_values(W: Matrix, c: Sequence[Fraction], V: Matrix) -> Matrix:
    """Dilation.of_values: W diag(c) V^T."""
    return {(i, k): sum((W[i, j] * c[j] * V[k, j] for j in BITS), ZERO) for i in BITS for k in BITS}


def dilation(W: Matrix, V: Matrix, c: Sequence[Fraction]) -> Unitary:
    """Dilation.dilation."""
    s = [sine(x) for x in c]
    minus = [-x for x in c]
    parts = {
        (0, 0): of_values(W, c, V),
        (0, 1): of_values(W, s, V),
        (1, 0): of_values(W, s, V),
        (1, 1): of_values(W, minus, V),
    }
    return lambda r, t: parts[r[0], t[0]][r[1], t[1]]


def product(U: Unitary, V: Unitary) -> Unitary:
    """BlockEncoding.product: indices ((a, b), i)."""

    def entry(r: Any, t: Any) -> Fraction:
        ((a, b), i), ((a2, b2), j) = r, t
        return sum((U((a, i), (a2, k)) * V((b, k), (b2, j)) for k in BITS), ZERO)

    return entry


def kronecker(U: Unitary, V: Unitary) -> Unitary:
    """EncodingSums.kronecker: indices ((a, b), (i, j))."""

    def entry(r: Any, t: Any) -> Fraction:
        ((a, b), (i, j)), ((a2, b2), (i2, j2)) = r, t
        return U((a, i), (a2, i2)) * V((b, j), (b2, j2))

    return entry


def signed(w: int | Fraction, U: Unitary) -> Unitary:
    """EncodingSums.signed."""
    sign = -1 if w < 0 else 1
    return lambda r, t: sign * U(r, t)


def combined(P: Matrix, U: Sequence[Unitary]) -> Unitary:
    """EncodingSums.combined with L = P: indices ((b, a), i)."""

    def entry(r: Any, t: Any) -> Fraction:
        ((b, a), i), ((b2, a2), j) = r, t
        return sum((P[k, b] * U[k]((a, i), (a2, j)) * P[k, b2] for k in BITS), ZERO)

    return entry


def reflection(c: Fraction) -> Matrix:
    """Multiplexed.reflection."""
    return {(0, 0): c, (0, 1): sine(c), (1, 0): sine(c), (1, 1): -c}


def rotation(c: Fraction) -> Matrix:
    """Multiplexed.rotation."""
    return {(0, 0): c, (0, 1): -sine(c), (1, 0): sine(c), (1, 1): c}


def beside_unit(turned: Matrix) -> Unitary:
    """EncodingSums.beside with the identity of the system."""
    return lambda r, t: turned[r[0], t[0]] * unit_at(r[1], t[1])


def multiplexed(origin: Callable[[int], int], U: Callable[[int], Unitary]) -> Unitary:
    """Multiplexed.multiplexed: indices (a, (k, i)); the time `origin(k)` goes to k."""

    def entry(r: Any, t: Any) -> Fraction:
        (a, (k, i)), (b, (m, j)) = r, t
        return U(m)((a, i), (b, j)) if origin(k) == m else ZERO

    return entry


def before(m: int, k: int) -> int:
    """HistoryEncoding.before: the cyclic increment takes this time to k."""
    return k - 1 if k else m


def history_matrix(m: int, T: int, p: int, C: Matrix) -> Unitary:
    """HistoryEncoding.history_matrix with one C for all steps: indices (k, i)."""

    def passed(k: int, i: int, j: int) -> Fraction:
        return C[i, j] if k < T else unit_at(i, j) if k < T + p else ZERO

    def entry(r: Any, t: Any) -> Fraction:
        (k, i), (n, j) = r, t
        return unit_at(r, t) - unit_at(before(m, k), n) * passed(n, i, j)

    return entry


def default_unitary(
    m: int, T: int, p: int, W: Matrix, V: Matrix, s: Sequence[Fraction], alpha: Fraction
) -> Unitary:
    """DilatedHistory.default_unitary with one decomposition for all steps: ((b, a), (k, i))."""
    dilated = dilation(W, V, [x / alpha for x in s])

    def step(k: int) -> Unitary:
        if k < T:
            return dilated
        return beside_unit(reflection(Fraction(k < T + p) / alpha))

    unitaries = (unit_at, multiplexed(lambda k: before(m, k), step))
    both = [signed(w, U) for w, U in zip((1, -1), unitaries, strict=True)]
    return combined(rotation(root(1 / (1 + alpha))), both)


def inexact_answer(iota: Fraction, epsilon: Fraction, b: Fraction) -> Fraction:
    """InexactEncoding.inexact_answer."""
    return iota**2 * epsilon * b / (1 - iota * epsilon)


def encoded_condition(alpha: Fraction, iota: Fraction, epsilon: Fraction) -> Fraction:
    """InexactEncoding.encoded_condition."""
    return alpha * iota / (1 - iota * epsilon)


def posterior(norm: Fraction, eta: Fraction, quotient: Fraction) -> Fraction:
    """KernelReflection.kernel_reflection_posterior."""
    return norm * eta / (quotient - eta)


def largest_filter_error(y: Fraction, rho: Fraction) -> Fraction:
    """KernelReflection.guess_is_enough: eta with equality in its last hypothesis."""
    return y / (1 + rho**2 * (1 + y))


def reached(y: Fraction, high: Fraction) -> Fraction:
    """KernelReflection.guess_is_enough: epsilon by its hypothesis on y."""
    return high * y * (1 + y) / (1 - y)
