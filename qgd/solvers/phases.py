"""Phase factors of quantum signal processing, without optimisation and without roots.

For a real polynomial f of definite parity and degree d with |f| < 1 the phases psi_0 ... psi_d obey

    Im <0| e^{i psi_0 Z} W(x) e^{i psi_1 Z} W(x) ... W(x) e^{i psi_d Z} |0> = f(x),
    W(x) = e^{i arccos(x) X}.

Route: the complementary polynomial from the outer function of 1 - |b|^2 (Weiss, one FFT), then the
phases one after the other by stripping layers of the nonlinear Fourier transform (Alexis, Lin,
Mnatsakanyan, Thiele, Wang, arXiv:2407.05634). Symmetry halves the phases and quarters the work.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike
from scipy.fft import dct, irfft, next_fast_len, rfft

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_array

_OVERSAMPLING = 16
_LONGEST_FFT = 2**22
_ALIASING = 1e-15


def qsp_phases(coefficients: ArrayLike) -> RealArray:
    """Symmetric phase factors of a polynomial given by its Chebyshev coefficients.

    O(d^2) operations with a constant of 1/8 and one FFT; stable to degrees beyond 10^5.

    Parameters
    ----------
    coefficients : array_like, shape (d + 1,)
        Chebyshev coefficients, of one parity only, with max |f| < 1 on [-1, 1]. The closer the
        maximum to 1 the longer the FFT must be; 0.98 is comfortable.

    Raises
    ------
    ValueError
        If the parity is mixed or the polynomial is not smaller than 1.

    Examples
    --------
    >>> phases = qsp_phases([0.0, 0.5])
    >>> bool(abs(qsp_response(phases, [0.3]).imag - 0.15) < 1e-15)
    True
    """
    c = check_array("coefficients", coefficients, (None,))
    degree = len(c) - 1
    wrong = np.abs(c[(degree + 1) % 2 :: 2])
    if len(wrong) and wrong.max() > 0:
        raise ValueError(
            f"`coefficients` must have the parity of the degree {degree}, got a coefficient "
            f"{wrong.max():.3g} of the other parity; drop it or pad the array by one zero"
        )
    b = np.empty(degree + 1)
    shifts = np.abs(2 * np.arange(degree + 1) - degree)
    b[:] = np.where(shifts == 0, c[shifts], c[shifts] / 2)
    a = complementary(b)
    half = (degree + 2) // 2
    angles = np.arctan(strip_layers(a[:half].copy(), b[:half].copy()))
    phases = np.empty(degree + 1)
    phases[:half] = angles
    phases[degree + 1 - half :] = angles[::-1]
    return phases


def qsp_response(phases: ArrayLike, x: ArrayLike) -> Array:
    """<0| e^{i psi_0 Z} W e^{i psi_1 Z} ... W e^{i psi_d Z} |0> at the points x."""
    psi = np.asarray(phases, dtype=np.float64)
    points = np.atleast_1d(np.asarray(x, dtype=np.float64))
    return np.asarray(_respond(psi, points))


def phase_residual(phases: RealArray, coefficients: RealArray) -> float:
    """sup over [-1, 1] of |Im response - f|, bounded from 2 d + 2 Chebyshev nodes (times sqrt 2).

    Both functions are polynomials of degree d, so Ehlich and Zeller's factor 1/cos(pi/4) applies.
    """
    count = 2 * len(coefficients)
    nodes = np.cos((np.arange(count) + 0.5) * np.pi / count)
    padded = np.zeros(count)
    padded[: len(coefficients)] = coefficients
    padded[1:] /= 2
    wanted = dct(padded, type=3)
    return float(np.sqrt(2) * np.abs(qsp_response(phases, nodes).imag - wanted).max())


def complementary(b: RealArray) -> RealArray:
    """Coefficients of the outer polynomial a with |a|^2 + |b|^2 = 1 on the unit circle.

    log a is the analytic half of log sqrt(1 - |b|^2): keep the non-negative frequencies.
    """
    size = 2 * next_fast_len(_OVERSAMPLING * len(b) // 2, real=True)
    while True:
        modulus = np.abs(rfft(b, size)) ** 2
        if modulus.max() >= 1:
            raise ValueError(
                f"`coefficients` must describe a polynomial below 1, got maximum "
                f"{np.sqrt(modulus.max()):.6g}; scale it by 0.98 / maximum"
            )
        half_log = irfft(0.5 * np.log1p(-modulus), size)
        aliased = np.abs(half_log[size // 2 - len(b) : size // 2]).max()
        if aliased < _ALIASING or size > _LONGEST_FFT:
            break
        size *= 2
    half_log[1 : size // 2] *= 2
    half_log[size // 2 :] = 0.0
    return np.asarray(irfft(np.exp(rfft(half_log)), size)[: len(b)])


@njit(cache=True, fastmath=True)
def strip_layers(a, b):  # type: ignore[no-untyped-def]
    """Leading reflection coefficients of the pair (a, b); works in place."""
    n = b.size
    gamma = np.empty(n)
    for k in range(n):
        g = b[k] / a[0]
        gamma[k] = g
        s = 1.0 / np.sqrt(1.0 + g * g)
        gs = g * s
        for j in range(n - k):
            aj = a[j]
            bj = b[k + j]
            a[j] = s * aj + gs * bj
            b[k + j] = s * bj - gs * aj
    return gamma


@njit(cache=True)
def _respond(psi, x):  # type: ignore[no-untyped-def]
    out = np.empty(x.size, dtype=np.complex128)
    phase = np.exp(1j * psi)
    for i in range(x.size):
        c = x[i]
        s = 1j * np.sqrt(max(0.0, 1.0 - c * c))
        u = phase[0]
        v = 0.0j
        for k in range(1, psi.size):
            u, v = u * c + v * s, u * s + v * c
            u *= phase[k]
            v *= np.conj(phase[k])
        out[i] = u
    return out
