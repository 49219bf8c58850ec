"""What a truncated Carleman trajectory of a network holds: parts, true error, estimate."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer
from qgd.embedding.graded_solution import GradedSolution


@dataclass(frozen=True, eq=False)
class CarlemanTrajectory:
    """Order-N truncated solutions of T steps of gradient descent, and how far they are off.

    Parameters
    ----------
    pivot : ndarray, shape (n,)
        c, the point of expansion; weights in the order of ``model.named_parameters()``.
    solution : GradedSolution
        Parts w_1, ..., w_N of w - c at the kept steps (n numbers an order and a step).
    part_norms : ndarray, shape (T + 1, N)
        ||w_m|| after every step.
    errors : ndarray, shape (T + 1, N)
        ||w - c - (w_1 + ... + w_m)|| against plain gradient descent for m = 1, ..., N; NaN where
        that was not asked for.
    distances : ndarray, shape (T + 1,)
        ||w - c|| of plain gradient descent, to divide by; NaN where that was not asked for.
    losses : ndarray, shape (T + 1,)
        Loss of plain gradient descent before each step and at the end.
    pivot_gradient : float
        ||grad L(c)||: zero means that the solution is the truncated Carleman system itself.
    """

    pivot: RealArray
    solution: GradedSolution
    part_norms: RealArray
    errors: RealArray
    distances: RealArray
    losses: RealArray
    pivot_gradient: float

    @property
    def order(self) -> int:
        """N."""
        return self.part_norms.shape[1]

    @property
    def num_steps(self) -> int:
        """T."""
        return len(self.part_norms) - 1

    def weights(self, order: int | None = None) -> RealArray:
        """Truncated weights at the kept steps, shape (kept, n); of the highest order by default."""
        return self.pivot + self.solution.solution(order)

    def true_error(self, step: int = -1, order: int | None = None) -> Bound:
        """||w_step - w_step^(N)||, measured against plain gradient descent."""
        value = float(self.errors[step, self._index(order)])
        if np.isnan(value):
            raise ValueError(
                "`true_error` must have been computed to be read, got a trajectory without it; "
                "run carleman_trajectory with true_error=True"
            )
        return Bound("truncation", value, Kind.MEASURED, "against plain gradient descent")

    def estimate(self, step: int = -1, order: int | None = None) -> Bound:
        """A-posteriori estimate of the truncation error from the parts themselves.

        Below the highest order: the norm of the first part that is left out, continued as a
        geometric series with the larger of the last two ratios of norms. At the highest order,
        where that part is unknown, it is extrapolated by the same ratio. Infinite if the ratio is
        not below one.
        """
        last = self._index(order)
        norms = self.part_norms[step]
        known = norms[: min(last + 2, self.order)]
        ratios = [b / a if a > 0 else 0.0 for a, b in itertools.pairwise(known[-3:])]
        ratio = max(ratios, default=np.inf)
        first = known[-1] if last + 1 < self.order else known[-1] * ratio
        value = float(first / (1 - ratio)) if ratio < 1 else np.inf
        value = 0.0 if not norms.any() else value
        source = f"norms of the parts up to order {len(known)}, as a geometric series"
        return Bound("truncation", value, Kind.ESTIMATED, source)

    def _index(self, order: int | None) -> int:
        if order is None:
            return self.order - 1
        if check_integer("order", order, 1) > self.order:
            raise ValueError(f"`order` must be at most {self.order}, got {order}; solve with more")
        return order - 1
