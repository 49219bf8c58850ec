"""Comparison with a constant, and increment, on every basis state."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qgd.encoding.comparison import Comparison, carry_increment, num_comparison_work


def images(circuit: QuantumCircuit, num_qubits: int) -> np.ndarray:
    """Where the basis states of the lowest qubits go, the others being clean."""
    columns = Operator(circuit).data[:, : 2**num_qubits]
    found = np.abs(columns).argmax(axis=0)
    assert_allclose(columns, np.eye(len(columns))[:, found], atol=1e-12)
    return found


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("has_control", [False, True])
@pytest.mark.parametrize("t", [1, 2, 3])
def test_result_says_whether_the_register_is_below_the_bound(t, has_control, below):
    for bound in range(1, 2**t):
        work = num_comparison_work(t, bound) - (not has_control)
        circuit = QuantumCircuit(t + 2 + work)
        control, output = t, t + 1
        wanted = Comparison(
            range(t), bound, control if has_control else None, range(t + 2, t + 2 + work),
            below=below,
        )  # fmt: skip
        wanted.compute(circuit)
        circuit.cx(wanted.result, output)
        wanted.uncompute(circuit)
        for state, image in enumerate(images(circuit, t + 2)):
            holds = (state % 2**t < bound) == below
            assert image == state ^ (2**output * (holds and (not has_control or state >> t & 1)))


@pytest.mark.parametrize("t", [1, 2, 3])
@pytest.mark.parametrize("overflows", [False, True])
def test_increment_counts_modulo_the_size_and_reports_the_overflow(t, overflows):
    circuit = QuantumCircuit(2 * t + 2)
    control, target, work = t, t + 1, range(t + 2, 2 * t + 2)
    seen = (lambda carry: circuit.cx(carry, target)) if overflows else None
    carry_increment(circuit, range(t), control, work[: t - 1 + overflows], seen)
    for state, image in enumerate(images(circuit, t + 2)):
        k, on = state % 2**t, state >> t & 1
        wanted = state - k + (k + on) % 2**t
        assert image == wanted ^ (2**target * (overflows and on and k == 2**t - 1))
