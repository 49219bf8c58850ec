"""The main job on data: what it must reach, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest

import qgd
from qgd.pipeline.experiment import Experiment, Settings, run_experiment
from qgd.problem.datasets import load_dataset


@pytest.fixture(scope="module")
def default() -> Experiment:
    return run_experiment(load_dataset("breast-cancer"), Settings())


def test_default_run_reaches_what_the_readme_promises(default: Experiment) -> None:
    training = default.training
    dynamics = training.rounds[0].dynamics
    shifted, _ = qgd.shift(dynamics, training.rounds[0].start)
    assert dynamics.degree == 3
    assert shifted.F[0].nnz > 0
    assert len(training.weights) >= 4
    assert int(training.rounds[0].solution.details["order"]) >= 2
    assert default.settings.num_steps >= 16
    assert training.true_error <= training.budget.total().value <= default.settings.tolerance
    assert default.differing_predictions == 0
    assert default.score(default.weights) == default.score(default.reference_weights)


def test_default_truncation_and_inversion_are_proved(default: Experiment) -> None:
    kinds = {line.stage: line.kind for line in default.training.budget}
    assert kinds.pop("readout") is qgd.Kind.ESTIMATED
    assert set(kinds.values()) == {qgd.Kind.PROVED}


def test_pruned_weights_stay_zero(default: Experiment) -> None:
    assert np.count_nonzero(default.weights) == default.settings.keep
    assert np.count_nonzero(default.weights[default.mask.indices]) == default.settings.keep


@pytest.mark.parametrize("name", ["digits", "diabetes", "wine"])
def test_other_data_sets_are_trained_within_the_tolerance(name: str) -> None:
    experiment = run_experiment(load_dataset(name), Settings())
    training = experiment.training
    assert training.outcome is qgd.Outcome.SUCCESS
    assert training.true_error <= training.budget.total().value
    gap = experiment.score(experiment.weights) - experiment.score(experiment.reference_weights)
    assert abs(gap) < 0.01


@pytest.mark.parametrize("solver", ["qsvt", "lcu", "fourier", "hhl", "direct", "shortcut"])
def test_every_solver_trains_the_default_problem(solver: str) -> None:
    settings = Settings(solver=solver, num_steps=6, tolerance=0.05)
    training = run_experiment(load_dataset("breast-cancer"), settings).training
    assert training.true_error <= training.budget.total().value <= 0.05


def test_the_shortcut_solver_trains_with_amplitudes_and_shows_its_norm_search() -> None:
    settings = Settings(solver="shortcut", readout="amplitudes", num_steps=6, tolerance=0.05)
    training = run_experiment(load_dataset("breast-cancer"), settings).training
    assert training.true_error <= training.budget.proved_total() <= 0.05
    assert training.rounds[0].solution.resources.preliminary_calls > 0


def test_all_proved_budget_with_amplitudes() -> None:
    settings = Settings(readout="amplitudes")
    training = run_experiment(load_dataset("breast-cancer"), settings).training
    assert training.true_error <= training.budget.proved_total()


def test_diverging_learning_rate_is_refused_and_the_remedy_works() -> None:
    data = load_dataset("breast-cancer")
    with pytest.raises(ValueError, match="the descent diverges") as caught:
        run_experiment(data, Settings(learning_rate=5.0, num_steps=4))
    rate = float(re.findall(r"lower it to ([\d.]+)", str(caught.value))[0])
    settings = Settings(learning_rate=rate, num_steps=2, tolerance=0.2, readout="amplitudes")
    assert run_experiment(data, settings).training.true_error <= 0.2


def test_too_many_kept_weights_are_refused_with_the_largest_number() -> None:
    with pytest.raises(ValueError, match="`keep` must be at most 31"):
        run_experiment(load_dataset("breast-cancer"), Settings(keep=32))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"keep": 0}, "`keep`"),
        ({"num_steps": 0}, "`num_steps`"),
        ({"learning_rate": -0.1}, "`learning_rate`"),
        ({"tolerance": 0.0}, "`tolerance`"),
        ({"solver": "magic"}, "qsvt, lcu, fourier, hhl, direct"),
        ({"readout": "eyes"}, "sampling, amplitudes"),
        ({"shots": 0}, "`shots` must be at least 2"),
        ({"kappa": 0.5}, "`kappa`"),
        ({"solver": "direct", "kappa": 9.0}, "left out for the direct solver"),
        ({"readout": "amplitudes", "shots": 9}, "`shots` must be left out"),
        ({"ridge": float("nan")}, "`ridge`"),
    ],
)
def test_bad_settings_are_refused_before_anything_runs(
    keywords: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**keywords)  # type: ignore[arg-type]
