"""R and Kantorovich's number of a factorisation, against its dense Hessian."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.analysis.case import Missing, Nonlinearity
from qgd.analysis.factorisation_case import FactorisationCase
from qgd.core.bound import Kind
from qgd.problem.planted import planted_ratings
from qgd.report.analysis_text import analysis_report

RIDGE = 0.3
SETTINGS = qgd.AnalysisSettings(num_steps=3, max_order=2, count_costs=False)


def case(ridge: float, distance: float = 0.05) -> FactorisationCase:
    ratings, pivot = planted_ratings(9, 9)
    offset = np.random.default_rng(0).standard_normal(len(pivot))
    offset *= distance / np.linalg.norm(offset)
    loss = qgd.SparseFactorisation(ratings, 2, ridge=ridge)
    return FactorisationCase("small", loss, pivot, offset, 0.1)


def hessian(run: FactorisationCase, at: np.ndarray) -> np.ndarray:
    product = run.descent.loss.hessian_product(at)
    return np.stack([product(column) for column in np.eye(len(at))])


def test_numbers_with_a_ridge_bound_what_the_dense_hessian_says() -> None:
    run = case(RIDGE)
    pivot, rng = run.descent.pivot, np.random.default_rng(1)
    found = qgd.analyze(run, SETTINGS).nonlinearity
    assert isinstance(found, Nonlinearity)
    assert found.R.kind is found.kantorovich.kind is Kind.MEASURED
    H = hessian(run, pivot)
    values = np.linalg.eigvalsh(H)
    assert found.least_eigenvalue == pytest.approx(RIDGE)  # no residuals at planted factors
    assert values[0] >= found.least_eigenvalue - 1e-12
    g = np.linalg.norm(run.descent.loss.gradient(pivot))
    x, J = 0.05, np.sqrt(values[-1] - RIDGE)
    exact = (g / x + 1.5 * J * x + 0.5 * x**2) / RIDGE
    assert exact <= found.R.value < 1.5 * exact
    for _ in range(20):
        u = rng.standard_normal(len(pivot))
        u *= x / np.linalg.norm(u)
        change = np.linalg.norm(hessian(run, pivot + u) - H, 2) / x
        assert g * change / RIDGE**2 <= found.kantorovich.value
    J_bound = (found.R.value * RIDGE - g / x - 0.5 * x**2) / (1.5 * x)
    expected = g * (3 * J_bound + 3 * x) / RIDGE**2
    assert found.kantorovich.value == pytest.approx(expected)


def test_report_prints_the_numbers_or_names_the_ridge_that_gives_them() -> None:
    without = qgd.analyze(case(0.0), SETTINGS)
    assert isinstance(without.nonlinearity, Missing)
    assert "a ridge above the residuals gives it" in analysis_report(without)
    text = analysis_report(qgd.analyze(case(RIDGE), SETTINGS))  # the remedy
    assert "R = " in text
    assert "MEASURED: norms of Theorems 18.2 and 18.3" in text


def test_a_start_at_the_pivot_takes_the_ball_of_the_least_number() -> None:
    found = qgd.analyze(case(RIDGE, 0.0), SETTINGS).nonlinearity
    assert isinstance(found, Nonlinearity)
    others = [qgd.analyze(case(RIDGE, x), SETTINGS).nonlinearity for x in (0.3, 1.0, 3.0)]
    assert all(found.R.value < 1.02 * other.R.value for other in others)
