"""From a polynomial flow to x(T) by an evolution solver: no time steps, no linear system."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.budget import ErrorBudget
from qgd.core.checks import check_array, check_integer, check_real
from qgd.core.outcome import Outcome
from qgd.core.parallel import Workers
from qgd.core.resources import Cost, Resources
from qgd.core.solution import Solution
from qgd.core.state import FlaggedState
from qgd.dynamics.system import Dynamics, PolynomialSystem
from qgd.dynamics.transforms import AffineChange, shift
from qgd.embedding.carleman import CarlemanSystem, carleman
from qgd.embedding.discretisation import check_reaches, flow_truncation_bound
from qgd.embedding.final_time import FinalTime
from qgd.encoding.flow import EncodedFlow, encode_flow
from qgd.pipeline.embed import INVERSION_SHARE, READOUT_SHARE
from qgd.pipeline.verdict import verdict
from qgd.readout.interface import Reading, Readout, readout_gain
from qgd.solvers.evolution import EvolutionSolver, EvolvedState

_SPENT = 0.98
_SCALES = 2.0 ** np.arange(-6, 7)


@dataclass(frozen=True, eq=False)
class EmbeddedFlow:
    """The chain up to an encoded flow, with the error line that belongs to it.

    Parameters
    ----------
    flow : EncodedFlow
        y' = A y + c.
    lifted : CarlemanSystem
        Where its entries come from.
    truncation : Bound
        Of x(T).
    back : AffineChange
        From the embedded coordinates to x.
    """

    flow: EncodedFlow
    lifted: CarlemanSystem
    truncation: Bound
    back: AffineChange


def embed_flow(
    system: Dynamics,
    x0: ArrayLike,
    time: float,
    order: int,
    *,
    center: ArrayLike | None = None,
    scale: float | None = None,
) -> EmbeddedFlow:
    """Shift, lift and encode a flow; parameters as for `solve`.

    Without a `scale` the unit of length is the power of two, times the start's, that promises the
    least cost: small r make the levels dissipative together, large r keep the lift short.
    """
    if not isinstance(system, PolynomialSystem):
        raise ValueError(
            f"`solver` of an evolution must be given a flow, got a {type(system).__name__}; pass a "
            "PolynomialSystem, or a solver of linear systems such as QSVT()"
        )
    start = check_array("x0", x0, (system.num_variables,))
    check_integer("order", order, 1)
    origin = start if center is None else check_array("center", center, start.shape)
    shifted, back = shift(system, origin)
    u0 = start - origin
    bound = flow_truncation_bound(shifted, order, float(np.linalg.norm(u0)), time)
    check_reaches(bound)
    if scale is None:
        size = float(np.linalg.norm(u0)) or 1.0
        lifts = [carleman(shifted, order, scale=float(r)) for r in size * _SCALES]
        lifted = min(lifts, key=lambda lift: _promise(lift, u0, time))
    else:
        lifted = carleman(shifted, order, scale=check_real("scale", scale, above=0))
    return EmbeddedFlow(encode_flow(lifted, u0, time), lifted, bound, back)


def flow_time(step_size: float | None, num_steps: int, order: int | str) -> tuple[float, int]:
    """Final time h T of a flow, and its order, which must be given."""
    check_integer("num_steps", num_steps, 1)
    if step_size is None or not isinstance(order, int):
        raise ValueError(
            "a flow must be given `step_size` and an integer `order`, got "
            f"step_size={step_size}, order={order!r}"
        )
    return num_steps * check_real("step_size", step_size, above=0), order


def _promise(lifted: CarlemanSystem, u0: RealArray, time: float) -> float:
    """About what x(T) costs: r e^{max(mu, 0) T} (||y_0|| + T ||c||) (1 + T ||A||)."""
    dense = lifted.matrix.toarray()
    mu = float(np.linalg.eigvalsh((dense + dense.T) / 2)[-1])
    size = float(np.linalg.norm(lifted.lift(u0)) + time * np.linalg.norm(lifted.offset))
    grown = math.exp(min(max(mu, 0.0) * time, 700.0))
    return lifted.scale * grown * size * (1 + time * float(np.linalg.norm(dense, 2)))


class FlowSource:
    """Runs an evolution solver once for each state a readout asks for; see `FinalTime`."""

    def __init__(
        self, solver: EvolutionSolver, flow: EncodedFlow, system: FinalTime, executor: Workers
    ) -> None:
        self.solver, self.flow, self.system, self.executor = solver, flow, system, executor
        self.solved: EvolvedState = self._prepare(flow)

    def state(self, rhs: RealArray | None = None) -> FlaggedState:
        """State of y(T), or of the combination that `rhs` stands for."""
        return self.solved.state if rhs is None else self._prepare(self._flow(rhs)).state

    def joint(self, reference: RealArray, rhs: RealArray | None = None) -> FlaggedState:
        """Not for evolutions: theirs is a state of known scale, with nothing to compare it to."""
        raise TypeError(
            "the scale of an evolution is known: a readout must read `state`, not a joint run"
        )

    def circuit(self, rhs: RealArray | None = None) -> QuantumCircuit:
        """Gate-level circuit that prepares this state."""
        return self.solver.circuit(self.flow if rhs is None else self._flow(rhs))

    def _flow(self, rhs: RealArray) -> EncodedFlow:
        return self.flow.driven(float(rhs[-1]) / self.system.size, rhs[:-1])

    def _prepare(self, flow: EncodedFlow) -> EvolvedState:
        if self.executor is None:
            return self.solver.prepare(flow)
        return self.solver.prepare_in_parts(flow, self.executor)


def evolve(
    embedded: EmbeddedFlow,
    solver: EvolutionSolver,
    readout: Readout,
    *,
    tolerance: float | None = None,
    executor: Workers = None,
    throw: bool = True,
) -> Solution:
    """Evolve and read out, with an error for every stage."""
    flow, r = embedded.flow, embedded.lifted.scale
    gain = readout_gain(readout)
    if tolerance is not None:
        solver = solver.with_epsilon(INVERSION_SHARE * tolerance / (gain * r * solver.unit(flow)))
    size = solver.unit(flow)
    system = FinalTime((embedded.lifted,), flow.initial, num_steps=0, padding=0, size=size)
    source = FlowSource(solver, flow, system, executor)
    if tolerance is not None:
        spent = gain * (embedded.truncation.value + math.sqrt(2) * r * source.solved.bound.value)
        error = max(_SPENT * (tolerance - spent), READOUT_SHARE * tolerance)
        readout = readout.with_error(system, source.solved.state.scale, error)
    reading = readout.read(system, source)
    lines = (
        embedded.truncation.scaled(gain),
        source.solved.bound.scaled(gain * r * reading.amplification),
        reading.bound,
    )
    budget = ErrorBudget(lines)
    outcome = verdict(budget, tolerance, throw=throw)
    return _solution(embedded, source.solved, reading, budget, outcome)


def _solution(
    embedded: EmbeddedFlow,
    solved: EvolvedState,
    reading: Reading,
    budget: ErrorBudget,
    outcome: Outcome,
) -> Solution:
    flow, lifted = embedded.flow, embedded.lifted
    value = (
        embedded.back(reading.value)
        if reading.observable is None
        else reading.value + reading.observable @ embedded.back.center
    )
    encoding = flow.encoding
    costs = (
        Cost("truncation", detail=f"order {lifted.order}, dimension {lifted.dimension}"),
        Cost(
            "encoding",
            qubits=encoding.num_qubits,
            detail=f"alpha {encoding.alpha:.4g}",
        ),
        solved.cost,
        reading.cost,
    )
    return Solution(
        value=value,
        outcome=outcome,
        budget=budget,
        resources=Resources(costs),
        success_probability=solved.state.success_probability,
        details={
            "order": lifted.order,
            "dimension": lifted.dimension,
            "time": flow.time,
            "scale": lifted.scale,
            "alpha": encoding.alpha,
            "log_norm": flow.growth[1],
            "level": solved.level,
            "norm": reading.norm,
        },
    )
