"""``qgd sweep`` as a user meets it."""

from __future__ import annotations

import signal
import subprocess
import sys

import jobs
import pytest
from typer.testing import CliRunner

import qgd
from qgd.cli.app import app

QGD = [sys.executable, "-c", jobs.interruptible("from qgd.cli import main; main()"), "sweep"]


def test_interrupted_sweep_on_two_processes_goes_on_and_prints_its_rows(tmp_path):
    command = [*QGD, "--variables", "2,3", "--order", "2", "--steps", "100", "--seeds", "8"]
    command += ["--out", "rows.jsonl"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([*command, "--workers", "2"], cwd=tmp_path, **pipes)
    path = tmp_path / "rows.jsonl"
    jobs.wait_until(
        lambda: process.poll() is not None or (path.exists() and path.read_bytes().count(b"\n") > 3)
    )
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "finished points are in rows.jsonl, repeat to go on" in errors
    assert "Traceback" not in errors
    found = len(qgd.read_sweep(path))
    assert 3 <= found < 16
    done = subprocess.run(command, cwd=tmp_path, check=False, timeout=120, **pipes)
    assert done.returncode == 0, done.stderr
    assert f"{found} of 16 points found in rows.jsonl" in done.stderr
    assert "16 of 16 points" in done.stderr
    rows = qgd.read_sweep(path)
    points = qgd.grid(
        num_variables=[2, 3], order=2, num_steps=100, learning_rate=0.5, ratio=0.5, seed=range(8)
    )
    assert rows == qgd.sweep(qgd.truncation_study, points)
    assert f"{rows[0]['estimate']:.2e}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--order", "2;3"], "`order` must be numbers with commas between them, got '2;3'"),
        (["--seeds", "0"], "`seeds` must be at least 1"),
        (["--workers", "0"], "`workers` must be at least 1"),
        (["--ratio", "-1"], "`ratio` must be greater than 0"),
        (["--order", "0"], "while evaluating {'num_variables': 4, 'order': 0"),
    ],
)
def test_bad_input_is_a_message_and_exit_code_two(tmp_path, arguments, message):
    out = ["--out", str(tmp_path / "rows.jsonl")]
    done = CliRunner().invoke(app, ["sweep", *arguments, *out])
    assert done.exit_code == 2
    assert message in done.output
