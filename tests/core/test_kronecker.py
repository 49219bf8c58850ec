"""Words and columns of Kronecker powers, against numpy.kron and enumeration."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import vectors, words

from qgd.core.kronecker import (
    check_word_space,
    index_word,
    kronecker_power,
    level_offsets,
    word_index,
)


@pytest.mark.parametrize(("n", "length"), [(1, 0), (1, 4), (2, 3), (3, 2), (5, 1), (4, 0)])
def test_words_are_numbered_in_the_order_of_the_kronecker_product(n, length):
    every = np.array(words(n, length)).reshape(n**length, length)
    np.testing.assert_array_equal(word_index(every, n), np.arange(n**length))
    np.testing.assert_array_equal(index_word(np.arange(n**length), n, length), every)


def test_first_letter_is_the_most_significant():
    assert word_index(np.array([2, 0, 1]), 3) == 2 * 9 + 0 * 3 + 1


@given(st.integers(1, 9), st.integers(1, 8), st.data())
def test_index_and_word_are_inverse(n, length, data):
    letters = np.array(data.draw(st.lists(st.integers(0, n - 1), min_size=length, max_size=length)))
    index = word_index(letters, n)
    np.testing.assert_array_equal(index_word(index, n, length), letters)


@given(st.integers(1, 3), st.integers(0, 4), st.data())
def test_entry_of_a_power_is_the_product_of_the_letters_of_its_word(n, power, data):
    x = data.draw(vectors(n, 2.0))
    expected = x[index_word(np.arange(n**power), n, power)].prod(axis=1)
    np.testing.assert_allclose(kronecker_power(x, power), expected, rtol=1e-13)


@given(vectors(3), st.integers(1, 4))
def test_power_is_the_repeated_kronecker_product(x, power):
    np.testing.assert_allclose(
        kronecker_power(x, power), functools.reduce(np.kron, [x] * power), rtol=1e-13
    )


def test_power_zero_is_one():
    np.testing.assert_array_equal(kronecker_power(np.array([3.0, 4.0]), 0), [1.0])


@pytest.mark.parametrize(("n", "order"), [(1, 4), (2, 3), (7, 2), (3, 1)])
def test_levels_start_where_the_concatenated_powers_start(n, order):
    powers = [kronecker_power(np.arange(1.0, n + 1), level) for level in range(1, order + 1)]
    lift, offsets = np.concatenate(powers), level_offsets(n, order)
    assert len(offsets) == order + 1
    assert offsets[-1] == len(lift)
    for level, power in enumerate(powers):
        np.testing.assert_array_equal(lift[offsets[level] : offsets[level + 1]], power)


def test_largest_words_with_an_index_round_trip_and_the_next_length_is_refused():
    letters = np.ones(62, dtype=np.int64)
    assert word_index(letters, 2) == 2**62 - 1
    np.testing.assert_array_equal(index_word(np.array(2**62 - 1), 2, 62), letters)
    with pytest.raises(OverflowError, match=re.escape("n = 2, k = 63; use a smaller degree")):
        check_word_space(2, 63)


@pytest.mark.parametrize(
    "call",
    [
        lambda: word_index(np.zeros((1, 20), dtype=np.int64), 10),
        lambda: index_word(np.zeros(1, dtype=np.int64), 10, 20),
        lambda: level_offsets(10, 19),
    ],
)
def test_words_without_an_index_are_refused_everywhere(call):
    with pytest.raises(OverflowError, match="n = 10, k = 20"):
        call()
