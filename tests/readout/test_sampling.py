"""Sampling: coverage of the stated error, signs from interference, honest failure."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import small_history
from numpy.testing import assert_allclose
from scipy.stats import chi2
from sources import ExactSource, resting_history
from strategies import fewer, vectors

import qgd
from qgd.pipeline.source import SolverSource
from qgd.readout.interface import restoring_factor
from qgd.readout.measurement import interfere

VECTORS = {
    "mixed": [0.5, -0.3, 0.2],
    "tiny entries": [0.6, -1e-3, 1e-6],
    "zeros": [0.0, -0.7, 0.0],
    "one": [-0.4],
}


def spread(system: qgd.HistorySystem, scale: float, shots: int) -> float:
    """Radius of the chi-square region of the square roots of counts."""
    quantile = chi2.ppf(1.9973 / 2, system.steps[0].num_variables)
    return restoring_factor(system, scale) * math.sqrt(quantile / (4 * (shots // 2)))


@pytest.mark.parametrize("shots", [60, 2000, 100_000])
@pytest.mark.parametrize("name", VECTORS)
def test_stated_error_is_exceeded_in_at_most_two_percent_of_runs(name, shots):
    x = np.array(VECTORS[name])
    system = resting_history(VECTORS[name])
    source = ExactSource(system)
    misses = 0
    for seed in range(200):
        reading = qgd.Sampling(shots, rng=seed).read(system, source)
        misses += np.linalg.norm(reading.value - x) > reading.bound.value
    assert misses <= 4


@pytest.mark.parametrize(("padding", "scale", "order"), [(0, 1.0, 1), (3, 0.5, 1), (1, 2.0, 2)])
def test_copies_scale_and_higher_levels_do_not_change_what_is_read(padding, scale, order):
    x = [0.5, -0.3]
    system = resting_history(x, padding, scale, order)
    reading = qgd.Sampling(400_000, rng=1).read(system, ExactSource(system))
    assert np.linalg.norm(reading.value - x) <= reading.bound.value < 0.1
    assert reading.norm == pytest.approx(np.linalg.norm(x), abs=reading.bound.value)
    assert reading.norm == pytest.approx(np.linalg.norm(reading.value))
    assert reading.bound.kind is qgd.Kind.ESTIMATED


@fewer(2)
@given(st.integers(1, 4).flatmap(lambda n: vectors(n, 0.8)), st.integers(0, 5))
def test_signs_that_are_not_open_are_right(x, seed):
    if np.linalg.norm(x) < 0.05:
        return
    system = resting_history(list(x))
    reading = qgd.Sampling(100_000, rng=seed).read(system, ExactSource(system))
    clear = np.abs(x) > 0.05
    assert (np.sign(reading.value[clear]) == np.sign(x[clear])).all()


def test_without_small_entries_the_error_is_the_spread_of_the_magnitudes():
    system = resting_history([0.6, -0.5])
    source = ExactSource(system)
    reading = qgd.Sampling(50_000, rng=3).read(system, source)
    assert "small entries" not in reading.bound.source
    assert reading.bound.value == pytest.approx(spread(system, source.state().scale, 50_000))
    assert reading.bound.confidence == 0.9973


def test_small_entries_are_counted_and_cost_at_most_a_factor_of_two_of_the_spread():
    system = resting_history([0.6, -0.02, 0.0])
    source = ExactSource(system)
    reading = qgd.Sampling(3000, rng=1).read(system, source)
    assert "2 small entries" in reading.bound.source
    alone = spread(system, source.state().scale, 3000)
    assert alone <= reading.bound.value <= 2 * alone


@pytest.mark.parametrize("entry", [0.0, 0.01, -0.01])
def test_small_entries_are_read_without_bias(entry):
    system = resting_history([0.6, entry])
    source = ExactSource(system)
    found = [qgd.Sampling(4000, rng=seed).read(system, source).value[1] for seed in range(300)]
    deviation = np.std(found) / math.sqrt(300)
    assert np.mean(found) == pytest.approx(entry, abs=4 * deviation)
    assert deviation < 3e-3


def test_error_falls_like_the_root_of_the_shots():
    for x in ([0.6, -0.5], [0.6, 0.0]):
        system = resting_history(x)
        source = ExactSource(system)
        errors = [
            qgd.Sampling(shots, rng=0).read(system, source).bound.value
            for shots in (10_000, 1_000_000)
        ]
        assert errors[0] / errors[1] == pytest.approx(10, rel=0.1)


def test_signs_follow_the_state_and_the_reference_and_nothing_else():
    x = np.array([0.5, -0.3, 0.2])
    system = resting_history(list(x))
    readings = {
        (s, r): qgd.Sampling(100_000, rng=2).read(
            system, ExactSource(system, sign=s, reference_sign=r)
        )
        for s in (1.0, -1.0)
        for r in (1.0, -1.0)
    }
    for (s, r), reading in readings.items():
        assert (np.sign(reading.value) == s * r * np.sign(x)).all()


def test_the_reference_is_positive_follows_the_magnitudes_and_has_the_norm_of_b():
    asked = []

    class Spy(ExactSource):
        def state(self, rhs=None):
            asked.append(rhs)
            return super().state(rhs)

    system = resting_history([0.8, -0.4, 0.0], scale=2.0)
    qgd.Sampling(100_000, rng=2).read(system, Spy(system))
    assert asked[0] is None
    other = next(rhs for rhs in asked if rhs is not None)
    reference = other.reshape(system.num_times, -1)[system.num_steps]
    assert np.linalg.norm(other) == pytest.approx(np.linalg.norm(system.rhs))
    assert np.linalg.norm(reference) == pytest.approx(np.linalg.norm(system.rhs))  # at row T alone
    # The entry that vanishes is lifted to half of the root mean square, sqrt(0.8 / 3) / 2.
    wanted = np.array([0.8, 0.4, math.sqrt(0.8 / 3) / 2])
    assert_allclose(reference / reference[0], wanted / wanted[0], rtol=0.05)


@pytest.mark.parametrize("solver", [qgd.QSVT(0.3, level="gate"), qgd.LCU(1.0, level="gate")])
def test_interference_is_one_run_of_the_solver_on_a_joint_right_hand_side(solver):
    # One more qubit q selects b or b'; the joint system is 1 (x) A, its encoding 1 (x) U.
    system = small_history(1, 1, 0)
    other = np.arange(1.0, len(system.rhs) + 1)
    joint, n = system.beside(other), len(system.rhs)
    branches = solver.prepare(joint).state.amplitudes.reshape(2, n)
    hadamard = np.array([[1, 1], [1, -1]]) / math.sqrt(2) @ branches
    states = [solver.prepare(s).state for s in (system, system.with_rhs(other))]
    assert_allclose(interfere(*states), hadamard, atol=1e-10)


def test_a_solver_is_read_like_an_exact_source():
    system = resting_history([0.5, -0.3])
    source = SolverSource(qgd.QSVT(1e-4), qgd.encode(system))
    reading = qgd.Sampling(200_000, rng=4).read(system, source)
    assert np.linalg.norm(reading.value - [0.5, -0.3]) <= reading.bound.value + 1e-3


def test_equal_seeds_give_equal_readings_and_generators_go_on():
    system = resting_history([0.5, -0.3])
    source = ExactSource(system)
    one, two = (qgd.Sampling(1000, rng=7).read(system, source).value for _ in range(2))
    assert_allclose(one, two, atol=0)
    generator = np.random.default_rng(7)
    three, four = (qgd.Sampling(1000, rng=generator).read(system, source).value for _ in range(2))
    assert_allclose(three, one, atol=0)
    assert np.abs(four - three).max() > 0


@pytest.mark.parametrize(("shots", "wrong"), [(0, ValueError), (1, ValueError), (2.5, TypeError)])
def test_shots_must_be_an_integer_of_at_least_two(shots, wrong):
    with pytest.raises(wrong, match="`shots` must be"):
        qgd.Sampling(shots)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_confidence_must_lie_inside_zero_and_one(confidence):
    with pytest.raises(ValueError, match="`confidence` must be"):
        qgd.Sampling(100, confidence=confidence)


@pytest.mark.parametrize(("order", "scale"), [(1, 1.0), (3, 0.05)])
def test_when_no_shot_survives_the_suggested_number_is_enough(order, scale):
    # At order 3 and a small scale the first level is a small part of the register.
    system = resting_history([0.6, -0.5], scale=scale, order=order)
    source = ExactSource(system, loss=300.0)
    with pytest.raises(qgd.QGDError, match="take at least") as error:
        qgd.Sampling(2, rng=0).read(system, source)
    assert error.value.outcome is qgd.Outcome.NO_SHOTS_SURVIVED
    enough = int(re.search(r"at least ([\d,]+) shots", str(error.value)).group(1).replace(",", ""))
    for seed in range(20):
        kept = qgd.Sampling(enough, rng=seed).read(system, source).bound.source
        assert int(re.match(r"\d+", kept).group()) > 50


def test_open_shots_must_be_settled_before_reading():
    system = resting_history([0.6, -0.5])
    with pytest.raises(ValueError, match="`shots` must be given, got None; or solve with a tol"):
        qgd.Sampling().read(system, ExactSource(system))


@pytest.mark.parametrize("error", [0.02, 0.005])
@pytest.mark.parametrize("x", VECTORS.values(), ids=VECTORS)
def test_with_error_takes_shots_that_meet_it_and_a_tenth_of_them_would_not(x, error):
    system = resting_history(x, padding=3, scale=0.7)
    source = ExactSource(system)
    settled = qgd.Sampling(rng=5).with_error(system, source.state().scale, error)
    assert (settled.rng, settled.confidence) == (5, 0.9973)
    reading = settled.read(system, source)
    assert np.linalg.norm(reading.value - x) <= reading.bound.value <= error * 1.05
    fewer_shots = replace(settled, shots=settled.shots // 10)
    assert fewer_shots.read(system, source).bound.value > error


def test_with_error_takes_a_sensible_number_of_shots_for_a_wide_error():
    system = resting_history([0.6])
    assert qgd.Sampling().with_error(system, 1.0, 5.0).shots == 10_000


def test_with_error_keeps_shots_that_were_given_and_needs_a_positive_error():
    system = resting_history([0.6])
    fixed = qgd.Sampling(100)
    assert fixed.with_error(system, 1.0, 1e-9) is fixed
    with pytest.raises(ValueError, match="`error` must be greater than 0"):
        qgd.Sampling().with_error(system, 1.0, 0.0)


def test_cost_is_all_shots_and_one_qubit_for_the_interference():
    system = resting_history([0.6])
    cost = qgd.Sampling(101).read(system, ExactSource(system)).cost
    assert (cost.stage, cost.shots, cost.qubits) == ("readout", 101, 1)
