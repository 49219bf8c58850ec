"""Pruning: fewer weights, the same data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_integer
from qgd.problem.loss import Loss

LossT = TypeVar("LossT", bound=Loss)


@dataclass(frozen=True, eq=False)
class Mask:
    """Which weights were kept: `apply` goes down to them, `restore` back to all weights.

    Parameters
    ----------
    indices : ndarray of int, shape (kept,)
        Positions of the kept weights, increasing.
    num_weights : int
        Number of weights before pruning.
    """

    indices: IntArray
    num_weights: int

    def apply(self, weights: ArrayLike) -> RealArray:
        """Return the kept entries of a full weight vector."""
        return check_array("weights", weights, (self.num_weights,))[self.indices]

    def restore(self, kept: ArrayLike) -> RealArray:
        """Return the full weight vector, pruned entries zero."""
        values = check_array("kept", kept, (len(self.indices),))
        full = np.zeros(self.num_weights)
        full[self.indices] = values
        return full

    @property
    def sparsity(self) -> float:
        """Fraction of the weights that are zero."""
        return 1 - len(self.indices) / self.num_weights


def prune(loss: LossT, weights: ArrayLike, keep: int) -> tuple[LossT, Mask]:
    """Keep the `keep` weights of largest magnitude, in one shot; fix the others at zero.

    Ties go to the lower index. Source: global magnitude pruning as in Liu et al.,
    arXiv:2303.03428, "Numerical experiments".

    Parameters
    ----------
    loss : Loss
        The loss of all weights.
    weights : array_like, shape (num_weights,)
        Trained dense weights.
    keep : int
        r, from 1 to num_weights.

    Returns
    -------
    loss : same type as `loss`
        The loss of the r kept weights.
    mask : Mask
        Restores the full vector.

    Examples
    --------
    >>> from qgd.problem.losses import least_squares
    >>> loss, mask = prune(least_squares([[1.0, 2.0, 0.5]], [1.0]), [0.1, -3.0, 2.0], keep=2)
    >>> mask.indices, mask.restore([5.0, 6.0])
    (array([1, 2]), array([0., 5., 6.]))
    """
    w = check_array("weights", weights, (loss.num_weights,))
    check_integer("keep", keep, 1)
    if keep > len(w):
        raise ValueError(f"`keep` must be at most {len(w)}, the number of weights, got {keep}")
    order = np.argsort(-np.abs(w), kind="stable")
    mask = Mask(np.sort(order[:keep]), len(w))
    return loss.restrict(mask.indices), mask
