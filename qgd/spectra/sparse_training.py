"""The paper's loop: train, prune, train the sparse network, download and upload every K steps."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from qgd.core.checks import check_integer
from qgd.core.outcome import Outcome, QGDError
from qgd.spectra.accumulation import accumulate_gradient
from qgd.spectra.download import download, upload_dense
from qgd.spectra.images import Images
from qgd.spectra.modes import OvershootWarning
from qgd.spectra.module_pruning import prune_module
from qgd.spectra.objective import micro_batches
from qgd.spectra.sparse_training_plan import SparseTrainingPlan
from qgd.spectra.stability import overshoot_sentence
from qgd.spectra.stiffness import stiffness
from qgd.spectra.training_file import read_training, write_training

Record = dict[str, Any]
Callback = Callable[[nn.Module, Record], dict[str, Any] | None]
Progress = Callable[[str, int, int], None]
_SECONDS = 300.0  # of work that a kill may cost, and the step it was in


def train_sparse(
    model: nn.Module,
    data: Images,
    plan: SparseTrainingPlan,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.cross_entropy,
    callback: Callback | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 50,
    progress: Progress | None = None,
) -> list[Record]:
    """Run the plan on `model`, in place, and return its records.

    Every record holds step (0 is the pruned network; negative in pre-training), event (``pruned``,
    ``downloaded``, ``uploaded`` or empty), phase (``dense``, ``quantum``, ``classical``),
    steps_since_upload, train_accuracy, test_accuracy, train_loss, sparsity; just after pruning
    eta_lambda_max, a lower bound on one batch from a few Lanczos steps (None where the loss has no
    Hessian, or no sparse step follows); at a download tomography_error, shots_estimate. What
    `callback(model, record)` returns is added under its own keys: Hessian spectra and error proxies
    go there; it must not change the model.

    Parameters
    ----------
    model : torch.nn.Module
        Trained in place, evaluated in evaluation mode.
    data : Images
        From `load_images`.
    plan : SparseTrainingPlan
        The numbers.
    loss : callable
        ``loss(logits, classes)``, the mean over a batch.
    callback : callable, optional
        See above; numbers, strings and lists of them only where there is a checkpoint.
    checkpoint : path, optional
        File to go on from after a kill, bit for bit; written every `checkpoint_every` steps, and
        after a step when five minutes have passed.
    progress : callable, optional
        Called with (what, done, in all) after every step, and after every Hessian product of
        eta_lambda_max.

    Raises
    ------
    ValueError
        For a checkpoint of another plan or model.
    QGDError
        ``DIVERGED`` if the loss is not finite, with eta lambda_max where that is the reason.

    Warns
    -----
    OvershootWarning
        If eta lambda_max > 2 just after pruning: the stiffest mode grows until the landscape is
        flatter where the weights go, which training may survive and a Carleman truncation may not.
    """
    run = _Run(model, data, plan, loss, callback, progress)
    path = None if checkpoint is None else Path(checkpoint)
    identity = {"plan": asdict(plan), "data": data.name}
    done = -1
    if path is not None and path.exists():
        (done, run.records, run.uploaded), velocity = read_training(path, identity, model)
        run.restart(None if done >= plan.dense_steps else velocity)
    check_integer("checkpoint_every", checkpoint_every, 1)
    last, written = plan.dense_steps + plan.sparse_steps, time.monotonic()
    for count in range(done + 1, last + 1):
        if count:
            run.step(count - 1)
            if progress is not None:
                progress("training: step", count, last)
        run.after(count)
        due = count % checkpoint_every == 0 or count == last
        if path is not None and (due or time.monotonic() - written > _SECONDS):
            state = (count, run.records, run.uploaded)
            write_training(path, identity, model, run.optimiser, state)
            written = time.monotonic()
    return run.records


class _Run:
    """One run: `step` moves the weights, `after` does what is due after so many steps."""

    def __init__(
        self,
        model: nn.Module,
        data: Images,
        plan: SparseTrainingPlan,
        loss: Callable[[Tensor, Tensor], Tensor],
        callback: Callback | None,
        progress: Progress | None,
    ) -> None:
        self.model, self.data, self.plan = model, data, plan
        self.loss, self.callback, self.progress = loss, callback, progress
        self.records: list[Record] = []
        self.uploaded = 0
        self.restart({})
        self.device, self.dtype = self.parameters[0].device, self.parameters[0].dtype

    def step(self, index: int) -> None:
        plan, dense = self.plan, index < self.plan.dense_steps
        size = plan.dense_batch_size if dense else plan.batch_size
        seed = _seed(plan.seed, index)
        augment = dense and plan.augment
        x, y = self.data.sample(size, seed, augment=augment, dtype=self.dtype)
        self.model.train()
        self.optimiser.zero_grad()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # for dropout
            value = accumulate_gradient(self.model, self.loss, (x, y), plan.micro_batch)
        if not math.isfinite(value):
            text = f"the loss must stay finite, got {value} at step {index - plan.dense_steps}"
            remedy = f"lower the learning rate, `{'dense_' if dense else ''}learning_rate`"
            if not dense and self.overshoot():
                remedy = f"{self.overshoot()}; take a smaller rate"
            raise QGDError(Outcome.DIVERGED, f"{text}; {remedy}")
        self.optimiser.step()

    def overshoot(self) -> str:
        """Words on a learning rate that is too large for the pruned network; empty if it is not."""
        rate = self.plan.learning_rate
        known = next((r["eta_lambda_max"] for r in self.records if "eta_lambda_max" in r), None)
        return overshoot_sentence(rate, known / rate) if known is not None and known > 2 else ""

    def after(self, count: int) -> None:
        plan, step = self.plan, count - self.plan.dense_steps
        if step < 0:
            if not count or count % max(plan.dense_steps // 10, 1) == 0:
                self.record(step, "dense")
            return
        if step == 0:
            if plan.dense_steps:
                self.record(step, "dense")
            product = self.prune()
            self.record(step, "quantum", "pruned", {"eta_lambda_max": product})
            if self.overshoot():
                text = f"{self.overshoot()}, just after pruning; take a smaller rate"
                warnings.warn(text, OvershootWarning, stacklevel=4)
            self.upload(step)
            return
        inside = step % plan.period
        if not inside:
            self.record(step, "quantum")
            result = download(self.model, plan.keep, plan.epsilon, _seed(plan.seed, -step))
            self.uploaded = step
            found = {"tomography_error": result.error, "shots_estimate": result.shots}
            self.record(step, "quantum", "downloaded", found)
            if step < plan.sparse_steps:
                self.upload(step)
            return
        classical = plan.variant == "qram" and inside <= plan.classical_steps
        if classical and inside == plan.classical_steps:
            self.uploaded = step
            self.record(step, "classical", "uploaded")
        elif step % plan.record_every == 0 or step == plan.sparse_steps:
            self.record(step, "classical" if classical else "quantum")

    def prune(self) -> float | None:
        """Prune, and return eta lambda_max (or a little less) of what the sparse steps descend."""
        plan = self.plan
        x, y = self.data.sample(plan.batch_size, _seed(plan.seed, -1), dtype=self.dtype)
        self.model.eval()
        # Hooks replace the parameters by others of the same values: the optimiser is made anew.
        batch = (x.to(self.device), y.to(self.device))
        data = micro_batches(batch, plan.micro_batch)
        prune_module(self.model, plan.keep, plan.method, data=data, loss=self.loss, seed=plan.seed)
        self.restart()
        if not plan.sparse_steps:
            return None
        # Of the survivors: where pruned weights move too, lambda_max is at least that (Cauchy).
        tell = None if self.progress is None else partial(self.progress, "stiffest mode: product")
        top = stiffness(self.model, self.loss, data, progress=tell)
        return None if top is None else plan.learning_rate * (top + plan.weight_decay)

    def restart(self, velocity: dict[str, Any] | None = None) -> None:
        """Make the optimiser: of the dense phase with its velocities, or else of the sparse one."""
        plan, dense = self.plan, velocity is not None
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.SGD(
            self.parameters,
            lr=plan.dense_learning_rate if dense else plan.learning_rate,
            momentum=plan.momentum if dense else 0.0,
            weight_decay=plan.weight_decay,
        )
        if velocity:
            self.optimiser.load_state_dict(velocity)

    def upload(self, step: int) -> None:
        self.uploaded = step
        if self.plan.variant != "fixed":
            upload_dense(self.model)

    def record(
        self, step: int, phase: str, event: str = "", more: dict[str, Any] | None = None
    ) -> None:
        weights = self.parameters
        entries = sum(p.numel() for p in weights)
        zeros = entries - sum(int(p.detach().count_nonzero()) for p in weights)
        record: Record = {
            "step": step,
            "phase": phase,
            "event": event,
            "steps_since_upload": max(step - self.uploaded, 0) if phase == "quantum" else 0,
            **self.scores(),
            "sparsity": zeros / entries,
            **(more or {}),
        }
        self.model.eval()
        added = None if self.callback is None else self.callback(self.model, dict(record))
        self.records.append({**record, **(added or {})})

    def scores(self) -> dict[str, float]:
        found: dict[str, float] = {}
        self.model.eval()
        with torch.no_grad():
            for part in ("train", "test"):
                right = total = 0
                value = 0.0
                limit, size = self.plan.evaluation_size, min(self.plan.micro_batch or 512, 512)
                for x, y in self.data.batches(part, size, limit, self.dtype):
                    logits, labels = self.model(x.to(self.device)), y.to(self.device)
                    right += int((logits.argmax(1) == labels).sum())
                    value += float(self.loss(logits, labels)) * len(y)
                    total += len(y)
                found[f"{part}_accuracy"] = right / total
                if part == "train":
                    found["train_loss"] = value / total
        return found


def _seed(seed: int, index: int) -> int:
    """A seed of its own for each step and each download of a run."""
    return (seed * 1_000_003 + 2 * abs(index) + (index < 0)) % 2**63
