"""y(T) alone, in the words of a history: what a readout is told of an evolution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array
from qgd.embedding.history import HistorySystem


@dataclass(frozen=True, eq=False)
class FinalTime(HistorySystem):
    """A history of one time, T, without a linear system: `steps` holds the embedded flow.

    What stands for a right-hand side is (v, s): the state asked for is (s / size) y(T) + v.

    Parameters
    ----------
    size : float
        Weight of y(T) beside a vector of norm `size`.
    """

    size: float

    @cached_property
    def rhs(self) -> RealArray:
        """(0, size)."""
        return np.append(np.zeros(self.block_dimension), self.size)

    def injection(self, x: ArrayLike) -> RealArray:
        """(v, 0) with v = x / scale on the first level."""
        n = self.steps[0].num_variables
        v = np.zeros(self.block_dimension + 1)
        v[:n] = check_array("x", x, (n,)) / self.steps[0].scale
        return v
