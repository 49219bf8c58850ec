"""Tables read by a circuit (QROM), with as much swapping of stored words as saves T gates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from qiskit import QuantumCircuit
from qiskit.circuit import Gate

from qgd.encoding.arithmetic import write
from qgd.encoding.gates import clean_and
from qgd.encoding.table import Table, Visits

_WRITTEN_OUT = 3000  # T gates up to which a circuit holds the gates themselves


@dataclass(frozen=True, eq=False)
class Lookup:
    """target ^= table[address], 0 for what is not listed.

    Directly, by unary iteration over the addresses, two products of bits for each branching; or by
    SelectSwap: the words of 2**k neighbouring addresses are read at once, the right one is swapped
    to the front and copied, and both is undone. A branching costs 8 T gates, 16 with swaps; a
    swap of two bits 8, there and back. `swap_bits` is the k with the fewest T gates.

    Parameters
    ----------
    table : Table
        Words by address.
    fixed_swap_bits : int, optional
        k, where it is not to be chosen.

    References
    ----------
    Low, Kliuchnikov, Schaeffer, arXiv:1812.00954, Theorem 1, for SelectSwap; Babbush et al.,
    arXiv:1805.03662, Fig. 5, for unary iteration.
    """

    table: Table
    fixed_swap_bits: int | None = None

    @property
    def address_bits(self) -> int:
        """Size of an address."""
        return self.table.address_bits

    @property
    def word_bits(self) -> int:
        """Size of a word."""
        return self.table.word_bits

    @cached_property
    def visits(self) -> Visits:
        """Of the iteration that is chosen."""
        return self.table.visits(self.swap_bits)

    @cached_property
    def swap_bits(self) -> int:
        """k, below 9: the least T gates, then the fewest work qubits."""
        if self.fixed_swap_bits is not None:
            return self.fixed_swap_bits
        return min(range(min(9, self.address_bits + 1)), key=self.t_count)

    def t_count(self, swap_bits: int) -> int:
        """T gates of one lookup as it is written; compilation cancels some between neighbours."""
        branchings = self.table.visits(swap_bits).branchings
        swaps = (2**swap_bits - 1) * self.word_bits
        return 8 * branchings if swap_bits == 0 else 16 * branchings + 8 * swaps

    @property
    def num_work(self) -> int:
        """Clean work qubits."""
        k = self.swap_bits
        return self.address_bits - k + (2**k * self.word_bits if k else 0)

    def append(
        self,
        circuit: QuantumCircuit,
        address: Sequence[int],
        target: Sequence[int],
        root: int,
        work: Sequence[int],
    ) -> None:
        """Read into the target where the root is 1; least significant qubits first.

        A long table becomes one `LookupGate`: its gates are there once its definition is asked
        for, and counted without.
        """
        if self.t_count(self.swap_bits) > _WRITTEN_OUT:
            used = [*address, *target, root, *work[: self.num_work]]
            circuit.append(LookupGate(self), used)
        else:
            self.write_out(circuit, address, target, root, work)

    def write_out(
        self,
        circuit: QuantumCircuit,
        address: Sequence[int],
        target: Sequence[int],
        root: int,
        work: Sequence[int],
    ) -> None:
        """`append`, gate by gate."""
        k = self.swap_bits
        high, nodes = address[k:], work[: self.address_bits - k]
        if k == 0:
            _read(circuit, *self._words(0), high, target, root, nodes)
            return
        store = work[self.address_bits - k : self.num_work]
        load = QuantumCircuit(circuit.num_qubits)
        _read(load, *self._words(k), high, store, root, nodes)
        for b in range(k - 1, -1, -1):
            for i in range(2**b * self.word_bits):
                _swap(load, address[b], store[i], store[i + 2**b * self.word_bits])
        circuit.compose(load, inplace=True)
        for source, qubit in zip(store, target, strict=False):
            circuit.cx(source, qubit)
        circuit.compose(load.inverse(), inplace=True)

    def _words(self, swap_bits: int) -> tuple[list[int], list[int]]:
        """Sorted high addresses, and the words below each of them as one long word."""
        joined: dict[int, int] = {}
        for address, word in zip(self.table.addresses.tolist(), self.table.words(), strict=True):
            place = (address & 2**swap_bits - 1) * self.word_bits
            high = address >> swap_bits
            joined[high] = joined.get(high, 0) | word << place
        return list(joined), list(joined.values())


class LookupGate(Gate):  # type: ignore[misc]  # Qiskit is untyped
    """A `Lookup` as one gate on address, word, root and work, written out when it is defined."""

    def __init__(self, lookup: Lookup, *, adjoint: bool = False) -> None:
        size = lookup.address_bits + lookup.word_bits + 1 + lookup.num_work
        super().__init__("lookup_dg" if adjoint else "lookup", size, [])
        self.lookup, self.adjoint = lookup, adjoint

    def _define(self) -> None:
        address, word = self.lookup.address_bits, self.lookup.word_bits
        circuit = QuantumCircuit(self.num_qubits)
        self.lookup.write_out(
            circuit,
            range(address),
            range(address, address + word),
            address + word,
            range(address + word + 1, self.num_qubits),
        )
        self.definition = circuit.inverse() if self.adjoint else circuit

    def inverse(self, annotated: bool = False) -> LookupGate:
        """The adjoint."""
        return LookupGate(self.lookup, adjoint=not self.adjoint)

    def __deepcopy__(self, memo: object = None) -> LookupGate:
        return LookupGate(self.lookup, adjoint=self.adjoint)  # tables are long, and never changed

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, LookupGate)
            and other.lookup is self.lookup
            and other.adjoint == self.adjoint
        )


def _read(
    circuit: QuantumCircuit,
    addresses: list[int],
    words: list[int],
    register: Sequence[int],
    target: Sequence[int],
    node: int,
    work: Sequence[int],
) -> None:
    if not addresses:
        return
    b = len(register) - 1
    if _constant(words, b):
        write(circuit, node, words[0], target)
        return
    half, bit, child = _half(addresses, b), register[b], work[b]
    if half:
        circuit.x(bit)
        clean_and(circuit, bit, node, child)
        circuit.x(bit)
        _read(circuit, addresses[:half], words[:half], register[:b], target, child, work)
        circuit.cx(node, child)
    else:
        clean_and(circuit, bit, node, child)
    _read(circuit, addresses[half:], words[half:], register[:b], target, child, work)
    clean_and(circuit, bit, node, child)


def _constant(words: list[int], b: int) -> bool:
    """Whether all 2**(b + 1) addresses are listed with one word."""
    return len(words) == 2 ** (b + 1) and all(word == words[0] for word in words)


def _half(addresses: list[int], b: int) -> int:
    """Where bit b becomes 1, among sorted addresses with equal higher bits."""
    return bisect_left(addresses, (addresses[0] >> b + 1 << b + 1) + 2**b)


def _swap(circuit: QuantumCircuit, control: int, first: int, second: int) -> None:
    """Swap up to a sign of a basis state, which the inverse takes back; 4 T gates."""
    circuit.cx(second, first)
    clean_and(circuit, control, first, second)
    circuit.cx(second, first)
