"""``qgd reproduce`` as a user meets it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from qgd.cli.app import app
from qgd.spectra.networks import NETWORKS, CifarResNet

QUICK = ["--dense-steps", "20", "--lanczos-steps", "8", "--hessian-size", "64"]


def test_small_run_says_how_long_it_takes_then_compares_and_writes_its_files(tmp_path):
    run = CliRunner().invoke(app, ["reproduce", "fig3", *QUICK, "--out", str(tmp_path)])
    assert run.exit_code == 0, run.output
    assert run.output.index("expected:") < run.output.index("published curves:")
    assert "divergent ones are the majority" in run.output
    record = json.loads((tmp_path / "result.json").read_text())
    assert [row["event"] for row in record["spectra"]] == ["dense", "pruned"]
    assert record["plan"]["num_steps"] == 8
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_paper_preset_without_its_data_says_where_to_put_it(tmp_path):
    run = CliRunner().invoke(app, ["reproduce", "fig2", "--preset", "paper"])
    assert run.exit_code == 2
    assert "cifar-100-python" in run.output
    run = CliRunner().invoke(
        app, ["reproduce", "fig2", "--preset", "paper", "--data", str(tmp_path)]
    )
    assert run.exit_code == 2
    assert "`root` must hold the folder cifar-100-python" in run.output
    assert "the command calls `root` --data" in run.output


def test_unknown_figure_and_synthetic_digits_are_refused():
    run = CliRunner().invoke(app, ["reproduce", "fig1"])
    assert run.exit_code == 2
    assert "`figure` must be" in run.output
    run = CliRunner().invoke(app, ["reproduce", "fig2", "--synthetic"])
    assert run.exit_code == 2
    assert "leave one of the two out" in run.output


def refused(*arguments):
    run = CliRunner().invoke(app, ["reproduce", *arguments])
    assert run.exit_code == 2, run.output
    return run.output


def test_data_is_refused_where_it_would_not_be_used(tmp_path):
    for more in ([], ["--preset", "paper", "--synthetic"]):
        text = refused("fig2", "--data", str(tmp_path), *more)
        assert "`data` must be left out with" in text


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--micro-batch", "0", "`micro_batch` must be at least 1"),
        ("--hessian-size", "0", "`hessian_size` must be at least 1"),
        ("--lanczos-steps", "0", "`lanczos_steps` must be at least 1"),
        ("--spectra-until", "5", "`spectra_until` must be at least 10"),
        ("--variant", "wrong", "`variant` must be one of fixed, renewed, qram"),
        ("--dense-steps", "-1", "`dense_steps` must be at least 0"),
    ],
)
def test_bad_options_are_refused_before_anything_is_measured(option, value, text):
    output = refused("fig2", option, value)
    assert text in output
    assert "expected:" not in output


def test_another_network_is_taken_for_digits_only(tmp_path):
    small = [*QUICK, "--hessian-size", "8", "--out", str(tmp_path)]
    run = CliRunner().invoke(app, ["reproduce", "fig3", "--network", "digits-cnn", *small])
    assert run.exit_code == 0, run.output
    assert json.loads((tmp_path / "result.json").read_text())["plan"]["network"] == "digits-cnn"
    assert "`network` must be one of digits-mlp" in refused("fig3", "--network", "resnet-7m")
    paper = ("--preset", "paper", "--synthetic")
    assert "`network` must be left out" in refused("fig2", "--network", "digits-cnn", *paper)


@pytest.mark.filterwarnings("ignore::qgd.spectra.module_pruning.CollapsedLayerWarning")
def test_trial_that_was_stopped_goes_on_in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(NETWORKS, "resnet-103m", lambda: CifarResNet(8, 1))
    trial = ["fig3", "--preset", "paper", "--synthetic", "--dense-steps", "2"]
    trial += ["--lanczos-steps", "2", "--hessian-size", "2", "--micro-batch", "4"]
    run = CliRunner().invoke(app, ["reproduce", *trial])
    assert run.exit_code == 0, run.output
    assert "products over 2 samples; 32 training and 8 test images" in run.output
    assert "nothing of the claims" in run.output
    folder = tmp_path / "qgd-results" / "reproduce-fig3-paper-synthetic"
    first = (folder / "result.json").read_bytes()
    assert CliRunner().invoke(app, ["reproduce", *trial]).exit_code == 0
    assert (folder / "result.json").read_bytes() == first
    assert "`folder` must hold the checkpoints of this run" in refused(*trial, "--seed", "1")
