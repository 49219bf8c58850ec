"""``qgd analyze``: is a training run a candidate for the quantum solver?"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import typer

from qgd.analysis.analyze import Analysis, AnalysisSettings
from qgd.analysis.analyze import analyze as run_analysis
from qgd.cli.endings import plain_endings, require_torch
from qgd.cli.progress import countdown
from qgd.report.analysis_figure import analysis_figure
from qgd.report.analysis_record import analysis_record
from qgd.report.analysis_text import analysis_report
from qgd.report.record import to_json, write_atomically

_DEFAULT = AnalysisSettings()


def analyze(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Python file with `model`, `loss`, `data` [`learning_rate`, `mask`], CSV of user, "
            "item, rating (factorised), or digits-tanh, digits-relu, digits-pruned, factorisation, "
            "polynomial.",
        ),
    ],
    steps: Annotated[int, typer.Option(help="Steps of the run.")] = _DEFAULT.num_steps,
    order: Annotated[int, typer.Option(help="Greatest Carleman order.")] = _DEFAULT.max_order,
    tolerance: Annotated[
        float, typer.Option(help="Truncation error, of the distance from the start.")
    ] = _DEFAULT.tolerance,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="In place of the file's [default: the file's or 0.1; a CSV: a safe one]"),
    ] = None,
    exact_up_to: Annotated[
        int, typer.Option(help="Kept weights up to which all eigenvalues are computed.")
    ] = _DEFAULT.exact_up_to,
    lanczos_steps: Annotated[
        int, typer.Option(help="Hessian products of a probe beyond that.")
    ] = _DEFAULT.lanczos_steps,
    probes: Annotated[int, typer.Option(help="Random probes.")] = _DEFAULT.probes,
    costs: Annotated[
        bool, typer.Option(help="Count calls, gates and shots, which can take most of the time.")
    ] = _DEFAULT.count_costs,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files [default: qgd-results/MODEL]")
    ] = None,
) -> None:
    """Say whether a training run is a candidate, and why.

    Sparsity, Hessian spectrum on the kept weights, error proxy and quantum window, Carleman order
    needed, R, resources, verdict. The file is executed. Writes analysis.json and analysis.png;
    exits with 0 whatever the verdict. Needs qgd[torch].
    """
    folder = out or Path("qgd-results") / Path(source).stem
    with plain_endings(f"every file in {folder} is complete"):
        settings = AnalysisSettings(
            num_steps=steps,
            max_order=order,
            tolerance=tolerance,
            exact_up_to=exact_up_to,
            lanczos_steps=lanczos_steps,
            probes=probes,
            count_costs=costs,
        )
        found = _analyzed(source, learning_rate, settings)
        written = _write(found, folder)
    typer.echo(analysis_report(found))
    typer.echo(f"\nwrote {', '.join(written)}")


def _analyzed(source: str, learning_rate: float | None, settings: AnalysisSettings) -> Analysis:
    require_torch("qgd analyze")
    from qgd.analysis.model_file import load_case

    return run_analysis(load_case(source, learning_rate), settings, progress=countdown)


def _write(found: Analysis, folder: Path) -> list[str]:
    stream = io.BytesIO()
    analysis_figure(found).savefig(stream, format="png", dpi=120)
    files = {"analysis.json": to_json(analysis_record(found)), "analysis.png": stream.getvalue()}
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [str(folder / name) for name in files]
