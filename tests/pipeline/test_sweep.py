"""Sweeps: the same rows on every executor, whatever was killed on the way."""

from __future__ import annotations

import functools
import json
import math
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jobs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qgd
from qgd.pipeline.sweep import point_rng

TESTS = Path(__file__).parents[1]
NOISY = qgd.grid(scale=[1.0, 2.0, 0.5, 3.0])
STUDY = qgd.grid(
    num_variables=[2, 3], order=2, num_steps=32, learning_rate=[0.5, 9.0], seed=range(2)
)


def line_count(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_grid_is_the_product_with_the_last_axis_fastest():
    points = qgd.grid(order=[2, 3], name="word", seed=np.arange(2), rate=0.5)
    assert [(p["order"], p["seed"]) for p in points] == [(2, 0), (2, 1), (3, 0), (3, 1)]
    assert all(type(p["seed"]) is int and p["name"] == "word" for p in points)


def test_rows_are_the_same_here_in_threads_and_in_processes():
    here = qgd.sweep(qgd.truncation_study, STUDY)
    with ThreadPoolExecutor(2) as threads, jobs.pool() as processes:
        assert qgd.sweep(qgd.truncation_study, STUDY, executor=threads) == here
        assert qgd.sweep(qgd.truncation_study, STUDY, executor=processes) == here
        random = qgd.sweep(jobs.noisy, NOISY, rng=3)
        assert qgd.sweep(jobs.noisy, NOISY, rng=3, executor=processes) == random
    assert [row["seed"] for row in here] == [point["seed"] for point in STUDY]
    assert {row["outcome"] for row in here} == {"SUCCESS", "DIVERGED"}


def test_random_numbers_depend_on_the_point_and_the_seed_only():
    rows = qgd.sweep(jobs.noisy, NOISY, rng=3)
    assert qgd.sweep(jobs.noisy, NOISY[::-1], rng=3) == rows[::-1]
    assert qgd.sweep(jobs.noisy, NOISY[2:3], rng=3) == rows[2:3]
    draws = {row["value"] / row["scale"] for row in rows}
    draws |= {row["value"] / row["scale"] for row in qgd.sweep(jobs.noisy, NOISY, rng=4)}
    assert len(draws) == 8


@given(st.dictionaries(st.sampled_from("abc"), st.integers(-3, 3)))
def test_generator_of_a_point_ignores_the_order_of_its_parameters(point):
    turned = dict(reversed(point.items()))
    assert point_rng(1, point).integers(2**62) == point_rng(1, turned).integers(2**62)


def test_honest_failure_is_a_row_with_its_outcome_and_message():
    rows = qgd.sweep(jobs.fail_above_two, qgd.grid(x=[1.0, 3.0]))
    assert rows[0] == {"x": 1.0, "y": 2.0, "outcome": "SUCCESS"}
    assert rows[1] == {"x": 3.0, "outcome": "DIVERGED", "message": "3 is above two"}


def test_outcome_that_the_function_returns_is_kept():
    assert qgd.sweep(lambda: {"outcome": "TOLERANCE_NOT_MET"}, [{}]) == [
        {"outcome": "TOLERANCE_NOT_MET"}
    ]


def test_other_error_names_its_point_and_leaves_what_was_finished(tmp_path):
    points = qgd.grid(x=[1, 2, 3])
    with pytest.raises(ValueError, match="`x` must not be 2") as caught:
        qgd.sweep(jobs.misuse, points, path=tmp_path / "rows.jsonl")
    assert caught.value.__notes__ == ["while evaluating {'x': 2}"]
    assert [row["x"] for row in qgd.read_sweep(tmp_path / "rows.jsonl")] == [1]


def test_file_is_read_instead_of_computing_again(tmp_path):
    (tmp_path / "traces").mkdir()
    points = qgd.grid(index=range(5), folder=str(tmp_path / "traces"))
    stages: list[str] = []
    first = qgd.sweep(jobs.traced, points, path=tmp_path / "new" / "rows.jsonl")
    again = qgd.sweep(
        jobs.traced, points, path=tmp_path / "new" / "rows.jsonl", on_stage=stages.append
    )
    assert first == again == qgd.read_sweep(tmp_path / "new" / "rows.jsonl")
    assert set(jobs.traces(tmp_path / "traces").values()) == {1}
    assert stages == [f"5 of 5 points found in {tmp_path / 'new' / 'rows.jsonl'}"]


def test_numbers_that_json_lacks_survive_the_file(tmp_path):
    def strange(x):
        return {"inf": math.inf, "nan": math.nan, "numpy": np.float32(0.5), "flag": np.True_}

    for _ in range(2):
        row = qgd.sweep(strange, [{"x": 1}], path=tmp_path / "rows.jsonl")[0]
        assert row["inf"] == math.inf
        assert math.isnan(row["nan"])
        assert row["numpy"] == 0.5
        assert row["flag"] is True


def test_killed_sweep_goes_on_where_it_stopped(tmp_path):
    (tmp_path / "traces").mkdir()
    path = tmp_path / "rows.jsonl"
    code = (
        "import sys, jobs, qgd; "
        "points = qgd.grid(index=range(12), folder=sys.argv[1], seconds=0.1); "
        "qgd.sweep(jobs.traced, points, path=sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "traces"), str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    process = subprocess.Popen(command, env=environment)
    jobs.wait_until(lambda: line_count(path) >= 5)
    process.send_signal(signal.SIGKILL)
    assert process.wait(30) == -signal.SIGKILL
    finished = [row["index"] for row in qgd.read_sweep(path)]
    assert 4 <= len(finished) < 12
    subprocess.run(command, env=environment, check=True, timeout=60)
    points = qgd.grid(index=range(12), folder=str(tmp_path / "traces"), seconds=0.1)
    counts = jobs.traces(tmp_path / "traces")
    assert all(counts[index] == 1 for index in finished)
    assert sum(counts.values()) <= 13  # only the point that was running was begun twice
    assert qgd.read_sweep(path) == qgd.sweep(jobs.traced, points)


def test_killed_process_of_a_pool_loses_nothing(tmp_path):
    points = qgd.grid(index=range(12), folder=str(tmp_path))
    rows = qgd.sweep(jobs.die_once, points, executor=jobs.pool, in_flight=4)
    assert [row["square"] for row in rows] == [index**2 for index in range(12)]
    assert jobs.traces(tmp_path)[5] == 2


def test_killed_process_of_a_given_pool_leaves_a_file_to_go_on_from(tmp_path):
    (tmp_path / "traces").mkdir()
    points = qgd.grid(index=range(12), folder=str(tmp_path / "traces"))
    path = tmp_path / "rows.jsonl"
    with jobs.pool() as broken, pytest.raises(qgd.QGDError, match="call again with a new pool"):
        qgd.sweep(jobs.die_once, points, executor=broken, path=path, in_flight=2)
    finished = qgd.read_sweep(path)
    assert 0 < len(finished) < 12
    with jobs.pool() as healthy:
        rows = qgd.sweep(jobs.die_once, points, executor=healthy, path=path)
    assert [row["square"] for row in rows] == [index**2 for index in range(12)]
    counts = jobs.traces(tmp_path / "traces")
    assert all(counts[row["index"]] == 1 for row in finished)


def test_sweep_on_a_dask_cluster_outlives_a_killed_worker(tmp_path):
    # In a process of its own with a time limit: a cluster that hangs must not hang the tests.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}
    done = subprocess.run(
        [sys.executable, str(TESTS / "dask_sweep.py"), str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["rows_equal"]
    assert report["killed"] in report["workers"]
    assert len(report["workers"]) >= 2
    assert report["begun"] > report["points"]  # what the killed worker had begun was begun again
    assert report["recomputed"] == []
    assert report["nodes_equal"]


@pytest.mark.parametrize(
    ("function", "points", "options", "kind", "message"),
    [
        (jobs.traced, [3], {}, TypeError, "`points` must be mappings"),
        (jobs.traced, [{"x": [1]}], {}, TypeError, "`x` must be a number, a word"),
        (jobs.traced, [{"outcome": 1}], {}, ValueError, "a parameter `outcome`; rename it"),
        (jobs.noisy, [{"rng": 1}], {"rng": 0}, ValueError, "a parameter `rng`; rename it"),
        (jobs.noisy, [{"scale": 1}], {"rng": -1}, ValueError, "`rng` must be at least 0"),
        (dict, [{"x": 1}], {}, ValueError, "got `x` twice"),
        (lambda: {"y": [1]}, [{}], {}, TypeError, "give each entry a name of its own"),
    ],
)
def test_bad_points_and_results_are_refused(function, points, options, kind, message):
    with pytest.raises(kind, match=message):
        qgd.sweep(function, points, **options)


def test_bound_options_are_part_of_the_sweep(tmp_path):
    def power(x, exponent):
        return {"y": x**exponent}

    path = tmp_path / "rows.jsonl"
    square = functools.partial(power, exponent=2)
    assert qgd.sweep(square, [{"x": 3}], path=path)[0]["y"] == 9
    with pytest.raises(ValueError, match=r"another `options`: \{'exponent': 2\} there, \{'expon"):
        qgd.sweep(functools.partial(power, exponent=3), [{"x": 3}], path=path)
    with pytest.raises(TypeError, match="by keyword"):
        qgd.sweep(functools.partial(power, 2), [{"exponent": 3}], path=path)


def test_callable_without_a_name_is_refused_for_a_file_only(tmp_path):
    class Nameless:
        def __call__(self, x):
            return {"y": x}

    assert qgd.sweep(Nameless(), [{"x": 1}])[0]["y"] == 1
    with pytest.raises(TypeError, match="`function` must be a function"):
        qgd.sweep(Nameless(), [{"x": 1}], path=tmp_path / "rows.jsonl")
