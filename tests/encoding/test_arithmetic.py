"""Sums, comparisons and one-hot codes on basis states, with clean work qubits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qgd.encoding.arithmetic import (
    add,
    flag_of_code,
    flip_if_ones,
    flip_on_carry,
    one_hot,
    write,
)


def assert_permutes(circuit: QuantumCircuit, num_used: int, target) -> None:
    """On clean work qubits, above the used ones, |i> goes to |target(i)>."""
    U = Operator(circuit).data
    for i in range(2**num_used):
        assert_allclose(U[:, i], np.eye(len(U))[target(i)], atol=1e-12)


@pytest.mark.parametrize("q", [1, 2, 3])
def test_add_adds_modulo_the_size_of_the_register(q):
    circuit = QuantumCircuit(3 * q - 1)
    add(circuit, range(q), range(q, 2 * q), range(2 * q, 3 * q - 1))
    size = 2**q
    assert_permutes(circuit, 2 * q, lambda i: i % size + size * ((i % size + i // size) % size))


@pytest.mark.parametrize("q", [1, 2, 3])
def test_carry_compares(q):
    circuit = QuantumCircuit(3 * q + 1)
    flip_on_carry(circuit, range(q), range(q, 2 * q), 2 * q, range(2 * q + 1, 3 * q + 1))
    size = 2**q

    def target(i: int) -> int:
        addend, register = i % size, i // size % size
        return i ^ (size * size if addend and register >= size - addend else 0)

    assert_permutes(circuit, 2 * q + 1, target)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_flip_needs_all_ones(count):
    circuit = QuantumCircuit(count + 1 + max(0, count - 2))
    flip_if_ones(circuit, range(count), count, range(count + 1, circuit.num_qubits))
    ones = 2**count - 1
    assert_permutes(circuit, count + 1, lambda i: i ^ (2**count if i & ones == ones else 0))


@pytest.mark.parametrize("rooted", [False, True])
@pytest.mark.parametrize("num_flags", [1, 2, 3, 4, 5])
def test_one_hot_sets_the_flag_of_the_code_and_its_inverse_clears_it(num_flags, rooted):
    bits = (num_flags - 1).bit_length()
    used = bits + rooted
    circuit = QuantumCircuit(used + num_flags)
    root = bits if rooted else None
    one_hot(circuit, range(bits), root, range(used, used + num_flags))

    def target(i: int) -> int:
        on = not rooted or i >> bits & 1
        return i | (1 << used + flag_of_code(i % 2**bits, num_flags) if on else 0)

    assert_permutes(circuit, used, target)
    assert_permutes(circuit.compose(circuit.inverse()), used, lambda i: i)
    assert [flag_of_code(t, num_flags) for t in range(num_flags)] == list(range(num_flags))


def test_write_is_controlled():
    circuit = QuantumCircuit(4)
    write(circuit, 0, 0b101, range(1, 4))
    assert_permutes(circuit, 4, lambda i: i ^ (0b1010 if i & 1 else 0))
