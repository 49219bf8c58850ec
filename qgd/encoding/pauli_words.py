"""Linear combinations of Pauli words as circuits and as operators."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import IntArray, RealArray
from qgd.encoding.arithmetic import flag_of_code, write
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.selected import SelectedPermutations
from qgd.encoding.state_preparation import (
    multiplexed_rotation,
    real_state_preparation,
    rotation_angles,
)
from qgd.encoding.unary_iteration import flip
from qgd.encoding.value_iteration import for_each_value


@dataclass(frozen=True, eq=False)
class PauliWords:
    """Coefficients of X^flips Z^signs."""

    coefficients: RealArray
    flips: IntArray
    signs: IntArray

    @property
    def alpha(self) -> float:
        return math.fsum(np.abs(self.coefficients)) or 1.0

    @property
    def amplitudes(self) -> RealArray:
        return np.sqrt(np.abs(self.coefficients) / self.alpha)


def _word(states: IntArray, x: int, z: int) -> tuple[IntArray, RealArray]:
    return states ^ x, 1.0 - 2.0 * (np.bitwise_count(states & z) & 1)


@dataclass(frozen=True, eq=False)
class CountedWords:
    """The index register counts the terms."""

    words: PauliWords
    qubits: int

    @property
    def num_index(self) -> int:
        """Without any term one ancilla, which is flipped."""
        terms = len(self.words.coefficients)
        return (terms - 1).bit_length() if terms else 1

    @property
    def amplitudes(self) -> RealArray:
        found = np.zeros(2**self.num_index)
        found[0] = 1.0
        found[: len(self.words.coefficients)] = self.words.amplitudes
        return found

    def move(self, code: int, states: IntArray) -> tuple[IntArray, RealArray]:
        k = flag_of_code(code, len(self.words.coefficients))
        targets, signs = _word(states, int(self.words.flips[k]), int(self.words.signs[k]))
        return targets, signs * np.sign(self.words.coefficients[k])

    def build(self, num_controls: int) -> QuantumCircuit:
        first_work = self.qubits + self.num_index
        circuit = QuantumCircuit(first_work + self.num_index + 1 + num_controls)
        index = range(self.qubits, first_work)
        work = range(first_work, first_work + self.num_index)
        controls = list(range(work.stop + 1, circuit.num_qubits))
        if not len(self.words.coefficients):
            flip(circuit, controls, index[0])
            return circuit
        prepare = real_state_preparation(self.amplitudes) if self.num_index else None
        if prepare:
            circuit.compose(prepare, index, inplace=True)
        root = controls[0] if len(controls) == 1 else work.stop
        if root == work.stop:
            flip(circuit, controls, root)

        def visit(k: int, below_root: int | None) -> None:
            node = cast(int, below_root)
            for b in range(self.qubits):
                if self.words.signs[k] >> b & 1:
                    circuit.cz(node, b)
            write(circuit, node, int(self.words.flips[k]), range(self.qubits))
            if self.words.coefficients[k] < 0:
                circuit.z(node)

        for_each_value(circuit, index, len(self.words.coefficients), visit, work=work, root=root)
        if root == work.stop:
            flip(circuit, controls, root)
        if prepare:
            circuit.compose(prepare.inverse(), index, inplace=True)
        return circuit

    def encoding(self, epsilon: float, name: str) -> BlockEncoding:
        if not len(self.words.coefficients):
            emulation = SelectedPermutations(
                np.ones(1), self.qubits + 1, lambda k, states: (states ^ 2**self.qubits, 1.0)
            )
        else:
            emulation = SelectedPermutations(self.amplitudes, self.qubits, self.move)
        return BlockEncoding(
            alpha=self.words.alpha,
            epsilon=epsilon,
            num_system=self.qubits,
            num_ancillas=self.num_index,
            apply_unitary=emulation.apply,
            build=self.build,
            num_work=self.num_index + 1,
            name=name,
            work=emulation.work,
        )


@dataclass(frozen=True, eq=False)
class HeldWords:
    """The index register holds z (low) and x (high)."""

    words: PauliWords
    qubits: int

    @property
    def amplitudes(self) -> RealArray:
        found = np.zeros(4**self.qubits)
        found[self.words.flips * 2**self.qubits + self.words.signs] = self.words.amplitudes
        return found

    @property
    def signed(self) -> RealArray:
        found = self.amplitudes
        place = self.words.flips * 2**self.qubits + self.words.signs
        found[place] *= np.sign(self.words.coefficients)
        return found

    def move(self, code: int, states: IntArray) -> tuple[IntArray, RealArray]:
        return _word(states, code >> self.qubits, code & 2**self.qubits - 1)

    def build(self, num_controls: int) -> QuantumCircuit:
        q = self.qubits
        index, on = range(q, 3 * q), 3 * q
        circuit = QuantumCircuit(on + 1 + num_controls)
        controls = list(range(on + 1, circuit.num_qubits))
        if len(controls) > 1:
            circuit.mcx(controls, on)
        control = None if not controls else controls[0] if len(controls) == 1 else on
        plain, signed = rotation_angles(self.amplitudes), rotation_angles(self.signed)
        for target in range(2 * q - 1, -1, -1):
            angles, others = signed[target], [*index[target + 1 :]]
            if target == 0 and control is not None:  # signs enter at the last rotation only
                angles, others = np.concatenate((plain[0], angles)), [*others, control]
            circuit.append(multiplexed_rotation(angles), [index[target], *others])
        for b in range(q):
            for source, gate in ((index[b], circuit.cz), (index[q + b], circuit.cx)):
                if control is None:
                    gate(source, b)
                elif gate == circuit.cz:
                    circuit.ccz(control, source, b)
                else:
                    circuit.ccx(control, source, b)
        circuit.compose(real_state_preparation(self.amplitudes).inverse(), index, inplace=True)
        if len(controls) > 1:
            circuit.mcx(controls, on)
        return circuit

    def encoding(self, epsilon: float, name: str) -> BlockEncoding:
        emulation = SelectedPermutations(self.amplitudes, self.qubits, self.move, self.signed)
        return BlockEncoding(
            alpha=self.words.alpha,
            epsilon=epsilon,
            num_system=self.qubits,
            num_ancillas=2 * self.qubits,
            apply_unitary=emulation.apply,
            build=self.build,
            num_work=1,
            name=name,
            work=emulation.work,
        )
