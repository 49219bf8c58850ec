"""What the history system and its condition number know of an embedding."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from qgd.core.arrays import RealArray


class LiftedRecursion(Protocol):
    """A linear recursion y+ = A y + c that some non-linear dynamics were lifted to.

    1. ``form`` is not ``"flow"``; that of a flow, y' = A y + c, is refused.
    2. ``lift(x0)`` checks x0 and gives y(0); ``project(y)`` is `scale` times the first
       `num_variables` entries of y (last axis), and linear.
    3. ``levels`` are `order` slices that partition y.
    """

    @property
    def matrix(self) -> csr_array: ...

    @property
    def offset(self) -> RealArray: ...

    @property
    def num_variables(self) -> int: ...

    @property
    def order(self) -> int: ...

    @property
    def scale(self) -> float: ...

    @property
    def form(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def levels(self) -> tuple[slice, ...]: ...

    def lift(self, x: ArrayLike) -> RealArray: ...

    def project(self, y: ArrayLike) -> RealArray: ...

    def step(self, y: RealArray) -> RealArray: ...
