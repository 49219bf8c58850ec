"""Kernels: proved errors, published formulas, numbers of nodes."""

from __future__ import annotations

import numpy as np
import pytest
from evolutions import combination_error, random_pair
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from strategies import fewer, seeds

import qgd

KERNELS = [qgd.LeastSquares(), qgd.LowSomma(), qgd.AnChildsLin(), qgd.AnChildsLin(0.7)]


@pytest.mark.parametrize("kernel", [*KERNELS, qgd.Cauchy()], ids=str)
def test_rule_meets_epsilon_for_operators_that_do_not_commute(kernel):
    rule = kernel.rule(1.0, 2e-2)
    assert rule.error <= 2e-2
    L, H = random_pair(np.random.default_rng(3), 4, 1.0)
    assert combination_error(rule, L, H) <= rule.error


@fewer(4)
@given(st.floats(0.0, 6.0), st.floats(-9, -1).map(lambda e: 10**e), seeds())
def test_least_squares_meets_epsilon_wherever_it_is_asked(interval, epsilon, seed):
    rule = qgd.LeastSquares().rule(interval, epsilon)
    assert rule.error <= epsilon
    L, H = random_pair(np.random.default_rng(seed), 3, interval)
    assert combination_error(rule, L, H) <= epsilon + 1e-12


# The published closed form of Low and Somma has 135 and 377 nodes, An-Childs-Lin 83 and 457.
@pytest.mark.parametrize(("epsilon", "limit", "nodes"), [(1e-3, 1.41, 7), (1e-6, 2.25, 11)])
def test_few_nodes_suffice_at_small_weight(epsilon, limit, nodes):
    rule = qgd.LeastSquares(nodes, weight_limit=limit).rule(1.0, epsilon)
    assert len(rule.nodes) == nodes
    assert rule.weight_norm <= limit
    assert rule.error <= epsilon


@pytest.mark.parametrize(("epsilon", "nodes"), [(1e-3, 135), (1e-6, 377)])
def test_closed_form_of_low_and_somma_has_its_published_number_of_nodes(epsilon, nodes):
    rule = qgd.LowSomma().rule(1.0, epsilon)
    assert len(rule.nodes) == nodes
    assert rule.error < epsilon / 100  # tightness that it pays for


def test_least_squares_costs_a_fraction_of_the_closed_forms():
    ours, *others = (k.rule(1.0, 1e-3).query_factor for k in KERNELS[:3])
    assert min(others) > 5 * ours


@pytest.mark.parametrize("beta", [0.6, 0.9])
def test_density_of_an_childs_lin_integrates_to_the_exponential(beta):
    rule = qgd.AnChildsLin(beta).rule(0.5, 1e-2)
    step = rule.nodes[1] - rule.nodes[0]
    at_zero = rule.weights[np.abs(rule.nodes) < 1e-12][0] / step
    assert at_zero == pytest.approx(np.exp(2**beta - 1) / (2 * np.pi))


def test_cauchy_nodes_are_the_fourier_modes_of_the_profile_of_schroedingerisation():
    # Periodised with period P = 2 pi / h, e^{-|p|} has the coefficients h / (pi (1 + k^2)).
    rule = qgd.Cauchy().rule(1.0, 5e-2)
    period = 2 * np.pi / (rule.nodes[1] - rule.nodes[0])

    def profile(p: float) -> float:
        return float(np.cosh(period / 2 - p) / np.sinh(period / 2))

    for k, c in list(zip(rule.nodes, rule.weights, strict=True))[::7]:
        real = (
            quad(profile, 0, period, weight="cos", wvar=k)[0] if k else quad(profile, 0, period)[0]
        )
        assert c == pytest.approx(real / period, abs=1e-7)
    assert rule.weight_norm < 1.05


def test_number_of_nodes_is_a_power_of_two_unless_given():
    for epsilon in (1e-2, 1e-5):
        count = len(qgd.LeastSquares().rule(2.0, epsilon).nodes)
        assert count & (count - 1) == 0
    assert len(qgd.LeastSquares(9).rule(1.0, 1e-3).nodes) == 9


def test_no_decay_needs_one_unitary():
    rule = qgd.LeastSquares().rule(0.0, 1e-6)
    assert_allclose(rule.nodes, [0.0])
    assert_allclose(rule.weights, [1.0], atol=1e-6)


def test_nodes_are_equally_spaced_about_zero():
    nodes = qgd.LeastSquares().rule(1.0, 1e-4).nodes
    assert_allclose(nodes, -nodes[::-1])
    assert_allclose(np.diff(nodes), nodes[1] - nodes[0])


@pytest.mark.parametrize(
    ("kernel", "epsilon"),
    [(qgd.LeastSquares(2), 1e-8), (qgd.Cauchy(), 1e-5)],
    ids=str,
)
def test_what_cannot_be_reached_is_refused_and_the_remedy_works(kernel, epsilon):
    with pytest.raises(ValueError, match="`epsilon` must be within reach") as error:
        kernel.rule(1.0, epsilon)
    assert "raise epsilon" in str(error.value)
    assert kernel.rule(1.0, 0.5).error <= 0.5
    assert qgd.LeastSquares().rule(1.0, epsilon).error <= epsilon


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: qgd.LeastSquares(0), "num_nodes"),
        (lambda: qgd.LeastSquares(weight_limit=0.9), "weight_limit"),
        (lambda: qgd.AnChildsLin(1.0), "beta"),
        (lambda: qgd.LowSomma().rule(1.0, 0.9), "epsilon"),
        (lambda: qgd.LeastSquares().rule(-1.0, 0.1), "interval"),
        (lambda: qgd.LeastSquares().rule(1.0, 0.0), "epsilon"),
        (lambda: qgd.LeastSquares().rule(1.0, 1e-16), "epsilon"),
    ],
)
def test_bad_arguments_are_named(make, name):
    with pytest.raises(ValueError, match=f"`{name}`"):
        make()
