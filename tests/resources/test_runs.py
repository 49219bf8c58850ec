"""A run that is counted part by part costs what its circuit costs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import qgd
from qgd.core.bound import Kind
from qgd.core.resources import GateCount
from qgd.resources.gate_counts import count_gates, t_count
from qgd.resources.instance import Instance
from qgd.resources.runs import amplification, count_run

STEP = qgd.PolynomialMap([[0.0], [[-0.3]], [[0.1]]])


def encoded(num_steps: int) -> tuple[qgd.EncodedSystem, float]:
    """A history with its structure, and the norm of its solution, for the judge."""
    history = qgd.history_system(qgd.carleman(STEP, 2), [0.5], num_steps, 0)
    z = np.linalg.solve(history.matrix.toarray(), history.rhs)
    return qgd.encode(history, structure="structured"), float(np.linalg.norm(z))


def solvers(epsilon: float, norm: float) -> list[qgd.LinearSolver]:
    return [qgd.QSVT(epsilon), qgd.LCU(epsilon), qgd.KernelReflection(epsilon, norm=norm)]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_counts_are_those_of_the_compiled_circuit(which):
    system, norm = encoded(1)
    solver = solvers(0.5, norm)[which]
    found, circuit = count_run(solver, Instance.of(system, norm)), solver.circuit(system)
    whole = count_gates(circuit)
    name = system.encoding.name
    labels = [step.operation.label or "" for step in circuit.data]
    assert found.calls == sum(label.startswith(name) for label in labels)
    assert found.gates.toffoli == whole.toffoli
    assert t_count(found.gates, 1e-2) == pytest.approx(t_count(whole, 1e-2), rel=0.02)
    # Alone, the NOTs of a call find more idle qubits to borrow than inside of a gate; and parts
    # one after another are deeper than a circuit.
    assert whole.cx - 12 * found.calls <= found.gates.cx <= whole.cx
    assert whole.depth <= found.gates.depth <= 1.25 * whole.depth
    assert circuit.num_qubits == system.encoding.num_qubits + found.qubits


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("num_steps", [2, 5])
def test_calls_qubits_and_success_are_those_of_a_run(which, num_steps):
    system, norm = encoded(num_steps)
    solver = solvers(1e-6, norm)[which]
    found, solved = count_run(solver, Instance.of(system, norm)), solver.prepare(system)
    assert found.calls == solved.cost.block_encoding_calls
    assert found.preparations == solved.cost.state_preparations
    assert found.qubits == solved.cost.qubits
    amplitude = math.sqrt(solved.state.success_probability)
    if isinstance(solver, qgd.KernelReflection):
        assert found.amplitude <= amplitude + 1e-6  # proved from below
    else:
        assert found.amplitude == pytest.approx(amplitude, rel=1e-4)


@pytest.mark.parametrize("make", [qgd.QSVT, qgd.LCU])
def test_the_gain_of_a_long_polynomial_continues_that_of_a_short_one(make, monkeypatch):
    system, norm = encoded(2)
    instance = Instance.of(system, norm)
    solver = make(1e-3, kappa=500.0)
    exact = count_run(solver, instance)
    monkeypatch.setattr("qgd.resources.runs._EXACT_DEGREE", 2001)
    guessed = count_run(solver, instance)
    assert (exact.kind, guessed.kind) == (Kind.PROVED, Kind.ESTIMATED)
    assert guessed.amplitude == pytest.approx(exact.amplitude, rel=1e-2)
    assert guessed.calls == exact.calls


def test_a_norm_search_is_counted_where_no_norm_is_given():
    system, norm = encoded(5)
    instance = Instance.of(system, norm)
    assert count_run(qgd.KernelReflection(1e-3, norm=norm), instance).preliminary_calls == 0
    searched = qgd.KernelReflection(1e-3, level="polynomial")
    found = count_run(searched, instance).preliminary_calls
    measured = searched.prepare(system).cost.preliminary_calls
    assert found > 0
    assert measured / 4 <= found <= 4 * measured


@pytest.mark.parametrize("amplitude", [1.0, 0.6, 0.1, 0.003])
def test_amplification_has_the_fewest_calls_per_success(amplitude):
    rounds, probability = amplification(amplitude)
    theta = math.asin(amplitude)
    costs = [(2 * m + 1) / math.sin((2 * m + 1) * theta) ** 2 for m in range(400)]
    assert costs[rounds] == pytest.approx(min(costs[: int(1 + 1.6 / theta)]))
    assert probability == pytest.approx(math.sin((2 * rounds + 1) * theta) ** 2)


def test_unknown_solvers_and_series_are_refused_with_a_remedy():
    system, norm = encoded(1)
    with pytest.raises(TypeError, match="`solver` must be QSVT, LCU or KernelReflection, got HHL"):
        count_run(qgd.HHL(), Instance.of(system, norm))
    with pytest.raises(ValueError, match="'optimal' to be counted, got 'cks'"):
        count_run(qgd.LCU(0.1, series="cks"), Instance.of(system, norm))


@pytest.mark.parametrize("which", [0, 1, 2])
def test_calls_do_not_need_the_gates(which, monkeypatch):
    system, norm = encoded(1)
    solver, instance = solvers(0.5, norm)[which], Instance.of(system, norm)
    wanted = count_run(solver, instance)
    monkeypatch.setattr("qgd.resources.runs.count_gates", None)  # no circuit is compiled
    assert count_run(solver, instance, gates=False) == replace(wanted, gates=GateCount())
