"""Files of sweeps: what a kill leaves behind is mended, what is not ours is left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jobs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import qgd
from qgd.pipeline.sweep_file import SweepFile, plain_scalar

POINTS = qgd.grid(x=[1, 2, 3, 4])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())


def double(x):
    return {"y": 2 * x}


def triple(x):
    return {"y": 3 * x}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    qgd.sweep(double, POINTS, path=tmp_path / "rows.jsonl")
    return tmp_path / "rows.jsonl"


@fewer(3)
@given(st.lists(st.dictionaries(st.text(), SCALARS), min_size=1, max_size=5))
def test_rows_come_back_as_they_were(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("file") / "rows.jsonl"
    with SweepFile(path, {"points": len(rows)}, len(rows)) as file:
        for index in reversed(range(len(rows))):
            file.append(index, rows[index])
    assert qgd.read_sweep(path) == rows
    with SweepFile(path, {"points": len(rows)}, len(rows)) as file:
        assert [file.rows[index] for index in range(len(rows))] == rows


def test_header_says_what_was_swept(path):
    header = json.loads(path.read_text().splitlines()[0])
    assert header["function"].endswith("double")
    assert (header["qgd"], header["points"], header["rng"]) == (qgd.__version__, 4, None)


def test_any_cut_of_the_file_is_completed_to_the_same_rows(path):
    whole, rows = path.read_bytes(), qgd.read_sweep(path)
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert qgd.sweep(double, POINTS, path=path) == rows
        assert path.read_bytes() == whole


def test_line_without_its_end_is_no_finished_point(path):
    path.write_bytes(path.read_bytes()[:-1])
    assert [row["x"] for row in qgd.read_sweep(path)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("function", "points", "rng", "message"),
    [
        (double, qgd.grid(x=[1, 2, 3]), None, "another `points`: 4 there, 3 here"),
        (double, qgd.grid(x=[1, 2, 3, 5]), None, "another `digest`"),
        (double, qgd.grid(z=[1, 2, 3, 4]), None, "another `digest`"),
        (triple, POINTS, None, "another `function`"),
        (double, POINTS, 0, "another `rng`: None there, 0 here"),
    ],
)
def test_another_sweep_is_refused_and_the_file_untouched(path, function, points, rng, message):
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"{message}.*name another file or delete it"):
        qgd.sweep(function, points, path=path, rng=rng)
    assert path.read_bytes() == before


def test_another_version_is_refused(path):
    path.write_text(path.read_text().replace(f'"qgd": "{qgd.__version__}"', '"qgd": "0.0.9"'))
    with pytest.raises(ValueError, match=r"another `qgd`: '0\.0\.9' there"):
        qgd.sweep(double, POINTS, path=path)


def test_edited_function_of_the_same_name_is_refused(tmp_path):
    # Two versions of one module, as when a file is edited between two runs.
    for text, works in (("2 * x", True), ("2 * x", True), ("3 * x", False)):
        (tmp_path / "mine.py").write_text(f'def f(x):\n    return {{"y": {text}}}\n')
        code = "import sys, qgd, mine; qgd.sweep(mine.f, [{'x': 1}], path=sys.argv[1])"
        done = subprocess.run(
            [sys.executable, "-B", "-c", code, "rows.jsonl"],
            cwd=tmp_path,
            env={"PYTHONPATH": ":".join([str(tmp_path), *sys.path])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is works, done.stderr
    assert "another `source`" in done.stderr


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "no line end", "[1]\n", '{"qgd_sweep": 2}\n'])
def test_file_that_is_no_sweep_is_left_alone(tmp_path, content):
    path = tmp_path / "precious.txt"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds something else"):
        qgd.sweep(double, POINTS, path=path)
    with pytest.raises(ValueError, match="holds something else"):
        qgd.read_sweep(path)
    assert path.read_text() == content


@pytest.mark.parametrize("line", ["{", "3", '{"index": 0}', '{"index": 4, "row": {}}', "{}"])
def test_damaged_line_is_named_and_deleting_it_helps(path, line):
    lines = path.read_text().splitlines()
    rows = qgd.read_sweep(path)
    path.write_text("\n".join([*lines[:2], line, *lines[3:]]) + "\n")
    with pytest.raises(ValueError, match=r"line 3 of .* is damaged; delete that line"):
        qgd.sweep(double, POINTS, path=path)
    path.write_text("\n".join([*lines[:2], *lines[3:]]) + "\n")
    assert qgd.sweep(double, POINTS, path=path) == rows


def test_two_sweeps_never_share_a_file(path):
    code = "import sys, qgd, test_sweep_file as t; qgd.sweep(t.double, t.POINTS, path=sys.argv[1])"
    folder = str(Path(__file__).parent)
    other = [sys.executable, "-c", code, str(path)]
    environment = {"PYTHONPATH": ":".join([folder, *sys.path])}
    rows = qgd.read_sweep(path)
    identity = json.loads(path.read_text().splitlines()[0])
    with SweepFile(path, {k: v for k, v in identity.items() if k != "qgd_sweep"}, 4):
        assert qgd.read_sweep(path) == rows  # reading does not give the lock up
        with pytest.raises(OSError, match="`path` must not be in use"):
            qgd.sweep(double, POINTS, path=path)
        done = subprocess.run(other, env=environment, capture_output=True, text=True, check=False)
        assert "`path` must not be in use" in done.stderr
    assert qgd.sweep(double, POINTS, path=path) == rows


def test_only_numbers_and_words_are_entries():
    assert plain_scalar("a", 1.5) == 1.5
    with pytest.raises(TypeError, match="`a` must be a number, a word"):
        plain_scalar("a", jobs)
