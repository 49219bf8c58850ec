"""Graded bases of functions of one variable, each given by two tables: `mul` and `diff`.

A basis is a family phi_0 = 1, phi_1, phi_2, ... of functions of the deviation d from an expansion
point with phi_m = d^m + higher orders, closed under products and derivatives,

    phi_a phi_b = sum_{c >= a + b} M[a, b, c] phi_c,    phi_m' = sum_{c >= m - 1} D[m, c] phi_c.

`basis_carleman` needs nothing else, so adding a basis is adding its two tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.embedding.basis_values import evaluate_tables, invert_tables

_CHECKED = 6  # closure is checked at least up to this index
_TOLERANCE = 1e-9


class Tables(NamedTuple):
    """Dense tables up to an order N: ``mul[a, b, c]`` and ``diff[m, c]``, indices 0, ..., N."""

    mul: RealArray
    diff: RealArray


@dataclass(frozen=True, eq=False)
class Basis:
    """A graded basis of functions of one variable, given by its two tables.

    Contract: (1) phi_0 = 1; (2) phi_m = d^m + higher orders, so M[a, b, a + b] = 1 and
    D[m, m - 1] = m; (3) no entry lies below that (the grading); (4) products commute and
    associate, and `diff` obeys the product rule. All of it is checked by `tables`.

    Parameters
    ----------
    name : str
        For messages.
    mul : callable
        ``mul(a, b)``, a, b >= 1, returns {c: M[a, b, c]}: finitely many entries.
    diff : callable
        ``diff(m)``, m >= 1, returns {c: D[m, c]}.
    evaluate : callable, optional
        ``evaluate(d, order)`` returns phi_1(d), ..., phi_order(d) on a new last axis. By default
        the differential equation that `diff` states is integrated from d = 0.
    invert : callable, optional
        ``invert(phi)`` returns d from phi_1, phi_2, ... on the last axis, as many as there are; by
        default by integrating dd / dphi_1 = 1 / phi_1'.

    References
    ----------
    proofs/08-bases.md.

    Examples
    --------
    >>> tanh = Basis("tanh", lambda a, b: {a + b: 1.0}, lambda m: {m - 1: m, m + 1: -m})
    >>> tanh.values(0.5, 2).round(6)
    array([0.462117, 0.213552])
    >>> tanh.deviation([[0.462117]]).round(6)
    array([0.5])
    """

    name: str
    mul: Callable[[int, int], Mapping[int, float]]
    diff: Callable[[int], Mapping[int, float]]
    evaluate: Callable[[RealArray, int], RealArray] | None = None
    invert: Callable[[RealArray], RealArray] | None = None

    def tables(self, order: int) -> Tables:
        """Checked tables of the indices 0, ..., order.

        Raises
        ------
        ValueError
            If the tables break the contract; the message names the entry.
        """
        check_integer("order", order, 1)
        mul, diff = _tables(self, max(order, _CHECKED))
        n = order + 1
        return Tables(mul[:n, :n, :n], diff[:n, :n])

    def values(self, deviation: ArrayLike, order: int) -> RealArray:
        """phi_1(d), ..., phi_order(d) on a new last axis."""
        d = np.asarray(deviation, dtype=np.float64)
        if self.evaluate is not None:
            return self.evaluate(d, order)
        return evaluate_tables(self.mul, self.diff, d, order)

    def deviation(self, values: ArrayLike) -> RealArray:
        """d from phi_1, phi_2, ... on the last axis."""
        phi = np.asarray(values, dtype=np.float64)
        if self.invert is not None:
            return self.invert(phi)
        return invert_tables(self.mul, self.diff, phi[..., 0])


def power_basis(
    name: str,
    derivative: Sequence[float],
    evaluate: Callable[[RealArray], RealArray] | None = None,
    invert: Callable[[RealArray], RealArray] | None = None,
) -> Basis:
    """Basis of the powers phi^m of one function with phi' = q_0 + q_1 phi + q_2 phi^2 + ...

    Parameters
    ----------
    name : str
        For messages.
    derivative : sequence of float
        q_0 = 1, q_1, q_2, ...: (1,) is phi = d, (1, 0, -1) is phi = tanh d, (1, 1) is e^d - 1.
    evaluate, invert : callable, optional
        phi(d) and its inverse; by default from the tables.
    """
    q = [check_real("derivative", value) for value in derivative]
    whole = None if evaluate is None else _powers(evaluate)
    inverse = None if invert is None else _of_first(invert)
    return Basis(
        name,
        lambda a, b: {a + b: 1.0},
        lambda m: {m - 1 + j: m * value for j, value in enumerate(q) if value != 0},
        whole,
        inverse,
    )


def logistic_basis(center: float) -> Basis:
    """Basis of the powers of phi = (sigma(x_0 + d) - s) / (s (1 - s)), s = sigma(x_0).

    sigma' = sigma (1 - sigma) becomes phi' = 1 + (1 - 2 s) phi - s (1 - s) phi^2, and in closed
    form phi = (e^d - 1) / (1 + s (e^d - 1)), between -1 / (1 - s) and 1 / s.

    Parameters
    ----------
    center : float
        x_0, the expansion point: unlike the other bases, this one depends on it.
    """
    x0 = check_real("center", center, at_least=-30.0, at_most=30.0, remedy="sigma is flat there")
    s, rest = 1 / (1 + np.exp(-x0)), 1 / (1 + np.exp(x0))

    def evaluate(d: RealArray) -> RealArray:
        decay, gone = np.exp(-np.abs(d)), -np.expm1(-np.abs(d))  # no overflow, no cancellation
        return np.asarray(np.where(d > 0, gone / (decay + s * gone), -gone / (decay + rest * gone)))

    def invert(phi: RealArray) -> RealArray:
        outside = (phi <= -1 / rest) | (phi >= 1 / s)
        if outside.any():
            raise QGDError(
                Outcome.DIVERGED,
                f"phi_1 must lie between {-1 / rest:.4g} and {1 / s:.4g} to be a sigmoid's value, "
                f"got {phi[outside].flat[0]:.4g}; raise the order or shorten the time",
            )
        return np.asarray(np.log1p(rest * phi) - np.log1p(-s * phi))

    return power_basis(f"logistic at {x0:g}", (1.0, rest - s, -s * rest), evaluate, invert)


def _powers(evaluate: Callable[[RealArray], RealArray]) -> Callable[[RealArray, int], RealArray]:
    def values(d: RealArray, order: int) -> RealArray:
        return np.asarray(evaluate(d)[..., None] ** np.arange(1, order + 1))

    return values


def _of_first(invert: Callable[[RealArray], RealArray]) -> Callable[[RealArray], RealArray]:
    return lambda phi: invert(phi[..., 0])


def _circle_mul(a: int, b: int) -> dict[int, float]:
    return {a + b: 1.0, a + b + 2: -0.25} if a % 2 and b % 2 else {a + b: 1.0}


def _circle_diff(m: int) -> dict[int, float]:
    return {m - 1: m, m + 1: -(m + 1) / 4} if m % 2 else {m - 1: m}


def _circle_values(d: RealArray, order: int) -> RealArray:
    m = np.arange(1, order + 1)
    w = 4 * np.sin(d / 2) ** 2  # 2 (1 - cos d) without cancellation
    return np.asarray(np.where(m % 2, np.sin(d)[..., None], 1.0) * w[..., None] ** (m // 2))


def _circle_deviation(phi: RealArray) -> RealArray:
    if phi.shape[-1] == 1:
        return np.asarray(np.arcsin(np.clip(phi[..., 0], -1.0, 1.0)))
    return np.asarray(np.arctan2(phi[..., 0], 1 - phi[..., 1] / 2))


TAYLOR = power_basis("Taylor", (1.0,), lambda d: d, lambda phi: phi)
"""phi_m = d^m: the monomials of ordinary Carleman linearisation."""

CIRCLE = Basis("circle", _circle_mul, _circle_diff, _circle_values, _circle_deviation)
"""phi_{2j} = w^j, phi_{2j+1} = u w^j with u = sin d, w = 2 (1 - cos d), u^2 = w - w^2 / 4.

Trigonometric polynomials are finite sums of these, one function of each order. `deviation` takes
the angle of the point (1 - w/2, u), which is the nearest point of the circle where a truncated
solution has left it; from u alone, the angle in [-pi/2, pi/2] whose sine is nearest.
"""


@lru_cache(maxsize=256)
def _tables(basis: Basis, order: int) -> Tables:
    """Dense tables of a basis, checked against its contract."""
    mul = np.zeros((order + 1,) * 3)
    diff = np.zeros((order + 1,) * 2)
    for a in range(order + 1):
        mul[a, 0, a] = mul[0, a, a] = 1.0
    for a in range(1, order + 1):
        _enter(basis, f"diff({a})", basis.diff(a), a - 1, a, diff[a])
        for b in range(1, order + 1):
            _enter(basis, f"mul({a}, {b})", basis.mul(a, b), a + b, 1, mul[a, b])
    _check_equal(basis, "mul must commute", mul, mul.swapaxes(0, 1))
    # phi_1 generates the algebra order by order, so laws that hold with it hold for all.
    left = np.einsum("ac,cbe->abe", mul[:, 1], mul)
    _check_equal(basis, "mul must associate", left, np.einsum("bc,ace->abe", mul[1], mul))
    product = mul[:, 1] @ diff
    rule = diff @ mul[:, 1] + np.einsum("c,ace->ae", diff[1], mul)
    _check_equal(basis, "diff must obey the product rule", product[:, :-1], rule[:, :-1])
    for table in (mul, diff):
        table.flags.writeable = False
    return Tables(mul, diff)


def _enter(
    basis: Basis,
    place: str,
    entries: Mapping[int, float],
    lowest: int,
    leading: int,
    row: RealArray,
) -> None:
    """Write one row of a table after checking its grading and leading coefficient."""
    for c, value in entries.items():
        check_integer(f"{basis.name} {place}", c, 0, "its keys are indices of basis functions")
        number = check_real(f"{basis.name} {place}", value)
        if c < lowest and number != 0:
            raise ValueError(
                f"`basis` {basis.name} must be graded: {place} may hold phi_{lowest} and higher, "
                f"got {number:g} phi_{c}; subtract what does not vanish to that order"
            )
        if c < len(row):
            row[c] = number
    if lowest < len(row) and abs(row[lowest] - leading) > _TOLERANCE * leading:
        raise ValueError(
            f"`basis` {basis.name} must be normalised to phi_m = d^m + ...: {place} must begin "
            f"with {leading} phi_{lowest}, got {row[lowest]:g}; divide each phi_m by its leading "
            "coefficient"
        )


def _check_equal(basis: Basis, law: str, one: RealArray, other: RealArray) -> None:
    gap = np.abs(one - other)
    size = max(1.0, float(np.abs(one).max()), float(np.abs(other).max()))
    if gap.max() > _TOLERANCE * size:
        worst = tuple(int(i) for i in np.unravel_index(gap.argmax(), gap.shape))
        raise ValueError(
            f"`basis` {basis.name} must be closed: {law}, got {one[worst]:g} and "
            f"{other[worst]:g} at {worst}; correct the tables"
        )
