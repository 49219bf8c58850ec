"""Bounds of ||L^-1|| against singular values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import fewer, history_systems, reals

import qgd
from qgd.embedding import conditioning
from qgd.embedding.conditioning import history_inverse_norm, power_norms

REGIMES = {"contracting": 0.3, "marginal": 0.0, "growing": -0.15}
ROUNDING = 1 - 1e-9


def true_inverse_norm(system: qgd.HistorySystem) -> float:
    return 1 / float(np.linalg.svd(system.matrix.toarray(), compute_uv=False)[-1])


def scalar_history(num_steps: int, padding: int, multiplier: float = 1.0) -> qgd.HistorySystem:
    step = qgd.carleman(qgd.PolynomialMap([[0.0], [[multiplier - 1]]]), 1)
    return qgd.history_system(step, [1.0], num_steps, padding)


@pytest.mark.parametrize("time_dependent", [False, True])
@pytest.mark.parametrize("regime", REGIMES)
@fewer(2)
@given(st.data())
def test_bound_dominates_the_inverse_of_the_smallest_singular_value(time_dependent, regime, data):
    system = data.draw(
        history_systems(
            max_order=3,
            max_steps=6,
            max_padding=5,
            time_dependent=time_dependent,
            contraction=REGIMES[regime],
        )
    )
    assert history_inverse_norm(system) >= true_inverse_norm(system) * ROUNDING


@pytest.mark.parametrize("time_dependent", [False, True])
@fewer(2)
@given(st.data())
def test_bound_level_by_level_dominates_too(time_dependent, data):
    system = data.draw(
        history_systems(max_order=3, max_steps=5, time_dependent=time_dependent, contraction=0.1)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditioning, "_DENSE_BLOCK", 0)
        coarse = history_inverse_norm(system)
    assert coarse >= true_inverse_norm(system) * ROUNDING
    assert coarse >= history_inverse_norm(system) * ROUNDING


@pytest.mark.parametrize("time_dependent", [False, True])
@fewer(2)
@given(st.data())
def test_bound_for_many_times_dominates_too(time_dependent, data):
    system = data.draw(history_systems(max_steps=5, time_dependent=time_dependent))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditioning, "_DENSE_TIMES", 0)
        coarse = history_inverse_norm(system)
    assert coarse >= true_inverse_norm(system) * ROUNDING


@fewer(2)
@given(history_systems(max_order=2, max_steps=5, time_dependent=True, contraction=-0.3))
def test_products_of_single_norms_dominate_when_exact_products_cost_too_much(system):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditioning, "_PAIRWISE_WORK", 0.0)
        coarse = history_inverse_norm(system)
    assert coarse >= history_inverse_norm(system) * ROUNDING


@given(st.integers(1, 60), st.integers(0, 40))
def test_bound_of_the_standing_scalar_is_its_closed_form(num_steps, padding):
    # L is bidiagonal with K = T + p + 1 rows of ones and minus ones.
    K = num_steps + padding + 1
    closed = 1 / (2 * math.sin(math.pi / (2 * (2 * K + 1))))
    assert history_inverse_norm(scalar_history(num_steps, padding)) == pytest.approx(closed)


@given(st.integers(1, 12), st.integers(0, 6), reals(0.0, 1.2))
def test_bound_is_exact_for_non_negative_scalars(num_steps, padding, multiplier):
    system = scalar_history(num_steps, padding, multiplier)
    assert history_inverse_norm(system) == pytest.approx(true_inverse_norm(system), rel=1e-9)


def test_many_times_cost_at_most_a_factor_of_pi_over_two_on_the_standing_scalar():
    K = 2100
    bound = history_inverse_norm(scalar_history(K - 1, 0))
    exact = 1 / (2 * math.sin(math.pi / (2 * (2 * K + 1))))
    assert exact <= bound <= exact * math.pi / 2 * 1.001


@given(history_systems(max_steps=4, time_dependent=False), st.integers(2, 4))
def test_equal_steps_given_one_by_one_have_the_bound_of_the_single_step(system, copies):
    steps = [system.steps[0]] * copies
    x0 = system.steps[0].project(system.initial)
    one_by_one = qgd.history_system(steps, x0, copies, system.padding)
    together = qgd.history_system(system.steps[0], x0, copies, system.padding)
    assert history_inverse_norm(one_by_one) == pytest.approx(history_inverse_norm(together))


@fewer(2)
@given(history_systems(max_order=3, time_dependent=False, contraction=0.1))
def test_power_norms_are_the_spectral_norms_of_the_powers(system):
    step = system.steps[0]
    C = step.matrix.toarray()
    powers = [np.linalg.matrix_power(C, k) for k in range(6)]
    wanted = [np.linalg.norm(P, 2) for P in powers]
    np.testing.assert_allclose(power_norms(step, 5), wanted, atol=1e-7, rtol=1e-7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditioning, "_DENSE_BLOCK", 0)
        assert (power_norms(step, 5) >= np.array(wanted) * ROUNDING).all()


def test_the_history_system_carries_its_bound():
    system = scalar_history(4, 3, 0.5)
    assert system.inverse_norm_bound == history_inverse_norm(system)


def test_norms_of_coefficients_improve_on_hoelder_for_assembled_steps(monkeypatch):
    rng, n = np.random.default_rng(0), 8
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    step = qgd.PolynomialMap([np.zeros(n), 0.9 * Q - np.eye(n)])
    lifted = qgd.carleman(step, 2)
    exact = power_norms(lifted, 3)
    monkeypatch.setattr(conditioning, "_DENSE_BLOCK", 0)
    assert_allclose(power_norms(lifted, 3), exact, rtol=1e-7)
    hoelder = power_norms(replace(lifted, source=None), 3)
    assert hoelder[1] > 1.5 * exact[1]
