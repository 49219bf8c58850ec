"""Analyses of made-up landscapes, for the judgement and for the report."""

from __future__ import annotations

import warnings

import numpy as np

import qgd
from qgd.analysis.analyze import Truncation
from qgd.analysis.case import Missing, RowSparsity
from qgd.analysis.costs import RunCosts

GOOD = Truncation((1.0, 1e-3), (1.0, 1e-3), travelled=1.0, tolerance=0.01)
POOR = Truncation((0.0, 0.0), (0.1, 0.02), 1.0, 0.01)
POOR_ESTIMATE = Truncation((0.1, 0.02), (0.0, 0.0), 1.0, 0.01)

PRICED = RunCosts(
    qgd.estimate_resources(
        qgd.PolynomialMap([[0.0], [[-0.3]], [[0.1]]]),
        [0.5], 1, order=1, padding=0, relative_error=0.9,
    ),
    products=3,
)  # fmt: skip


def landscape(
    eigenvalues: list[float],
    *,
    learning_rate: float = 0.1,
    truncation: Truncation | Missing = GOOD,
    sparsity: RowSparsity = RowSparsity(1, True, "made up"),  # noqa: B008
    costs: RunCosts | Missing = Missing("not asked"),  # noqa: B008
) -> qgd.Analysis:
    settings = qgd.AnalysisSettings(num_steps=10, max_order=2)
    spectrum = qgd.Spectrum(len(eigenvalues), eigenvalues=np.sort(eigenvalues))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qgd.OvershootWarning)
        (shares,) = qgd.mode_shares(spectrum, learning_rate, [settings.cut])
        proxy = qgd.ErrorProxy(spectrum, learning_rate)
    n = len(eigenvalues)
    return qgd.Analysis(
        *("x", n, n, learning_rate, 1.0, settings, sparsity, spectrum, shares, proxy, truncation),
        nonlinearity=Missing("not asked"),
        costs=costs,
    )
