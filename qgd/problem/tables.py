"""The user's own tables: CSV and NPZ files, read with messages that name the place."""

from __future__ import annotations

import csv
import difflib
import math
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array

Table = tuple[RealArray, list[str], tuple[str, ...]]


def read_table(path: Path, target: str | None) -> Table:
    """Features, the target's cells as text, and the names of the features.

    Raises
    ------
    ValueError
        If the file cannot be read, or a place in it is not as it should be.
    """
    kind = path.suffix.lower()[1:]
    try:
        content = _npz_arrays(path) if kind == "npz" else _csv_rows(path)
    except (EOFError, BadZipFile, csv.Error, ValueError) as error:
        raise ValueError(
            f"`dataset` must be a readable {kind.upper()} file of numbers, got {path} ({error}); "
            "save it again: a CSV as UTF-8, a NPZ by numpy.savez without objects"
        ) from None
    if isinstance(content, dict):
        return _from_npz(path, content, target or "y")
    return _from_csv(path, content, target)


def _npz_arrays(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:  # np.load leaves a damaged file open
        archive = np.load(stream, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("a single array, not an archive")
        return {key: archive[key] for key in archive.files}


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    """Rows that are not empty, with their line numbers."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.reader(lines)
        return [(reader.line_num, row) for row in reader if row]


def _from_npz(path: Path, arrays: dict[str, Any], target: str) -> Table:
    for needed in ("X", target):
        if needed not in arrays:
            raise ValueError(
                f"`dataset` must hold an array {needed!r}, got {', '.join(arrays) or 'none'} in "
                f"{path}; save X and the targets, or name them with --target"
            )
    features = check_array("X", arrays["X"], (None, None))
    labels = [str(value) for value in arrays[target].ravel()]
    if len(labels) != len(features):
        raise ValueError(
            f"`{target}` must have one entry for each of the {len(features)} rows of X, "
            f"got {len(labels)}"
        )
    return features, labels, tuple(f"x{i}" for i in range(features.shape[1]))


def _from_csv(path: Path, rows: list[tuple[int, list[str]]], target: str | None) -> Table:
    if len(rows) < 2:
        raise ValueError(
            f"`dataset` must have a header and at least one row, got {len(rows)} lines"
        )
    header = [cell.strip() for cell in rows[0][1]]
    twice = [name for i, name in enumerate(header) if name in header[:i]]
    if twice:
        raise ValueError(
            f"`dataset` must have different column names, got {twice[0]!r} twice in {path.name}; "
            "rename one"
        )
    if target is None or target not in header:
        close = difflib.get_close_matches(target or "", header, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "; name it with --target"
        raise ValueError(
            f"`target` must be a column of {path.name} ({', '.join(header[:20])}), "
            f"got {target!r}{hint}"
        )
    column = header.index(target)
    names = tuple(name for i, name in enumerate(header) if i != column)
    features, labels = [], []
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise ValueError(
                f"`dataset` must have {len(header)} cells in every row, got {len(row)} in line "
                f"{line} of {path.name}"
            )
        labels.append(row[column].strip())
        if not labels[-1]:
            raise ValueError(f"`target` must not be empty, got an empty cell in line {line}")
        cells = [cell for i, cell in enumerate(row) if i != column]
        features.append([_cell(c, n, line, path) for c, n in zip(cells, names, strict=True)])
    return np.array(features), labels, names


def _cell(text: str, name: str, line: int, path: Path) -> float:
    value = number(text)
    if value is None or not math.isfinite(value):
        shown = text.strip() or "an empty cell"
        raise ValueError(
            f"column {name!r} must hold finite numbers, got {shown} in line {line} of {path.name}; "
            "encode categories as numbers, and remove or impute missing values"
        )
    return value


def number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
