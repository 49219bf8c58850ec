"""Comparison with a constant and increment of a register, with ladders of clean qubits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qiskit import QuantumCircuit

from qgd.encoding.gates import clean_and

_Bit = tuple[int, int]  # a qubit, and the value it is asked for


class Comparison:
    """[k < bound], or [k >= bound], times a control bit, on one qubit: `result`, while computed.

    One product of two bits for every bit of the register above the lowest 1 of the bound, and one
    for the control. Without a control and products `result` is a qubit of the register itself.

    Parameters
    ----------
    register : sequence of int
        Qubits of k, least significant first.
    bound : int
        From 1 to 2**len(register) - 1.
    control : int or None
        Qubit that must be 1.
    work : sequence of int
        Clean qubits, `num_comparison_work` of them, or one less without a control.
    below : bool
        Whether k < bound is asked, or k >= bound.
    """

    def __init__(
        self,
        register: Sequence[int],
        bound: int,
        control: int | None,
        work: Sequence[int],
        *,
        below: bool = True,
    ) -> None:
        free, lowest = iter(work), (bound & -bound).bit_length() - 1
        less: _Bit = (register[lowest], 0)
        self._products: list[tuple[_Bit, _Bit, int]] = []
        for b in range(lowest + 1, len(register)):
            one, target = bound >> b & 1, next(free)
            # Not less, if the bit of the bound is 1, is (k_b = 1 and not less so far).
            self._products.append(((register[b], one), (less[0], less[1] ^ one), target))
            less = (target, 1 - one)
        if control is None:
            self.result, self._value = less[0], less[1] ^ (not below)
            return
        self.result, self._value = next(free), 1
        self._products.append(((control, 1), (less[0], less[1] ^ (not below)), self.result))

    def compute(self, circuit: QuantumCircuit) -> None:
        """Write the result on its clean qubit."""
        for product in self._products:
            _product(circuit, *product)
        if not self._value:
            circuit.x(self.result)

    def uncompute(self, circuit: QuantumCircuit) -> None:
        """Clean all qubits again."""
        if not self._value:
            circuit.x(self.result)
        for product in reversed(self._products):
            _product(circuit, *product)


def num_comparison_work(num_qubits: int, bound: int) -> int:
    """Clean qubits of a `Comparison` of a register with the bound."""
    return num_qubits - (bound & -bound).bit_length() + 1


def carry_increment(
    circuit: QuantumCircuit,
    register: Sequence[int],
    control: int,
    work: Sequence[int],
    overflow: Callable[[int], None] | None = None,
) -> None:
    """Add 1 modulo 2**len(register) where the control is 1, by carries on clean qubits.

    Parameters
    ----------
    work : sequence of int
        len(register) - 1 clean qubits, one more with `overflow`.
    overflow : callable, optional
        Called with a qubit that is 1 where the register held only ones.
    """
    carries = [control]
    for bit, carry in zip(register, work[: len(register) - (overflow is None)], strict=False):
        clean_and(circuit, carries[-1], bit, carry)
        carries.append(carry)
    if overflow is not None:
        overflow(carries[-1])
        clean_and(circuit, carries[-2], register[-1], carries.pop())
    for b in range(len(register) - 1, -1, -1):
        circuit.cx(carries[b], register[b])
        if b:
            clean_and(circuit, carries[b - 1], register[b - 1], carries[b])


def _product(circuit: QuantumCircuit, first: _Bit, second: _Bit, target: int) -> None:
    zeros = [qubit for qubit, value in (first, second) if not value]
    if zeros:
        circuit.x(zeros)
    clean_and(circuit, first[0], second[0], target)
    if zeros:
        circuit.x(zeros)
