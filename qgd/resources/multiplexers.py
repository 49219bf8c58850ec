"""Gates of multiplexed rotations, by their Walsh coefficients: no circuit is built."""

from __future__ import annotations

import math

import numpy as np

from qgd.core.arrays import Array, RealArray
from qgd.core.resources import GateCount
from qgd.encoding.state_preparation import rotation_angles

_EXACT = 1e-9  # of pi / 4


def multiplexed_gates(angles: RealArray, layers: int = 2) -> GateCount:
    """One rotation by angles[v] for each value v of m qubits.

    As many CNOTs as values, and between them a rotation by each Walsh coefficient
    2^-m sum_v (-1)^(w . v) angles[v] that is not zero, of `layers` gates with its CNOT
    (2 about z, 5 about y).

    Parameters
    ----------
    angles : ndarray, shape (2**m,)
    """
    coefficients = np.array(angles, dtype=np.float64)
    size = len(coefficients)
    half = 1
    while half < size:
        split = coefficients.reshape(-1, 2, half)
        low, high = split[:, 0].copy(), split[:, 1].copy()
        split[:, 0], split[:, 1] = (low + high) / 2, (low - high) / 2
        half *= 2
    eighths = coefficients / (math.pi / 4)
    nearest = np.round(eighths)
    exact = np.abs(eighths - nearest) < _EXACT
    return GateCount(
        cx=size if size > 1 and np.any(np.abs(coefficients[1:]) > 1e-12) else 0,
        t_gates=int((np.abs(nearest[exact]) % 2 == 1).sum()),
        rotations=int((~exact).sum()),
        depth=layers * size,
    )


def preparation_gates(vector: RealArray) -> GateCount:
    """Of `real_state_preparation` of a unit vector of length 2**m."""
    total = GateCount()
    for angles in rotation_angles(vector):
        total = total + multiplexed_gates(angles, 5)
    return total


def diagonal_gates(diagonal: Array) -> GateCount:
    """Of a diagonal unitary of 2**m phases: a multiplexed R_z of their differences for each bit."""
    total, phases = GateCount(), np.angle(diagonal)
    while len(phases) > 1:
        low, high = phases[0::2], phases[1::2]
        total = total + multiplexed_gates(high - low)
        phases = (low + high) / 2
    return total
