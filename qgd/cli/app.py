"""The command ``qgd`` and its main verb, ``qgd train``: parse, run, print, write."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Annotated

import typer

from qgd import __version__
from qgd.cli.analyze import analyze
from qgd.cli.certify import certify
from qgd.cli.endings import plain_endings
from qgd.cli.progress import stages
from qgd.cli.reproduce import reproduce
from qgd.cli.sweep import sweep
from qgd.core.outcome import Outcome
from qgd.pipeline.experiment import READOUTS, SOLVERS, Experiment, Settings, run_experiment
from qgd.pipeline.gate_instance import GateInstance, gate_instance
from qgd.pipeline.order import Order, check_order
from qgd.problem.datasets import BUILT_IN, load_dataset
from qgd.report.history_file import NAME as HISTORY
from qgd.report.history_file import history_bytes
from qgd.report.record import experiment_record, to_json, write_atomically
from qgd.report.text import experiment_report

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
_DEFAULT = Settings()
_QUICK = Settings(num_steps=8, tolerance=0.05, pretrain_steps=100)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qgd {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Gradient descent as a quantum linear system, with an error for every stage."""


app.command()(sweep)
app.command()(certify)
app.command()(reproduce)
app.command()(analyze)


@app.command()
def train(
    dataset: Annotated[
        str, typer.Argument(help=f"{', '.join(BUILT_IN)}, or a path to a .csv or .npz file.")
    ],
    target: Annotated[
        str | None, typer.Option(help="Column (csv) or array (npz, default y) to predict.")
    ] = None,
    positive: Annotated[
        str | None, typer.Option(help="Class that counts as 1, against all others.")
    ] = None,
    keep: Annotated[int, typer.Option(help="Weights kept by pruning.")] = _DEFAULT.keep,
    steps: Annotated[
        int | None, typer.Option(help=f"Steps of sparse training [default: {_DEFAULT.num_steps}]")
    ] = None,
    learning_rate: Annotated[
        float, typer.Option(help="Step size on standardised features.")
    ] = _DEFAULT.learning_rate,
    ridge: Annotated[float, typer.Option(help="Penalty of the weights.")] = _DEFAULT.ridge,
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="Wanted bound of the distance from plain gradient descent "
            f"[default: {_DEFAULT.tolerance}]"
        ),
    ] = None,
    order: Annotated[
        str, typer.Option(help="Carleman order: a number, auto, proved or estimated.")
    ] = "auto",
    solver: Annotated[str, typer.Option(help=f"{', '.join(SOLVERS)}.")] = _DEFAULT.solver,
    readout: Annotated[str, typer.Option(help=f"{' or '.join(READOUTS)}.")] = _DEFAULT.readout,
    kappa: Annotated[
        float | None,
        typer.Option(help="Condition number alpha / sigma_min [default: proved bound]"),
    ] = None,
    shots: Annotated[
        int | None, typer.Option(help="Repetitions [default: what the tolerance needs]")
    ] = None,
    reupload: Annotated[
        int | None, typer.Option(help="Download and re-upload every so many steps.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split and the shots.")] = _DEFAULT.seed,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files [default: qgd-results/DATASET]")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer steps, wider tolerance: a smoke test.")
    ] = False,
) -> None:
    """Prune a model, train the kept weights by the quantum solver, and compare.

    Writes result.json, figure.png, history.npz (what `qgd certify` checks) and circuit.qpy (the
    first steps at gate level).
    """
    started = time.perf_counter()
    base = _QUICK if quick else _DEFAULT
    folder = out or Path("qgd-results") / Path(dataset).stem
    with plain_endings(f"every file in {folder} is complete"):
        settings = Settings(
            keep=keep,
            num_steps=base.num_steps if steps is None else steps,
            learning_rate=learning_rate,
            ridge=ridge,
            tolerance=base.tolerance if tolerance is None else tolerance,
            order=_parse_order(order),
            solver=solver,
            readout=readout,
            kappa=kappa,
            shots=shots,
            reupload=reupload,
            pretrain_steps=base.pretrain_steps,
            seed=seed,
        )
        with stages() as announce:
            announce("load the data")
            data = load_dataset(dataset, target, positive)
            experiment = run_experiment(data, settings, announce)
            announce("gate-level instance")
            gate = gate_instance(experiment.training.rounds[-1])
            announce("write the files")
            written = _write(experiment, gate, folder, started)
    typer.echo(experiment_report(experiment, gate))
    typer.echo(f"\nwrote {', '.join(written)} in {time.perf_counter() - started:.1f} s")
    if experiment.training.outcome is not Outcome.SUCCESS:
        typer.echo(f"qgd: {experiment.training.outcome}; see the last lines", err=True)
        raise typer.Exit(1)


def _parse_order(text: str) -> Order:
    is_number = text.lstrip("+-").isdigit()
    return check_order(int(text) if is_number else text)  # type: ignore[arg-type]


def _write(
    experiment: Experiment, gate: GateInstance | None, folder: Path, started: float
) -> list[str]:
    """Write the files of a run, each at once, and return their paths."""
    files: dict[str, bytes] = {}
    if gate is not None:
        from qiskit import qpy

        stream = io.BytesIO()
        qpy.dump(gate.circuit, stream)
        files["circuit.qpy"] = stream.getvalue()
    files["figure.png"] = _figure(experiment)
    files[HISTORY] = history_bytes(experiment.training.rounds)
    record = experiment_record(experiment, gate, time.perf_counter() - started)
    files["result.json"] = to_json(record)
    if gate is None:  # none may be left from an earlier run
        (folder / "circuit.qpy").unlink(missing_ok=True)
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [str(folder / name) for name in files]


def _figure(experiment: Experiment) -> bytes:
    from qgd.report.figure import figure_page

    stream = io.BytesIO()
    figure_page(experiment).savefig(stream, format="png", dpi=120)
    return stream.getvalue()
