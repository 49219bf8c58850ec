"""The history system against the recursion it writes down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse.linalg import spsolve
from strategies import fewer, history_systems, reals

import qgd
from qgd.embedding import history as module
from qgd.embedding.history import default_padding

STEP = qgd.PolynomialMap([[0.1, -0.2], [[-0.3, 0.1], [0.0, -0.4]], np.full((2, 4), 0.05)])
OTHER = qgd.PolynomialMap([[0.2, 0.3], [[-0.5, 0.0], [0.2, -0.1]], np.full((2, 4), -0.1)])


def solved(system: qgd.HistorySystem, rhs: np.ndarray | None = None) -> np.ndarray:
    z = np.linalg.solve(system.matrix.toarray(), system.rhs if rhs is None else rhs)
    return z.reshape(system.num_times, system.block_dimension)


def recursion(system: qgd.HistorySystem) -> np.ndarray:
    """y_0, ..., y_T by stepping."""
    path = [system.initial]
    for k in range(system.num_steps):
        path.append(system.step(k).step(path[-1]))
    return np.array(path)


def test_matrix_and_right_hand_side_have_the_block_form_of_the_definition():
    steps = [qgd.carleman(f, 2) for f in (STEP, OTHER)]
    system = qgd.history_system(steps, [0.3, -0.1], 2, padding=2)
    one, zero = np.eye(6), np.zeros((6, 6))
    C, D = (s.matrix.toarray() for s in steps)
    wanted = np.block(
        [
            [one, zero, zero, zero, zero],
            [-C, one, zero, zero, zero],
            [zero, -D, one, zero, zero],
            [zero, zero, -one, one, zero],
            [zero, zero, zero, -one, one],
        ]
    )
    assert_allclose(system.matrix.toarray(), wanted)
    rhs = np.concatenate([steps[0].lift([0.3, -0.1]), *(s.offset for s in steps), np.zeros(12)])
    assert_allclose(system.rhs, rhs)


@fewer(2)
@given(history_systems(max_variables=2, max_order=3, max_steps=5))
def test_solution_is_the_iterates_of_the_step_followed_by_copies_of_the_last(system):
    z, path = solved(system), recursion(system)
    assert_allclose(z[: system.num_steps + 1], path, atol=1e-12)
    copies = np.broadcast_to(path[-1], (system.padding + 1, system.block_dimension))
    assert_allclose(z[system.num_steps :], copies, atol=1e-12)


@fewer(2)
@given(history_systems(max_steps=5))
def test_trajectory_and_final_are_the_projected_iterates(system):
    z = solved(system).ravel()
    path = system.steps[0].project(recursion(system))
    assert_allclose(system.trajectory(z), path, atol=1e-12)
    assert_allclose(system.final(z), path[-1], atol=1e-12)


def test_final_is_the_mean_of_the_copies():
    system = qgd.history_system(qgd.carleman(STEP, 1, scale=2.0), [0.3, 0.1], 1, padding=2)
    z = np.array([[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [5.0, 9.0]])
    assert_allclose(system.final(z.ravel()), [6.0, 10.0])


@fewer(2)
@given(history_systems(max_order=3, max_steps=4))
def test_first_level_holds_the_final_state_from_the_last_step_on(system):
    blocks = solved(system).reshape(system.num_times, system.block_dimension)
    copies = system.steps[0].project(blocks[system.num_steps :])
    final = system.steps[0].project(recursion(system)[-1])
    assert_allclose(copies, np.tile(final, (system.padding + 1, 1)), atol=1e-12)


@fewer(2)
@given(history_systems(max_order=3), st.lists(reals(), min_size=2, max_size=2))
def test_injection_is_solved_by_idle_copies_of_x_from_the_last_step_on(system, entries):
    n = system.steps[0].num_variables
    x = np.array(entries[:n])
    z = solved(system, system.injection(x))
    first = system.steps[0].project(z)
    assert_allclose(first[system.num_steps :], np.tile(x, (system.padding + 1, 1)), atol=1e-12)
    assert not z[: system.num_steps].any()
    assert not z[:, n:].any()


@fewer(2)
@given(history_systems(max_steps=4), st.lists(reals(), min_size=2, max_size=2))
def test_injecting_x_adds_x_to_the_final_state(system, entries):
    x = np.array(entries[: system.steps[0].num_variables])
    alone = system.final(solved(system).ravel())
    joined = system.final(solved(system, system.rhs + system.injection(x)).ravel())
    assert_allclose(joined, alone + x, atol=1e-12)


def test_a_time_dependent_affine_map_is_solved_exactly():
    maps = tuple(qgd.PolynomialMap(f.F[:2]) for f in (STEP, OTHER, STEP, OTHER, OTHER))
    steps = [qgd.carleman(m, 2) for m in maps]
    system = qgd.history_system(steps, [1.0, -1.0], 4)
    path = qgd.iterate(qgd.TimeDependentMap(maps), [1.0, -1.0], 4)
    assert_allclose(system.trajectory(spsolve(system.matrix, system.rhs)), path, atol=1e-12)


@given(st.integers(1, 3000))
def test_default_padding_is_the_smallest_that_fills_a_power_of_two_and_half_of_the_steps(num_steps):
    p = default_padding(num_steps)
    times = num_steps + p + 1
    assert times & (times - 1) == 0
    assert p >= num_steps / 2
    assert times // 2 - num_steps - 1 < num_steps / 2


def test_default_padding_is_used_when_none_is_given():
    system = qgd.history_system(qgd.carleman(STEP, 1), [0.0, 1.0], 5)
    assert (system.padding, system.num_times, system.block_dimension) == (10, 16, 2)


def test_longer_sequences_are_cut_and_shorter_ones_refused():
    steps = [qgd.carleman(f, 1) for f in (STEP, OTHER, STEP)]
    assert len(qgd.history_system(steps, [0.0, 1.0], 2).steps) == 2
    with pytest.raises(ValueError, match="`num_steps` must be at most 3"):
        qgd.history_system(steps, [0.0, 1.0], 4)


def test_steps_of_different_order_or_scale_are_refused():
    for other in (qgd.carleman(OTHER, 2), qgd.carleman(OTHER, 1, scale=2.0)):
        with pytest.raises(ValueError, match="share order, scale and number of variables"):
            qgd.history_system([qgd.carleman(STEP, 1), other], [0.0, 1.0], 2)


def test_a_flow_is_refused_until_it_is_discretised():
    flow = qgd.carleman(qgd.PolynomialSystem(STEP.F), 2)
    with pytest.raises(ValueError, match="apply taylor_step to it first"):
        qgd.history_system(flow, [0.0, 1.0], 2)
    step = qgd.taylor_step(flow, 0.1)
    assert qgd.history_system(step, [0.0, 1.0], 2).num_steps == 2


@pytest.mark.parametrize(("num_steps", "padding"), [(0, 0), (2, -1)])
def test_counts_below_their_minimum_are_refused(num_steps, padding):
    with pytest.raises(ValueError, match="must be at least"):
        qgd.history_system(qgd.carleman(STEP, 1), [0.0, 1.0], num_steps, padding)


def test_what_does_not_fit_is_refused_before_it_is_allocated():
    with pytest.raises(qgd.QGDError, match="lower the order, the number of steps or the padding"):
        qgd.history_system(qgd.carleman(STEP, 3), [0.0, 1.0], 10**10)


def test_memory_estimate_covers_the_assembled_system(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "check_memory", lambda size, what, remedy: asked.append(size))
    system = qgd.history_system(qgd.carleman(STEP, 3), [0.0, 1.0], 20)
    assert asked[0] >= 12 * system.matrix.nnz + 8 * len(system.rhs)


def test_vectors_beyond_memory_are_refused_before_they_are_allocated(monkeypatch):
    step = qgd.carleman_map(qgd.PolynomialMap([[0.1, 0.0], [[-0.5, 0.0], [0.0, -0.5]]]), 3)
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 1e8)
    with pytest.raises(qgd.QGDError, match="a history system of 131072 times and dimension 14"):
        qgd.history_system(step, [0.1, 0.2], 70_000)
    assert qgd.history_system(step, [0.1, 0.2], 30_000, padding=0).num_times == 30_001
