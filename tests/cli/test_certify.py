"""``qgd certify`` on the files of a real run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from qgd.cli.app import app

pytest.importorskip("flint")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_run_is_certified_and_spoiled_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--quick", "--keep", "2", "--solver", "direct", "--readout", "amplitudes"]
    assert run("train", "breast-cancer", *options, "--out", "r").exit_code == 0
    done = run("certify", "r/result.json")
    assert done.exit_code == 0, done.output
    certified = float(re.search(r"<= (\S+)", done.output)[1])
    record = json.loads((tmp_path / "r" / "result.json").read_text())
    assert 0 < certified < record["error"]["total"]["value"] + 0.05

    far = record | {"rounds": [record["rounds"][0] | {"value": [5.0, 5.0]}]}
    (tmp_path / "r" / "far.json").write_text(json.dumps(far))
    done = run("certify", "r/far.json")
    assert float(re.search(r"<= (\S+)", done.output)[1]) > 1

    for name, content, message in (
        ("none.json", "[]", "must be the result.json of a run"),
        ("two.json", json.dumps({"rounds": record["rounds"] * 2}), "got 2 rounds against 1"),
    ):
        (tmp_path / "r" / name).write_text(content)
        done = run("certify", f"r/{name}")
        assert done.exit_code == 2
        assert message in done.output
    (tmp_path / "alone.json").write_text(json.dumps(record))
    done = run("certify", "alone.json")
    assert done.exit_code == 2
    assert "history.npz" in done.output
    assert run("certify", "nowhere.json").exit_code == 2
