"""One coherent run of LCHS, counted from its parts: each is compiled once, or has a formula."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from qgd.core.bound import Kind
from qgd.core.resources import GateCount
from qgd.encoding.flow import EncodedFlow
from qgd.encoding.gates import negate_ones
from qgd.resources.flow_instance import FlowInstance
from qgd.resources.gate_counts import count_gates
from qgd.resources.multiplexers import diagonal_gates, multiplexed_gates, preparation_gates
from qgd.resources.runs import Run
from qgd.solvers.branches import duhamel_points, flow_branches
from qgd.solvers.jacobi_anger import GAIN
from qgd.solvers.lchs import LCHS
from qgd.solvers.lchs_circuit import IndexTables, index_qubits, index_tables

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_WRITTEN = 5  # qubits of an index whose multiplexers are compiled
_LONGEST = 16.0  # T ||L|| up to which nodes and weights are computed
_ANGLE = 0.7310585  # stands for any angle that has to be synthesised


@dataclass(frozen=True, eq=False)
class EvolutionPlan:
    """The sizes of an LCHS.

    Parameters
    ----------
    num_branches, index : int
        Evolutions, and the qubits that say which.
    weight : float
        sum |w|.
    length : int
        Half the number of steps of the walk.
    tables : IndexTables
        Of the index register, or of one 2**repeats times smaller.
    repeats : int
        Qubits by which the index register is larger than its tables.
    kind : Kind
        ESTIMATED where the rule of a shorter time was continued.
    """

    num_branches: int
    index: int
    weight: float
    length: int
    tables: IndexTables
    repeats: int
    kind: Kind

    @property
    def calls(self) -> int:
        """Of the encoding and its adjoint, in one run."""
        return 4 * self.length


def plan_evolution(solver: LCHS, flow: EncodedFlow) -> EvolutionPlan:
    """Plan a run as the solver does, with nodes in proportion to T ||L|| where that is beyond 16.

    The spacing of nodes is set by T ||L||, their reach and sum |c| by epsilon alone, so that a rule
    for 16 says what a longer one costs.
    """
    low, high = flow.growth
    shift = solver.shift_for(high)
    interval = flow.time * (shift - low)
    if interval <= _LONGEST:
        branches, _, _, length = solver.plan(flow, rotations=False)
        return EvolutionPlan(
            len(branches.weights), index_qubits(branches), branches.weight, length,
            index_tables(branches), 0, Kind.PROVED,
        )  # fmt: skip
    rule = solver.rule(_LONGEST)
    short = replace(flow, time=flow.time * _LONGEST / interval)
    branches, _ = flow_branches(short, rule, shift, solver.epsilon)
    nodes = math.ceil(len(rule.nodes) * interval / _LONGEST)
    if len(rule.nodes).bit_count() == 1:
        nodes = 2 ** (nodes - 1).bit_length()
    start, source = (float(np.linalg.norm(v)) for v in (flow.initial, flow.source))
    total, points = start * math.exp(shift * flow.time), 1
    if source:
        times, weights, _ = duhamel_points(flow, 0.05 * solver.epsilon)
        total += source * float(weights @ np.exp(shift * times))
        points = len(times)
    inner = max(1, (nodes * points - 1).bit_length())
    index = inner + (len(branches.vectors) - 1).bit_length()
    time = flow.time * flow.encoding.alpha * math.hypot(1.0, rule.reach)
    return EvolutionPlan(
        nodes * (points + (bool(source) and start > 0)),
        index,
        rule.weight_norm * total,
        solver.walk_length(time, rule.weight_norm)[0],
        index_tables(branches),
        index - index_qubits(branches),
        Kind.ESTIMATED,
    )


def count_evolution(solver: LCHS, instance: FlowInstance) -> Run:
    """Count one run of LCHS; its calls are those of `LCHS.circuit` wherever that can be built."""
    plan = plan_evolution(solver, instance.flow)
    amplitude = GAIN * instance.final_norm / (instance.scale * plan.weight)
    largest = instance.scale * (plan.weight + solver.epsilon * solver.unit(instance.flow))
    if instance.final_norm > largest * (1 + 1e-6):
        raise ValueError(
            f"`final_norm` must be at most the bound of ||x_T||, {largest:.6g}, got "
            f"{instance.final_norm:.6g}; pass a smaller one"
        )
    nodes = f"{plan.num_branches:.4g} evolutions, walk of {2 * plan.length} steps"
    return Run(
        plan.calls, 1, plan.index + 3, min(1.0, amplitude), plan.kind,
        _gates(plan, instance.flow), detail=f"LCHS, {nodes}, {instance.source}",
    )  # fmt: skip


def _gates(plan: EvolutionPlan, flow: EncodedFlow) -> GateCount:
    """Gates of `lchs_circuit`: two steps are compiled, multiplexers if there are few."""
    tables, times = plan.tables, 2**plan.repeats
    written = plan.index <= _WRITTEN and not plan.repeats
    walk = _Parts(flow, tables if written else None)
    steps = count_gates(walk.two_steps())
    if not written:
        turn, tilt = multiplexed_gates(tables.turn), multiplexed_gates(tables.tilt, 5)
        steps = steps + 4 * times * (turn + tilt)
    ends = 2 * preparation_gates(tables.roots) + diagonal_gates(tables.signs)
    return times * ends + count_gates(walk.start()) + plan.length * steps + GateCount(depth=8)


class _Parts:
    """What the walk consists of, on registers as those of `lchs_circuit`."""

    def __init__(self, flow: EncodedFlow, tables: IndexTables | None) -> None:
        self.flow, self.tables, e = flow, tables, flow.encoding
        n, a = e.num_system, e.num_ancillas
        self.system, self.ancillas = list(range(n)), list(range(n, n + a))
        self.q, self.rot, self.g = n + a, n + a + 1, n + a + 2
        size = len(flow.prepare) if tables is None else len(tables.roots)
        self.index = list(range(n + a + 3, n + a + 3 + (size - 1).bit_length()))
        self.chooser = self.index[len(self.index) - (len(flow.prepare) - 1).bit_length() :]
        first = n + a + 3 + len(self.index)
        self.work = list(range(first, first + e.num_work))
        self.width = first + e.num_work
        self.forward = e.build(2)

    def two_steps(self) -> QuantumCircuit:
        """An even step and the odd one after it, whose calls meet."""
        circuit = self._circuit()
        self._reflect(circuit)
        self._call(circuit)
        circuit.ry(_ANGLE, self.g)
        circuit.x(self.g)
        self._call(circuit)
        self._reflect(circuit)
        circuit.x(self.g)
        circuit.ry(_ANGLE, self.g)  # the phases are multiples of pi / 2
        return circuit

    def _call(self, circuit: QuantumCircuit) -> None:
        placed = [*self.system, *self.ancillas, *self.work, self.q, self.g]
        self._multiplex(circuit, 1)
        circuit.compose(self.forward.inverse(), placed, inplace=True, wrap=False)
        circuit.x(self.q)
        circuit.compose(self.forward, placed, inplace=True, wrap=False)
        circuit.x(self.q)
        circuit.cx(self.g, self.q)
        circuit.cz(self.g, self.rot)
        self._multiplex(circuit, -1)

    def _multiplex(self, circuit: QuantumCircuit, sign: int) -> None:
        from qiskit.circuit.library import UCRYGate, UCRZGate

        if self.tables is None:
            return
        turn = UCRZGate([float(sign * v) for v in self.tables.turn])
        tilt = UCRYGate([float(-sign * v) for v in self.tables.tilt])
        both = [(turn, self.q), (tilt, self.rot)]
        for gate, target in both if sign > 0 else both[::-1]:
            circuit.append(gate, [target, *self.index])

    def _reflect(self, circuit: QuantumCircuit) -> None:
        zeros = [*self.ancillas, self.q, self.rot]
        circuit.h(self.q)
        circuit.x(zeros)
        negate_ones(circuit, [*zeros, self.g])
        circuit.x(zeros)
        circuit.h(self.q)

    def start(self) -> QuantumCircuit:
        """The start, or start and source under the qubit that chooses."""
        circuit = self._circuit()
        for value, build in enumerate(self.flow.prepare):
            if self.chooser and not value:
                circuit.x(self.chooser)
            placed = build(len(self.chooser))
            both = [*self.system, *self.work][: placed.num_qubits - len(self.chooser)]
            circuit.compose(placed, [*both, *self.chooser], inplace=True)
            if self.chooser and not value:
                circuit.x(self.chooser)
        return circuit

    def _circuit(self) -> QuantumCircuit:
        from qiskit import QuantumCircuit

        return QuantumCircuit(self.width)
