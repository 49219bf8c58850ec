"""LCHS counted without its circuit costs what its circuit costs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import qgd
from qgd.core.bound import Kind
from qgd.encoding.flow import EncodedFlow
from qgd.encoding.structured_flow import structured_flow, structured_fold
from qgd.resources import evolutions
from qgd.resources.evolutions import count_evolution, plan_evolution
from qgd.resources.flow_instance import FlowInstance
from qgd.resources.gate_counts import count_gates, t_count

FREE = qgd.PolynomialSystem([[0.0], [[-1.0]], [[0.4]]])
FORCED = qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.3]]])
TERMS = [(-1.1, [0]), (0.5, [1]), (0.5, [-1]), (-0.4, [0, 1]), (0.4, [0, -1])]


def instance(flow: EncodedFlow, norm: float = 0.05) -> FlowInstance:
    return FlowInstance(flow, 1.0, norm, "test")


def free(order: int, time: float = 0.5) -> EncodedFlow:
    return structured_flow(qgd.carleman(FREE, order), [0.4], time)


def forced(order: int) -> EncodedFlow:
    return structured_flow(qgd.carleman(FORCED, order), [0.4], 0.5)


def fold() -> tuple[EncodedFlow, qgd.LCHS]:
    flow = structured_fold(qgd.carleman(FORCED, 1), [0.4], 0.5)
    return flow, qgd.LCHS(0.3, shift=flow.growth[1])


@pytest.mark.parametrize(
    ("flow", "solver"),
    [
        (free(2), qgd.LCHS(0.3)),
        (free(2, 1.5), qgd.LCHS(0.15)),
        (forced(1), qgd.LCHS(0.3)),
        (forced(2), qgd.LCHS(0.3)),
        fold(),
        (free(1), qgd.LCHS(0.5, qgd.LowSomma())),
    ],
    ids=["free", "longer", "small Duhamel", "Duhamel", "constant", "Low-Somma"],
)
def test_counts_are_those_of_the_compiled_circuit(flow, solver):
    circuit = solver.circuit(flow)
    assert circuit.num_qubits <= 24
    run, whole = count_evolution(solver, instance(flow)), count_gates(circuit)
    solved = solver.prepare(flow)
    assert run.calls == solved.cost.block_encoding_calls
    assert circuit.num_qubits == flow.encoding.num_qubits + run.qubits
    assert t_count(run.gates, 1e-2) == pytest.approx(t_count(whole, 1e-2), rel=0.02)
    assert run.gates.toffoli == whole.toffoli
    # The NOTs of a part alone find more idle qubits to borrow than inside of the circuit; and parts
    # one after another are deeper than a circuit.
    assert run.gates.cx == pytest.approx(whole.cx, rel=0.03)
    assert 0.95 * whole.depth <= run.gates.depth <= 1.25 * whole.depth


@pytest.mark.parametrize(
    ("flow", "solver"),
    [(free(1), qgd.LCHS(0.5, qgd.LowSomma())), (forced(2), qgd.LCHS(0.3))],
    ids=["mostly multiplexers", "two starts"],
)
def test_multiplexers_that_are_not_compiled_change_little(flow, solver, monkeypatch):
    monkeypatch.setattr(evolutions, "_WRITTEN", 9)
    compiled = count_evolution(solver, instance(flow)).gates
    monkeypatch.setattr(evolutions, "_WRITTEN", 0)
    by_formula = count_evolution(solver, instance(flow)).gates
    assert by_formula != compiled  # they meet their neighbours
    assert by_formula.rotations == pytest.approx(compiled.rotations, rel=0.03)
    assert by_formula.cx == pytest.approx(compiled.cx, rel=0.03)
    assert by_formula.toffoli == compiled.toffoli


def test_amplitude_is_that_of_level_one_in_a_run():
    flow, solver = free(2), qgd.LCHS(1e-3, level="polynomial")
    solved = solver.prepare(flow)
    norm = abs(solved.state.solution[0])
    run = count_evolution(solver, instance(flow, norm))
    assert run.amplitude == pytest.approx(abs(solved.state.amplitudes[0]), rel=1e-9)


@pytest.mark.parametrize("epsilon", [1e-1, 1e-3])
def test_a_longer_time_continues_the_rule_of_a_shorter_one(epsilon, monkeypatch):
    flow = replace(free(1), interval=(-2.0, -1.0), time=30.0)
    monkeypatch.setattr(evolutions, "_LONGEST", 30.0)
    exact = plan_evolution(qgd.LCHS(epsilon), flow)
    monkeypatch.setattr(evolutions, "_LONGEST", 15.0)
    guessed = plan_evolution(qgd.LCHS(epsilon), flow)
    assert (exact.kind, guessed.kind) == (Kind.PROVED, Kind.ESTIMATED)
    assert guessed.num_branches == exact.num_branches
    assert guessed.index == exact.index
    work = guessed.calls * guessed.weight
    assert work == pytest.approx(exact.calls * exact.weight, rel=0.15)


def test_what_would_be_built_is_what_is_estimated():
    found = qgd.estimate_resources(
        FREE, [0.4], 4, step_size=0.1, order=2, solver=qgd.LCHS(), amplify=False,
        relative_error=0.5,
    )  # fmt: skip
    assert found.kappa is None
    flow = free(2, 0.4)
    epsilon = 0.25 * 0.4 / qgd.LCHS().unit(flow)
    exact = float(np.linalg.norm(qgd.integrate(FREE, [0.4], [0.0, 0.4]).final))
    solver = qgd.LCHS(epsilon * exact / 0.4)
    circuit = solver.circuit(flow)
    calls = solver.prepare(flow).cost.block_encoding_calls
    assert found.resources.block_encoding_calls == calls
    assert found.resources.qubits == circuit.num_qubits + 1
    assert found.t_count == pytest.approx(t_count(count_gates(circuit), 1e-2), rel=0.02)


def test_a_million_steps_of_two_to_the_thirty_variables_are_counted():
    heat = qgd.Stencil(2**30, [(-1.0, [0]), (0.5, [1]), (0.5, [-1])])
    start = qgd.SparseVector(np.array([5]), np.array([0.5]))
    found = qgd.estimate_resources(
        heat, start, 10**6, order="proved", step_size=0.1, solver=qgd.LCHS(), final_norm=0.01
    )
    assert found.order == 1
    assert found.budget["truncation"].value == 0
    assert found.resources.qubits > 30 + 20
    assert math.isfinite(found.total_t_count)


def test_calls_grow_with_the_time_and_not_with_the_number_of_variables():
    calls = {}
    for q, T in ((10, 1000), (30, 1000), (30, 4000)):
        heat = qgd.Stencil(2**q, [(-1.0, [0]), (0.5, [1]), (0.5, [-1])])
        found = qgd.estimate_resources(
            heat, qgd.SparseVector(np.array([5]), np.array([0.5])), T, order=1, step_size=0.1,
            solver=qgd.LCHS(), final_norm=0.01, amplify=False,
        )  # fmt: skip
        calls[q, T] = found.resources.block_encoding_calls
    assert calls[10, 1000] == calls[30, 1000]
    assert calls[30, 4000] == pytest.approx(4 * calls[30, 1000], rel=0.1)


def test_the_cheaper_way_of_a_source_is_taken():
    short, long = (
        qgd.estimate_resources(
            FORCED, [0.4], T, order=1, step_size=0.1, solver=qgd.LCHS(), final_norm=0.1
        )
        for T in (5, 20_000)
    )
    assert "Duhamel" in short.resources["discretisation"].detail
    assert "constant coordinate" in long.resources["discretisation"].detail


@pytest.mark.parametrize(
    ("problem", "change", "error", "message"),
    [
        (FREE, {"padding": 3}, ValueError, "`padding` must be left out for LCHS"),
        (FREE, {"step_size": None}, ValueError, "`step_size` must be given"),
        (FREE, {"solver": qgd.QSVT()}, ValueError, "`problem` must be a map or a Stencil"),
        (FREE, {"final_norm": 9.0}, ValueError, "`final_norm` must be at most"),
        (
            FREE,
            {"num_steps": 10**5, "final_norm": 0.1},
            ValueError,
            "`num_steps` must be small enough for x_T to be told from 0",
        ),
        (
            qgd.PolynomialMap([[0.0], [[-0.3]]]),
            {},
            ValueError,
            "`problem` must be a flow for LCHS",
        ),
        (qgd.PolynomialSystem([[0.0], [[1.0]]]), {}, ValueError, "`shift` must be at least"),
        (
            qgd.PolynomialSystem([[0.0], [[1.0]]]),
            {"solver": qgd.LCHS(shift=1.0), "num_steps": 10**4, "final_norm": 1.0},
            qgd.QGDError,
            "shift T = 1000; take fewer steps",
        ),
    ],
)
def test_bad_input_is_refused_with_a_remedy(problem, change, error, message):
    arguments = {"num_steps": 4, "step_size": 0.1, "solver": qgd.LCHS(), "order": 1, **change}
    with pytest.raises(error, match=message):
        qgd.estimate_resources(problem, [0.4], **arguments)
