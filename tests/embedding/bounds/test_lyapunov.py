"""Bounds in Lyapunov norms, for linear parts that are stable and far from normal."""

from __future__ import annotations

import numpy as np
import pytest
from bound_cases import flow_error, map_error, rounding, shear_case
from hypothesis import given
from strategies import at_least, fewer, seeds

import qgd
from qgd.dynamics.lyapunov import lyapunov_norm
from qgd.embedding.bounds.lyapunov import lyapunov_bound


def duration(case, is_flow):
    return {"time": case.duration} if is_flow else {"num_steps": case.duration}


@pytest.mark.parametrize("is_flow", [False, True])
@at_least(50)
@given(seeds())
def test_bound_dominates_the_error_in_the_norm_of_the_lyapunov_equation(is_flow, seed):
    case = shear_case(seed, is_flow)
    norm = lyapunov_norm(case.system, case.x0, evaluations=0)
    bound = lyapunov_bound(case.system, case.order, case.x0, norm=norm, **duration(case, is_flow))
    error = flow_error(case) if is_flow else map_error(case)
    assert bound.value >= error * (1 - 1e-9) - rounding(case)
    assert (bound.kind, bound.norm) == (qgd.Kind.PROVED, "2")


@pytest.mark.parametrize("is_flow", [False, True])
@fewer(3)
@given(seeds())
def test_bound_dominates_the_error_in_the_norm_that_is_found(is_flow, seed):
    case = shear_case(seed, is_flow)
    bound = lyapunov_bound(case.system, case.order, case.x0, **duration(case, is_flow))
    error = flow_error(case) if is_flow else map_error(case)
    assert bound.value >= error * (1 - 1e-9) - rounding(case)


def test_the_normality_that_a_rival_assumes_is_not_needed():
    # The error of order 2 is many times the "bound" that takes F_1 for normal; ours dominates it.
    x0 = np.array([0.0, 1.0]) * 0.1
    F2 = np.zeros((2, 4))
    F2[0, 3] = F2[1, 0] = 1.0
    flow = qgd.PolynomialSystem([np.zeros(2), [[-1, 5], [0, -1]], F2])
    spectral = 0.1 * (0.1 * -np.expm1(-1.0)) ** 2
    y = qgd.graded_integrate(flow, 2, x0, [0.0, 1.0]).solution()[-1]
    error = np.linalg.norm(qgd.integrate(flow, x0, [0.0, 1.0]).final - y)
    assert error > 5 * spectral
    with pytest.raises(qgd.QGDError, match="R_P <= 1 must hold"):
        lyapunov_bound(flow, 2, x0, time=1.0)
    near = x0 / 10
    y = qgd.graded_integrate(flow, 2, near, [0.0, 1.0]).solution()[-1]
    error = np.linalg.norm(qgd.integrate(flow, near, [0.0, 1.0]).final - y)
    assert lyapunov_bound(flow, 2, near, time=1.0).value >= error


def test_unstable_linear_parts_are_refused():
    step = qgd.PolynomialMap([[0.0], [[0.5]], [[1.0]]])
    with pytest.raises(qgd.QGDError, match="R_P <= 1 must hold, got inf; the linear part must"):
        lyapunov_bound(step, 2, [0.1], num_steps=3)
    outcome = lyapunov_bound(step, 2, [0.1], num_steps=3, throw=False)
    assert outcome is qgd.Outcome.NOT_APPLICABLE


def test_the_duration_must_be_of_the_right_kind():
    step = qgd.PolynomialMap([[0.0], [[-0.5]], [[1.0]]])
    with pytest.raises(ValueError, match="`num_steps` must be given for a map"):
        lyapunov_bound(step, 2, [0.1], time=3.0)
    flow = qgd.PolynomialSystem(step.F)
    with pytest.raises(ValueError, match="`time` must be given for a flow"):
        lyapunov_bound(flow, 2, [0.1], num_steps=3)


def test_affine_systems_cost_nothing():
    assert lyapunov_bound(qgd.PolynomialMap([[1.0], [[0.5]]]), 1, [0.1], num_steps=3).value == 0.0
