"""The price of the cutoff: proved for every start, estimated for one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, reals, trigonometric_losses, vectors

import qgd

PENDULUM = qgd.TrigonometricLoss.cosines([((1,), -1.0, 0.0)])
TWO_SPINS = qgd.TrigonometricLoss.products(
    [((0, 1), (), -1.0), ((), (0,), -0.7), ((), (1,), -0.7)], 2
)


def final(system, theta0, time):
    *_, y = qgd.lifted_states(system, theta0, [0.0, time], rtol=1e-12)
    return y


@given(loss=trigonometric_losses(2), data=st.data())
@fewer(2)
def test_bound_dominates_the_distance_from_a_larger_lattice(loss, data):
    theta0 = data.draw(vectors(loss.num_variables, 3.0))
    time, noise = data.draw(reals(0.05, 1.0)), data.draw(reals(0.1, 1.0))
    shape = data.draw(st.sampled_from(["box", "diamond"]))
    small = qgd.koopman(loss, data.draw(st.integers(2, 4)), noise=noise, shape=shape)
    large = qgd.koopman(loss, 9, noise=noise)
    for observable in (None, loss):
        if (
            observable is loss
            and small.lattice.reach(loss.frequencies).max(initial=0) > small.cutoff
        ):
            continue
        bounds = [qgd.koopman_bound(s, time, observable) for s in (small, large)]
        assert {bound.kind for bound in bounds} == {qgd.Kind.PROVED}
        answers = [
            s.project(y) if observable is None else s.mean_loss(y)
            for s in (small, large)
            for y in [final(s, theta0, time)]
        ]
        distance = float(np.linalg.norm(answers[0] - answers[1]))
        assert distance <= bounds[0].value + bounds[1].value + 1e-9


@pytest.mark.parametrize(("cutoff", "time"), [(1, 0.5), (3, 1.0), (8, 1.0), (8, 2.0)])
def test_bound_holds_without_noise_where_the_flow_is_known(cutoff, time):
    system = qgd.koopman(PENDULUM, cutoff, learning_rate=0.8)
    bound = qgd.koopman_bound(system, time).value
    worst = 0.0
    for start in np.linspace(-3.1, 3.1, 32):
        # d tan(theta / 2) / dt = -eta tan(theta / 2)
        theta = 2 * math.atan(math.tan(start / 2) * math.exp(-0.8 * time))
        means = system.project(final(system, [start], time))
        worst = max(worst, float(np.linalg.norm(means - [math.cos(theta), math.sin(theta)])))
    assert worst <= bound
    assert bound < 12 * worst


def test_bound_is_of_the_size_of_the_worst_start():
    small, large = (qgd.koopman(PENDULUM, K, noise=0.1) for K in (8, 24))
    bound = qgd.koopman_bound(small, 3.0).value
    errors = [
        np.linalg.norm(
            small.project(final(small, [x], 3.0)) - large.project(final(large, [x], 3.0))
        )
        for x in np.linspace(-3.1, 3.1, 32)
    ]
    assert max(errors) <= bound < 20 * max(errors)
    assert qgd.koopman_bound(large, 3.0).value < 1e-10


@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_noise_makes_the_bound_fall_fast_with_the_cutoff(noise):
    bounds = [
        qgd.koopman_bound(qgd.koopman(PENDULUM, K, noise=noise), 2.0).value for K in (4, 8, 16)
    ]
    rates = np.diff(np.log(bounds))
    assert rates[0] < 0
    assert rates[1] < 2.5 * rates[0]  # twice the step in K: more than geometric


def test_nothing_is_cut_where_nothing_couples_or_no_time_passes():
    flat = qgd.TrigonometricLoss([[1, 1]], [0.0])
    assert qgd.koopman_bound(qgd.koopman(flat, 2, noise=0.2), 3.0).value < 1e-13
    assert qgd.koopman_bound(qgd.koopman(PENDULUM, 2), 0.0).value == 0
    assert qgd.koopman_bound(qgd.koopman(PENDULUM, 2, learning_rate=0.0), 3.0).value == 0


def test_bound_that_overflows_is_infinite():
    steep = qgd.TrigonometricLoss.cosines([((1,), -3000.0, 0.0)])
    assert math.isinf(qgd.koopman_bound(qgd.koopman(steep, 2), 0.5).value)


@pytest.mark.parametrize("observable", [None, TWO_SPINS])
def test_estimate_is_near_the_error_with_noise(observable):
    start, time = [2.2, -0.4], 2.0
    system, large = (qgd.koopman(TWO_SPINS, K, noise=0.1) for K in (8, 20))
    means = [
        s.project(y) if observable is None else s.mean_loss(y)
        for s in (system, large)
        for y in [final(s, start, time)]
    ]
    error = float(np.linalg.norm(means[0] - means[1]))
    estimate = qgd.koopman_estimate(system, start, time, observable)
    assert estimate.kind is qgd.Kind.ESTIMATED
    assert error <= estimate.value <= 10 * error


def test_estimate_says_nothing_where_the_lattice_is_too_small():
    assert math.isinf(qgd.koopman_estimate(qgd.koopman(PENDULUM, 1), [1.0], 1.0).value)
    wide = qgd.TrigonometricLoss.cosines([((4,), 1.0, 0.0)])
    system = qgd.koopman(PENDULUM, 4, noise=0.1)
    assert math.isinf(qgd.koopman_estimate(system, [1.0], 1.0, wide).value)


def test_bad_arguments_are_named():
    system = qgd.koopman(PENDULUM, 3)
    with pytest.raises(ValueError, match="`time` must be at least 0"):
        qgd.koopman_bound(system, -1.0)
    with pytest.raises(ValueError, match="`system` must be a flow, got the form 'taylor'"):
        qgd.koopman_bound(qgd.taylor_step(system, 0.1), 1.0)
    with pytest.raises(ValueError, match="raise `cutoff` to 4"):
        qgd.koopman_bound(system, 1.0, qgd.TrigonometricLoss.cosines([((4,), 1.0, 0.0)]))
