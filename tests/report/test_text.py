"""The printed page."""

from __future__ import annotations

import pytest

import qgd
from qgd.pipeline.experiment import Experiment, Settings, run_experiment
from qgd.problem.datasets import load_dataset
from qgd.report.text import experiment_report, stage_table


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return run_experiment(load_dataset("wine"), Settings(num_steps=8, tolerance=0.05))


def test_page_names_data_weights_scores_and_every_stage(experiment: Experiment) -> None:
    page = experiment_report(experiment)
    for stage in (line.stage for line in experiment.training.budget):
        assert f"\n{stage}" in page
    for index in experiment.mask.indices:
        assert experiment.split.names[index] in page
    assert "test accuracy" in page
    assert f"{experiment.training.true_error:.2e}" in page
    assert max(len(line) for line in page.splitlines()) <= 140


def test_estimate_is_never_called_a_bound(experiment: Experiment) -> None:
    assert experiment.training.budget.total().kind is qgd.Kind.ESTIMATED
    verdict = next(x for x in experiment_report(experiment).splitlines() if "distance" in x)
    assert "bound" not in verdict
    proved = run_experiment(
        load_dataset("wine"), Settings(num_steps=8, tolerance=0.05, readout="amplitudes")
    )
    verdict = next(x for x in experiment_report(proved).splitlines() if "distance" in x)
    assert "bound" in verdict


def test_missed_tolerance_is_said_with_a_remedy() -> None:
    missed = run_experiment(load_dataset("wine"), Settings(num_steps=8, shots=300))
    assert "the largest line is readout: raise --shots" in experiment_report(missed)


def test_table_puts_error_and_cost_of_a_stage_on_one_line(experiment: Experiment) -> None:
    training = experiment.training
    lines = stage_table(training.budget, training.resources).splitlines()
    truncation = next(line for line in lines if line.startswith("truncation"))
    assert "PROVED" in truncation
    assert "dimension" in truncation
    assert "proofs/02" in truncation
    assert lines[-1].startswith("total")
