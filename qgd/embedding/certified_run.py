"""The recursion of Theorem 13.1 for one map, one start and one order, in ball arithmetic."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from qgd.core.arrays import RealArray
from qgd.dynamics.system import PolynomialMap
from qgd.embedding.balls import (
    Rows,
    apply_rows,
    coefficient_norms,
    euclidean,
    flint,
    lift_rows,
    shifted_map,
)

if TYPE_CHECKING:
    from flint import arb


class CertifiedRun:
    """One map, one start and one order in ball arithmetic."""

    def __init__(
        self,
        maps: tuple[PolynomialMap, ...],
        start: RealArray,
        origin: RealArray,
        scale: float,
        order: int,
        num_steps: int,
    ) -> None:
        arb = flint().arb
        self.n, self.order, self.num_steps, self.scale = len(start), order, num_steps, scale
        self.origin = [arb(float(c)) for c in origin]
        pairs = zip(start, origin, strict=True)
        self.start = [(arb(float(x)) - arb(float(c))) / arb(scale) for x, c in pairs]
        components = [shifted_map(step, origin, scale) for step in maps]
        self.rows: list[Rows] = [lift_rows(step, order) for step in components]
        norms = [coefficient_norms(step) for step in components]
        self.g = [
            largest([every[k] for every in norms if k < len(every)])
            for k in range(max(len(every) for every in norms))
        ]
        self.powers = _powers(self.g, order)

    def residual(self, blocks: RealArray, k: int) -> list[arb]:
        """Norms of the levels of block k of b - L z."""
        arb = flint().arb
        y = [arb(float(v)) for v in blocks[k]]
        if k == 0:
            expected, power = [], [arb(1)]
            for _ in range(self.order):
                power = [p * x for p in power for x in self.start]
                expected += power
        else:
            expected = [arb(float(v)) for v in blocks[k - 1]]
            if k <= self.num_steps:
                rows = self.rows[k - 1] if len(self.rows) > 1 else self.rows[0]
                expected = apply_rows(rows, expected)
        gaps = [a - b for a, b in zip(y, expected, strict=True)]
        edges = np.cumsum([0] + [self.n**j for j in range(1, self.order + 1)])
        return [euclidean(gaps[a:b]) for a, b in itertools.pairwise(edges)]

    def recursion(
        self, levels: list[list[arb]] | None, blocks: RealArray | None
    ) -> list[list[arb]]:
        """E^0, E^1, ...; without a history, those of the exact truncated system."""
        arb, N = flint().arb, self.order
        error = [arb(0)] * N if levels is None else list(levels[0])
        w, found = euclidean(self.start), [error]
        for k in range(self.num_steps if levels is None else len(levels) - 1):
            if blocks is not None:
                seen = euclidean([arb(float(v)) for v in blocks[k, : self.n]]) + error[0]
                w = w.min(seen)
            if k < self.num_steps:
                error = [
                    sum((c * e for c, e in zip(row[1 : N + 1], error, strict=False)), arb(0))
                    + sum((c * w**m for m, c in enumerate(row) if m > N), arb(0))
                    for row in self.powers
                ]
                w = sum((c * w**m for m, c in enumerate(self.g)), arb(0))
            if levels is not None:
                error = [e + rho for e, rho in zip(error, levels[k + 1], strict=True)]
            found.append(error)
        return found

    def mean(self, blocks: RealArray) -> list[arb]:
        arb = flint().arb
        final = blocks[self.num_steps :]
        return [
            c + arb(self.scale) * sum((arb(float(v)) for v in final[:, i]), arb(0)) / len(final)
            for i, c in enumerate(self.origin)
        ]

    def condition(self, padding: int) -> arb:
        """(1 + max(1, theta)) times the root of row sum times column sum (Theorem 13.2)."""
        arb, N, T = flint().arb, self.order, self.num_steps
        table = [[*row[1:], *[arb(0)] * N][:N] for row in self.powers]
        sums = (
            [sum(row, arb(0)) for row in table],
            [sum(c, arb(0)) for c in zip(*table, strict=True)],
        )
        theta = (largest(sums[0]) * largest(sums[1])).sqrt()
        powers = [theta**d for d in range(T + 1)]
        partial = list(itertools.accumulate(powers))
        rows = largest([*partial, partial[-1] + padding])
        columns = largest([s + padding * t for s, t in zip(partial, powers, strict=True)])
        return (1 + theta.max(arb(1))) * (rows * columns).sqrt()


def largest(values: list[arb]) -> arb:
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result


def _powers(g: list[arb], order: int) -> list[list[arb]]:
    """c_{jm}, the coefficients of g(x)^j, for j = 1..N."""
    arb = flint().arb
    power, table = [arb(1)], []
    for _ in range(order):
        longer = [arb(0)] * (len(power) + len(g) - 1)
        for a, p in enumerate(power):
            for b, q in enumerate(g):
                longer[a + b] += p * q
        power = longer
        table.append(power)
    return table
