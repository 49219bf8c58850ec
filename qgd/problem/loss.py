"""What the rest of the package needs to know of a loss."""

from __future__ import annotations

from typing import Protocol, Self, runtime_checkable

from qgd.core.arrays import IntArray, RealArray


@runtime_checkable
class Loss(Protocol):
    """A differentiable function L(w) of `num_weights` real weights.

    Contract: (1) `value`, `gradient` and `hessian` are pure and accept shape (num_weights,);
    (2) `gradient` and `hessian` are the exact derivatives of `value`; (3) `restrict(indices)` is
    the loss of the kept weights with all others fixed at zero, kept in the order of `indices`.
    """

    @property
    def num_weights(self) -> int: ...

    def value(self, weights: RealArray) -> float: ...

    def gradient(self, weights: RealArray) -> RealArray: ...

    def hessian(self, weights: RealArray) -> RealArray: ...

    def restrict(self, indices: IntArray) -> Self: ...
