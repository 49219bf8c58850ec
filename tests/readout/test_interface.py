"""What all readouts share."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from sources import ExactSource
from strategies import history_systems

import qgd
from qgd.readout.interface import quiet_deprecations, restoring_factor

READOUTS = [qgd.FinalState(), qgd.Sampling(100), qgd.AmplitudeEstimation([1.0], 0.1)]


@pytest.mark.parametrize("readout", READOUTS)
def test_readouts_satisfy_the_protocol(readout):
    assert isinstance(readout, qgd.Readout)


@given(history_systems(max_order=2, max_steps=4))
def test_restoring_factor_turns_the_root_of_summed_squares_of_copies_into_entries(system):
    state = ExactSource(system, loss=50.0).state()
    blocks = state.amplitudes.reshape(system.num_times, system.block_dimension)
    copies = blocks[system.num_steps :, : system.steps[0].num_variables]
    found = restoring_factor(system, state.scale) * np.sqrt((copies**2).sum(axis=0))
    assert_allclose(found, np.abs(system.final(state.solution)), atol=1e-12)


def warn_as(module: str) -> None:
    warnings.warn_explicit("old", DeprecationWarning, "somewhere.py", 1, module=module)


def test_only_the_deprecations_of_qiskit_algorithms_are_silenced():
    with quiet_deprecations():
        warn_as("qiskit_algorithms.amplitude_estimators.iae")
        with pytest.raises(DeprecationWarning):
            warn_as("qiskit.circuit")
    with pytest.raises(DeprecationWarning):
        warn_as("qiskit_algorithms.amplitude_estimators.iae")
