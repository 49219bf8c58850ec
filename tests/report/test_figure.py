"""The figure page: what is drawn is what was found."""

from __future__ import annotations

import numpy as np
import pytest

from qgd.pipeline.experiment import Settings, run_experiment
from qgd.problem.datasets import load_dataset
from qgd.report.figure import figure_page


@pytest.mark.parametrize("name", ["breast-cancer", "diabetes"])
def test_four_labelled_panels_show_the_run(name: str) -> None:
    settings = Settings(num_steps=6, tolerance=0.05)
    experiment = run_experiment(load_dataset(name), settings)
    loss, weights, truncation, budget = figure_page(experiment).axes
    for panel in (loss, weights, truncation, budget):
        assert panel.get_title()
        assert panel.get_xlabel()
        assert panel.get_legend() is not None
    np.testing.assert_allclose(
        loss.lines[0].get_ydata(), [experiment.loss.value(w) for w in experiment.training.reference]
    )
    np.testing.assert_allclose(weights.lines[1].get_ydata(), experiment.training.path[:, 0])
    drawn = [patch.get_width() for patch in budget.patches]
    lines = [*experiment.training.budget.lines, experiment.training.budget.total()]
    for width, line in zip(drawn, lines, strict=True):
        assert line.value == 0 or width == pytest.approx(line.value)


def test_true_truncation_error_stays_below_the_proved_curve() -> None:
    experiment = run_experiment(load_dataset("breast-cancer"), Settings(num_steps=6, order=2))
    truncation = figure_page(experiment).axes[2]
    proved, _, true = (np.array(line.get_ydata()) for line in truncation.lines[:3])
    assert np.nanmax(true / proved) <= 1
