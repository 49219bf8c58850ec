"""What is given by its matrix is found at any depth."""

from __future__ import annotations

import numpy as np
import pytest
from inversions import small_history
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import StatePreparation, UnitaryGate
from scipy.sparse import csr_array
from strategies import DenseSystem

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


SOLVERS = [
    qgd.QSVT(0.5), qgd.LCU(1.0), qgd.FourierLCU(1.0), qgd.HHL(num_clock=4),
    qgd.KernelReflection(2.0, norm=1.0),
]  # fmt: skip


def one_step(entries: int, structure: str, order: int = 1) -> qgd.EncodedSystem:
    """One step of a map that is neither symmetric nor a stencil, from zero."""
    turn = 0.1 * np.random.default_rng(0).normal(size=(entries, entries))
    step = qgd.carleman(qgd.PolynomialMap([0.1 * np.ones(entries), turn]), order)
    return qgd.encode(qgd.history_system(step, np.zeros(entries), 1, 0), structure=structure)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("order", [1, 2])
def test_small_circuits_of_all_solvers_are_at_gate_level(solver, order):
    qgd.check_gate_level(solver.circuit(small_history(order, 1, 0)))


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("structure", ["dilation", "structured"])
def test_circuits_of_a_step_of_more_than_sixteen_entries_are_at_gate_level(solver, structure):
    system = one_step(17, structure)
    assert system.encoding.num_system >= 6
    circuit = solver.circuit(system)
    assert circuit.num_qubits > 6 + 3
    qgd.check_gate_level(circuit)


@pytest.mark.parametrize(
    ("solver", "num_qubits", "symmetric"),
    [
        (qgd.FourierLCU(1.0), 5, False), (qgd.FourierLCU(1.0), 6, True),
        (qgd.HHL(num_clock=3), 5, True), (qgd.HHL(num_clock=3), 6, False),
        (qgd.HHL(num_clock=3), 7, True),
    ],
)  # fmt: skip
def test_evolutions_of_dense_systems_are_at_gate_level(solver, num_qubits, symmetric):
    A = np.random.default_rng(0).normal(size=(2**num_qubits, 2**num_qubits))
    A = np.eye(len(A)) + 0.1 * (A + A.T if symmetric else A) / len(A) ** 0.5
    circuit = solver.circuit(qgd.encode(DenseSystem(csr_array(A), np.ones(len(A)), 2.0)))
    assert max(opaque_gates(circuit).values()) == min(6, num_qubits)
    qgd.check_gate_level(circuit)


def test_lchs_of_a_flow_of_more_than_sixteen_entries_is_at_gate_level():
    rates = -np.eye(17) + 0.1 * np.random.default_rng(0).normal(size=(17, 17))
    flow = qgd.carleman(qgd.PolynomialSystem([np.zeros(17), rates]), 1)
    qgd.check_gate_level(qgd.LCHS(0.5).circuit(qgd.encode_flow(flow, np.ones(17), 0.1)))


def test_index_preparation_of_many_chebyshev_terms_holds_no_matrix():
    circuit = qgd.LCU(1e-6, kappa=20).circuit(small_history(1, 1, 0))
    assert circuit.num_qubits >= 5 + 7  # more than 64 terms
    qgd.check_gate_level(circuit)


@pytest.mark.parametrize(("entries", "piece"), [(16, 4), (17, 5), (64, 6), (65, 6)])
def test_a_dilated_step_is_made_of_pieces_of_the_system_alone(entries, piece):
    # Neither the ancilla nor the control that says when the step acts.
    assert opaque_gates(one_step(entries, "dilation").encoding.circuit) == {"U_C": piece}


def test_the_named_remedy_brings_a_circuit_to_gate_level():
    with pytest.raises(ValueError, match=r"write it in gates, with qiskit\.transpile") as refused:
        qgd.check_gate_level(nested(7))
    call = str(refused.value).split("with qiskit.")[1].split(" or by hand")[0]
    qgd.check_gate_level(eval(call, {"transpile": transpile, "circuit": nested(7)}))
