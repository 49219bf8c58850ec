"""Sparse matrices as sums of partial permutations: edge colourings of bipartite graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qgd.core.arrays import IntArray, RealArray

# Slots of a vertex hold, for its coloured entries, the vertex at the other end, or -1: one slot for
# each colour where `hashes` is None, else a hash table with the colour of each slot, and the bounds
# of the tables. Compiled for each of the two. Colours below the `floor` of a vertex are taken.
_Hashes = tuple[NDArray[np.int32], IntArray] | None


def colour_entries(rows: IntArray, columns: IntArray, values: RealArray) -> IntArray:
    """A colour for each entry, in the order given; equal ones share no row or column.

    As many colours as the fullest row or column has entries (König). Entries are taken by falling
    modulus, equal ones as given, and get the first colour that is free in both their row and their
    column; where there is none, an alternating path of two colours is exchanged. So large entries
    meet large ones, and the sum over the colours of the largest modulus is small.

    Memory is proportional to the number of entries, not to the size of the matrix.

    Parameters
    ----------
    rows, columns : ndarray of int, shape (m,)
        Places of the entries, in any order. One that is given twice gets two colours, in no
        promised order.
    values : ndarray, shape (m,)
        Entries.

    Raises
    ------
    ValueError
        If the arrays differ in length, or for 2**30 entries and more.

    Examples
    --------
    >>> colour_entries(np.array([0, 0, 1]), np.array([0, 7, 0]), np.array([1.0, 4.0, -3.0]))
    array([1, 0, 0])
    """
    _check_lengths(rows=rows, columns=columns, values=values)
    if len(rows) >= 2**30:
        raise ValueError(
            f"`values` must be fewer than 2**30 entries, got {len(rows)}; colour blocks of the "
            "matrix one by one"
        )
    _, row_of, row_degrees = _compacted(rows)
    _, column_of, column_degrees = _compacted(columns)
    column_of += len(row_degrees)
    degrees = np.concatenate([row_degrees, column_degrees])
    limit = int(degrees.max(initial=0))
    held, hashes = _slots(degrees, limit)
    floor = np.zeros(len(degrees), dtype=np.int32)
    order = np.argsort(-np.abs(values.astype(np.float64, copy=False)), kind="stable")
    _colour(held, hashes, floor, limit, (row_of, column_of), order)
    return _looked_up(held, hashes, limit, row_of, column_of)


def completed(columns: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """The permutation with columns[i] -> rows[i] that moves nothing which it need not move.

    A chain of moves that ends is closed to a cycle.

    Parameters
    ----------
    columns, rows : ndarray of int, shape (m,)
        Places, in any order; no column twice, no row twice.

    Returns
    -------
    columns, rows : ndarray of int
        What the permutation moves, by rising column, and where to; fixed points are left out.

    Raises
    ------
    ValueError
        If the arrays differ in length, or a column or a row occurs twice.

    Examples
    --------
    >>> completed(np.array([2, 5, 6]), np.array([5, 9, 6]))
    (array([2, 5, 9]), array([5, 9, 2]))
    """
    _check_lengths(columns=columns, rows=rows)
    places, ordinals, _ = _compacted(np.concatenate([columns, rows], dtype=np.int64))
    sources, targets = np.split(ordinals, 2)
    image = np.full(len(places), -1)
    image[sources] = targets
    reached = np.zeros(len(places), dtype=np.bool_)
    reached[targets] = True
    if min(np.count_nonzero(image >= 0), np.count_nonzero(reached)) < len(sources):
        raise ValueError("`columns` and `rows` must hold no place twice; give each move once")
    _close(image, np.flatnonzero(~reached))
    moved = np.flatnonzero(image != np.arange(len(places)))
    return places[moved], places[image[moved]]


def _check_lengths(**arrays: NDArray[Any]) -> None:
    shapes = [array.shape for array in arrays.values()]
    if set(shapes) != {(len(arrays["rows"]),)}:
        names = ", ".join(f"`{name}`" for name in arrays)
        raise ValueError(f"{names} must be vectors of one length, got {shapes}; pair them up")


def _compacted(places: IntArray) -> tuple[IntArray, NDArray[np.int32], IntArray]:
    """The places that occur, the ordinal of each one given, and how often they occur."""
    lowest, highest = (int(places.min()), int(places.max())) if len(places) else (0, 0)
    if highest - lowest > 4 * len(places):
        found, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
        return found, inverse.astype(np.int32), counts
    shifted = places - lowest
    counts = np.bincount(shifted)
    found = np.flatnonzero(counts)
    ordinals = np.zeros(len(counts), dtype=np.int32)
    ordinals[found] = np.arange(len(found))
    return found + lowest, ordinals[shifted], counts[found]


def _slots(degrees: IntArray, limit: int) -> tuple[NDArray[np.int32], _Hashes]:
    """Empty slots of the vertices, hashed where colours would be many more than entries."""
    count = len(degrees) * limit
    hashes = None
    if count > 4 * degrees.sum():
        bounds = np.concatenate([[0], np.cumsum(2 << np.ceil(np.log2(degrees)).astype(np.int64))])
        count = int(bounds[-1])
        hashes = np.zeros(count, dtype=np.int32), bounds
    # Large arrays of NumPy lie on large pages, those of compiled code do not.
    return np.full(count, -1, dtype=np.int32), hashes


@njit(cache=True)
def _colour(held, hashes, floor, limit, ends, order):  # type: ignore[no-untyped-def]
    """Colour the entries in turn; the sum is returned so that its loads are not left out."""
    row_of, column_of = ends
    warm = 0
    for first in range(0, len(order), 64):
        block = order[first : first + 64]
        # Independent loads overlap; those of the colouring would each wait for memory.
        for entry in block:
            for vertex in (row_of[entry], column_of[entry]):
                warm += held[_bounds(hashes, limit, vertex)[0]] + floor[vertex]
        for entry in block:
            _insert(held, hashes, floor, limit, row_of[entry], column_of[entry])
    return warm


@njit(cache=True)
def _looked_up(held, hashes, limit, row_of, column_of):  # type: ignore[no-untyped-def]
    """Colour of each entry; its slot is emptied, for the same place may come again."""
    colours = np.zeros(len(row_of), dtype=np.int64)
    for entry in range(len(row_of)):
        vertex, end = row_of[entry], column_of[entry]
        start, stop = _bounds(hashes, limit, vertex)
        other = _bounds(hashes, limit, end)
        if other[1] - other[0] < stop - start:
            start, end = other[0], vertex
        slot = start
        while held[slot] != end:
            slot += 1
        held[slot] = -1
        colours[entry] = slot - start if hashes is None else hashes[0][slot]
    return colours


@njit(cache=True)
def _bounds(hashes, limit, vertex):  # type: ignore[no-untyped-def]
    """First slot of a vertex, and the one after its last."""
    if hashes is None:
        return np.int64(vertex) * limit, (np.int64(vertex) + 1) * limit
    return hashes[1][vertex], hashes[1][vertex + 1]


@njit(cache=True)
def _slot(held, hashes, limit, vertex, colour):  # type: ignore[no-untyped-def]
    """Slot of a colour at a vertex: the one that holds it, or else the one where it would be."""
    if hashes is None:
        return np.int64(vertex) * limit + colour
    keys, bounds = hashes
    start, mask = bounds[vertex], bounds[vertex + 1] - bounds[vertex] - 1
    place = colour & mask
    while held[start + place] >= 0 and keys[start + place] != colour:
        place = (place + 1) & mask
    return start + place


@njit(cache=True)
def _put(held, hashes, slot, colour, end):  # type: ignore[no-untyped-def]
    """Let a slot hold a vertex."""
    held[slot] = end
    if hashes is not None:
        hashes[0][slot] = colour


@njit(cache=True)
def _vacate(held, hashes, vertex, slot):  # type: ignore[no-untyped-def]
    """Empty a slot; in a hash table, what would no longer be found behind it moves up."""
    held[slot] = -1
    if hashes is None:
        return
    keys, bounds = hashes
    start, mask = bounds[vertex], bounds[vertex + 1] - bounds[vertex] - 1
    hole = place = slot - start
    while True:
        place = (place + 1) & mask
        end, colour = held[start + place], keys[start + place]
        if end < 0:
            return
        if (place - colour) & mask >= (place - hole) & mask:
            held[start + hole], keys[start + hole] = end, colour
            held[start + place] = -1
            hole = place


@njit(cache=True)
def _insert(held, hashes, floor, limit, row, column):  # type: ignore[no-untyped-def]
    """Give an entry the first colour that is free at both ends, or make one free."""
    for vertex in (row, column):
        while held[_slot(held, hashes, limit, vertex, floor[vertex])] >= 0:
            floor[vertex] += 1
    colour = max(floor[row], floor[column])
    while colour < limit and (
        held[_slot(held, hashes, limit, row, colour)] >= 0
        or held[_slot(held, hashes, limit, column, colour)] >= 0
    ):
        colour += 1
    if colour < limit:
        _put(held, hashes, _slot(held, hashes, limit, column, colour), colour, row)
    else:
        colour = floor[row]
        _exchange(held, hashes, floor, limit, (row, column), (colour, floor[column]))
    _put(held, hashes, _slot(held, hashes, limit, row, colour), colour, column)


@njit(cache=True)
def _exchange(held, hashes, floor, limit, ends, colours):  # type: ignore[no-untyped-def]
    """Walk along entries of two colours, each of which gets the other one."""
    (previous, vertex), (new, old) = ends, colours
    while True:
        new_slot = _slot(held, hashes, limit, vertex, new)
        old_slot = _slot(held, hashes, limit, vertex, old)
        following = held[new_slot]
        if following < 0:
            break
        _put(held, hashes, new_slot, new, previous)
        _put(held, hashes, old_slot, old, following)
        previous, vertex, new, old = vertex, following, old, new
    _vacate(held, hashes, vertex, old_slot)
    _put(held, hashes, _slot(held, hashes, limit, vertex, new), new, previous)
    floor[vertex] = min(floor[vertex], old)


@njit(cache=True)
def _close(image, starts):  # type: ignore[no-untyped-def]
    """Send the end of each chain of moves, where the image is -1, to its start."""
    for start in starts:
        end = start
        while image[end] >= 0:
            end = image[end]
        image[end] = start
