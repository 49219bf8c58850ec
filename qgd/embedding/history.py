"""All time steps at once: the history system L z = b of a linear recursion, with padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, diags_array, eye_array, kron

from qgd.core.arrays import BoolArray, RealArray
from qgd.core.checks import check_array, check_integer, check_memory
from qgd.dynamics.integrate import check_defined_steps
from qgd.embedding.carleman_map import CarlemanMap
from qgd.embedding.recursion import LiftedRecursion

# Vectors of the length of a history that a solver holds at once, beside the right-hand side.
_VECTORS = 12


class LinearSystem(Protocol):
    """A z = b with a proved bound of ||A^-1||_2: all that a solver may know of a problem."""

    @property
    def matrix(self) -> csr_array: ...

    @property
    def rhs(self) -> RealArray: ...

    @property
    def inverse_norm_bound(self) -> float: ...


@dataclass(frozen=True, eq=False)
class HistorySystem:
    """The block-bidiagonal system whose solution is the whole trajectory.

    Row 0 reads y_0 = lift(x_0), row k + 1 reads y_{k+1} - C_k y_k = c_k for k < T, and the p
    padding rows repeat the last state, y_{k+1} - y_k = 0: Eq. 6 of Liu et al., arXiv:2303.03428,
    with the padding of Liu et al., arXiv:2011.03185.

    Parameters
    ----------
    steps : tuple of CarlemanSystem, CarlemanMap or KoopmanSystem
        One system for all steps, or T of them (stochastic gradient descent).
    initial : ndarray, shape (dimension of a step,)
        y_0.
    num_steps : int
        T.
    padding : int
        p, extra copies of y_T. They raise the probability to find the final time from about
        1 / (T + 1) to about (p + 1) / (T + p + 1).
    """

    steps: tuple[LiftedRecursion, ...]
    initial: RealArray
    num_steps: int
    padding: int

    @property
    def num_times(self) -> int:
        """T + p + 1 block rows."""
        return self.num_steps + self.padding + 1

    @property
    def block_dimension(self) -> int:
        """Length of one y_k."""
        return self.steps[0].dimension

    def step(self, k: int) -> LiftedRecursion:
        """System of step k < T."""
        return self.steps[k] if len(self.steps) > 1 else self.steps[0]

    @cached_property
    def matrix(self) -> csr_array:
        """L, sparse, of shape (times * block, times * block); assembled when first asked for."""
        size, times = self.block_dimension, self.num_times
        blocks = [step.matrix for step in self.steps]
        _check_matrix_memory(blocks, self.num_steps, times)
        result = eye_array(size * times, format="csr")
        for k, mask in self._row_masks():
            below = diags_array(mask, offsets=-1, shape=(times, times), format="csr")
            block = eye_array(size, format="csr") if k is None else blocks[k]
            result = result - kron(below, block, format="csr")
        return csr_array(result)

    def _row_masks(self) -> list[tuple[int | None, RealArray]]:
        """Which sub-diagonal places carry which step; ``None`` stands for the padding."""
        place = np.arange(self.num_times - 1)
        if len(self.steps) == 1:
            masks: list[tuple[int | None, BoolArray]] = [(0, place < self.num_steps)]
        else:
            masks = [(k, place == k) for k in range(self.num_steps)]
        return [(k, m.astype(np.float64)) for k, m in [*masks, (None, place >= self.num_steps)]]

    @cached_property
    def rhs(self) -> RealArray:
        """b = (y_0, c_0, ..., c_{T-1}, 0, ..., 0)."""
        b = np.zeros((self.num_times, self.block_dimension))
        b[0] = self.initial
        for k in range(self.num_steps):
            b[k + 1] = self.step(k).offset
        return b.ravel()

    @property
    def rhs_norm(self) -> float:
        """||b||_2."""
        return float(np.linalg.norm(self.rhs))

    @cached_property
    def inverse_norm_bound(self) -> float:
        """Proved upper bound of ||L^-1||_2."""
        from qgd.embedding.conditioning import history_inverse_norm

        return history_inverse_norm(self)

    def injection(self, x: ArrayLike) -> RealArray:
        """Right-hand side whose solution is x on the first level at every time from T on.

        A vector injected at row T idles through the padding unchanged: L z = injection(x) is
        solved exactly by z_k = (x / scale, 0, ...) for k >= T and z_k = 0 before.
        """
        v = check_array("x", x, (self.steps[0].num_variables,)) / self.steps[0].scale
        b = np.zeros((self.num_times, self.block_dimension))
        b[self.num_steps, : len(v)] = v
        return b.ravel()

    def trajectory(self, z: RealArray) -> RealArray:
        """x_0, ..., x_T from a history vector z, shape (T + 1, n)."""
        blocks = z.reshape(self.num_times, self.block_dimension)
        return self.steps[0].project(blocks[: self.num_steps + 1])

    def final(self, z: RealArray) -> RealArray:
        """x_T as the mean of its p + 1 copies in z, shape (n,)."""
        blocks = z.reshape(self.num_times, self.block_dimension)
        return self.steps[0].project(blocks[self.num_steps :].mean(axis=0))


def default_padding(num_steps: int) -> int:
    """Smallest p >= T / 2 that makes the number of times, T + p + 1, a power of two."""
    wanted = num_steps + 1 + -(-num_steps // 2)
    return int(2 ** (wanted - 1).bit_length()) - num_steps - 1


def history_system(
    steps: LiftedRecursion | Sequence[LiftedRecursion],
    x0: ArrayLike,
    num_steps: int,
    padding: int | None = None,
) -> HistorySystem:
    """Write T steps of y_{k+1} = C_k y_k + c_k as one linear system.

    Parameters
    ----------
    steps : CarlemanSystem, CarlemanMap, KoopmanSystem or sequence of them
        Embedded map, or one for each of at least T steps; of order and scale alike.
    x0 : array_like, shape (n,)
        Start, before the lift.
    num_steps : int
        T, at least 1.
    padding : int, optional
        p; by default the smallest p >= T / 2 that fills a power of two.

    Raises
    ------
    ValueError
        If a flow is given (discretise it first), or the systems do not fit together.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialMap
    >>> from qgd.embedding.carleman import carleman
    >>> system = history_system(carleman(PolynomialMap([[0.5], [[-0.5]]]), 1), [1.0], 1, padding=1)
    >>> system.matrix.toarray()
    array([[ 1. ,  0. ,  0. ],
           [-0.5,  1. ,  0. ],
           [ 0. , -1. ,  1. ]])
    >>> system.rhs
    array([1. , 0.5, 0. ])
    """
    check_integer("num_steps", num_steps, 1)
    sequence = tuple(steps) if isinstance(steps, Sequence) else (steps,)
    if any(system.form == "flow" for system in sequence):
        raise ValueError("`steps` must be embedded maps, got a flow; apply taylor_step to it first")
    if len({(s.dimension, s.num_variables, s.order, s.scale) for s in sequence}) != 1:
        raise ValueError("`steps` must share order, scale and number of variables")
    if len(sequence) > 1:
        check_defined_steps(len(sequence), num_steps)
        sequence = sequence[:num_steps]
    p = default_padding(num_steps) if padding is None else check_integer("padding", padding, 0)
    if any(isinstance(step, CarlemanMap) for step in sequence):
        size = float(num_steps + p + 1) * sequence[0].dimension
        _check_memory(_VECTORS * 8 * size, num_steps + p + 1, sequence[0].dimension)
    else:
        _check_matrix_memory([step.matrix for step in sequence], num_steps, num_steps + p + 1)
    return HistorySystem(sequence, sequence[0].lift(x0), num_steps, p)


def _check_matrix_memory(blocks: Sequence[csr_array], num_steps: int, times: int) -> None:
    size = blocks[0].shape[0]
    entries = times * size + num_steps * max(block.nnz for block in blocks)
    _check_memory(60.0 * entries, times, size)


def _check_memory(required_bytes: float, times: int, size: int) -> None:
    check_memory(
        required_bytes,
        f"a history system of {times} times and dimension {size}",
        "lower the order, the number of steps or the padding",
    )
