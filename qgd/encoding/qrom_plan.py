"""Tables behind the encoding of an arbitrary sparse matrix, and what they do to basis states."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from qgd.core.arrays import IntArray, RealArray
from qgd.encoding.colouring import colour_entries, completed
from qgd.encoding.lookup import Lookup


@dataclass(frozen=True, eq=False)
class QromPlan:
    """Colours, rounded entries and words of the tables (Theorem 7.12).

    Qubits, from the least significant: system; one flag; b fraction qubits; index of the colour.
    A word holds, from the least significant bit, 2**b - k for an entry k 2**-b of the largest of
    its colour, one bit for its presence, one for its sign, and the bits in which row and column
    differ.

    Parameters
    ----------
    matrix : csr_array, shape (2**q, 2**q)
        A, canonical and without stored zeros.
    bits : int
        b.
    """

    matrix: csr_array
    bits: int

    @property
    def num_system(self) -> int:
        """q."""
        return int(self.matrix.shape[0]).bit_length() - 1

    @cached_property
    def colours(self) -> IntArray:
        """Colour of each entry; no two of a colour share a row or a column."""
        entries = self.matrix.tocoo(copy=False)
        return colour_entries(entries.row, entries.col, entries.data)

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
        A = self.matrix
        units = self._rounded(bits) * self.largest[self.colours] / 2**bits
        E = csr_array((np.abs(np.abs(A.data) - units), A.indices, A.indptr), shape=A.shape)
        return math.sqrt(E.sum(axis=0).max(initial=0.0) * E.sum(axis=1).max(initial=0.0))

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
        size, b = 2**self.num_system, self.bits
        rows = np.repeat(np.arange(size), np.diff(self.matrix.indptr))
        columns, kept = self.matrix.indices, self.parts > 0
        by_column: dict[int, int] = {}
        by_row: dict[int, int] = {}
        for l in range(len(self.largest)):  # noqa: E741 (the letter of the theorem)
            here = np.flatnonzero((self.colours == l) & kept)
            sources, targets = completed(columns[here], rows[here])
            moves = dict(zip(sources.tolist(), targets.tolist(), strict=True))
            words = {c: (c ^ r) << b + 2 for c, r in moves.items()}
            for e in here:
                c, negative = int(columns[e]), int(self.matrix.data[e] < 0)
                low = 2**b - int(self.parts[e]) | (1 | negative << 1) << b
                words[c] = words.get(c, 0) | low
            for c, word in words.items():
                by_column[l * size + c] = word
                by_row[l * size + (c ^ word >> b + 2)] = word
        width = self.num_system + self.num_index
        return Lookup(by_column, width, self.word_bits), Lookup(by_row, width, self.word_bits)

    def move(self, colour: int, states: IntArray) -> tuple[IntArray, RealArray]:
        """Targets and signs of basis states of system, flag and fraction, for one colour."""
        q, b = self.num_system, self.bits
        table = np.zeros(2**q, dtype=np.int64)
        for address, word in self.tables[0].table.items():
            if address >> q == colour:
                table[address & 2**q - 1] = word
        word = table[states & 2**q - 1]
        fraction = states >> q + 1
        present, negative = word >> b & 1, word >> b + 1 & 1
        carry = fraction + (word & 2**b - 1) >> b
        targets = states ^ (word >> b + 2) ^ ((1 ^ present ^ carry) << q)
        return targets, 1.0 - 2.0 * negative
