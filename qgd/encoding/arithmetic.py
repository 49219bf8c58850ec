"""Arithmetic of registers with clean carries: sums, comparisons, one-hot codes, zero tests."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit

from qgd.encoding.gates import clean_and
from qgd.encoding.unary_iteration import flip

Qubits = Sequence[int]


def add(circuit: QuantumCircuit, addend: Qubits, register: Qubits, carries: Qubits) -> None:
    """register += addend modulo 2**q with q - 1 clean carries: 2 (q - 1) products.

    The addend is restored. Registers start with the least significant qubit.
    """
    top = len(register) - 1
    _carry(circuit, addend, register, carries[:top])
    if top:
        circuit.cx(carries[top - 1], register[top])
    circuit.cx(addend[top], register[top])
    for b in range(top - 1, -1, -1):
        _uncarry(circuit, addend, register, carries, b)
        if b:
            circuit.cx(carries[b - 1], addend[b])
        circuit.cx(addend[b], register[b])


def flip_on_carry(
    circuit: QuantumCircuit, addend: Qubits, register: Qubits, target: int, carries: Qubits
) -> None:
    """Flip the target if register + addend >= 2**q, with q clean carries: 2 q products.

    With the addend 2**q - a this is the comparison register >= a; with the addend 0 nothing flips.
    """
    _carry(circuit, addend, register, carries[: len(register)])
    circuit.cx(carries[len(register) - 1], target)
    for b in range(len(register) - 1, -1, -1):
        _uncarry(circuit, addend, register, carries, b)
        if b:
            circuit.cx(carries[b - 1], register[b])
            circuit.cx(carries[b - 1], addend[b])


def flip_if_ones(circuit: QuantumCircuit, ones: Qubits, target: int, work: Qubits) -> None:
    """Flip the target if all of these qubits are 1; ladder on len(ones) - 2 clean qubits."""
    if len(ones) <= 2:
        flip(circuit, ones, target)
        return
    ladder = [ones[0], *work[: len(ones) - 2]]
    steps = list(zip(ladder[:-1], ones[1:-1], ladder[1:], strict=True))
    for first, second, product in steps:
        clean_and(circuit, second, first, product)
    circuit.ccx(ladder[-1], ones[-1], target)
    for first, second, product in reversed(steps):
        clean_and(circuit, second, first, product)


def one_hot(circuit: QuantumCircuit, register: Qubits, root: int | None, flags: Qubits) -> None:
    """Set flag t where the register holds t, if the root is 1 (always, without a root).

    One product a flag but the first. Codes from len(flags) on count as `flag_of_code`. The circuit
    is its own inverse only if read backwards: invert it to clear the flags.
    """
    if root is None:
        circuit.x(flags[0])
    else:
        circuit.cx(root, flags[0])
    for b in range(len(register) - 1, -1, -1):
        for start in range(0, len(flags), 2 ** (b + 1)):
            other = start + 2**b
            if other >= len(flags):
                continue
            if root is None and start == 0 and len(flags) <= 2 ** (b + 1):
                circuit.cx(register[b], flags[other])
            else:
                clean_and(circuit, register[b], flags[start], flags[other])
            circuit.cx(flags[other], flags[start])


def flag_of_code(code: int, num_flags: int) -> int:
    """Which flag `one_hot` sets for a code: the code itself where there is such a flag."""
    found = 0
    for b in range((num_flags - 1).bit_length() - 1, -1, -1):
        if code >> b & 1 and found + 2**b < num_flags:
            found += 2**b
    return found


def write(circuit: QuantumCircuit, control: int, value: int, register: Qubits) -> None:
    """register ^= value if the control is 1."""
    for b, qubit in enumerate(register):
        if value >> b & 1:
            circuit.cx(control, qubit)


def _carry(circuit: QuantumCircuit, addend: Qubits, register: Qubits, carries: Qubits) -> None:
    """carries[b] = carry out of bit b; register and addend hold their xor with the carry in."""
    for b, carry in enumerate(carries):
        if b:
            circuit.cx(carries[b - 1], register[b])
            circuit.cx(carries[b - 1], addend[b])
        clean_and(circuit, register[b], addend[b], carry)
        if b:
            circuit.cx(carries[b - 1], carry)


def _uncarry(
    circuit: QuantumCircuit, addend: Qubits, register: Qubits, carries: Qubits, b: int
) -> None:
    if b:
        circuit.cx(carries[b - 1], carries[b])
    clean_and(circuit, register[b], addend[b], carries[b])
