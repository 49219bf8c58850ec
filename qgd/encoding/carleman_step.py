"""One factor of the exact Carleman matrix of a map: G acts at one place of every word."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qgd.core.arrays import Array, RealArray
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.dilation import scalar_dilation
from qgd.encoding.gates import increment
from qgd.encoding.state_preparation import real_state_preparation
from qgd.encoding.unary_iteration import Leaf, flip, flip_by_value


@dataclass(frozen=True, eq=False)
class CarlemanStep:
    """E_i of Theorem 7.5: words shorter than i stay, others get sum_p G_p at place i.

    The index register holds T_2, ..., T_q, the degree in unary, T_m = [p >= m]; above the
    ancillas of the G's lies one flag, as long as any level must be refused.

    Parameters
    ----------
    registers : CarlemanRegisters
        Without a constant level.
    encodings : mapping from int to BlockEncoding
        By degree 1 <= p <= N - i + 1; that of G_1 is there and has alpha >= 1.
    place : int
        i, from 1 to N.
    """

    registers: CarlemanRegisters
    encodings: Mapping[int, BlockEncoding]
    place: int

    @property
    def degree(self) -> int:
        """q, the largest degree."""
        return max(self.encodings)

    @property
    def alpha(self) -> float:
        """sum_p alpha_p."""
        return math.fsum(e.alpha for e in self.encodings.values())

    @property
    def num_inner(self) -> int:
        """Ancillas that the encodings of the G's share."""
        return max(e.num_ancillas for e in self.encodings.values())

    @property
    def num_flags(self) -> int:
        """1, or 0 for an affine step, which changes no level."""
        return int(self.degree > 1)

    def leaves(self) -> list[int | None]:
        """By level code: the m for which T_m = 1 is flagged, or None for never."""
        i, N, q = self.place, self.registers.order, self.degree
        levels = range(1, 2**self.registers.level_qubits + 1)
        return [
            2 if c <= i or c > N else c - i + 2 if c - i + 2 <= q else None
            for c in levels
        ]  # fmt: skip

    def condition(self, p: int) -> list[tuple[int, int]]:
        """Degrees m, with values of T_m, under which the encoding of G_p is called."""
        lower = [(p, 1)] if p > 1 else []
        return lower + ([(p + 1, 0)] if p < self.degree else [])

    @property
    def waiting(self) -> BlockEncoding | None:
        """Encoding of 1 by alpha_1 for words that are too short; None if there is no need."""
        alpha = self.encodings[1].alpha
        return scalar_dilation(1.0, alpha, 0) if self.place > 1 and alpha > 1 else None

    def preparation(self) -> QuantumCircuit:
        """PREP: the degrees by alpha_p."""
        column = np.zeros(2 ** (self.degree - 1))
        for p, encoding in self.encodings.items():
            column[2 ** (p - 1) - 1] = math.sqrt(encoding.alpha / self.alpha)
        return real_state_preparation(column)

    @cached_property
    def prepared(self) -> RealArray:
        """Matrix of PREP."""
        if self.degree == 1:
            return np.eye(1)
        return np.ascontiguousarray(Operator(self.preparation()).data.real)

    def encoding(self) -> BlockEncoding:
        """The factor as a block encoding."""
        registers, work = self.registers, max(e.num_work for e in self.encodings.values())
        rest = 2.0 ** (self.num_inner + self.num_flags + registers.num_system)
        calls = sum(
            e.work / 2.0 ** (e.num_ancillas + e.num_system) for e in self.encodings.values()
        )
        return BlockEncoding(
            alpha=self.alpha,
            epsilon=math.fsum(e.epsilon for e in self.encodings.values()),
            num_system=registers.num_system,
            num_ancillas=self.num_inner + self.num_flags + self.degree - 1,
            apply_unitary=self.apply,
            build=self.build,
            num_work=work + max(0, registers.level_qubits - 1) + 2,
            is_real=all(e.is_real for e in self.encodings.values()),
            name=f"U_place{self.place}",
            work=2.0 ** (self.degree - 1) * rest * (calls + 2.0**self.degree),
        )

    # --- on statevectors ------------------------------------------------------------------

    def apply(self, state: Array, adjoint: bool) -> Array:
        """The unitary or its adjoint on (..., 2**num_ancillas, 2**num_system)."""
        if not all(e.is_real for e in self.encodings.values()):
            state = state.astype(np.complex128)
        words = 2 ** (self.degree - 1)
        slots = (2**self.registers.slot_qubits,) * self.registers.order
        flags, codes = 2**self.num_flags, 2**self.registers.level_qubits
        split = state.reshape(-1, words, state.shape[-1] * state.shape[-2] // words)
        split = np.matmul(self.prepared, split)
        for word in range(words):
            part = split[:, word].reshape(-1, flags, 2**self.num_inner, codes, *slots)
            moved = self._unapplied(word, part) if adjoint else self._applied(word, part)
            split[:, word] = moved.reshape(len(split), -1)
        return np.matmul(self.prepared.T, split).reshape(state.shape)

    def _applied(self, word: int, part: Array) -> Array:
        part = shifted(self._called(word, part, False), self._swaps(word))
        moved = np.empty_like(part)
        for (flag, code), (new_flag, new_code) in self._levels(word):
            moved[:, new_flag, :, new_code] = part[:, flag, :, code]
        return moved

    def _unapplied(self, word: int, part: Array) -> Array:
        moved = np.empty_like(part)
        for (flag, code), (new_flag, new_code) in self._levels(word):
            moved[:, flag, :, code] = part[:, new_flag, :, new_code]
        return self._called(word, shifted(moved, self._swaps(word)[::-1]), True)

    def _bit(self, word: int, m: int) -> int:
        return word >> (m - 2) & 1

    def _swaps(self, word: int) -> list[tuple[int, int]]:
        chains = [m for m in range(self.degree, 1, -1) if self._bit(word, m)]
        N, i = self.registers.order, self.place
        return [(k, k + 1) for m in chains for k in range(i + m - 1, N)]

    def _levels(self, word: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        codes, leaves = 2**self.registers.level_qubits, self.leaves()
        down = sum(self._bit(word, m) for m in range(2, self.degree + 1))
        pairs = itertools.product(range(2**self.num_flags), range(codes))
        found = []
        for flag, code in pairs:
            leaf = leaves[code] if self.num_flags else None
            flips = leaf is not None and self._bit(word, leaf)
            found.append(((flag, code), (flag ^ int(flips), (code - down) % codes)))
        return found

    def _called(self, word: int, part: Array, adjoint: bool) -> Array:
        for p, encoding in self.encodings.items():
            if any(self._bit(word, m) != value for m, value in self.condition(p)):
                continue
            slots = [3 + k for k in range(self.place, self.place + p)]
            if p > 1:
                part = on_axes(encoding, part, slots, adjoint)
                continue
            part, short = part.copy(), slice(None, self.place - 1)
            rest = (slice(None),) * 3 + (slice(self.place - 1, None),)
            part[rest] = on_axes(encoding, part[rest], slots, adjoint)
            if self.waiting is not None:
                early = (slice(None),) * 3 + (short,)
                part[early] = on_axes(self.waiting, part[early], [], adjoint)
        return part

    # --- as a circuit ---------------------------------------------------------------------

    def build(self, num_controls: int) -> QuantumCircuit:
        """The circuit on system, ancillas, work qubits, under further controls."""
        registers, encoding = self.registers, self.encoding()
        circuit = QuantumCircuit(encoding.num_qubits + num_controls)
        outer = list(range(encoding.num_qubits, circuit.num_qubits))
        flag = registers.num_system + self.num_inner
        degrees = list(range(flag + self.num_flags, registers.num_system + encoding.num_ancillas))
        level = list(registers.level)
        product, is_long, *ladder = range(
            encoding.num_qubits - 2 - max(0, len(level) - 1), encoding.num_qubits
        )
        enough: list[Leaf] = [() if c >= self.place - 1 else None for c in range(2 ** len(level))]
        if degrees:
            circuit.compose(self.preparation(), degrees, inplace=True)
            flagged: list[Leaf] = [None if m is None else (degrees[m - 2],) for m in self.leaves()]
            flip_by_value(circuit, level, flagged, flag, work=ladder, controls=outer)
        flip_by_value(circuit, level, enough, is_long, work=ladder)
        for p in self.encodings:
            self._place(circuit, p, degrees, is_long, outer)
        self._close_gaps(circuit, degrees, product, outer)
        flip_by_value(circuit, level, enough, is_long, work=ladder)
        if degrees:
            circuit.x(level)
            for degree in degrees:
                increment(circuit, level, [degree, *outer])
            circuit.x(level)
            circuit.compose(self.preparation().inverse(), degrees, inplace=True)
        return circuit

    def _place(
        self, circuit: QuantumCircuit, p: int, degrees: list[int], is_long: int, outer: list[int]
    ) -> None:
        """Call the encoding of G_p, or the one that waits, on the slots from i on."""
        registers, encoding = self.registers, self.encodings[p]
        first = registers.num_system
        work = first + self.encoding().num_ancillas
        ancillas = range(first, first + encoding.num_ancillas)
        works = range(work, work + encoding.num_work)
        places = range(self.place + p - 1, self.place - 1, -1)
        slots = itertools.chain(*(registers.slot(k) for k in places))
        zeros = [degrees[m - 2] for m, value in self.condition(p) if not value]
        controls = [*(degrees[m - 2] for m, _ in self.condition(p)), *outer]
        if p == 1:
            controls.append(is_long)
        if zeros:
            circuit.x(zeros)
        placed = encoding.build(len(controls))
        circuit.compose(placed, [*slots, *ancillas, *works, *controls], inplace=True)
        if p == 1 and self.waiting is not None:
            circuit.x(is_long)
            waiting = self.waiting.build(len(controls))
            circuit.compose(waiting, [first, *controls], inplace=True)
            circuit.x(is_long)
        if zeros:
            circuit.x(zeros)

    def _close_gaps(
        self, circuit: QuantumCircuit, degrees: list[int], product: int, outer: list[int]
    ) -> None:
        """Move the slots that were emptied behind the others."""
        registers = self.registers
        for m in range(self.degree, 1, -1):
            control = degrees[m - 2]
            if outer:
                flip(circuit, [control, *outer], product)
            for k in range(self.place + m - 1, registers.order):
                for a, b in zip(registers.slot(k), registers.slot(k + 1), strict=True):
                    circuit.cswap(product if outer else control, a, b)
            if outer:
                flip(circuit, [control, *outer], product)


def shifted(part: Array, swaps: list[tuple[int, int]]) -> Array:
    """Exchange slots; axis 3 + k belongs to slot k."""
    axes = list(range(part.ndim))
    for k, other in swaps:
        axes[3 + k], axes[3 + other] = axes[3 + other], axes[3 + k]
    return part.transpose(axes)


def on_axes(encoding: BlockEncoding, part: Array, slots: list[int], adjoint: bool) -> Array:
    """Apply an encoding to its ancillas, the lowest of axis 2, and to the slots of these axes."""
    others = [a for a in range(part.ndim) if a not in slots and a != 2]
    order = [*others, 2, *slots]
    moved = part.transpose(order)
    flat = np.ascontiguousarray(moved).reshape(-1, 2**encoding.num_ancillas, encoding.dimension)
    applied = encoding.apply(flat, adjoint=adjoint)
    return applied.reshape(moved.shape).transpose(np.argsort(order))
