"""Couplings between the waves of a Fourier lattice, and their real form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from qgd.core.arrays import IntArray
from qgd.embedding.lattice import HalfLattice
from qgd.problem.trigonometric import TrigonometricLoss


def places(num_angles: int, size: int) -> tuple[IntArray, IntArray]:
    """Where the cosine and the sine of each wave stand in the real state."""
    wave = np.arange(size)
    first = wave < num_angles
    return wave + np.where(first, 0, num_angles), wave + np.where(first, num_angles, size)


def couplings(
    loss: TrigonometricLoss, lattice: HalfLattice, learning_rate: float
) -> tuple[IntArray, IntArray, NDArray[np.complex128]]:
    """All couplings eta (k . m) L_m that are not zero: row of k, target k + m, and value."""
    waves = lattice.waves
    rows, targets, values = [], [], []
    for m, coefficient in zip(loss.frequencies, loss.coefficients, strict=True):
        product = learning_rate * (waves.astype(np.float64) @ m)
        row = np.flatnonzero(product)
        rows.append(row)
        targets.append(waves[row] + m)
        values.append(product[row] * coefficient)
    none = np.zeros(0, dtype=np.int64)
    return (
        np.concatenate([none, *rows]),
        np.concatenate([none.reshape(0, lattice.num_angles), *targets]),
        np.concatenate([none.astype(np.complex128), *values]),
    )


def real_couplings(
    rows: IntArray,
    columns: IntArray,
    sign: IntArray,
    values: NDArray[np.complex128],
    row_places: tuple[IntArray, IntArray],
    column_places: tuple[IntArray, IntArray],
) -> csr_array:
    """Real form of y_row += value * y_column, or its conjugate where the sign is -1."""
    (a, b), (c, s) = row_places, column_places
    re, im = values.real, values.imag
    entries = [  # (re + i im) (C +- i S) = re C -+ im S + i (im C +- re S)
        (a[rows], c[columns], re),
        (a[rows], s[columns], -sign * im),
        (b[rows], c[columns], im),
        (b[rows], s[columns], sign * re),
    ]
    row, column, value = (np.concatenate(parts) for parts in zip(*entries, strict=True))
    kept = value != 0
    shape = (2 * len(a), 2 * len(c))
    return csr_array(coo_array((value[kept], (row[kept], column[kept])), shape=shape))
