"""Amplitude amplification: response, three levels, bounds, calls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import small_history, solution
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector
from strategies import fewer, reals

import qgd
from qgd.encoding.state_preparation import real_state_preparation


@given(st.floats(0.0, 1.0), st.integers(0, 12))
def test_standard_rounds_multiply_the_angle(amplitude, rounds):
    response = qgd.standard_amplification(rounds).response(amplitude)
    angle = (2 * rounds + 1) * math.asin(amplitude)
    assert abs(response) == pytest.approx(abs(math.sin(angle)), abs=1e-12)


@given(reals(0.02, 0.9), reals(0.02, 0.9), st.floats(0.0, 1.0))
def test_fixed_point_succeeds_for_every_amplitude_that_is_not_too_small(delta, least, share):
    rounds = qgd.fixed_point_amplification(delta, least)
    amplitude = least + share * (1 - least)
    success = abs(rounds.response(amplitude)) ** 2
    assert success >= 1 - delta**2 - 1e-10
    assert success == pytest.approx(rounds.closed_form(amplitude), abs=1e-10)
    assert rounds.calls <= math.log(2 / delta) / least + 2


@given(reals(0.05, 0.5), reals(0.02, 0.5))
def test_two_calls_fewer_would_not_do(delta, least):
    rounds = qgd.fixed_point_amplification(delta, least)
    fewer_calls = rounds.calls - 2
    if fewer_calls > 0:
        x = math.cosh(math.acosh(1 / delta) / fewer_calls) * math.sqrt(1 - least**2)
        assert x >= 1 - 1e-9  # beyond 1 the failure exceeds delta^2


@given(reals(0.01, 1.0))
def test_best_rounds_leave_at_least_a_half(amplitude):
    rounds = qgd.best_rounds(amplitude)
    best = abs(qgd.standard_amplification(rounds).response(amplitude))
    assert best**2 >= 0.5 - 1e-9
    for other in (max(rounds - 1, 0), rounds + 1):
        angle = (2 * other + 1) * math.asin(amplitude)
        if angle <= math.pi / 2:
            assert abs(qgd.standard_amplification(other).response(amplitude)) <= best + 1e-12


@pytest.mark.parametrize(
    "rounds", [qgd.standard_amplification(2), qgd.fixed_point_amplification(0.3, 0.3)]
)
def test_three_levels_agree(rounds):
    rng = np.random.default_rng(4)
    vector = rng.normal(size=16)
    vector[:4] *= 0.3
    vector /= np.linalg.norm(vector)
    circuit = real_state_preparation(vector)
    flagged = np.arange(16) < 4  # qubits 2 and 3 read 0
    start = Statevector(circuit).data
    block = rounds.apply(start, flagged)
    gate = Statevector(rounds.circuit(circuit, [2, 3])).data
    assert_allclose(gate, block, atol=1e-10)
    amplitude = np.linalg.norm(vector[:4])
    wanted = rounds.response(amplitude) * vector[:4] / amplitude
    assert_allclose(block[:4], wanted, atol=1e-10)


@fewer(2)
@given(st.integers(0, 5))
def test_circuit_uses_its_preparation_as_often_as_stated(rounds):
    amplification = qgd.standard_amplification(rounds)
    counts = amplification.circuit(real_state_preparation(np.array([0.6, 0.8])), [0])
    labels = [gate.operation.label for gate in counts.data]
    assert labels.count("V") + labels.count("V_dg") == amplification.calls == 2 * rounds + 1


def test_amplified_solver_keeps_its_solution_and_succeeds():
    system = small_history()
    solved = qgd.QSVT(1e-3).prepare(system).state
    before = math.sqrt(solved.success_probability)
    rounds = qgd.fixed_point_amplification(0.1, 0.9 * before)
    after = rounds.amplify(solved)
    assert after.success_probability >= 0.99
    assert not after.scale_is_known
    assert_allclose(after.solution, solved.solution, rtol=1e-12)
    assert np.linalg.norm(after.solution - solution(system)) <= solved.error


def test_amplified_circuit_of_lchs_holds_the_amplified_state():
    decay = qgd.carleman(qgd.PolynomialSystem([[0.0], [[-1.0]]]), 1)
    flow = qgd.encode_flow(decay, [1.0], 0.3)
    solver = qgd.LCHS(0.2, qgd.LeastSquares(2), level="gate", shift=0.0)
    solved, circuit = solver.prepare(flow), solver.circuit(flow)
    rounds = qgd.standard_amplification(1)
    flags = range(flow.encoding.num_system, circuit.num_qubits)
    gate = Statevector(rounds.circuit(circuit, flags)).data[: flow.encoding.dimension]
    before = solved.state
    factor = rounds.response(math.sqrt(before.success_probability))
    wanted = factor * before.amplitudes / math.sqrt(before.success_probability)
    assert_allclose(flow.unpad(gate), wanted, atol=1e-10)


def test_a_state_without_flagged_part_stays():
    nothing = qgd.FlaggedState(np.zeros(2), 1.0)
    assert qgd.standard_amplification(3).amplify(nothing).success_probability == 0


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: qgd.fixed_point_amplification(0.0, 0.5), "delta"),
        (lambda: qgd.fixed_point_amplification(0.1, 1.0), "least"),
        (lambda: qgd.standard_amplification(-1), "rounds"),
        (lambda: qgd.best_rounds(0.0), "amplitude"),
        (lambda: qgd.standard_amplification(1).response(1.5), "amplitude"),
    ],
)
def test_bad_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        make()
