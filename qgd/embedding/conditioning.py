"""Proved bounds of ||L^-1||_2 for history systems, hence of the condition number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.checks import check_memory
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.system import PolynomialMap
from qgd.embedding.carleman import CarlemanSystem
from qgd.embedding.carleman_map import CarlemanMap
from qgd.embedding.recursion import LiftedRecursion

if TYPE_CHECKING:
    from qgd.embedding.history import HistorySystem

_DENSE_BLOCK = 1500
_DENSE_TIMES = 2048
_PAIRWISE_WORK = 2e11


def history_inverse_norm(system: HistorySystem) -> float:
    """Upper bound of ||L^-1||_2 by the norm of the matrix of block norms.

    Block (i, j), i >= j, of L^-1 is the product of the steps from j to i (the identity in the
    padding). The norm of a block matrix is at most that of the matrix of its block norms, whose
    entries here are ||C_{i-1} ... C_j||_2. Proved as Theorem 4.1 of proofs/04-history.md; on
    norm-non-increasing dynamics it is tight to a fraction of a percent, where the sum of the norms
    of the powers overestimates by about pi / 2.
    """
    T, times = system.num_steps, system.num_times
    check_memory(
        4 * 8.0 * times**2,
        f"the table of block norms of {times} times",
        "take fewer steps, or download and start again in between",
    )
    with np.errstate(over="ignore", invalid="ignore"):
        bound = _block_norm_bound(system, T, times)
    if not math.isfinite(bound):
        raise QGDError(
            Outcome.DIVERGED,
            f"the powers of the steps must stay finite over {T} steps to bound ||L^-1||, and "
            "overflow; take fewer steps, or a smaller learning rate or unit of length",
        )
    return bound


def _block_norm_bound(system: HistorySystem, T: int, times: int) -> float:
    if len(system.steps) == 1:
        norms = power_norms(system.steps[0], T)
        # Both ends of a product stop moving once they reach the padding.
        clipped = np.minimum(np.arange(times), T)
        table = np.tril(norms[np.maximum(clipped[:, None] - clipped[None, :], 0)])
    else:
        table = _product_norms(system)
    return _nonnegative_norm(table)


def power_norms(system: LiftedRecursion, num_steps: int) -> RealArray:
    """||C^k||_2 for k = 0..T: exact up to dimension 1500, else bounded level by level."""
    norms = np.ones(num_steps + 1)
    if system.dimension <= _DENSE_BLOCK:
        dense = _dense(system)
        power = np.eye(len(dense))
        for k in range(1, num_steps + 1):
            power = dense @ power
            norms[k] = _spectral_norm(power)
        return norms
    levels = _level_norms(system)
    block = np.eye(system.order)
    for k in range(1, num_steps + 1):
        block = levels @ block
        norms[k] = np.linalg.norm(block, 2)
    return norms


def _dense(system: LiftedRecursion) -> RealArray:
    """The matrix of a small step."""
    if isinstance(system, CarlemanMap):
        return np.asarray(system.operator() @ np.eye(system.dimension))
    return system.matrix.toarray()


def _level_norms(system: LiftedRecursion) -> RealArray:
    """Bounds of the norms of the blocks A_{j,m}, by Hoelder: sqrt(||B||_1 ||B||_inf).

    Where the coefficients of a map are known, by their norms if that is better: for an orthogonal
    F Hoelder's bound is about sqrt(n) too large.
    """
    if isinstance(system, CarlemanMap):
        return system.level_norms
    table = np.zeros((system.order, system.order))
    for j, row in enumerate(system.levels):
        for m, column in enumerate(system.levels):
            block = abs(system.matrix[row, column])
            if block.nnz:
                table[j, m] = np.sqrt(block.sum(axis=0).max() * block.sum(axis=1).max())
    if not isinstance(system, CarlemanSystem) or system.basis != "kronecker":
        return table
    if not isinstance(system.source, PolynomialMap) or system.form not in ("exact", "first_order"):
        return table
    lifted = CarlemanMap(system.source, system.order, system.form, system.scale)
    return np.minimum(table, lifted.level_norms)


def _product_norms(system: HistorySystem) -> RealArray:
    """Block norms of L^-1 for time-dependent steps; products of norms where work would explode."""
    T, times = system.num_steps, system.num_times
    work = 2.0 * T**2 / 2 * system.block_dimension**3
    exact = system.block_dimension <= _DENSE_BLOCK and work < _PAIRWISE_WORK
    table = np.eye(T + 1)
    if exact:
        matrices = [_dense(step) for step in system.steps]
        for j in range(T):
            product = np.eye(system.block_dimension)
            for i in range(j, T):
                product = matrices[i] @ product
                table[i + 1, j] = _spectral_norm(product)
    else:
        single = np.array([power_norms(step, 1)[1] for step in system.steps])
        for j in range(T):
            table[j + 1 :, j] = np.cumprod(single[j:])
    clipped = np.minimum(np.arange(times), T)
    full = table[clipped[:, None], clipped[None, :]]
    return np.tril(np.where(clipped[:, None] == clipped[None, :], 1.0, full))


def _nonnegative_norm(table: RealArray) -> float:
    """Spectral norm of a non-negative matrix, or a bound of it beyond 2048 rows."""
    if not np.isfinite(table).all():
        return math.inf
    if len(table) <= _DENSE_TIMES:
        return float(np.linalg.norm(table, 2))
    return float(np.sqrt(table.sum(axis=0).max() * table.sum(axis=1).max()))


def _spectral_norm(matrix: RealArray) -> float:
    """||M||_2 through the Gram matrix: accurate to 1e-8 relative, ten times faster than an SVD."""
    size = float(np.abs(matrix).max())
    if not 0 < size < math.inf:
        return 0.0 if size == 0 else math.inf
    scaled = matrix / size
    return size * float(np.sqrt(max(np.linalg.eigvalsh(scaled.T @ scaled)[-1], 0.0)))
