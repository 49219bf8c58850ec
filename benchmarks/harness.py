"""What the benchmarks share: one process a method, CPU time, medians, JSON."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def cpu_times(function: Callable[[], Any], repeats: int) -> tuple[Any, dict[str, float]]:
    """Result of the function, and CPU seconds: first call, median and spread of the repeats."""
    start = time.process_time()
    result = function()
    first = time.process_time() - start
    times = []
    for _ in range(repeats):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    times = times or [first]
    return result, {
        "first": first,
        "median": statistics.median(times),
        "minimum": min(times),
        "maximum": max(times),
        "repeats": len(times),
    }


def in_own_process(script: str, arguments: list[str], limit: float) -> dict[str, Any]:
    """Run `script --worker ARGUMENTS` and read the JSON it prints; or say why there is none."""
    command = [sys.executable, script, "--worker", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {"status": f"not finished in {limit:g} s"}
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"ended with exit status {done.returncode}"]
        return {"status": said[-1][:200]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"status": "ok", **result}


def other_rows(name: str, kind: str | None) -> list[dict[str, Any]]:
    """Rows of results/NAME.json that a run of one kind of rows leaves as they are."""
    path = RESULTS / f"{name}.json"
    if kind is None or not path.exists():
        return []
    return [row for row in json.loads(path.read_text())["rows"] if row["row"] != kind]


def write_result(name: str, payload: dict[str, Any], packages: list[str]) -> Path:
    """Write results/NAME.json with the machine and the versions next to the numbers."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    header = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {package: _version(package) for package in packages},
    }
    path.write_text(json.dumps({**header, **payload}, indent=1) + "\n")
    return path


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
