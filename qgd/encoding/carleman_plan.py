"""Which control does what in the structured encoding: shared by its circuit and its emulation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qgd.core.arrays import IntArray, RealArray
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters

ALWAYS = 0  # a level that is flagged whatever the position


@dataclass(frozen=True, eq=False)
class CarlemanPlan:
    """Bits of the index register and what they control (Theorem 7.4).

    The index register holds, from the least significant bit,

    - E_1, ..., E_{N-1}: the *last* slot e that a term touches, in unary, E_i = [e > i];
    - T_2, ..., T_q: the degree p of the term in unary, T_m = [p >= m];
    - Z, if there is an F_0: the term inserts F_0.

    Parameters
    ----------
    registers : CarlemanRegisters
        System.
    encodings : mapping from int to BlockEncoding
        By degree p <= N: of |y, 0, ..., 0> <- F_p on p slots, of |F_0><0| on one slot for p = 0.
    """

    registers: CarlemanRegisters
    encodings: Mapping[int, BlockEncoding]

    @property
    def order(self) -> int:
        """N."""
        return self.registers.order

    @property
    def degree(self) -> int:
        """q, the largest degree."""
        return max(1, *self.encodings)

    @property
    def inserts(self) -> bool:
        """Whether there is a term of degree 0."""
        return 0 in self.encodings

    @property
    def num_index(self) -> int:
        """Qubits of the index register."""
        return self.order - 1 + self.degree - 1 + self.inserts

    @property
    def num_inner(self) -> int:
        """Ancillas that the encodings of the F's share."""
        return max(e.num_ancillas for e in self.encodings.values())

    def position_bit(self, i: int) -> int:
        """Index bit of E_i, 1 <= i < N."""
        return i - 1

    def degree_bit(self, m: int) -> int:
        """Index bit of T_m, 2 <= m <= q."""
        return self.order - 1 + m - 2

    @property
    def insert_bit(self) -> int:
        """Index bit of Z."""
        return self.order - 1 + self.degree - 1

    def num_positions(self, p: int) -> int:
        """On how many positions the term of degree p acts: N - p + 1, or N for p = 0."""
        return self.order - max(p - 1, 0)

    @property
    def weights(self) -> dict[int, float]:
        """Number of positions times alpha, by degree; they add up to the subnormalisation."""
        return {p: self.num_positions(p) * e.alpha for p, e in self.encodings.items()}

    @property
    def alpha(self) -> float:
        """sum_p (number of positions of p) alpha_p."""
        return math.fsum(self.weights.values())

    @property
    def epsilon(self) -> float:
        """sum_p (number of positions of p) epsilon_p."""
        return math.fsum(self.num_positions(p) * e.epsilon for p, e in self.encodings.items())

    def condition(self, p: int) -> list[tuple[int, int]]:
        """Index bits, with values, under which the encoding of F_p is called."""
        if p == 0:
            return [(self.insert_bit, 1)]
        bits = [(self.degree_bit(p), 1)] if p > 1 else []
        if p < self.degree:
            bits.append((self.degree_bit(p + 1), 0))
        if p == 1 and self.inserts:
            bits.append((self.insert_bit, 0))
        return bits

    @cached_property
    def flags(self) -> list[int | None]:
        """By level code: i if flagged where E_i = 1, ALWAYS, or None for never."""
        first, N = self.registers.first_level, self.order
        levels = [code + first for code in range(2**self.registers.level_qubits)]
        return [None if c == N else c if 0 < c < N else ALWAYS for c in levels]

    @property
    def flags_first_insertion(self) -> bool:
        """Whether inserting into an absent level 0, or past the last code, must be flagged."""
        return self.inserts and not self.registers.constant

    @property
    def num_flags(self) -> int:
        """1, or 0 where every state of every register is used."""
        return int(any(leaf is not None for leaf in self.flags))

    @property
    def num_ancillas(self) -> int:
        """Ancillas of the F's, flag and index register, from the least significant."""
        return self.num_inner + self.num_flags + self.num_index

    def preparation(self) -> QuantumCircuit:
        """PREP: degrees by weight; e uniform on p, ..., N; O(N + q) rotations.

        Given e >= i, P(e > i) = 1 - 1/(N - i + 1) for all degrees p <= i, and 1 for p > i.
        """
        circuit = QuantumCircuit(self.num_index, name="prepare")
        weights, N = self.weights, self.order
        left = self.alpha
        previous, wanted = None, 1
        if self.inserts:
            circuit.ry(_angle(weights[0] / left), self.insert_bit)
            left -= weights[0]
            previous, wanted = self.insert_bit, 0
        for m in range(2, self.degree + 1):
            rest = math.fsum(w for p, w in weights.items() if p >= m)
            theta = _angle(rest / left if left > 0 else 0.0)
            if previous is None:
                circuit.ry(theta, self.degree_bit(m))
            else:
                circuit.cry(theta, previous, self.degree_bit(m), ctrl_state=wanted)
            left, previous, wanted = rest, self.degree_bit(m), 1
        for i in range(1, N):
            theta = _angle(1 - 1 / (N - i + 1))
            if i == 1:
                circuit.ry(theta, self.position_bit(i))
            else:
                circuit.cry(theta, self.position_bit(i - 1), self.position_bit(i))
            if i < self.degree:
                circuit.cry(math.pi - theta, self.degree_bit(i + 1), self.position_bit(i))
        return circuit

    @cached_property
    def prepared(self) -> RealArray:
        """Matrix of PREP."""
        if self.num_index == 0:
            return np.eye(1)
        return np.ascontiguousarray(Operator(self.preparation()).data.real)

    def swaps(self, word: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Chains (i, i + 1) of slots swapped for this index, before and after the F's."""
        bit = [word >> b & 1 for b in range(self.num_index)]
        N, q = self.order, self.degree
        insert = bit[self.insert_bit] if self.inserts else 0

        def both(m: int, i: int) -> int:  # T_m E_i
            return bit[self.position_bit(i)] & (bit[self.degree_bit(m)] if m > 1 else 1)

        before, after = [], []
        for m in range(1, q + 1):
            for i in range(N - 1, m - 1, -1):
                if both(m, i) | (insert if m == 1 else 0):
                    before.append((i, i + 1))
        for m in range(q, 0, -1):
            for i in range(m, N):
                later = m < q and i > m and bit[self.degree_bit(m + 1)] ^ both(m + 1, i)
                if both(m, i) ^ later:
                    after.append((i, i + 1))
        return before, after

    def level_map(self, word: int) -> IntArray:
        """Where (flag, level code), flattened, is sent for this index."""
        bit = [word >> b & 1 for b in range(self.num_index)]
        insert = bit[self.insert_bit] if self.inserts else 0
        down = sum(bit[self.degree_bit(m)] for m in range(2, self.degree + 1))
        codes = 2**self.registers.level_qubits
        target = np.empty((2**self.num_flags, codes), dtype=np.int64)
        for code in range(codes):
            inserted = (code + insert) % codes
            leaf = self.flags[inserted]
            flip = leaf is not None and (leaf == ALWAYS or bit[self.position_bit(leaf)])
            if self.flags_first_insertion and inserted == 0 and insert:
                flip ^= not bit[self.position_bit(1)]
            for flag in range(2**self.num_flags):
                target[flag, code] = (flag ^ flip) * codes + (inserted - down) % codes
        return target.ravel()


def _angle(probability: float) -> float:
    """Angle of the y-rotation that takes |0> to |1> with this probability."""
    return 2 * math.asin(math.sqrt(min(1.0, max(0.0, probability))))
