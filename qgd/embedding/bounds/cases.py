"""What the closed theorems know of a map or flow: a few numbers, computed once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption
from qgd.core.checks import check_array, check_integer, check_real
from qgd.dynamics.integrate import check_defined_steps
from qgd.dynamics.multilinear import flow_multilinear_majorant, multilinear_majorant
from qgd.dynamics.rest_points import trimmed
from qgd.dynamics.system import Dynamics, Map, PolynomialSystem, TimeDependentMap
from qgd.embedding.bounds.verdict import need

SMALLER_STEP = "lower the learning rate, or raise the ridge"
CLOSER = "start closer to the point of expansion, or take fewer steps"


@dataclass(frozen=True, eq=False)
class MapCase:
    """T steps of a map, embedded to order N, from x_0.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        In the coordinates that are lifted.
    order : int
        N.
    x0 : ndarray, shape (n,)
        Start.
    num_steps : int
        T.
    """

    system: Map
    order: int
    x0: RealArray
    num_steps: int

    @cached_property
    def g(self) -> tuple[float, ...]:
        """g_0, ..., g_q: multilinear norms of G_k, trimmed behind the last that is not 0."""
        return trimmed(multilinear_majorant(self.system, max(self.num_steps, 1)).coefficients)

    @cached_property
    def radius(self) -> float:
        """||x_0||."""
        return float(np.linalg.norm(self.x0))

    @property
    def coefficients(self) -> tuple[float, ...]:
        """g."""
        return self.g

    @property
    def affine(self) -> bool:
        """Whether nothing is ever truncated."""
        return len(self.g) <= 2

    @property
    def stride(self) -> int:
        """Common step s of the degrees: levels 1, 1 + s, 1 + 2 s, ... are all that level 1 sees."""
        return stride(self.g)

    @property
    def jumps(self) -> int:
        """K = ceil(N / s): so many strides leave the embedding (F_0 = 0)."""
        return -(-self.order // self.stride)

    def unforced(self) -> Assumption:
        """F_0 = 0."""
        return need("||F_0|| = 0", self.g[0] == 0, self.g[0], "use `forced_bound`, or shift to a "
                    "fixed point")  # fmt: skip

    def contracts(self) -> Assumption:
        """||G_1|| < 1."""
        return need("||I + F_1|| < 1", self.g[1] < 1, self.g[1], SMALLER_STEP)


@dataclass(frozen=True, eq=False)
class FlowCase:
    """A flow over a time t, embedded to order N, exact in time, from x_0.

    `norm` is the norm of all vectors, ``"2"`` or ``"inf"``.
    """

    system: PolynomialSystem
    order: int
    x0: RealArray
    time: float
    norm: str = "2"

    @cached_property
    def f(self) -> tuple[float, ...]:
        """f_0, mu, f_2, ..., f_q: multilinear norms of F_k, mu the logarithmic norm of F_1."""
        return trimmed(flow_multilinear_majorant(self.system, self.norm))

    @cached_property
    def radius(self) -> float:
        """||x_0||."""
        return float(np.linalg.norm(self.x0, np.inf if self.norm == "inf" else 2))

    @property
    def coefficients(self) -> tuple[float, ...]:
        """f."""
        return self.f

    @property
    def affine(self) -> bool:
        """Whether nothing is ever truncated."""
        return len(self.f) <= 2

    @property
    def stride(self) -> int:
        """Common step of the degrees, as for a map."""
        return stride(self.f)

    @property
    def jumps(self) -> int:
        """ceil(N / s)."""
        return -(-self.order // self.stride)

    def unforced(self) -> Assumption:
        """F_0 = 0."""
        return need("||F_0|| = 0", self.f[0] == 0, self.f[0], "use `flow_forced_bound`, or shift "
                    "to a fixed point")  # fmt: skip

    def dissipates(self) -> Assumption:
        """mu(F_1) < 0."""
        return need("mu(F_1) < 0", self.f[1] < 0, self.f[1], "use `flow_series_bound`, or change "
                    "the norm with `lyapunov_bound`")  # fmt: skip

    def single_degree(self) -> Assumption:
        """Only one degree M above one."""
        count = sum(1 for value in self.f[2:] if value > 0)
        return need("number of degrees above one = 1", count == 1, count, "use "
                    "`flow_forced_bound` or `flow_weighted_bound`")  # fmt: skip


def map_case(system: Map, order: int, x0: ArrayLike, num_steps: int) -> MapCase:
    """Checked arguments of a bound for a map."""
    check_integer("order", order, 1)
    check_integer("num_steps", num_steps, 0)
    if isinstance(system, TimeDependentMap):
        check_defined_steps(system.num_steps, num_steps)
    return MapCase(system, order, check_array("x0", x0, (system.num_variables,)), num_steps)


def flow_case(
    system: PolynomialSystem, order: int, x0: ArrayLike, time: float, norm: str = "2"
) -> FlowCase:
    """Checked arguments of a bound for a flow."""
    check_integer("order", order, 1)
    check_real("time", time, at_least=0)
    return FlowCase(
        system, order, check_array("x0", x0, (system.num_variables,)), float(time), norm
    )


def bound_case(
    system: Dynamics, order: int, x0: ArrayLike, num_steps: int | None, time: float | None
) -> MapCase | FlowCase:
    """The case of a map or of a flow; the duration must be of the right kind."""
    if isinstance(system, PolynomialSystem):
        if time is None or num_steps is not None:
            raise ValueError("`time` must be given for a flow, and no `num_steps`")
        return flow_case(system, order, x0, time)
    if num_steps is None or time is not None:
        raise ValueError("`num_steps` must be given for a map, and no `time`")
    return map_case(system, order, x0, num_steps)


def stride(coefficients: Sequence[float]) -> int:
    """Greatest common divisor of k - 1 over the degrees k > 1 that occur; 1 if none does."""
    present = [k - 1 for k, value in enumerate(coefficients) if k > 1 and value > 0]
    return math.gcd(*present) if present else 1
