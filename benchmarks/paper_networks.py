"""Do the paper's two networks fit on a machine without a GPU?

Question 1: memory and time of a training step with 2048 images, in micro-batches, of the network of
7 451 044 weights, and of a smaller batch through that of 103 338 916.
Question 2: memory and time of Lanczos steps on the survivors of the larger one, 90 % pruned.
Goals: memory bounded by the micro-batch, not by the batch; a basis of 4.3 GB for 100 vectors of
survivors where all weights would take 41 GB; both below 14 GB.
Expected: the graph of a micro-batch and a few copies of the weights make up memory. The networks
are untrained, their batch statistics those of the images: cost only, Ritz values mean nothing.

A step of fewer images (`--samples`) and fewer Lanczos steps than 104 are extrapolated, in fields
that say so: time in proportion, memory plus the vectors of the basis that were not there yet.

    python benchmarks/paper_networks.py [--quick] [--samples 2048] [--only train|lanczos]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from harness import in_own_process, other_rows, write_result
from torch.nn import functional as F  # noqa: N812

BATCH, BASIS_STEPS, LIMIT = 2048, 104, 3600.0
TRAIN = [("resnet-7m", 128), ("resnet-7m", 32), ("resnet-103m", 4)]
LANCZOS = [(2, 2, "retained", 104), (4, 4, "double", 3), (8, 4, "double", 3)]
PACKAGES = ["qgd", "torch", "numpy", "numba"]


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def train_row(name: str, samples: int, micro: int) -> dict[str, object]:
    """One SGD step; the large network takes two micro-batches, which show the same peak."""
    import qgd
    from qgd.spectra.accumulation import accumulate_gradient

    model = qgd.named_network(name).train()
    batch = qgd.load_images("synthetic", num_samples=max(samples, 4)).sample(samples, 0)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    start = time.process_time()
    accumulate_gradient(model, F.cross_entropy, batch, micro)
    optimiser.step()
    seconds = time.process_time() - start
    return {
        "weights": sum(p.numel() for p in model.parameters()),
        "samples": samples,
        "micro_batch": micro,
        "cpu_seconds": seconds,
        "extrapolated_cpu_seconds_of_2048": seconds * BATCH / samples,
        "peak_gb": peak_gb(),
    }


def lanczos_row(name: str, batch: int, micro: int, method: str, steps: int) -> dict[str, object]:
    """Lanczos with full reorthogonalisation on the survivors of magnitude pruning to a tenth."""
    import qgd

    model = qgd.named_network(name)
    data = qgd.load_images("synthetic", num_samples=16)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the mean of what was seen
    with torch.no_grad():
        model.train()(data.sample(8, 1)[0])
    weights = sum(p.numel() for p in model.parameters())
    qgd.prune_module(model.eval(), 0.1)
    operator = qgd.hessian_product(
        model, F.cross_entropy, [data.sample(batch, 0)], method=method, micro_batch=micro,
        device="cpu",
    )  # fmt: skip
    clock = [time.process_time()]
    qgd.lanczos(
        operator, num_steps=steps, num_probes=1, dtype=np.float32,
        progress=lambda done, total: clock.append(time.process_time()),
    )  # fmt: skip
    each = np.diff(clock)
    survivors, peak = operator.shape[0], peak_gb()
    later = BASIS_STEPS + 1 - (steps + 1)
    usual = statistics.median(each[1:])
    return {
        "weights": weights,
        "survivors": survivors,
        "batch": batch,
        "micro_batch": micro,
        "method": method,
        "steps": steps,
        "first_step_cpu_seconds": float(each[0]),
        "step_cpu_seconds": float(usual),
        "peak_gb": peak,
        "basis_gb": 4e-9 * survivors * (steps + 1),
        "extrapolated_to_steps": BASIS_STEPS,
        "extrapolated_basis_gb": 4e-9 * survivors * (BASIS_STEPS + 1),
        "extrapolated_peak_gb": peak + 4e-9 * survivors * later,
        "extrapolated_cpu_seconds": float(each[0] + usual * (BASIS_STEPS - 1)),
        "all_weights_basis_gb": 4e-9 * weights * (BASIS_STEPS + 1),
    }


def work(arguments: list[str]) -> dict[str, object]:
    task, name, *numbers = arguments
    if task == "train":
        return train_row(name, *(int(n) for n in numbers))
    batch, micro, method, steps = numbers
    return lanczos_row(name, int(batch), int(micro), method, int(steps))


def run(samples: int, only: str | None) -> Path:
    """Run all rows, or those of one kind beside the others of the last run; write after each."""
    tasks = []
    for name, micro in TRAIN:
        count = samples if name == "resnet-7m" else 2 * micro
        tasks.append(["train", name, str(count), str(micro)])
    for numbers in LANCZOS:
        tasks.append(["lanczos", "resnet-103m", *map(str, numbers)])
    found: list[dict[str, object]] = other_rows("paper_networks", only)
    for task in tasks:
        if only in (None, task[0]):
            done = in_own_process(__file__, task, LIMIT)
            found.append({"row": task[0], "network": task[1], "load": os.getloadavg()[0], **done})
            print(found[-1], file=sys.stderr)
            path = write_result("paper_networks", {"threads": 1, "rows": found}, PACKAGES)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--samples", type=int, default=BATCH, help="of the step of the first")
    parser.add_argument("--only", choices=("train", "lanczos"))
    parser.add_argument("--worker", nargs="+")
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(work(arguments.worker)))
        return
    if arguments.quick:
        print(json.dumps(train_row("resnet-small", 8, 4)))
        print(json.dumps(lanczos_row("resnet-small", 4, 2, "double", 3)))
        return
    os.environ |= {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    print(f"wrote {run(arguments.samples, arguments.only)}")


if __name__ == "__main__":
    main()
