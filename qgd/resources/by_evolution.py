"""The estimate of an evolution: LCHS on the structured encoding of a lifted flow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from numpy.typing import ArrayLike

from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.sparse_preparation import SparseVector
from qgd.resources.evolutions import count_evolution, plan_evolution
from qgd.resources.flow_instance import FlowInstance, flow_final_norm, flow_instances
from qgd.resources.instance import checked_step_size, start_of
from qgd.resources.record import ResourceEstimate
from qgd.resources.truncation import Truncated
from qgd.resources.wanted import Wanted, stage_costs
from qgd.solvers.lchs import LCHS


def estimate_evolution(
    problem: Stencil | PolynomialMap | PolynomialSystem,
    x0: ArrayLike | SparseVector,
    num_steps: int,
    step_size: float | None,
    solver: LCHS,
    encodings: Mapping[int, BlockEncoding] | None,
    wanted: Wanted,
) -> ResourceEstimate:
    """See `estimate_resources`."""
    if isinstance(problem, PolynomialMap):
        raise ValueError(
            "`problem` must be a flow for LCHS, a Stencil or a PolynomialSystem, got a "
            "PolynomialMap; pass gradient_flow(loss), or a solver of linear systems"
        )
    time = check_integer("num_steps", num_steps, 1) * checked_step_size(step_size)
    start = start_of(problem, x0)
    norm = flow_final_norm(problem, start, time, wanted.final_norm)
    order, truncation, rest = wanted.truncation(
        Truncated(problem, start, num_steps, time=time), norm
    )
    ways = flow_instances(
        problem, start, time, order=order, scale=wanted.scale, final_norm=norm, encodings=encodings
    )
    chosen, instance = _cheapest(solver, ways, rest / 2)
    run = count_evolution(chosen, instance)
    run, rounds, kept = wanted.repeat(run, run.amplitude**2, instance)
    shots = wanted.shots(rest / 2, kept)
    low, high = instance.flow.growth
    details = (
        f"order {order}",
        f"time {time:.6g}, {instance.source}",
        f"alpha {instance.encoding.alpha:.4g}, growth from {low:.4g} to {high:.4g}",
    )
    exact = Bound("discretisation", 0.0, Kind.PROVED, "exact in time", "14-lchs.md#Theorem 14.5")
    return ResourceEstimate(
        stage_costs(run, instance.encoding, details, rounds, shots),
        instance.encoding.alpha,
        None,
        kept,
        Kind.ESTIMATED,
        wanted.synthesis_error,
        wanted.budget(truncation, exact, rest, kept, norm),
        order,
    )


def _cheapest(solver: LCHS, ways: list[FlowInstance], relative: float) -> tuple[LCHS, FlowInstance]:
    """The way with the fewest calls for a unit of amplitude; the last error if there is none."""
    best: tuple[float, LCHS, FlowInstance] | None = None
    refused: Exception | None = None
    for instance in ways:
        try:
            chosen = _adapted(solver, instance, relative)
            plan = plan_evolution(chosen, instance.flow)
        except ValueError as error:
            refused = error
            continue
        cost = plan.calls * plan.weight
        if best is None or cost < best[0]:
            best = cost, chosen, instance
    if best is None:
        assert refused is not None
        raise refused
    return best[1], best[2]


def _adapted(solver: LCHS, instance: FlowInstance, relative: float) -> LCHS:
    """With the epsilon that the error needs, and a shift where a constant coordinate needs one."""
    flow = instance.flow
    if instance.source == "constant coordinate":
        given = -math.inf if solver.shift is None else solver.shift
        solver = replace(solver, shift=max(given, 0.0, flow.growth[1]))
    if solver.shift_for(flow.growth[1]) * flow.time > 600:
        raise QGDError(
            Outcome.DIVERGED,
            "`num_steps` must be small enough for e^{shift T} to be a number, got shift T = "
            f"{solver.shift_for(flow.growth[1]) * flow.time:.4g}; take fewer steps, or a `scale` "
            "in which the lift is dissipative",
        )
    unit = solver.unit(flow)
    if unit < 1e-290:
        raise ValueError(
            "`num_steps` must be small enough for x_T to be told from 0, got a bound of its norm "
            f"of {unit:.3g}; take fewer steps"
        )
    return solver.with_epsilon(relative * instance.final_norm / (instance.scale * unit))
