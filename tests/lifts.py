"""Lifted vectors in the registers of structured encodings, written out."""

from __future__ import annotations

import numpy as np

import qgd


def lifted(v: np.ndarray, registers: qgd.CarlemanRegisters, num_levels: int) -> np.ndarray:
    """(v, v (x) v, ...) up to a level, in the system register."""
    powers, power = [], np.ones(1)
    for j in range(1, registers.order + 1):
        power = np.kron(power, v)
        powers.append(power * (j <= num_levels))
    return registers.pad(np.concatenate(powers))
