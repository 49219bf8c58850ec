"""A solver and an encoded system, as a source of states for a readout."""

from __future__ import annotations

from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.core.parallel import Workers
from qgd.core.state import FlaggedState
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.interface import LinearSolver, ParallelSolver, SolvedState


class SolverSource:
    """Runs the solver once for each right-hand side a readout asks for; the first run is kept."""

    def __init__(
        self, solver: LinearSolver, system: EncodedSystem, executor: Workers = None
    ) -> None:
        self.solver = solver
        self.system = system
        self.executor = executor
        self.solved: SolvedState = self._prepare(system)

    def state(self, rhs: RealArray | None = None) -> FlaggedState:
        """State of the solution for b, or for another right-hand side."""
        if rhs is None:
            return self.solved.state
        return self._prepare(self.system.with_rhs(rhs)).state

    def circuit(self, rhs: RealArray | None = None) -> QuantumCircuit:
        """Gate-level circuit that prepares this state."""
        return self.solver.circuit(self.system if rhs is None else self.system.with_rhs(rhs))

    def _prepare(self, system: EncodedSystem) -> SolvedState:
        if self.executor is None:
            return self.solver.prepare(system)
        if not isinstance(self.solver, ParallelSolver):
            raise ValueError(
                "`executor` must go with a solver whose terms are independent (FourierLCU), got "
                f"{type(self.solver).__name__}; leave out the executor"
            )
        return self.solver.prepare_in_parts(system, self.executor)
