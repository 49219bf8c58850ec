"""A reproduction on a small ResNet, killed where it works: run by test_reproduction."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
import torch

import qgd
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
        batch_size=4,
        dense_batch_size=4,
        micro_batch=2,
        evaluation_size=4,
    )
    return dataclasses.replace(
        full,
        network="resnet-small",
        images="synthetic",
        training=training,
        num_steps=4,
        hessian_size=2,
        micro_batch=2,
        spectra_until=4,
    )


def run(folder: Path | None, death: tuple[str, int] | None = None) -> dict:
    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == death:
            os.kill(os.getpid(), signal.SIGKILL)

    images = qgd.load_images("synthetic", num_samples=16)
    model = qgd.named_network("resnet-small")
    return reproduce(plan(), model, images, folder=folder, progress=progress)


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
    # Loads the compiled code before the children need it.
    d = np.arange(9, dtype=np.float32)
    for stored in (True, False):
        qgd.lanczos(lambda v: d * v, size=9, num_steps=2, dtype=np.float32, reorthogonalise=stored)
    here = Path(sys.argv[1])
    assert forked(None, None, here / "straight.json") == 0
    for death in DEATHS:  # one after the other in the same folder
        assert forked(here / "checkpoints", death, None) == -signal.SIGKILL, death
    assert forked(here / "checkpoints", None, here / "resumed.json") == 0
