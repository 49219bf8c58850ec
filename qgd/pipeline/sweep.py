"""One function over many parameter points: on any executor, into a file that survives a kill."""

from __future__ import annotations

import functools
import hashlib
import inspect
import itertools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qgd import __version__
from qgd.core.checks import check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.core.parallel import IN_FLIGHT, Workers, map_unordered
from qgd.pipeline.sweep_file import Row, Scalar, SweepFile, canonical, plain_scalar

_RESERVED = ("outcome", "message")


def grid(**axes: object) -> list[Row]:
    """Every combination of the given values as a list of points; the last axis varies fastest.

    Parameters
    ----------
    **axes : scalar or iterable of scalars
        Values of each parameter.

    Examples
    --------
    >>> grid(order=[2, 3], seed=range(2), learning_rate=0.1)[1]
    {'order': 2, 'seed': 1, 'learning_rate': 0.1}
    """
    values = [
        [plain_scalar(name, v) for v in axis]
        if isinstance(axis, Iterable) and not isinstance(axis, str)
        else [plain_scalar(name, axis)]
        for name, axis in axes.items()
    ]
    return [dict(zip(axes, point, strict=True)) for point in itertools.product(*values)]


def sweep(
    function: Callable[..., Mapping[str, object]],
    points: Sequence[Mapping[str, object]],
    *,
    path: str | os.PathLike[str] | None = None,
    executor: Workers = None,
    rng: int | None = None,
    in_flight: int = IN_FLIGHT,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> list[Row]:
    """Evaluate ``function(**point)`` at every point and return one flat row for each.

    A row holds the parameters, what `function` returned and ``outcome``: SUCCESS unless `function`
    returns another word, or the name of the `Outcome` when it raised a `QGDError`, with its text
    in ``message``. The rows are the same on every executor. ``pandas.DataFrame(rows)`` is a table.

    Parameters
    ----------
    function : callable
        Returns numbers and words by name; picklable (importable by name) for processes.
    points : sequence of mappings
        Parameters by name, numbers and words; see `grid`.
    path : path, optional
        JSON-lines file that receives each finished point at once. If it is there, its points are
        not computed again; it must come from the same function, points, `rng` and version.
    executor : Executor, callable or None
        Any `concurrent.futures.Executor`, or a function that makes one, which then is replaced
        when a worker's death breaks it; a Dask client's is ``client.get_executor()``. None: here.
    rng : int, optional
        Seed. Every point then gets a generator of its own as keyword argument ``rng``, seeded with
        this number and the point's parameters, whatever the order and the other points.
    in_flight : int
        Points submitted and not finished at any time.
    on_stage : callable
        Called with a short description when a point has finished.

    Raises
    ------
    ValueError
        If the file holds another sweep.
    OSError
        If another process is writing to the file.
    QGDError
        With ``Outcome.WORKER_LOST`` when a point takes its worker down again and again.
    Exception
        Any other error of `function`, with a note that shows the point. Points that were finished
        are in the file.

    Examples
    --------
    >>> def decay(rate, num_steps):
    ...     return {"left": (1 - rate) ** num_steps}
    >>> rows = sweep(decay, grid(rate=[0.5, 0.25], num_steps=2))
    >>> rows[1]
    {'rate': 0.25, 'num_steps': 2, 'left': 0.5625, 'outcome': 'SUCCESS'}
    """
    plain = [_plain_point(point, rng) for point in points]
    job = _Job(function, None if rng is None else check_integer("rng", rng, 0))
    rows: dict[int, Row] = {}
    with nullcontext() if path is None else _open(Path(path), function, plain, rng) as file:
        if file is not None:
            rows.update(file.rows)
            if rows:
                on_stage(f"{len(rows)} of {len(plain)} points found in {path}")
        left = [index for index in range(len(plain)) if index not in rows]
        todo = [plain[index] for index in left]
        with closing(map_unordered(job, todo, executor, in_flight=in_flight)) as results:
            for position, row in results:
                rows[left[position]] = row
                if file is not None:
                    file.append(left[position], row)
                on_stage(f"{len(rows)} of {len(plain)} points")
    return [rows[index] for index in range(len(plain))]


@dataclass(frozen=True)
class _Job:
    """What travels to a worker: the function and the seed; called with a point, returns its row."""

    function: Callable[..., Mapping[str, object]]
    seed: int | None

    def __call__(self, point: Row) -> Row:
        extra = {} if self.seed is None else {"rng": point_rng(self.seed, point)}
        try:
            result = self.function(**point, **extra)
        except QGDError as error:
            return {**point, "outcome": error.outcome.name, "message": error.message}
        row = {name: plain_scalar(name, value) for name, value in result.items()}
        again = sorted(row.keys() & point.keys())
        if again:
            raise ValueError(
                f"`function` must return names that are no parameters, got `{again[0]}` twice; "
                "rename one of them"
            )
        return {**point, **row, "outcome": row.get("outcome", Outcome.SUCCESS.name)}


def point_rng(seed: int, point: Mapping[str, Scalar]) -> np.random.Generator:
    """Generator that depends on the seed and on the point's parameters, and on nothing else."""
    digest = hashlib.sha256(canonical(dict(point)).encode()).digest()
    return np.random.default_rng(
        np.random.SeedSequence(seed, spawn_key=tuple(np.frombuffer(digest, dtype="<u4").tolist()))
    )


def _plain_point(point: Mapping[str, object], rng: int | None) -> Row:
    if not isinstance(point, Mapping):
        raise TypeError(
            f"`points` must be mappings from names to values, got {type(point).__name__} "
            f"{point!r}; see grid"
        )
    for name in (*_RESERVED, *(() if rng is None else ("rng",))):
        if name in point:
            raise ValueError(f"`points` must not have a parameter `{name}`; rename it")
    return {str(name): plain_scalar(str(name), value) for name, value in point.items()}


def _open(
    path: Path, function: Callable[..., Any], points: list[Row], rng: int | None
) -> SweepFile:
    identity = {
        "qgd": __version__,
        **_identity(function),
        "rng": rng,
        "points": len(points),
        "digest": hashlib.sha256(canonical(points).encode()).hexdigest(),
    }
    return SweepFile(path, identity, len(points))


def _identity(function: Callable[..., Any]) -> dict[str, object]:
    """Name, bound options and source of a function: rows of an edited function do not mix."""
    options: dict[str, Scalar] = {}
    while isinstance(function, functools.partial):
        if function.args:
            raise TypeError("`function` must bind options by keyword, got a positional one")
        options = {k: plain_scalar(k, v) for k, v in function.keywords.items()} | options
        function = function.func
    if not hasattr(function, "__qualname__"):
        raise TypeError(
            "`function` must be a function or a functools.partial of one, so that the file can "
            f"name it, got {type(function).__name__}; leave out `path` or write a function"
        )
    try:
        source = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()
    except (OSError, TypeError):  # typed into an interpreter, or not written in Python
        source = ""
    name = f"{function.__module__}.{function.__qualname__}"
    return {"function": name, "options": options, "source": source}
