"""Parts of a sum of evolutions: the same polynomial, wherever they are computed."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import small_history
from numpy.testing import assert_allclose, assert_array_equal
from strategies import fewer, linear_systems, reals, vectors

import qgd
from qgd.pipeline.source import SolverSource
from qgd.solvers.sine_parts import _edges, apply_in_parts
from qgd.solvers.sine_series import apply_by_calls


@fewer(2)
@given(
    linear_systems(), st.integers(1, 12).flatmap(vectors), reals(0.1, 3.0),
    st.integers(4, 20), st.integers(1, 15),
)  # fmt: skip
def test_parts_add_up_to_the_steps_also_of_coarse_degree(linear, weights, t, degree, parts):
    system = qgd.encode(linear)
    wanted = apply_by_calls(weights, t, system, degree)
    found = apply_in_parts(weights, t, system, degree, None, parts)
    # Steps far too coarse leave the unit interval, and then grow.
    size = 1 + np.abs(wanted).max()
    assert_allclose(found, wanted, atol=1e-12 * size)


def test_many_nodes_in_parts_are_those_step_by_step():
    weights = np.random.default_rng(0).normal(size=150)
    system = small_history(order=2, num_steps=3, padding=2)
    wanted = apply_by_calls(weights, np.pi / 2, system, 9)
    for parts in (2, 5):
        found = apply_in_parts(weights, np.pi / 2, system, 9, None, parts)
        assert_allclose(found, wanted, atol=1e-12)


@given(st.integers(1, 500), st.integers(3, 30), st.integers(1, 40))
def test_parts_cover_all_nodes_in_runs_of_falling_length(terms, degree, parts):
    edges = _edges(terms, 1.5, degree, parts)
    lengths = np.diff(edges)
    assert edges[0] == 0
    assert edges[-1] == terms
    assert len(lengths) <= min(parts, terms)
    assert lengths.min() >= 1
    assert (np.diff(lengths) <= 1).all()


def test_later_parts_cost_fewer_calls_than_the_steps_they_skip(monkeypatch):
    system = small_history()
    weights, calls = np.ones(100), []
    count = qgd.BlockEncoding.apply
    monkeypatch.setattr(
        qgd.BlockEncoding, "apply", lambda *a, **k: calls.append(1) or count(*a, **k)
    )
    costs = []
    for start, stop in ((0, 100), (0, 26), (26, 52), (52, 76), (76, 100)):
        calls.clear()
        apply_by_calls(weights[start:stop], np.pi / 2, system, 15, start + 1)
        costs.append(len(calls))
    assert max(costs[1:]) < 0.5 * costs[0]


def test_executor_leaves_no_trace_in_a_digit():
    system = small_history(order=2, num_steps=3)
    other = system.with_rhs(np.linspace(1, 2, len(system.rhs)))
    solver = qgd.FourierLCU(1e-3)
    with ThreadPoolExecutor(3) as pool:  # processes: tests/dask_sweep.py
        for encoded in (system, other):
            here = solver.prepare_in_parts(encoded, None).state.amplitudes
            assert_array_equal(solver.prepare_in_parts(encoded, pool).state.amplitudes, here)
            assert_allclose(here, solver.prepare(encoded).state.amplitudes, atol=1e-14)


def test_parts_keep_bound_and_cost():
    system = small_history()
    whole = qgd.FourierLCU(1e-3, level="block").prepare(system)
    parts = qgd.FourierLCU(1e-3).prepare_in_parts(system, None)
    assert (parts.bound, parts.cost, parts.level) == (whole.bound, whole.cost, "block")


@given(linear_systems(3))
def test_encoding_travels_as_what_it_was_made_from(linear):
    for system in (qgd.encode(linear), small_history()):
        copy = pickle.loads(pickle.dumps(system.with_rhs(2 * system.rhs)))
        assert_array_equal(copy.rhs, 2 * system.rhs)
        assert_array_equal(copy.encoding.block(), system.encoding.block())


def test_solve_hands_the_evolutions_to_the_executor():
    class Counting(ThreadPoolExecutor):
        submitted = 0

        def submit(self, *args, **kwargs):
            self.submitted += 1
            return super().submit(*args, **kwargs)

    step = qgd.PolynomialMap([[0.1], [[-0.4]], [[0.2]]])
    options = {"tolerance": 0.05, "solver": qgd.FourierLCU()}
    with Counting(2) as pool:
        solution = qgd.solve(step, [0.5], 3, executor=pool, **options)
        assert pool.submitted == 4
        inner = SolverSource(qgd.FourierLCU(1e-2), small_history(), pool)
        inner.state(np.ones(len(inner.system.rhs)))
        assert pool.submitted == 12
    assert_allclose(solution.value, qgd.solve(step, [0.5], 3, **options).value, atol=1e-13)


def test_solver_without_independent_terms_refuses_an_executor():
    assert isinstance(qgd.FourierLCU(), qgd.ParallelSolver)
    step = qgd.PolynomialMap([[0.1], [[-0.4]], [[0.2]]])
    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match="terms are independent"):
        qgd.solve(step, [0.5], 3, tolerance=0.05, executor=pool)


@pytest.mark.parametrize("level", ["gate", "polynomial"])
def test_other_levels_refuse_an_executor(level):
    solver = qgd.FourierLCU(1e-2, level=level)
    with pytest.raises(ValueError, match="`executor` must go with level='block'"):
        solver.prepare_in_parts(small_history(), None)


def test_number_of_parts_is_checked():
    with pytest.raises(ValueError, match="`parts` must be at least 1, got 0"):
        qgd.FourierLCU(1e-2).prepare_in_parts(small_history(), None, parts=0)
