"""Formulas for multiplexed rotations agree with compiled circuits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import DiagonalGate, UCRYGate, UCRZGate
from strategies import fewer, seeds

from qgd.encoding.state_preparation import real_state_preparation
from qgd.resources.gate_counts import count_gates
from qgd.resources.multiplexers import diagonal_gates, multiplexed_gates, preparation_gates


@fewer(2)
@given(st.integers(1, 4), seeds(), st.booleans(), st.sampled_from([UCRYGate, UCRZGate]))
def test_rotations_are_those_of_the_compiled_gate(m, seed, symmetric, gate):
    angles = np.random.default_rng(seed).uniform(0.1, 3, 2**m)
    angles = angles + angles[::-1] if symmetric else angles
    circuit = QuantumCircuit(m + 1)
    circuit.append(gate([float(a) for a in angles]), range(m + 1))
    found, whole = multiplexed_gates(angles), count_gates(circuit)
    assert (found.rotations, found.t_gates) == (whole.rotations, whole.t_gates)
    assert found.cx == whole.cx


def test_angles_that_need_no_synthesis_are_told_apart():
    circuit = QuantumCircuit(2)
    circuit.append(UCRZGate([np.pi / 2, np.pi]), [0, 1])
    found, whole = multiplexed_gates(np.array([np.pi / 2, np.pi])), count_gates(circuit)
    assert (found.rotations, found.t_gates) == (whole.rotations, whole.t_gates) == (0, 2)


@pytest.mark.parametrize("m", [1, 2, 4])
def test_preparations_and_diagonals_are_those_of_their_circuits(m):
    rng = np.random.default_rng(m)
    vector = rng.normal(size=2**m)
    vector /= np.linalg.norm(vector)
    found, whole = preparation_gates(vector), count_gates(real_state_preparation(vector))
    assert (found.rotations, found.cx) == (whole.rotations, whole.cx)
    phases = np.exp(1j * rng.uniform(0, 3, 2**m))
    circuit = QuantumCircuit(m)
    circuit.append(DiagonalGate(list(phases)), range(m))
    found, whole = diagonal_gates(phases), count_gates(circuit)
    assert (found.rotations, found.cx) == (whole.rotations, whole.cx)
