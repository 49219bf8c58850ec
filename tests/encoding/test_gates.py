"""Small gates: a sign and a product of bits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qgd.encoding.gates import clean_and, negate_ones


@pytest.mark.parametrize("count", [1, 2, 3])
def test_negate_ones_changes_one_sign(count):
    circuit = QuantumCircuit(count)
    negate_ones(circuit, range(count))
    diagonal = np.ones(2**count)
    diagonal[-1] = -1
    assert_allclose(Operator(circuit).data, np.diag(diagonal), atol=1e-12)


def test_clean_and_computes_a_product_and_uncomputes_it():
    circuit = QuantumCircuit(3)
    clean_and(circuit, 0, 1, 2)
    U = Operator(circuit).data
    for first, second in itertools.product((0, 1), repeat=2):
        inputs = first + 2 * second
        assert_allclose(U[:, inputs], np.eye(8)[inputs + 4 * first * second], atol=1e-14)
    assert_allclose(U @ U, np.eye(8), atol=1e-14)
    assert circuit.count_ops()["cx"] == 3
