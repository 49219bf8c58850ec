"""A sweep and the nodes of an LCU on a Dask cluster of processes, one of which is killed half-way.

Run as a script with a folder; prints one JSON line about what happened.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import jobs
import numpy as np
from distributed import Client, LocalCluster

import qgd

POINTS = 24


def main(folder: Path) -> None:
    marks = folder / "traces"
    marks.mkdir()
    points = qgd.grid(index=range(POINTS), folder=str(marks), seconds=0.15)
    killed: list[int] = []
    finished_before: list[int] = []
    path = folder / "rows.jsonl"

    def kill_a_worker(stage: str) -> None:
        """After six points: the process that began the point which was begun last."""
        if not killed and stage.startswith("6 "):
            finished_before.extend(int(row["index"]) for row in qgd.read_sweep(path))
            latest = max(marks.iterdir(), key=lambda file: int(file.name.split(".")[2]))
            killed.append(int(latest.name.split(".")[1]))
            os.kill(killed[0], signal.SIGKILL)

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor()
        rows = qgd.sweep(jobs.traced, points, path=path, executor=executor, on_stage=kill_a_worker)
        counts = jobs.traces(marks)
        workers = sorted({int(file.name.split(".")[1]) for file in marks.iterdir()})
        step = qgd.carleman(qgd.PolynomialMap([[0.1], [[-0.4]], [[0.2]]]), 2)
        system = qgd.encode(qgd.history_system(step, [0.5], 3))
        solver = qgd.FourierLCU(1e-3)
        there = solver.prepare_in_parts(system, executor).state.amplitudes
        here = solver.prepare_in_parts(system, None).state.amplitudes
    report = {
        "points": POINTS,
        "rows_equal": rows == qgd.sweep(jobs.traced, points) == qgd.read_sweep(path),
        "killed": killed[0],
        "workers": workers,
        "begun": sum(counts.values()),
        "recomputed": [index for index in finished_before if counts[index] > 1],
        "nodes_equal": bool(np.array_equal(there, here)),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
