"""The Fourier LCU: a proved approximation of 1/x by sines, and its circuit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import apply_function, small_history
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer

import qgd
from qgd.solvers import fourier as module
from qgd.solvers.dense_evolution import DenseEvolution
from qgd.solvers.fourier import SPACING, _cotangent_correction, _target, fourier_weights
from qgd.solvers.sine_series import evaluate


def deviation(weights: np.ndarray, kappa: float) -> float:
    a = 1 / kappa
    x = a + (1 - a) * (1 - np.cos(np.linspace(0, np.pi, 4001))) / 2
    return float(np.abs(evaluate(weights, SPACING, x) - 1 / x).max())


@fewer(2)
@given(st.floats(0, 2).map(lambda t: 10**t), st.floats(-9, 1).map(lambda e: 10**e))
def test_stated_error_dominates_the_sup_error_and_meets_epsilon(kappa, epsilon):
    weights, error = fourier_weights(kappa, epsilon)
    assert deviation(weights, kappa) <= error * (1 + 1e-9) + 1e-12 * kappa
    assert error <= epsilon


@pytest.mark.parametrize("kappa", [1.0, 5.0, 50.0])
def test_below_the_rounding_of_the_fit_the_stated_error_stays_honest(kappa):
    weights, error = fourier_weights(kappa, 1e-14)
    assert deviation(weights, kappa) <= error <= 1e-10


@fewer(2)
@given(st.floats(1.0, 100.0), st.floats(-8, -1).map(lambda e: 10**e))
def test_number_of_times_is_of_order_kappa_log_kappa_over_epsilon(kappa, epsilon):
    weights, _ = fourier_weights(kappa, epsilon)
    assert len(weights) <= 2 * kappa * np.log(40 * kappa / epsilon) + 30


def test_correction_fits_what_the_cotangent_misses():
    x = np.linspace(1e-3, 1, 1000)
    wanted = 1 / x - SPACING / 2 / np.tan(SPACING * x / 2)
    assert_allclose(_target(x), wanted, atol=1e-12)
    for epsilon in (1e-2, 1e-5, 1e-8):
        fit, error = _cotangent_correction(epsilon)
        found = np.sin(np.outer(x, np.arange(1, len(fit) + 1)) * SPACING) @ fit
        assert np.abs(found - wanted).max() <= error <= 1.1 * epsilon + 1e-10


def test_target_joins_its_series_smoothly():
    edge = 0.2 / SPACING
    below, above = _target(np.array([edge * (1 - 1e-9), edge * (1 + 1e-9)]))
    assert below == pytest.approx(above, rel=1e-8)
    assert _target(np.array([0.0]))[0] == 0.0


@pytest.mark.parametrize("level", ["gate", "block", "polynomial"])
def test_amplitudes_are_the_series_over_the_sum_of_its_weights(level):
    A = np.array([[1.0, 0.4], [-0.3, -0.8]])
    linear = DenseSystem(csr_array(A), np.array([1.0, 0.2]), 1.1 / np.linalg.svd(A)[1][-1])
    system = qgd.encode(linear)
    solved = qgd.FourierLCU(0.05, level=level).prepare(system)
    weights, _ = fourier_weights(solved.kappa, 0.05)
    k = np.arange(1, len(weights) + 1)
    wanted = apply_function(lambda s: np.sin(np.outer(s, k) * SPACING) @ weights, system)
    assert_allclose(solved.state.amplitudes, wanted / np.abs(weights).sum(), atol=1e-10)


def test_weights_of_either_sign_keep_it_in_the_circuit(monkeypatch):
    monkeypatch.setattr(module, "fourier_weights", lambda *_: (np.array([0.8, -0.3, 0.1]), 1e-3))
    system = small_history(1, 1, 0)
    gate, polynomial = (
        qgd.FourierLCU(level=level).prepare(system).state.amplitudes
        for level in ("gate", "polynomial")
    )
    assert_allclose(gate, polynomial, atol=1e-10)


def test_index_register_holds_all_times(monkeypatch):
    system = small_history()
    solved = qgd.FourierLCU(0.3).prepare(system)
    weights, _ = fourier_weights(solved.kappa, 0.3)
    index = solved.cost.qubits - 1
    assert 2 ** (index - 1) < len(weights) <= 2**index
    assert solved.cost.block_encoding_calls % 2**index == 0
    made, circuit = [], DenseEvolution.circuit
    monkeypatch.setattr(
        DenseEvolution,
        "circuit",
        lambda self, time, controls=0: (
            made.append((time, controls)) or circuit(self, time, controls)
        ),
    )
    qgd.FourierLCU(0.3).circuit(system)
    assert made == [(SPACING, 0), *((SPACING * 2**bit, 1) for bit in range(index))]
