"""The nodes of a sum of evolutions in parts that need not wait for each other.

Node d of sum_d b_d sin(d t X) costs the calls of a whole series when it is reached from the node
before it. A part starts at its own first node, a polynomial of degree about d t in X, so for about
d t calls: several times fewer than the steps up to there. Parts run anywhere; they are added in
their order.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_integer
from qgd.core.parallel import Workers, map_unordered
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.sine_series import apply_by_calls


def apply_in_parts(
    weights: RealArray,
    time: float,
    system: EncodedSystem,
    degree: int,
    executor: Workers,
    parts: int,
) -> RealArray:
    """`apply_by_calls` with the nodes in so many runs of neighbours: the same polynomial of X.

    The last digits of the result depend on `parts`, and nothing of it on the executor.
    """
    check_integer("parts", parts, 1)
    jobs = [
        _Part(weights[start:stop], int(start) + 1, time, system, degree)
        for start, stop in itertools.pairwise(_edges(len(weights), time, degree, parts))
    ]
    sums = dict(map_unordered(_Part.sum, jobs, executor))
    return np.asarray(np.sum([sums[index] for index in range(len(jobs))], axis=0))


def _edges(terms: int, time: float, degree: int, parts: int) -> IntArray:
    """Borders of parts of equal cost, where node d costs d t calls to start from, `degree` each."""
    lengths = (1 - time / degree) ** np.arange(min(parts, terms))
    edges = np.rint(terms * np.cumsum(lengths) / lengths.sum()).astype(np.int64)
    return np.unique(np.concatenate(([0], edges)))


@dataclass(frozen=True, eq=False)
class _Part:
    """What travels to a worker: some nodes, and the encoding as what it was made from."""

    weights: RealArray
    first: int
    time: float
    system: EncodedSystem
    degree: int

    def sum(self) -> RealArray:
        return apply_by_calls(self.weights, self.time, self.system, self.degree, self.first)
