"""Ratings from files: what is written is read, and what is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from strategies import observed_ratings

import qgd
from qgd.problem.ratings import Ratings


@given(observed_ratings())
def test_what_is_written_is_read(ratings: Ratings) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        rows = zip(ratings.users, ratings.items, ratings.values, strict=True)
        path.write_text("\n".join(f"u{i},i{j},{float(r)!r}" for i, j, r in rows))
        read = qgd.read_ratings(path)
    users = [int(name[1:]) for name in read.user_names]
    items = [int(name[1:]) for name in read.item_names]
    np.testing.assert_array_equal(read.dense(), ratings.dense()[users][:, items])


@pytest.mark.parametrize(
    "text",
    ["ann,x,5\nbob,y,3\n", "user,item,rating\nann,x,5\n\nbob, y ,3\n", "ann;x;5\nbob;y;3;1999"],
    ids=["plain", "header and blanks", "semicolons and a fourth column"],
)
def test_headers_blanks_and_separators(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(text)
    ratings = qgd.read_ratings(path)
    assert ratings.user_names == ("ann", "bob")
    assert ratings.item_names == ("x", "y")
    np.testing.assert_array_equal(ratings.values, [5, 3])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one line of user, item, rating, got none"),
        ("user,item,rating\n", "at least one line"),
        ("a,b,1\na,c\n", "got 2 in line 2 of r.csv"),
        ("a,b,1\n,c,2\n", "the user must not be empty, got an empty cell in line 2"),
        ("a,b,1\nc,,2\n", "the item must not be empty"),
        ("a,b,1\na,c,nan\n", "finite number, got nan in line 2"),
        ("a,b,1\na,c,\n", "finite number, got an empty cell in line 2"),
        ("a,b,1\na,c,good\n", "finite number, got good in line 2"),
        ("a,b,1\nc,b,1\na,b,2\n", "got a, b in lines 1 and 3 of r.csv"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        qgd.read_ratings(path)


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`path` must be an existing file"):
        qgd.read_ratings(tmp_path / "none.csv")
    path = tmp_path / "r.csv"
    path.write_bytes(b"a,b,\xff\xfe1\n")
    with pytest.raises(ValueError, match="readable CSV file"):
        qgd.read_ratings(path)


def test_the_remedy_for_repeats_works(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a,b,1\na,b,2\n")
    assert qgd.read_ratings(path, duplicates="last").values == [2]
    assert qgd.read_ratings(path, duplicates="mean").values == [1.5]
    single = qgd.read_ratings(path, duplicates="mean", dtype="float32")
    assert single.values.dtype == np.float32
    with pytest.raises(ValueError, match="`duplicates` must be one of error, mean, last"):
        qgd.read_ratings(path, duplicates="sum")
