"""Functions that worker processes can import, with files as the trace of what was computed."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import qgd


def interruptible(code: str) -> str:
    """Code that Ctrl-C ends even where the tests run in the background, which ignores it."""
    return f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {code}"


def pool(workers: int = 2) -> Executor:
    """Processes that share no memory with this one."""
    return ProcessPoolExecutor(workers, get_context("spawn"))


def square(x: int) -> int:
    return x * x


def die(x: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return x


def die_at_zero(x: int) -> int:
    return die(x) if x == 0 else square(x)


def leave_trace(folder: str, index: int) -> None:
    """One empty file for each evaluation: ``index.pid.nanoseconds``."""
    Path(folder, f"{index}.{os.getpid()}.{time.time_ns()}").touch()


def traces(folder: Path) -> Counter[int]:
    """How often each point was begun."""
    return Counter(int(file.name.split(".")[0]) for file in folder.iterdir())


def traced(index: int, folder: str, seconds: float = 0.0) -> dict[str, float]:
    leave_trace(folder, index)
    time.sleep(seconds)
    return {"square": index * index, "third": index / 3}


def die_once(index: int, folder: str) -> dict[str, float]:
    """Take the worker down at the first evaluation of point 5."""
    first = index == 5 and traces(Path(folder))[index] == 0
    leave_trace(folder, index)
    if first:
        die(index)
    time.sleep(0.02)
    return {"square": index * index}


def noisy(scale: float, rng) -> dict[str, float]:
    return {"value": scale * rng.normal()}


def fail_above_two(x: float) -> dict[str, float]:
    if x > 2:
        raise qgd.QGDError(qgd.Outcome.DIVERGED, f"{x:g} is above two")
    return {"y": 2 * x}


def misuse(x: int) -> dict[str, float]:
    if x == 2:
        raise ValueError("`x` must not be 2")
    return {"y": x}


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Poll a condition that another process makes true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
