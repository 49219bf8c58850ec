"""From polynomial dynamics to x(T): every stage, every error, every cost."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from qiskit.primitives import BaseSamplerV2
from qiskit.providers import BackendV2

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.budget import ErrorBudget
from qgd.core.checks import check_real
from qgd.core.parallel import Workers
from qgd.core.resources import Cost, Resources
from qgd.core.solution import Solution
from qgd.dynamics.system import Dynamics
from qgd.embedding.carleman import MapForm
from qgd.encoding.linear_system import EncodedSystem, Structure, encode, encoding_bound
from qgd.execution.execution import Execution, as_execution
from qgd.pipeline.embed import (
    DEFAULT_TAYLOR_ORDER,
    INVERSION_SHARE,
    READOUT_SHARE,
    Embedded,
    embed,
)
from qgd.pipeline.evolve import embed_flow, evolve, flow_time
from qgd.pipeline.executed import check_executable, execution_lines
from qgd.pipeline.order import Order, check_order
from qgd.pipeline.source import ExecutedSource, SolverSource
from qgd.pipeline.verdict import verdict
from qgd.readout.final_state import FinalState
from qgd.readout.interface import Reading, Readout, readout_gain, restoring_factor
from qgd.solvers.evolution import EvolutionSolver
from qgd.solvers.interface import LinearSolver
from qgd.solvers.qsvt import QSVT

# Part of what is left of a tolerance that the readout may use.
_SPENT = 0.98


def solve(
    system: Dynamics,
    x0: ArrayLike,
    num_steps: int,
    *,
    order: Order = "auto",
    solver: LinearSolver | EvolutionSolver | None = None,
    readout: Readout | None = None,
    tolerance: float | None = None,
    center: ArrayLike | None = None,
    form: MapForm = "exact",
    step_size: float | None = None,
    taylor_order: int = DEFAULT_TAYLOR_ORDER,
    scale: float | None = None,
    padding: int | None = None,
    norm_bounds: ArrayLike | None = None,
    structure: Structure = "dilation",
    executor: Workers = None,
    backend: Execution | BackendV2 | BaseSamplerV2 | None = None,
    throw: bool = True,
) -> Solution:
    """Compute x(T) by the quantum linear-system algorithm, with an error for every stage.

    Parameters
    ----------
    system : PolynomialMap, TimeDependentMap or PolynomialSystem
        The dynamics; a flow also needs `step_size` and an integer order.
    x0 : array_like, shape (n,)
        Start.
    num_steps : int
        T.
    order : int or str
        Carleman order N, or how to choose it from the tolerance: ``"auto"`` (by theorem where that
        suffices, else by estimate), ``"proved"``, ``"estimated"``.
    solver : LinearSolver or EvolutionSolver
        `QSVT` by default; also `LCU`, `FourierLCU`, `HHL`, `KernelReflection`, `Direct`; for flows
        `LCHS`, which evolves for the time h T without steps.
    readout : Readout
        `FinalState` by default; also `Sampling`, `SparseTomography`, `AmplitudeEstimation`.
    tolerance : float, optional
        Wanted total error. It settles the order, the accuracy of the inversion and, where they were
        left open, the shots. Without it `order` must be an integer and the solver's own epsilon
        counts.
    center : array_like, shape (n,), optional
        Expansion point; by default `x0`, so that the lifted state starts at 0 and F_0 drives it.
    form : str
        ``"exact"`` or ``"first_order"`` embedding of a map.
    step_size, taylor_order : float, int
        Time step h and Taylor order for flows; the final time is h T.
    scale : float, optional
        Unit of length r of the lift; by default chosen for the condition number of a map, 1 for a
        flow.
    padding : int, optional
        Idle rows; see `history_system`.
    norm_bounds : array_like, shape (T,), optional
        Proved bounds of ||x_k - center||; by default the iterates of the majorant.
    structure : str
        How the history system is encoded, see `encode`: ``"dilation"``, or ``"structured"``,
        which assembles no lifted matrix of a map in the Kronecker basis.
    executor : Executor, callable or None
        Any `concurrent.futures.Executor` (as for `sweep`) that takes the independent parts of a
        solver's work: the evolutions of `FourierLCU` at block level; None: all here.
    backend : Execution, BackendV2 or BaseSamplerV2, optional
        Where the gate-level circuits run whose outcomes the readout counts (`Sampling`,
        `SparseTomography`); None: outcomes are drawn from the emulated state. The value is read
        from these outcomes alone; what noise adds is a MEASURED line of the budget, found beside
        the emulated state, which is why this is for small systems.
    throw : bool
        Raise `QGDError` when the tolerance is missed; else return with that outcome.

    Returns
    -------
    Solution
        x(T), or the observable, with norm and sign; error budget; resources.

    Raises
    ------
    ValueError
        For arguments that cannot be used, with the remedy.
    QGDError
        When no order reaches the tolerance, the iteration diverges, no shot survives, or (with
        `throw`) the budget misses the tolerance.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> descent = PolynomialMap([[0.1], [[-0.2]], [[-0.05]]])
    >>> solution = solve(descent, [0.0], 8, tolerance=1e-2)
    >>> solution.outcome.name, solution.budget.total().kind.name
    ('SUCCESS', 'PROVED')
    """
    solver = QSVT() if solver is None else solver
    readout = FinalState() if readout is None else readout
    order = check_order(order)
    if tolerance is None and isinstance(order, str):
        raise ValueError(
            f"`order` must be an integer when no tolerance is given, got {order!r}; give either"
        )
    if tolerance is not None:
        check_real("tolerance", tolerance, above=0)
    if isinstance(solver, EvolutionSolver):
        if padding is not None or norm_bounds is not None or taylor_order != DEFAULT_TAYLOR_ORDER:
            raise ValueError(
                "`padding`, `norm_bounds` and `taylor_order` are for time steps, got one of them "
                f"with {type(solver).__name__}, which has none; leave them out"
            )
        if structure != "dilation" or backend is not None:
            raise ValueError(
                "`structure` and `backend` are for solvers of linear systems, got one of them with "
                f"{type(solver).__name__}; leave them out, or pass QSVT()"
            )
        time = flow_time(step_size, num_steps, order)
        flow = embed_flow(system, x0, *time, center=center, scale=scale)
        return evolve(
            flow, solver, readout, tolerance=tolerance, executor=executor, throw=throw
        )  # fmt: skip
    # The lines before the readout are about x(T); an observable multiplies them by ||c||.
    gain = readout_gain(readout)
    share = None if tolerance is None else tolerance / gain
    embedded = embed(
        system, x0, num_steps, order=order, center=center, tolerance=share, form=form,
        step_size=step_size, taylor_order=taylor_order, scale=scale, padding=padding,
        norm_bounds=norm_bounds, structure=structure,
    )  # fmt: skip
    return run(
        embedded, solver, readout, tolerance=tolerance, structure=structure, executor=executor,
        backend=backend,
        throw=throw,
    )[0]  # fmt: skip


def run(
    embedded: Embedded,
    solver: LinearSolver,
    readout: Readout,
    *,
    tolerance: float | None = None,
    structure: Structure = "dilation",
    executor: Workers = None,
    backend: Execution | BackendV2 | BaseSamplerV2 | None = None,
    throw: bool = True,
) -> tuple[Solution, SolverSource]:
    """Encode, invert and read out; also return the source of states, which can build circuits."""
    execution = as_execution(backend)
    if execution is not None:
        check_executable(readout, executor)
    encoded = encode(embedded.history, structure=structure)
    gain = readout_gain(readout)
    factor = gain * restoring_factor(embedded.history, 1.0)
    if tolerance is not None:
        unit = factor * encoded.rhs_norm / encoded.encoding.alpha
        solver = solver.with_epsilon(INVERSION_SHARE * tolerance / unit)
    source = (
        SolverSource(solver, encoded, executor)
        if execution is None
        else ExecutedSource(solver, encoded, execution)
    )
    if tolerance is not None:
        # The readout may use whatever the stages before it have left; what an inexact state shifts
        # is counted somewhat more than once (`Sampling`, `AmplitudeEstimation`).
        history_error = math.sqrt(2) * factor * source.solved.bound.value
        spent = gain * sum(line.value for line in embedded.lines) + history_error
        error = max(_SPENT * (tolerance - spent), READOUT_SHARE * tolerance)
        state = source.solved.state
        # A scale that has to be read too halves the amplitude and doubles the noise.
        scale = state.scale * (1 if state.scale_is_known else 2)
        readout = readout.with_error(embedded.history, scale, error)
    reading = readout.read(embedded.history, source)
    lines = execution_lines(embedded.history, source, reading)
    return _solution(embedded, encoded, source, reading, lines, tolerance, throw), source


def _solution(
    embedded: Embedded,
    encoded: EncodedSystem,
    source: SolverSource,
    reading: Reading,
    executed: tuple[Bound, ...],
    tolerance: float | None,
    throw: bool,
) -> Solution:
    solved = source.solved
    to_answer = restoring_factor(embedded.history, 1.0)
    gain = 1.0 if reading.observable is None else float(np.linalg.norm(reading.observable))
    lines = [line.scaled(gain) for line in embedded.lines]
    amplified = to_answer * gain * reading.amplification
    lines.append(encoding_bound(encoded, amplified))
    lines.append(solved.bound.scaled(amplified))
    budget = ErrorBudget((*lines, *executed, reading.bound))
    outcome = verdict(budget, tolerance, throw=throw)
    return Solution(
        value=_restore(embedded, reading),
        outcome=outcome,
        budget=budget,
        resources=_resources(embedded, encoded, source, reading),
        success_probability=solved.state.success_probability,
        details={
            "order": embedded.order,
            "dimension": embedded.history.block_dimension,
            "num_steps": embedded.history.num_steps,
            "padding": embedded.history.padding,
            "scale": embedded.history.steps[0].scale,
            "alpha": encoded.encoding.alpha,
            "kappa": solved.kappa,
            "level": solved.level,
            "norm": reading.norm,
        },
        trajectory=embedded.back(embedded.history.trajectory(solved.state.solution)),
    )


def _restore(embedded: Embedded, reading: Reading) -> RealArray:
    """Undo the shift: of the vector, or of the observable's value."""
    if reading.observable is None:
        return embedded.back(reading.value)
    return reading.value + reading.observable @ embedded.back.center


def _resources(
    embedded: Embedded, encoded: EncodedSystem, source: SolverSource, reading: Reading
) -> Resources:
    history, encoding, solved = embedded.history, encoded.encoding, source.solved
    joint = Cost(
        "readout", preliminary_calls=source.preliminary_calls, detail="norm search of joint runs"
    )
    return Resources(
        (
            Cost(
                "truncation", detail=f"order {embedded.order}, dimension {history.block_dimension}"
            ),
            Cost(
                "discretisation",
                qubits=encoding.num_system,
                detail=f"{history.num_steps} steps + {history.padding} idle, "
                f"dimension {len(encoded.rhs)}",
            ),
            Cost(
                "encoding",
                qubits=encoding.num_ancillas + encoding.num_work,
                detail=f"alpha {encoding.alpha:.4g}, kappa {solved.kappa:.4g}",
            ),
            solved.cost,
            reading.cost,
            *([joint] if source.preliminary_calls else []),
        )
    )
