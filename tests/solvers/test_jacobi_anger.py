"""Rotations that turn powers of a walk into an evolution."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qgd.solvers.jacobi_anger import (
    GAIN,
    evolution_length,
    evolution_phases,
    evolution_series,
)


def response(phases, z: np.ndarray) -> np.ndarray:
    """<0| rotations and powers of z |1>, by plain products."""
    state = np.zeros((len(z), 2), dtype=complex)
    state[:, 1] = 1
    state = state @ phases.rotation(0).T
    for k in range(1, phases.num_steps + 1):
        state[:, 0] *= z if k % 2 else 1
        state[:, 1] *= 1 if k % 2 else 1 / z
        state = state @ phases.rotation(k).T
    return state[:, 0]


@pytest.mark.parametrize("time", [0.0, 0.3, 4.0, 60.0, 700.0])
@pytest.mark.parametrize("tail", [1e-3, 1e-13])
def test_response_is_the_evolution_up_to_the_tail(time, tail):
    angle = np.linspace(0, 2 * np.pi, 101)
    phases = evolution_phases(time, tail)
    found = response(phases, np.exp(1j * angle)) / GAIN
    assert np.abs(found - np.exp(-1j * time * np.cos(angle))).max() <= phases.tail + 1e-12
    assert phases.tail <= max(tail, 1e-14)


@pytest.mark.parametrize("time", [0.0, 1.5, 30.0])
def test_series_is_the_evolution_in_chebyshev_polynomials(time):
    degree, tail = evolution_length(time, 1e-10)
    x = np.linspace(-1, 1, 51)
    found = chebyshev.chebval(x, evolution_series(time, degree))
    assert np.abs(found - np.exp(-1j * time * x)).max() <= tail + 1e-13


def test_length_grows_with_the_time_and_little_with_the_accuracy():
    lengths = [evolution_length(100.0, 10.0**-k)[0] for k in (3, 6, 12)]
    assert 100 < lengths[0] < lengths[1] < lengths[2] < 160


def test_length_of_a_long_time_is_little_more_than_the_time():
    for time in (1e4, 1e6, 1e8):  # (time / 2)^degree overflows
        degree, tail = evolution_length(time, 1e-6)
        assert tail <= 1e-6
        assert degree <= time + 12 * time ** (1 / 3)


def test_rotation_of_the_circuit_is_the_matrix():
    phases = evolution_phases(2.0, 1e-6)
    for k in range(phases.num_steps + 1):
        circuit = QuantumCircuit(1)
        phases.rotate(circuit, k, 0)
        assert np.abs(Operator(circuit).data - phases.rotation(k)).max() < 1e-14
