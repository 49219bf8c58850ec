"""What does the truncated Carleman trajectory of a real network cost against its training?

Question: how many times the CPU time of plain gradient descent does `carleman_trajectory` take, for
a tanh network of about 10^5 weights on all 1797 digits, N = 4, 50 steps, double precision?
Rival: a plain ``torch.optim.SGD`` loop on the same model, data and precision, in the same process,
before, between and after ours, so that both see the same machine.
Goal: at most 15 times for the trajectory and its estimate. Expected: 10 to 14, since the truncated
products of series take 15 matrix products for one, and 5 in the first layer. Measuring the true
error runs plain descent alongside; that is timed too (two to three more).
"""

from __future__ import annotations

import copy
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from harness import in_own_process, write_result
from sklearn.datasets import load_digits
from torch import nn

import qgd

ETA = 0.02


def network(hidden: int) -> nn.Module:
    torch.manual_seed(0)
    sizes = (64, hidden, hidden, 10)
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.Tanh()]
    return nn.Sequential(*layers[:-1]).double()


def digits(samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    X, y = load_digits(return_X_y=True)
    return torch.tensor(X[:samples] / 16), torch.tensor(y[:samples])


def plain(model: nn.Module, data: tuple[torch.Tensor, torch.Tensor], steps: int) -> nn.Module:
    model = copy.deepcopy(model)
    optimiser = torch.optim.SGD(model.parameters(), lr=ETA)
    loss = nn.CrossEntropyLoss()
    for _ in range(steps):
        optimiser.zero_grad()
        loss(model(data[0]), data[1]).backward()
        optimiser.step()
    return model


def worker(hidden: int, samples: int, order: int, steps: int, repeats: int) -> dict[str, Any]:
    torch.set_num_threads(1)
    model, data = network(hidden), digits(samples)

    def ours(count: int, true_error: bool) -> qgd.CarlemanTrajectory:
        return qgd.carleman_trajectory(
            model,
            nn.CrossEntropyLoss(),
            data,
            order=order,
            steps=count,
            learning_rate=ETA,
            true_error=true_error,
        )

    def timed(job: Callable[[], Any], name: str) -> Any:
        start = time.process_time()
        result = job()
        times[name].append(time.process_time() - start)
        return result

    times: dict[str, list[float]] = {"plain": [], "series": [], "series_and_error": []}
    ours(1, False)  # imports and allocator
    # The rival before, between and after, so that a change of the machine's pace shows.
    for _ in range(repeats):
        timed(lambda: plain(model, data, steps), "plain")
        timed(lambda: ours(steps, False), "series")
        timed(lambda: plain(model, data, steps), "plain")
        run = timed(lambda: ours(steps, True), "series_and_error")
        rival = timed(lambda: plain(model, data, steps), "plain")
    w = np.concatenate([p.detach().numpy().ravel() for p in rival.parameters()])
    gap = float(np.linalg.norm(w - run.weights()[0]))
    assert abs(gap - run.true_error().value) <= 1e-8 * gap + 1e-12
    medians = {k: statistics.median(v) for k, v in times.items()}
    return {
        "weights": len(w),
        "samples": samples,
        "order": order,
        "steps": steps,
        "learning_rate": ETA,
        "cpu_seconds": medians,
        "spread": {k: [min(v), max(v)] for k, v in times.items()},
        "ratio_series": medians["series"] / medians["plain"],
        "ratio_with_true_error": medians["series_and_error"] / medians["plain"],
        "true_error_by_order": run.errors[-1].tolist(),
        "estimate_by_order": [run.estimate(order=m).value for m in range(1, order + 1)],
        "distance_moved": float(run.distances[-1]),
        "loss": [float(run.losses[0]), float(run.losses[-1])],
    }


def main() -> None:
    if "--worker" in sys.argv:
        numbers = [int(a) for a in sys.argv[sys.argv.index("--worker") + 1 :]]
        print(json.dumps(worker(*numbers)))
        return
    quick = "--quick" in sys.argv
    cases = [(16, 60, 3, 3, 1)] if quick else [(280, 1797, 4, 50, 1)]
    rows = [in_own_process(__file__, [str(v) for v in case], 1500) for case in cases]
    for row in rows:
        print(json.dumps(row, indent=1))
        if row["status"] != "ok":
            sys.exit(1)
    if not quick:
        payload = {"goal_ratio": 15, "threads": 1, "rows": rows}
        print(write_result("taylor_mode", payload, ["torch", "numpy", "scikit-learn"]))


if __name__ == "__main__":
    main()
