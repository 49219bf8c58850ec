"""What a solver of an evolution promises: y(T) of y' = A y + c, not the solution of A z = b."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from qiskit import QuantumCircuit

from qgd.core.bound import Bound
from qgd.core.parallel import Workers
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.encoding.flow import EncodedFlow


@dataclass(frozen=True, eq=False)
class EvolvedState:
    """What an evolution solver leaves behind for a readout.

    Parameters
    ----------
    state : FlaggedState
        Amplitudes of the (unpadded) y(T) where all flags are zero, and the factor that restores
        the norm.
    bound : Bound
        ``stage = "evolution"``: ||scale * amplitudes - y(T)||_2.
    cost : Cost
        Qubits and calls of one coherent run.
    level : str
        Level of fidelity that produced the amplitudes.
    """

    state: FlaggedState
    bound: Bound
    cost: Cost
    level: str


@runtime_checkable
class EvolutionSolver(Protocol):
    """Contract of a solver of y' = A y + c.

    1. It reads the encoding, the matrix, y(0), c and T; never a solution.
    2. Norm, sign and success probability are in the returned amplitudes and their known scale.
    3. All levels of fidelity give the same amplitudes to 1e-10 wherever they run.
    4. The returned bound holds for the vector scale * amplitudes in the Euclidean norm; it is
       proportional to `epsilon`, but for rounding.
    5. `prepare_in_parts` returns what `prepare` returns, to rounding.
    6. `work` is calls of one run over the amplitude of a unit of y(T); `unit` is at least the
       returned bound over epsilon, known beforehand.
    """

    @property
    def epsilon(self) -> float: ...

    def prepare(self, flow: EncodedFlow) -> EvolvedState: ...

    def prepare_in_parts(self, flow: EncodedFlow, executor: Workers) -> EvolvedState: ...

    def circuit(self, flow: EncodedFlow) -> QuantumCircuit: ...

    def work(self, flow: EncodedFlow) -> float: ...

    def unit(self, flow: EncodedFlow) -> float: ...

    def with_epsilon(self, epsilon: float) -> EvolutionSolver: ...
