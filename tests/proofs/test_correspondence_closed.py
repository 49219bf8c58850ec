"""Closed bounds, inversion and certificates: package and Coq statement on the same rationals."""

from __future__ import annotations

import math
from fractions import Fraction
from unittest import mock

import coq_formulas as coq
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import qgd
from qgd.embedding.bounds import lift
from qgd.embedding.bounds.discrete import closed_bound, galton_watson_bound, series_bound
from qgd.embedding.bounds.stability import repetitions_bound
from qgd.solvers.inverse_polynomial import inverse_chebyshev, inverse_error
from qgd.solvers.lcu import cks_weights

EXAMPLES = settings(max_examples=40, deadline=None)


def sixteenths(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Multiples of 1/16 in [low/16, high/16]."""
    return st.integers(low, high).map(lambda k: Fraction(k, 16))


def quadratic(*g: Fraction) -> qgd.PolynomialMap:
    """x -> g_0 + g_1 x + g_2 x^2 in one variable."""
    return qgd.PolynomialMap([[float(g[0])], [[float(g[1] - 1)]], [[float(g[2])]]])


@EXAMPLES
@given(kappa=sixteenths(17, 80), n=st.integers(0, 6), x=sixteenths(1, 16))
def test_the_inverse_polynomial_and_its_error_are_those_of_the_theorem(
    kappa: Fraction, n: int, x: Fraction
) -> None:
    degree, a = 2 * n + 1, 1 / kappa
    error = inverse_error(float(kappa), degree)
    assert error == pytest.approx(float(coq.inverse_error(a, n)), rel=1e-12)
    coefficients = inverse_chebyshev(float(kappa), degree)
    value = np.polynomial.chebyshev.chebval(float(x), coefficients)
    assert value == pytest.approx(float(coq.inverse_poly(a, n, x)), rel=1e-10)


@EXAMPLES
@given(kappa=sixteenths(16, 64), digits=st.integers(1, 4))
def test_weights_and_error_of_the_series_are_those_of_the_theorem(
    kappa: Fraction, digits: int
) -> None:
    k, epsilon = float(kappa), 10.0**-digits
    b = math.ceil(k**2 * math.log(2 * k / epsilon))
    m = min(b, math.ceil(math.sqrt(b * math.log(16 * b / epsilon))) + 1)
    weights, error = cks_weights(k, epsilon)
    exact = [coq.weight(b, j) for j in range(m)]
    J = len(weights)
    assert weights == pytest.approx([float(c) for c in exact[:J]], rel=1e-11)
    bias = kappa * (1 - 1 / kappa**2) ** b
    cut = sum((abs(c) for c in exact[J:]), Fraction(0))
    expected = float(bias + cut) + 4 * (b - m) * math.exp(-(m**2) / b)
    assert error == pytest.approx(expected, rel=1e-9, abs=1e-300)


@EXAMPLES
@given(a=sixteenths(2, 24), g2=sixteenths(1, 16), x0=sixteenths(1, 8), N=st.integers(1, 5),
       T=st.integers(1, 6))  # fmt: skip
def test_the_power_series_is_that_of_the_theorem(
    a: Fraction, g2: Fraction, x0: Fraction, N: int, T: int
) -> None:
    z = g2 / a * coq.duration(a, T) * x0
    assume(z < Fraction(99, 100))
    value = series_bound(quadratic(Fraction(0), a, g2), N, [float(x0)], T).value
    assert value == pytest.approx(float(a**T * x0 * z**N / (1 - z)), rel=1e-11)


@EXAMPLES
@given(a=sixteenths(1, 15), g2=sixteenths(1, 16), share=sixteenths(1, 16), N=st.integers(1, 4),
       T=st.integers(1, 4))  # fmt: skip
def test_branching_bounds_are_those_of_the_theorems(
    a: Fraction, g2: Fraction, share: Fraction, N: int, T: int
) -> None:
    g, r = (Fraction(0), a, g2), (1 - a) / g2
    system, x0 = quadratic(*g), share * r * Fraction(255, 256)
    growth = 1 - a**T  # mu = 1 - a
    closed = closed_bound(system, N, [float(x0)], T).value
    assert closed == pytest.approx(float(x0 * (x0 / r * growth) ** N), rel=1e-10)
    process = galton_watson_bound(system, N, [float(x0)], T).value
    exact = r * (x0 / r) ** (N + 1) * coq.exit_share(g, N, r, T, 1)
    assert process == pytest.approx(float(exact), rel=1e-10)


@EXAMPLES
@given(f1=sixteenths(1, 6), f2=sixteenths(1, 3), x0=sixteenths(1, 8), N=st.integers(1, 3),
       T=st.integers(0, 6), wide=sixteenths(16, 40))  # fmt: skip
def test_the_closed_first_order_lift_is_that_of_the_theorem(
    f1: Fraction, f2: Fraction, x0: Fraction, N: int, T: int, wide: Fraction
) -> None:
    """In the unit of length r = `wide` |x_0| alone."""
    f = (Fraction(0), f1, f2)
    theta, truncation, lifting = coq.lift_closed(f, N, T, wide * x0, x0)
    assume(theta < 1 and x0 * f2 < f1)
    with mock.patch.object(lift, "_RADII", np.array([float(wide)])):
        found = lift.first_order_closed_bounds(quadratic(f[0], 1 - f1, f2), N, [float(x0)], T)
    assert found[0].value == pytest.approx(float(truncation), rel=1e-10)
    assert found[1].value == pytest.approx(float(lifting), rel=1e-10)


@EXAMPLES
@given(a=sixteenths(-8, 14), g2=sixteenths(1, 6), x0=sixteenths(2, 12), N=st.integers(1, 3),
       T=st.integers(1, 4), p=st.integers(0, 3), r=sixteenths(8, 40))  # fmt: skip
def test_the_share_of_the_answer_is_that_of_the_theorem(
    a: Fraction, g2: Fraction, x0: Fraction, N: int, T: int, p: int, r: Fraction
) -> None:
    g, x = (Fraction(0), abs(a), g2), [x0]
    for _ in range(T):
        x.append(a * x[-1] + g2 * x[-1] ** 2)
    w = [abs(v) for v in x]
    left = w[T] - coq.majorant_error(g, N, w, T, 1)
    assume(left > w[T] / 100)

    def size(k: int) -> Fraction:
        levels = ((j, w[k] ** j + coq.majorant_error(g, N, w, k, j)) for j in range(1, N + 1))
        return sum(((r / r**j * v) ** 2 for j, v in levels), Fraction(0))

    total = sum((size(k) for k in range(T)), (p + 1) * size(T))
    bound = repetitions_bound(quadratic(Fraction(0), a, g2), N, [float(x0)], T, p, scale=float(r))
    assert bound.value == pytest.approx(float(total / ((p + 1) * left**2)), rel=1e-9)


@EXAMPLES
@given(g=st.tuples(sixteenths(-4, 4), sixteenths(-14, 14), sixteenths(1, 6)), x0=sixteenths(-8, 8),
       N=st.integers(1, 3), T=st.integers(1, 3), p=st.integers(0, 2),
       noise=st.lists(sixteenths(-2, 2), min_size=18, max_size=18))  # fmt: skip
def test_the_certificate_is_the_recursion_of_the_theorem(
    g: tuple[Fraction, Fraction, Fraction], x0: Fraction, N: int, T: int, p: int,
    noise: list[Fraction],
) -> None:  # fmt: skip
    """Any history vector of rationals; its residuals in one variable."""
    pytest.importorskip("flint")
    extra = iter(noise)
    z = [[Fraction(1), *(x0**j + next(extra) for j in range(1, N + 1))] for _ in range(T + p + 1)]
    rho = [[Fraction(0), *(abs(z[0][j] - x0**j) for j in range(1, N + 1))]]
    for k in range(T + p):
        image = [sum((coq.coef(g, j, m) * z[k][m] for m in range(N + 1)), Fraction(0))
                 for j in range(N + 1)]  # fmt: skip
        before = image if k < T else z[k]
        rho.append([Fraction(0), *(abs(z[k + 1][j] - before[j]) for j in range(1, N + 1))])
    g_norms = tuple(abs(c) for c in g)
    rows = coq.certificate(g_norms, N, T, rho, [abs(b[1]) for b in z], abs(x0))
    history = [[float(v) for v in block[1:]] for block in z]
    found = qgd.certify_history(
        quadratic(*g), [float(x0)], T, history, order=N, center=[0.0]
    ).error.value
    expected = sum((row[1] for row in rows[T:]), Fraction(0)) / (p + 1)
    assert found == pytest.approx(float(expected), rel=1e-10, abs=1e-15)


@EXAMPLES
@given(g1=sixteenths(0, 32), T=st.integers(1, 5), p=st.integers(0, 4))
def test_the_condition_number_of_the_certificate_is_that_of_the_theorem(
    g1: Fraction, T: int, p: int
) -> None:
    """Order 1: the row sum, the column sum and theta are g_1."""
    pytest.importorskip("flint")
    history = np.zeros((T + p + 1, 1))
    found = qgd.certify_history(quadratic(Fraction(0), g1, Fraction(1)), [0.0], T, history, order=1)
    forward, inverse_square = coq.certified_condition(g1, g1, g1, T, p)
    expected = float(forward) * math.sqrt(inverse_square)
    assert found.condition.value == pytest.approx(expected, rel=1e-12)
