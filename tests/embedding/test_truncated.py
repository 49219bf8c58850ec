"""The truncated solution of every order, and the estimate from the next orders."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import csr_array, eye_array
from strategies import fewer, polynomial_maps, vectors

import qgd
from qgd.core.kronecker import kronecker_power
from qgd.embedding import truncated

QUADRATIC = qgd.PolynomialMap([[0.1], [[-0.3]], [[0.2]]])


@fewer(2)
@given(step=polynomial_maps(3, 3), data=st.data())
def test_every_order_is_the_projection_of_the_lifted_run(step, data):
    x0 = data.draw(vectors(step.num_variables))
    T = data.draw(st.integers(0, 4))
    solutions = qgd.TruncatedSolutions(step, x0, T)
    for order in data.draw(st.permutations([1, 2, 3])):
        lifted = qgd.carleman(step, order)
        y = lifted.lift(x0)
        for _ in range(T):
            y = lifted.step(y)
        size = max(1.0, float(np.abs(y).max()))
        assert_allclose(solutions(order), lifted.project(y), rtol=0, atol=1e-12 * size)
        assert_allclose(qgd.truncated_solution(step, order, x0, T), solutions(order))
    assert_allclose(solutions(0), x0)


@given(system=polynomial_maps(3, 3, forced=False), data=st.data())
def test_unforced_truncated_solution_is_the_low_degree_part_in_the_start(system, data):
    # Independent route: Phi^T(s x_0) is a polynomial in s; its coefficients by roots of unity.
    order, T = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    x0 = data.draw(vectors(system.num_variables, 0.8))
    count = max(system.degree, 1) ** T + 1
    points = [s * x0 for s in np.exp(2j * np.pi * np.arange(count) / count)]
    G = [Gk.toarray().reshape(len(x0), -1) for Gk in system.G]
    for _ in range(T):
        points = [sum(Gk @ kronecker_power(p, k) for k, Gk in enumerate(G)) for p in points]
    coefficients = np.fft.fft(np.array(points), axis=0).real / count
    wanted = coefficients[: order + 1].sum(axis=0)
    assert_allclose(qgd.truncated_solution(system, order, x0, T), wanted, atol=1e-12)


def test_estimate_is_twice_the_geometric_rest_of_the_differences_of_orders():
    values = [qgd.truncated_solution(QUADRATIC, N, [0.5], 5)[0] for N in (1, 2, 3)]
    first, second = abs(values[1] - values[0]), abs(values[2] - values[1])
    estimate = qgd.truncation_estimate(QUADRATIC, 2, [0.5], 5)
    assert estimate.value == pytest.approx(2 * second / (1 - second / first))
    assert estimate.kind is qgd.Kind.ESTIMATED
    assert estimate.theorem == ""


@pytest.mark.parametrize("order", [2, 3, 4])
def test_estimate_exceeds_the_error_of_a_contracting_run_and_stays_within_ten_times(order):
    truth = qgd.iterate(QUADRATIC, [0.4], 6)[-1]
    error = abs(truth - qgd.truncated_solution(QUADRATIC, order, [0.4], 6))[0]
    estimate = qgd.truncation_estimate(QUADRATIC, order, [0.4], 6).value
    assert error <= estimate <= 10 * error


def test_estimate_is_infinite_when_the_orders_diverge():
    growing = qgd.PolynomialMap([[0.0], [[-0.1]], [[0.5]]])
    assert math.isinf(qgd.truncation_estimate(growing, 2, [3.0], 4).value)


@pytest.mark.parametrize("offset", [0.0, 0.05])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_estimate_sees_a_cubic_map_that_does_not_change_from_order_to_order(order, offset):
    step = qgd.PolynomialMap([[offset], [[-0.3]], [[0.0]], [[0.2]]])
    error = abs(qgd.truncated_solution(step, order, [0.6], 6) - qgd.iterate(step, [0.6], 6)[-1])[0]
    estimate = qgd.truncation_estimate(step, order, [0.6], 6).value
    assert 0 < error <= estimate <= 20 * error


def test_estimate_is_infinite_when_the_truncated_solution_overflows():
    wild = qgd.PolynomialMap([[0.0], [[9.0]], [[5.0]]])
    assert math.isinf(qgd.truncation_estimate(wild, 2, [1.0], 400).value)


def test_estimate_of_an_affine_map_is_the_proved_zero():
    estimate = qgd.truncation_estimate(qgd.PolynomialMap([[0.1], [[-0.3]]]), 1, [0.5], 3)
    assert (estimate.value, estimate.kind) == (0.0, qgd.Kind.PROVED)


def test_estimate_of_a_lift_beyond_memory_is_that_of_the_homogenised_closure():
    n = 2000
    rows = np.arange(n)
    F2 = csr_array((np.full(n, 0.05), (rows, (rows + 1) % n * n + rows)), shape=(n, n * n))
    step = qgd.PolynomialMap([np.full(n, 0.02), -0.3 * eye_array(n, format="csr"), F2])
    estimate = qgd.truncation_estimate(step, 3, np.zeros(n), 20)
    assert estimate.source == "order 4 minus order 3 of the homogenised closure"
    assert estimate.kind is qgd.Kind.ESTIMATED
    exact = qgd.iterate(step, np.zeros(n), 20)[-1]
    closure = qgd.graded_iterate(step, 3, np.zeros(n), 20, homogenised=True).solution()[-1]
    error = np.linalg.norm(closure - exact)
    assert error <= estimate.value <= 10 * error


def test_solutions_shared_between_estimates_are_computed_once(monkeypatch):
    forced = qgd.PolynomialMap([[0.05], [[-0.3]], [[0.2]]])
    orders = []
    original = truncated.carleman

    def counting(step, order, **options):
        orders.append(order)
        return original(step, order, **options)

    monkeypatch.setattr(truncated, "carleman", counting)
    solutions = qgd.TruncatedSolutions(forced, [0.0], 5)
    shared = [
        qgd.truncation_estimate(forced, N, [0.0], 5, solutions=solutions).value for N in (1, 2, 3)
    ]
    assert sorted(orders) == [1, 2, 3, 4]
    assert shared == [qgd.truncation_estimate(forced, N, [0.0], 5).value for N in (1, 2, 3)]
