"""The experiment behind figures 2 and 3, small: what is recorded, and that it is what it says."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import qgd
from qgd.report.claims import claims, claims_text
from qgd.report.record import to_json
from qgd.report.reproduction import reproduction_page
from qgd.spectra.reproduction import reproduce
from qgd.spectra.reproduction_folder import claim_folder
from qgd.spectra.reproduction_plan import (
    expected_hours,
    hessian_samples,
    num_spectra,
    reproduction_plan,
)

sys.path.insert(0, str(Path(__file__).parent))
import reproduction_worker as worker


def tiny(**changes):
    full = reproduction_plan("fig2", "small")
    training = dataclasses.replace(
        full.training,
        dense_steps=30,
        sparse_steps=24,
        period=12,
        classical_steps=4,
        record_every=4,
        batch_size=200,
        dense_batch_size=64,
        evaluation_size=200,
    )
    small = dataclasses.replace(
        full,
        training=training,
        spectra_until=16,
        num_steps=12,
        num_probes=2,
        exact_up_to=200,
        hessian_size=100,
        truncation_steps=6,
    )
    return dataclasses.replace(small, **changes)


def without_steps(**changes):
    training = dataclasses.replace(tiny().training, dense_steps=0, sparse_steps=0, **changes)
    return tiny(training=training, exact_up_to=0, num_probes=1, truncation_steps=0)


def network():
    torch.manual_seed(0)
    return qgd.multilayer_perceptron((64, 6, 10))


@pytest.fixture(scope="module")
def result():
    return reproduce(tiny(), network(), qgd.load_images())


def test_spectra_are_taken_before_pruning_after_it_after_downloads_and_uploads(result):
    rows = result["spectra"]
    assert [(row["step"], row["event"]) for row in rows] == [
        (0, "dense"),
        (0, "pruned"),
        (4, "uploaded"),
        (8, ""),
        (12, "downloaded"),
        (16, "uploaded"),
    ]
    assert len(rows) == num_spectra(tiny())
    weights = 64 * 6 + 6 + 6 * 10 + 10
    kept = round(0.1 * 64 * 6) + 6 + 6 * 10 + 10
    assert [row["size"] for row in rows] == [weights, kept, weights, weights, kept, weights]


def test_proxies_start_at_each_upload_and_are_those_of_the_recorded_nodes(result):
    assert [row["from"] for row in result["proxies"]] == [4, 16]
    at = next(row for row in result["spectra"] if row["step"] == 4)
    x, w = np.array(at["nodes"]), np.array(at["weights"])
    row = result["proxies"][0]
    kept = np.abs(x) >= row["cuts"][1]["cut"]
    eta = result["plan"]["training"]["learning_rate"]
    expected = (w[kept] * np.abs(1 - eta * x[kept]) ** 30).sum() / w[kept].sum()
    assert row["values"][30] == pytest.approx(expected, rel=1e-3)
    assert row["values"][0] == pytest.approx(1)


def test_true_truncation_error_rises_and_the_second_order_is_closer(result):
    first, second = result["truncation"]["relative"]
    assert np.all(np.diff(first[1:]) > 0)
    assert np.all(np.array(second[1:]) < np.array(first[1:]))


def test_claims_stand_beside_the_numbers_of_the_paper_and_of_the_run(result):
    found = claims("fig2", result)
    text = claims_text("fig2", result)
    assert len(found) == 6
    assert "rms 0.0013" in found[1].published
    assert "before pruning" in found[0].ours
    assert all(one.published in text and one.ours in text for one in found)
    json.dumps(result, allow_nan=False)
    axes = reproduction_page("fig2", result).axes
    assert all(one.get_ylabel() for one in axes)
    assert all(one.get_xlabel() for one in axes[:4])


def test_killed_run_goes_on_from_its_checkpoints_to_the_same_result(result, tmp_path):
    folder = tmp_path / "checkpoints"
    told: list[tuple[str, int, int]] = []
    first = reproduce(
        tiny(), network(), qgd.load_images(), folder=folder, progress=lambda *at: told.append(at)
    )
    assert [at for at in told if at[0] == "truncated trajectory: step"] == [
        ("truncated trajectory: step", k, 6) for k in range(1, 7)
    ]
    assert first == result
    (folder / "training.pt").unlink()  # killed before the first checkpoint of the training
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.lanczos")}
    assert before
    assert reproduce(tiny(), network(), qgd.load_images(), folder=folder) == result
    assert before == {path: path.stat().st_mtime_ns for path in folder.glob("*.lanczos")}


def test_run_killed_in_training_and_in_spectra_ends_as_one_that_was_not(tmp_path):
    command = [sys.executable, worker.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    straight, resumed = (tmp_path / f"{name}.json" for name in ("straight", "resumed"))
    assert len(json.loads(straight.read_text())["spectra"]) == 4
    assert resumed.read_bytes() == straight.read_bytes()


def test_finished_spectra_leave_their_scalars_on_disk_and_not_their_bases(tmp_path):
    plan = without_steps()
    reproduce(plan, network(), qgd.load_images(), folder=tmp_path)
    files = list(tmp_path.glob("*.lanczos"))
    assert files
    assert {path.stat().st_size for path in files} == {4096 + 40 * plan.num_probes * plan.num_steps}


@pytest.mark.parametrize(
    ("changes", "names"),
    [({"num_steps": 11}, "num_steps = 12 where it is 11"), ({"hessian_size": 90}, "hessian_size")],
)
def test_folder_of_another_run_is_refused_and_a_new_one_is_taken(changes, names, tmp_path):
    def run(folder):
        plan = dataclasses.replace(without_steps(), **changes)
        return reproduce(plan, network(), qgd.load_images(), folder=folder)

    claim_folder(tmp_path / "old", without_steps(), qgd.load_images())
    with pytest.raises(ValueError, match=f"`folder` must hold .* of a run with {names}"):
        run(tmp_path / "old")
    assert run(tmp_path / "new")["spectra"]
    (tmp_path / "old" / "plan.json").write_text("[]")
    with pytest.raises(ValueError, match="which is something else; give the options of that run"):
        run(tmp_path / "old")


def test_one_product_a_spectrum_is_drawn_and_compared():
    plan = dataclasses.replace(without_steps(), num_steps=1)
    result = reproduce(plan, network(), qgd.load_images())
    assert [len(row["nodes"]) for row in result["spectra"]] == [1]
    assert num_spectra(plan) == 1  # none of a network before pruning that was never trained
    for figure in ("fig2", "fig3"):
        assert claims_text(figure, result)
        assert reproduction_page(figure, result).axes


def test_proxy_that_leaves_the_range_of_numbers_is_written_drawn_and_said():
    result = reproduce(without_steps(learning_rate=1e6), network(), qgd.load_images())
    assert result["proxies"][0]["values"][90] is None
    to_json(result)
    assert "the worst mode beyond 1e308" in claims_text("fig2", result)
    axes = reproduction_page("fig2", result).axes[1]
    assert axes.get_ylim()[1] < 10  # the published curve can be read


def test_a_loss_that_is_not_finite_is_refused_before_its_spectrum():
    model = network()
    model[1].bias.data[0] = torch.nan
    with pytest.raises(qgd.QGDError, match="got nan at step 0; raise `dense_steps`"):
        reproduce(without_steps(), model, qgd.load_images())


def test_generated_images_are_called_so_in_text_and_figure(result):
    for synthetic in (True, False):
        shown = {**result, "synthetic": synthetic}
        text = claims_text("fig2", shown)
        title = reproduction_page("fig2", shown)._suptitle.get_text()
        assert ("nothing of the claims" in text) == synthetic
        assert ("nothing of the claims" in title) == synthetic


def test_later_spectra_have_bars_of_their_own_in_figure_3(result):
    bars = reproduction_page("fig3", result).axes[2].patches
    assert len(bars) == 1 + len(result["spectra"])
    assert len({bar.get_x() for bar in bars}) == len(bars)


def test_fewer_samples_than_asked_for_are_told(result):
    assert result["hessian_samples"] == 100
    assert hessian_samples(tiny(hessian_size=9999), qgd.load_images()) == 1437
    assert hessian_samples(tiny(hessian_size=9999, part="test"), qgd.load_images()) == 360


@pytest.mark.parametrize(
    ("name", "value"),
    [("hessian_size", 0), ("num_steps", 0), ("micro_batch", 0), ("spectra_until", -1), ("cut", 1)],
)
def test_bad_numbers_are_refused_before_the_training(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        tiny(**{name: value})


def test_expected_hours_grow_with_the_work():
    plan, images = tiny(), qgd.load_images()
    more = dataclasses.replace(plan, num_steps=12_000)
    assert expected_hours(more, network(), images) > 20 * expected_hours(plan, network(), images)
    longer = dataclasses.replace(plan, truncation_steps=90_000)
    assert expected_hours(longer, network(), images) > 20 * expected_hours(plan, network(), images)


def test_plans_of_the_paper_are_its_networks_and_its_data():
    for figure, weights in (("fig2", "resnet-7m"), ("fig3", "resnet-103m")):
        plan = reproduction_plan(figure, "paper")
        assert (plan.network, plan.images, plan.training.keep) == (weights, "cifar-100", 0.1)
    with pytest.raises(ValueError, match="`preset` must be"):
        reproduction_plan("fig2", "large")


def test_spectra_that_end_before_the_first_upload_are_refused_and_the_remedy_works():
    with pytest.raises(ValueError, match="`spectra_until` must be at least 4, got 3; the step of"):
        tiny(spectra_until=3)
    assert reproduce(tiny(spectra_until=4), network(), qgd.load_images())["proxies"]
