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
# The non-zero weights of each stage, filled up with zeros to a multiple of four.
_COUNT = (A != 0.0).sum(axis=1).astype(np.uint64)
_SLOPE = np.argsort(A == 0.0, axis=1, kind="stable").astype(np.uint64)
_WEIGHT = np.take_along_axis(A, _SLOPE.astype(np.int64), axis=1)
_SLOPE[_WEIGHT == 0.0] = 0
E3, E5, D = (np.ascontiguousarray(getattr(DOP853, name)) for name in ("E3", "E5", "D"))


@njit  # not cached, for it calls a kernel with threads: see there
def _slope(pointer, word, coefficient, y0, y, out):  # type: ignore[no-untyped-def]
    """The field at the flat state y, a point or a series like y0 (decided at compile time)."""
    if y0.ndim == 1:
        evaluate_terms(pointer, word, coefficient, y, out)
    else:
        W, dW = y[: y0.size].reshape(y0.shape), out.reshape(y0.shape)
        if len(coefficient) * W.shape[1] > _SERIAL:
            evaluate_series_parallel(pointer, word, coefficient, W, dW)
        else:
            evaluate_series(pointer, word, coefficient, W, dW)


@njit(cache=True)
def _combine(y, h, stage, slopes, out):  # type: ignore[no-untyped-def]
    """out = y + h sum_s A[stage, s] K[s]; `slopes` is K in one row.

    Four slopes at a time, in blocks that stay in the cache. Every index is unsigned, for signed
    ones are tested for being negative, which costs more than the sums.
    """
    size, block, stage = np.uint64(y.size - 1), np.uint64(_BLOCK), np.uint64(stage)
    m1, m2, m3, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    for low in range(np.uint64(0), size, block):
        high = min(low + block, size)
        for i in range(low, high):
            out[i] = y[i]
        for m in range(np.uint64(0), _COUNT[stage], four):
            w0, k0 = h * _WEIGHT[stage, m], _SLOPE[stage, m] * size
            w1, k1 = h * _WEIGHT[stage, m + m1], _SLOPE[stage, m + m1] * size
            w2, k2 = h * _WEIGHT[stage, m + m2], _SLOPE[stage, m + m2] * size
            w3, k3 = h * _WEIGHT[stage, m + m3], _SLOPE[stage, m + m3] * size
            for i in range(low, high):
                first = w0 * slopes[k0 + i] + w1 * slopes[k1 + i]
                out[i] += first + (w2 * slopes[k2 + i] + w3 * slopes[k3 + i])


@njit(cache=True)
def _scaled_norm(v, y, rtol, atol):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(v.size):
        total += (v[i] / (atol + rtol * abs(y[i]))) ** 2
    return math.sqrt(total / v.size)


@njit(cache=True)
def _error(y, new, h, K, rtol, atol, a, b):  # type: ignore[no-untyped-def]
    """Scaled error of a step, from the estimates of orders 5 and 3; infinite if not finite."""
    fifth, third, size = 0.0, 0.0, K.shape[1]
    for low in range(0, size, _BLOCK):
        high = min(low + _BLOCK, size)
        sum5, sum3 = a[: high - low], b[: high - low]
        sum5[:] = 0.0
        sum3[:] = 0.0
        for s in range(E5.size):
            weight5, weight3 = h * E5[s], h * E3[s]
            if weight5 != 0.0 or weight3 != 0.0:
                slope = K[s, low:high]
                for i in range(slope.size):
                    sum5[i] += weight5 * slope[i]
                    sum3[i] += weight3 * slope[i]
        before, after = y[low:high], new[low:high]
        for i in range(before.size):
            scale = 1.0 / (atol + rtol * max(abs(before[i]), abs(after[i])))
            fifth += (sum5[i] * scale) ** 2
            third += (sum3[i] * scale) ** 2
    total = fifth + 0.01 * third
    if not math.isfinite(total):
        return math.inf
    return fifth / math.sqrt(total * size) if total > 0.0 else 0.0


@njit(cache=True)
def dop853(  # type: ignore[no-untyped-def]
    pointer, word, coefficient, y0, times, rtol, atol, max_steps, out
):
    """Integrate from y0, a point (n,) or a series (n, N); fills `out` (times, y0.size).

    Returns accepted steps, rejected steps, evaluations of the field and the time that passed.
    """
    size = y0.size
    times = times - times[0]
    K = np.empty((_ALL, size))
    slopes = K.ravel()
    # One entry more than y0: the factor 1 of monomials shorter than the others.
    y, new, trial = np.ones(size + 1), np.ones(size + 1), np.ones(size + 1)
    scratch5, scratch3 = np.empty(min(size, _BLOCK)), np.empty(min(size, _BLOCK))
    dense = np.empty((7, size))
    y[:size] = y0.ravel()
    out[0] = y[:size]
    t, end = 0.0, times[-1]
    accepted, rejected, evaluations, target = 0, 0, 1, 1
    h = 0.0
    _slope(pointer, word, coefficient, y0, y, K[0])
    # First step: Hairer et al., II.4, with one explicit Euler step as a probe.
    d0, d1 = _scaled_norm(y[:size], y, rtol, atol), _scaled_norm(K[0], y, rtol, atol)
    probe = 0.01 * d0 / d1 if 1e-5 < d0 < 1e100 and 1e-5 < d1 < 1e100 else 1e-6
    probe = min(probe, end - t)
    if probe > 0:
        for i in range(size):
            trial[i] = y[i] + probe * K[0, i]
        _slope(pointer, word, coefficient, y0, trial, K[1])
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
            _combine(y, step, s, slopes, new)
            _slope(pointer, word, coefficient, y0, new, K[s])
        evaluations += 12
        error = _error(y, new, step, K, rtol, atol, scratch5, scratch3)
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
                _combine(y, step, s, slopes, trial)
                _slope(pointer, word, coefficient, y0, trial, K[s])
            evaluations += 3
            _interpolant(y, new, step, K, dense)
            while target < times.size and times[target] < reached:
                _interpolate(y, dense, (times[target] - t) / step, out[target])
                target += 1
        if target < times.size and times[target] == reached:
            out[target] = new[:size]
            target += 1
        growth = 10.0 if error == 0.0 else min(10.0, 0.9 * error**-0.125)
        h = step * (min(1.0, growth) if after_rejection else growth)
        after_rejection = False
        t = reached
        y[:] = new
        K[0] = K[12]
    return accepted, rejected, evaluations, t


@njit(cache=True)
def _interpolant(y, new, h, K, dense):  # type: ignore[no-untyped-def]
    for i in range(K.shape[1]):
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
    for i in range(out.size):
        value = 0.0
        for q in range(6, -1, -1):
            value += dense[q, i]
            value *= x if q % 2 == 0 else 1 - x
        out[i] = y[i] + value
