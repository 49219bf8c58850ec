"""JSON-lines files of sweeps: a header that identifies the sweep, then one line a finished point.

A line is on the disk before the next one is begun, so that a kill costs at most one line, and that
line is recognised by its missing end. Infinity and NaN are written as Python's `json` does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

try:
    import fcntl
except ImportError:  # Windows has no such locks: there only this process is watched
    fcntl = None  # type: ignore[assignment]

Scalar = bool | int | float | str | None
Row = dict[str, Scalar]

SCHEMA = 1
# Descriptors of the files that this process writes: opening and closing one of them a second time
# would release its record lock.
_OPEN: dict[Path, int] = {}


class SweepFile:
    """The file of one sweep, open for appending and locked against other writers.

    Parameters
    ----------
    path : Path
        Created, with its folder, if absent; else it must hold this very sweep.
    identity : mapping
        What makes two sweeps the same, as plain JSON data.
    num_points : int
        Points of the sweep.

    Attributes
    ----------
    rows : dict
        Finished rows by the index of their point.

    Raises
    ------
    ValueError
        If the file holds something else, another sweep, or a damaged line.
    OSError
        If another sweep is writing to it.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], num_points: int) -> None:
        self.path = path.resolve()
        self.rows: dict[int, Row] = {}
        if self.path in _OPEN:
            raise _in_use(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self.path, flags, 0o644)
        _OPEN[self.path] = self._descriptor
        try:
            _lock(self._descriptor, path)
            self._resume(_line({"qgd_sweep": SCHEMA, **identity}), num_points)
        except BaseException:
            self.close()
            raise

    def append(self, index: int, row: Row) -> None:
        """Write one finished row and wait until the disk has it."""
        _write(self._descriptor, _line({"index": index, "row": row}))
        self.rows[index] = row

    def close(self) -> None:
        """Release the file and its lock; twice does no harm."""
        if _OPEN.get(self.path) == self._descriptor:
            del _OPEN[self.path]
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> SweepFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _resume(self, header: bytes, num_points: int) -> None:
        """Read what is there through the locked descriptor, and cut what a kill left behind."""
        content = _content(self._descriptor)
        complete = content[: content.rfind(b"\n") + 1]
        if not complete and not header.startswith(content):
            raise _not_a_sweep(self.path)
        if complete:
            first = complete.splitlines()[0]
            _check_same(_header(first, self.path), json.loads(header), self.path)
            self.rows = _rows(complete, self.path, num_points)
        os.ftruncate(self._descriptor, len(complete))
        if not complete:
            _write(self._descriptor, header)


def read_sweep(path: str | os.PathLike[str]) -> list[Row]:
    """Rows of a sweep's file that are finished so far, in the order of their points.

    Examples
    --------
    >>> import tempfile
    >>> from qgd.pipeline.sweep import sweep
    >>> def square(x):
    ...     return {"y": x * x}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = sweep(square, [{"x": 7}, {"x": 9}], path=f"{folder}/sweep.jsonl")
    ...     read_sweep(f"{folder}/sweep.jsonl") == rows
    True
    """
    file = Path(path)
    held = _OPEN.get(file.resolve())
    content = file.read_bytes() if held is None else _content(held)
    complete = content[: content.rfind(b"\n") + 1]
    if not complete:
        raise _not_a_sweep(file)
    header = _header(complete.splitlines()[0], file)
    rows = _rows(complete, file, int(header.get("points", 0)))
    return [rows[index] for index in sorted(rows)]


def plain_scalar(name: str, value: object) -> Scalar:
    """`value` as JSON keeps it: a number, a word, true, false or nothing."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"`{name}` must be a number, a word, a truth value or None, got {type(value).__name__}; "
        "a file of a sweep has flat rows: give each entry a name of its own"
    )


def canonical(data: object) -> str:
    """One text for equal data, whatever the order of the keys."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"))


def _line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data).encode() + b"\n"


def _content(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)  # what is written goes to the end all the same
    return b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
    os.fsync(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    """Take a record lock: forked workers do not inherit it, and death releases it."""
    if fcntl is None:
        return
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise _in_use(path) from None


def _in_use(path: Path) -> OSError:
    return OSError(f"`path` must not be in use, another sweep writes to {path}; wait or name other")


def _not_a_sweep(path: Path) -> ValueError:
    return ValueError(f"`path` must be absent or hold a sweep, {path} holds something else")


def _header(line: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except ValueError:
        raise _not_a_sweep(path) from None
    if not isinstance(header, dict) or header.get("qgd_sweep") != SCHEMA:
        raise _not_a_sweep(path)
    return header


def _check_same(found: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
    for key in wanted:
        if found.get(key) != wanted[key]:
            raise ValueError(
                f"`path` must hold this very sweep to go on with it, {path} has another `{key}`: "
                f"{found.get(key)!r} there, {wanted[key]!r} here; name another file or delete it"
            )


def _rows(complete: bytes, path: Path, num_points: int) -> dict[int, Row]:
    rows: dict[int, Row] = {}
    for number, line in enumerate(complete.splitlines()[1:], start=2):
        try:
            entry = json.loads(line)
            index, row = entry["index"], dict(entry["row"])
        except (ValueError, TypeError, KeyError):
            index, row = -1, {}
        if not isinstance(index, int) or not 0 <= index < num_points:
            raise ValueError(
                f"`path` must hold one finished point a line, line {number} of {path} is damaged; "
                "delete that line to have its point computed again"
            )
        rows[index] = row
    return rows
