"""The history matrix L as an operator: products, adjoints and solutions for the price of steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse.linalg import LinearOperator

from qgd.core.arrays import RealArray
from qgd.embedding.carleman_map import CarlemanMap


class LiftedOperator(LinearOperator, ABC):  # type: ignore[misc]
    """A real square operator of which more is known than its products.

    1. `solve`, adjoint or not, is exact but for rounding.
    2. `absolute(v)` is at least |A| v, entry by entry, for v >= 0.
    3. A product a_{ij} v_j meets at most `roundings` roundings in A @ v.
    """

    roundings: int

    def __init__(self, size: int) -> None:
        super().__init__(np.dtype(np.float64), (size, size))

    @abstractmethod
    def solve(self, b: RealArray, *, adjoint: bool = False) -> RealArray:
        """A^-1 b, or A^-T b."""

    @abstractmethod
    def absolute(self, v: RealArray) -> RealArray:
        """At least |A| v for v >= 0."""


class HistoryOperator(LiftedOperator):
    """L of `history_system` for steps C_0, ..., C_{T-1} or one C, and p idle rows.

    (L z)_0 = z_0, (L z)_{k+1} = z_{k+1} - C_k z_k for k < T and z_{k+1} - z_k from there on: one
    step for each time. L z = b is the recursion itself.
    """

    def __init__(self, steps: Sequence[CarlemanMap], num_steps: int, padding: int) -> None:
        self._steps, self._num_steps = tuple(steps), num_steps
        self._times, self._block = num_steps + padding + 1, steps[0].dimension
        super().__init__(self._times * self._block)
        self.roundings = max(step.roundings for step in steps) + 1

    def _matvec(self, z: RealArray) -> RealArray:
        blocks = self._blocks(z)
        T, out = self._num_steps, blocks.copy()
        for k, step in self._runs():
            out[k.start + 1 : k.stop + 1] -= step.apply(blocks[k])
        out[T + 1 :] -= blocks[T:-1]
        return out.ravel()

    def _rmatvec(self, z: RealArray) -> RealArray:
        blocks = self._blocks(z)
        T, out = self._num_steps, blocks.copy()
        for k, step in self._runs():
            out[k] -= step.apply(blocks[k.start + 1 : k.stop + 1], adjoint=True)
        out[T:-1] -= blocks[T + 1 :]
        return out.ravel()

    def solve(self, b: RealArray, *, adjoint: bool = False) -> RealArray:
        """L^-1 b by running the steps, or L^-T b by running their adjoints backwards."""
        blocks, T = self._blocks(b).copy(), self._num_steps
        if not adjoint:
            for k in range(T):
                blocks[k + 1] += self._step(k).apply(blocks[k : k + 1])[0]
            np.cumsum(blocks[T:], axis=0, out=blocks[T:])
            return blocks.ravel()
        blocks[T:] = np.cumsum(blocks[T:][::-1], axis=0)[::-1]
        for k in range(T - 1, -1, -1):
            blocks[k] += self._step(k).apply(blocks[k + 1 : k + 2], adjoint=True)[0]
        return blocks.ravel()

    def absolute(self, v: RealArray) -> RealArray:
        """At least |L| v for v >= 0."""
        blocks = self._blocks(v)
        T, out = self._num_steps, blocks.copy()
        for k, step in self._runs():
            out[k.start + 1 : k.stop + 1] += step.apply_absolute(blocks[k])
        out[T + 1 :] += blocks[T:-1]
        return out.ravel()

    def _blocks(self, z: RealArray) -> RealArray:
        return np.asarray(z, dtype=np.result_type(z, np.float64)).reshape(self._times, self._block)

    def _step(self, k: int) -> CarlemanMap:
        return self._steps[k] if len(self._steps) > 1 else self._steps[0]

    def _runs(self) -> list[tuple[slice, CarlemanMap]]:
        """Times and the step that they share."""
        if len(self._steps) == 1:
            return [(slice(0, self._num_steps), self._steps[0])]
        return [(slice(k, k + 1), step) for k, step in enumerate(self._steps)]


class RepeatedOperator(LiftedOperator):
    """1 (x) A: the same operator on each of several copies of its space, one after the other."""

    def __init__(self, inner: LiftedOperator, copies: int) -> None:
        super().__init__(copies * inner.shape[0])
        self._inner, self._copies, self.roundings = inner, copies, inner.roundings

    def _matvec(self, v: RealArray) -> RealArray:
        return np.concatenate([self._inner.matvec(part) for part in self._parts(v)])

    def _rmatvec(self, v: RealArray) -> RealArray:
        return np.concatenate([self._inner.rmatvec(part) for part in self._parts(v)])

    def solve(self, b: RealArray, *, adjoint: bool = False) -> RealArray:
        """Solve copy by copy."""
        return np.concatenate([self._inner.solve(p, adjoint=adjoint) for p in self._parts(b)])

    def absolute(self, v: RealArray) -> RealArray:
        """At least |A| v for v >= 0, copy by copy."""
        return np.concatenate([self._inner.absolute(part) for part in self._parts(v)])

    def _parts(self, v: RealArray) -> RealArray:
        return np.asarray(v).reshape(self._copies, -1)


class BorderedOperator(LiftedOperator):
    """(factor A) (+) (corner): one more entry, on its own."""

    def __init__(self, inner: LiftedOperator, factor: float, corner: float) -> None:
        super().__init__(inner.shape[0] + 1)
        self._inner, self._factor, self._corner = inner, factor, corner
        self.roundings = inner.roundings + 1

    def _matvec(self, v: RealArray) -> RealArray:
        return self._each(v, lambda x: self._factor * self._inner.matvec(x), self._corner)

    def _rmatvec(self, v: RealArray) -> RealArray:
        return self._each(v, lambda x: self._factor * self._inner.rmatvec(x), self._corner)

    def solve(self, b: RealArray, *, adjoint: bool = False) -> RealArray:
        """Solve both parts."""
        solved = self._inner.solve
        return self._each(b, lambda x: solved(x, adjoint=adjoint) / self._factor, 1 / self._corner)

    def absolute(self, v: RealArray) -> RealArray:
        """At least |A| v for v >= 0."""
        factor = abs(self._factor)
        return self._each(v, lambda x: factor * self._inner.absolute(x), abs(self._corner))

    def _each(
        self, v: RealArray, inner: Callable[[RealArray], RealArray], corner: float
    ) -> RealArray:
        flat = np.ravel(v)
        return np.append(inner(flat[:-1]), corner * flat[-1])
