"""Tables read by a circuit (QROM), with as much swapping of stored words as saves T gates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from qiskit import QuantumCircuit

from qgd.encoding.arithmetic import write
from qgd.encoding.gates import clean_and


@dataclass(frozen=True, eq=False)
class Lookup:
    """target ^= table[address], 0 for what is not listed.

    Directly, by unary iteration over the addresses, two products of bits for each branching; or by
    SelectSwap: the words of 2**k neighbouring addresses are read at once, the right one is swapped
    to the front and copied, and both is undone. A branching costs 8 T gates, 16 with swaps; a
    swap of two bits 8, there and back. `swap_bits` is the k with the fewest T gates.

    Parameters
    ----------
    table : mapping from int to int
        Words by address, without zeros.
    address_bits, word_bits : int
        Sizes of address and word.
    fixed_swap_bits : int, optional
        k, where it is not to be chosen.

    References
    ----------
    Low, Kliuchnikov, Schaeffer, arXiv:1812.00954, Theorem 1, for SelectSwap; Babbush et al.,
    arXiv:1805.03662, Fig. 5, for unary iteration.
    """

    table: Mapping[int, int]
    address_bits: int
    word_bits: int
    fixed_swap_bits: int | None = None

    @cached_property
    def swap_bits(self) -> int:
        """k, below 9: the least T gates, then the fewest work qubits."""
        if self.fixed_swap_bits is not None:
            return self.fixed_swap_bits
        return min(range(min(9, self.address_bits + 1)), key=self.t_count)

    def t_count(self, swap_bits: int) -> int:
        """T gates of one lookup."""
        branchings = _branchings(*self._words(swap_bits), self.address_bits - swap_bits - 1)
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
        """Read into the target where the root is 1; least significant qubits first."""
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
        for address, word in self.table.items():
            place = (address & 2**swap_bits - 1) * self.word_bits
            high = address >> swap_bits
            joined[high] = joined.get(high, 0) | word << place
        addresses = sorted(joined)
        return addresses, [joined[a] for a in addresses]


def _branchings(addresses: list[int], words: list[int], b: int) -> int:
    if not addresses or _constant(words, b):
        return 0
    half = _half(addresses, b)
    lower = _branchings(addresses[:half], words[:half], b - 1)
    return 1 + lower + _branchings(addresses[half:], words[half:], b - 1)


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
