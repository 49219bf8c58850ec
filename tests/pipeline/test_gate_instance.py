"""The gate-level instance of a run."""

from __future__ import annotations

import pytest

import qgd
from qgd.pipeline.gate_instance import gate_instance
from qgd.pipeline.train import train
from qgd.problem.zoo import zoo

PROBLEM = zoo()["logistic-classification"]


@pytest.mark.parametrize(
    "solver", [qgd.QSVT(), qgd.LCU(), qgd.FourierLCU(), qgd.HHL()], ids=lambda s: type(s).__name__
)
def test_circuit_agrees_with_the_emulation(solver: qgd.LinearSolver) -> None:
    result = train(
        PROBLEM.loss,
        PROBLEM.start,
        learning_rate=0.4,
        num_steps=4,
        tolerance=0.02,
        order=2,
        solver=solver,
    )
    gate = gate_instance(result.rounds[0])
    assert gate is not None
    assert gate.deviation < 1e-10
    assert gate.circuit.num_qubits <= 12
    assert gate.order >= 2 or not isinstance(solver, qgd.QSVT)


def test_direct_solver_has_no_circuit() -> None:
    result = train(
        PROBLEM.loss,
        PROBLEM.start,
        learning_rate=0.4,
        num_steps=4,
        tolerance=0.05,
        solver=qgd.Direct(),
    )
    assert gate_instance(result.rounds[0]) is None
