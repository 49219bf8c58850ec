"""Orders chosen from a tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import qgd
from qgd.embedding.bounds.selection import flow_truncation_estimate

MAP = qgd.PolynomialMap([[0.0, 0.0], -0.4 * np.eye(2), np.full((2, 4), 0.03)])
FLOW = qgd.PolynomialSystem(MAP.F)
X0 = np.array([0.8, -0.3])


def error(system, order):
    if isinstance(system, qgd.PolynomialMap):
        y = qgd.truncated_solution(system, order, X0, 8)
        return np.linalg.norm(qgd.iterate(system, X0, 8)[-1] - y)
    y = qgd.graded_integrate(system, order, X0, [0.0, 8.0]).solution()[-1]
    return np.linalg.norm(qgd.integrate(system, X0, [0.0, 8.0]).final - y)


@pytest.mark.parametrize("system", [MAP, FLOW])
@pytest.mark.parametrize("by", ["proved", "estimate"])
@pytest.mark.parametrize("relative", [False, True])
@fewer(8)
@given(st.floats(-7, -2))
def test_selected_order_meets_the_tolerance_and_the_one_below_was_not_known_to(
    system, by, relative, exponent
):
    duration = {"num_steps": 8} if system is MAP else {"time": 8.0}
    tolerance = 10**exponent
    found = qgd.select_order(
        system, X0, **duration, tolerance=tolerance, relative=relative, by=by, largest=10
    )
    final = qgd.iterate(MAP, X0, 8)[-1] if system is MAP else qgd.integrate(
        FLOW, X0, [0.0, 8.0]
    ).final  # fmt: skip
    allowed = tolerance * (np.linalg.norm(final) if relative else 1.0)
    assert found.tolerance == pytest.approx(allowed, rel=1e-9)
    assert error(system, found.order) <= found.bound.value * (1 + 1e-6) + 1e-13
    assert found.bound.value <= allowed
    assert found.bound.kind is (qgd.Kind.PROVED if by == "proved" else qgd.Kind.ESTIMATED)
    if found.order > 1 and by == "proved":
        below = qgd.tightest_bound(system, X0, found.order - 1, **duration)
        assert below.best.value > allowed


def test_estimate_of_a_flow_is_close_to_its_error():
    for order in (1, 2, 3, 4):
        estimate = flow_truncation_estimate(FLOW, order, X0, 8.0)
        assert 1.0 <= estimate.value / error(FLOW, order) <= 4.0


def test_a_tolerance_out_of_reach_is_refused_with_the_best_that_was_found():
    with pytest.raises(qgd.QGDError, match=r"at most 1e-12 at an order up to 2, the best found is"):
        qgd.select_order(MAP, X0, num_steps=8, tolerance=1e-12, largest=2)
    explosive = qgd.PolynomialMap([[0.0], [[0.0]], [[1.0]]])
    with pytest.raises(qgd.QGDError, match="no theorem gives a finite bound") as caught:
        qgd.select_order(explosive, [3.0], num_steps=60, tolerance=0.1)
    assert caught.value.outcome is qgd.Outcome.TRUNCATION_NOT_CONVERGED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tolerance": 0.0}, "`tolerance` must be greater than 0"),
        ({"by": "guess"}, "`by` must be one of proved, estimate"),
        ({"largest": 0}, "`largest` must be at least 1"),
        ({"num_steps": None}, "`num_steps` must be given for a map"),
        ({"num_steps": None, "by": "estimate"}, "`num_steps` must be given for a map"),
    ],
)
def test_arguments_are_checked(change, message):
    with pytest.raises(ValueError, match=message):
        qgd.select_order(MAP, X0, **({"num_steps": 8, "tolerance": 0.1} | change))
