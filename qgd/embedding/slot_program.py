"""Lifted maps as short programs: coefficients contract the tensor factors of a level one by one.

An instruction adds I_A (x) G_k (x) I_B, applied to one tensor of a workspace, to another. The
adjoint runs the same list backwards with the transposed coefficients, so it costs the same and
cannot differ from the adjoint by more than rounding.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from qgd.core.arrays import IntArray, RealArray


class Coefficients(NamedTuple):
    """G_0, ..., G_q, each n x n^k, one after the other: ``pointer[k]`` belongs to G_k."""

    pointer: IntArray
    column: IntArray
    value: RealArray

    @staticmethod
    def of(matrices: Sequence[csr_array]) -> Coefficients:
        """Pack CSR matrices."""
        begin = np.cumsum([0, *(M.nnz for M in matrices)])
        pointer = [M.indptr.astype(np.int64) + b for M, b in zip(matrices, begin, strict=False)]
        column = np.concatenate([M.indices for M in matrices]).astype(np.int64)
        return Coefficients(np.array(pointer), column, np.concatenate([M.data for M in matrices]))

    @property
    def longest(self) -> IntArray:
        """Most entries in a row of each G_k."""
        return np.asarray(np.diff(self.pointer, axis=1).max(axis=1))


@dataclass(frozen=True, eq=False)
class SlotProgram:
    """A linear map of levels 1..N in n variables, from ``workspace[:d]`` to ``workspace[end:]``.

    Parameters
    ----------
    instructions : ndarray, shape (steps, 6)
        Rows (k, source, target, A, C, B): C = n^k columns, first entries of the two tensors.
    dimension : int
        d = n + ... + n^N, the length of input and output.
    size : int
        Entries of the workspace.
    roundings : int
        Most roundings between an entry of the input and one of the output, with those of the
        sums that it enters.
    """

    instructions: IntArray
    dimension: int
    size: int
    roundings: int

    def run(self, coefficients: Coefficients, rows: RealArray, *, adjoint: bool) -> RealArray:
        """Apply the map, or its adjoint, to each row, shape (rows, d)."""
        if np.iscomplexobj(rows):
            parts = (
                self.run(coefficients, part, adjoint=adjoint) for part in (rows.real, rows.imag)
            )
            return np.asarray(next(parts) + 1j * next(parts))
        given = np.ascontiguousarray(rows, dtype=np.float64)
        out = np.empty(given.shape)
        work = np.zeros(self.size)
        kernel = _backward if adjoint else _forward
        kernel(self.instructions, *coefficients, given, out, work)
        return out


def exact_program(coefficients: Coefficients, n: int, order: int) -> SlotProgram:
    """x^{(x)j} -> (G x)^{(x)j} on levels up to N, for all j at once.

    With i factors done and l still to do, T_{i+1,l} = sum_{k>=1} (I_l (x) G_k (x) I_i) T_{i,l+k}
    starts at T_{0,l} = y_l; W_j = T_{j,0} is the new level j of the map without G_0. Then G_0
    enters the words one place after the other: for i = 0, 1, ... the tensor W_t gets
    (I_{t-1-i} (x) G_0 (x) I_i) W_{t-1}, t = N, ..., i + 1. No tensor has more than N factors.
    """
    degrees, longest = _present(coefficients), coefficients.longest
    tensors = [(0, left) for left in range(1, order + 1)]
    tensors += [(i, left) for i in range(1, order) for left in range(1, order - i + 1)]
    tensors += [(j, 0) for j in range(1, order + 1)]
    ends = itertools.accumulate((n ** (i + left) for i, left in tensors), initial=0)
    at = dict(zip([*tensors, None], ends, strict=True))
    steps = [
        (k, at[i, left + k], at[i + 1, left], n**left, n**k, n**i)
        for i in range(order)
        for left in range(order - i)
        for k in degrees
        if 1 <= k <= order - i - left
    ]
    roundings = order * (1 + sum(int(longest[k]) for k in degrees if k))
    if 0 in degrees:
        steps += [
            (0, at[t - 1, 0], at[t, 0], n ** (t - 1 - i), 1, n**i)
            for i in range(order)
            for t in range(order, max(i, 1), -1)
        ]
        roundings += 2 * order
    return _program(steps, at[order, 0] + n**order - at[1, 0], at[None], roundings)


def derivation_program(coefficients: Coefficients, n: int, order: int) -> SlotProgram:
    """y_j -> sum_k sum_i (I_i (x) F_k (x) I_{j-1-i}) y_{j+k-1} on levels up to N."""
    places = list(itertools.accumulate((n**level for level in range(1, order + 1)), initial=0))
    dimension, degrees = places[-1], _present(coefficients)
    steps = [
        (k, places[j + k - 2], dimension + places[j - 1], n**i, n**k, n ** (j - 1 - i))
        for j in range(1, order + 1)
        for k in degrees
        if 1 <= j + k - 1 <= order
        for i in range(j)
    ]
    longest = coefficients.longest
    roundings = 1 + order * sum(int(longest[k]) for k in degrees)
    return _program(steps, dimension, 2 * dimension, roundings)


def _present(coefficients: Coefficients) -> list[int]:
    return [k for k, rows in enumerate(coefficients.pointer) if rows[-1] > rows[0]]


def _program(
    steps: Sequence[tuple[int, ...]], dimension: int, size: int, roundings: int
) -> SlotProgram:
    return SlotProgram(np.array(steps, dtype=np.int64).reshape(-1, 6), dimension, size, roundings)


@njit(cache=True)
def _forward(program, pointer, column, value, rows, out, work):  # type: ignore[no-untyped-def]
    """out[i] = the last d entries of the workspace, after all instructions on row i."""
    n, d = pointer.shape[1] - 1, rows.shape[1]
    for i in range(len(rows)):
        work[:d] = rows[i]
        work[d:] = 0.0
        for p in range(len(program)):
            k, source, target, before, width, behind = program[p]
            for a in range(before):
                for r in range(n):
                    to = target + (a * n + r) * behind
                    if behind == 1:
                        total = 0.0
                        for e in range(pointer[k, r], pointer[k, r + 1]):
                            total += value[e] * work[source + a * width + column[e]]
                        work[to] += total
                        continue
                    for e in range(pointer[k, r], pointer[k, r + 1]):
                        origin = source + (a * width + column[e]) * behind
                        w = value[e]
                        for b in range(behind):
                            work[to + b] += w * work[origin + b]
        out[i] = work[len(work) - d :]


@njit(cache=True)
def _backward(program, pointer, column, value, rows, out, work):  # type: ignore[no-untyped-def]
    """The transpose of `_forward`: read the rows where it writes, and undo the list."""
    n, d = pointer.shape[1] - 1, rows.shape[1]
    for i in range(len(rows)):
        work[: len(work) - d] = 0.0
        work[len(work) - d :] = rows[i]
        for p in range(len(program) - 1, -1, -1):
            k, source, target, before, width, behind = program[p]
            for a in range(before):
                for r in range(n):
                    origin = target + (a * n + r) * behind
                    for e in range(pointer[k, r], pointer[k, r + 1]):
                        to = source + (a * width + column[e]) * behind
                        w = value[e]
                        for b in range(behind):
                            work[to + b] += w * work[origin + b]
        out[i] = work[:d]
