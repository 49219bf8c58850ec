"""One factor of the exact Carleman matrix of a translation: G_0 may enter at one place of words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, BoolArray
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.carleman_step import on_axes, shifted
from qgd.encoding.gates import increment, rotation
from qgd.encoding.unary_iteration import Leaf, flip, flip_by_value


@dataclass(frozen=True, eq=False)
class CarlemanInsertion:
    """I + (insert G_0 at place i) of Theorem 7.8, on words of length i - 1, ..., N - 1.

    Other words stay as they are. Above the ancillas of the call lie a flag for words that are
    too short or too long, and the bit that says whether G_0 enters.

    Parameters
    ----------
    registers : CarlemanRegisters
        Without a constant level.
    encoding : BlockEncoding
        Of |G_0><0| on one slot.
    place : int
        i, from 1 to N.
    """

    registers: CarlemanRegisters
    encoding: BlockEncoding
    place: int

    @property
    def is_refused(self) -> BoolArray:
        """By level code: whether nothing can enter."""
        lengths = np.arange(1, 2**self.registers.level_qubits + 1)
        return np.asarray((lengths < self.place - 1) | (lengths >= self.registers.order))

    @property
    def _prepared(self) -> float:
        return 2 * math.atan(math.sqrt(self.encoding.alpha))

    def factor(self) -> BlockEncoding:
        """The factor as a block encoding."""
        registers, call = self.registers, self.encoding
        size = 2.0 ** (call.num_ancillas + 2 + registers.num_system)
        return BlockEncoding(
            alpha=1 + call.alpha,
            epsilon=call.epsilon,
            num_system=registers.num_system,
            num_ancillas=call.num_ancillas + 2,
            apply_unitary=self.apply,
            build=self.build,
            num_work=call.num_work + max(0, registers.level_qubits - 1) + 1,
            is_real=call.is_real,
            name=f"U_insert{self.place}",
            work=size * (8 + call.work / 2.0 ** (call.num_ancillas + call.num_system)),
        )

    # --- on statevectors ------------------------------------------------------------------

    def apply(self, state: Array, adjoint: bool) -> Array:
        """The unitary or its adjoint on (..., 2**num_ancillas, 2**num_system)."""
        if not self.encoding.is_real:
            state = state.astype(np.complex128)
        codes = 2**self.registers.level_qubits
        slots = (2**self.registers.slot_qubits,) * self.registers.order
        turn = rotation(self._prepared)
        split = np.matmul(turn, state.reshape(*state.shape[:-2], 2, -1))
        part = split[..., 1, :].reshape(-1, 2, 2**self.encoding.num_ancillas, codes, *slots)
        moved = self._removed(part) if adjoint else self._inserted(part)
        split[..., 1, :] = moved.reshape(split[..., 1, :].shape)
        return np.matmul(turn.T, split).reshape(state.shape)

    def _swaps(self) -> list[tuple[int, int]]:
        return [(k, k + 1) for k in range(self.registers.order - 1, self.place - 1, -1)]

    def _inserted(self, part: Array) -> Array:
        part = part.copy()
        part[:, :, :, self.is_refused] = part[:, ::-1, :, self.is_refused]
        part = shifted(np.roll(part, 1, axis=3), self._swaps())
        return on_axes(self.encoding, part, [3 + self.place], False)

    def _removed(self, part: Array) -> Array:
        part = on_axes(self.encoding, part, [3 + self.place], True)
        part = np.roll(shifted(part, self._swaps()[::-1]), -1, axis=3)
        part[:, :, :, self.is_refused] = part[:, ::-1, :, self.is_refused].copy()
        return part

    # --- as a circuit ---------------------------------------------------------------------

    def build(self, num_controls: int) -> QuantumCircuit:
        """The circuit on system, ancillas, work qubits, under further controls."""
        registers, call, whole = self.registers, self.encoding, self.factor()
        circuit = QuantumCircuit(whole.num_qubits + num_controls)
        outer = list(range(whole.num_qubits, circuit.num_qubits))
        flag = registers.num_system + call.num_ancillas
        enters, first_work = flag + 1, flag + 2
        works = range(first_work, first_work + call.num_work)
        product, *ladder = range(works.stop, whole.num_qubits)
        active = product if outer else enters
        circuit.ry(self._prepared, enters)
        if outer:
            flip(circuit, [enters, *outer], product)
        leaves: list[Leaf] = [() if refused else None for refused in self.is_refused]
        level = list(registers.level)
        flip_by_value(circuit, level, leaves, flag, work=ladder, controls=[active])
        for k, other in self._swaps():
            for a, b in zip(registers.slot(k), registers.slot(other), strict=True):
                circuit.cswap(active, a, b)
        ancillas = range(registers.num_system, flag)
        qubits = [*registers.slot(self.place), *ancillas, *works, active]
        circuit.compose(call.build(1), qubits, inplace=True)
        increment(circuit, level, [active])
        if outer:
            flip(circuit, [enters, *outer], product)
        circuit.ry(-self._prepared, enters)
        return circuit
