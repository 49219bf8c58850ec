"""Sparse tomography: signs, the l2 guarantee, and what lies outside of the support."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import ExactSource, HiddenSource, resting_history
from strategies import fewer

import qgd
from qgd.pipeline.source import SolverSource

SOURCES = [ExactSource, HiddenSource]


@st.composite
def sparse_vectors(draw: st.DrawFn) -> tuple[list[float], int]:
    n = draw(st.integers(1, 8))
    r = draw(st.integers(1, n))
    entry = st.one_of(st.floats(0.02, 0.8), st.floats(-0.8, -0.02))
    x = [*draw(st.lists(entry, min_size=r, max_size=r)), *[0.0] * (n - r)]
    return draw(st.permutations(x)), r


@fewer(4)
@given(sparse_vectors(), st.sampled_from([0.02, 0.1]), st.sampled_from(SOURCES), st.integers(0, 99))
def test_stated_error_covers_sparse_vectors_and_is_epsilon_where_the_scale_is_known(
    vector, epsilon, make, seed
):
    x, r = vector
    system = resting_history(list(x))
    reading = qgd.SparseTomography(r, epsilon, rng=seed).read(system, make(system))
    assert np.linalg.norm(reading.value - x) <= reading.bound.value
    assert np.count_nonzero(reading.value) <= r
    if make is ExactSource and "outside" not in reading.bound.source:
        assert reading.bound.value <= epsilon * (1 + 1e-12)


@pytest.mark.parametrize("make", SOURCES)
@pytest.mark.parametrize("failure", [0.3, 0.05])
@pytest.mark.parametrize("proved", [True, False])
def test_failure_rate_is_below_the_stated_one(make, failure, proved):
    x = np.array([0.5, 0.0, -0.3, 0.0, 0.02, -0.1])
    system = resting_history(list(x))
    source = make(system)
    missed = 0
    for seed in range(150):
        readout = qgd.SparseTomography(4, 0.05, failure, seed, proved)
        reading = readout.read(system, source)
        missed += np.linalg.norm(reading.value - x) > reading.bound.value
    assert missed / 150 <= failure


def test_error_is_of_the_order_of_epsilon_and_falls_with_it():
    x = np.array([0.5, 0.0, -0.3, 0.2])
    system = resting_history(list(x))
    source = ExactSource(system)
    for epsilon in (0.05, 0.005):
        readouts = [qgd.SparseTomography(3, epsilon, rng=seed) for seed in range(40)]
        errors = [np.linalg.norm(readout.read(system, source).value - x) for readout in readouts]
        assert epsilon / 8 < np.sqrt(np.mean(np.square(errors))) < epsilon


@pytest.mark.parametrize("make", SOURCES)
def test_signs_follow_the_state_and_the_reference(make):
    x = np.array([0.5, -0.3, 0.0])
    system = resting_history(list(x))
    for sign in (1.0, -1.0):
        value = qgd.SparseTomography(2, 0.02, rng=1).read(system, make(system, sign=sign)).value
        assert np.abs(value - sign * x).max() < 0.02


@pytest.mark.parametrize("make", SOURCES)
def test_what_lies_outside_of_the_support_is_in_the_stated_error(make):
    x = np.array([0.6, -0.5, 0.2, 0.1])
    system = resting_history(list(x))
    reading = qgd.SparseTomography(2, 0.02, rng=0).read(system, make(system))
    assert "seen outside" in reading.bound.source
    left = math.hypot(0.2, 0.1)
    assert left <= np.linalg.norm(reading.value - x) <= reading.bound.value < left + 0.1


@pytest.mark.parametrize(("padding", "scale", "order"), [(0, 1.0, 1), (3, 0.5, 1), (1, 2.0, 2)])
def test_copies_scale_and_higher_levels_do_not_change_what_is_read(padding, scale, order):
    x = [0.5, -0.3]
    system = resting_history(x, padding, scale, order)
    reading = qgd.SparseTomography(2, 0.02, rng=1).read(system, ExactSource(system))
    assert np.linalg.norm(reading.value - x) <= reading.bound.value <= 0.0200001
    assert reading.norm == pytest.approx(np.linalg.norm(reading.value))


def test_shots_grow_like_the_support_over_the_squared_error():
    shots = {}
    for r in (2, 16):
        system = resting_history([*[1 / math.sqrt(r)] * r, *[0.0] * (16 - r)])
        for epsilon in (0.04, 0.02):
            readout = qgd.SparseTomography(r, epsilon)
            shots[r, epsilon] = readout.read(system, ExactSource(system)).cost.shots
    for r in (2, 16):
        assert shots[r, 0.02] / shots[r, 0.04] == pytest.approx(4, rel=0.25)
    assert 2.5 < shots[16, 0.02] / shots[2, 0.02] < 8


def test_the_chi_squared_law_takes_fewer_shots_and_names_no_theorem():
    system = resting_history([0.5, -0.3, 0.0])
    readings = [
        qgd.SparseTomography(2, 0.02, proved=proved).read(system, ExactSource(system))
        for proved in (True, False)
    ]
    assert 2 < readings[0].cost.shots / readings[1].cost.shots < 5
    assert readings[0].bound.theorem == "15-measurement.md#Theorem 15.3"
    assert (readings[1].bound.theorem, readings[1].bound.kind) == ("", qgd.Kind.ESTIMATED)


def test_zero_is_read_as_zero_within_epsilon():
    system = resting_history([0.0, 0.0, 1.0])
    source = ExactSource(system)
    value = qgd.SparseTomography(1, 0.05, rng=3).read(system, source).value
    assert np.linalg.norm(value - [0, 0, 1]) <= 0.05
    assert (value[:2] == 0).all()


@pytest.mark.parametrize("solver", [qgd.QSVT(1e-3), qgd.KernelReflection(1e-3)])
def test_errors_of_inexact_states_are_covered_together_with_the_readouts(solver):
    step = qgd.PolynomialMap([[0.2, -0.1], [[-0.3, 0.1], [0.1, -0.5]]])
    truth = qgd.iterate(step, [0.0, 0.0], 3)[-1]
    readout = qgd.SparseTomography(2, 0.02, rng=1)
    solution = qgd.solve(step, [0.0, 0.0], 3, order=1, solver=solver, readout=readout, throw=False)
    assert np.linalg.norm(solution.value - truth) <= solution.budget.total().value < 0.3
    assert solution.resources.shots == solution.resources["readout"].shots > 0


def test_a_tolerance_settles_epsilon():
    step = qgd.PolynomialMap([[0.2], [[-0.3]]])
    solution = qgd.solve(step, [0.0], 2, tolerance=0.1, readout=qgd.SparseTomography(1))
    truth = qgd.iterate(step, [0.0], 2)[-1]
    assert np.linalg.norm(solution.value - truth) <= solution.budget.total().value <= 0.1


def test_amplification_is_the_ratio_of_the_errors_of_the_states():
    system = resting_history([0.5, -0.3])
    source = SolverSource(qgd.QSVT(1e-2), qgd.encode(system))
    reading = qgd.SparseTomography(2, 0.05).read(system, source)
    assert reading.amplification > 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"support": 0}, "`support` must be at least 1"),
        ({"support": 1, "epsilon": 0.0}, "`epsilon` must be greater than 0"),
        ({"support": 1, "failure": 1.0}, "`failure` must be less than 1"),
    ],
)
def test_unusable_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        qgd.SparseTomography(**arguments)


def test_epsilon_must_be_settled_before_reading():
    system = resting_history([0.5])
    with pytest.raises(ValueError, match="`epsilon` must be given, got None; or solve with a tol"):
        qgd.SparseTomography(1).read(system, ExactSource(system))
    fixed = qgd.SparseTomography(1, 0.1)
    assert fixed.with_error(system, 1.0, 1e-9) is fixed


def test_a_hidden_scale_with_too_few_outcomes_of_the_reference_is_refused_and_half_works():
    system = resting_history([0.5])
    with pytest.raises(qgd.QGDError, match="halve epsilon") as error:
        qgd.SparseTomography(1, 50.0).read(system, HiddenSource(system))
    assert error.value.outcome is qgd.Outcome.NO_SHOTS_SURVIVED
    qgd.SparseTomography(1, 0.2).read(system, HiddenSource(system))
