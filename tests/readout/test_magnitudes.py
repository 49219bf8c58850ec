"""Magnitudes on a scale that nobody knows beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import ExactSource, HiddenSource, resting_history
from strategies import fewer, vectors

import qgd
from qgd.pipeline.source import SolverSource
from qgd.readout.interface import restoring_factor
from qgd.readout.magnitudes import read_magnitudes, uniform_reference


class Hidden(HiddenSource):
    """What the state claims of its scale is wrong by a factor of seven besides."""

    def state(self, rhs=None):
        found = super().state(rhs)
        return replace(found, scale=7 * found.scale)

    def joint(self, reference, rhs=None):
        # The factors cancel in what both branches share.
        return replace(super().joint(reference, rhs), scale=1e9)


@fewer(2)
@given(st.integers(1, 4).flatmap(lambda n: vectors(n, 0.8)), st.integers(0, 99))
def test_the_known_reference_is_the_unit_and_no_scale_is_read(x, seed):
    if np.linalg.norm(x) < 0.05:
        return
    system = resting_history(list(x), padding=2, scale=0.7)
    rng = np.random.default_rng(seed)
    found = read_magnitudes(system, Hidden(system), 200_000, rng)
    assert np.linalg.norm(found.values - np.abs(x)) <= 5 * found.noise * np.sqrt(len(x) + 1)


def test_both_ways_agree_where_the_scale_is_known_to_one_of_them():
    system = resting_history([0.5, -0.3], padding=3)
    known = read_magnitudes(system, ExactSource(system), 10**7, np.random.default_rng(0))
    hidden = read_magnitudes(system, Hidden(system), 10**7, np.random.default_rng(0))
    assert np.abs(known.values - hidden.values).max() < 4 * (known.noise + hidden.noise)


def test_uniform_reference_has_equal_entries_and_the_norm_of_the_right_hand_side():
    system = resting_history([0.5, -0.3, 0.1], scale=2.0)
    rho = uniform_reference(system)
    assert (rho == rho[0]).all()
    assert np.linalg.norm(system.injection(rho)) == pytest.approx(system.rhs_norm)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("epsilon", [1e-1, 1e-4])
def test_shift_by_the_error_of_the_state_covers_kernel_reflection(epsilon, seed):
    rng = np.random.default_rng(seed)
    step = qgd.PolynomialMap(
        [rng.normal(size=2) / 5, -0.3 * np.eye(2) + rng.normal(size=(2, 2)) / 9]
    )
    system = qgd.history_system(qgd.carleman(step, 1), [0.0, 0.0], 3)
    truth = np.abs(qgd.iterate(step, [0.0, 0.0], 3)[-1])
    source = SolverSource(qgd.KernelReflection(epsilon), qgd.encode(system))
    found = read_magnitudes(system, source, 10**10, rng)
    assert np.linalg.norm(found.values - truth) <= found.off + 6 * found.noise
    assert found.amplification * restoring_factor(system, source.state().error) == pytest.approx(
        found.off, rel=1e-9
    )


@pytest.mark.parametrize("shots", [400, 30_000])
@pytest.mark.parametrize("confidence", [0.9, 0.9973])
def test_sampling_on_a_hidden_scale_misses_no_more_often_than_stated(shots, confidence):
    x = np.array([0.5, -0.3, 0.0, 0.05])
    system = resting_history(list(x))
    source, misses = Hidden(system), 0
    for seed in range(200):
        reading = qgd.Sampling(shots, seed, confidence).read(system, source)
        misses += np.linalg.norm(reading.value - x) > reading.bound.value
    assert misses <= (20 if confidence == 0.9 else 3)
    assert reading.bound.value < 12 / np.sqrt(shots) * 3


def test_no_outcome_is_an_honest_failure():
    system = resting_history([0.5])
    with pytest.raises(qgd.QGDError, match="take more shots"):
        read_magnitudes(system, Hidden(system, loss=1e4), 3, np.random.default_rng(0))
