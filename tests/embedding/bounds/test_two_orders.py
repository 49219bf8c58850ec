"""The difference to a higher order and the bound there: nearly the error itself."""

from __future__ import annotations

import numpy as np
import pytest
from bound_cases import flow_case, flow_error, map_case, map_error, rounding
from hypothesis import given
from strategies import seeds

import qgd
from qgd.embedding.bounds.two_orders import two_orders_bound


@pytest.mark.parametrize("kind", ["unforced", "forced", "growing"])
@given(seeds())
def test_bound_dominates_the_error_of_random_maps(kind, seed):
    case = map_case(seed, kind)
    bound = two_orders_bound(case.system, case.order, case.x0, num_steps=case.duration, throw=False)
    if bound is qgd.Outcome.NOT_APPLICABLE:  # with forcing, higher orders soon are too large
        return
    assert bound.value >= map_error(case) * (1 - 1e-9) - rounding(case)


@given(seeds())
def test_bound_dominates_the_error_of_random_flows(seed):
    case = flow_case(seed, "forced")
    bound = two_orders_bound(case.system, case.order, case.x0, time=case.duration, throw=False)
    if bound is qgd.Outcome.NOT_APPLICABLE:
        return
    assert bound.value >= flow_error(case) * (1 - 1e-9) - rounding(case)


def test_bound_is_within_a_third_of_the_error_where_the_truncation_converges():
    rng = np.random.default_rng(3)
    F = [np.zeros(3), -0.3 * np.eye(3), rng.normal(size=(3, 9)) * 0.03]
    x0, errors = np.array([0.5, -0.5, 0.4]), {}
    for name, system, duration in (
        ("map", qgd.PolynomialMap(F), {"num_steps": 8}),
        ("flow", qgd.PolynomialSystem(F), {"time": 8.0}),
    ):
        bound = two_orders_bound(system, 2, x0, **duration)
        if name == "map":
            y = qgd.truncated_solution(system, 2, x0, 8)
            errors[name] = np.linalg.norm(qgd.iterate(system, x0, 8)[-1] - y)
        else:
            y = qgd.graded_integrate(system, 2, x0, [0.0, 8.0]).solution()[-1]
            errors[name] = np.linalg.norm(qgd.integrate(system, x0, [0.0, 8.0]).final - y)
        assert errors[name] <= bound.value <= 1.33 * errors[name]


def test_where_no_higher_order_is_bounded_it_is_refused():
    explosive = qgd.PolynomialMap([[0.0], [[0.0]], [[1.0]]])
    with pytest.raises(qgd.QGDError, match="bound at an order M > N < inf must hold, got inf"):
        two_orders_bound(explosive, 2, [3.0], num_steps=60)
    affine = qgd.PolynomialMap([[0.1], [[-0.5]]])
    assert two_orders_bound(affine, 1, [3.0], num_steps=60).value == 0.0
