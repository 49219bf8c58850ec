"""Sparse observations of a matrix: who rated what, and how; compressed by user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array, check_choice, check_indices, check_integer

_POLICIES = ("error", "mean", "last")
_LARGEST_INDEX = 2**32 - 1
_TYPES = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True, eq=False)
class Ratings:
    """Observed entries r_ij of a num_users x num_items matrix, row after row.

    Items and pointers are 32-bit, so that an observation costs 8 or 12 bytes. Build one with
    `from_observations`, `qgd.read_ratings` or `qgd.planted_ratings`.

    Parameters
    ----------
    pointer : ndarray of uint32, shape (num_users + 1,)
        User i has the observations ``pointer[i]`` to ``pointer[i + 1]``.
    items : ndarray of uint32, shape (num_observations,)
        Increasing within a user.
    values : ndarray of float32 or float64, shape (num_observations,)
        r_ij.
    num_items : int
        Number of columns; some may have no observation.
    user_names, item_names : tuple of str
        As the file has them; empty where there are none.
    """

    pointer: NDArray[np.uint32]
    items: NDArray[np.uint32]
    values: NDArray[Any]
    num_items: int
    user_names: tuple[str, ...] = ()
    item_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """The kernels trust these arrays with their memory: refuse what does not fit together."""
        pointer, items, values = self.pointer, self.items, self.values
        m = len(items)
        kinds = [pointer.dtype == np.uint32, items.dtype == np.uint32, values.dtype in _TYPES]
        fits = (
            all(kinds)
            and pointer.ndim == 1
            and items.shape == values.shape == (m,)
            and len(pointer) > 1
            and m > 0
            and int(pointer[0]) == 0
            and int(pointer[-1]) == m
            and bool((pointer[1:] >= pointer[:-1]).all())
            and int(items.max()) < self.num_items
        )
        if not fits:
            raise ValueError(
                "`pointer` and `items` must be uint32 rows of a compressed matrix with at least "
                f"one observation, got {len(pointer) - 1} users, {m} items and {len(values)} "
                "values that do not fit together; use Ratings.from_observations"
            )

    @classmethod
    def from_observations(
        cls,
        users: ArrayLike,
        items: ArrayLike,
        values: ArrayLike,
        shape: tuple[int, int] | None = None,
        *,
        duplicates: str = "error",
        dtype: str = "float64",
    ) -> Self:
        """Sort observations in any order by user and item.

        Parameters
        ----------
        users, items : array_like of int, shape (observations,)
            Positions, counted from 0.
        values : array_like, shape (observations,)
            Finite ratings.
        shape : (int, int), optional
            Numbers of users and items; by default the largest positions and one.
        duplicates : str
            What a pair that occurs more than once means: ``"error"``, its ``"mean"``, or the
            ``"last"`` one.
        dtype : str
            ``"float32"`` or ``"float64"``, of all that is computed from these ratings.

        Raises
        ------
        ValueError
            For an empty list, a rating that is not finite, a position outside `shape`, or a
            repeated pair under ``duplicates="error"``.

        Examples
        --------
        >>> Ratings.from_observations([1, 0, 1], [0, 2, 2], [4.0, 3.0, 5.0]).shape
        (2, 3)
        """
        check_choice("duplicates", duplicates, _POLICIES)
        check_choice("dtype", dtype, [str(kind) for kind in _TYPES])
        r = check_array("values", values, (None,), "give at least one finite rating")
        rows, columns = shape or (_count(users), _count(items))
        check_integer("shape[0]", rows, 1, "there must be a user")
        check_integer("shape[1]", columns, 1, "there must be an item")
        i = check_indices("users", users, rows, "raise shape[0] or correct the users")
        j = check_indices("items", items, columns, "raise shape[1] or correct the items")
        if not i.shape == j.shape == r.shape:
            raise ValueError(
                "`users`, `items` and `values` must have the same shape (observations,), got "
                f"{i.shape}, {j.shape} and {r.shape}; give one entry an observation to each"
            )
        check_32_bits(rows, columns, len(r))
        order = np.lexsort((j, i))
        i, j, r = i[order], j[order], r[order]
        i, j, r = _without_repeats(i, j, r, duplicates)
        pointer = np.zeros(rows + 1, dtype=np.uint32)
        pointer[1:] = np.cumsum(np.bincount(i, minlength=rows))
        return cls(pointer, j.astype(np.uint32), r.astype(dtype, copy=False), columns)

    @property
    def num_users(self) -> int:
        return len(self.pointer) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """(num_users, num_items)."""
        return self.num_users, self.num_items

    @property
    def num_observations(self) -> int:
        return len(self.items)

    @property
    def users(self) -> IntArray:
        """The user of every observation, shape (num_observations,)."""
        return np.repeat(np.arange(self.num_users), self._per_user)

    @property
    def degrees(self) -> tuple[IntArray, IntArray]:
        """Numbers of observations of each user and of each item."""
        return self._per_user, np.bincount(self.items, minlength=self.num_items).astype(np.int64)

    @property
    def _per_user(self) -> IntArray:
        begin = self.pointer.astype(np.int64)
        return begin[1:] - begin[:-1]

    def item_spread(self) -> int:
        """Median distance between the items of two observations, at most a thousand apart in turn.

        Of a thousand pairs. Small where the order shows the communities of the data; where it is a
        large part of the items, `reordered` may help.
        """
        rng, count = np.random.default_rng(0), 1000
        here = rng.integers(self.num_observations, size=count)
        there = here + rng.integers(1, count, size=count, endpoint=True)
        there = np.minimum(there, self.num_observations - 1)
        one, other = (self.items[t].astype(np.int64) for t in (here, there))
        return int(np.median(np.abs(one - other)))

    def dense(self) -> RealArray:
        """The matrix, NaN where nothing was observed; for small shapes."""
        matrix = np.full(self.shape, np.nan)
        matrix[self.users, self.items] = self.values
        return matrix

    def reordered(self) -> tuple[Self, IntArray, IntArray]:
        """Renumber users and items so that who shares observations stands close together.

        Reverse Cuthill-McKee of the bipartite graph, with SciPy. It changes no result, only where
        the weights lie in memory: products run some ten times faster on large data whose order
        hides their communities, and no slower on data that have none.

        Returns
        -------
        ratings : Ratings
        users, items : ndarray of int
            ``users[k]`` is the old position of the new user k.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        rows, columns = self.shape
        ones = np.ones(self.num_observations, dtype=np.int8)
        pattern = csr_array((ones, self.items, self.pointer), shape=self.shape)
        transposed = csr_array(pattern.T)
        graph = csr_array(
            (
                np.concatenate((ones, ones)),
                np.concatenate((pattern.indices.astype(np.int32) + rows, transposed.indices)),
                np.concatenate((pattern.indptr, transposed.indptr[1:] + self.num_observations)),
            ),
            shape=(rows + columns, rows + columns),
        )
        order = reverse_cuthill_mckee(graph, symmetric_mode=True).astype(np.int64)
        users, items = order[order < rows], order[order >= rows] - rows
        return self.permuted(users, items), users, items

    def permuted(self, users: ArrayLike, items: ArrayLike) -> Self:
        """The same observations, ``users[k]`` and ``items[k]`` being the old positions of k."""
        i = check_indices("users", users, self.num_users)
        j = check_indices("items", items, self.num_items)
        for name, order, count in (("users", i, self.num_users), ("items", j, self.num_items)):
            if not (np.bincount(order, minlength=count) == 1).all():
                raise ValueError(f"`{name}` must name each of the {count} positions once")
        new_item = np.empty(self.num_items, dtype=np.uint32)
        new_item[j] = np.arange(self.num_items, dtype=np.uint32)
        counts = self._per_user[i]
        pointer = np.concatenate(([0], np.cumsum(counts)))
        place = np.arange(self.num_observations) + np.repeat(
            self.pointer[:-1].astype(np.int64)[i] - pointer[:-1], counts
        )
        moved, owner = new_item[self.items[place]], np.repeat(np.arange(len(i)), counts)
        order = np.lexsort((moved, owner))
        return replace(
            self,
            pointer=pointer.astype(np.uint32),
            items=moved[order],
            values=self.values[place[order]],
            user_names=tuple(self.user_names[k] for k in i) if self.user_names else (),
            item_names=tuple(self.item_names[k] for k in j) if self.item_names else (),
        )


def check_32_bits(users: int, items: int, observations: int) -> None:
    """Refuse what 32-bit positions cannot count."""
    if max(users, items, observations) > _LARGEST_INDEX:
        raise ValueError(
            f"`shape` and the observations must be counted in 32 bits, got {users} users, {items} "
            f"items and {observations} observations; split the data"
        )


def _count(positions: ArrayLike) -> int:
    """Number of rows that the positions need; 1 where they are refused later anyway."""
    array = np.asarray(positions)
    return max(1, int(array.max(initial=0)) + 1) if array.dtype.kind in "iu" else 1


def _without_repeats(
    i: IntArray, j: IntArray, r: RealArray, duplicates: str
) -> tuple[IntArray, IntArray, RealArray]:
    """Merge equal neighbours of a sorted list of pairs; the sort was stable."""
    first = np.ones(len(i), dtype=np.bool_)
    first[1:] = (np.diff(i) != 0) | (np.diff(j) != 0)
    if first.all():
        return i, j, r
    starts = np.flatnonzero(first)
    if duplicates == "error":
        twice = int(np.flatnonzero(~first)[0])
        raise ValueError(
            f"`users` and `items` must name each pair once, got user {i[twice]} and item "
            f"{j[twice]} more than once ({len(i) - len(starts)} repeats in all); remove the "
            'repeats, or pass duplicates="mean" or duplicates="last"'
        )
    if duplicates == "last":
        ends = np.append(starts[1:], len(i)) - 1
        return i[ends], j[ends], r[ends]
    counts = np.append(starts[1:], len(i)) - starts
    return i[starts], j[starts], np.add.reduceat(r, starts) / counts
