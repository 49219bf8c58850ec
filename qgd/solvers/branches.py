"""The evolutions of an LCHS, listed: times of L and H, weight and start of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import Array, IntArray, RealArray
from qgd.dynamics.operator_norm import operator_norm
from qgd.encoding.flow import EncodedFlow
from qgd.solvers.exponential_sum import ExponentialSum

_QUADRATURE_SHARE = 0.05
_MOST_POINTS = 400


@dataclass(frozen=True, eq=False)
class Branches:
    """y = sum_l w_l e^{-i T (k_l L + h_l H)} v_l, with A = -(L + i H) as it is encoded.

    Parameters
    ----------
    dissipation, rotation : ndarray, shape (B,)
        k_l and h_l; h = 1 belongs to the initial state, h < 1 to a point of Duhamel's integral.
    weights : ndarray, shape (B,), complex
        w_l, phases of the shift included.
    starts : ndarray of int, shape (B,)
        Row of `vectors` that is v_l.
    vectors : ndarray, shape (one to three, d)
        Unit vectors.
    time : float
        T.
    """

    dissipation: RealArray
    rotation: RealArray
    weights: Array
    starts: IntArray
    vectors: RealArray
    time: float

    @property
    def radii(self) -> RealArray:
        """sqrt(k^2 + h^2): k L + h H = -(r / 2) (e^{-i theta} A + e^{i theta} A^T)."""
        return np.hypot(self.dissipation, self.rotation)

    @property
    def turns(self) -> RealArray:
        """theta with k + i h = r e^{i theta}."""
        return np.arctan2(self.rotation, self.dissipation)

    @property
    def radius(self) -> float:
        """Largest r: the encoding of all k L + h H together has r alpha."""
        return float(self.radii.max())

    @property
    def weight(self) -> float:
        """sum_l |w_l|: y over what an index register leaves of it."""
        return float(np.abs(self.weights).sum())

    def part(self, chosen: slice) -> Branches:
        """Some of the branches, with the same weights."""
        return Branches(
            self.dissipation[chosen], self.rotation[chosen], self.weights[chosen],
            self.starts[chosen], self.vectors, self.time,
        )  # fmt: skip


def flow_branches(
    flow: EncodedFlow, rule: ExponentialSum, shift: float, epsilon: float
) -> tuple[Branches, float]:
    """Branches of y(T) and the proved error of the quadrature and the rule together.

    An idle vector is one more branch, which evolves by 0.

    e^{A t} = e^{sigma t} e^{(A - sigma) t}; the shift only turns and scales the weights, as
    k (L + sigma) + H = (k L + H) + k sigma. With y(T) = e^{A T} y(0) + int_0^T e^{A s} c ds and
    Gauss points s_m the second term is one more sum of the same kind (Theorem 14.3).
    """
    T, start, source = flow.time, *(float(np.linalg.norm(v)) for v in (flow.initial, flow.source))
    times, factors, error, rows = [], [], 0.0, []
    if start > 0:
        times, factors, rows = [np.array([T])], [np.array([start])], [flow.initial / start]
    if source > 0:
        points, weights, rest = duhamel_points(flow, _QUADRATURE_SHARE * epsilon)
        times.append(points)
        factors.append(source * weights)
        rows.append(flow.source / source)
        error = rest * source
    nodes = len(rule.nodes)
    dissipation, rotation, found, starts = [], [], [], []
    for row, (s, f) in enumerate(zip(times, factors, strict=True)):
        h, factor = s / T, f * np.exp(shift * s)
        error += rule.error * float(factor.sum())
        k = np.outer(h, rule.nodes)
        dissipation.append(k.ravel())
        rotation.append(np.repeat(h, nodes))
        found.append((factor[:, None] * rule.weights * np.exp(-1j * T * shift * k)).ravel())
        starts.append(np.full(k.size, row))
    size = 0.0 if flow.idle is None else float(np.linalg.norm(flow.idle))
    if flow.idle is not None and size > 0:
        dissipation.append(np.zeros(1))
        rotation.append(np.zeros(1))
        found.append(np.array([size + 0j]))
        starts.append(np.array([len(rows)]))
        rows.append(flow.idle / size)
    k, h, w, first = (np.concatenate(v) for v in (dissipation, rotation, found, starts))
    return Branches(k, h, w, first, np.array(rows), T), error


def duhamel_points(flow: EncodedFlow, epsilon: float) -> tuple[RealArray, RealArray, float]:
    """Gauss points and weights on [0, T] for int e^{As} c ds, and the error for a unit c.

    The n-point rule errs by at most T^(2n+1) n!^4 / ((2n+1) (2n)!^3) ||A||^2n e^{max(mu, 0) T}; the
    error wanted is epsilon times T e^{max(mu, 0) T}.
    """
    T, size = flow.time, max(operator_norm(flow.matrix), 1e-300)
    growth = math.exp(max(flow.growth[1], 0.0) * T)
    for n in range(1, _MOST_POINTS):
        log_error = (
            2 * n * math.log(size * T) + 4 * math.lgamma(n + 1)
            - math.log(2 * n + 1) - 3 * math.lgamma(2 * n + 1)
        )  # fmt: skip
        if log_error <= math.log(epsilon):
            x, w = np.polynomial.legendre.leggauss(n)
            return (x + 1) * T / 2, w * T / 2, math.exp(log_error) * T * growth
    raise ValueError(
        f"`time` must be shorter for a flow with a source: {_MOST_POINTS} points do not resolve "
        f"||A|| T = {size * T:.4g}; pass the flow through fold_source"
    )
