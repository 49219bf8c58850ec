"""DOP853 in Numba for polynomial fields, on points or on truncated power series.

The explicit Runge-Kutta pair of order 8 (5, 3) of Dormand and Prince with its dense output of order
7: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I, sections II.4 to II.6. The
coefficients are those that `scipy.integrate.DOP853` publishes.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from scipy.integrate import DOP853

from qgd.dynamics.series import evaluate_series, evaluate_series_parallel, evaluate_terms

_STAGES = 12
_ALL = 16
_BLOCK = 512
_SERIAL = 1_000_000  # multiplications below which an OpenMP region costs more than it gives
A = np.zeros((_ALL, _ALL))
A[:_STAGES, :_STAGES] = DOP853.A
A[_STAGES, :_STAGES] = DOP853.B
A[_STAGES + 1 :, :] = DOP853.A_EXTRA
E3, E5, D = (np.ascontiguousarray(getattr(DOP853, name)) for name in ("E3", "E5", "D"))


@njit(cache=True)
def _slope(graded, pointer, word, coefficient, y, out):  # type: ignore[no-untyped-def]
    if graded:
        if len(coefficient) * y.shape[1] > _SERIAL:
            evaluate_series_parallel(pointer, word, coefficient, y, out)
        else:
            evaluate_series(pointer, word, coefficient, y, out)
    else:
        evaluate_terms(pointer, word, coefficient, y[:, 0], out[:, 0])


@njit(cache=True)
def _combine(y, h, weights, K, count, out):  # type: ignore[no-untyped-def]
    """out = y + h sum_s weights[s] K[s] on flat arrays, in blocks that stay in the cache."""
    for low in range(0, y.size, _BLOCK):
        high = min(low + _BLOCK, y.size)
        for i in range(low, high):
            out[i] = y[i]
        for s in range(count):
            weight, slope = h * weights[s], K[s]
            if weight != 0.0:
                for i in range(low, high):
                    out[i] += weight * slope[i]


@njit(cache=True)
def _scaled_norm(v, y, rtol, atol):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(y.size):
        total += (v[i] / (atol + rtol * abs(y[i]))) ** 2
    return math.sqrt(total / y.size)


@njit(cache=True)
def _error(y, new, h, K, E3, E5, rtol, atol):  # type: ignore[no-untyped-def]
    """Scaled error of a step, from the estimates of orders 5 and 3; infinite if not finite."""
    fifth, third = 0.0, 0.0
    a, b = np.empty(_BLOCK), np.empty(_BLOCK)
    for low in range(0, y.size, _BLOCK):
        high = min(low + _BLOCK, y.size)
        a[:] = 0.0
        b[:] = 0.0
        for s in range(E5.size):
            weight5, weight3, slope = h * E5[s], h * E3[s], K[s]
            if weight5 != 0.0 or weight3 != 0.0:
                for i in range(low, high):
                    a[i - low] += weight5 * slope[i]
                    b[i - low] += weight3 * slope[i]
        for i in range(low, high):
            scale = 1.0 / (atol + rtol * max(abs(y[i]), abs(new[i])))
            fifth += (a[i - low] * scale) ** 2
            third += (b[i - low] * scale) ** 2
    total = fifth + 0.01 * third
    if not math.isfinite(total):
        return math.inf
    return fifth / math.sqrt(total * y.size) if total > 0.0 else 0.0


@njit(cache=True)
def dop853(  # type: ignore[no-untyped-def]
    graded, pointer, word, coefficient, y0, times, rtol, atol, max_steps, A, E3, E5, D, out
):
    """Integrate over `times`; fills `out` (times, rows, width).

    Returns accepted steps, rejected steps, evaluations of the field and the time reached.
    """
    shape, size = y0.shape, y0.size
    K = np.empty((16, size))
    y, new, trial = y0.copy().ravel(), np.empty(size), np.empty(size)
    dense = np.empty((7, size))
    flat = out.reshape(times.size, size)
    flat[0] = y
    t, end = times[0], times[-1]
    accepted, rejected, evaluations, target = 0, 0, 1, 1
    h = 0.0
    _slope(graded, pointer, word, coefficient, y.reshape(shape), K[0].reshape(shape))
    # First step: Hairer et al., II.4, with one explicit Euler step as a probe.
    d0, d1 = _scaled_norm(y, y, rtol, atol), _scaled_norm(K[0], y, rtol, atol)
    probe = 0.01 * d0 / d1 if 1e-5 < d0 < 1e100 and 1e-5 < d1 < 1e100 else 1e-6
    probe = min(probe, end - t)
    if probe > 0:
        for i in range(size):
            trial[i] = y[i] + probe * K[0, i]
        _slope(graded, pointer, word, coefficient, trial.reshape(shape), K[1].reshape(shape))
        evaluations += 1
        d2 = _scaled_norm(K[1] - K[0], y, rtol, atol) / probe
        largest = max(d1, d2)
        h = probe
        if largest == 0.0:  # at rest
            h = end - t
        elif largest < math.inf:
            h = min(100 * probe, (0.01 / largest) ** 0.125)
    after_rejection = False
    while target < times.size:
        step = min(h, end - t)
        if accepted + rejected == max_steps or t + step == t:
            break
        for s in range(1, 13):
            _combine(y, step, A[s], K, s, new)
            _slope(graded, pointer, word, coefficient, new.reshape(shape), K[s].reshape(shape))
        evaluations += 12
        error = _error(y, new, step, K, E3, E5, rtol, atol)
        if error >= 1.0:
            rejected += 1
            after_rejection = True
            h = step * (max(0.2, 0.9 * error**-0.125) if error < math.inf else 0.1)
            continue
        accepted += 1
        last = step == end - t
        reached = end if last else t + step
        if times[target] < reached:
            for s in range(13, 16):
                _combine(y, step, A[s], K, s, trial)
                point, slope = trial.reshape(shape), K[s].reshape(shape)
                _slope(graded, pointer, word, coefficient, point, slope)
            evaluations += 3
            _interpolant(y, new, step, K, D, dense)
            while target < times.size and times[target] < reached:
                _interpolate(y, dense, (times[target] - t) / step, flat[target])
                target += 1
        if target < times.size and times[target] == reached:
            flat[target] = new
            target += 1
        growth = 10.0 if error == 0.0 else min(10.0, 0.9 * error**-0.125)
        h = step * (min(1.0, growth) if after_rejection else growth)
        after_rejection = False
        t = reached
        y[:] = new
        K[0] = K[12]
    return accepted, rejected, evaluations, t


@njit(cache=True)
def _interpolant(y, new, h, K, D, dense):  # type: ignore[no-untyped-def]
    for i in range(y.size):
        change = new[i] - y[i]
        dense[0, i] = change
        dense[1, i] = h * K[0, i] - change
        dense[2, i] = 2 * change - h * (K[12, i] + K[0, i])
        for q in range(4):
            total = 0.0
            for s in range(16):
                total += D[q, s] * K[s, i]
            dense[3 + q, i] = h * total


@njit(cache=True)
def _interpolate(y, dense, x, out):  # type: ignore[no-untyped-def]
    for i in range(y.size):
        value = 0.0
        for q in range(6, -1, -1):
            value += dense[q, i]
            value *= x if q % 2 == 0 else 1 - x
        out[i] = y[i] + value
