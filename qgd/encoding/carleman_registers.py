"""Where the entries of a lifted vector lie in the registers of its structured encoding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgd.core.arrays import Array, IntArray
from qgd.core.checks import check_integer
from qgd.core.kronecker import index_word, word_index


@dataclass(frozen=True)
class CarlemanRegisters:
    """The isometry from y = (x, x^{(x)2}, ..., x^{(x)N}) into N slots and a level register.

    Entry x_{i_1} ... x_{i_j} of level j is the basis state |j> |i_1> ... |i_j> |0> ... |0>: slot 1
    is the most significant of the slots, the level register lies above them, and slots beyond the
    level hold 0. All other states are padding.

    Parameters
    ----------
    num_variables : int
        n, at least 1; a slot has max(1, ceil(log2 n)) qubits.
    order : int
        N, at least 1.
    constant : bool
        Whether y begins with a level 0, the constant 1, into which an F_0 is folded.

    Examples
    --------
    >>> CarlemanRegisters(num_variables=2, order=2).positions
    array([0, 2, 4, 5, 6, 7])
    """

    num_variables: int
    order: int
    constant: bool = False

    def __post_init__(self) -> None:
        check_integer("num_variables", self.num_variables, 1)
        check_integer("order", self.order, 1)

    @property
    def slot_qubits(self) -> int:
        """Qubits of one slot."""
        return max(1, (self.num_variables - 1).bit_length())

    @property
    def first_level(self) -> int:
        """The level whose code is 0."""
        return 0 if self.constant else 1

    @property
    def level_qubits(self) -> int:
        """Ceil(log2 of the number of levels); none for a single level."""
        return (self.order - self.first_level).bit_length()

    @property
    def num_system(self) -> int:
        """Qubits of slots and level register."""
        return self.order * self.slot_qubits + self.level_qubits

    @property
    def dimension(self) -> int:
        """Length of y."""
        return sum(self.num_variables**j for j in range(self.first_level, self.order + 1))

    def slot(self, number: int) -> range:
        """Qubits of slot 1, ..., N."""
        start = self.slot_qubits * (self.order - number)
        return range(start, start + self.slot_qubits)

    @property
    def level(self) -> range:
        """Qubits of the level register."""
        return range(self.order * self.slot_qubits, self.num_system)

    @cached_property
    def positions(self) -> IntArray:
        """Basis state of each entry of y, levels in Kronecker order, shape (dimension,)."""
        n, size = self.num_variables, 2**self.slot_qubits
        parts = []
        for j in range(self.first_level, self.order + 1):
            words = index_word(np.arange(n**j), n, j)
            padded = word_index(words, size) * size ** (self.order - j)
            parts.append((j - self.first_level) * size**self.order + padded)
        return np.concatenate(parts)

    def pad(self, y: Array) -> Array:
        """Place lifted vectors, shape (..., dimension), into the system register."""
        vector = np.asarray(y)
        padded = np.zeros((*vector.shape[:-1], 2**self.num_system), dtype=vector.dtype)
        padded[..., self.positions] = vector
        return padded

    def unpad(self, amplitudes: Array) -> Array:
        """Read lifted vectors from amplitudes of the system register."""
        return np.asarray(amplitudes)[..., self.positions]
