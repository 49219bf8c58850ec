"""Where a scalar majorant does not grow: the interval between its two fixed points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from scipy.optimize import brentq

from qgd.dynamics.dissipation import Majorant

# Roots may be as small as the smallest coefficient: relative accuracy, and time for bisection.
_EXACT: dict[str, Any] = {"xtol": 1e-300, "rtol": 1e-15, "maxiter": 3000}


def trimmed(coefficients: Sequence[float]) -> tuple[float, ...]:
    """Coefficients without zeros at the end; at least two."""
    size = len(coefficients)
    while size > 2 and coefficients[size - 1] == 0:
        size -= 1
    return tuple(coefficients[:size])


def rest_points(excess: Sequence[float]) -> tuple[float, float, float]:
    """r_- <= r_+ between which p(x) = p_0 + p_1 x + p_2 x^2 + ... <= 0, and min p; NaN if none.

    p_k >= 0 for k != 1, so p is convex on x >= 0. For a map p(x) = g(x) - x, for a flow
    p(w) = f_0 + mu w + f_2 w^2 + ...; at least one p_k with k > 1 must be positive.
    """
    p = Majorant(tuple(excess))
    if p.coefficients[1] >= 0:
        trivial = p.coefficients[0] == 0
        return (0.0, 0.0, 0.0) if trivial else (math.nan, math.nan, p.coefficients[0])
    top = 1.0
    while p.derivative(top) <= 0:
        top *= 2
    bottom = float(brentq(p.derivative, 0.0, top, **_EXACT))
    lowest = p(bottom)
    if lowest > 0:
        return math.nan, math.nan, lowest
    while p(top) <= 0:
        top *= 2
    upper = float(brentq(p, bottom, top, **_EXACT)) if lowest < 0 else bottom
    if p.coefficients[0] == 0:
        return 0.0, upper, lowest
    lower = float(brentq(p, 0.0, bottom, **_EXACT)) if lowest < 0 else bottom
    return lower, upper, lowest
