"""LCHS: three levels, errors, costs, refusals."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from evolutions import final_state
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import encoded_flows, fewer, polynomial_systems

import qgd
from qgd.solvers.evolution import EvolutionSolver

DECAY = qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.3]]])
LOGISTIC = qgd.encode_flow(qgd.carleman(DECAY, 2), [0.4], 1.0)


@fewer(2)
@given(
    encoded_flows(), st.sampled_from([1e-1, 1e-3, 1e-6]), st.sampled_from(["block", "polynomial"])
)
def test_error_is_at_most_the_bound_and_the_bound_at_most_epsilon_units(flow, epsilon, calls):
    solver = qgd.LCHS(epsilon, level="block" if calls else "polynomial")
    solved = solver.prepare(flow)
    error = np.linalg.norm(solved.state.scale * solved.state.amplitudes - final_state(flow))
    assert error <= solved.bound.value + 1e-11
    assert solved.bound.value <= epsilon * solver.unit(flow)
    assert solved.bound.kind is qgd.Kind.PROVED


@fewer(10)
@given(encoded_flows(max_size=2))
def test_three_levels_leave_the_same_amplitudes(flow):
    gate, block, polynomial = (
        qgd.LCHS(0.2, level=level).prepare(flow).state.amplitudes
        for level in ("gate", "block", "polynomial")
    )
    assert_allclose(block, polynomial, atol=1e-10)
    assert_allclose(gate, polynomial, atol=1e-10)


@pytest.mark.parametrize("kernel", [qgd.LowSomma(), qgd.AnChildsLin(), qgd.Cauchy()], ids=str)
def test_other_kernels_solve_the_same_flow(kernel):
    solved = qgd.LCHS(5e-2, kernel, level="polynomial").prepare(LOGISTIC)
    assert np.linalg.norm(solved.state.solution - final_state(LOGISTIC)) <= solved.bound.value


@fewer(4)
@given(encoded_flows(forced=True))
def test_another_start_or_source_changes_the_answer(flow):
    solver = qgd.LCHS(1e-4, level="polynomial")
    right = solver.prepare(flow).state.solution
    for wrong in (
        replace(flow, initial=-flow.initial),
        replace(flow, source=flow.source + 1.0),
        replace(flow, time=flow.time + 0.5),
    ):
        found = solver.prepare(wrong).state.solution
        assert np.linalg.norm(found - final_state(wrong)) < 0.01
        apart = np.linalg.norm(final_state(wrong) - final_state(flow))
        assert np.linalg.norm(found - right) > 0.9 * apart - 0.01


@fewer(4)
@given(polynomial_systems(max_variables=2, max_degree=2))
def test_structured_encoding_gives_the_same_state_as_the_dilation(system):
    lifted = qgd.carleman(system, 2)
    x0 = 0.3 * np.ones(system.num_variables)
    dense = qgd.encode_flow(lifted, x0, 0.5)
    where = qgd.CarlemanRegisters(system.num_variables, 2).positions
    structured = qgd.encode_flow(
        lifted, x0, 0.5, encoding=qgd.carleman_encoding(system, 2), positions=where
    )
    shift = max(0.0, dense.growth[1])
    for flow in (dense, structured):
        solved = qgd.LCHS(1e-3, shift=shift, level="block").prepare(flow)
        assert np.linalg.norm(solved.state.solution - final_state(dense)) <= solved.bound.value


def test_structured_encoding_runs_at_gate_level():
    system = qgd.PolynomialSystem([[0.0], [[-1.0]], [[0.4]]])
    where = qgd.CarlemanRegisters(1, 2).positions
    encoding = qgd.carleman_encoding(system, 2)
    flow = qgd.encode_flow(qgd.carleman(system, 2), [0.5], 0.2, encoding=encoding, positions=where)
    gate, block = (
        qgd.LCHS(0.5, qgd.LeastSquares(2), level=level).prepare(flow).state.amplitudes
        for level in ("gate", "block")
    )
    assert_allclose(gate, block, atol=1e-10)


def test_cost_counts_the_calls_of_the_circuit():
    solver = qgd.LCHS(0.1)
    solved = solver.prepare(LOGISTIC)
    circuit = solver.circuit(LOGISTIC)
    pieces = LOGISTIC.encoding.build(2).count_ops()["unitary"]
    calls = circuit.count_ops()["unitary"] / pieces
    assert solved.cost.block_encoding_calls == calls
    assert circuit.num_qubits == LOGISTIC.encoding.num_qubits + solved.cost.qubits
    work = solved.cost.block_encoding_calls * solved.state.scale
    assert solver.work(LOGISTIC) == pytest.approx(work)


@pytest.mark.parametrize("level", ["block", "polynomial"])
def test_parts_on_an_executor_change_nothing(level):
    solver = qgd.LCHS(1e-3, level=level)
    alone = solver.prepare(LOGISTIC)
    with ThreadPoolExecutor(2) as pool:
        parts = solver.prepare_in_parts(LOGISTIC, pool, parts=3)
    assert_allclose(parts.state.amplitudes, alone.state.amplitudes, atol=1e-13)
    assert parts.bound == alone.bound


def test_flow_travels_to_another_process():
    copy = pickle.loads(pickle.dumps(LOGISTIC.driven(0.5, np.ones(2))))
    for flow in (copy, LOGISTIC.driven(0.5, np.ones(2))):
        found = qgd.LCHS(1e-3, level="block").prepare(flow).state.solution
        assert np.linalg.norm(found - 0.5 * final_state(LOGISTIC) - 1) < 2e-3


def test_gate_level_does_not_go_with_an_executor():
    with pytest.raises(ValueError, match="`executor` must go with level"):
        qgd.LCHS(level="gate").prepare_in_parts(LOGISTIC, None)


def test_growing_flow_is_refused_and_both_remedies_work():
    # mu = -1.5 + sqrt(0.25 + (r f / 2)^2) is positive for r f > 2 sqrt(2).
    system = qgd.PolynomialSystem([[0.0], [[-1.0]], [[4.0]]])
    growing = qgd.encode_flow(qgd.carleman(system, 2), [0.1], 1.0)
    log_norm = growing.growth[1]
    assert log_norm == pytest.approx(-1.5 + math.sqrt(4.25))
    with pytest.raises(ValueError, match="`shift` must be at least the log-norm") as error:
        qgd.LCHS(1e-4).prepare(growing)
    text = str(error.value)
    shift = float(text.split("shift=")[1].split()[0])
    assert log_norm <= shift <= 1.01 * log_norm
    solved = qgd.LCHS(1e-4, shift=shift).prepare(growing)
    assert np.linalg.norm(solved.state.solution - final_state(growing)) <= solved.bound.value
    assert "another `scale`" in text
    rescaled = qgd.carleman(system, 2, scale=0.5)
    solved = qgd.LCHS(1e-4).prepare(qgd.encode_flow(rescaled, [0.1], 1.0))
    x = rescaled.project(solved.state.solution)
    assert_allclose(x, final_state(growing)[:1], atol=0.5 * solved.bound.value)


def test_a_shift_below_the_log_norm_is_refused():
    with pytest.raises(ValueError, match=r"`shift` must be at least .* got -5"):
        qgd.LCHS(shift=-5.0).prepare(LOGISTIC)


def test_decay_that_all_components_share_costs_no_probability():
    decay = qgd.carleman(qgd.PolynomialSystem([np.zeros(2), -np.eye(2)]), 1)
    flow = qgd.encode_flow(decay, [1.0, 0.5], 8.0)
    solved = qgd.LCHS(1e-3).prepare(flow)
    assert solved.state.success_probability > 0.9
    assert_allclose(solved.state.solution, math.exp(-8) * np.array([1, 0.5]), atol=1e-6)


def test_folded_source_gives_the_same_state_and_costs_more():
    folded = qgd.fold_source(LOGISTIC)
    solver = qgd.LCHS(1e-5, shift=max(0.0, folded.growth[1]))
    solved = solver.prepare(folded)
    error = np.linalg.norm(solved.state.solution[1:] - final_state(LOGISTIC))
    assert error <= solved.bound.value
    assert solver.work(folded) > qgd.LCHS(1e-5).work(LOGISTIC)


def test_lchs_keeps_the_contract():
    assert isinstance(qgd.LCHS(), EvolutionSolver)
    assert not isinstance(qgd.QSVT(), EvolutionSolver)
    assert qgd.LCHS().with_epsilon(0.5).epsilon == 0.5


def test_inexact_encoding_enters_the_bound():
    inexact = replace(LOGISTIC, encoding=replace(LOGISTIC.encoding, epsilon=1e-3))
    bounds = [qgd.LCHS(1e-4).prepare(flow).bound.value for flow in (LOGISTIC, inexact)]
    assert bounds[1] > bounds[0] + 1e-3 * LOGISTIC.time * np.linalg.norm(LOGISTIC.initial)
