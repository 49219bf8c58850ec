"""The definitions of proofs/coq, letter by letter, in exact rational arithmetic.

Each function is the Coq definition named in its docstring; `tests/proofs` compares the package's
numbers with these.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

Coefficients = tuple[Fraction, ...]
Tensor = Callable[[tuple[int, ...]], Fraction]


def poly(g: Coefficients, x: Fraction) -> Fraction:
    """Convolution.poly."""
    return sum((g[k] * x**k for k in range(len(g))), Fraction(0))


@cache
def coef(g: Coefficients, j: int, m: int) -> Fraction:
    """Convolution.coef: the coefficient of x^m in g(x)^j."""
    if j == 0:
        return Fraction(m == 0)
    terms = (g[k] * coef(g, j - 1, m - k) for k in range(len(g)) if k <= m)
    return sum(terms, Fraction(0))


def iterates(g: Coefficients, w0: Fraction, k: int) -> Fraction:
    """Truncation.iterates."""
    return w0 if k == 0 else poly(g, iterates(g, w0, k - 1))


def remainder(g: Coefficients, N: int, j: int, w: Fraction) -> Fraction:
    """Truncation.remainder."""
    q = len(g) - 1
    return sum((coef(g, j, m) * w**m for m in range(N + 1, q * N + 1)), Fraction(0))


def majorant_error(g: Coefficients, N: int, w: Sequence[Fraction], k: int, j: int) -> Fraction:
    """Truncation.E."""
    if k == 0:
        return Fraction(0)
    kept = (coef(g, j, m) * majorant_error(g, N, w, k - 1, m) for m in range(1, N + 1))
    return sum(kept, Fraction(0)) + remainder(g, N, j, w[k - 1])


def growth(g: Coefficients, rho0: Fraction, T: int) -> Fraction:
    """Lipschitz.growth: the product of g'(rho_k)."""
    if T == 0:
        return Fraction(1)
    rho = iterates(g, rho0, T - 1)
    slope = sum((k * g[k] * rho ** max(k - 1, 0) for k in range(len(g))), Fraction(0))
    return slope * growth(g, rho0, T - 1)


def couple(
    N: int,
    f: Coefficients,
    inside: Callable[[int], Fraction],
    outside: Callable[[int], Fraction],
    j: int,
) -> Fraction:
    """FirstOrder.couple."""
    total = Fraction(0)
    for k in range(len(f)):
        if k != 1:
            m = max(j + k - 1, 0)
            total += f[k] * (inside(m) if m <= N else outside(m))
    return j * total


def driven(
    N: int,
    f: Coefficients,
    a: Callable[[int], Fraction],
    source: Callable[[int, int], Fraction],
    k: int,
    j: int,
) -> Fraction:
    """FirstOrder.driven."""
    if k == 0:
        return Fraction(0)

    def before(m: int) -> Fraction:
        return driven(N, f, a, source, k - 1, m)

    coupled = couple(N, f, before, lambda m: Fraction(0), j)
    return a(j) * before(j) + coupled + source(k - 1, j)


def truncation_source(N: int, f: Coefficients, w: Sequence[Fraction], k: int, j: int) -> Fraction:
    """FirstOrder.truncation_source."""
    return couple(N, f, lambda m: Fraction(0), lambda m: w[k] ** m, j)


def lifting_source(f: Coefficients, w: Sequence[Fraction], k: int, j: int) -> Fraction:
    """FirstOrder.lifting_source."""
    increment = sum((f[i] * w[k] ** i for i in range(len(f))), Fraction(0))
    larger = max(w[k], w[k + 1])
    return Fraction(j * (j - 1), 2) * larger ** max(j - 2, 0) * increment**2


def theta_table(T: int, nu: Callable[[int, int], Fraction], i: int, j: int) -> Fraction:
    """History.theta_table."""
    return nu(min(i, T), min(j, T)) if j <= i else Fraction(0)


class Lift:
    """Lift.block, Truncation.y and Graded.graded for one map on n letters."""

    def __init__(self, n: int, G: Sequence[dict[tuple[int, ...], Fraction]]) -> None:
        """G[k] holds the entries of G_k by (row, *word)."""
        self.n, self.G = n, G

    def words(self, j: int) -> list[tuple[int, ...]]:
        """Words.words."""
        return list(itertools.product(range(self.n), repeat=j))

    def apply(self, k: int, z: Tensor, i: int) -> Fraction:
        """CrossNorm.apply."""
        entries = self.G[k]
        terms = (entries.get((i, *w), Fraction(0)) * z(w) for w in self.words(k))
        return sum(terms, Fraction(0))

    def block(self, j: int, m: int, x: Tensor, w: tuple[int, ...]) -> Fraction:
        """Lift.block."""
        if j == 0:
            return x(()) if m == 0 else Fraction(0)
        total = Fraction(0)
        for k in range(len(self.G)):
            if k <= m:
                total += self.apply(
                    k, lambda v, k=k: self.block(j - 1, m - k, lambda z: x((*v, *z)), w[1:]), w[0]
                )
        return total

    def step(self, N: int, y: dict[tuple[int, ...], Fraction]) -> dict[tuple[int, ...], Fraction]:
        """One step of Truncation.y."""
        return {
            w: sum(
                (self.block(len(w), m, y.__getitem__, w) for m in range(1, N + 1)),
                self.block(len(w), 0, lambda v: Fraction(1), w),
            )
            for w in y
        }

    def truncated(
        self, N: int, u0: Sequence[Fraction], steps: int
    ) -> dict[tuple[int, ...], Fraction]:
        """Truncation.y on all words of length 1, ..., N, the first letter slowest."""
        y = {w: power(u0, w) for j in range(1, N + 1) for w in self.words(j)}
        for _ in range(steps):
            y = self.step(N, y)
        return y

    def graded(self, N: int, u0: Sequence[Fraction], steps: int) -> list[list[Fraction]]:
        """Graded.graded for the degrees 0, ..., N."""
        v = [[u0[i] if d == 1 else Fraction(0) for i in range(self.n)] for d in range(N + 1)]
        for _ in range(steps):
            v = [
                [sum((self.apply(k, lambda w, d=d, v=v: part(v, d, w), i)
                      for k in range(len(self.G))), Fraction(0)) for i in range(self.n)]
                for d in range(N + 1)
            ]  # fmt: skip
        return v


def power(u: Sequence[Fraction], w: tuple[int, ...]) -> Fraction:
    """Words.power."""
    return u[w[0]] * power(u, w[1:]) if w else Fraction(1)


def part(v: Sequence[Sequence[Fraction]], d: int, w: tuple[int, ...]) -> Fraction:
    """Graded.part."""
    if not w:
        return Fraction(d == 0)
    return sum((v[m][w[0]] * part(v, d - m, w[1:]) for m in range(d + 1)), Fraction(0))


def cheb(n: int, x: Fraction) -> Fraction:
    """Chebyshev.cheb."""
    before, value = x, Fraction(1)  # T_{-1} = T_1
    for _ in range(n):
        before, value = value, 2 * x * value - before
    return value


def inverse_poly(a: Fraction, n: int, x: Fraction) -> Fraction:
    """Chebyshev.inverse_poly, with n + 1 in the place of n as in Coq."""
    ratio = (1 - a) / (1 + a)

    def peak(y: Fraction) -> Fraction:
        u = (2 * y**2 - 1 - a**2) / (1 - a**2)
        return cheb(n + 1, u) + ratio * cheb(n, u)

    return (1 - peak(x) / peak(Fraction(0))) / x


def inverse_error(a: Fraction, n: int) -> Fraction:
    """Chebyshev.inverse_error."""
    return (1 - a) ** (n + 1) / (a * (1 + a) ** n)


def weight(b: int, j: int) -> Fraction:
    """ChebyshevSeries.weight."""
    total = sum(math.comb(2 * b, b + i) for i in range(j + 1, b + 1))
    return 4 * (-1) ** j * Fraction(total, 4**b)


def duration(a: Fraction, k: int) -> Fraction:
    """GradedBounds.duration."""
    return sum((a**i for i in range(k)), Fraction(0))


def exit_share(g: Coefficients, N: int, r: Fraction, k: int, j: int) -> Fraction:
    """Branching.exit."""
    if k == 0:
        return Fraction(0)
    q = len(g) - 1

    def transition(m: int) -> Fraction:
        return coef(g, j, m) * r**m / r**j

    kept = (transition(m) * exit_share(g, N, r, k - 1, m) for m in range(1, N + 1))
    gone = (transition(m) for m in range(N + 1, q * N + 1))
    return sum(kept, Fraction(0)) + sum(gone, Fraction(0))


def lift_closed(
    f: Coefficients, N: int, T: int, r: Fraction, w: Fraction
) -> tuple[Fraction, Fraction, Fraction]:
    """LiftClosed.lift_closed in one variable: theta, truncation and lifting."""
    rate = sum((f[k] * r**k / r for k in range(len(f)) if k != 1), Fraction(0))
    theta = max(abs(1 - j * f[1]) + j * rate for j in range(1, N + 1))  # F_1 = -f_1
    excess = sum((f[k] * r**k / r for k in range(2, len(f))), Fraction(0))
    step = sum((f[k] * w**k for k in range(len(f))), Fraction(0))
    truncation = r * min(Fraction(1), T * N * excess) * (w / r) ** (N + 1)
    return theta, truncation, Fraction(N * (N - 1), 2) * step**2 / r * duration(theta, T)


def certificate(
    g: Coefficients,
    N: int,
    T: int,
    rho: Sequence[Sequence[Fraction]],
    z1: Sequence[Fraction],
    w0: Fraction,
) -> list[list[Fraction]]:
    """Certificates.certificate for all times and levels, with the w of certificate_norms."""
    rows, w = [list(rho[0])], w0
    for k in range(len(rho) - 1):
        row = list(rho[k + 1])
        for j in range(1, N + 1):
            kept = (coef(g, j, m) * rows[k][m] for m in range(1, N + 1))
            row[j] += sum(kept, remainder(g, N, j, w)) if k < T else rows[k][j]
        rows.append(row)
        w = min(poly(g, w), z1[k + 1] + row[1])
    return rows


def certified_condition(
    rows: Fraction, columns: Fraction, theta: Fraction, T: int, p: int
) -> tuple[Fraction, Fraction]:
    """CertificateCondition: 1 + max(1, theta), and the square of inverse_bound."""
    assert theta**2 == rows * columns
    geometric = [sum((theta**i for i in range(d + 1)), Fraction(0)) for d in range(T + 1)]
    column = max(geometric[d] + p * theta**d for d in range(T + 1))
    return 1 + max(Fraction(1), theta), (geometric[T] + p) * column
