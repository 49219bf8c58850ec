"""Progress on the terminal: a spinner with the time, or plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


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
