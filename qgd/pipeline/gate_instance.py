"""A small instance of a finished run at gate level: the check that emulation is the circuit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from qiskit import QuantumCircuit

from qgd.dynamics.transforms import shift
from qgd.embedding.carleman import carleman
from qgd.embedding.history import history_system
from qgd.encoding.linear_system import encode
from qgd.execution.gate_level import check_gate_level
from qgd.pipeline.train import Round
from qgd.solvers.direct import Direct
from qgd.solvers.interface import run_circuit

_LARGEST = 12
_ACCURACY = 0.1
_AGREEMENT = 1e-10


@dataclass(frozen=True, eq=False)
class GateInstance:
    """The first steps of a run, as a circuit of gates that passes `check_gate_level`.

    Parameters
    ----------
    circuit : QuantumCircuit
        Prepares the right-hand side and inverts the history matrix.
    order, num_steps : int
        Carleman order and steps of this instance.
    deviation : float
        max |difference| between the amplitudes of the circuit and of the block level.
    """

    circuit: QuantumCircuit
    order: int
    num_steps: int
    deviation: float


def gate_instance(finished: Round) -> GateInstance | None:
    """Build and run the largest instance of at most 12 qubits, and compare with the block level.

    The same dynamics, start, unit of length and solver, with fewer levels and steps, as many as
    fit. None for the direct solver, which has no circuit, and for registers that are too wide even
    for one step of order 1.
    """
    solver = finished.source.solver
    if isinstance(solver, Direct):
        return None
    dynamics, _ = shift(finished.dynamics, finished.start)
    highest = int(finished.solution.details["order"])
    longest = int(finished.solution.details["num_steps"])
    origin = np.zeros(dynamics.num_variables)
    # The run's own kappa and accuracy belong to the run's own system.
    coarse = replace(cast(Any, solver), kappa=None, epsilon=_ACCURACY)
    for order, steps, padding in ((highest, 2, 1), (2, 2, 1), (2, 1, 0), (1, 2, 1), (1, 1, 0)):
        if order > highest or steps > longest:
            continue
        lifted = carleman(dynamics, order, scale=float(finished.solution.details["scale"]))
        if lifted.dimension > 2**_LARGEST:
            continue
        encoded = encode(history_system(lifted, origin, steps, padding))
        if encoded.encoding.num_qubits > _LARGEST - 1:
            continue
        circuit = coarse.circuit(encoded)
        if circuit.num_qubits <= _LARGEST:
            check_gate_level(circuit)
            emulated = replace(coarse, level="block").prepare(encoded).state.amplitudes
            deviation = float(np.abs(run_circuit(circuit, encoded) - emulated).max())
            if deviation > _AGREEMENT:
                raise RuntimeError(
                    f"the circuit and its emulation must agree to {_AGREEMENT:g}, got "
                    f"{deviation:.1e}; this is a defect of qgd, please report it"
                )
            return GateInstance(circuit, order, steps, deviation)
    return None
