"""The even polynomial that keeps a kernel and suppresses everything above a gap.

With a = 1 / kappa, z(x) = (1 + a^2 - 2 x^2) / (1 - a^2) and even degree d = 2 l,

    F_d(x) = T_l(z(x)) / T_l(z(0)),    F_d(0) = 1,
    sup over a <= |x| <= 1 of |F_d(x)| = 1 / cosh(d artanh a) <= 2 exp(-d / kappa),

the least sup of all even polynomials of degree d with F(0) = 1. Lin and Tong, arXiv:1910.14596;
proof: Theorem 12.1 of proofs/12-kernel-reflection.md.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import dct

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_real
from qgd.solvers.inverse_polynomial import check_length


def filter_error(kappa: float, degree: int) -> float:
    """sup of |F| on [1/kappa, 1] for an even `degree`, in closed form."""
    if kappa == 1:
        return 0.0
    exponent = degree * math.atanh(1 / kappa)
    return 2 * math.exp(-exponent) / (1 + math.exp(-2 * exponent))


def filter_degree(kappa: float, error: float) -> int:
    """Smallest even degree with `filter_error` <= `error`: about kappa ln(2 / error).

    >>> filter_degree(100.0, 1e-6), filter_error(100.0, 1452) <= 1e-6
    (1452, True)
    """
    degree = least_filter_degree(kappa, error)
    check_length(degree, kappa)
    return degree


def least_filter_degree(kappa: float, error: float) -> int:
    """The number of `filter_degree`, also where the filter would be too long to write down."""
    check_real("kappa", kappa, at_least=1)
    check_real("error", error, above=0)
    if kappa == 1 or error >= 1:
        return 2
    # arcosh(1 / e) = ln((1 + sqrt(1 - e^2)) / e), which does not overflow for tiny e.
    wanted = math.log1p(math.sqrt((1 - error) * (1 + error))) - math.log(error)
    needed = wanted / math.atanh(1 / kappa)
    return 2 * max(1, math.ceil(needed / 2 - 1e-9))


def filter_chebyshev(kappa: float, degree: int) -> RealArray:
    """Chebyshev coefficients c_0 ... c_degree of F (odd ones are zero).

    F is a polynomial of degree l in T_2(x), and T_k(T_2) = T_2k, so l + 1 samples suffice.

    Raises
    ------
    ValueError
        If the degree is odd or below 2.
    """
    check_real("kappa", kappa, at_least=1)
    check_integer("degree", degree, 2)
    if degree % 2:
        raise ValueError(f"`degree` must be even because the filter is, got {degree}; add 1")
    check_length(degree, kappa)
    half = degree // 2
    # x = cos(angle / 2) where T_2(x) = cos(angle).
    angle = (np.arange(half + 1) + 0.5) * np.pi / (half + 1)
    values = _values(np.cos(angle / 2), np.sin(angle / 2), 1 / kappa, half)
    coefficients = np.zeros(degree + 1)
    coefficients[0::2] = dct(values, type=2) / (half + 1)
    coefficients[0] /= 2
    return coefficients


def _values(x: RealArray, complement: RealArray, a: float, half: int) -> RealArray:
    """F(x) for x >= 0, complement = sqrt(1 - x^2); half-angle formulas avoid cancellation."""
    if a == 1:
        return np.asarray(complement**2)
    squared = np.abs(x - a) * (x + a)
    peak = 2 * half * math.atanh(a)
    # Where |z| <= 1, z = cos(phi) with tan(phi / 2) = sqrt((x^2 - a^2) / (1 - x^2)).
    phi = 2 * np.arctan2(np.sqrt(squared), complement)
    flat = np.cos(half * phi) * (2 * math.exp(-peak) / (1 + math.exp(-2 * peak)))
    # Where z > 1, z = cosh(s) with sinh(s / 2)^2 = (a^2 - x^2) / (1 - a^2).
    s = 2 * half * np.arcsinh(np.sqrt(squared / (1 - a * a)))
    steep = np.exp(np.minimum(s - peak, 0)) * (1 + np.exp(-2 * s)) / (1 + math.exp(-2 * peak))
    return np.where(x >= a, flat, steep)
