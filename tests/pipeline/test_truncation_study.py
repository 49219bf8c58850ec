"""One point of a sweep over the regimes of truncation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import fewer

import qgd
from qgd.dynamics.operator_norm import operator_norm
from qgd.problem.zoo import random_bowl


@fewer(1)
@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 6), st.integers(0, 99))
def test_proved_bounds_hold_and_are_ordered(num_variables, order, num_steps, seed):
    row = qgd.truncation_study(num_variables, order, num_steps, 0.5, seed, ratio=0.9)
    slack = 1 + 1e-9
    assert row["true_error"] <= row["propagated_bound"] * slack + 1e-15
    assert row["true_error"] <= row["majorant_bound"] * slack + 1e-15
    assert row["dimension"] == sum(num_variables**k for k in range(1, order + 1))


def test_errors_are_those_of_the_package_in_units_of_the_start():
    rng = np.random.default_rng(5)
    loss = random_bowl(3, rng)
    F = qgd.gradient_flow(loss).F
    dissipation = np.linalg.eigvalsh(-F[1].toarray())[0]
    start = rng.normal(size=3)
    start *= 0.7 * dissipation / operator_norm(F[2]) / np.linalg.norm(start)
    descent = qgd.gradient_descent(loss, 0.4)
    truth = qgd.descend(loss, start, 0.4, 6)[-1]
    lifted = qgd.carleman(descent, 2)
    y = lifted.lift(start)
    for _ in range(6):
        y = lifted.step(y)
    row = qgd.truncation_study(3, 2, 6, 0.4, 5, ratio=0.7)
    unit = np.linalg.norm(start)
    assert_allclose(row["true_error"], np.linalg.norm(lifted.project(y) - truth) / unit, rtol=1e-8)
    assert_allclose(row["final_norm"], np.linalg.norm(truth) / unit, rtol=1e-12)
    share = (np.linalg.norm(lifted.project(y)) / np.linalg.norm(y)) ** 2
    assert_allclose(row["success_probability"], share, rtol=1e-10)


def test_error_falls_with_the_order_below_ratio_one():
    errors = [qgd.truncation_study(4, N, 8, 0.5, 1, 0.5)["true_error"] for N in (1, 2, 3, 4)]
    assert all(b < a for a, b in itertools.pairwise(errors))


def test_large_lift_has_no_propagated_bound_and_is_never_assembled():
    row = qgd.truncation_study(60, 4, 8, 0.5, 0)
    assert row["propagated_bound"] is None
    assert row["true_error"] <= row["majorant_bound"] < math.inf
    assert qgd.truncation_study(8, 4, 2, 0.5, 0)["propagated_bound"] < math.inf  # 4680 entries


def test_divergence_is_said():
    with pytest.raises(qgd.QGDError) as caught:
        qgd.truncation_study(4, 2, 40, 9.0, 0)
    assert caught.value.outcome is qgd.Outcome.DIVERGED


@pytest.mark.parametrize("name", ["num_variables", "order", "num_steps", "seed", "ratio"])
def test_arguments_are_checked_by_name(name):
    good = {"num_variables": 2, "order": 2, "num_steps": 2, "learning_rate": 0.5, "seed": 0}
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        qgd.truncation_study(**{**good, name: -1})


@given(st.integers(1, 12), st.integers(0, 1000))
def test_random_bowl_has_its_minimum_at_the_origin_and_bounded_curvature(n, seed):
    loss = random_bowl(n, np.random.default_rng(seed))
    assert not loss.gradient(np.zeros(n)).any()
    curvature = np.linalg.eigvalsh(loss.hessian(np.zeros(n)))
    assert curvature[0] >= 0.3
    assert curvature[-1] <= 1.2
    assert loss.degree == 3
