"""Amplitude estimation of one observable: coverage, sign, and the whole circuit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector
from sources import ExactSource, HiddenSource, resting_history

import qgd
from qgd.pipeline.source import SolverSource
from qgd.readout.amplitude import _overlap_circuit, _signed
from qgd.readout.interface import restoring_factor

X = [0.5, -0.3]


@pytest.mark.parametrize("observable", [[1.0, 1.0], [0.0, 2.0], [-1.0, 0.5], [0.03, 0.049]])
@pytest.mark.parametrize("epsilon", [0.1, 0.01])
def test_stated_error_covers_the_truth_with_its_sign(observable, epsilon):
    system = resting_history(X)
    source, truth = ExactSource(system), float(np.dot(observable, X))
    misses = 0
    for seed in range(15):
        reading = qgd.AmplitudeEstimation(observable, epsilon, rng=seed).read(system, source)
        misses += abs(reading.value[0] - truth) > reading.bound.value
    assert misses == 0
    assert reading.bound.kind is qgd.Kind.ESTIMATED


@pytest.mark.parametrize(("padding", "scale"), [(0, 1.0), (3, 0.5)])
def test_both_signs_are_found_for_any_number_of_copies(padding, scale):
    system = resting_history(X, padding, scale)
    for c in ([1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -3.0]):
        reading = qgd.AmplitudeEstimation(c, 0.005, rng=1).read(system, ExactSource(system))
        truth = float(np.dot(c, X))
        assert np.sign(reading.value[0]) == np.sign(truth)
        assert reading.value[0] == pytest.approx(truth, abs=reading.bound.value)
        assert reading.bound.value < abs(truth) / 2


def test_signs_follow_the_state():
    system = resting_history(X)

    class Flipped(ExactSource):
        # -b has the solution -z; the injected part keeps its sign.
        def state(self, rhs=None):
            b = -self.system.rhs if rhs is None else rhs - 2 * self.system.rhs
            return super().state(b)

    readout = qgd.AmplitudeEstimation([1.0, 0.0], 0.01, rng=1)
    assert readout.read(system, ExactSource(system)).value[0] > 0.4
    assert readout.read(system, Flipped(system)).value[0] < -0.4


def test_value_and_error_follow_from_any_two_intervals_that_hold():
    rng = np.random.default_rng(0)
    for _ in range(5000):
        x, added = rng.uniform(-1, 1), rng.uniform(0.05, 2)
        half, joint_half = 10 ** rng.uniform(-3, -0.3, size=2)
        off, joint_off = rng.choice([0, 1], 2) * 10 ** rng.uniform(-3, -0.3, size=2)
        size = max(0.0, abs(x + rng.uniform(-1, 1) * off) + rng.uniform(-1, 1) * half)
        shifted = x + added + rng.uniform(-1, 1) * joint_off
        joint = max(0.0, abs(shifted) + rng.uniform(-1, 1) * joint_half)
        value, error, from_joint = _signed((size, half, off), (joint, joint_half, joint_off), added)
        # The state's own error is another line of the budget.
        assert abs(value - x) <= (error + (joint_off if from_joint else off)) * (1 + 1e-9)


def test_clear_signs_cost_nothing_and_small_values_are_a_difference():
    assert _signed((0.5, 0.01, 0.0), (1.5, 0.02, 0.0), 1.0) == (0.5, 0.01, False)
    assert _signed((0.5, 0.01, 0.0), (0.5, 0.02, 0.0), 1.0) == (-0.5, 0.01, False)
    small = _signed((0.01, 0.02, 0.0), (0.995, 0.03, 0.0), 1.0)
    assert small == (pytest.approx(-0.005), 0.03, True)


def test_sign_that_only_the_errors_of_the_states_could_make_is_not_taken():
    assert _signed((0.5, 0.01, 0.3), (0.5, 0.02, 0.8), 0.2) == (
        pytest.approx(0.5, abs=1),
        1.01,
        False,
    )


@pytest.mark.parametrize("seed", range(3))
def test_coarse_solver_does_not_flip_the_sign_outside_of_the_budget(seed):
    F0 = [-0.2838601157784663, -0.13217012104506398]
    F1 = [[-0.2738551378898998, -0.3468631910227449], [-0.41129990059127647, -0.45182449956429216]]
    step, c = qgd.PolynomialMap([F0, F1]), [-0.5634651585, -0.8261398278]
    readout = qgd.AmplitudeEstimation(c, 1e-3, rng=seed)
    solver = qgd.QSVT(epsilon=1.0544)
    solution = qgd.solve(
        step, [0.0, 0.0], 4, order=1, padding=1, solver=solver, readout=readout, throw=False
    )
    truth = np.dot(c, qgd.iterate(step, [0.0, 0.0], 4)[-1])
    assert abs(solution.value[0] - truth) <= solution.budget.total().value


@pytest.mark.parametrize("entry", [0.0, 1e-3, -0.02])
def test_values_too_small_for_a_sign_are_covered_at_the_price_of_the_joint_state(entry):
    system = resting_history([0.5, entry])
    source = ExactSource(system)
    factor = restoring_factor(system, source.state().scale)
    for seed in range(10):
        reading = qgd.AmplitudeEstimation([0.0, 1.0], 0.05, rng=seed).read(system, source)
        assert abs(reading.value[0] - entry) <= reading.bound.value <= 2 * factor * 0.05 * 1.01


def test_error_is_at_most_epsilon_in_units_of_the_amplitude():
    system = resting_history(X)
    source = ExactSource(system)
    factor = restoring_factor(system, source.state().scale) * 2.0
    for epsilon in (0.1, 0.01, 0.001):
        reading = qgd.AmplitudeEstimation([2.0, 0.0], epsilon, rng=0).read(system, source)
        assert reading.bound.value <= factor * epsilon * 1.01


def test_uses_of_the_circuit_grow_like_one_over_epsilon():
    system = resting_history(X)
    costs = [
        qgd.AmplitudeEstimation([1.0, 0.0], epsilon, rng=0)
        .read(system, ExactSource(system))
        .cost.shots
        for epsilon in (1e-2, 1e-3)
    ]
    assert 3 < costs[1] / costs[0] < 40  # sampling would pay 100


@pytest.mark.parametrize("solver", [qgd.QSVT(0.5), qgd.LCU(1.0)])
@pytest.mark.parametrize("observable", [[1.0], [-2.0]])
def test_the_whole_circuit_gives_the_same_reading_as_its_rotation_for_equal_seeds(
    solver, observable
):
    step = qgd.carleman(qgd.PolynomialMap([[0.1], [[-0.5]]]), 1)
    system = qgd.history_system(step, [0.5], 1, 0)
    source = SolverSource(solver, qgd.encode(system))
    emulated, circuit = (
        qgd.AmplitudeEstimation(observable, 0.2, rng=3, use_circuit=whole).read(system, source)
        for whole in (False, True)
    )
    assert_allclose(emulated.value, circuit.value, atol=1e-12)
    assert emulated.bound.value == pytest.approx(circuit.bound.value, abs=1e-12)
    assert emulated.cost == circuit.cost


def test_overlap_circuit_marks_the_amplitude_of_the_copies():
    step = qgd.carleman(qgd.PolynomialMap([[0.1], [[-0.5]]]), 1)
    system = qgd.history_system(step, [0.5], 1, 2)
    source = SolverSource(qgd.LCU(2.0), qgd.encode(system))
    marked = _overlap_circuit(system, source.circuit(), np.array([-1.0]))
    probability = Statevector(marked).probabilities([marked.num_qubits - 1])[1]
    factor = restoring_factor(system, source.state().scale)
    value = system.final(source.state().solution)[0]
    assert math.sqrt(probability) * factor == pytest.approx(abs(value))


def test_circuits_beyond_eleven_qubits_are_refused_and_the_emulation_works():
    step = qgd.carleman(qgd.PolynomialMap([[0.1], [[-0.5]], [[0.2]]]), 2)
    system = qgd.history_system(step, [0.5], 4, 3)
    source = SolverSource(qgd.LCU(0.1), qgd.encode(system))
    with pytest.raises(ValueError, match="`use_circuit` must be False beyond 11 qubits"):
        qgd.AmplitudeEstimation([1.0], 0.1, use_circuit=True).read(system, source)
    reading = qgd.AmplitudeEstimation([1.0], 0.1).read(system, source)
    wanted = system.final(source.state().solution)[0]
    assert reading.value[0] == pytest.approx(wanted, abs=reading.bound.value)


def test_reading_names_its_observable_and_no_norm():
    system = resting_history(X)
    reading = qgd.AmplitudeEstimation([1.0, 2.0], 0.1).read(system, ExactSource(system))
    assert_allclose(reading.observable, [1.0, 2.0])
    assert math.isnan(reading.norm)
    assert (reading.cost.stage, reading.cost.qubits) == ("readout", 1)
    assert reading.bound.confidence == 0.9973


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"observable": [0.0, 0.0]}, "`observable` must not be zero"),
        ({"observable": [1.0], "epsilon": 0.0}, "`epsilon` must be greater than 0"),
        ({"observable": [1.0], "epsilon": 0.5}, "`epsilon` must be less than 0.5"),
        ({"observable": [1.0], "confidence": 1.0}, "`confidence` must be less than 1"),
    ],
)
def test_unusable_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        qgd.AmplitudeEstimation(**arguments)


def test_observable_must_fit_and_epsilon_must_be_settled():
    system = resting_history(X)
    with pytest.raises(ValueError, match=r"`observable` must have shape \(2\)"):
        qgd.AmplitudeEstimation([1.0], 0.1).read(system, ExactSource(system))
    with pytest.raises(ValueError, match="`epsilon` must be given, got None; or solve with a tol"):
        qgd.AmplitudeEstimation([1.0, 0.0]).read(system, ExactSource(system))


@pytest.mark.parametrize("error", [1e-3, 0.05])
def test_with_error_keeps_the_stated_error_below_it(error):
    system = resting_history([0.5, 0.6], padding=3, scale=0.7)
    source = ExactSource(system)
    readout = qgd.AmplitudeEstimation([0.0, -3.0]).with_error(system, source.state().scale, error)
    reading = readout.read(system, source)
    assert abs(reading.value[0] + 1.8) <= reading.bound.value <= error * 1.01


@pytest.mark.parametrize("scale", [0.2, 5.0, 40.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sign_is_settled_however_wide_the_wanted_error(sign, scale):
    system = resting_history([0.5 * sign, 0.6], padding=3, scale=scale)
    source = ExactSource(system)
    readout = qgd.AmplitudeEstimation([1.0, 0.0]).with_error(system, source.state().scale, 99.0)
    reading = readout.read(system, source)
    assert abs(reading.value[0] - 0.5 * sign) <= reading.bound.value < 0.5


def test_with_error_keeps_an_epsilon_that_was_given_and_stays_in_range():
    system = resting_history(X)
    fixed = qgd.AmplitudeEstimation([1.0, 0.0], 0.1)
    assert fixed.with_error(system, 1.0, 1e-9) is fixed
    assert 0 < qgd.AmplitudeEstimation([1.0, 0.0]).with_error(system, 1.0, 99.0).epsilon <= 0.25
    with pytest.raises(ValueError, match="`error` must be greater than 0"):
        qgd.AmplitudeEstimation([1.0, 0.0]).with_error(system, 1.0, -1.0)


@pytest.mark.parametrize("observable", [[1.0, 1.0], [0.0, 2.0], [-1.0, 0.5], [0.03, 0.049]])
def test_a_hidden_scale_is_replaced_by_a_known_vector(observable):
    system = resting_history(X, padding=2, scale=0.7)
    truth = float(np.dot(observable, X))
    for seed in range(10):
        reading = qgd.AmplitudeEstimation(observable, 0.01, rng=seed).read(
            system, HiddenSource(system)
        )
        assert abs(reading.value[0] - truth) <= reading.bound.value < 0.2


def test_kernel_reflection_is_covered_with_the_errors_of_its_states():
    step = qgd.PolynomialMap([[0.2, -0.1], [[-0.3, 0.1], [0.1, -0.5]]])
    truth = qgd.iterate(step, [0.0, 0.0], 3)[-1] @ [1.0, -2.0]
    for epsilon in (1e-1, 1e-5):
        solution = qgd.solve(
            step, [0.0, 0.0], 3, order=1, solver=qgd.KernelReflection(epsilon),
            readout=qgd.AmplitudeEstimation([1.0, -2.0], 0.005),
        )  # fmt: skip
        assert abs(solution.value[0] - truth) <= solution.budget.total().value


def test_on_a_hidden_scale_a_coarse_epsilon_and_the_whole_circuit_are_refused():
    system = resting_history(X)
    source = HiddenSource(system, loss=100.0)
    with pytest.raises(ValueError, match="`epsilon` must be less than the amplitude of a known"):
        qgd.AmplitudeEstimation([1.0, 0.0], 0.3).read(system, source)
    with pytest.raises(ValueError, match="`use_circuit` must be False for a solver whose scale"):
        qgd.AmplitudeEstimation([1.0, 0.0], 0.1, use_circuit=True).read(system, source)
