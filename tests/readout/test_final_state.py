"""The noiseless readout."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from numpy.testing import assert_allclose
from sources import ExactSource, resting_history
from strategies import history_systems

import qgd


@given(history_systems(max_order=3, max_steps=4))
def test_value_is_the_last_iterate_with_its_norm(system):
    reading = qgd.FinalState().read(system, ExactSource(system, loss=50.0))
    y = system.initial
    for k in range(system.num_steps):
        y = system.step(k).step(y)
    assert_allclose(reading.value, system.steps[0].project(y), atol=1e-12)
    assert reading.norm == np.linalg.norm(reading.value)


def test_copies_are_averaged_so_that_errors_shrink_by_the_root_of_their_number():
    system = resting_history([0.5, -0.3], padding=8, scale=2.0)
    noise = np.random.default_rng(0).normal(size=(system.num_times, 2)) * 1e-3

    class Noisy(ExactSource):
        def state(self, rhs=None):
            exact = super().state(rhs)
            return qgd.FlaggedState(exact.amplitudes + noise.ravel() / exact.scale, exact.scale)

    value = qgd.FinalState().read(system, Noisy(system, loss=9.0)).value
    wanted = np.array([0.5, -0.3]) + 2.0 * noise[1:].mean(axis=0)
    assert_allclose(value, wanted, atol=1e-12)
    error = np.linalg.norm(value - [0.5, -0.3])
    assert error <= 2.0 * np.linalg.norm(noise) / np.sqrt(9)


def test_there_is_no_noise_to_bound_no_shot_to_pay_and_nothing_to_choose():
    system = resting_history([0.5, -0.3])
    readout = qgd.FinalState()
    reading = readout.read(system, ExactSource(system))
    assert (reading.bound.stage, reading.bound.value) == ("readout", 0.0)
    assert reading.bound.kind is qgd.Kind.PROVED
    assert (reading.cost.shots, reading.cost.qubits, reading.observable) == (0, 0, None)
    assert readout.with_error(system, 1.0, 1e-9) is readout
