"""The optimal odd polynomial approximation of 1 / x away from zero.

With a = 1 / kappa, u(x) = (2 x^2 - 1 - a^2) / (1 - a^2) and L_n = T_n + ((1-a)/(1+a)) T_{n-1},

    P_{2n-1}(x) = (1 - L_n(u(x)) / L_n(u(0))) / x,
    sup over a <= |x| <= 1 of |P(x) - 1/x| = (1 - a)^n / (a (1 + a)^(n-1)).

Suenderhauf et al., arXiv:2507.15537; proof: Theorem 5.1 of proofs/05-inversion.md.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import dct

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_memory, check_real


def check_length(terms: float, kappa: float) -> None:
    """Refuse a function for 1/x of so many terms that it does not fit, before it is made."""
    check_memory(
        64 * 8.0 * terms,
        f"a function for 1/x of {terms:.3g} terms, for kappa = {kappa:.3g},",
        "lower kappa by fewer steps or a smaller learning rate, or widen epsilon",
    )


def inverse_error(kappa: float, degree: int) -> float:
    """sup of |P - 1/x| on [1/kappa, 1] for odd `degree` = 2 n - 1, in closed form."""
    a, n = 1 / kappa, (degree + 1) // 2
    return math.exp(n * math.log1p(-a) - (n - 1) * math.log1p(a) - math.log(a)) if a < 1 else 0.0


def inverse_degree(kappa: float, epsilon: float) -> int:
    """Smallest odd degree with `inverse_error` <= `epsilon`: about kappa ln(kappa / epsilon)."""
    degree = least_inverse_degree(kappa, epsilon)
    check_length(degree, kappa)
    return degree


def least_inverse_degree(kappa: float, epsilon: float) -> int:
    """The number of `inverse_degree`, also where the polynomial would be too long to write down."""
    check_real("kappa", kappa, at_least=1)
    check_real("epsilon", epsilon, above=0)
    if kappa == 1:
        return 1
    a = 1 / kappa
    needed = (math.log(1 / epsilon) - math.log(a) + math.log1p(a)) / (
        math.log1p(a) - math.log1p(-a)
    )
    return 2 * max(1, math.ceil(needed - 1e-9)) - 1


def inverse_chebyshev(kappa: float, degree: int) -> RealArray:
    """Chebyshev coefficients c_0 ... c_degree of P (even ones are zero).

    Interpolated at Chebyshev nodes; the values come from half-angle formulas, which keep full
    precision where 2 x^2 - 1 - a^2 would cancel.
    """
    check_real("kappa", kappa, at_least=1)
    check_integer("degree", degree, 1)
    if degree % 2 == 0:
        raise ValueError(f"`degree` must be odd because 1/x is, got {degree}")
    if kappa == 1:
        return np.concatenate(([0.0, 1.0], np.zeros(degree - 1)))
    check_length(degree, kappa)
    a, n = 1 / kappa, (degree + 1) // 2
    count = 2 * (degree + 2)
    theta = (np.arange(count) + 0.5) * np.pi / count
    x = np.sin(np.pi / 2 - theta)
    values = _one_minus_ratio(np.abs(x), np.sin(theta), a, n) / x
    coefficients = dct(values, type=2)[: degree + 1] / count
    coefficients[0::2] = 0.0
    return np.asarray(coefficients)


def _one_minus_ratio(x: RealArray, complement: RealArray, a: float, n: int) -> RealArray:
    """1 - L_n(u(x)) / L_n(u(0)) for x >= 0, complement = sqrt(1 - x^2)."""
    r = (1 - a) / (1 + a)
    # |L_n(u(0))| = r^{-n} (1 - r^2) / 2.
    log_peak = -n * math.log(r) + math.log1p(-r * r) - math.log(2)
    outside = x >= a
    squared = (np.abs(x - a)) * (x + a)
    # Where |u| <= 1, u = cos(phi) with tan(phi / 2) = sqrt((1 - x^2) / (x^2 - a^2)).
    phi = 2 * np.arctan2(complement, np.sqrt(squared))
    oscillating = (-1) ** n * (np.cos(n * phi) + r * np.cos((n - 1) * phi)) * math.exp(-log_peak)
    # Where u < -1, u = -cosh(t) with sinh(t / 2)^2 = (a^2 - x^2) / (1 - a^2).
    t = 2 * np.arcsinh(np.sqrt(squared / (1 - a * a)))
    grown = 0.5 * (1 + np.exp(-2 * n * t)) - 0.5 * r * (np.exp(-t) + np.exp(-(2 * n - 1) * t))
    with np.errstate(divide="ignore"):
        growing = n * t + np.log(np.maximum(grown, 0)) - log_peak
    return np.where(outside, 1 - oscillating, -np.expm1(np.minimum(growing, 0)))


def largest_value(coefficients: RealArray) -> float:
    """Upper bound of max |P| on [-1, 1], from a Chebyshev grid of eight times the degree.

    A polynomial of degree d exceeds its largest value on M > d Chebyshev nodes at most by the
    factor 1 / cos(pi d / (2 M)) (Ehlich and Zeller); the factor is included.
    """
    degree = len(coefficients) - 1
    count = 8 * max(1, degree)
    padded = np.zeros(count)
    padded[: degree + 1] = coefficients
    padded[1:] /= 2
    values = dct(padded, type=3)
    return float(np.abs(values).max() / math.cos(math.pi * degree / (2 * count)))
