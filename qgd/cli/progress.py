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


class Stages:
    """Tells the stages of a run, and how far the one is that counts its steps."""

    def __init__(self, say: Callable[[str], object], pause: float) -> None:
        self._say, self._pause = say, pause
        self._counted, self._first, self._since, self._last = "", 0, 0.0, 0.0

    def __call__(self, stage: str) -> None:
        """Announce a stage."""
        self._say(stage)

    def progress(self, what: str, done: int, total: int) -> None:
        """Say that so many steps of it are done, in all, but not more often than can be read."""
        now = time.perf_counter()
        if what != self._counted:  # a resumed run starts in the middle
            self._counted, self._first, self._since, self._last = what, done, now, now
        elif now - self._last > self._pause:
            self._last = now
            left = (now - self._since) * (total - done) / max(done - self._first, 1)
            self._say(f"{what} {done}/{total}, {duration(left)} left")


def duration(seconds: float) -> str:
    """Seconds in the unit that is read with least effort.

    Examples
    --------
    >>> [duration(s) for s in (7, 95, 7000, 450_000)]
    ['7 s', '2 min', '1.9 hours', '5.2 days']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 86_400:.1f} days"


@contextmanager
def stages() -> Iterator[Stages]:
    """Yield what announces stages; everything goes to standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        start = time.perf_counter()

        def line(stage: str) -> None:
            text = f"[{time.perf_counter() - start:6.1f} s] {stage}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)

        yield Stages(line, _LINES)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        yield Stages(lambda stage: progress.update(task, description=stage), 0.0)


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
