"""The isometry from a lifted vector into slots and level register."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from strategies import words

from qgd.encoding.carleman_registers import CarlemanRegisters


@given(st.integers(1, 5), st.integers(1, 3), st.booleans())
def test_each_word_is_written_letter_by_letter_into_the_slots(n, N, constant):
    registers = CarlemanRegisters(n, N, constant)
    q = registers.slot_qubits
    assert q == max(1, int(np.ceil(np.log2(n))))
    expected = []
    for code, j in enumerate(range(registers.first_level, N + 1)):
        for word in words(n, j):
            state = sum(letter << registers.slot(i + 1).start for i, letter in enumerate(word))
            expected.append(state + (code << (q * N)))
    assert_array_equal(registers.positions, expected)
    assert registers.dimension == len(expected)
    assert max(expected) < 2**registers.num_system


def test_slots_and_level_partition_the_system():
    registers = CarlemanRegisters(3, 4)
    qubits = itertools.chain(registers.level, *(registers.slot(i) for i in range(1, 5)))
    assert sorted(qubits) == list(range(registers.num_system))
    assert (registers.num_system, registers.level_qubits) == (4 * 2 + 2, 2)
    assert CarlemanRegisters(3, 4, constant=True).level_qubits == 3
    assert CarlemanRegisters(1, 1).num_system == 1


def test_padding_is_an_isometry_and_unpadding_its_adjoint():
    registers = CarlemanRegisters(3, 2)
    y = np.random.default_rng(0).normal(size=(2, registers.dimension))
    padded = registers.pad(y)
    assert_allclose(np.linalg.norm(padded, axis=1), np.linalg.norm(y, axis=1))
    assert_array_equal(registers.unpad(padded), y)


@pytest.mark.parametrize(("n", "N", "name"), [(0, 2, "num_variables"), (2, 0, "order")])
def test_sizes_below_one_are_refused(n, N, name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1, got 0"):
        CarlemanRegisters(n, N)
