"""What the integrators of lifted flows need to know of a lift."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from qgd.core.arrays import RealArray


class LiftedFlow(Protocol):
    """A linear system that stands for a flow, y' = A y + c with y = lift(x).

    Contract: (1) `matrix` and `offset` have the length `dimension`; (2) `lift` takes x of shape
    (num_variables,), or the `num_angles` angles where there are such, to y; (3) `project` takes y,
    or an array with y on its last axis, back to x, and undoes `lift` near the expansion point, or
    to the cosines and sines of the angles; (4) `form` is ``"flow"``; (5)
    `norm_bound` is at least the largest column sum of |A|, `trace` is that of A.
    """

    @property
    def matrix(self) -> csr_array: ...

    @property
    def offset(self) -> RealArray: ...

    @property
    def num_variables(self) -> int: ...

    @property
    def dimension(self) -> int: ...

    @property
    def form(self) -> str: ...

    @property
    def norm_bound(self) -> float: ...

    @property
    def trace(self) -> float: ...

    def lift(self, x: ArrayLike) -> RealArray: ...

    def project(self, y: ArrayLike) -> RealArray: ...
