"""HHL: the filter it applies, with a proved distance from 1/x."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import apply_function, small_history, solution
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from strategies import DenseSystem

import qgd
from qgd.solvers import hhl as module
from qgd.solvers.clock_filter import (
    TIME,
    filter_error,
    inverse_table,
    sine_weights,
    window,
)
from qgd.solvers.sine_series import evaluate


def phase_estimation(kappa: float, num_clock: int, x: np.ndarray, table: str) -> np.ndarray:
    """sum_k |alpha_k(x)|^2 g_k with the amplitudes of the clock from their definition."""
    size = 2**num_clock
    tau = np.arange(size)
    phases = np.exp(1j * np.outer(x, tau) * TIME) * window(num_clock)
    alpha = np.fft.fft(phases, axis=1) / np.sqrt(size)
    return np.abs(alpha) ** 2 @ inverse_table(kappa, num_clock, table)


TABLES = st.sampled_from(["fitted", "reciprocal"])


@given(st.floats(1.0, 30.0), st.integers(3, 7), TABLES)
def test_sine_series_is_the_filter_of_phase_estimation(kappa, num_clock, table):
    x = np.linspace(-1, 1, 31)
    found = evaluate(sine_weights(kappa, num_clock, table), TIME, x)
    assert_allclose(found, phase_estimation(kappa, num_clock, x, table), atol=1e-12)


@given(st.floats(1.0, 30.0), st.integers(3, 8), TABLES)
def test_stated_error_dominates_the_sup_error_of_the_filter(kappa, num_clock, table):
    a = 1 / kappa
    x = a + (1 - a) * (1 - np.cos(np.linspace(0, np.pi, 4001))) / 2
    found = 2 * kappa * evaluate(sine_weights(kappa, num_clock, table), TIME, x)
    deviation = np.abs(found - 1 / x).max()
    stated = filter_error(kappa, num_clock, table)
    assert deviation * (1 - 1e-9) <= stated
    assert stated <= 1.01 * deviation + 2e-5 * kappa or num_clock < 4


def test_stated_error_is_finite_and_holds_where_the_clock_cannot_resolve_one_over_kappa():
    x = np.array([1e-5, 1e-3, 0.1, 1.0])
    found = 2e5 * evaluate(sine_weights(1e5, 3, "reciprocal"), TIME, x)
    assert np.abs(found - 1 / x).max() <= filter_error(1e5, 3, "reciprocal") < np.inf


def test_error_of_the_reciprocal_table_falls_with_the_square_of_the_clock():
    errors = [filter_error(5.0, m, "reciprocal") for m in (6, 7, 8)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.15)


@pytest.mark.parametrize("kappa", [2.0, 10.0])
def test_fitted_table_is_ten_times_closer_at_the_same_gain(kappa):
    for m in (6, 7, 8):
        fitted, reciprocal = (filter_error(kappa, m, t) for t in ("fitted", "reciprocal"))
        assert fitted < reciprocal / 10


def test_fitted_table_is_the_reciprocal_one_for_clocks_beyond_the_fit():
    both = [inverse_table(5.0, 10, table) for table in ("fitted", "reciprocal")]
    assert_allclose(*both)


@pytest.mark.parametrize("table", ["fitted", "reciprocal"])
@pytest.mark.parametrize("num_clock", [3, 5, 8])
def test_window_is_normalised_and_filter_stays_below_one(num_clock, table):
    assert np.linalg.norm(window(num_clock)) == pytest.approx(1)
    for kappa in (1.0, 7.3, 1000.0):
        g = inverse_table(kappa, num_clock, table)
        assert np.abs(g).max() <= 1 + 1e-12
        assert_allclose(g[1:], -g[1:][::-1])  # odd in two's complement


@given(st.floats(1.0, 10.0), st.floats(-3, 0).map(lambda e: 10**e))
def test_clock_is_the_smallest_that_reaches_epsilon(kappa, epsilon):
    clock, error = qgd.HHL(epsilon=epsilon)._clock(kappa)
    assert error == filter_error(kappa, clock, "fitted") <= epsilon
    if clock > 3 and 2 ** (clock - 1) >= kappa:
        assert filter_error(kappa, clock - 1, "fitted") > epsilon


@pytest.mark.parametrize("kappa", [50.0, 3e5])
def test_an_epsilon_out_of_reach_is_refused_with_the_best_one(monkeypatch, kappa):
    monkeypatch.setattr(module, "_LARGEST_CLOCK", 9)
    with pytest.raises(ValueError, match=r"`epsilon` must be at least \S+ for HHL .* QSVT or LCU"):
        qgd.HHL(epsilon=1e-9)._clock(kappa)


def test_num_clock_counts_only_without_epsilon_and_is_at_least_three():
    assert qgd.HHL(num_clock=5)._clock(2.0)[0] == 5
    with pytest.raises(ValueError, match="`num_clock` must be at least 3, got 2"):
        qgd.HHL(num_clock=2).prepare(small_history())


@pytest.mark.parametrize("level", ["gate", "block", "polynomial"])
def test_amplitudes_are_the_filter_of_the_singular_values(level):
    A = np.array([[1.0, 0.4], [-0.3, -0.8]])
    linear = DenseSystem(csr_array(A), np.array([1.0, 0.2]), 1.1 / np.linalg.svd(A)[1][-1])
    system = qgd.encode(linear)
    solved = qgd.HHL(num_clock=4, level=level).prepare(system)
    wanted = apply_function(lambda s: phase_estimation(solved.kappa, 4, s, "fitted"), system)
    assert_allclose(solved.state.amplitudes, wanted, atol=1e-10)


def test_more_clock_qubits_come_closer_to_the_solution():
    system = small_history()
    errors = [
        np.linalg.norm(qgd.HHL(num_clock=m).prepare(system).state.solution - solution(system))
        for m in (4, 6, 8)
    ]
    assert errors[0] > 3 * errors[1] > 9 * errors[2]


@pytest.mark.parametrize("table", ["fitted", "reciprocal"])
def test_symmetric_matrices_need_no_dilation_qubit(table):
    A = np.array([[1.0, 0.4, 0.0], [0.4, -0.8, 0.2], [0.0, 0.2, 0.5]])
    linear = DenseSystem(csr_array(A), np.array([1.0, 0.2, -0.3]), 1.1 / np.linalg.svd(A)[1][-1])
    system = qgd.encode(linear)
    solver = qgd.HHL(num_clock=5, table=table)
    amplitudes = [
        qgd.HHL(num_clock=5, table=table, level=level).prepare(system).state.amplitudes
        for level in ("gate", "block", "polynomial")
    ]
    assert_allclose(amplitudes[0], amplitudes[2], atol=1e-10)
    assert_allclose(amplitudes[1], amplitudes[2], atol=1e-10)
    assert solver.circuit(system).num_qubits == 2 + 5 + 1
    assert solver.prepare(system).cost.qubits == 5 + 1


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match="`table` must be one of fitted, reciprocal, got 'best'"):
        qgd.HHL(table="best")
