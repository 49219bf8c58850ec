"""Tables behind the encoding of an arbitrary sparse matrix, and what they do to basis states."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array

from qgd.core.arrays import IntArray, RealArray
from qgd.encoding.colouring import colour_entries, completed
from qgd.encoding.lookup import Lookup
from qgd.encoding.table import Table

NONE = np.zeros((3, 0), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class QromPlan:
    """Colours, rounded entries and words of the tables (Theorem 7.12).

    Qubits, from the least significant: system; one flag; b fraction qubits; index of the colour.
    A word holds, from the least significant bit, 2**b - k for an entry k 2**-b of the largest of
    its colour, one bit for its presence, one for its sign, and the bits in which row and column
    differ.

    Parameters
    ----------
    matrix : coo_array, shape (2**q, 2**q)
        A, entries by row and column, none twice, without stored zeros; q may be large.
    bits : int
        b.
    """

    matrix: coo_array
    bits: int

    @property
    def num_system(self) -> int:
        """q."""
        return int(self.matrix.shape[0]).bit_length() - 1

    @cached_property
    def colours(self) -> IntArray:
        """Colour of each entry; no two of a colour share a row or a column."""
        rows, columns = self.matrix.coords
        return colour_entries(rows, columns, self.matrix.data)

    @cached_property
    def largest(self) -> RealArray:
        """Largest modulus of each colour."""
        found = np.zeros(int(self.colours.max(initial=-1)) + 1)
        np.maximum.at(found, self.colours, np.abs(self.matrix.data))
        return found

    @property
    def alpha(self) -> float:
        """Sum of the largest moduli of the colours, or 1 without entries."""
        return math.fsum(self.largest) or 1.0

    @cached_property
    def parts(self) -> IntArray:
        """k of each entry: its modulus in units of 2**-b of the largest of the colour."""
        return self._rounded(self.bits)

    def _rounded(self, bits: int) -> IntArray:
        ratio = np.abs(self.matrix.data) / self.largest[self.colours]
        return np.rint(ratio * 2**bits).astype(np.int64)

    def error(self, bits: int) -> float:
        """sqrt(||E||_1 ||E||_inf) of the error E of rounding to so many bits."""
        A = np.abs(self.matrix.data)
        E = np.abs(A - self._rounded(bits) * self.largest[self.colours] / 2**bits)
        largest = [np.bincount(line, E).max(initial=0.0) for line in self._lines]
        return math.sqrt(largest[0] * largest[1])

    @cached_property
    def _lines(self) -> tuple[IntArray, IntArray]:
        """Rows and columns of the entries, those without entries left out of the count."""
        rows, columns = self.matrix.coords
        return np.unique(rows, return_inverse=True)[1], np.unique(columns, return_inverse=True)[1]

    @property
    def num_index(self) -> int:
        """Qubits that choose the colour."""
        return max(0, (len(self.largest) - 1).bit_length())

    @property
    def amplitudes(self) -> RealArray:
        """Square roots of the largest moduli over alpha."""
        found = np.zeros(2**self.num_index)
        found[0] = 1.0
        found[: len(self.largest)] = np.sqrt(self.largest / self.alpha)
        return found

    @property
    def word_bits(self) -> int:
        """Length of a word."""
        return self.bits + 2 + self.num_system

    @cached_property
    def tables(self) -> tuple[Lookup, Lookup]:
        """The words by colour and column, and by colour and row."""
        parts = self._permutations
        starts = np.repeat(
            np.arange(len(parts), dtype=np.int64) << self.num_system, [len(p[0]) for p in parts]
        )
        columns, low, moves = np.concatenate([np.stack(p) for p in parts] or [NONE], axis=1)
        by_column = self._lookup(starts + columns, low, moves)
        return by_column, self._lookup(starts + (columns ^ moves), low, moves)

    @cached_property
    def _permutations(self) -> list[tuple[IntArray, IntArray, IntArray]]:
        return [self._permutation(colour) for colour in range(len(self.largest))]

    def _permutation(self, colour: int) -> tuple[IntArray, IntArray, IntArray]:
        """Columns that move or hold an entry, the low fields of their words, and what flips."""
        here = np.flatnonzero((self.colours == colour) & (self.parts > 0))
        rows, columns = (line[here] for line in self.matrix.coords)
        sources, targets = completed(columns, rows)
        every = np.union1d(sources, columns)
        moves, low = np.zeros((2, len(every)), dtype=np.int64)
        moves[np.searchsorted(every, sources)] = sources ^ targets
        flags = 1 | (self.matrix.data[here] < 0).astype(np.int64) << 1
        low[np.searchsorted(every, columns)] = 2**self.bits - self.parts[here] | flags << self.bits
        return every, low, moves

    def _lookup(self, addresses: IntArray, low: IntArray, moves: IntArray) -> Lookup:
        order = np.argsort(addresses)
        widths = self.bits + 2, self.num_system
        fields = low[order], moves[order]
        return Lookup(Table(addresses[order], fields, self.num_system + self.num_index, widths))

    def move(self, colour: int, states: IntArray) -> tuple[IntArray, RealArray]:
        """Targets and signs of basis states of system, flag and fraction, for one colour."""
        q, b = self.num_system, self.bits
        words = np.zeros((2, 2**q), dtype=np.int64)
        if colour < len(self.largest):
            columns, low, moves = self._permutations[colour]
            words[:, columns] = low, moves
        low, moves = words[:, states & 2**q - 1]
        fraction = states >> q + 1
        present, negative = low >> b & 1, low >> b + 1 & 1
        carry = fraction + (low & 2**b - 1) >> b
        targets = states ^ moves ^ ((1 ^ present ^ carry) << q)
        return targets, 1.0 - 2.0 * negative
