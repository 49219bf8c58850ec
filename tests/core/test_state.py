"""Sub-normalised states: probability, and a solution with norm and sign."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import reals, vectors

from qgd.core.state import FlaggedState


@given(vectors(4, 0.5), vectors(4, 0.5), reals(-30, 30))
def test_solution_is_the_scaled_real_part_and_probability_the_squared_norm(real, imaginary, scale):
    amplitudes = (real + 1j * imaginary) / 2
    state = FlaggedState(amplitudes, scale)
    np.testing.assert_array_equal(state.solution, scale * real / 2)
    assert state.success_probability == pytest.approx((real @ real + imaginary @ imaginary) / 4)


@given(vectors(3, 0.5), reals(0.1, 30))
def test_solution_keeps_its_sign(direction, scale):
    plus, minus = FlaggedState(direction, scale), FlaggedState(-direction, scale)
    np.testing.assert_array_equal(plus.solution, -minus.solution)


def test_unit_vector_is_accepted_up_to_rounding_and_a_longer_one_refused():
    assert FlaggedState(np.array([0.6, 0.8j]), 1.0).success_probability == pytest.approx(1)
    with pytest.raises(ValueError, match=r"norm at most 1, got squared norm 1\.0025"):
        FlaggedState(np.array([0.6, 0.8015609770940698]), 1.0)


def test_amplitudes_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="squared norm nan"):
        FlaggedState(np.array([np.nan, 0.0]), 1.0)
