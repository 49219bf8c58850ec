"""The Walsh-Hadamard transform, four bits at a time."""

from __future__ import annotations

import numpy as np

from qgd.core.arrays import Array

RADIX = 4  # bits: products with Hadamard matrices of size 16 outrun single butterflies


def walsh_hadamard(values: Array) -> Array:
    """sum_c (-1)^{z.c} v_c along the last axis, of length 2**q, in O(q 2**q) operations."""
    size = values.shape[-1]
    result = np.array(values)
    step = 1
    while step < size:
        width = min(2**RADIX, size // step)
        index = np.arange(width)
        hadamard = 1.0 - 2.0 * (np.bitwise_count(index & index[:, None]) & 1)
        if step == 1:
            result = result.reshape(-1, width) @ hadamard
        else:
            result = np.matmul(hadamard, result.reshape(-1, width, step))
        step *= width
    return result.reshape(values.shape)
