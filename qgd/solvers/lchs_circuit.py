"""Gate level of LCHS: prepare index and start, walk, undo the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class IndexTables:
    """What each value of the index register stands for, those that do not occur included.

    Parameters
    ----------
    roots, signs : ndarray, shape (2**m,)
        sqrt(|w| / sum |w|) and the phase of w.
    tilt, turn : ndarray, shape (2**m,)
        arccos of the radius over the largest, and the angle theta of k + i h.
    """

    roots: RealArray
    signs: Array
    tilt: RealArray
    turn: RealArray


def index_tables(branches: Branches) -> IndexTables:
    """Values by start (most significant) and place among the branches of that start."""
    choosers = (len(branches.vectors) - 1).bit_length()
    inner = index_qubits(branches) - choosers

    def table(values: Array) -> Array:
        found = np.zeros((2**choosers, 2**inner), dtype=values.dtype)
        for start in range(len(branches.vectors)):
            chosen = values[branches.starts == start]
            found[start, : len(chosen)] = chosen
        return found.ravel()

    weights, radius = table(branches.weights), branches.radius or 1.0
    size = np.abs(weights)
    return IndexTables(
        np.sqrt(size / size.sum()),
        np.exp(1j * np.angle(weights)),
        np.arccos(np.clip(table(branches.radii) / radius, 0, 1)),
        table(branches.turns),
    )


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
        self.flow, self.vectors = flow, branches.vectors
        self.tables = index_tables(branches)
        self.forward, self.backward = encoding.build(2), encoding.build(2).inverse()
        # A call controlled on two qubits being 1; its inverse is the controlled adjoint.

    def prepare(self) -> None:
        """sum_l sqrt(|w_l| / sum |w|) |l> |v_l>, q in |+>, g in |1>."""
        self.circuit.compose(_unit_preparation(self.tables.roots), self.index, inplace=True)
        self._start(self.index[len(self.index) - self.choosers :])
        self.circuit.h(self.q)
        self.circuit.x(self.g)

    def _start(self, chooser: list[int]) -> None:
        """The unit vectors, by the builders of the flow or by multiplexed rotations."""
        builders = self.flow.prepare
        if builders:
            for value, build in enumerate(builders):
                if chooser and not value:
                    self.circuit.x(chooser)
                placed = build(len(chooser))
                used = placed.num_qubits - len(chooser)
                both = [*self.system, *self.work][:used]
                self.circuit.compose(placed, [*both, *chooser], inplace=True)
                if chooser and not value:
                    self.circuit.x(chooser)
            return
        rows = np.zeros((2**self.choosers, self.encoding.dimension))
        rows[:, 0] = 1.0  # of values that do not occur: any unit vector
        rows[: len(self.vectors)] = [self.flow.pad(v) for v in self.vectors]
        start = multiplexed_state_preparation(rows)
        self.circuit.compose(start, [*self.system, *chooser], inplace=True)

    def finish(self) -> None:
        """Turn the weights by their phases and undo the index."""
        undo = _unit_preparation(self.tables.roots).inverse()
        self.circuit.append(DiagonalGate(list(self.tables.signs)), self.index)
        self.circuit.compose(undo, self.index, inplace=True)
        self.circuit.h(self.q)

    def call(self) -> None:
        """U_B where g = 1, up to its sign: its own inverse."""
        circuit = self.circuit
        placed = [*self.system, *self.ancillas, *self.work, self.q, self.g]
        circuit.append(UCRZGate(_floats(self.tables.turn)), [self.q, *self.index])
        circuit.append(UCRYGate(_floats(-self.tables.tilt)), [self.rot, *self.index])
        circuit.compose(self.backward, placed, inplace=True, wrap=False)
        circuit.x(self.q)
        circuit.compose(self.forward, placed, inplace=True, wrap=False)
        circuit.x(self.q)
        circuit.cx(self.g, self.q)
        circuit.cz(self.g, self.rot)
        circuit.append(UCRYGate(_floats(self.tables.tilt)), [self.rot, *self.index])
        circuit.append(UCRZGate(_floats(-self.tables.turn)), [self.q, *self.index])

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
