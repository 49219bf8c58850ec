"""What the encoding of a stencil does to basis states: shared by its circuit and its emulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgd.core.arrays import IntArray, RealArray
from qgd.dynamics.stencil import Offsets, Stencil
from qgd.encoding.arithmetic import flag_of_code


@dataclass(frozen=True, eq=False)
class StencilPlan:
    """Registers of the encoding of F_p, p >= 1, and the permutation behind each term.

    Qubits, from the least significant: slots p, ..., 1; flags; index register.

    Parameters
    ----------
    stencil : Stencil
        Of any boundary.
    degree : int
        p, at least 1.
    """

    stencil: Stencil
    degree: int

    @cached_property
    def terms(self) -> list[tuple[float, Offsets]]:
        """Coefficient and offsets, by code of the index register."""
        return self.stencil.of_degree(self.degree)

    @cached_property
    def alpha(self) -> float:
        """sum_t |c_t|, or 1 without terms."""
        return math.fsum(abs(c) for c, _ in self.terms) or 1.0

    @property
    def slot_qubits(self) -> int:
        """q."""
        return max(1, (self.stencil.num_variables - 1).bit_length())

    @property
    def num_system(self) -> int:
        """p q."""
        return self.degree * self.slot_qubits

    @property
    def num_index(self) -> int:
        """Qubits that choose the term."""
        return max(0, (len(self.terms) - 1).bit_length())

    @property
    def amplitudes(self) -> RealArray:
        """Square roots of |c_t| / alpha."""
        found = np.zeros(2**self.num_index)
        found[0] = 1.0
        for t, (c, _) in enumerate(self.terms):
            found[t] = math.sqrt(abs(c) / self.alpha)
        return found

    @property
    def checks_slots(self) -> bool:
        """Whether slots may hold n or more, between which a cyclic shift must not reach."""
        full = self.stencil.num_variables == 2**self.slot_qubits
        return self.stencil.boundary == "periodic" and not full

    @cached_property
    def thresholds(self) -> list[list[int]]:
        """By term, the rows at which it begins or ends to act, but for 0 and 2**q."""
        if self.checks_slots:
            return [[] for _ in self.terms]
        limits = [self.stencil.rows(word) for _, word in self.terms]
        return [[a for a in pair if 0 < a < 2**self.slot_qubits] for pair in limits]

    @property
    def has_outside(self) -> bool:
        """Whether there is a flag for rows or slots beyond the boundary."""
        return not self.terms or self.checks_slots or any(self.thresholds)

    @property
    def has_unmatched(self) -> bool:
        """Whether there is a flag for slots that do not belong to one row."""
        return self.degree > 1

    @property
    def num_flags(self) -> int:
        """Flags, the outside first."""
        return int(self.has_outside) + int(self.has_unmatched)

    @property
    def num_inner(self) -> int:
        """System and flags."""
        return self.num_system + self.num_flags

    def slot(self, number: int) -> range:
        """Qubits of slot 1, ..., p; slot 1 is the most significant."""
        start = (self.degree - number) * self.slot_qubits
        return range(start, start + self.slot_qubits)

    def move(self, code: int, states: IntArray) -> tuple[IntArray, RealArray | float]:
        """Where the term of an index code sends basis states of slots and flags, and its sign."""
        q, n = self.slot_qubits, self.stencil.num_variables
        mask = 2**q - 1
        slots = [states >> self.slot(m).start & mask for m in range(1, self.degree + 1)]
        flags = states >> self.num_system
        if not self.terms:
            return states ^ (1 << self.num_system), 1.0
        t = flag_of_code(code, len(self.terms))
        c, word = self.terms[t]
        sign: RealArray | float = math.copysign(1.0, c)
        if self.checks_slots:
            valid = np.all([x < n for x in slots], axis=0)
            flags, sign = flags ^ np.logical_not(valid), np.where(valid, sign, 1.0)
            slots = [np.where(valid, (x - s) % n, x) for x, s in zip(slots, word, strict=True)]
        elif self.stencil.boundary == "hypercube":
            slots = [x ^ s for x, s in zip(slots, word, strict=True)]
        else:
            slots = [(x - s) & mask for x, s in zip(slots, word, strict=True)]
        if any(self.thresholds):
            first, end = self.stencil.rows(word)
            flags = flags ^ ((slots[0] < first) | (slots[0] >= end))
        slots[1:] = [x ^ slots[0] for x in slots[1:]]
        if self.has_unmatched:
            unmatched = np.any([x != 0 for x in slots[1:]], axis=0)
            flags = flags ^ unmatched.astype(np.int64) << int(self.has_outside)
        result = flags << self.num_system
        for m, x in enumerate(slots, start=1):
            result = result | x << self.slot(m).start
        return result, sign
