"""Circuits that prepare a real vector, sign included."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import UCRYGate

from qgd.core.arrays import RealArray


def real_state_preparation(vector: RealArray) -> QuantumCircuit:
    """Map |0...0> to a real unit vector of length 2**n by n multiplexed rotations.

    From the most significant qubit down, R_y(2 atan2(r_1, r_0)) splits the norm of a half into the
    norms of its halves; on the last qubit the entries themselves stand for the norms, so that the
    signs, a global one too, come out right. At most 2^n - 2 CNOTs. (Qiskit's StatePreparation is
    good to 1e-9 only and loses the sign of -|0>: too little where all levels agree to 1e-10.)

    Parameters
    ----------
    vector : ndarray, shape (2**n,)
        Amplitudes, n at least 1.
    """
    num_qubits = (len(vector) - 1).bit_length()
    angles = rotation_angles(vector)
    circuit = QuantumCircuit(num_qubits, name="prepare")
    for target in range(num_qubits - 1, -1, -1):
        controls = range(target + 1, num_qubits)
        circuit.append(multiplexed_rotation(angles[target]), [target, *controls])
    return circuit


def preparation_matrix(vector: RealArray) -> RealArray:
    """Matrix of `real_state_preparation`, its other columns included; [[1]] for length 1."""
    num_qubits = (len(vector) - 1).bit_length()
    matrix = np.eye(len(vector))
    for target, angles in reversed(list(enumerate(rotation_angles(vector)))):
        split = matrix.reshape(-1, 2, 2**target, len(vector))
        cosine = np.cos(angles / 2)[:, None, None]
        sine = np.sin(angles / 2)[:, None, None]
        low, high = split[:, 0], split[:, 1]
        matrix = np.stack((cosine * low - sine * high, sine * low + cosine * high), axis=1)
    return matrix.reshape(2**num_qubits, len(vector))


def rotation_angles(vector: RealArray) -> list[RealArray]:
    """Angles of the multiplexed rotations of `real_state_preparation`, by target qubit.

    The signs of the vector enter those of target 0 only.
    """
    angles, norms = [], vector
    for _ in range((len(vector) - 1).bit_length()):
        low, high = norms[0::2], norms[1::2]
        angles.append(2 * np.arctan2(high, low))
        norms = np.hypot(low, high)
    return angles


def multiplexed_rotation(angles: RealArray) -> UCRYGate:
    """R_y(angles[v]) on the first qubit, where the others hold v."""
    return UCRYGate([float(a) for a in angles])
