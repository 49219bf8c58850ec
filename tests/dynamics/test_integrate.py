"""The classical reference against closed forms and plain Python loops."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.linalg import expm
from strategies import (
    logistic_losses,
    matrices,
    polynomial_losses,
    polynomial_maps,
    polynomial_systems,
    reals,
    time_dependent_maps,
    vectors,
)

from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.integrate import descend, integrate, iterate
from qgd.dynamics.runge_kutta import _slope, dop853
from qgd.dynamics.series import evaluate_series_parallel
from qgd.dynamics.system import PolynomialMap, PolynomialSystem, TimeDependentMap
from qgd.problem.polynomial import PolynomialLoss

EXPLOSION = PolynomialSystem([[0.0], [[0.0]], [[1.0]]])


@given(polynomial_maps(), st.data(), st.integers(0, 6))
def test_iterates_are_those_of_a_loop(step, data, num_steps):
    x = data.draw(vectors(step.num_variables))
    expected = [x]
    for _ in range(num_steps):
        expected.append(step(expected[-1]))
    path = iterate(step, x, num_steps)
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-14)


@given(time_dependent_maps(), st.data())
def test_iterates_of_a_sequence_use_map_k_in_step_k(sequence, data):
    x = data.draw(vectors(sequence.num_variables))
    num_steps = data.draw(st.integers(0, sequence.num_steps))
    expected = [x]
    for k in range(num_steps):
        expected.append(sequence.maps[k](expected[-1]))
    path = iterate(sequence, x, num_steps)
    np.testing.assert_allclose(path, expected, rtol=1e-12, atol=1e-14)


def test_three_maps_are_applied_in_turn():
    double, add, square = (
        PolynomialMap([[0.0], [[1.0]]]),
        PolynomialMap([[1.0], [[0.0]]]),
        PolynomialMap([[0.0], [[-1.0]], [[1.0]]]),
    )
    path = iterate(TimeDependentMap((double, add, square)), [3.0], 3)
    np.testing.assert_array_equal(path.ravel(), [3.0, 6.0, 7.0, 49.0])


def test_linear_map_in_one_variable_is_a_geometric_sequence():
    path = iterate(PolynomialMap([[0.0], [[-0.25]]]), [2.0], 50)
    np.testing.assert_allclose(path.ravel(), 2 * 0.75 ** np.arange(51), rtol=1e-13)


def test_sequence_that_is_too_short_is_refused_and_a_longer_one_accepted():
    step = PolynomialMap([[0.0], [[-0.5]]])
    with pytest.raises(ValueError, match=r"`num_steps` must be at most 2, .* got 3; lengthen"):
        iterate(TimeDependentMap((step, step)), [1.0], 3)
    assert iterate(TimeDependentMap((step,) * 3), [1.0], 3)[-1, 0] == 0.125


@pytest.mark.parametrize("as_sequence", [False, True])
def test_diverging_map_raises_and_names_the_first_step_out_of_bounds(as_sequence):
    step = PolynomialMap([[0.0], [[-1.0]], [[1.0]]])
    system = TimeDependentMap((step,) * 12) if as_sequence else step
    assert iterate(system, [10.0], 7)[-1, 0] == pytest.approx(1e128)
    with pytest.raises(QGDError, match=r"at step 8; lower the learning rate") as caught:
        iterate(system, [10.0], 12)
    assert caught.value.outcome is Outcome.DIVERGED


def test_lower_learning_rate_keeps_a_diverging_descent_finite():
    loss = PolynomialLoss.from_terms({(0, 0): 1.0})
    with pytest.raises(QGDError, match="lower the learning rate"):
        iterate(gradient_descent(loss, 3.0), [1.0], 500)
    assert abs(iterate(gradient_descent(loss, 0.9), [1.0], 500)[-1, 0]) < 1e-40


@given(polynomial_losses(), reals(0.001, 0.02), st.integers(0, 5), st.data())
def test_descent_is_the_loop_and_the_iterated_map_of_its_loss(loss, eta, num_steps, data):
    w = data.draw(vectors(loss.num_weights))
    expected = [w]
    for _ in range(num_steps):
        expected.append(expected[-1] - eta * loss.gradient(expected[-1]))
    path = descend(loss, w, eta, num_steps)
    np.testing.assert_allclose(path, expected, rtol=1e-13, atol=1e-14)
    mapped = iterate(gradient_descent(loss, eta), w, num_steps)
    np.testing.assert_allclose(path, mapped, rtol=1e-9, atol=1e-11)


@given(logistic_losses(), st.data())
def test_descent_below_the_stability_limit_lowers_a_loss_that_is_no_polynomial(loss, data):
    w = data.draw(vectors(loss.num_weights))
    assume(loss.smoothness > 0)
    path = descend(loss, w, 1 / loss.smoothness, 10)
    values = [loss.value(p) for p in path]
    assert all(b <= a + 1e-12 for a, b in itertools.pairwise(values))


@pytest.mark.parametrize("start", [3.0, 1e30, 1e149])
def test_diverging_descent_raises_without_a_warning_and_names_the_step(start):
    loss = PolynomialLoss.from_terms({(0, 0, 0, 0): 1.0, (0, 0): 1.0})
    with pytest.raises(QGDError, match=r"got \S+ at step \d+; lower") as caught:
        descend(loss, [start], 1.0, 50)
    assert caught.value.outcome is Outcome.DIVERGED


@pytest.mark.parametrize("function", [iterate, descend])
def test_negative_number_of_steps_and_wrong_start_are_refused(function):
    loss = PolynomialLoss.from_terms({(0, 0): 1.0})
    first = (gradient_descent(loss, 0.1),) if function is iterate else (loss,)
    rate = () if function is iterate else (0.1,)
    with pytest.raises(ValueError, match="`num_steps` must be at least 0, got -1"):
        function(*first, [1.0], *rate, -1)
    with pytest.raises(ValueError, match=r"must have shape \(1\), got \(2,\)"):
        function(*first, [1.0, 2.0], *rate, 1)


@given(st.integers(1, 3), reals(0.1, 2), st.data())
def test_linear_flow_is_the_matrix_exponential(n, t, data):
    M, b, x = data.draw(matrices(n, n, 2.0)), data.draw(vectors(n)), data.draw(vectors(n))
    augmented = np.zeros((n + 1, n + 1))
    augmented[:n, :n], augmented[:n, n] = M, b
    exact = (expm(t * augmented) @ np.append(x, 1.0))[:n]
    path = integrate(PolynomialSystem([b, M]), x, [0.0, t]).values
    np.testing.assert_allclose(path[-1], exact, rtol=1e-9, atol=1e-10)


@given(reals(0.01, 3), reals(0.2, 3))
def test_logistic_flow_is_the_logistic_function(start, rate):
    t = np.array([0.0, 0.3, 1.0, 2.5])
    path = integrate(PolynomialSystem([[0.0], [[rate]], [[-rate]]]), [start], t).values
    exact = start / (start + (1 - start) * np.exp(-rate * t))
    np.testing.assert_allclose(path.ravel(), exact, rtol=1e-10)


def test_rotation_keeps_its_radius_over_many_periods():
    rotation = PolynomialSystem([np.zeros(2), [[0.0, -1.0], [1.0, 0.0]]])
    path = integrate(rotation, [1.0, 0.0], [0.0, 10 * math.pi]).values
    np.testing.assert_allclose(path[-1], [1.0, 0.0], atol=1e-9)


@given(polynomial_systems(), st.data())
def test_solution_at_a_requested_time_does_not_depend_on_the_others(system, data):
    x = 0.2 * data.draw(vectors(system.num_variables))
    times = np.cumsum(data.draw(st.lists(reals(0.01, 0.4), min_size=2, max_size=4)))
    path = integrate(system, x, times).values
    assert path.shape == (len(times), system.num_variables)
    np.testing.assert_array_equal(path[0], x)
    for t, value in zip(times[1:], path[1:], strict=True):
        alone = integrate(system, x, [times[0], t]).final
        np.testing.assert_allclose(value, alone, rtol=1e-9, atol=1e-10)


def test_only_the_elapsed_time_matters():
    times = np.array([0.0, 0.25, 0.5])
    late = integrate(EXPLOSION, [1.0], times + 2.0**40).values
    np.testing.assert_array_equal(late, integrate(EXPLOSION, [1.0], times).values)


def test_single_time_returns_the_start_and_a_fixed_point_stays():
    np.testing.assert_array_equal(integrate(EXPLOSION, [3.0], [7.0]).values, [[3.0]])
    rest = integrate(EXPLOSION, [0.0], [0.0, 1e6], max_steps=1).values
    np.testing.assert_array_equal(rest, [[0.0], [0.0]])


def test_error_falls_in_proportion_to_the_tolerance():
    system = PolynomialSystem([np.zeros(2), [[0.0, -1.0], [1.0, 0.0]]])
    tolerances = np.array([1e-4, 1e-6, 1e-8, 1e-10])
    errors = [
        np.linalg.norm(integrate(system, [1.0, 0.0], [0.0, 6.0], rtol=r, atol=r).final
                       - [math.cos(6.0), math.sin(6.0)])
        for r in tolerances
    ]  # fmt: skip
    slopes = np.diff(np.log(errors)) / np.diff(np.log(tolerances))
    assert ((slopes > 0.8) & (slopes < 1.2)).all()
    assert (np.array(errors) < 10 * tolerances).all()


def test_method_has_order_eight():
    """So loose a tolerance that h is one step: its error falls with the ninth power of h."""
    decay, errors = PolynomialSystem([[0.0], [[-1.0]]]), []
    for h in (0.4, 0.2):
        path = integrate(decay, [1.0], [0.0, h], rtol=100.0, atol=100.0, max_steps=1).values
        errors.append(abs(path[-1, 0] - math.exp(-h)))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(9, abs=0.3)


def test_flow_that_blows_up_raises_and_names_the_time_reached():
    with pytest.raises(QGDError) as caught:
        integrate(EXPLOSION, [2.0], [0.0, 1.0])
    assert caught.value.outcome is Outcome.DIVERGED
    text = str(caught.value)
    assert "must reach t = 1, got to t = 0.5 in" in text
    assert "shorten the time" in text


@pytest.mark.parametrize("start", [1.0, 1e3, 1e100, 1e149])
@pytest.mark.parametrize("degree", [2, 3])
def test_no_flow_that_blows_up_returns_numbers(start, degree):
    F = [np.zeros((1, 1)) for _ in range(degree)] + [np.ones((1, 1))]
    with pytest.raises(QGDError, match="it blows up or is stiff") as caught:
        integrate(PolynomialSystem(F), [start], [0.0, 2.0])
    assert int(re.search(r"in (\d+) steps", str(caught.value))[1]) < 10_000


def test_component_that_blows_up_stops_the_others():
    F2 = np.zeros((2, 4))
    F2[0, 0] = 1.0
    system = PolynomialSystem([np.zeros(2), np.diag([0.0, -1.0]), F2])
    with pytest.raises(QGDError, match="it blows up or is stiff"):
        integrate(system, [1.0, 1.0], [0.0, 2.0])


def test_shorter_time_as_the_message_says_is_the_solution_up_to_the_blow_up():
    times = [0.0, 0.25, 0.4, 0.499]
    exact = [2 / (1 - 2 * t) for t in times]
    np.testing.assert_allclose(integrate(EXPLOSION, [2.0], times).values.ravel(), exact, rtol=1e-8)


def test_too_few_steps_raise_and_more_of_them_or_a_looser_tolerance_succeed():
    system, times = PolynomialSystem([[0.0], [[-1.0]]]), [0.0, 5.0]
    with pytest.raises(QGDError, match=re.escape("(max_steps = 20)")):
        integrate(system, [1.0], times, max_steps=20)
    enough = integrate(system, [1.0], times, max_steps=10_000).values
    loose = integrate(system, [1.0], times, max_steps=20, rtol=1e-3).values
    assert enough[-1, 0] == pytest.approx(math.exp(-5), rel=1e-10)
    assert loose[-1, 0] == pytest.approx(math.exp(-5), rel=1e-2)


def test_first_step_that_is_far_too_long_is_rejected():
    system = PolynomialSystem([np.zeros(2), [[0.0, 0.0], [1e-3, -1000.0]]])
    path = integrate(system, [1.0, 0.0], [0.0, 1.0], rtol=1e-6).values
    np.testing.assert_allclose(path[-1], [1.0, 1e-6], rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"times": [0.0, 1.0, 1.0]}, "increasing, got 1 after 1 at index 2; sort them and drop"),
        ({"times": [0.0, -1.0]}, "increasing, got -1 after 0 at index 1; sort them and drop"),
        ({"times": []}, "`times` must have shape (at least 1), got (0,)"),
        ({"times": [0.0, math.nan]}, "`times` must be finite, got nan at index (1,)"),
        ({"rtol": 0.0}, "`rtol` must be greater than 0, got 0"),
        ({"atol": -1.0}, "`atol` must be greater than 0, got -1"),
        ({"max_steps": 0}, "`max_steps` must be at least 1, got 0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        integrate(EXPLOSION, [0.0], **{"times": [0.0, 1.0], **arguments})


def test_counters_tell_what_the_run_cost():
    oscillator = PolynomialSystem([[0.0, 0.0], [[0.0, 1.0], [-1.0, 0.0]]])
    path = integrate(oscillator, [1.0, 0.0], [0.0, 10.0], rtol=1e-8)
    assert path.evaluations == 2 + 12 * (path.steps + path.rejected)
    dense = integrate(oscillator, [1.0, 0.0], np.linspace(0.0, 10.0, 401), rtol=1e-8)
    assert (dense.steps, dense.rejected) == (path.steps, path.rejected)
    extra = dense.evaluations - path.evaluations  # three a step that holds a requested time
    assert extra % 3 == 0
    assert path.steps / 2 < extra / 3 <= path.steps
    np.testing.assert_allclose(dense.values[:, 0], np.cos(dense.times), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(dense.final, dense.values[-1])


def test_dense_output_has_order_seven():
    decay, errors = PolynomialSystem([[0.0], [[-1.0]]]), []
    for h in (1.0, 0.5):
        inside = integrate(decay, [1.0], [0.0, 0.4 * h, h], rtol=100.0, atol=100.0, max_steps=1)
        errors.append(abs(inside.values[1, 0] - math.exp(-0.4 * h)))
    assert math.log2(errors[0] / errors[1]) == pytest.approx(8, abs=0.4)


def test_kernel_with_threads_has_no_cache_of_its_own():
    """Read from one while a caller is compiled, it would make the caller's cache crash."""
    assert not evaluate_series_parallel.stats.cache_path
    assert not _slope.stats.cache_path
    assert dop853.stats.cache_path
