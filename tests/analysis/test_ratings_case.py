"""A table of ratings, analysed as a training run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgd
from qgd.analysis.ratings_case import RIDGE, ratings_case


def table(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((12, 2)), rng.standard_normal((8, 2))
    pairs = [(i, j) for i in range(12) for j in range(8) if rng.random() < 0.5]
    lines = [f"u{i},m{j},{3 + a[i] @ b[j]:.3f}" for i, j in pairs]
    path = folder / "films.csv"
    path.write_text("\n".join(["user,item,rating", *lines]))
    return path


def test_upload_is_below_the_start_and_goes_on_falling(tmp_path: Path) -> None:
    case = ratings_case(table(tmp_path))
    loss, upload = case.descent.loss, case.descent.pivot
    assert loss.ridge == RIDGE
    assert loss.value(upload) < 0.5 * loss.value(np.zeros_like(upload))
    run = case.trajectory(3, 5, lambda done, total: None)
    assert (np.diff(run.losses) < 0).all()
    assert run.distances[0] == 0
    assert (run.errors[-1, 1:] < 0.5 * run.errors[-1, :-1]).all()


def test_rate_is_stable_unless_one_is_given(tmp_path: Path) -> None:
    path = table(tmp_path)
    found = qgd.analyze(qgd.load_case(str(path)), qgd.AnalysisSettings(num_steps=3, max_order=2))
    assert found.name == "films"
    assert 0.2 < found.learning_rate * found.spectrum.extremes[1] <= 1
    assert found.sparsity.complete
    assert qgd.load_case(str(path), 0.003).learning_rate == 0.003
    with pytest.raises(ValueError, match="`learning_rate` must be greater than 0"):
        qgd.load_case(str(path), 0.0)


def test_repeated_pairs_count_by_their_mean_and_bad_tables_are_named(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("a,x,1\na,x,3\nb,x,4\n")
    assert ratings_case(path).descent.loss.ratings.values.tolist() == [2.0, 4.0]
    path.write_text("a,x,1\nb,x\n")
    with pytest.raises(ValueError, match="line 2"):
        qgd.load_case(str(path))
    with pytest.raises(ValueError, match="a Python file, a CSV of ratings or one of"):
        qgd.load_case(str(tmp_path / "missing.csv"))
