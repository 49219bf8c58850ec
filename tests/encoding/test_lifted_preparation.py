"""Lifted vectors in their registers, amplitudes and norm."""

from __future__ import annotations

import numpy as np
import pytest
from lifts import lifted
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qgd
from qgd.encoding.lifted_preparation import LiftedVector


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(
    ("v", "N", "levels"),
    [
        ([-0.7], 3, 3), ([0.0, -0.5], 2, 2), ([0.3, -0.5, 1.5], 3, 3), ([0.4, 0.2, 0, 0, -1], 2, 2),
        ([0.5, -0.5], 3, 1), ([0.5, -0.5], 4, 3), ([2.0, 1.0, 0.5], 1, 1), ([0.0, 0.0], 2, 2),
    ],
)  # fmt: skip
def test_state_and_norm_are_those_of_the_lifted_vector(v, N, levels, controlled):
    registers, vector = qgd.CarlemanRegisters(len(v), N), np.array(v)
    lift = LiftedVector(registers, vector, levels)
    expected = lifted(vector, registers, levels)
    assert lift.norm == pytest.approx(np.linalg.norm(expected), rel=1e-14, abs=0)
    n, work = registers.num_system, lift.num_work
    circuit = QuantumCircuit(n + work + 1)
    if controlled:
        circuit.x(n + work)
    lift.prepare(circuit, n + work if controlled else None, range(n, n + work))
    wanted = np.zeros((2, 2**work, 2**n))
    unit = expected / lift.norm if lift.norm else np.eye(1, 2**n)[0]
    wanted[int(controlled), 0] = unit
    assert_allclose(Statevector(circuit).data, wanted.ravel(), atol=1e-13)


def test_nothing_happens_where_the_control_is_zero():
    registers = qgd.CarlemanRegisters(3, 2)
    lift = LiftedVector(registers, np.array([-0.3, 0.0, 0.8]), 2)
    n, work = registers.num_system, lift.num_work
    circuit = QuantumCircuit(n + work + 1)
    lift.prepare(circuit, n + work, range(n, n + work))
    assert_allclose(Statevector(circuit).data[0], 1, atol=1e-13)
