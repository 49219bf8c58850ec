"""Figures 2 and 3 on a network: training with downloads, spectra, proxy and true error."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from qgd.core.arrays import RealArray
from qgd.core.outcome import Outcome, QGDError
from qgd.spectra.checkpoint import forget_vectors
from qgd.spectra.exact import spectrum
from qgd.spectra.hessian import hessian_product
from qgd.spectra.images import Images
from qgd.spectra.modes import ModeShares, OvershootWarning, mode_shares, worst_growth
from qgd.spectra.proxy import ErrorProxy
from qgd.spectra.reproduction_folder import claim_folder
from qgd.spectra.reproduction_plan import ReproductionPlan, first_upload, hessian_samples
from qgd.spectra.sparse_training import Progress, train_sparse
from qgd.spectra.spectrum import Spectrum
from qgd.spectra.taylor_mode import carleman_trajectory

Result = dict[str, Any]
_PROXY_STEPS = tuple(range(91))  # from an upload to the next download
_COARSE = 0.02  # what the cut of the paper is in units of its largest eigenvalue


def reproduce(
    plan: ReproductionPlan,
    model: nn.Module,
    data: Images,
    *,
    folder: Path | None = None,
    announce: Callable[[str], object] = lambda stage: None,
    progress: Progress = lambda what, done, total: None,
) -> Result:
    """Train by the plan, in place, and collect what the figures show.

    Signs of modes are those of quadrature nodes on the weights that can move: the survivors just
    after pruning; all of them after a re-upload, between downloads, in the paper's experiment.

    Parameters
    ----------
    plan : ReproductionPlan
        From `reproduction_plan`, or changed.
    model : torch.nn.Module
        Its network, which is moved to CUDA when there is one.
    data : Images
        Its data.
    folder : Path, optional
        For checkpoints, of one plan: a killed run goes on, in the middle of a spectrum too.
    announce : callable
        Told each stage.
    progress : callable
        Told (what, done, in all) after each step of training and of the truncated trajectory, and
        each product of a spectrum.

    Returns
    -------
    dict
        JSON-ready: ``plan``, ``data``, ``synthetic``, ``hessian_samples``, ``spectra`` (rows with
        step, event, nodes, weights, size, shares), ``proxies`` (from each upload; None where no
        number is large enough), ``truncation`` (relative errors of the truncated Carleman solution
        by order, or None), ``accuracy`` (rows).
    """
    if folder is not None:
        claim_folder(folder, plan, data)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    observer = _Observer(plan, data, folder, announce, progress)
    announce(f"train {plan.network} on {data.name}")
    records = train_sparse(
        model,
        data,
        plan.training,
        callback=observer,
        checkpoint=None if folder is None else folder / "training.pt",
        progress=progress,
    )
    found = [record["found"] for record in records if "found" in record]
    return {
        "plan": asdict(plan),
        "data": data.name,
        "synthetic": data.synthetic,
        "hessian_samples": hessian_samples(plan, data),
        "spectra": [part["spectrum"] for part in found],
        "proxies": [part["proxy"] for part in found if "proxy" in part],
        "truncation": next((part["truncation"] for part in found if "truncation" in part), None),
        "accuracy": [
            {k: r[k] for k in ("step", "event", "phase", "train_accuracy", "test_accuracy")}
            for r in records
        ],
    }


@dataclass(frozen=True)
class _Observer:
    """Looks at the network where a record is written."""

    plan: ReproductionPlan
    data: Images
    folder: Path | None
    announce: Callable[[str], object]
    progress: Progress

    def __call__(self, model: nn.Module, record: Result) -> Result | None:
        plan, step, event = self.plan, record["step"], record["event"]
        dense = record["phase"] == "dense"
        scores = f"accuracy {record['train_accuracy']:.3f}, loss {record['train_loss']:.3g}"
        self.announce(f"step {step}: training {scores}")
        if dense and not (step == 0 and plan.dense_spectrum):
            return None
        # At a download, the state after it: where the paper draws its spectrum.
        before_download = step > 0 and step % plan.training.period == 0 and event != "downloaded"
        if step < 0 or step > plan.spectra_until or before_download:
            return None
        if not np.isfinite(record["train_loss"]):
            raise QGDError(
                Outcome.DIVERGED,
                f"the loss must be finite where a spectrum is taken, got {record['train_loss']} at "
                f"step {step}; raise `dense_steps`, or for a trial take 0: averages of batch "
                "normalisation over few steps are not those of the network that these have made",
            )
        label = "dense" if dense else str(step)
        self.announce(f"spectrum of {label}")
        modes = self.modes(model, label)
        found: Result = {"spectrum": self.row(modes, record, "dense" if dense else event)}
        first = first_upload(plan)
        starts = ("uploaded",) if first else ("pruned", "downloaded")
        if event in starts:
            found["proxy"] = _proxy_row(modes, plan, step)
            if plan.truncation_steps and step == first:
                self.announce("truncated Carleman trajectory")
                found["truncation"] = {"from": step, **self.truncation(model)}
        return {"found": found}

    def modes(self, model: nn.Module, label: str) -> Spectrum:
        plan = self.plan
        batches = self.data.batches(plan.part, plan.micro_batch, plan.hessian_size)
        operator = hessian_product(model, nn.functional.cross_entropy, batches)
        if operator.shape[0] <= plan.exact_up_to:
            return spectrum(operator, exact_up_to=plan.exact_up_to)
        path = None if self.folder is None else self.folder / f"spectrum-{label}.lanczos"
        found = spectrum(
            operator,
            exact_up_to=0,
            num_steps=min(plan.num_steps, operator.shape[0]),
            num_probes=plan.num_probes,
            dtype=np.float32,
            checkpoint=path,
            progress=lambda *counts: self.progress(f"spectrum of {label}: product", *counts),
        )
        if path is not None:
            forget_vectors(path)  # of all spectra together they would fill the disk
        return found

    def row(self, modes: Spectrum, record: Result, event: str) -> Result:
        # The middle one is that of the proxy, which may be the coarse one too.
        ladder = (1e-4, self.plan.cut, _COARSE)
        with warnings.catch_warnings():  # overshooting modes are counted, in the row
            warnings.simplefilter("ignore", OvershootWarning)
            shares = mode_shares(modes, self.plan.training.learning_rate, ladder)
        heavy = modes.weights > 1e-12
        return {
            "step": record["step"],
            "event": event,
            "size": modes.size,
            "exact": modes.exact,
            "least": modes.extremes[0],
            "greatest": modes.extremes[1],
            "shares": [_share_row(c, s) for c, s in zip(ladder, shares, strict=True)],
            "nodes": [float(f"{x:.6g}") for x in modes.nodes[heavy]],
            "weights": [float(f"{x:.6g}") for x in modes.weights[heavy]],
        }

    def truncation(self, model: nn.Module) -> Result:
        plan = self.plan
        batch = self.data.sample(plan.training.batch_size, 0, dtype=torch.float64)
        with warnings.catch_warnings():  # as for the spectrum of this step
            warnings.simplefilter("ignore", OvershootWarning)
            run = carleman_trajectory(
                model,
                nn.functional.cross_entropy,
                batch,
                order=plan.truncation_order,
                steps=plan.truncation_steps,
                learning_rate=plan.training.learning_rate,
                weight_decay=plan.training.weight_decay,
                micro_batch=plan.training.micro_batch,
                progress=lambda *counts: self.progress("truncated trajectory: step", *counts),
            )
        relative = run.errors[1:] / run.distances[1:, None]
        return {
            "steps": list(range(1, plan.truncation_steps + 1)),
            "absolute": run.errors[1:].T.tolist(),
            "relative": relative.T.tolist(),
        }


def _share_row(relative: float, share: ModeShares) -> Result:
    moved = share.divergent.fraction.value + share.dissipative.fraction.value
    moved += share.overshooting.fraction.value
    return {
        "relative": relative,
        "cut": share.cut,
        **{
            name: {
                "fraction": part.fraction.value,
                "bracket": list(part.bracket),
                "trace": part.trace.value,
            }
            for name, part in (
                ("divergent", share.divergent),
                ("flat", share.flat),
                ("dissipative", share.dissipative),
                ("overshooting", share.overshooting),
            )
        },
        "dissipative_of_kept": share.dissipative.fraction.value / moved if moved else 0.0,
    }


def _proxy_row(modes: Spectrum, plan: ReproductionPlan, step: int) -> Result:
    eta, unit = plan.training.learning_rate, max(map(abs, modes.extremes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OvershootWarning)
        cuts = dict.fromkeys((0, plan.cut, _COARSE))  # the same one once
        ladder = [_window(ErrorProxy(modes, eta, c * unit), c) for c in cuts]
        values = ErrorProxy(modes, eta, plan.cut * unit)(_PROXY_STEPS)
    with np.errstate(over="ignore"):
        worst = worst_growth(modes, eta, _PROXY_STEPS)
    return {
        "from": step,
        "steps": list(_PROXY_STEPS),
        "values": _finite(values),
        "worst": _finite(worst),
        "cuts": ladder,
    }


def _finite(values: RealArray) -> list[float | None]:
    """None where an overshooting mode has left the range of numbers, which JSON cannot say."""
    return [value if np.isfinite(value) else None for value in values.tolist()]


def _window(proxy: ErrorProxy, relative: float) -> Result:
    """Least value within the steps to the next download, and where the proxy is 1 again."""
    values, end = proxy(_PROXY_STEPS), proxy.window()[1]
    return {
        "relative": relative,
        "cut": proxy.cut,
        "least_step": int(values.argmin()),
        "least_value": float(values.min()),
        "window_end": end if np.isfinite(end) else None,
    }
