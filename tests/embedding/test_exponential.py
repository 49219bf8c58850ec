"""The lifted flow in time against dense exponentials, graded evaluation and published cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from strategies import polynomial_systems, vectors

import qgd


@pytest.mark.parametrize("method", ["auto", "krylov", "taylor"])
@given(flow=polynomial_systems(3, 3), data=st.data())
def test_states_are_the_exponential_of_the_truncated_system(method, flow, data):
    order = data.draw(st.integers(1, 3))
    x0 = data.draw(vectors(flow.num_variables))
    times = np.cumsum(data.draw(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=4)))
    lifted = qgd.carleman(flow, order)
    M = np.zeros((lifted.dimension + 1,) * 2)
    M[:-1, :-1], M[:-1, -1] = lifted.matrix.toarray(), lifted.offset
    start = np.append(lifted.lift(x0), 1.0)
    states = list(qgd.lifted_states(lifted, x0, times, method=method, rtol=1e-12))
    assert len(states) == len(times)
    for t, y in zip(times, states, strict=True):
        exact = (expm((t - times[0]) * M) @ start)[:-1]
        np.testing.assert_allclose(y, exact, rtol=0, atol=1e-10 * max(1, np.linalg.norm(start)))


@pytest.mark.parametrize("basis", ["kronecker", "symmetric", "isometric"])
def test_stiff_flow_agrees_with_graded_evaluation_in_every_basis(basis):
    n = 6
    second = 40.0 * (np.eye(n, k=1) + np.eye(n, k=-1) - 2 * np.eye(n))
    F2 = 0.5 * np.random.default_rng(0).normal(size=(n, n**2))
    flow = qgd.PolynomialSystem([np.zeros(n), second, F2])
    x0, times = np.linspace(0.1, 0.6, n), np.array([0.0, 0.05, 0.3, 1.0])
    graded = qgd.graded_integrate(flow, 3, x0, times, rtol=1e-12).solution()
    lifted = qgd.carleman(flow, 3, basis=basis)
    found = qgd.lifted_integrate(lifted, x0, times, method="krylov")
    np.testing.assert_allclose(found, graded, rtol=0, atol=1e-9)


def test_error_falls_with_the_tolerance():
    flow = qgd.PolynomialSystem([[0.2, 0.0], [[-3.0, 9.0], [-9.0, -3.0]], np.ones((2, 4))])
    lifted = qgd.carleman(flow, 5)
    truth = qgd.lifted_integrate(lifted, [0.3, 0.1], [0.0, 4.0], method="taylor")[-1]
    errors = [
        np.abs(
            qgd.lifted_integrate(lifted, [0.3, 0.1], [0.0, 4.0], method="krylov", rtol=rtol)[-1]
            - truth
        ).max()
        for rtol in (1e-3, 1e-6, 1e-10)
    ]
    assert errors[0] < 1e-3
    assert errors[1] < 1e-6
    assert errors[2] < 1e-10


def test_van_der_pol_at_order_seven_follows_the_oscillator():
    F3 = np.zeros((2, 8))
    F3[1, 1] = -1.0  # x x y
    flow = qgd.PolynomialSystem([[0.0, 0.0], [[0.0, 1.0], [-1.0, 1.0]], np.zeros((2, 4)), F3])
    times = np.linspace(0.0, 2.0, 9)
    truth = qgd.integrate(flow, [0.1, 0.1], times).values
    errors = []
    for order in (1, 3, 5, 7):
        lifted = qgd.carleman(flow, order, basis="symmetric")
        errors.append(np.abs(qgd.lifted_integrate(lifted, [0.1, 0.1], times) - truth).max())
    assert errors[0] > 10 * errors[1] > 100 * errors[2] > 1000 * errors[3]


def test_state_at_rest_stays():
    flow = qgd.PolynomialSystem([[0.0], [[-1.0]], [[1.0]]])
    lifted = qgd.carleman(flow, 2)
    for method in ("krylov", "taylor"):
        path = qgd.lifted_integrate(lifted, [0.0], [0.0, 1.0, 2.0], method=method)
        np.testing.assert_array_equal(path, np.zeros((3, 1)))


def test_bad_input_is_refused():
    flow = qgd.PolynomialSystem([[0.0], [[-1.0]], [[1.0]]])
    lifted = qgd.carleman(flow, 2)
    with pytest.raises(ValueError, match="`times` must be strictly increasing"):
        list(qgd.lifted_states(lifted, [0.1], [0.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="`method` must be one of"):
        list(qgd.lifted_states(lifted, [0.1], [0.0, 1.0], method="euler"))
    with pytest.raises(ValueError, match=r"`x0` must have shape \(1\)"):
        list(qgd.lifted_states(lifted, [0.1, 0.2], [0.0, 1.0]))
    step = qgd.carleman(qgd.PolynomialMap(flow.F), 2)
    with pytest.raises(ValueError, match="`system` must embed a flow, got the form 'exact'"):
        list(qgd.lifted_states(step, [0.1], [0.0, 1.0]))
    growing = qgd.carleman(qgd.PolynomialSystem([[0.0], [[400.0]]]), 1)
    with pytest.raises(qgd.QGDError, match="lifted state must stay below"):
        list(qgd.lifted_states(growing, [1.0], [0.0, math.pi]))
