"""The figure page of a run: loss, weights, truncation and budget on one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qgd.core.bound import Kind
from qgd.dynamics.integrate import iterate
from qgd.dynamics.transforms import shift
from qgd.embedding.truncated import TruncatedSolutions, truncation_estimate
from qgd.embedding.truncation import truncation_bound
from qgd.pipeline.experiment import Experiment
from qgd.pipeline.train import Round
from qgd.report.palette import BLUE, GREEN, ORANGE, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KIND_COLOURS = {Kind.PROVED: GREEN, Kind.MEASURED: BLUE, Kind.ESTIMATED: ORANGE}
_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
_LARGEST_DIMENSION = 400


def figure_page(experiment: Experiment) -> Figure:
    """Four panels: loss curves, weight trajectories, truncation error by order, error budget."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplots(2, 2)
    _loss_curves(axes[0, 0], experiment)
    _trajectories(axes[0, 1], experiment)
    _truncation(axes[1, 0], experiment)
    _budget(axes[1, 1], experiment)
    settings = experiment.settings
    figure.suptitle(
        f"{experiment.dataset.name}: {settings.keep} weights, {settings.num_steps} steps, solver "
        f"{settings.solver}, readout {settings.readout}"
    )
    return figure


def _loss_curves(axes: Axes, experiment: Experiment) -> None:
    training, loss = experiment.training, experiment.loss
    steps = np.arange(len(training.reference))
    plain = [loss.value(w) for w in training.reference]
    quantum = [loss.value(w) for w in training.path]
    axes.plot(steps, plain, color=BLUE, label="gradient descent")
    axes.plot(steps, quantum, "o", color=RED, ms=4, mfc="none", label="quantum, emulated history")
    final = loss.value(training.weights)
    axes.plot(steps[-1], final, "*", color=RED, ms=12, label=f"quantum, {_readout(experiment)}")
    axes.set(xlabel="step", ylabel="training loss", title="Loss")
    axes.legend(frameon=False)


def _trajectories(axes: Axes, experiment: Experiment) -> None:
    training = experiment.training
    steps = np.arange(len(training.reference))
    names = [_label(experiment.split.names[i]) for i in experiment.mask.indices]
    shown = min(len(names), 8)
    for i in range(shown):
        (line,) = axes.plot(steps, training.reference[:, i], label=names[i])
        axes.plot(steps, training.path[:, i], "o", color=line.get_color(), ms=4, mfc="none")
        axes.plot(steps[-1], training.weights[i], "*", color=line.get_color(), ms=12)
    left_out = f" (first {shown} of {len(names)})" if shown < len(names) else ""
    axes.set(
        xlabel="step",
        ylabel="weight",
        title=f"Weights{left_out}: lines descent, circles emulated, stars read out",
    )
    axes.title.set_fontsize(10)
    axes.legend(frameon=False, fontsize="small")


def _label(name: str) -> str:
    """A column name as matplotlib shall show it: no formulas, no hidden labels."""
    return name.replace("$", r"\$").lstrip("_") or "(unnamed)"


def _truncation(axes: Axes, experiment: Experiment) -> None:
    finished = experiment.training.rounds[0]
    orders, true, proved, estimated = _truncation_errors(finished)
    axes.semilogy(orders, proved, "^-", color=GREEN, label="proved bound")
    axes.semilogy(orders, estimated, "s--", color=ORANGE, label="estimate from the next order")
    axes.semilogy(orders, true, "o-", color=BLUE, label="true error")
    axes.axhline(experiment.settings.tolerance, color="grey", ls=":", label="tolerance")
    chosen = int(finished.solution.details["order"])
    axes.axvline(chosen, color=RED, lw=1, alpha=0.6, label=f"chosen order {chosen}")
    axes.set(xlabel="Carleman order N", ylabel="truncation error", title="Truncation, first round")
    axes.set_xticks(orders)
    axes.legend(frameon=False, fontsize="small")


def _truncation_errors(
    finished: Round,
) -> tuple[list[int], list[float], list[float], list[float]]:
    """Orders 1 .. chosen + 1, with true error, proved bound and estimate (NaN where not finite)."""
    dynamics, _ = shift(finished.dynamics, finished.start)
    steps = int(finished.solution.details["num_steps"])
    n = dynamics.num_variables
    origin = np.zeros(n)
    exact = iterate(dynamics, origin, steps)[-1]
    chosen = int(finished.solution.details["order"])
    solutions = TruncatedSolutions(dynamics, origin, steps)
    orders = [N for N in range(1, chosen + 2) if n**N <= _LARGEST_DIMENSION]
    true, proved, estimated = [], [], []
    for N in orders:
        deviation = float(np.linalg.norm(solutions(N) - exact))
        bound = truncation_bound(dynamics, N, 0.0, steps, finished.norm_bounds).value
        guess = truncation_estimate(dynamics, N, origin, steps, solutions=solutions).value
        true.append(deviation if deviation > 0 else np.nan)
        proved.append(bound if 0 < bound < np.inf else np.nan)
        estimated.append(guess if 0 < guess < np.inf else np.nan)
    return orders, true, proved, estimated


def _budget(axes: Axes, experiment: Experiment) -> None:
    budget = experiment.training.budget
    total = budget.total()
    lines = [*budget.lines, total]
    floor = experiment.settings.tolerance * 1e-5
    labels = [line.stage for line in lines]
    values = [max(line.value, floor) for line in lines]
    colours = [_KIND_COLOURS[line.kind] for line in lines]
    positions = np.arange(len(lines))[::-1]
    bars = axes.barh(positions, values, color=colours, left=0)
    bars[-1].set_hatch("//")
    for position, line in zip(positions, lines, strict=True):
        text = "0" if line.value == 0 else f"{line.value:.1e}"
        beside = max(line.value, floor) * 1.2
        axes.text(beside, position, text, va="center", fontsize=9, bbox=_PAPER)
    error = max(experiment.training.true_error, floor)
    axes.axvline(error, color="black", lw=1)
    axes.axvline(experiment.settings.tolerance, color="grey", ls=":")
    axes.set_xscale("log")
    finite = [line.value for line in lines if line.value < np.inf]
    axes.set_xlim(floor, 30 * max(experiment.settings.tolerance, *finite))
    axes.set_yticks(positions, labels)
    axes.set(xlabel="Euclidean error on w(T)", title="Error budget")
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    kinds = {line.kind for line in lines if line.value > 0}
    handles = [
        *(Patch(color=_KIND_COLOURS[k], label=k.value) for k in Kind if k in kinds),
        Line2D([], [], color="black", lw=1, label="true error"),
        Line2D([], [], color="grey", ls=":", label="tolerance"),
    ]
    axes.legend(
        handles=handles, framealpha=1, edgecolor="none", fontsize="small", loc="upper right"
    )


def _readout(experiment: Experiment) -> str:
    shots = experiment.training.resources.shots
    return f"{shots} shots" if shots else "amplitudes"
