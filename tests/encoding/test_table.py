"""Tables as arrays: the closed form of the tree of their addresses is what recursion visits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd.encoding.table import Table, Visits


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[int, int], int, int]:
    """Words by address, address bits, word bits; few different words, so that blocks are equal."""
    bits, word_bits = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    words = st.integers(1, draw(st.integers(1, 2**word_bits - 1)))
    addresses = st.integers(0, 2**bits - 1)
    return draw(st.dictionaries(addresses, words, max_size=2**bits)), bits, word_bits


def visited(words: dict[int, int], bits: int) -> tuple[int, int, int, set[int], int]:
    """Branchings, forks, bits written, levels and depth of the last path, by walking the tree."""
    if not words:
        return 0, 0, 0, set(), 0
    if len(words) == 2**bits and len(set(words.values())) == 1:
        return 0, 0, next(iter(words.values())).bit_count(), set(), 0
    half = 2 ** (bits - 1)
    low = visited({a: w for a, w in words.items() if a < half}, bits - 1)
    high = visited({a - half: w for a, w in words.items() if a >= half}, bits - 1)
    fork = any(a < half for a in words)
    last = high if any(a >= half for a in words) else low
    return (
        1 + low[0] + high[0],
        fork + low[1] + high[1],
        low[2] + high[2],
        {bits} | low[3] | high[3],
        1 + last[4],
    )


@given(tables(), st.data())
def test_visits_are_those_of_a_walk_through_the_tree(table, data):
    words, bits, word_bits = table
    k = data.draw(st.integers(0, bits))
    joined: dict[int, int] = {}
    for address, word in words.items():
        place = (address & 2**k - 1) * word_bits
        joined[address >> k] = joined.get(address >> k, 0) | word << place
    *counts, levels, last = visited(joined, bits - k)
    assert Table.of(words, bits, word_bits).visits(k) == Visits(*counts, len(levels), last)


def test_long_addresses_are_counted_without_rounding():
    """Neighbours on both sides of a power of two differ in all bits below it."""
    near = 2**60
    table = Table.of({near - 1: 1, near: 1}, 61, 1)
    assert table.visits(0) == Visits(branchings=121, forks=61, writes=2, levels=61, last=61)


def test_words_join_their_fields():
    fields = np.array([1, 2]), np.array([3, 0])
    table = Table(np.array([4, 9]), fields, address_bits=4, widths=(2, 5))
    assert table.words() == [1 | 3 << 2, 2]
    assert table.word_bits == 7
    assert table.visits(0).writes == 4


def test_addresses_of_more_than_62_bits_are_refused():
    with pytest.raises(ValueError, match="at most 62 bits for an address of its table, got 63"):
        Table.of({1: 1}, 63, 1)


@pytest.mark.parametrize(
    ("addresses", "words", "message"),
    [
        ([2, 1], [0, 0], "`addresses` must ascend"),
        ([1, 1], [0, 0], "`addresses` must ascend"),
        ([-1, 1], [0, 0], "`addresses` must be 2 numbers of 2 bits"),
        ([1, 4], [0, 0], "`addresses` must be 2 numbers of 2 bits, from 0 on, got .* up to 4"),
        ([1, 3], [0, 8], "`fields.0.` must be 2 numbers of 3 bits, from 0 on, got .* up to 8"),
        ([1, 3], [0], "`fields.0.` must be 2 numbers"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(
    addresses: list[int], words: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Table(np.array(addresses), (np.array(words),), 2, (3,))
