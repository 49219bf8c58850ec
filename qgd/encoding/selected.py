"""Sums of signed permutations as matrix-free operators: PREP, a permutation by index, PREP^+."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgd.core.arrays import Array, IntArray, RealArray
from qgd.encoding.state_preparation import preparation_matrix

Move = Callable[[int, IntArray], tuple[IntArray, RealArray | float]]


@dataclass(frozen=True, eq=False)
class SelectedPermutations:
    """sum_k |k><k| (x) S_k between PREP and PREP^T, with S_k |i> = sign_k(i) |target_k(i)>.

    Parameters
    ----------
    amplitudes : ndarray, shape (2**index,)
        What PREP^+ undoes, and PREP makes of |0>.
    num_inner : int
        Qubits the permutations act on: system, and above it flags. The index register is above.
    move : callable
        ``move(k, i)``: targets and signs of the basis states i.
    prepared : ndarray, optional
        What PREP makes of |0>, where that differs.
    """

    amplitudes: RealArray
    num_inner: int
    move: Move
    prepared: RealArray | None = None

    @cached_property
    def preparations(self) -> tuple[RealArray, RealArray]:
        """Matrices of PREP and of the one that PREP^+ undoes."""
        left = preparation_matrix(self.amplitudes)
        return (left if self.prepared is None else preparation_matrix(self.prepared)), left

    @property
    def work(self) -> float:
        """Multiplications of one application."""
        return (2.0 * len(self.amplitudes) + 1) * len(self.amplitudes) * 2.0**self.num_inner

    def apply(self, state: Array, adjoint: bool) -> Array:
        """The unitary or its adjoint on states of shape (..., 2**ancillas, 2**system)."""
        split = state.reshape(-1, len(self.amplitudes), 2**self.num_inner)
        right, left = self.preparations[::-1] if adjoint else self.preparations
        split = np.matmul(right, split)
        moved = np.zeros_like(split)
        every = np.arange(2**self.num_inner, dtype=np.int64)
        for k in range(len(self.amplitudes)):
            targets, signs = self.move(k, every)
            if adjoint:
                moved[:, k] = split[:, k, targets] * signs
            else:
                moved[:, k, targets] = split[:, k] * signs
        return np.matmul(left.T, moved).reshape(state.shape)
