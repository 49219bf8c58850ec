"""Half of the Fourier lattice: which waves exp(i k . theta) are kept, and where each one stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from qgd.core.arrays import IntArray
from qgd.core.checks import check_choice, check_integer

Shape = Literal["box", "diamond"]
_LARGEST_KEY = 2**62


@dataclass(frozen=True, eq=False)
class HalfLattice:
    """One of each pair k, -k of the non-zero k in Z^p with |k_i| <= K, or |k_1| + ... + |k_p| <= K.

    The waves are sorted by |k_1| + ... + |k_p| and then downwards, so that the unit vectors
    e_1, ..., e_p come first.

    Parameters
    ----------
    num_angles : int
        p, at least 1.
    cutoff : int
        K, at least 1.
    shape : str
        ``"box"`` or ``"diamond"``; the diamond has about p! times fewer waves.

    Examples
    --------
    >>> HalfLattice(2, 1).waves.tolist()
    [[1, 0], [0, 1], [1, 1], [1, -1]]
    """

    num_angles: int
    cutoff: int
    shape: Shape = "box"

    def __post_init__(self) -> None:
        check_integer("num_angles", self.num_angles, 1)
        check_integer("cutoff", self.cutoff, 1)
        check_choice("shape", self.shape, ("box", "diamond"))
        if self._base**self.num_angles >= _LARGEST_KEY:
            largest = int(_LARGEST_KEY ** (1 / self.num_angles) - 1) // 2
            remedy = f"lower `cutoff` to {largest}" if largest else "keep fewer angles"
            raise ValueError(
                f"`cutoff` must keep (2 cutoff + 1)^p below 2**62, where waves can be numbered, "
                f"got {self._base}^{self.num_angles}; {remedy}"
            )

    @property
    def size(self) -> int:
        """Number of waves, without making them."""
        return lattice_size(self.num_angles, self.cutoff, self.shape)

    @cached_property
    def waves(self) -> IntArray:
        """The kept k, shape (size, p)."""
        k = np.zeros((1, 0), dtype=np.int64)
        room = np.full(1, self.cutoff)  # what is left for the coordinates to come
        for _ in range(self.num_angles):
            count = 2 * room + 1
            parent = np.repeat(np.arange(len(k)), count)
            first = np.cumsum(count) - count
            entry = np.arange(len(parent)) - first[parent] - room[parent]
            k = np.column_stack((k[parent], entry))
            room = room[parent] - (np.abs(entry) if self.shape == "diamond" else 0)
        half = k[len(k) // 2 + 1 :][::-1]  # the positive ones, downwards
        return np.ascontiguousarray(half[np.argsort(np.abs(half).sum(axis=1), kind="stable")])

    def reach(self, k: IntArray) -> IntArray:
        """Smallest cutoff that keeps each of the waves k, shape (m, p)."""
        size = np.abs(k)
        return np.asarray(size.sum(axis=1) if self.shape == "diamond" else size.max(axis=1))

    def locate(self, k: IntArray) -> tuple[IntArray, IntArray]:
        """Places and signs of the waves k, shape (m, p): k = sign * waves[place].

        The sign is 0 where k = 0; the place is -1 there and outside the lattice.
        """
        sign = np.sign(self._key(k))
        known = (self.reach(k) <= self.cutoff) & (sign != 0)
        place = np.full(len(k), -1, dtype=np.int64)
        keys, order = self._sorted_keys
        place[known] = order[np.searchsorted(keys, np.abs(self._key(k[known])))]
        return place, sign

    @property
    def _base(self) -> int:
        return 2 * self.cutoff + 1

    def _key(self, k: IntArray) -> IntArray:
        """Numbers that sort waves of the box and change sign with them.

        Outside the box only the sign matters, which is that of the first non-zero entry.
        """
        inside = np.clip(k, -self.cutoff, self.cutoff)
        powers = [self._base**i for i in range(self.num_angles - 1, -1, -1)]
        return np.asarray(inside @ np.array(powers, dtype=np.int64))

    @cached_property
    def _sorted_keys(self) -> tuple[IntArray, IntArray]:
        keys = self._key(self.waves)
        order = np.argsort(keys)
        return keys[order], order


def lattice_size(num_angles: int, cutoff: int, shape: str) -> int:
    """Number of waves in the half lattice: ((2 K + 1)^p - 1) / 2 in a box."""
    if shape == "box":
        return int(((2 * cutoff + 1) ** num_angles - 1) // 2)
    both = sum(
        2**j * math.comb(num_angles, j) * math.comb(cutoff, j) for j in range(num_angles + 1)
    )
    return (both - 1) // 2
