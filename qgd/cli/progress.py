"""Progress on the terminal: a spinner or a bar with the time, plain lines without a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LINES = 10.0  # seconds between lines


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Yield a function that announces a stage; everything goes to standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        start = time.perf_counter()
        yield lambda stage: console.print(
            f"[{time.perf_counter() - start:6.1f} s] {stage}", markup=False, highlight=False
        )
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda stage: progress.update(task, description=stage)


@contextmanager
def countdown(description: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, in all), such as `lanczos` calls: a bar with the time left."""
    console = Console(stderr=True)
    if not console.is_terminal:
        start, last, first = time.perf_counter(), 0.0, -1

        def line(done: int, total: int) -> None:
            nonlocal last, first
            first = done - 1 if first < 0 else first  # a resumed run starts in the middle
            elapsed = time.perf_counter() - start
            if done == total or elapsed - last > _LINES:
                last = elapsed
                left = elapsed * (total - done) / (done - first)
                text = f"[{elapsed:6.1f} s] {description} {done}/{total}, {left:.0f} s left"
                console.print(text, markup=False, highlight=False)

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
