"""Every benchmark runs, small, and every result that is quoted comes from its script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SHARED = {"harness", "carleman_problems", "factorisation_rivals", "hessian_problems"}
SCRIPTS = sorted(path for path in BENCHMARKS.glob("*.py") if path.stem not in SHARED)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_quick_run_succeeds_and_leaves_the_results_alone(path: Path) -> None:
    result = BENCHMARKS / "results" / f"{path.stem}.json"
    before = result.read_bytes()
    done = subprocess.run(
        [sys.executable, path, "--quick"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert result.read_bytes() == before


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_committed_result_names_machine_versions_and_rows(path: Path) -> None:
    record = json.loads((BENCHMARKS / "results" / f"{path.stem}.json").read_text())
    assert {"machine", "versions", "rows"} <= set(record)
    assert record["rows"]
