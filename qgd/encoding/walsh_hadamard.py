"""The Walsh-Hadamard transform, factor by factor."""

from __future__ import annotations

import numpy as np

from qgd.core.arrays import Array


def walsh_hadamard(values: Array) -> Array:
    """sum_c (-1)^{z.c} v_c along the last axis, of length 2**q, in q 2**q additions."""
    result = np.array(values)
    size = result.shape[-1]
    step = 1
    while step < size:
        split = result.reshape(*result.shape[:-1], -1, 2, step)
        low, high = split[..., 0, :], split[..., 1, :]
        result = np.stack((low + high, low - high), axis=-2).reshape(result.shape)
        step *= 2
    return result
