"""Multiplexed rotations are block diagonal, whatever the size of their angles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.circuit.library import RYGate, RZGate
from qiskit.quantum_info import Operator
from scipy.linalg import block_diag
from strategies import vectors

from qgd.encoding.multiplexed_rotation import append_rotations


@pytest.mark.parametrize(("axis", "gate"), [("y", RYGate), ("z", RZGate)])
@given(st.integers(0, 3).flatmap(lambda n: vectors(2**n, 7.0)), st.sampled_from([1.0, 1e-10]))
def test_each_value_of_the_system_turns_the_target_by_its_angle(axis, gate, angles, scale):
    n = len(angles).bit_length() - 1
    circuit = QuantumCircuit(n + 1)
    append_rotations(circuit, axis, scale * angles, 0, range(1, n + 1))
    wanted = block_diag(*(gate(scale * a).to_matrix() for a in angles))
    assert_allclose(Operator(circuit).data, wanted, atol=1e-14)
    assert circuit.count_ops().get("cx", 0) == (2**n if n else 0)
