"""What is given by its matrix is found at any depth."""

from __future__ import annotations

import numpy as np
import pytest
from inversions import small_history
from qiskit import QuantumCircuit
from qiskit.circuit.library import StatePreparation, UnitaryGate

import qgd
from qgd.execution.gate_level import opaque_gates


def nested(width: int) -> QuantumCircuit:
    inner = QuantumCircuit(width)
    inner.append(UnitaryGate(np.eye(2**width), label="deep"), range(width))
    circuit = QuantumCircuit(width + 1)
    circuit.append(inner.to_gate().inverse(), range(width))
    return circuit


def test_nested_inverted_and_controlled_matrices_are_found():
    assert list(opaque_gates(nested(2)).values()) == [2]
    circuit = QuantumCircuit(3)
    circuit.append(UnitaryGate(np.eye(4), label="inner").control(1, annotated=False), range(3))
    assert max(opaque_gates(circuit).values()) >= 2
    circuit = QuantumCircuit(2)
    circuit.append(StatePreparation(np.array([0.6, 0.8, 0, 0])).inverse(), range(2))
    assert opaque_gates(circuit)
    circuit = QuantumCircuit(8)
    circuit.mcx(list(range(7)), 7)
    assert not opaque_gates(circuit)


def test_the_limit_is_exact():
    qgd.check_gate_level(nested(6))
    with pytest.raises(ValueError, match=r"above 6 qubits, got 'unitary' on 7"):
        qgd.check_gate_level(nested(7))
    with pytest.raises(ValueError, match="above 2 qubits"):
        qgd.check_gate_level(nested(3), 2)


@pytest.mark.parametrize(
    "solver",
    [
        qgd.QSVT(0.5), qgd.LCU(1.0), qgd.FourierLCU(1.0), qgd.HHL(num_clock=4),
        qgd.KernelReflection(2.0, norm=1.0),
    ],
    ids=lambda s: type(s).__name__,
)  # fmt: skip
@pytest.mark.parametrize("order", [1, 2])
def test_small_circuits_of_all_solvers_are_at_gate_level(solver, order):
    qgd.check_gate_level(solver.circuit(small_history(order, 1, 0)))


def test_index_preparation_of_many_chebyshev_terms_holds_no_matrix():
    circuit = qgd.LCU(1e-6, kappa=20).circuit(small_history(1, 1, 0))
    assert circuit.num_qubits >= 5 + 7  # more than 64 terms
    qgd.check_gate_level(circuit)


def test_a_dilated_step_of_more_than_sixteen_entries_is_not_and_the_check_says_so():
    # The step is one dense dilation: block, ancilla and the control that says when it acts.
    for n, widest in ((16, 6), (17, 7)):
        step = qgd.carleman(qgd.PolynomialMap([np.ones(n), 0.1 * np.eye(n)]), 1)
        circuit = qgd.encode(qgd.history_system(step, np.zeros(n), 1, 0)).encoding.circuit
        assert max(opaque_gates(circuit).values()) == widest
    with pytest.raises(ValueError, match="above 6 qubits, got 'U_C' on 7"):
        qgd.check_gate_level(circuit)
