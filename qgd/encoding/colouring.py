"""Sparse matrices as sums of partial permutations: edge colourings of bipartite graphs."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from qgd.core.arrays import IntArray


def colour_entries(matrix: csr_array) -> IntArray:
    """A colour for each stored entry, in the order of the data; equal ones share no row or column.

    As many colours as the fullest row or column has entries (König). Entries are taken by falling
    modulus and get the first colour that is free in both their row and their column; where there
    is none, an alternating path of two colours is exchanged. So large entries meet large ones, and
    the sum over the colours of the largest modulus is small.

    Parameters
    ----------
    matrix : csr_array
        Canonical, without stored zeros.
    """
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    columns = matrix.indices
    at_row: dict[int, dict[int, int]] = {int(r): {} for r in rows}
    at_column: dict[int, dict[int, int]] = {int(c): {} for c in columns}
    colour = np.zeros(len(rows), dtype=np.int64)
    sides = (at_row, at_column)
    ends = (rows, columns)

    def first_free(*taken: dict[int, int]) -> int:
        found = 0
        while any(found in one for one in taken):
            found += 1
        return found

    limit = max([0, *np.bincount(rows), *np.bincount(columns)])
    for edge in np.argsort(-np.abs(matrix.data), kind="stable"):
        here = at_row[int(rows[edge])], at_column[int(columns[edge])]
        chosen = first_free(*here)
        if chosen >= limit:
            chosen, other = first_free(here[0]), first_free(here[1])
            path, side, vertex, wanted = [], 1, int(columns[edge]), chosen
            while wanted in sides[side][vertex]:
                step = sides[side][vertex][wanted]
                path.append(step)
                side = 1 - side
                vertex = int(ends[side][step])
                wanted = other if wanted == chosen else chosen
            for step in path:
                del at_row[int(rows[step])][int(colour[step])]
                del at_column[int(columns[step])][int(colour[step])]
            for step in path:
                colour[step] = other if colour[step] == chosen else chosen
                at_row[int(rows[step])][int(colour[step])] = int(step)
                at_column[int(columns[step])][int(colour[step])] = int(step)
        colour[edge] = chosen
        here[0][chosen] = here[1][chosen] = int(edge)
    return colour


def completed(columns: IntArray, rows: IntArray) -> dict[int, int]:
    """The permutation with columns[i] -> rows[i] that moves nothing which it need not move.

    A chain of moves that ends is closed to a cycle; fixed points are not listed.
    """
    moves = {int(c): int(r) for c, r in zip(columns, rows, strict=True)}
    for start in set(moves) - set(moves.values()):
        end = start
        while end in moves:
            end = moves[end]
        moves[end] = start
    return {c: r for c, r in moves.items() if c != r}
