"""Gate level of LCHS: prepare index and start, walk, undo the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import DiagonalGate, UCRYGate, UCRZGate

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_memory
from qgd.encoding.flow import EncodedFlow
from qgd.encoding.gates import negate_ones
from qgd.encoding.state_preparation import multiplexed_state_preparation
from qgd.solvers.branches import Branches
from qgd.solvers.jacobi_anger import EvolutionPhases


def index_qubits(branches: Branches) -> int:
    """Qubits that say which evolution: nodes and times, and one more for a second start."""
    starts = len(branches.vectors)
    largest = max(int((branches.starts == s).sum()) for s in range(starts))
    return max(1, (largest - 1).bit_length()) + (starts - 1).bit_length()


def lchs_circuit(branches: Branches, flow: EncodedFlow, phases: EvolutionPhases) -> QuantumCircuit:
    """Circuit whose system register holds 0.98 sum_l w_l (...) / sum |w| where all else reads 0."""
    circuit = _Circuit(branches, flow)
    circuit.prepare()
    phases.rotate(circuit.circuit, 0, circuit.g)
    for k in range(1, phases.num_steps + 1):
        if k % 2:
            circuit.circuit.x(circuit.g)
            circuit.call()
            circuit.reflect()
            circuit.circuit.x(circuit.g)
        else:
            circuit.reflect()
            circuit.call()
        phases.rotate(circuit.circuit, k, circuit.g)
    circuit.finish()
    return circuit.circuit


class _Circuit:
    """Registers from the least significant: system, ancillas, q, rot, g, index, start, work."""

    def __init__(self, branches: Branches, flow: EncodedFlow) -> None:
        encoding = flow.encoding
        n, a, m = encoding.num_system, encoding.num_ancillas, index_qubits(branches)
        check_memory(
            16.0 * 4 * 4.0 ** (m + 1) + 2e6 * m,
            f"multiplexed rotations over {m} qubits of an index",
            "use level='block', or a kernel with fewer nodes",
        )
        self.encoding = encoding
        self.system, self.ancillas = list(range(n)), list(range(n, n + a))
        self.q, self.rot, self.g = n + a, n + a + 1, n + a + 2
        first = n + a + 3
        self.index = list(range(first, first + m))
        self.work = list(range(first + m, first + m + encoding.num_work))
        self.circuit = QuantumCircuit(first + m + encoding.num_work, name="lchs")
        self.choosers = (len(branches.vectors) - 1).bit_length()
        self.rows = np.zeros((2**self.choosers, encoding.dimension))
        self.rows[:, 0] = 1.0  # of values that do not occur: any unit vector
        self.rows[: len(branches.vectors)] = [flow.pad(v) for v in branches.vectors]
        self.weights = self._table(branches, branches.weights).ravel()
        radius = branches.radius or 1.0
        self.tilt = np.arccos(np.clip(self._table(branches, branches.radii) / radius, 0, 1)).ravel()
        self.turn = self._table(branches, branches.turns).ravel().real
        self.forward, self.backward = encoding.build(2), encoding.build(2).inverse()
        # A call controlled on two qubits being 1; its inverse is the controlled adjoint.

    def _table(self, branches: Branches, values: Array) -> Array:
        """Values by start (most significant) and place among the branches of that start."""
        inner = len(self.index) - self.choosers
        table = np.zeros((2**self.choosers, 2**inner), dtype=values.dtype)
        for start in range(len(branches.vectors)):
            chosen = values[branches.starts == start]
            table[start, : len(chosen)] = chosen
        return table

    def prepare(self) -> None:
        """sum_l sqrt(|w_l| / sum |w|) |l> |v_l>, q in |+>, g in |1>."""
        roots = np.sqrt(np.abs(self.weights) / np.abs(self.weights).sum())
        self.circuit.compose(_unit_preparation(roots), self.index, inplace=True)
        chooser = self.index[len(self.index) - self.choosers :]
        start = multiplexed_state_preparation(self.rows)
        self.circuit.compose(start, [*self.system, *chooser], inplace=True)
        self.circuit.h(self.q)
        self.circuit.x(self.g)

    def finish(self) -> None:
        """Turn the weights by their phases and undo the index."""
        roots = np.sqrt(np.abs(self.weights) / np.abs(self.weights).sum())
        signs = np.exp(1j * np.angle(self.weights))
        self.circuit.append(DiagonalGate(list(signs)), self.index)
        self.circuit.compose(_unit_preparation(roots).inverse(), self.index, inplace=True)
        self.circuit.h(self.q)

    def call(self) -> None:
        """U_B where g = 1, up to its sign: its own inverse."""
        circuit = self.circuit
        placed = [*self.system, *self.ancillas, *self.work, self.q, self.g]
        circuit.append(UCRZGate(_floats(self.turn)), [self.q, *self.index])
        circuit.append(UCRYGate(_floats(-self.tilt)), [self.rot, *self.index])
        circuit.compose(self.backward, placed, inplace=True, wrap=False)
        circuit.x(self.q)
        circuit.compose(self.forward, placed, inplace=True, wrap=False)
        circuit.x(self.q)
        circuit.cx(self.g, self.q)
        circuit.cz(self.g, self.rot)
        circuit.append(UCRYGate(_floats(self.tilt)), [self.rot, *self.index])
        circuit.append(UCRZGate(_floats(-self.turn)), [self.q, *self.index])

    def reflect(self) -> None:
        """1 - 2 |+><+|_q |0><0|_rot |0><0|_anc where g = 1; its sign cancels that of the call."""
        zeros = [*self.ancillas, self.q, self.rot]
        self.circuit.h(self.q)
        self.circuit.x(zeros)
        negate_ones(self.circuit, [*zeros, self.g])
        self.circuit.x(zeros)
        self.circuit.h(self.q)


def _unit_preparation(vector: RealArray) -> QuantumCircuit:
    return multiplexed_state_preparation(vector[None])


def _floats(values: Sequence[float] | RealArray) -> list[float]:
    return [float(v) for v in values]
