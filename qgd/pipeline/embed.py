"""The chain up to the history system: shift, order, unit of length, lift, all times at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_array, check_integer, check_real
from qgd.dynamics.integrate import check_defined_steps
from qgd.dynamics.system import Dynamics, PolynomialSystem, TimeDependentMap
from qgd.dynamics.transforms import AffineChange, shift
from qgd.embedding.carleman import MapForm, carleman
from qgd.embedding.carleman_map import carleman_map
from qgd.embedding.discretisation import (
    check_reaches,
    first_order_bounds,
    flow_truncation_bound,
    taylor_bound,
    taylor_step,
)
from qgd.embedding.history import HistorySystem, history_system
from qgd.encoding.linear_system import Structure
from qgd.pipeline.order import Order, choose_order, choose_scale, reach

# How a tolerance is divided among the stages that can be tuned.
TRUNCATION_SHARE, INVERSION_SHARE, READOUT_SHARE = 0.4, 0.1, 0.4
DEFAULT_TAYLOR_ORDER = 8


@dataclass(frozen=True, eq=False)
class Embedded:
    """The chain up to the history system, with the error lines that belong to it.

    Parameters
    ----------
    history : HistorySystem
        L z = b.
    lines : tuple of Bound
        Truncation and discretisation, and what happened before the embedding.
    back : AffineChange
        From the embedded coordinates to x.
    order : int
        N.
    """

    history: HistorySystem
    lines: tuple[Bound, ...]
    back: AffineChange
    order: int


def embed(
    system: Dynamics,
    x0: ArrayLike,
    num_steps: int,
    *,
    order: Order,
    center: ArrayLike | None = None,
    tolerance: float | None = None,
    form: MapForm = "exact",
    step_size: float | None = None,
    taylor_order: int = DEFAULT_TAYLOR_ORDER,
    scale: float | None = None,
    padding: int | None = None,
    norm_bounds: ArrayLike | None = None,
    structure: Structure = "dilation",
) -> Embedded:
    """Shift, lift and write down all times at once; parameters as for `solve`.

    The steps of maps have matrices for ``structure="dilation"`` and none for ``"structured"``.
    """
    start = check_array("x0", x0, (system.num_variables,))
    check_integer("num_steps", num_steps, 1)
    if scale is not None:
        check_real("scale", scale, above=0)
    origin = start if center is None else check_array("center", center, start.shape)
    shifted, back = shift(system, origin)
    u0 = start - origin
    share = math.inf if tolerance is None else TRUNCATION_SHARE * tolerance
    if isinstance(shifted, PolynomialSystem):
        if norm_bounds is not None or form != "exact":
            raise ValueError(
                f"`norm_bounds` and `form` are for maps, got form={form!r} and norm_bounds "
                f"{'given' if norm_bounds is not None else 'left out'} for a flow; leave them out"
            )
        if step_size is None or not isinstance(order, int):
            raise ValueError(
                "a flow must be given `step_size` and an integer `order`, got "
                f"step_size={step_size}, order={order!r}"
            )
        time = num_steps * check_real("step_size", step_size, above=0)
        bound = flow_truncation_bound(shifted, order, float(np.linalg.norm(u0)), time)
        check_reaches(bound)
        flow = carleman(shifted, order, scale=1.0 if scale is None else scale)
        error = taylor_bound(flow, step_size, taylor_order, u0, num_steps)
        step = taylor_step(flow, step_size, taylor_order)
        history = _moving(history_system(step, u0, num_steps, padding))
        return Embedded(history, (bound, error), back, order)
    if step_size is not None or taylor_order != DEFAULT_TAYLOR_ORDER:
        raise ValueError(
            f"`step_size` and `taylor_order` are for flows, got {step_size} and {taylor_order} for "
            "a map; leave them out"
        )
    if isinstance(shifted, TimeDependentMap):
        check_defined_steps(shifted.num_steps, num_steps)
    w = None if norm_bounds is None else check_array("norm_bounds", norm_bounds, (None,))
    choice = choose_order(shifted, order, u0, num_steps, share, w)
    maps = shifted.maps if isinstance(shifted, TimeDependentMap) else (shifted,)
    if form == "first_order" and len(maps) == 1:
        radius = float(np.linalg.norm(u0))
        lines = first_order_bounds(maps[0], choice.order, radius, num_steps, w)
    elif form == "exact":
        exact = "the map itself"
        lines = (choice.bound, _exact("discretisation", exact, "06-discretisation.md#Theorem 6.5"))
    else:
        raise ValueError(f"`form` must be 'exact' for this dynamics, got {form!r}")
    r = scale
    if r is None:
        far = reach(shifted, u0, num_steps, choice.order, w)
        r = choose_scale(shifted, choice.order, far)
    lift = carleman if structure == "dilation" else carleman_map
    steps = [lift(m, choice.order, form=form, scale=r) for m in maps[:num_steps]]
    history = _moving(history_system(steps, u0, num_steps, padding))
    return Embedded(history, lines, back, choice.order)


def _moving(history: HistorySystem) -> HistorySystem:
    """Refuse a zero right-hand side."""
    if history.rhs_norm == 0:
        raise ValueError(
            "`x0` must not be a fixed point of the dynamics and the centre at once: nothing moves, "
            "x(T) = x0 exactly, and there is no linear system to solve; start elsewhere, or pass "
            "another `center`"
        )
    return history


def _exact(stage: str, source: str, theorem: str) -> Bound:
    return Bound(stage, 0.0, Kind.PROVED, source, theorem)
