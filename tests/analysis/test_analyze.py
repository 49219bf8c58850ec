"""The composition: what it reports is what its parts say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

import qgd
from qgd.analysis.case import Advance, Missing
from qgd.analysis.presets import PRESETS, preset
from qgd.analysis.verdict import criteria, verdict

SHORT = qgd.AnalysisSettings(num_steps=6, max_order=3, count_costs=False)


def test_numbers_are_those_of_the_parts() -> None:
    case = preset("digits-tanh")
    found = qgd.analyze(case, SHORT)
    run = qgd.carleman_trajectory(
        case.model, case.loss_function, case.batches, order=4, steps=6, learning_rate=0.1
    )
    assert found.truncation.errors == tuple(run.true_error(order=k).value for k in (1, 2, 3))
    assert found.truncation.estimates == tuple(run.estimate(order=k).value for k in (1, 2, 3))
    assert found.truncation.travelled == run.distances.max()
    assert found.loss == pytest.approx(run.losses[0], rel=1e-12)
    H = case.operator.matmat(np.eye(case.num_kept))
    eigenvalues = np.linalg.eigvalsh(H)
    cut = 1e-3 * np.abs(eigenvalues).max()
    assert found.shares.divergent.fraction.value == np.mean(eigenvalues < -cut)
    assert found.window[1] == pytest.approx(qgd.ErrorProxy(found.spectrum, 0.1).window()[1])


def test_state_holds_all_words_orders_and_steps() -> None:
    found = qgd.analyze(preset("factorisation"), SHORT)
    order = found.truncation.needed
    state = found.state
    assert order == 2
    assert 2**state.words >= found.num_kept**order > 2 ** (state.words - 2 * order)
    assert 2**state.levels >= order
    assert 2**state.times >= SHORT.num_steps + 1


def test_factorisation_truncates_as_its_descent_does() -> None:
    case = preset("factorisation")
    run = case.trajectory(3, 4, lambda done, total: None)
    x = case.descent.iterate(case.offset, 4)
    assert run.distances[-1] == pytest.approx(np.linalg.norm(x), rel=1e-12)
    off = np.linalg.norm(run.weights(2)[-1] - case.descent.pivot - x)
    assert run.true_error(order=2).value == pytest.approx(off, rel=1e-9)
    assert run.errors[-1, 2] < 0.2 * run.errors[-1, 1] < 0.04 * run.errors[-1, 0]


def test_costs_are_counted_when_they_are_asked_for() -> None:
    stages: dict[str, list[tuple[int, int]]] = {}

    @contextmanager
    def progress(stage: str) -> Iterator[Advance]:
        stages[stage] = []
        yield lambda done, total: stages[stage].append((done, total))

    asked, not_asked = (
        qgd.analyze(
            preset("polynomial"), qgd.AnalysisSettings(num_steps=2, count_costs=count),
            progress=progress,
        )
        for count in (True, False)
    )  # fmt: skip
    assert asked.costs.products > 0
    done, total = stages["Calls by unit of length"][-1]
    assert done == total > 0
    assert not_asked.costs == Missing("not asked for")


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_progress_of_every_stage_ends_at_its_end(exact_up_to: int) -> None:
    calls: dict[str, list[tuple[int, int]]] = {}

    @contextmanager
    def progress(stage: str) -> Iterator[Advance]:
        calls[stage] = []
        yield lambda done, total: calls[stage].append((done, total))

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(9, 9), nn.Tanh(), nn.Linear(9, 1)).double()
    data = torch.eye(9, dtype=torch.float64), torch.ones(9, 1, dtype=torch.float64)
    case = qgd.NetworkCase("x", model, nn.MSELoss(), data, 0.1)
    settings = qgd.AnalysisSettings(3, 1, exact_up_to=exact_up_to, lanczos_steps=5, probes=2)
    found = qgd.analyze(case, settings, progress=progress)
    assert found.spectrum.exact == (exact_up_to > 0)
    assert list(calls)[:2] == ["Hessian spectrum", "Carleman orders"]
    calls.pop("Calls by unit of length", None)  # a tanh has no coefficients to be priced
    for each in calls.values():
        assert [done for done, _ in each] == sorted({done for done, _ in each})
        assert each[-1][0] == each[-1][1]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"num_steps": 0}, "num_steps"),
        ({"max_order": 0}, "max_order"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"cut": 1.0}, "cut"),
        ({"exact_up_to": -1}, "exact_up_to"),
        ({"lanczos_steps": 1}, "lanczos_steps"),
        ({"probes": 1}, "probes"),
    ],
)
def test_settings_are_checked(change: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        qgd.AnalysisSettings(**change)


def test_presets_end_as_they_are_meant_to() -> None:
    words = {name: verdict(criteria(qgd.analyze(preset(name), SHORT))) for name in PRESETS}
    assert words.pop("factorisation") == "candidate"
    assert set(words.values()) == {"not a candidate"}
