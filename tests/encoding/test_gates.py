"""Small unitaries: reflections, signs, controls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from strategies import vectors

from qgd.encoding.gates import controlled, householder, negate_ones


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
