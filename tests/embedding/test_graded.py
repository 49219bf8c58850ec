"""Graded evaluation against the truncated Kronecker system, level by level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm
from strategies import polynomial_maps, polynomial_systems, vectors

import qgd
from qgd.core.outcome import Outcome, QGDError


def unforced(field):
    """The same field without F_0."""
    return type(field)([np.zeros(field.num_variables), *field.F[1:]])


def constant_coordinate(field):
    """The field of (1, x): every F_0 becomes a linear term, so the truncation is homogenised."""
    n = field.num_variables
    F = [np.zeros(n + 1), np.zeros((n + 1, n + 1))]
    F[1][1:, 0], F[1][1:, 1:] = field.F[0].toarray().ravel(), field.F[1].toarray()
    for k in range(2, field.degree + 1):
        tensor = np.zeros((n + 1,) * (k + 1))
        tensor[(slice(1, None),) * (k + 1)] = field.F[k].toarray().reshape((n,) * (k + 1))
        F.append(tensor.reshape(n + 1, -1))
    return type(field)(F)


def check_levels(solution, y, lifted, order):
    for j in range(1, order + 1):
        expected = y[lifted.levels[j - 1]]
        np.testing.assert_allclose(solution.level(j, order)[-1], expected, rtol=0, atol=1e-12)
    norms = [np.linalg.norm(y[level]) for level in lifted.levels]
    np.testing.assert_allclose(solution.level_norms(order)[-1], norms, rtol=1e-6, atol=1e-9)
    assert solution.lifted_norm(order)[-1] == pytest.approx(np.linalg.norm(y), abs=1e-12)
    if np.linalg.norm(y) > 1e-6:
        ratio = (norms[0] / np.linalg.norm(y)) ** 2
        assert solution.success_probability(order)[-1] == pytest.approx(ratio, abs=1e-9)


@given(polynomial_maps(4, 4, forced=False), st.data())
def test_every_level_of_the_truncated_map_is_the_graded_one(step, data):
    order, steps = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 5))
    x0 = data.draw(vectors(step.num_variables))
    solution = qgd.graded_iterate(step, 4, x0, steps)
    lifted = qgd.carleman(step, order)
    y = lifted.lift(x0)
    for _ in range(steps):
        y = lifted.step(y)
    check_levels(solution, y, lifted, order)
    np.testing.assert_array_equal(solution.solutions()[..., order - 1], solution.solution(order))


@given(polynomial_systems(3, 4).map(unforced), st.data())
def test_every_level_of_the_truncated_flow_is_the_graded_one(flow, data):
    order, time = data.draw(st.integers(1, 3)), data.draw(st.floats(0.1, 2.0))
    x0 = data.draw(vectors(flow.num_variables))
    solution = qgd.graded_integrate(flow, 3, x0, [0.0, time], rtol=1e-13)
    lifted = qgd.carleman(flow, order)
    y = expm(time * lifted.matrix.toarray()) @ lifted.lift(x0)
    check_levels(solution, y, lifted, order)


@given(polynomial_maps(2, 3, forced=True), st.data())
def test_homogenised_closure_is_the_truncation_with_a_constant_coordinate(step, data):
    order, steps = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 4))
    x0 = data.draw(vectors(step.num_variables))
    solution = qgd.graded_iterate(step, order, x0, steps, homogenised=True)
    assert solution.homogenised
    lifted = qgd.carleman(constant_coordinate(step), order)
    y = lifted.lift(np.concatenate(([1.0], x0)))
    for _ in range(steps):
        y = lifted.step(y)
    np.testing.assert_allclose(solution.solution()[-1], lifted.project(y)[1:], rtol=0, atol=1e-12)


def test_homogenised_closure_converges_at_a_pivot_to_the_iterates():
    step = qgd.PolynomialMap([[0.05, -0.03], -0.2 * np.eye(2), 0.1 * np.ones((2, 4))])
    exact = qgd.iterate(step, [0.0, 0.0], 30)[-1]
    solutions = qgd.graded_iterate(step, 12, [0.0, 0.0], 30, homogenised=True).solutions()[-1]
    errors = np.linalg.norm(solutions - exact[:, None], axis=0)
    assert errors[11] < 1e-6 * errors[0]


def test_all_orders_of_the_logistic_flow_are_its_power_series_in_the_start():
    # x(t) = x0 e^-t / (1 - x0 (1 - e^-t)): the part of degree m is e^-t (1 - e^-t)^(m-1) x0^m.
    flow = qgd.PolynomialSystem([[0.0], [[-1.0]], [[1.0]]])
    times = np.array([0.0, 0.3, 1.0, 4.0])
    solution = qgd.graded_integrate(flow, 6, [0.7], times, rtol=1e-13)
    m = np.arange(1, 7)
    decay = np.exp(-times)[:, None]
    expected = decay * (1 - decay) ** (m - 1) * 0.7**m
    np.testing.assert_allclose(solution.parts[:, 0], expected, rtol=1e-11, atol=1e-15)
    truth = 0.7 * decay[:, 0] / (1 - 0.7 * (1 - decay[:, 0]))
    error = truth - solution.solution(4)[:, 0]
    rate = 0.7 * (1 - decay[:, 0])
    np.testing.assert_allclose(solution.tail(4), error * (1 - rate**2), rtol=1e-9, atol=1e-15)


def test_time_dependent_maps_are_applied_in_turn():
    maps = tuple(
        qgd.PolynomialMap([[0.0], [[-0.3 + 0.1 * k]], [[0.2 * k]], [[-0.1]]]) for k in range(3)
    )
    solution = qgd.graded_iterate(qgd.TimeDependentMap(maps), 3, [0.5], 3)
    y = qgd.carleman(maps[0], 3).lift([0.5])
    for m in maps:
        y = qgd.carleman(m, 3).step(y)
    assert solution.solution()[-1] == pytest.approx(y[:1], abs=1e-15)
    with pytest.raises(ValueError, match="`num_steps` must be at most 3"):
        qgd.graded_iterate(qgd.TimeDependentMap(maps), 3, [0.5], 4)


@given(polynomial_systems(2, 3).map(unforced), polynomial_systems(2, 3).map(unforced), st.data())
def test_flow_with_changing_coefficients_is_that_of_the_lifted_systems_in_turn(first, second, data):
    if first.num_variables != second.num_variables:
        second = first
    x0 = data.draw(vectors(first.num_variables))
    flow = qgd.TimeDependentSystem((first, second, first), [0.4, 1.0])
    times = [0.0, 0.2, 0.7, 1.5]
    solution = qgd.graded_integrate(flow, 3, x0, times, rtol=1e-13)
    lifted = [qgd.carleman(system, 3) for system in (first, second)]
    at = {0.0: lifted[0].lift(x0)}
    for begin, end, A in (
        (0.0, 0.2, lifted[0]), (0.2, 0.4, lifted[0]), (0.4, 0.7, lifted[1]),
        (0.7, 1.0, lifted[1]), (1.0, 1.5, lifted[0]),
    ):  # fmt: skip
        at[end] = expm((end - begin) * A.matrix.toarray()) @ at[begin]
    for index, t in enumerate(times):
        expected = lifted[0].project(at[t])
        np.testing.assert_allclose(solution.solution()[index], expected, rtol=0, atol=1e-11)


def test_discretised_lifts_are_refused_with_the_path_that_runs_them():
    flow = qgd.PolynomialSystem([[0.0], [[-1.0]], [[0.5]]])
    step = qgd.taylor_step(qgd.carleman(flow, 3), 0.1, 2)
    with pytest.raises(TypeError, match=r"of form 'taylor'.* run that by `CarlemanSystem\.step`"):
        qgd.graded_iterate(step, 3, [0.5], 2)
    assert step.step(step.lift([0.5])).shape == (3,)
    lifted = qgd.carleman(qgd.PolynomialMap(flow.F), 2, form="first_order")
    with pytest.raises(TypeError, match=r"of form 'first_order'.* run that by `lifted_states`"):
        qgd.graded_integrate(lifted, 3, [0.5], [0.0, 1.0])
    with pytest.raises(TypeError, match="must be a PolynomialMap or TimeDependentMap, got a Poly"):
        qgd.graded_iterate(flow, 3, [0.5], 2)


def test_kept_steps_are_those_of_the_whole_run():
    step = qgd.PolynomialMap([[0.0], [[-0.4]], [[0.3]]])
    whole = qgd.graded_iterate(step, 3, [0.6], 9)
    some = qgd.graded_iterate(step, 3, [0.6], 9, at=[2, 3, 9])
    np.testing.assert_array_equal(some.parts, whole.parts[[2, 3, 9]])
    np.testing.assert_array_equal(some.times, [2, 3, 9])
    for wrong in ([3, 2], [], [[1]]):
        with pytest.raises(ValueError, match="`at` must be increasing"):
            qgd.graded_iterate(step, 3, [0.6], 9, at=wrong)
    with pytest.raises(ValueError, match="`at` must be from 0 to 9"):
        qgd.graded_iterate(step, 3, [0.6], 9, at=[10])


def test_forced_systems_are_refused_and_each_remedy_works():
    step = qgd.PolynomialMap([[0.1], [[-0.5]], [[0.2]]])
    with pytest.raises(ValueError, match=r"max \|F_0\| = 0.1: .* pass homogenised=True"):
        qgd.graded_iterate(step, 2, [0.0], 3)
    flow = qgd.PolynomialSystem(step.F)
    with pytest.raises(ValueError, match="shift to a fixed point"):
        qgd.graded_integrate(flow, 2, [0.0], [0.0, 1.0])
    qgd.graded_iterate(step, 2, [0.0], 3, homogenised=True)
    fixed = (0.5 - math.sqrt(0.25 - 0.08)) / 0.4
    rest, _ = qgd.shift(qgd.PolynomialMap([[0.1 - 1e-17], *step.F[1:]]), [fixed])
    exact = qgd.PolynomialMap([[0.0], *rest.F[1:]])
    assert np.abs(rest.F[0].toarray()).max() < 1e-15
    qgd.graded_iterate(exact, 2, [0.0], 3)
    assert qgd.truncated_solution(step, 2, [0.0], 3).shape == (1,)


@pytest.mark.parametrize(
    ("arguments", "wrong", "message"),
    [
        ({"order": 0}, ValueError, "`order` must be at least 1"),
        ({"order": 1.5}, TypeError, "`order` must be an integer"),
        ({"x0": [1.0, 2.0]}, ValueError, r"`x0` must have shape \(1\)"),
        ({"x0": [math.nan]}, ValueError, "`x0` must be finite"),
        ({"num_steps": -1}, ValueError, "`num_steps` must be at least 0"),
    ],
)
def test_bad_input_is_refused(arguments, wrong, message):
    step = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.2]]])
    with pytest.raises(wrong, match=message):
        qgd.graded_iterate(step, **{"order": 2, "x0": [0.5], "num_steps": 3, **arguments})


def test_divergence_and_size_are_outcomes():
    step = qgd.PolynomialMap([[0.0], [[9.0]], [[5.0]]])
    with pytest.raises(QGDError, match="graded solution must stay finite") as caught:
        qgd.graded_iterate(step, 2, [1.0], 400)
    assert caught.value.outcome is Outcome.DIVERGED
    with pytest.raises(QGDError, match="lower the order or keep fewer times") as caught:
        qgd.graded_iterate(step, 10**12, [1.0], 4)
    assert caught.value.outcome is Outcome.TOO_LARGE


def test_orders_outside_of_the_solution_are_refused():
    solution = qgd.graded_iterate(qgd.PolynomialMap([[0.0], [[-0.5]], [[0.2]]]), 3, [0.5], 2)
    with pytest.raises(ValueError, match="`order` must be at most the order of the solution, 3"):
        solution.solution(4)
    with pytest.raises(ValueError, match="`order` must be below the order of the solution, 3"):
        solution.tail(3)


def test_burgers_example_of_liu_et_al_converges_although_its_ratio_exceeds_one():
    """arXiv:2011.03185, section 7: n = 16, N = 1..4, R of about 44, and the error falls with N."""
    n, reynolds = 16, 20.0
    dx, speed = 1 / (n + 1), 1 / math.sqrt(n + 1)
    nu = speed / reynolds
    F1 = nu / dx**2 * (np.eye(n, k=1) - 2 * np.eye(n) + np.eye(n, k=-1))
    F2 = np.zeros((n, n**2))
    for i in range(n - 1):
        F2[i, (i + 1) * (n + 1)] = -1 / (4 * dx)
        F2[i + 1, i * (n + 1)] = 1 / (4 * dx)
    x0 = -speed * np.sin(2 * np.pi * (np.arange(1, n + 1) * dx - 0.5))
    rate = np.linalg.eigvalsh(F1).max()
    assert 40 < np.linalg.norm(x0) * np.linalg.norm(F2, 2) / -rate < 60
    flow = qgd.PolynomialSystem([np.zeros(n), F1, F2])
    times = np.linspace(0, 1, 11)
    truth = qgd.integrate(flow, x0, times).values
    graded = qgd.graded_integrate(flow, 6, x0, times).solutions()
    errors = np.abs(graded - truth[..., None]).max(axis=(0, 1))
    assert (np.diff(errors) < 0).all()
    assert errors[3] == pytest.approx(6.5e-3, rel=0.01)  # as found by an independent prototype
