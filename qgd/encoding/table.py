"""Words by address as arrays, and what reading them in turn takes, without a circuit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgd.core.arrays import IntArray

BoolArray = NDArray[np.bool_]

MAX_BITS = 62  # of an address, and of each field of a word


@dataclass(frozen=True)
class Visits:
    """Work of one unary iteration over a table.

    Parameters
    ----------
    branchings : int
        Nodes of the tree of the listed addresses, subtrees of one word apart.
    forks : int
        Those of them with an address whose next bit is 0.
    writes : int
        Bits written in all: the ones of the words at the leaves.
    levels : int
        Address bits at which there is a branching.
    last : int
        Branchings on the way to the last address.
    """

    branchings: int
    forks: int
    writes: int
    levels: int
    last: int


@dataclass(frozen=True, eq=False)
class Table:
    """Words of several fields, the first the least significant; addresses not listed hold 0.

    Parameters
    ----------
    addresses : ndarray of int64
        Ascending, below 2**address_bits.
    fields : tuple of ndarray of int64
        One array of the length of `addresses` for each field.
    address_bits : int
        Size of an address, at most 62.
    widths : tuple of int
        Bits of each field, at most 62.

    Raises
    ------
    ValueError
        If an address or a field would need more than 62 bits, addresses do not ascend, or a number
        does not fit its bits.
    """

    addresses: IntArray
    fields: tuple[IntArray, ...]
    address_bits: int
    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        most = max(self.address_bits, *self.widths)
        if most > MAX_BITS:
            raise ValueError(
                f"`matrix` must need at most {MAX_BITS} bits for an address of its table, got "
                f"{most}; encode fewer variables or a lower degree"
            )
        if not (self.addresses[1:] > self.addresses[:-1]).all():
            raise ValueError("`addresses` must ascend, each once; sort them with their fields")
        named = zip((self.addresses, *self.fields), (self.address_bits, *self.widths), strict=True)
        for place, (numbers, width) in enumerate(named):
            if numbers.shape != self.addresses.shape or (numbers >> width).any():
                name = f"fields[{place - 1}]" if place else "addresses"
                raise ValueError(
                    f"`{name}` must be {len(self.addresses)} numbers of {width} bits, from 0 on, "
                    f"got shape {numbers.shape} and numbers up to {numbers.max(initial=0)}"
                )

    @classmethod
    def of(cls, words: Mapping[int, int], address_bits: int, word_bits: int) -> Table:
        """From words of one field by address."""
        addresses = sorted(words)
        values = np.array([words[a] for a in addresses], dtype=np.int64)
        return cls(np.array(addresses, dtype=np.int64), (values,), address_bits, (word_bits,))

    @property
    def word_bits(self) -> int:
        """Bits of a word."""
        return sum(self.widths)

    def words(self) -> list[int]:
        """The words as integers, in the order of the addresses."""
        found, place = [0] * len(self.addresses), 0
        for values, width in zip(self.fields, self.widths, strict=True):
            found = [w | int(v) << place for w, v in zip(found, values, strict=True)]
            place += width
        return found

    def visits(self, swap_bits: int) -> Visits:
        """Count an iteration over the high bits, with the words of 2**swap_bits addresses joined.

        A node at bit b is a run of addresses that agree above it: one run, and one more for each
        pair of neighbours whose highest difference d lies above b. Aligned blocks of one word are
        no branchings.
        """
        bits = self.address_bits - swap_bits
        if not len(self.addresses):
            return Visits(0, 0, 0, 0, 0)
        high = self.addresses >> swap_bits
        starts = np.flatnonzero(np.diff(high, prepend=-1))
        groups = high[starts]
        ones = sum(np.bitwise_count(field).astype(np.int64) for field in self.fields)
        ones = np.add.reduceat(ones, starts)
        differ = _bit_length(groups[1:] ^ groups[:-1]) - 1
        below = ~groups[1:] & (np.left_shift(np.int64(1), differ) - 1)
        zeros = bits - int(np.bitwise_count(groups[0])) + int(np.bitwise_count(below).sum())
        repeated = self._repeats(starts, groups, swap_bits)
        first = np.flatnonzero(~repeated)
        lengths = np.diff(first, append=len(groups))
        long = np.flatnonzero(lengths > 1)
        blocks = _aligned_blocks(groups[first[long]], lengths[long], bits)
        leaves, constant = lengths.copy(), blocks.sum(axis=0)
        leaves[long] -= blocks.sum(axis=1)
        runs = [1 + int((differ > b).sum()) for b in range(bits)]
        end = int(groups[-1]) + 1
        whole = [b for b in range(bits) if end % 2 ** (b + 1) == 0 and lengths[-1] >> b + 1]
        return Visits(
            sum(runs) - int(constant.sum()),
            zeros - int(constant.sum()),
            int((leaves * ones[first]).sum()),
            sum(run > int(block) for run, block in zip(runs, constant, strict=True)),
            bits - len(whole),
        )

    def _repeats(self, starts: IntArray, groups: IntArray, swap_bits: int) -> BoolArray:
        """Whether the joined words of a group are those of the group before, its neighbour."""
        sizes = np.diff(starts, append=len(self.addresses))
        alike = np.zeros(len(groups), dtype=bool)
        alike[1:] = (np.diff(groups) == 1) & (sizes[1:] == sizes[:-1])
        here = np.flatnonzero(np.repeat(alike, sizes))
        there = here - np.repeat(sizes, sizes)[here]
        equal = np.ones(len(self.addresses), dtype=bool)
        for column in (self.addresses & 2**swap_bits - 1, *self.fields):
            equal[here] &= column[here] == column[there]
        found: BoolArray = alike & np.logical_and.reduceat(equal, starts)
        return found


def _bit_length(values: IntArray) -> IntArray:
    """Position of the highest one, counted from 1."""
    smeared = values.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        smeared |= smeared >> shift
    return np.bitwise_count(smeared).astype(np.int64)


def _aligned_blocks(starts: IntArray, lengths: IntArray, bits: int) -> IntArray:
    """Aligned blocks of 2, 4, ..., 2**bits in each interval, those in larger ones included."""
    found = np.zeros((len(starts), bits), dtype=np.int64)
    ends = starts + lengths
    for b in range(1, bits + 1):
        found[:, b - 1] = np.maximum(0, (ends >> b) - (starts + 2**b - 1 >> b))
    return found
