"""Small unitaries: reflections, signs, controls."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from strategies import vectors

from qgd.encoding.gates import clean_and, controlled, householder, negate_ones


@given(vectors(4).filter(lambda v: np.linalg.norm(v) > 1e-3))
def test_householder_is_symmetric_orthogonal_and_starts_with_the_vector(vector):
    unit = vector / np.linalg.norm(vector)
    H = householder(unit)
    assert_allclose(H @ H, np.eye(4), atol=1e-12)
    assert_allclose(H, H.T)
    assert_allclose(H[:, 0], unit, atol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_negate_ones_changes_one_sign(count):
    circuit = QuantumCircuit(count)
    negate_ones(circuit, range(count))
    diagonal = np.ones(2**count)
    diagonal[-1] = -1
    assert_allclose(Operator(circuit).data, np.diag(diagonal), atol=1e-12)


def test_controlled_adds_identities_in_front():
    wanted = np.eye(8)
    wanted[6:, 6:] = [[0, 1], [1, 0]]
    assert_allclose(controlled(np.array([[0.0, 1.0], [1.0, 0.0]]), 2), wanted)


def test_clean_and_computes_a_product_and_uncomputes_it():
    circuit = QuantumCircuit(3)
    clean_and(circuit, 0, 1, 2)
    U = Operator(circuit).data
    for first, second in itertools.product((0, 1), repeat=2):
        inputs = first + 2 * second
        assert_allclose(U[:, inputs], np.eye(8)[inputs + 4 * first * second], atol=1e-14)
    assert_allclose(U @ U, np.eye(8), atol=1e-14)
    assert circuit.count_ops()["cx"] == 3
