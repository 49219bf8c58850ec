"""``qgd analyze``: report, files, and endings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from qgd.cli.app import app

MODEL = """
import torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.{}(), torch.nn.Linear(5, 1)).double()
loss = torch.nn.MSELoss()
data = torch.eye(4).double(), torch.ones(4, 1).double()
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["analyze", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_preset_writes_the_report_and_the_files_it_names(folder: Path) -> None:
    done = run("factorisation", "--steps", "8", "--order", "3")
    assert done.exit_code == 0, done.output
    for words in (
        "row sparsity s = 20",
        "dissipative",
        "quantum window to step",
        "0.01 of the distance",
    ):
        assert words in done.output
    assert "verdict: candidate by these conditions; as counted, " in done.output
    assert "Carleman orders 8/8, 0 s left" in done.output
    results = folder / "qgd-results" / "factorisation"
    assert (results / "analysis.png").read_bytes()[:4] == b"\x89PNG"
    record = json.loads((results / "analysis.json").read_text())
    assert record["verdict"] == "candidate"
    assert len(record["truncation"]["errors"]) == 3
    order = record["truncation"]["needed_order"]
    assert record["truncation"]["estimates"][order - 1] <= 0.01 * record["truncation"]["travelled"]
    assert record["state_qubits"]["words"] == 12 * order
    low, high = record["proxy"]["window_end_interval"]
    assert low < record["proxy"]["window_end"] < high
    share = record["spectrum"]["shares"]["divergent"]
    assert share["bracket"][0] <= share["fraction"]["value"] <= share["bracket"][1]


def test_relu_is_refused_an_order_and_keeps_its_spectrum(folder: Path) -> None:
    (folder / "mine.py").write_text(MODEL.format("ReLU"))
    done = run("mine.py", "--steps", "3", "--out", "there")
    assert done.exit_code == 0, done.output
    assert "Carleman order: none; `model` must be smooth" in done.output
    assert "all eigenvalues" in done.output
    assert "verdict: not a candidate because of:" in done.output
    record = json.loads((folder / "there" / "analysis.json").read_text())
    assert "must be smooth" in record["truncation"]["missing"]
    assert record["spectrum"]["shares"]["dissipative"]["fraction"]["value"] > 0


def test_what_goes_wrong_ends_with_2_and_one_line(folder: Path) -> None:
    (folder / "bare.py").write_text("x = 1")
    (folder / "nan.py").write_text(MODEL.format("Tanh") + "data = data[0] * float('nan'), data[1]")
    for arguments, message in (
        (["nowhere.py"], "does not exist"),
        (["bare.py"], "must define `model`"),
        (["nan.py"], "`loss` must be finite"),
        (["factorisation", "--order", "0"], "`max_order` must be"),
        (["factorisation", "--learning-rate", "1"], "must be left out for a preset"),
    ):
        done = run(*arguments)
        assert done.exit_code == 2, done.output
        assert done.output.startswith("qgd: error: ")
        assert message in done.output
        assert len(done.output.splitlines()) == 1
    assert not (folder / "qgd-results").exists()


def test_without_torch_the_extra_is_named() -> None:
    code = (
        "import sys; from qgd.cli.app import app; assert 'torch' not in sys.modules; "
        "sys.modules['torch'] = None; app(['analyze', 'digits-tanh'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "pip install 'qgd[torch]'" in done.stderr
