"""The gate-level instance of a run."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qgd
from qgd.pipeline import gate_instance as module
from qgd.pipeline.gate_instance import gate_instance
from qgd.pipeline.train import Round, train
from qgd.problem.zoo import zoo

PROBLEM = zoo()["logistic-classification"]


def trained(solver: qgd.LinearSolver, num_steps: int = 4) -> Round:
    return train(
        PROBLEM.loss,
        PROBLEM.start,
        learning_rate=0.4,
        num_steps=num_steps,
        tolerance=0.02,
        order=2,
        solver=solver,
    ).rounds[0]


@pytest.mark.parametrize(
    "solver", [qgd.QSVT(), qgd.LCU(), qgd.FourierLCU(), qgd.HHL()], ids=lambda s: type(s).__name__
)
def test_circuit_agrees_with_the_emulation(solver: qgd.LinearSolver) -> None:
    gate = gate_instance(trained(solver))
    assert gate is not None
    assert gate.deviation < 1e-10
    assert gate.circuit.num_qubits <= 12
    qgd.check_gate_level(gate.circuit)
    assert gate.order >= 2 or not isinstance(solver, qgd.QSVT)


def test_direct_solver_has_no_circuit() -> None:
    assert gate_instance(trained(qgd.Direct())) is None


def test_instance_is_no_longer_than_the_run() -> None:
    gate = gate_instance(trained(qgd.QSVT(), num_steps=1))
    assert gate is not None
    assert gate.num_steps == 1


def test_circuit_with_an_opaque_unitary_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = qgd.HHL.circuit

    def opaque(self: qgd.HHL, system: qgd.EncodedSystem) -> QuantumCircuit:
        circuit = kept(self, system)
        circuit.unitary(np.eye(2**7), range(7), label="opaque")
        return circuit

    monkeypatch.setattr(qgd.HHL, "circuit", opaque)
    with pytest.raises(ValueError, match="above 6 qubits, got 'opaque' on 7"):
        gate_instance(trained(qgd.HHL()))


def test_circuit_that_disagrees_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    original = module.run_circuit
    monkeypatch.setattr(module, "run_circuit", lambda *a: original(*a) + 1e-9)
    with pytest.raises(RuntimeError, match=r"must agree to 1e-10, got 1\.0e-09"):
        gate_instance(trained(qgd.QSVT()))
