"""Functions f(x) = sum_{d=1}^{D} b_d sin(d t x) of an encoded matrix: what HHL and Fourier LCU are.

Both use e^{i t H} of the Hermitian dilation H = [[0, X], [X^+, 0]], X = A / alpha: on (b, 0) the
lower half of sin(d t H) is V sin(d t S) W^+ b with X = W S V^+.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial.chebyshev import chebval
from scipy.fft import dct
from scipy.special import jv

from qgd.core.arrays import RealArray
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.interface import apply_odd_chebyshev

_SHARE = 0.01
_AMPLITUDE = 1e-11


def evolution_tail(time: float, degree: int) -> float:
    """2 sum_{k>K} |J_k(t)|, the cut at degree K > t, at most: the smaller of two bounds.

    2 (t/2)^(K+1) / (K+1)! / (1 - t / (2 K + 4)), and by Kapteyn's inequality (DLMF 10.14.8)
    2 e^{-k (a - tanh a)} / (1 - e^{-a}) with k = K + 1 and cosh a = k / t, of use for long times.
    """
    k = degree + 1
    power = k * math.log(time / 2) - math.lgamma(k + 1) - math.log1p(-time / (2 * k + 2))
    a = math.acosh(max(1.0, k / time))
    kapteyn = -k * (a - math.tanh(a)) - math.log(-math.expm1(-a)) if a > 0 else math.inf
    return 2 * math.exp(min(power, kapteyn, 700.0))


def evolution_degree(
    weights: RealArray, time: float, error: float, gain: float
) -> tuple[int, float]:
    """Degree of the Jacobi-Anger series of a step e^{i t H}, and what the cut adds to the error.

    The degree counts the calls of the encoding in a step. A cut that changes the sine and the
    cosine of a step by at most tau changes sum_d b_d sin(d t x) by at most
    tau sum_d d^2 |b_d| / (1 - D^2 tau), D = len(b) (Lemma 5.7 of proofs/05-inversion.md): here at
    most a hundredth of `error`, and 1e-11 on the amplitude, which is `gain` times the sum.
    """
    curvature = float(np.abs(weights) @ np.arange(1, len(weights) + 1) ** 2.0)
    allowed = min(_SHARE * error, _AMPLITUDE / gain)
    degree = math.ceil(time) + 1
    while True:
        tau = evolution_tail(time, degree)
        rest = 1 - len(weights) ** 2 * tau
        if rest > 0 and curvature * tau <= allowed * rest:
            return degree, curvature * tau / rest
        degree += 1


def apply_by_calls(
    weights: RealArray, time: float, system: EncodedSystem, degree: int, first: int = 1
) -> RealArray:
    """Block level: every step is a Jacobi-Anger series whose terms call the encoding.

    sin((d + 1) t s) = 2 cos(t s) sin(d t s) - sin((d - 1) t s), for weights of the nodes
    d = first, first + 1, ...; a later node is begun from as one polynomial.
    """
    odd, even = _step_series(time, degree)
    start = _call(system, system.padded_rhs, adjoint=True)
    if first == 1:
        current = _series(system, start, odd, start)
        previous = np.zeros_like(current)
    else:
        coefficients = _node_coefficients(time, degree, first)
        previous, current = _odd_chebyshev_by_calls(coefficients, system, start)
    total = weights[0] * current
    for w in weights[1:]:
        # T_{-2} = T_2, so the even recurrence starts from T_0 and its own image under T_2.
        step = _series(system, current, even, None)
        current, previous = 2 * step - previous, current
        total = total + w * current
    return np.asarray(system.unpad(total))


def chebyshev_degree(bandwidth: float) -> int:
    """Odd degree at which the Chebyshev series of sin(bandwidth x) has reached rounding."""
    return math.ceil(bandwidth + 12 * bandwidth ** (1 / 3) + 40) | 1


def apply_as_polynomial(weights: RealArray, time: float, system: EncodedSystem) -> RealArray:
    """Polynomial level: the series as one Chebyshev polynomial in A / alpha."""
    count = chebyshev_degree(len(weights) * time) + 1
    nodes = np.cos((np.arange(count) + 0.5) * np.pi / count)
    coefficients = dct(evaluate(weights, time, nodes), type=2) / count
    coefficients[0::2] = 0.0
    return apply_odd_chebyshev(coefficients, system)


def evaluate(weights: RealArray, time: float, x: RealArray) -> RealArray:
    """sum_d b_d sin(d t x) by Clenshaw's recurrence, in Reinsch's form: accurate near x = 0."""
    less = -4 * np.sin(time * x / 2) ** 2  # 2 cos(t x) - 2
    latest, change = np.zeros_like(x), np.zeros_like(x)
    for w in weights[::-1]:
        change = w + less * latest + change
        latest = latest + change
    return np.asarray(latest * np.sin(time * x))


def _step_series(time: float, degree: int) -> tuple[RealArray, RealArray]:
    """Chebyshev coefficients, odd of sin(t x) and even of cos(t x), up to `degree`."""
    bessel = jv(np.arange(degree + 1), time)
    odd = 2 * bessel[1::2] * (-1.0) ** np.arange(len(bessel[1::2]))
    even = 2 * bessel[0::2] * (-1.0) ** np.arange(len(bessel[0::2]))
    even[0] /= 2
    return odd, even


def _node_coefficients(time: float, degree: int, node: int) -> RealArray:
    """Odd Chebyshev coefficients of what node - 1 and node steps of finite degree make of x.

    With S and C for the cut sine and cosine, U_{d-1}(C) S: the same polynomial as step by step.
    What was cut adds `degree` to the bandwidth, at most.
    """
    odd, even = _step_series(time, degree)
    count = chebyshev_degree(node * time) + 2 * degree + 1
    nodes = np.cos((np.arange(count) + 0.5) * np.pi / count)
    cosine = chebval(2 * nodes**2 - 1, even)  # T_{2k}(x) = T_k(T_2(x))
    previous, current = np.zeros(count), _odd_chebyshev(odd, nodes)
    for _ in range(node - 1):
        current, previous = 2 * cosine * current - previous, current
    return np.asarray(dct([previous, current], type=2, axis=1)[:, 1::2] / count)


def _odd_chebyshev(coefficients: RealArray, x: RealArray) -> RealArray:
    """sum_k c_k T_{2k+1}(x)."""
    spread = np.zeros(2 * len(coefficients))
    spread[1::2] = coefficients
    return np.asarray(chebval(x, spread))


def _odd_chebyshev_by_calls(
    coefficients: RealArray, system: EncodedSystem, start: RealArray
) -> RealArray:
    """sum_k c_k T_{2k+1} for each row of coefficients; `start` is T_1 on the right-hand side."""
    current = previous = start
    totals = np.outer(coefficients[:, 0], current)
    for column in coefficients.T[1:]:
        image = 2 * _call(system, _call(system, current), adjoint=True) - current
        current, previous = 2 * image - previous, current
        totals = totals + np.outer(column, current)
    return totals


def _series(
    system: EncodedSystem,
    start: RealArray,
    coefficients: RealArray,
    before: RealArray | None,
) -> RealArray:
    """sum_k c_k v_k with v_0 = start, v_{k+1} = 2 T_2 v_k - v_{k-1}.

    `before` is v_{-1}: the start itself for odd series; for even ones (None) v_1 = T_2 v_0.
    """
    current, total = start, coefficients[0] * start
    previous = before
    for c in coefficients[1:]:
        image = 2 * _call(system, _call(system, current), adjoint=True) - current
        following = image if previous is None else 2 * image - previous
        current, previous = following, current
        total = total + c * current
    return total


def _call(system: EncodedSystem, vector: RealArray, *, adjoint: bool = False) -> RealArray:
    """<0| U |0> on a vector of the system register: one call of the encoding."""
    state = np.zeros((2**system.encoding.num_ancillas, len(vector)), dtype=vector.dtype)
    state[0] = vector
    return np.asarray(system.encoding.apply(state, adjoint=adjoint)[0])
