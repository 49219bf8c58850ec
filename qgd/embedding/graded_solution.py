"""What graded evaluation returns: the homogeneous parts, and everything that follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_memory
from qgd.core.kronecker import check_word_space


@dataclass(frozen=True, eq=False)
class GradedSolution:
    """Homogeneous parts w_1, ..., w_N of a truncated Carleman solution at some times.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Times of a flow, step numbers of a map.
    parts : ndarray, shape (m, n, N)
        w_j is ``parts[:, :, j - 1]``.
    homogenised : bool
        False: the truncated Carleman system itself. True: the closure in which F_0 counts as of
        degree one, another truncation of the same dynamics.
    steps, rejected, evaluations : int
        Steps of the integration (of the map), and evaluations of the field on series.
    """

    times: RealArray
    parts: RealArray
    homogenised: bool
    steps: int
    rejected: int
    evaluations: int

    @property
    def order(self) -> int:
        """N, the largest order."""
        return int(self.parts.shape[2])

    def solution(self, order: int | None = None) -> RealArray:
        """Level 1 of the system truncated at `order` <= N, shape (m, n); default N."""
        return np.asarray(self.parts[:, :, : self._order(order)].sum(axis=2))

    def solutions(self) -> RealArray:
        """Level 1 for all orders 1, ..., N, shape (m, n, N)."""
        return np.cumsum(self.parts, axis=2)

    def tail(self, order: int) -> RealArray:
        """||w_{order + 1} + w_{order + 2} + ...||_2 with the parts at hand, shape (m,).

        What the orders beyond `order` add: an estimate of the truncation error, no bound.
        """
        check_integer("order", order, 1)
        if order >= self.order:
            raise ValueError(
                f"`order` must be below the order of the solution, {self.order}, got {order}; "
                "solve with one or two orders more"
            )
        return np.asarray(np.linalg.norm(self.parts[:, :, order:].sum(axis=2), axis=1))

    def level(self, j: int, order: int | None = None) -> RealArray:
        """Level j of the lifted solution in the Kronecker basis, shape (m, n**j).

        sum over i_1 + ... + i_j <= order of w_{i_1} (x) ... (x) w_{i_j}; for small n**j.
        """
        largest = self._order(order)
        check_integer("j", j, 1)
        m, n, _ = self.parts.shape
        check_word_space(n, j)
        check_memory(8.0 * m * n**j * largest, f"level {j}", "ask for a lower level or fewer times")
        # Truncated product of j series, level by level: result[d] collects the words of degree d.
        result = {0: np.ones((m, 1))}
        for _ in range(j):
            longer: dict[int, RealArray] = {}
            for d, left in result.items():
                for i in range(1, largest - d + 1):
                    product = left[:, :, None] * self.parts[:, None, :, i - 1]
                    flat = product.reshape(m, -1)
                    longer[d + i] = longer[d + i] + flat if d + i in longer else flat
            result = longer
        return sum(result.values(), np.zeros((m, n**j)))

    def level_norms(self, order: int | None = None) -> RealArray:
        """Euclidean norms of levels 1, ..., order, shape (m, order), from the Gram matrix of w.

        ||sum w_{i_1} (x) ... (x) w_{i_j}||^2 is a sum of products of entries of W^T W.
        """
        largest = self._order(order)
        W = self.parts[:, :, :largest]
        gram = np.einsum("tia,tib->tab", W, W, optimize=True)
        squares = np.empty((len(W), largest))
        for t in range(len(W)):
            table = np.zeros((largest + 1, largest + 1))
            table[0, 0] = 1.0
            for j in range(largest):
                table = _next_level(table, gram[t])
                squares[t, j] = table.sum()
        return np.sqrt(np.maximum(squares, 0.0))

    def lifted_norm(self, order: int | None = None) -> RealArray:
        """Norm of the whole truncated lifted state, shape (m,)."""
        return np.asarray(np.linalg.norm(self.level_norms(order), axis=1))

    def success_probability(self, order: int | None = None) -> RealArray:
        """Part of the squared norm that level 1 holds, ||y_1||^2 / ||y||^2, shape (m,)."""
        norms = self.level_norms(order)
        return np.asarray((norms[:, 0] / np.linalg.norm(norms, axis=1)) ** 2)

    def _order(self, order: int | None) -> int:
        if order is None:
            return self.order
        check_integer("order", order, 1)
        if order > self.order:
            raise ValueError(
                f"`order` must be at most the order of the solution, {self.order}, got {order}"
            )
        return order


@njit(cache=True)
def _next_level(table, gram):  # type: ignore[no-untyped-def]
    """Multiply by one more factor: table[a, b] sums over words of degrees a and b."""
    size = len(table)
    result = np.zeros_like(table)
    for a in range(size):
        for b in range(size):
            if table[a, b] != 0.0:
                for i in range(1, size - a):
                    for j in range(1, size - b):
                        result[a + i, b + j] += table[a, b] * gram[i - 1, j - 1]
    return result
