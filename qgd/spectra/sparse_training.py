"""The paper's loop: train, prune, train the sparse network, download and upload every K steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from qgd.core.checks import check_choice, check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.spectra.download import download, upload_dense
from qgd.spectra.images import Images
from qgd.spectra.module_pruning import METHODS, prune_module
from qgd.spectra.training_file import read_training, write_training

Record = dict[str, Any]
Callback = Callable[[nn.Module, Record], dict[str, Any] | None]
VARIANTS = ("fixed", "renewed", "qram")


@dataclass(frozen=True)
class SparseTrainingPlan:
    """Numbers of a run; with the seed and the data they fix it bit for bit on one machine.

    Parameters
    ----------
    dense_steps : int
        Steps of pre-training.
    sparse_steps : int
        Steps after pruning.
    keep : float
        Fraction that pruning keeps.
    method : str
        Of the first pruning: magnitude, random, gradient or movement.
    period : int
        K, steps between downloads.
    variant : str
        ``fixed``: the first mask stays. ``renewed``: between downloads all weights move, each
        download prunes anew (our reading of the paper's experiment). ``qram``: as renewed, but
        after each download `classical_steps` are run classically, during which no error
        accumulates, and the dense result is uploaded.
    classical_steps : int
        Of ``qram``, fewer than `period`.
    batch_size, dense_batch_size : int
        Samples of a step after and before pruning; all data if there are fewer.
    learning_rate, dense_learning_rate, momentum, weight_decay : float
        Of SGD; momentum acts in pre-training only (the embedding knows no velocity).
    epsilon : float
        Relative error of tomography at a download.
    augment : bool
        Shift and mirror images in pre-training.
    record_every : int
        Steps between records after pruning; steps next to a download are always recorded.
    evaluation_size : int
        Samples that accuracies and losses are measured on.
    seed : int
        Of everything random.
    """

    dense_steps: int = 300
    sparse_steps: int = 300
    keep: float = 0.1
    method: str = "magnitude"
    period: int = 100
    variant: str = "fixed"
    classical_steps: int = 10
    batch_size: int = 2048
    dense_batch_size: int = 128
    learning_rate: float = 0.01
    dense_learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 2e-4
    epsilon: float = 0.0
    augment: bool = False
    record_every: int = 10
    evaluation_size: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("dense_steps", "sparse_steps", "classical_steps", "seed"):
            check_integer(name, getattr(self, name), 0)
        for name in ("period", "batch_size", "dense_batch_size", "record_every", "evaluation_size"):
            check_integer(name, getattr(self, name), 1)
        check_real("keep", self.keep, above=0, at_most=1)
        for name in ("learning_rate", "dense_learning_rate"):
            check_real(name, getattr(self, name), above=0)
        for name in ("weight_decay", "epsilon"):
            check_real(name, getattr(self, name), at_least=0)
        check_real("momentum", self.momentum, at_least=0, below=1)
        check_choice("method", self.method, METHODS)
        check_choice("variant", self.variant, VARIANTS)
        if self.variant == "qram" and self.classical_steps >= self.period:
            raise ValueError(
                f"`classical_steps` must be less than `period` = {self.period}, got "
                f"{self.classical_steps}; the rest is what the quantum computer does"
            )


def train_sparse(
    model: nn.Module,
    data: Images,
    plan: SparseTrainingPlan,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.cross_entropy,
    callback: Callback | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int = 50,
) -> list[Record]:
    """Run the plan on `model`, in place, and return its records.

    Every record holds step (0 is the pruned network; negative in pre-training), event (``pruned``,
    ``downloaded``, ``uploaded`` or empty), phase (``dense``, ``quantum``, ``classical``),
    steps_since_upload, train_accuracy, test_accuracy, train_loss, sparsity, and at a download
    tomography_error, shots_estimate. What `callback(model, record)` returns is added under its own
    keys: Hessian spectra and error proxies go there; it must not change the model.

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
        File to go on from after a kill, bit for bit; written every `checkpoint_every` steps.

    Raises
    ------
    ValueError
        For a checkpoint of another plan or model.
    QGDError
        ``DIVERGED`` if the loss is not finite.
    """
    run = _Run(model, data, plan, loss, callback)
    path = None if checkpoint is None else Path(checkpoint)
    identity = {"plan": asdict(plan), "data": data.name}
    done = -1
    if path is not None and path.exists():
        (done, run.records, run.uploaded), velocity = read_training(path, identity, model)
        run.restart(None if done >= plan.dense_steps else velocity)
    check_integer("checkpoint_every", checkpoint_every, 1)
    last = plan.dense_steps + plan.sparse_steps
    for count in range(done + 1, last + 1):
        if count:
            run.step(count - 1)
        run.after(count)
        if path is not None and (count % checkpoint_every == 0 or count == last):
            state = (count, run.records, run.uploaded)
            write_training(path, identity, model, run.optimiser, state)
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
    ) -> None:
        self.model, self.data, self.plan = model, data, plan
        self.loss, self.callback = loss, callback
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
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)  # for dropout
            value = self.loss(self.model(x.to(self.device)), y.to(self.device))
        if not math.isfinite(float(value.detach())):
            raise QGDError(
                Outcome.DIVERGED,
                f"the loss must stay finite, got {float(value.detach())} at step "
                f"{index - plan.dense_steps}; lower the learning rate",
            )
        self.optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()

    def after(self, count: int) -> None:
        plan, step = self.plan, count - self.plan.dense_steps
        if step < 0:
            if not count or count % max(plan.dense_steps // 10, 1) == 0:
                self.record(step, "dense")
            return
        if step == 0:
            if plan.dense_steps:
                self.record(step, "dense")
            self.prune()
            self.record(step, "quantum", "pruned")
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

    def prune(self) -> None:
        plan = self.plan
        x, y = self.data.sample(plan.batch_size, _seed(plan.seed, -1), dtype=self.dtype)
        self.model.eval()
        # Hooks replace the parameters by others of the same values: the optimiser is made anew.
        batch = [(x.to(self.device), y.to(self.device))]
        prune_module(self.model, plan.keep, plan.method, data=batch, loss=self.loss, seed=plan.seed)
        self.restart()

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
                limit = self.plan.evaluation_size
                for x, y in self.data.batches(part, 512, limit, self.dtype):
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
