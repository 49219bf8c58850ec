"""``qgd sweep``: the truncation study over a grid, on several processes, resumed after a kill."""

from __future__ import annotations

import functools
import multiprocessing
import signal
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from qgd.cli.endings import plain_endings
from qgd.cli.progress import stages
from qgd.core.checks import check_integer
from qgd.pipeline.sweep import grid
from qgd.pipeline.sweep import sweep as run_sweep
from qgd.pipeline.truncation_study import truncation_study
from qgd.report.rows import rows_table

_COLUMNS = (
    "num_variables",
    "order",
    "num_steps",
    "learning_rate",
    "ratio",
    "seed",
    "true_error",
    "propagated_bound",
    "majorant_bound",
    "estimate",
    "outcome",
)
Number = TypeVar("Number", int, float)


def sweep(
    variables: Annotated[str, typer.Option(help="Numbers of weights n, with commas.")] = "4,8",
    order: Annotated[str, typer.Option(help="Carleman orders N.")] = "2,3,4",
    steps: Annotated[str, typer.Option(help="Numbers of steps T.")] = "16",
    learning_rate: Annotated[str, typer.Option(help="Learning rates.")] = "0.5",
    ratio: Annotated[str, typer.Option(help="R, nonlinearity over dissipation.")] = "0.5",
    seeds: Annotated[int, typer.Option(help="Random problems at each point.")] = 3,
    out: Annotated[Path, typer.Option(help="JSON-lines file, written point by point.")] = Path(
        "qgd-results/sweep.jsonl"
    ),
    workers: Annotated[int, typer.Option(help="Processes; 1 computes here.")] = 1,
) -> None:
    """Measure and bound the truncation error on random dissipative problems over a grid.

    The same command goes on where an interrupted or killed one stopped.
    """
    with plain_endings(f"finished points are in {out}, repeat to go on"):
        points = grid(
            num_variables=_numbers("variables", variables, int),
            order=_numbers("order", order, int),
            num_steps=_numbers("steps", steps, int),
            learning_rate=_numbers("learning_rate", learning_rate, float),
            ratio=_numbers("ratio", ratio, float),
            seed=range(check_integer("seeds", seeds, 1)),
        )
        several = check_integer("workers", workers, 1) > 1
        with stages() as announce:
            rows = run_sweep(
                truncation_study,
                points,
                path=out,
                executor=functools.partial(_pool, workers) if several else None,
                on_stage=announce,
            )
    typer.echo(rows_table(rows, _COLUMNS))
    typer.echo(f"\nwrote {out}, {len(rows)} points")


def _numbers(name: str, text: str, kind: type[Number]) -> list[Number]:
    try:
        return [kind(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(
            f"`{name}` must be numbers with commas between them, got {text!r}"
        ) from None


def _pool(workers: int) -> Executor:
    """Processes that leave Ctrl-C to this one, from their first moment on.

    Fresh ones: threads of a numerical library do not survive a fork.
    """
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_ignore_interrupts
    )
    handler = _ignore_interrupts()
    try:
        for _ in range(workers):  # a process starts with the first job that finds none idle
            pool.submit(int)
    finally:
        signal.signal(signal.SIGINT, handler)
    return pool


def _ignore_interrupts() -> Any:
    return signal.signal(signal.SIGINT, signal.SIG_IGN)
