"""Prices of a case: what is counted is the run of its own descent; what is not says why."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from analysis.landscapes import landscape
from torch import nn

import qgd
from qgd.analysis.case import Missing
from qgd.analysis.costs import _best_unit, _monomial_products, run_costs
from qgd.analysis.factorisation_case import FactorisationCase
from qgd.analysis.presets import preset
from qgd.core.bound import Kind
from qgd.dynamics.transforms import shift


def test_step_of_a_polynomial_network_is_its_gradient_descent() -> None:
    case = preset("polynomial")
    step, start = case.step()
    run = case.trajectory(3, 4, lambda done, total: None)
    path = qgd.iterate(step, start, 4)
    distances = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(distances, run.distances, rtol=1e-9, atol=1e-14)


def test_step_of_a_small_factorisation_is_its_gradient_descent() -> None:
    ratings, weights = qgd.planted_ratings(4, 4)
    offset = 0.05 * np.random.default_rng(0).standard_normal(len(weights))
    loss = qgd.SparseFactorisation(ratings, 2)
    case = FactorisationCase("x", loss, weights, offset, 0.1)
    step, start = case.step()
    found = qgd.iterate(step, start, 3)[-1]
    np.testing.assert_allclose(found, case.descent.iterate(offset, 3), rtol=1e-9, atol=1e-12)


def test_costs_are_those_of_the_step_at_the_best_unit_of_length() -> None:
    case = preset("polynomial")
    found = run_costs(case, 1, 4, 0.1, travelled=0.05)
    assert not isinstance(found, Missing)
    step, start = case.step()
    others = [
        qgd.estimate_resources(
            step, start, 4, order=1, scale=unit * 0.05, relative_error=0.1, support=4,
            solver=qgd.KernelReflection(),
        ).resources.total_calls
        for unit in (0.5, 1.0, 2.0)
    ]  # fmt: skip
    assert found.quantum.resources.total_calls <= min(others)
    assert found.quantum.resources.shots > 0
    assert found.quantum.kappa.kind is Kind.PROVED
    assert found.quantum.order == 1


@pytest.mark.parametrize("best", [2.0**-5, 0.5, 1.0, 4.0])
def test_unit_of_length_is_the_one_with_the_fewest_calls(best: float) -> None:
    def calls(unit: float) -> float:
        if unit > 100 * best:
            raise ValueError("no finite bound")
        return abs(math.log2(unit / best))

    assert _best_unit(calls, lambda done, total: None) == best


def test_longer_units_are_tried_where_no_short_one_has_a_bound() -> None:
    def calls(unit: float) -> float:
        if unit < 4:  # a source weighs F_0 / r
            raise ValueError("no finite bound")
        return unit

    assert _best_unit(calls, lambda done, total: None) == 4


def test_without_any_finite_count_the_reason_is_told() -> None:
    def calls(unit: float) -> float:
        raise ValueError("no finite bound")

    assert _best_unit(calls, lambda done, total: None) == Missing("no finite bound")


def test_plain_descent_of_a_polynomial_is_counted_by_its_monomials() -> None:
    x = qgd.PolynomialLoss.from_terms({(0, 0, 1): 1.0, (1, 1): 0.5})
    step = shift(qgd.gradient_descent(x, 0.1), [1.0, 2.0])[0]
    # rows x0: 1, x0, x1, x0 x1 ; x1: 1, x0, x1, x0 x0; F_2 lists x0 x1 and x1 x0
    assert step.F[2].count_nonzero() == 3
    assert _monomial_products(step) == 4 * 1 + 2 * 2


def test_plain_descent_of_a_factorisation_is_counted_as_it_runs() -> None:
    users, items = np.array([0, 0, 1]), np.array([0, 1, 1])
    ratings = qgd.Ratings.from_observations(users, items, np.ones(3))
    for ridge, wanted in ((0.0, 3 * 7), (0.5, 3 * 7 + 8)):  # residual 2, eta 1, gradients 4
        loss = qgd.SparseFactorisation(ratings, 2, ridge=ridge)
        assert FactorisationCase("x", loss, np.ones(8), np.ones(8), 0.1).products() == wanted
    case = preset("polynomial")
    found = run_costs(case, 1, 4, 0.1, travelled=0.05)
    assert found.products == 4 * _monomial_products(case.step()[0])


def test_many_weights_of_a_network_are_not_listed() -> None:
    found = run_costs(preset("digits-tanh"), 2, 4, 0.1, 1.0)
    assert isinstance(found, Missing)
    assert "got 610" in found.reason


def test_tables_of_a_factorisation_grow_with_its_weights_and_calls_do_not() -> None:
    found = []
    for users in (20, 80):
        ratings, weights = qgd.planted_ratings(users, users)
        offset = np.random.default_rng(0).standard_normal(len(weights))
        offset *= 0.5 / np.linalg.norm(offset)
        case = FactorisationCase("x", qgd.SparseFactorisation(ratings, 2), weights, offset, 0.1)
        found.append(run_costs(case, 2, 4, 0.1, 0.5).quantum)
    small, large = (each.resources for each in found)
    assert large.block_encoding_calls < 2 * small.block_encoding_calls
    per_call = [each.t_count / each.resources.block_encoding_calls for each in found]
    assert 2.5 < per_call[1] / per_call[0] < 8


def test_what_is_no_polynomial_has_no_coefficients() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)).double()
    data = torch.eye(2, dtype=torch.float64), torch.tensor([0, 1])
    case = qgd.NetworkCase("x", model, nn.CrossEntropyLoss(), data, 0.1)
    found = run_costs(case, 2, 4, 0.1, 1.0)
    assert isinstance(found, Missing)
    assert "softmax" in found.reason


def test_tables_that_are_too_long_are_not_counted(monkeypatch) -> None:
    monkeypatch.setattr("qgd.analysis.costs._ENTRIES", 10)
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(3, 3), qgd.PolynomialActivation([0.0, 1.0, 0.5]), nn.Linear(3, 1)
    ).double()
    x = torch.randn(8, 3, dtype=torch.float64)
    case = qgd.NetworkCase("x", model, nn.MSELoss(), (x, x[:, :1]), 0.1)
    found = run_costs(case, 3, 4, 0.1, 1.0)
    assert isinstance(found, Missing)
    assert "lookup table, and at most 10" in found.reason


def test_tables_with_addresses_that_are_too_long_are_not_counted(monkeypatch) -> None:
    monkeypatch.setattr("qgd.encoding.table.MAX_BITS", 5)
    ratings, weights = qgd.planted_ratings(20, 20)
    loss = qgd.SparseFactorisation(ratings, 2)
    found = run_costs(FactorisationCase("x", loss, weights, weights / 10, 0.1), 2, 4, 0.1, 0.5)
    assert isinstance(found, Missing)
    assert "the table of G_1 cannot be addressed: " in found.reason


def test_without_an_order_nothing_is_priced() -> None:
    settings = qgd.AnalysisSettings(num_steps=4, max_order=1, tolerance=1e-9)
    found = qgd.analyze(preset("polynomial"), settings)
    assert isinstance(found.costs, Missing)
    assert "no order <= 1 meets the tolerance" in found.costs.reason
    assert landscape([1.0]).costs == Missing("not asked")
