"""``qgd reproduce`` as a user meets it."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from qgd.cli.app import app

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


def test_unknown_figure_and_synthetic_digits_are_refused():
    run = CliRunner().invoke(app, ["reproduce", "fig1"])
    assert run.exit_code == 2
    assert "`figure` must be" in run.output
    run = CliRunner().invoke(app, ["reproduce", "fig2", "--synthetic"])
    assert run.exit_code == 2
    assert "leave one of the two out" in run.output
