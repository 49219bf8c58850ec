"""Flows whose coefficients change at given times."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qgd


@pytest.mark.parametrize("start", [0.0, 0.5, 1.0, 2.5])
def test_flow_with_a_schedule_has_the_closed_form_piece_by_piece(start):
    rates = (2.0, 0.0, -0.5)
    pieces = [qgd.PolynomialSystem([[0.0], [[-rate]]]) for rate in rates]
    flow = qgd.TimeDependentSystem(pieces, [1.0, 2.0])
    times = start + np.array([0.0, 0.25, 0.5, 1.75, 3.0])

    def decay(t):
        spent = [min(t, 1.0), min(max(t - 1.0, 0.0), 1.0), max(t - 2.0, 0.0)]
        return np.dot(rates, spent)

    exact = [3.0 * math.exp(decay(start) - decay(t)) for t in times]
    path = qgd.integrate(flow, [3.0], times)
    np.testing.assert_allclose(path.values[:, 0], exact, rtol=1e-11)
    np.testing.assert_array_equal(path.times, times)
    assert path.evaluations >= 12 * path.steps > 0


def test_shifted_and_rescaled_schedule_is_the_same_flow():
    pieces = [qgd.PolynomialSystem([[0.3], [[-1.0]], [[q]]]) for q in (0.2, -0.4)]
    flow = qgd.TimeDependentSystem(pieces, [0.5])
    exact = qgd.integrate(flow, [0.7], [0.0, 1.2]).final
    for change, argument in ((qgd.shift, [0.4]), (qgd.rescale, 1.7)):
        moved, back = change(flow, argument)
        found = back(qgd.integrate(moved, back.inverse([0.7]), [0.0, 1.2]).final)
        np.testing.assert_allclose(found, exact, rtol=1e-11)


def test_flow_that_changes_with_time_names_bad_switches():
    one = qgd.PolynomialSystem([[0.0], [[-1.0]]])
    two = qgd.PolynomialSystem([[0.0, 0.0], -np.eye(2)])
    with pytest.raises(ValueError, match=r"share the number of variables, got sizes \[1, 2\]"):
        qgd.TimeDependentSystem((one, two), [1.0])
    with pytest.raises(
        ValueError, match=r"one time fewer than there are systems, 1, got shape \(2,"
    ):
        qgd.TimeDependentSystem((one, one), [1.0, 2.0])
    with pytest.raises(ValueError, match="`switches` must be strictly increasing"):
        qgd.TimeDependentSystem((one, one, one), [2.0, 1.0])
    assert qgd.TimeDependentSystem((one,), []).at(5.0) is one
