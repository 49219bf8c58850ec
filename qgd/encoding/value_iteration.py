"""Act for each value of a register under a qubit that is 1 where the register holds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qiskit import QuantumCircuit

from qgd.encoding.gates import clean_and


def for_each_value(
    circuit: QuantumCircuit,
    register: Sequence[int],
    count: int,
    act: Callable[[int, int | None], None],
    *,
    root: int | None,
    work: Sequence[int],
) -> None:
    """Call ``act(v, q)`` for v = 0, ..., count - 1, the qubit q being 1 where the register holds v.

    Unary iteration with count - 1 products of bits. Codes from `count` on count as `flag_of_code`
    of them.

    Parameters
    ----------
    register : sequence of int
        Qubits, least significant first.
    root : int or None
        Qubit that must be 1, too. Without one, `act` is called with None if there is one value.
    work : sequence of int
        Clean qubits, len(register), or one less without a root.
    """
    _visit(circuit, list(register)[::-1], root, range(count), list(work), act)


def _visit(
    circuit: QuantumCircuit,
    bits: list[int],
    node: int | None,
    values: range,
    work: list[int],
    act: Callable[[int, int | None], None],
) -> None:
    if len(values) == 1:
        act(values[0], node)
        return
    bit, rest, half = bits[0], bits[1:], 2 ** (len(bits) - 1)
    if len(values) <= half:
        _visit(circuit, rest, node, values, work, act)
        return
    if node is None:
        circuit.x(bit)
        _visit(circuit, rest, bit, values[:half], work, act)
        circuit.x(bit)
        _visit(circuit, rest, bit, values[half:], work, act)
        return
    both, free = work[0], work[1:]
    circuit.x(bit)
    clean_and(circuit, node, bit, both)
    circuit.x(bit)
    _visit(circuit, rest, both, values[:half], free, act)
    circuit.cx(node, both)
    _visit(circuit, rest, both, values[half:], free, act)
    clean_and(circuit, node, bit, both)
