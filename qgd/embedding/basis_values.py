"""Values of basis functions, and their inverse, from the two tables alone.

Functions that are no product of earlier ones are generators: d itself for powers, sin and 2 - 2 cos
for the circle. `diff` states a closed differential equation for them, integrated from d = 0, where
all vanish; the other functions are products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.integrate import solve_ivp

from qgd.core.arrays import RealArray
from qgd.core.outcome import Outcome, QGDError

Mul = Callable[[int, int], Mapping[int, float]]
Diff = Callable[[int], Mapping[int, float]]
_MOST_GENERATORS = 20
_MOST_CALLS = 4_000  # a regular value takes some hundreds


def evaluate_tables(mul: Mul, diff: Diff, deviation: RealArray, order: int) -> RealArray:
    """phi_1, ..., phi_order at the deviations, on a new last axis."""
    generators = _generators(mul, diff)
    start = np.zeros((len(generators), deviation.size))
    end = _integrate(lambda G: deviation.ravel() * _slopes(mul, diff, generators, G), start)
    values = _values(mul, dict(zip(generators, end, strict=True)), order)
    return np.stack([v.reshape(deviation.shape) for v in values[1:]], axis=-1)


def invert_tables(mul: Mul, diff: Diff, first: RealArray) -> RealArray:
    """Deviations at which phi_1 takes the given values: integrates dd / dphi_1 = 1 / phi_1'."""
    generators = _generators(mul, diff)

    def slope(state: RealArray) -> RealArray:
        slopes = _slopes(mul, diff, generators, state[:-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.concatenate((slopes, np.ones((1, first.size)))) * first.ravel() / slopes[0]

    end = _integrate(slope, np.zeros((len(generators) + 1, first.size)))
    return np.asarray(end[-1].reshape(first.shape))


def _generators(mul: Mul, diff: Diff) -> list[int]:
    """Indices that `diff` leads to from phi_1 and that are no product."""
    found, waiting = [], [1]
    while waiting:
        m = waiting.pop()
        if m in found or m == 0:
            continue
        factors = _factors(mul, m)
        if factors:
            waiting += factors
            continue
        found.append(m)
        waiting += [c for c, value in diff(m).items() if value != 0]
        if len(found) > _MOST_GENERATORS:
            raise ValueError(
                "`evaluate` must be given for a basis with more than "
                f"{_MOST_GENERATORS} functions that are no products of others"
            )
    return sorted(found)


def _factors(mul: Mul, m: int) -> tuple[int, int] | None:
    """(a, b) with phi_a phi_b = phi_m exactly, the most even split first."""
    for a in range(m // 2, 0, -1):
        entries = {c: value for c, value in mul(a, m - a).items() if value != 0}
        if entries == {m: 1.0}:
            return a, m - a
    return None


def _values(mul: Mul, known: dict[int, RealArray], order: int) -> list[RealArray]:
    """phi_0, ..., phi_order from the generators."""
    values = [np.ones_like(next(iter(known.values())))]
    for m in range(1, order + 1):
        factors = _factors(mul, m)
        if m in known:
            values.append(known[m])
        elif factors:
            values.append(values[factors[0]] * values[factors[1]])
        else:
            raise ValueError(
                f"`evaluate` must be given: phi_{m} is no product of earlier functions and the "
                "derivative of phi_1 does not lead to it"
            )
    return values


def _slopes(mul: Mul, diff: Diff, generators: list[int], G: RealArray) -> RealArray:
    rows = [diff(m) for m in generators]
    highest = max(c for row in rows for c in row)
    values = _values(mul, dict(zip(generators, G, strict=True)), highest)
    return np.array([sum(v * values[c] for c, v in row.items()) for row in rows])


def _integrate(slope: Callable[[RealArray], RealArray], start: RealArray) -> RealArray:
    """State at 1 of state' = slope(state), to nearly double precision."""
    calls = 0

    def right_hand_side(_: float, state: RealArray) -> RealArray:
        nonlocal calls
        calls += 1
        out = slope(state.reshape(start.shape)).ravel()
        if calls > _MOST_CALLS or not np.isfinite(out).all():
            raise QGDError(
                Outcome.DIVERGED,
                "the value must lie where phi_1 is finite and increases, and does not; stay nearer "
                "to the expansion point or give the basis its own `evaluate` and `invert`",
            )
        return out

    path = solve_ivp(right_hand_side, (0, 1), start.ravel(), "DOP853", rtol=1e-13, atol=1e-15)
    if not path.success:
        raise QGDError(Outcome.DIVERGED, f"the tables must be integrable: {path.message}")
    return np.asarray(path.y[:, -1].reshape(start.shape))
