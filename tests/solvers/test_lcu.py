"""LCU of Chebyshev walks: series, circuit, cost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import apply_function, small_history
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from scipy.special import comb
from strategies import DenseSystem

import qgd
from qgd.solvers.lcu import cks_weights

KAPPAS = st.floats(1.0, 20.0)
EPSILONS = st.floats(-9, 1).map(lambda e: 10**e)


def odd_series(weights: np.ndarray) -> np.ndarray:
    coefficients = np.zeros(2 * len(weights))
    coefficients[1::2] = weights
    return coefficients


def deviation(weights: np.ndarray, kappa: float) -> float:
    a = 1 / kappa
    x = a + (1 - a) * (1 - np.cos(np.linspace(0, np.pi, 2001))) / 2
    return float(np.abs(chebyshev.chebval(x, odd_series(weights)) - 1 / x).max())


@given(KAPPAS, EPSILONS)
def test_stated_error_of_the_cks_series_dominates_and_meets_epsilon(kappa, epsilon):
    weights, error = cks_weights(kappa, epsilon)
    assert deviation(weights, kappa) <= error * (1 + 1e-9) + 1e-12 * kappa
    assert error <= max(epsilon, 10 * kappa * (epsilon > kappa))


def test_cks_series_keeps_its_digits_at_large_kappa():
    weights, error = cks_weights(50.0, 1e-9)
    assert deviation(weights, 50.0) <= error <= 1e-9


def test_cks_weights_are_the_binomial_tails_of_the_paper():
    kappa, epsilon = 3.0, 1e-3
    weights, _ = cks_weights(kappa, epsilon)
    b = math.ceil(kappa**2 * math.log(2 * kappa / epsilon))
    for j, found in enumerate(weights):
        tail = sum(comb(2 * b, b + i, exact=True) for i in range(j + 1, b + 1))
        assert found == pytest.approx(4 * (-1) ** j * tail / 4**b, rel=1e-12)


def test_untruncated_cks_series_is_its_closed_form():
    # At kappa = 1 nothing is cut but what epsilon allows: (1 - (1 - x^2)^b) / x.
    weights, _ = cks_weights(1.0, 1e-12)
    b = math.ceil(math.log(2 / 1e-12))
    x = np.linspace(0.01, 1, 50)
    found = chebyshev.chebval(x, odd_series(weights))
    assert_allclose(found, (1 - (1 - x * x) ** b) / x, atol=1e-11)


@given(KAPPAS, EPSILONS)
def test_optimal_series_needs_fewer_terms_than_that_of_childs_kothari_and_somma(kappa, epsilon):
    optimal = (qgd.inverse_degree(kappa, epsilon) + 1) // 2
    if epsilon < kappa / 10:
        assert optimal <= len(cks_weights(kappa, epsilon)[0])


@pytest.mark.parametrize("level", ["gate", "block", "polynomial"])
@pytest.mark.parametrize("series", ["optimal", "cks"])
def test_amplitudes_are_the_series_over_the_sum_of_its_weights(series, level):
    A = np.array([[1.0, 0.4], [-0.3, -0.8]])
    linear = DenseSystem(csr_array(A), np.array([1.0, 0.2]), 1.1 / np.linalg.svd(A)[1][-1])
    system = qgd.encode(linear)
    solved = qgd.LCU(0.05, level=level, series=series).prepare(system)
    if series == "cks":
        weights, _ = cks_weights(solved.kappa, 0.05)
    else:
        weights = qgd.inverse_chebyshev(solved.kappa, qgd.inverse_degree(solved.kappa, 0.05))[1::2]
    f = odd_series(weights) / np.abs(weights).sum()
    wanted = apply_function(lambda s: chebyshev.chebval(s, f), system)
    assert_allclose(solved.state.amplitudes, wanted, atol=1e-11)


@pytest.mark.parametrize("series", ["optimal", "cks"])
def test_circuit_calls_the_encoding_as_often_as_the_cost_says(series):
    solver, system = qgd.LCU(1.0, series=series), small_history()
    solved = solver.prepare(system)
    labels = [gate.operation.label for gate in solver.circuit(system).data]
    calls = labels.count("U_L") + labels.count("U_L_dg")
    assert calls == solved.cost.block_encoding_calls == 2 ** (solved.cost.qubits + 1) - 1


def test_series_name_their_theorems_and_others_are_refused():
    system = small_history()
    names = {s: qgd.LCU(series=s).prepare(system).bound.theorem for s in ("optimal", "cks")}
    assert names == {
        "optimal": "05-inversion.md#Theorem 5.1",
        "cks": "05-inversion.md#Theorem 5.3",
    }
    with pytest.raises(ValueError, match="`series` must be one of optimal, cks, got 'taylor'"):
        qgd.LCU(series="taylor").prepare(system)


def test_one_term_still_has_an_index_qubit():
    linear = DenseSystem(csr_array(2 * np.eye(2)), np.array([1.0, -2.0]), 0.5)
    for level in ("gate", "block", "polynomial"):
        solved = replace(qgd.LCU(), level=level).prepare(qgd.encode(linear))
        assert solved.cost.qubits == 1
        assert_allclose(solved.state.solution, [0.5, -1.0], atol=1e-12)
