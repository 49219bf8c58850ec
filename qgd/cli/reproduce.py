"""``qgd reproduce``: figures 2 and 3 of the paper, with its own curves in the same axes."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgd.cli.endings import plain_endings, require_torch
from qgd.cli.progress import duration, stages
from qgd.core.checks import check_choice, check_integer
from qgd.report.record import to_json, write_atomically

if TYPE_CHECKING:
    from qgd.spectra.images import Images
    from qgd.spectra.reproduction_plan import ReproductionPlan

_TRIAL = 32  # synthetic images, enough to see that a run works


def reproduce(
    figure: Annotated[str, typer.Argument(help="fig2 or fig3.")],
    preset: Annotated[
        str, typer.Option(help="small (digits, minutes) or paper (its network, CIFAR-100).")
    ] = "small",
    data: Annotated[
        Path | None,
        typer.Option(help="Folder that holds cifar-100-python, for the paper's preset."),
    ] = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Generated images of CIFAR shape: a trial.")
    ] = False,
    network: Annotated[
        str | None,
        typer.Option(help="For the small preset: digits-mlp, digits-mlp-100k or digits-cnn."),
    ] = None,
    variant: Annotated[
        str | None, typer.Option(help="Downloads: fixed, renewed or qram [default: the preset's]")
    ] = None,
    dense_steps: Annotated[int | None, typer.Option(help="Steps of pre-training.")] = None,
    sparse_steps: Annotated[int | None, typer.Option(help="Steps after pruning.")] = None,
    spectra_until: Annotated[int | None, typer.Option(help="Last step with a spectrum.")] = None,
    lanczos_steps: Annotated[int | None, typer.Option(help="Products a spectrum.")] = None,
    hessian_size: Annotated[int | None, typer.Option(help="Samples behind a Hessian.")] = None,
    micro_batch: Annotated[
        int | None, typer.Option(help="Samples at once, for less memory [default: the preset's]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, data and training.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder [default: qgd-results/reproduce-FIGURE-PRESET...]"),
    ] = None,
) -> None:
    """Train, prune, download and re-upload; compare spectra, proxy and accuracy with the paper.

    Writes result.json and figure.png. Memory grows with the samples that go through the network at
    once; batch normalisation takes its statistics over these (ghost batches). A run of the paper's
    preset that was killed goes on when the command is repeated.
    """
    started = time.perf_counter()
    # A folder of its own for what is another run: its checkpoints, and its files.
    kind = ("-synthetic" if synthetic else "") + (f"-{network}" if network else "")
    folder = out or Path("qgd-results") / f"reproduce-{figure}-{preset}{kind}"
    with plain_endings(f"every file in {folder} is complete"):
        require_torch("qgd reproduce")
        plan = _plan(figure, preset, synthetic, network)
        training = _changed(
            plan.training,
            seed=check_integer("seed", seed, 0),
            variant=variant,
            dense_steps=dense_steps,
            sparse_steps=sparse_steps,
            micro_batch=micro_batch,
        )
        plan = _changed(
            plan,
            training=training,
            spectra_until=spectra_until,
            num_steps=_at_least_one("lanczos_steps", lanczos_steps),
            hessian_size=hessian_size,
            micro_batch=micro_batch,
        )
        text = _run(figure, plan, data, folder, resume=preset == "paper")
    typer.echo(text)
    files = f"{folder / 'result.json'}, {folder / 'figure.png'}"
    typer.echo(f"\nwrote {files} in {time.perf_counter() - started:.1f} s")


def _plan(figure: str, preset: str, synthetic: bool, network: str | None) -> ReproductionPlan:
    from qgd.spectra.networks import NETWORKS
    from qgd.spectra.reproduction_plan import reproduction_plan

    plan = reproduction_plan(figure, preset)
    if network is not None:
        if preset == "paper":
            raise ValueError(
                f"`network` must be left out with the preset paper, whose network is "
                f"{plan.network}, got {network!r}; take the preset small to try another one"
            )
        fitting = tuple(name for name in NETWORKS if name.startswith("digits"))
        plan = replace(plan, network=check_choice("network", network, fitting))
    if not synthetic:
        return plan
    if preset == "small":
        raise ValueError(
            "`synthetic` must go with the preset paper, got small, which has its data with it; "
            "leave one of the two out"
        )
    return replace(plan, images="synthetic")


def _changed(record: Any, **wanted: Any) -> Any:
    """The record with what was asked for; None leaves the preset's value."""
    return replace(record, **{k: v for k, v in wanted.items() if v is not None})


def _at_least_one(name: str, value: int | None) -> int | None:
    return None if value is None else check_integer(name, value, 1)


def _images(plan: ReproductionPlan, data: Path | None) -> Images:
    from qgd.spectra.images import load_images

    if plan.images != "cifar-100" and data is not None:
        raise ValueError(
            f"`data` must be left out with {plan.images} images, got {str(data)!r}; give --preset "
            "paper, without --synthetic, to use it"
        )
    try:
        return load_images(plan.images, data, seed=plan.training.seed, num_samples=_TRIAL)
    except ValueError as error:
        if plan.images == "cifar-100":
            error.add_note("the command calls `root` --data, and 'synthetic' --synthetic")
        raise


def _expected(plan: ReproductionPlan, model: Any, images: Images) -> str:
    from qgd.spectra.reproduction_plan import expected_hours, hessian_samples, num_spectra

    time_left = duration(3600 * expected_hours(plan, model, images))
    few = f"{len(images.train_labels)} training and {len(images.test_labels)} test images"
    return (
        f"expected: {time_left} on this machine ({plan.training.dense_steps} dense and "
        f"{plan.training.sparse_steps} sparse steps, {num_spectra(plan)} spectra of "
        f"{plan.num_steps * plan.num_probes} products over {hessian_samples(plan, images)} "
        f"samples; {few})"
    )


def _run(
    figure: str, plan: ReproductionPlan, data: Path | None, folder: Path, *, resume: bool
) -> str:
    from qgd.report.claims import claims_text
    from qgd.report.reproduction import reproduction_page
    from qgd.spectra.networks import named_network
    from qgd.spectra.reproduction import reproduce as run

    images = _images(plan, data)
    model = named_network(plan.network, plan.training.seed)
    typer.echo(f"measuring a gradient and a Hessian product of {plan.network}", err=True)
    typer.echo(f"{_expected(plan, model, images)}\n")
    with stages() as tell:
        checkpoints = folder / "checkpoints" if resume else None
        result = run(
            *(plan, model, images),
            folder=checkpoints,
            announce=tell,
            progress=tell.progress,
        )
    stream = io.BytesIO()
    reproduction_page(figure, result).savefig(stream, format="png", dpi=110)
    write_atomically(folder / "figure.png", stream.getvalue())
    write_atomically(folder / "result.json", to_json({"figure": figure, **result}))
    return claims_text(figure, result)
