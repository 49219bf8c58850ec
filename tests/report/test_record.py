"""JSON records and atomic files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from qgd.pipeline.experiment import Settings, run_experiment
from qgd.pipeline.gate_instance import gate_instance
from qgd.problem.datasets import load_dataset
from qgd.report.citations import PAPER, citations
from qgd.report.record import SCHEMA, experiment_record, to_json, write_atomically


def test_record_is_strict_json_that_repeats_the_run() -> None:
    settings = Settings(num_steps=6, tolerance=0.1, reupload=3)
    experiment = run_experiment(load_dataset("diabetes"), settings)
    gate = gate_instance(experiment.training.rounds[-1])
    record = json.loads(to_json(experiment_record(experiment, gate, 1.5)))
    assert record["schema"] == SCHEMA
    assert record["settings"]["reupload"] == 3
    assert len(record["rounds"]) == 2
    np.testing.assert_allclose(record["weights"]["quantum"], experiment.training.weights)
    stages = record["error"]["stages"]
    total = sum(stage["value"] for stage in stages)
    assert record["error"]["true"] <= record["error"]["total"]["value"] == pytest.approx(total)
    assert all(s["theorem"] for s in stages if s["kind"] == "PROVED")
    assert record["gate_level"]["deviation_from_emulation"] < 1e-10
    again = run_experiment(load_dataset("diabetes"), Settings(**record["settings"]))
    np.testing.assert_array_equal(again.training.weights, experiment.training.weights)


def test_non_finite_numbers_become_null() -> None:
    assert json.loads(to_json({"x": None})) == {"x": None}
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"x": float("nan")})


def test_citations_name_the_solver_that_ran() -> None:
    experiment = run_experiment(
        load_dataset("wine"), Settings(num_steps=4, tolerance=0.1, solver="hhl")
    )
    lines = citations(experiment)
    assert lines[0] == PAPER
    assert any("0811.3171" in line for line in lines)
    assert not any("1806.01838" in line for line in lines)


def test_file_is_complete_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "deep" / "result.json"
    write_atomically(target, b"first")
    assert target.read_bytes() == b"first"
    assert target.stat().st_mode & 0o044

    def interrupted(source: str, destination: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, b"second")
    assert target.read_bytes() == b"first"
    assert [p.name for p in target.parent.iterdir()] == ["result.json"]
