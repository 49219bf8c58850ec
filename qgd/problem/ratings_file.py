"""Ratings from a CSV file of user, item, rating; names or integers as identifiers."""

from __future__ import annotations

import csv
import math
from array import array
from dataclasses import replace
from pathlib import Path

import numpy as np

from qgd.core.checks import check_choice
from qgd.problem.ratings import Ratings

_POLICIES = ("error", "mean", "last")


def read_ratings(path: str | Path, *, duplicates: str = "error", dtype: str = "float64") -> Ratings:
    """Read the first three columns of a CSV file: user, item, rating.

    A first line whose third cell is no number is a header. Identifiers are any text; positions
    count them in the order in which they appear, and the names are kept. Further columns, a time
    for instance, are ignored; the separator is a comma, a semicolon or a tabulator.

    Parameters
    ----------
    path : str or Path
        A UTF-8 file.
    duplicates : str
        What a repeated pair means: ``"error"``, its ``"mean"`` or the ``"last"`` line.
    dtype : str
        ``"float32"`` or ``"float64"``.

    Raises
    ------
    ValueError
        If there is no such file, no rating in it, a line of fewer than three cells, an empty
        identifier, a rating that is no finite number, or a pair that occurs twice under
        ``duplicates="error"``; the message names the line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "films.csv"
    ...     _ = path.write_text("user,film,stars\\nann,Solaris,5\\nbob,Solaris,3\\n")
    ...     ratings = read_ratings(path)
    >>> ratings.user_names, ratings.values
    (('ann', 'bob'), array([5., 3.]))
    """
    check_choice("duplicates", duplicates, _POLICIES)
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"`path` must be an existing file, got {str(path)!r}; check the path")
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    i, j, r, lines = array("q"), array("q"), array("d"), array("q")
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            head = stream.readline()
            stream.seek(0)
            reader = csv.reader(stream, delimiter=max(",;\t", key=head.count))
            for number, row in enumerate(filter(None, reader)):
                if number == 0 and len(row) >= 3 and _number(row[2]) is None:
                    continue
                user, item, rating = _observation(row, reader.line_num, file.name)
                i.append(users.setdefault(user, len(users)))
                j.append(items.setdefault(item, len(items)))
                r.append(rating)
                lines.append(reader.line_num)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"`path` must be a readable CSV file, got {file} ({error}); save it again as UTF-8"
        ) from None
    if not len(r):
        raise ValueError(
            f"`path` must hold at least one line of user, item, rating, got none in {file.name}"
        )
    if duplicates == "error":
        _check_pairs(i, j, lines, tuple(users), tuple(items), file.name)
    ratings = Ratings.from_observations(
        np.frombuffer(i, dtype=np.int64),
        np.frombuffer(j, dtype=np.int64),
        np.frombuffer(r, dtype=np.float64),
        (len(users), len(items)),
        duplicates=duplicates,
        dtype=dtype,
    )
    return replace(ratings, user_names=tuple(users), item_names=tuple(items))


def _observation(row: list[str], line: int, name: str) -> tuple[str, str, float]:
    if len(row) < 3:
        raise ValueError(
            f"`path` must have the cells user, item, rating in every line, got {len(row)} in line "
            f"{line} of {name}; separate them by commas, semicolons or tabulators"
        )
    user, item, text = (cell.strip() for cell in row[:3])
    if not user or not item:
        raise ValueError(
            f"the {'item' if user else 'user'} must not be empty, got an empty cell in line {line} "
            f"of {name}; name it or remove the line"
        )
    value = _number(text)
    if value is None or not math.isfinite(value):
        raise ValueError(
            f"the rating must be a finite number, got {text or 'an empty cell'} in line {line} of "
            f"{name}; remove the lines without a rating"
        )
    return user, item, value


def _check_pairs(
    i: array[int],
    j: array[int],
    lines: array[int],
    users: tuple[str, ...],
    items: tuple[str, ...],
    name: str,
) -> None:
    """Refuse a pair that occurs twice, with its lines."""
    key = np.frombuffer(i, dtype=np.int64) * len(items) + np.frombuffer(j, dtype=np.int64)
    order = np.argsort(key, kind="stable")
    repeats = np.flatnonzero(np.diff(key[order]) == 0)
    if len(repeats):
        first, second = (int(order[repeats[0] + k]) for k in (0, 1))
        raise ValueError(
            f"`path` must name each pair once, got {users[i[first]]}, {items[j[first]]} in lines "
            f"{lines[first]} and {lines[second]} of {name} ({len(repeats)} repeats in all); remove "
            'the repeats, or pass duplicates="mean" or duplicates="last"'
        )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
