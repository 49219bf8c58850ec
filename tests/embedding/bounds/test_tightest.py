"""The comparison of all theorems."""

from __future__ import annotations

import numpy as np
import pytest
from bound_cases import flow_case, flow_error, map_case, map_error, rounding
from hypothesis import given
from strategies import fewer, seeds

import qgd

QUADRATIC = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.2]]])


@pytest.mark.parametrize("kind", ["unforced", "forced", "growing", "pivot"])
@fewer(8)
@given(seeds())
def test_every_bound_for_maps_dominates_and_the_rest_are_refused(kind, seed):
    case = map_case(seed, kind)
    found = qgd.tightest_bound(case.system, case.x0, case.order, num_steps=case.duration)
    error = map_error(case)
    for name, bound in found.bounds.items():
        assert bound.value >= error * (1 - 1e-9) - rounding(case), name
        assert bound.value >= found.best.value == found.bounds[found.name].value
    assert set(found.bounds).isdisjoint(found.refused)
    assert len(found.bounds) + len(found.refused) == 10
    assert all("must hold, got" in reason for reason in found.refused.values())


@pytest.mark.parametrize("kind", ["quadratic+normal", "forced", "growing", "quadratic+maximum"])
@fewer(8)
@given(seeds())
def test_every_bound_for_flows_dominates_in_the_euclidean_norm(kind, seed):
    case = flow_case(seed, kind)
    found = qgd.tightest_bound(case.system, case.x0, case.order, time=case.duration)
    error = flow_error(case)
    for name, bound in found.bounds.items():
        assert bound.value >= error * (1 - 1e-9) - rounding(case), name
        assert bound.norm == "2"
    assert len(found.bounds) + len(found.refused) == 12


def test_a_map_in_time_and_an_a_priori_comparison():
    both = qgd.TimeDependentMap((QUADRATIC, qgd.PolynomialMap([[0.0], [[-0.4]], [[0.1]]])))
    found = qgd.tightest_bound(both, [0.5], 2, num_steps=2, a_priori=True)
    assert "two_orders" not in {*found.bounds, *found.refused}
    truth = qgd.iterate(both, [0.5], 2)[-1]
    assert found.best.value >= abs(truth - qgd.truncated_solution(both, 2, [0.5], 2))[0]


def test_comparison_prints_smallest_first_and_gives_the_reasons():
    lines = str(qgd.tightest_bound(QUADRATIC, [1.0], 3, num_steps=10)).splitlines()
    values = [float(line.split()[1]) for line in lines[:-1]]
    assert values == sorted(values)
    assert lines[-1].split(maxsplit=1) == [
        "kantorovich",
        "||x_0|| = 0 must hold, got 1; shift the origin to x_0",
    ]


def test_where_nothing_is_finite_all_reasons_are_given():
    with pytest.raises(qgd.QGDError, match=r"no theorem gives a finite bound: majorant: .*closed:"):
        qgd.tightest_bound(QUADRATIC, [100.0], 3, num_steps=50)


def test_affine_systems_are_exact():
    affine = qgd.PolynomialMap([[0.1], [[-0.5]], [[0.0]]])
    assert qgd.tightest_bound(affine, [3.0], 1, num_steps=9).best.value == 0.0
    flow = qgd.PolynomialSystem(affine.F)
    assert qgd.tightest_bound(flow, np.array([3.0]), 1, time=9.0).best.value == 0.0
