"""Flip a qubit under a condition that depends on the value of a register."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit import QuantumCircuit

from qgd.encoding.gates import clean_and

Leaf = tuple[int, ...] | None  # qubits that must all be 1 for a flip; None: never


def flip_by_value(
    circuit: QuantumCircuit,
    register: Sequence[int],
    leaves: Sequence[Leaf],
    target: int,
    *,
    work: Sequence[int],
    controls: Sequence[int] = (),
) -> None:
    """Flip the target where the register holds v and the qubits ``leaves[v]`` are all 1.

    Unary iteration: a binary tree over the values whose nodes are products of bits on clean work
    qubits; subtrees without a flip, or that always flip, are not entered.

    Parameters
    ----------
    register : sequence of int
        Qubits, least significant first.
    leaves : sequence of tuple or None, length 2**len(register)
        Further controls by value; () flips always.
    target : int
        Qubit to flip.
    work : sequence of int
        At least max(0, len(register) - 1) clean qubits.
    controls : sequence of int
        Qubits that must be 1 for any flip.
    """
    _iterate(circuit, list(register)[::-1], None, list(leaves), target, list(work), list(controls))


def flip(circuit: QuantumCircuit, ones: Sequence[int], target: int) -> None:
    """NOT under any number of controls, none included."""
    if ones:
        circuit.mcx(list(ones), target)
    else:
        circuit.x(target)


def _iterate(
    circuit: QuantumCircuit,
    bits: list[int],
    node: int | None,
    leaves: list[Leaf],
    target: int,
    work: list[int],
    controls: list[int],
) -> None:
    ones = controls if node is None else [node, *controls]
    if all(leaf == leaves[0] for leaf in leaves):
        if leaves[0] is not None:
            flip(circuit, [*leaves[0], *ones], target)
        return
    bit, rest, half = bits[0], bits[1:], len(leaves) // 2
    if node is None:
        for value, part in enumerate((leaves[:half], leaves[half:])):
            if value == 0:
                circuit.x(bit)
            _iterate(circuit, rest, bit, part, target, work, controls)
            if value == 0:
                circuit.x(bit)
        return
    both, free = work[0], work[1:]
    circuit.x(bit)
    clean_and(circuit, node, bit, both)
    circuit.x(bit)
    _iterate(circuit, rest, both, leaves[:half], target, free, controls)
    circuit.cx(node, both)
    _iterate(circuit, rest, both, leaves[half:], target, free, controls)
    clean_and(circuit, node, bit, both)
