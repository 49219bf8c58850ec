"""The figure page of an analysis: spectrum, proxy with its window, error by order, verdict."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import numpy as np

from qgd.analysis.analyze import Analysis
from qgd.analysis.case import Missing
from qgd.analysis.verdict import criteria
from qgd.report.analysis_text import headline
from qgd.report.palette import BLUE, GREEN, ORANGE, RED
from qgd.spectra.density import density

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {True: GREEN, False: RED, None: ORANGE}
_MARKS = {True: "yes", False: "no", None: "open"}
_FARTHEST = 4.0  # window shown at most, in units of T


def analysis_figure(found: Analysis) -> Figure:
    """Four panels on one page."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplots(2, 2)
    _density(axes[0, 0], found)
    _proxy(axes[0, 1], found)
    _orders(axes[1, 0], found)
    _verdict(axes[1, 1], found)
    figure.suptitle(
        f"{found.name}: {found.num_kept} of {found.num_weights} weights, "
        f"{found.settings.num_steps} steps, learning rate {found.learning_rate:g}"
    )
    return figure


def _density(axes: Axes, found: Analysis) -> None:
    spectrum = found.spectrum
    low, high = spectrum.extremes
    span = (high - low) or 1.0
    x = np.linspace(low - 0.05 * span, high + 0.05 * span, 800)
    curve = density(spectrum, x, 0.008 * span)
    axes.plot(x, curve.values, color=BLUE, lw=1.2, label=f"broadened by {curve.width:.2g}")
    floor = curve.values.max() * 1e-5
    if not spectrum.exact:
        lower = np.maximum(curve.lower, floor)
        axes.fill_between(x, lower, np.maximum(curve.upper, floor), color=BLUE, alpha=0.25, lw=0)
    for sign, colour, label in ((-1, RED, "divergent"), (1, GREEN, "dissipative")):
        nodes = spectrum.nodes[sign * spectrum.nodes > found.shares.cut]
        share = getattr(found.shares, label).fraction.value
        text = f"{label} {'modes' if spectrum.exact else 'nodes'}, {share:.1%}"
        marks = np.full(len(nodes), floor * 2.5)
        axes.plot(nodes, marks, "|", color=colour, ms=9, alpha=0.7, label=text)
    top = 2 / found.learning_rate
    if top < x[-1]:
        axes.axvline(top, color=ORANGE, lw=1, label="2 / learning rate")
    title = "Hessian on the kept weights, " + ("exact" if spectrum.exact else "95 % over probes")
    axes.set(xlabel="eigenvalue", ylabel="density", title=title, yscale="log")
    axes.set_ylim(floor, curve.values.max() * 30)
    axes.legend(frameon=False, fontsize="small", loc="upper right")


def _proxy(axes: Axes, found: Analysis) -> None:
    steps, end = found.settings.num_steps, found.proxy.window()[1]
    last = max(1.5 * steps, min(1.25 * end, _FARTHEST * steps))
    s = np.linspace(0, last, 200).tolist()
    low, high = found.proxy.interval(s)
    value = found.proxy(s)
    axes.plot(s, value, color=BLUE, label="P(s)")
    if not found.spectrum.exact:
        axes.fill_between(s, low, high, color=BLUE, alpha=0.25, lw=0)
    axes.axhline(1, color="grey", ls=":")
    axes.axvline(steps, color=ORANGE, lw=1.2, label=f"T = {steps}")
    if end > 0:
        ends = "endless" if math.isinf(end) else f"to step {end:.1f}"
        axes.axvspan(0, min(end, last), color=GREEN, alpha=0.12, lw=0, label=f"window, {ends}")
    top = float(np.max(value))
    if top > 50 * float(np.min(value)):
        axes.set_yscale("log")
    axes.set_xlim(0, last)
    axes.set(xlabel="step s", ylabel="mean growth of an error", title="Error proxy")
    axes.legend(frameon=False, fontsize="small")


def _orders(axes: Axes, found: Analysis) -> None:
    result = found.truncation
    axes.set_title("Truncation after T steps, of the distance from the pivot")
    if isinstance(result, Missing):
        text = "no order: " + result.reason.replace("`", "")
        _write(axes, [(text, "black")])
        return
    orders = np.arange(1, len(result.errors) + 1)
    unit = result.travelled or 1.0
    estimates = np.array(result.estimates) / unit
    shown = np.isfinite(estimates)
    axes.semilogy(orders[shown], estimates[shown], "s--", color=ORANGE, label="estimate")
    axes.semilogy(orders, np.array(result.errors) / unit, "o-", color=BLUE, label="true error")
    axes.axhline(result.tolerance, color="grey", ls=":", label="tolerance")
    if result.needed:
        label = f"needed order {result.needed}"
        axes.axvline(result.needed, color=GREEN, lw=1, label=label)
    axes.set(xlabel="Carleman order N", ylabel="relative error")
    axes.set_xticks(orders)
    axes.legend(frameon=False, fontsize="small")


def _verdict(axes: Axes, found: Analysis) -> None:
    judged = criteria(found)
    title = "\n".join(textwrap.wrap(f"Verdict: {headline(found)}", 60))
    axes.set_title(title, fontweight="bold", fontsize="medium")
    lines = [(f"{_MARKS[c.holds]}: {c.name}; {c.reason}", _COLOURS[c.holds]) for c in judged]
    state = found.state
    lines.append((f"history state of {state.total} qubits at order {state.order}", "black"))
    lines.append((f"resources: {_costs(found)}", "black"))
    _write(axes, [(text.replace("`", ""), colour) for text, colour in lines])


def _costs(found: Analysis) -> str:
    if isinstance(found.costs, Missing):
        return f"not counted; {found.costs.reason}"
    costs = found.costs.quantum
    resources = costs.resources
    return (
        f"{resources.qubits} qubits, kappa {costs.kappa.value if costs.kappa else 0:.3g}, "
        f"{resources.total_calls:.3g} calls, {resources.shots:.3g} shots, T "
        f"{costs.total_t_count:.3g} in all; plain descent: {found.costs.products:.3g} products"
    )


def _write(axes: Axes, lines: list[tuple[str, str]]) -> None:
    """Wrapped lines of text in an empty panel."""
    axes.set_axis_off()
    y = 0.96
    for text, colour in lines:
        wrapped = textwrap.wrap(textwrap.shorten(text, 260, placeholder=" ..."), 66)
        plain = "\n".join(wrapped).replace("$", r"\$")
        axes.text(0.0, y, plain, color=colour, va="top", fontsize=9.5, transform=axes.transAxes)
        y -= 0.052 * len(wrapped) + 0.045
