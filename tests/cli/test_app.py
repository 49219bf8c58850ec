"""The command line as a user meets it: in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jobs
import pytest

import qgd
from qgd.core.checks import format_bytes

QGD = [sys.executable, "-c", jobs.interruptible("from qgd.cli import main; main()")]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*QGD, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )


def test_train_prints_the_page_and_writes_its_files(tmp_path: Path) -> None:
    done = run("train", "breast-cancer", "--quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "qgd-results" / "breast-cancer"
    names = ["circuit.qpy", "figure.png", "history.npz", "result.json"]
    assert sorted(p.name for p in folder.iterdir()) == names
    record = json.loads((folder / "result.json").read_text())
    assert record["error"]["true"] <= record["error"]["total"]["value"]
    assert f"{record['error']['true']:.2e}" in done.stdout
    assert "linear solver" in done.stderr  # progress, apart from the result
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    with (folder / "circuit.qpy").open("rb") as stream:
        from qiskit import qpy

        circuit = qpy.load(stream)[0]
    assert circuit.num_qubits == record["gate_level"]["qubits"]
    qgd.check_gate_level(circuit)


def test_own_csv_is_trained_on_a_named_column(tmp_path: Path) -> None:
    rows = [f"{i % 7},{(i * 3) % 5},{'yes' if (i % 7) > 2 else 'no'}" for i in range(60)]
    (tmp_path / "own.csv").write_text("a_$,_b^{$,label\n" + "\n".join(rows) + "\n")
    options = ["--target", "label", "--keep", "2", "--steps", "4", "--tolerance", "0.1"]
    done = run("train", "own.csv", *options, "--out", "here", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here" / "result.json").exists()


def test_missed_tolerance_is_reported_with_its_remedy_and_exit_code_one(tmp_path: Path) -> None:
    done = run("train", "breast-cancer", "--quick", "--shots", "200", cwd=tmp_path)
    assert done.returncode == 1
    assert "the largest line is readout: raise --shots" in done.stdout
    assert "exceeds the tolerance" in done.stderr
    assert (tmp_path / "qgd-results" / "breast-cancer" / "result.json").exists()


def test_run_without_circuit_leaves_none_of_an_earlier_run(tmp_path: Path) -> None:
    folder = tmp_path / "qgd-results" / "breast-cancer"
    folder.mkdir(parents=True)
    (folder / "circuit.qpy").write_bytes(b"old")
    done = run("train", "breast-cancer", "--quick", "--solver", "direct", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in folder.iterdir()) == ["figure.png", "history.npz", "result.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["breast-cancr"], "did you mean 'breast-cancer'"),
        (["nothing.csv"], "must be an existing file"),
        (["breast-cancer", "--learning-rate", "9"], "the descent diverges: lower it to"),
        (["breast-cancer", "--learning-rate", "-1"], "`learning_rate` must be greater than 0"),
        (["breast-cancer", "--shots", "0"], "`shots` must be at least 2"),
        (["breast-cancer", "--kappa", "3", "--steps", "4"], "alpha / sigma_min ="),
        (["breast-cancer", "--keep", "99"], "`keep` must be at most 31"),
        (["breast-cancer", "--solver", "annealer"], "qsvt, lcu, fourier, hhl, direct"),
        (["breast-cancer", "--order", "many"], "`order` must be a number"),
        (["breast-cancer", "--steps", "40", "--order", "proved"], "Kantorovich h ="),
        (["breast-cancer", "--tolerance", "1e-9"], "re-upload more often"),
        (["breast-cancer", "--keep", "31", "--order", "6"], "or keep fewer weights"),
        (["diabetes", "--positive", "1"], "`positive` is for classes"),
        (["wine", "--positive", "red"], "`positive` must be one of the classes"),
    ],
)
def test_bad_input_is_a_message_and_exit_code_two(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = run("train", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "qgd-results").exists()


def test_system_too_large_is_refused_with_its_size(tmp_path: Path) -> None:
    done = run("train", "digits", "--keep", "40", "--order", "5", cwd=tmp_path)
    assert done.returncode == 2
    assert "does not fit into the memory" in done.stderr
    assert any(unit in done.stderr for unit in (" GiB", " TiB", " PiB")), format_bytes(1e12)


def test_unknown_option_is_exit_code_two(tmp_path: Path) -> None:
    assert run("train", "wine", "--magic", cwd=tmp_path).returncode == 2


def test_version_is_that_of_the_package(tmp_path: Path) -> None:
    import qgd

    assert run("--version", cwd=tmp_path).stdout.strip() == f"qgd {qgd.__version__}"


def test_missing_extra_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules['typer'] = None; from qgd.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'qgd[cli]'" in done.stderr


def test_interrupt_leaves_no_half_written_file(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*QGD, "train", "breast-cancer"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "polynomial dynamics" in line or "dense" in line:
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.rglob("*.json"))
