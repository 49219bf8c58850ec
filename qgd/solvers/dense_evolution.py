"""Circuits of e^{i t H} for the matrix of an encoding, from its singular value decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_memory
from qgd.encoding.linear_system import EncodedSystem
from qgd.encoding.multiplexed_rotation import append_rotations
from qgd.encoding.unitary_circuit import append_phases, append_unitary, demultiplex

LABEL = "evolve"


@dataclass(frozen=True, eq=False)
class DenseEvolution:
    """e^{i t H} with H = [[0, X], [X^+, 0]], X = A / alpha = W S V^+, or H = X where symmetric.

        e^{i t H} = (W (+) V) (e^{i t s_j sigma_x}, multiplexed by j) (W (+) V)^+
        e^{i t X} = P diag(e^{i t lambda_j}) P^T

    Only the middle is controlled. What is counted: the decomposition is classical, cubic in the
    dimension, and each evolution costs four (symmetric: two) dense unitaries of the system, of
    O(4^n) gates, however long it lasts. Counts of these circuits are those of a reference run of a
    small system; scaling is for the solvers that call a structured encoding (QSVT, LCU,
    KernelReflection). Every power is complete: neighbours could share W and V, but then phase
    estimation would shrink to a rotation by known singular values, and a count would hold no
    evolution at all.

    Parameters
    ----------
    outer : ndarray, shape (N, N)
        P of W (+) V = (I (x) P) D (I (x) K), see `demultiplex`; or the eigenvectors.
    values : ndarray, shape (N,)
        s or lambda.
    angles : ndarray, shape (N,)
        Of D, as rotations R_z of the dilation qubit; unused where symmetric.
    inner : ndarray or None
        K; None where symmetric.
    """

    outer: Array
    values: RealArray
    angles: RealArray
    inner: Array | None

    @classmethod
    def of(cls, system: EncodedSystem, symmetric: bool = False) -> DenseEvolution:
        """Decompose what a system's encoding really encodes."""
        X = system.encoding.block() / system.encoding.alpha
        if symmetric:
            values, P = np.linalg.eigh(X)
            return cls(P, values, np.zeros(0), None)
        W, values, Vh = np.linalg.svd(X)
        P, angles, K = demultiplex(W, Vh.conj().T)
        return cls(P, values, angles, K)

    def circuit(self, time: float, controls: int = 0) -> QuantumCircuit:
        """e^{i t H} on system, dilation qubit unless symmetric, and 0 or 1 controls."""
        n = (len(self.values) - 1).bit_length()
        if self.inner is not None:
            circuit = QuantumCircuit(n + 1 + controls)
            undo, frame = self._frames
            circuit.compose(undo, range(n + 1), inplace=True)
            self._rotate(circuit, time, n)
            circuit.compose(frame, range(n + 1), inplace=True)
            return circuit
        circuit = QuantumCircuit(n + controls)
        append_unitary(circuit, self.outer.conj().T, range(n), LABEL)
        phases = time * self.values
        rest = append_phases(circuit, phases, range(n), range(n, circuit.num_qubits))
        append_unitary(circuit, self.outer * np.exp(1j * rest), range(n), LABEL)
        return circuit

    @cached_property
    def _frames(self) -> tuple[QuantumCircuit, QuantumCircuit]:
        """(W (+) V)^+ and W (+) V on system and dilation qubit."""
        n = (len(self.values) - 1).bit_length()
        circuit = QuantumCircuit(n + 1)
        if self.inner is not None:
            append_unitary(circuit, self.inner, range(n), LABEL)
        append_rotations(circuit, "z", self.angles, n, range(n))
        append_unitary(circuit, self.outer, range(n), LABEL)
        return circuit.inverse(), circuit

    def _rotate(self, circuit: QuantumCircuit, time: float, n: int) -> None:
        """e^{i t s_j sigma_x} of the dilation qubit where the control, if any, reads 1."""
        controls = range(n + 1, circuit.num_qubits)
        turns = -2 * time * self.values
        idle = np.zeros((2 ** len(controls) - 1) * len(turns))
        circuit.h(n)
        append_rotations(circuit, "z", np.concatenate((idle, turns)), n, [*range(n), *controls])
        circuit.h(n)


def check_evolutions(system: EncodedSystem, count: int, remedy: str) -> None:
    """Refuse dense evolutions that would not fit into memory, before anything is allocated."""
    n, a = system.encoding.num_system, system.encoding.num_ancillas
    check_memory(
        16.0 * 4.0**n * (4 * 2.0**a + 8 * count + 16),
        f"{count} dense evolutions of {n} system qubits for a gate-level circuit",
        remedy,
    )
