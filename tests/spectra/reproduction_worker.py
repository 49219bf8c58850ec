"""A reproduction with batch normalisation, killed where it works: run by test_reproduction."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

import qgd
from qgd.spectra import sparse_training
from qgd.spectra.reproduction import reproduce
from qgd.spectra.reproduction_plan import reproduction_plan

DEATHS = [
    ("spectrum of dense: product", 2),
    ("spectrum of 0: product", 4),  # complete on disk, not yet in the records
    ("spectrum of 2: product", 1),
    ("training: step", 5),
]


def plan():
    """The paper's, with its loop and normalisation, in seconds."""
    full = reproduction_plan("fig2", "paper")
    training = dataclasses.replace(
        full.training,
        dense_steps=2,
        sparse_steps=4,
        period=4,
        classical_steps=2,
        record_every=2,
        batch_size=40,
        dense_batch_size=40,
        micro_batch=16,
        evaluation_size=40,
        augment=False,
    )
    return dataclasses.replace(
        full,
        network="digits-cnn",
        images="digits",
        training=training,
        num_steps=4,
        hessian_size=20,
        micro_batch=20,
        spectra_until=4,
    )


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.ReLU()),
        *(nn.Conv2d(6, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(8, 10)),
    )


def run(folder: Path | None, death: tuple[str, int] | None = None) -> dict:
    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == death:
            os.kill(os.getpid(), signal.SIGKILL)

    return reproduce(plan(), network(), qgd.load_images(), folder=folder, progress=progress)


def forked(folder: Path | None, death: tuple[str, int] | None, out: Path | None) -> int:
    """How a child ended that ran and wrote its result."""
    child = os.fork()
    if not child:
        result = run(folder, death)
        if out is not None:
            out.write_text(json.dumps(result))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    sparse_training._SECONDS = -1.0  # a checkpoint after every step, as where a step takes minutes
    # Loads what the children need: compiled code, data, what optimisers import.
    qgd.load_images()
    torch.optim.SGD([torch.zeros(1)], 0.1).zero_grad()
    d = np.arange(9, dtype=np.float32)
    for stored in (True, False):
        qgd.lanczos(lambda v: d * v, size=9, num_steps=2, dtype=np.float32, reorthogonalise=stored)
    here = Path(sys.argv[1])
    assert forked(None, None, here / "straight.json") == 0
    for death in DEATHS:  # one after the other in the same folder
        assert forked(here / "checkpoints", death, None) == -signal.SIGKILL, death
    assert forked(here / "checkpoints", None, here / "resumed.json") == 0
