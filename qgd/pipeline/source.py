"""A solver and an encoded system, as a source of states for a readout."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import IntArray, RealArray
from qgd.core.parallel import Workers
from qgd.core.state import FlaggedState
from qgd.embedding.history import HistorySystem
from qgd.encoding.linear_system import EncodedSystem
from qgd.execution.execution import Execution
from qgd.solvers.interface import LinearSolver, ParallelSolver, SolvedState


class SolverSource:
    """Runs the solver once for each right-hand side a readout asks for; the first run is kept."""

    def __init__(
        self, solver: LinearSolver, system: EncodedSystem, executor: Workers = None
    ) -> None:
        self.solver = solver
        self.system = system
        self.executor = executor
        self.solved: SolvedState = self._prepare(solver, system)
        self.preliminary_calls = 0
        self._last: dict[str, tuple[bytes, FlaggedState]] = {}

    def state(self, rhs: RealArray | None = None) -> FlaggedState:
        """State of the solution for b, or for another right-hand side."""
        if rhs is None:
            return self.solved.state
        return self._once("state", rhs, lambda: self._prepare(self.solver, self._with(rhs)).state)

    def joint(self, reference: RealArray, rhs: RealArray | None = None) -> FlaggedState:
        """State of the solution for |0> b + |1> b'; the branches one after the other."""

        def solve() -> FlaggedState:
            solved = self._prepare(*self._joint(reference, rhs))
            self.preliminary_calls += solved.cost.preliminary_calls
            return solved.state

        both = reference if rhs is None else np.concatenate((reference, rhs))
        return self._once("joint", both, solve)

    def circuit(self, rhs: RealArray | None = None) -> QuantumCircuit:
        """Gate-level circuit that prepares this state."""
        return self.solver.circuit(self._with(rhs))

    def _with(self, rhs: RealArray | None) -> EncodedSystem:
        return self.system if rhs is None else self.system.with_rhs(rhs)

    def _once(self, kind: str, rhs: RealArray, solve: Callable[[], FlaggedState]) -> FlaggedState:
        """Readouts ask for the same state again: the last one of each kind is kept."""
        key = rhs.tobytes()
        if kind not in self._last or self._last[kind][0] != key:
            self._last[kind] = key, solve()
        return self._last[kind][1]

    def _joint(
        self, reference: RealArray, rhs: RealArray | None = None
    ) -> tuple[LinearSolver, EncodedSystem]:
        """1 (x) A with both right-hand sides, the selector on top of the system register."""
        system, solver = self._with(rhs), self.solver
        guess = getattr(solver, "norm", None)
        if guess is not None:
            # What is injected idles: the norm of its solution is known.
            copies = system.origin.padding + 1 if isinstance(system.origin, HistorySystem) else 1
            known = math.sqrt(copies) * float(np.linalg.norm(reference))
            solver = cast(LinearSolver, replace(cast(Any, solver), norm=math.hypot(guess, known)))
        return solver, system.beside(reference)

    def _prepare(self, solver: LinearSolver, system: EncodedSystem) -> SolvedState:
        if self.executor is None:
            return solver.prepare(system)
        if not isinstance(solver, ParallelSolver):
            raise ValueError(
                "`executor` must go with a solver whose terms are independent (FourierLCU), got "
                f"{type(solver).__name__}; leave out the executor"
            )
        return solver.prepare_in_parts(system, self.executor)


class ExecutedSource(SolverSource):
    """Outcomes come from circuits that are run; the emulated state only says how inexact they are.

    The error of every state includes that of its compilation: amplitudes move by at most
    `Execution.error` (Theorem 15.1).
    """

    def __init__(self, solver: LinearSolver, system: EncodedSystem, execution: Execution) -> None:
        super().__init__(solver, system)
        self.execution = execution
        self.largest_scale = self.solved.state.scale

    def state(self, rhs: RealArray | None = None) -> FlaggedState:
        return self._compiled(super().state(rhs))

    def joint(self, reference: RealArray, rhs: RealArray | None = None) -> FlaggedState:
        return self._compiled(super().joint(reference, rhs))

    def measure(
        self, shots: int, seed: int, reference: RealArray | None, hadamard: bool
    ) -> IntArray:
        """Run the gate-level circuit; see `MeasuringSource`."""
        solver, system = (self.solver, self.system) if reference is None else self._joint(reference)
        circuit = solver.circuit(system)
        if hadamard:
            circuit.h(system.encoding.num_system - 1)
        counts = self.execution.counts(circuit, shots, seed)
        kept = system.unpad(counts[: system.encoding.dimension])
        return np.asarray(kept.reshape(1 if reference is None else 2, -1))

    def _compiled(self, state: FlaggedState) -> FlaggedState:
        self.largest_scale = max(self.largest_scale, state.scale)
        return replace(state, error=state.error + state.scale * self.execution.error)
