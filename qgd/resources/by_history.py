"""The estimate of a solver of linear systems: the history of the exact Carleman step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from numpy.typing import ArrayLike

from qgd.core.bound import Bound, Kind
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialMap
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.sparse_preparation import SparseVector
from qgd.resources.instance import (
    History,
    checked_step_size,
    final_norm_of,
    history_instance,
    start_of,
)
from qgd.resources.record import ResourceEstimate
from qgd.resources.runs import count_run
from qgd.resources.truncation import Truncated
from qgd.resources.wanted import Wanted, stage_costs
from qgd.solvers.interface import LinearSolver


def estimate_history(
    problem: Stencil | PolynomialMap,
    x0: ArrayLike | SparseVector,
    num_steps: int,
    step_size: float | None,
    padding: int | None,
    solver: LinearSolver,
    encodings: Mapping[int, BlockEncoding] | None,
    wanted: Wanted,
) -> ResourceEstimate:
    """See `estimate_resources`."""
    if isinstance(problem, Stencil):
        step_size = checked_step_size(step_size)
    start = start_of(problem, x0)
    norm = final_norm_of(problem, start, num_steps, step_size, wanted.final_norm)
    case = Truncated(problem, start, num_steps, step_size)
    order, truncation, rest = wanted.truncation(case, norm)
    history = history_instance(
        problem, start, num_steps, order=order, step_size=step_size, scale=wanted.scale,
        padding=padding, final_norm=wanted.final_norm, encodings=encodings,
    )  # fmt: skip
    chosen = solver.with_epsilon(_epsilon(history, rest / 2, wanted.scale))
    run = count_run(chosen, history.instance, gates=wanted.count_gates)
    kept = min(1.0, run.amplitude**2 / history.repetitions.value) if run.amplitude > 0 else 0.0
    run, rounds, kept = wanted.repeat(run, kept, history.instance)
    shots = wanted.shots(rest / 2, kept)
    encoding = history.instance.encoding
    details = (
        f"order {order}",
        f"{num_steps} steps + {history.padding} idle",
        f"alpha {encoding.alpha:.4g}, kappa {history.kappa.value:.4g}",
    )
    whose = "x + h F(x) itself, not the flow" if isinstance(problem, Stencil) else "the map itself"
    exact = Bound("discretisation", 0.0, Kind.PROVED, whose, "06-discretisation.md#Theorem 6.5")
    return ResourceEstimate(
        stage_costs(run, encoding, details, rounds, shots),
        encoding.alpha,
        _kappa(history, chosen),
        kept,
        Kind.ESTIMATED,
        wanted.synthesis_error,
        wanted.budget(truncation, exact, rest, kept, norm),
        order,
    )


def _epsilon(history: History, relative: float, scale: float) -> float:
    """Error of X^-1 b^ for which x_T, the mean of p + 1 copies, is good enough (Theorem 4.2)."""
    instance = history.instance
    size = instance.rhs_norm / instance.encoding.alpha
    return relative * history.final_norm * math.sqrt(history.padding + 1) / (size * scale)


def _kappa(history: History, solver: LinearSolver) -> Bound:
    own = getattr(solver, "kappa", None)
    if own is None:
        return history.kappa
    if own >= history.kappa.value:
        return replace(history.kappa, value=float(own))
    return Bound("condition number", float(own), Kind.ESTIMATED, "given to the solver")
