"""Pages of figures 2 and 3: the paper's digitised curves and a run of ours in the same axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from qgd.report.claims import SYNTHETIC, dissipative_rows
from qgd.report.palette import BLUE, GREY, ORANGE, RED
from qgd.spectra.density import density
from qgd.spectra.proxy import ErrorProxy
from qgd.spectra.published import (
    UPLOAD,
    PublishedDensity,
    fit_published_proxy,
    published_figures,
)
from qgd.spectra.spectrum import Spectrum, Tridiagonal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Result = dict[str, Any]
_SHOWN = (0, 10, 50, 90, 100, 110, 190)
_OFFSET = 25.0  # between stacked curves, in natural logarithms
_FLOOR = -20.0
_TALL = 3.0  # of the proxy; the published one ends at 1.14
_KAPPA, _STEPS = 1.25, 256  # of the paper's broadening


def reproduction_page(figure: str, result: Result) -> Figure:
    """One page for ``fig2`` or ``fig3`` of a result of `qgd.spectra.reproduction.reproduce`."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(12, 9) if figure == "fig2" else (12, 5), layout="constrained")
    plan = result["plan"]
    page.suptitle(
        f"{'Figure 2' if figure == 'fig2' else 'Figure 3'} of arXiv:2303.03428 (digitised, blue) "
        f"and {plan['network']} on {result['data']} (orange)"
        + (f"\n{SYNTHETIC}" if result["synthetic"] else "")
    )
    if figure == "fig2":
        axes = page.subplots(2, 2)
        _spectra(axes[0, 0], result)
        _proxies(axes[0, 1], result)
        _accuracy(axes[1, 0], result)
        _truncation(axes[1, 1], result)
    else:
        left, middle, right = page.subplots(1, 3)
        _large(left, result)
        _large_proxy(middle, result)
        _shares(right, result)
    return page


def _scaled(piece: tuple[Any, Any], eta: float) -> tuple[Any, Any]:
    return eta * piece[0], np.maximum(piece[1] - np.log(eta), _FLOOR)


def _curve(row: Result, eta: float) -> tuple[Any, Any]:
    """Logarithm of the density of eta lambda, broadened as the paper broadens its spectra."""
    x, w = np.array(row["nodes"]), np.array(row["weights"])
    spectrum = Spectrum(len(x), probes=(Tridiagonal(x, np.zeros(len(x)), w / w.sum()),))
    # One node alone (one product, or all modes alike) spans nothing: as if it were one of several.
    half = (x[-1] - x[0]) / 2 * 1.1 or max(abs(x[0]), 1e-6) / 2
    width = 2 / (_STEPS - 1) / np.sqrt(8 * np.log(_KAPPA)) * half
    grid = (x[-1] + x[0]) / 2 + half * np.linspace(-1, 1, 1024)
    values = density(spectrum, grid, width).values
    return eta * grid, np.maximum(np.log(np.maximum(values / eta, 1e-300)), _FLOOR)


def _spectra(axes: Axes, result: Result) -> None:
    eta, fitted = result["plan"]["training"]["learning_rate"], fit_published_proxy().learning_rate
    rows = {row["step"]: row for row in result["spectra"] if row["event"] != "dense"}
    shown = [step for step in _SHOWN if step in rows]
    for place, step in enumerate(shown):
        shift = _OFFSET * place
        for piece in published_figures().spectra[step].pieces:
            x, y = _scaled(piece, fitted)
            axes.plot(x, y + shift, color=BLUE, lw=1)
        x, y = _curve(rows[step], eta)
        axes.plot(x, y + shift, color=ORANGE, lw=1)
    axes.axvline(0, color=GREY, lw=0.5)
    axes.set_yticks([_OFFSET * i for i in range(len(shown))], [f"{step}" for step in shown])
    axes.set(
        xlabel=f"eta x eigenvalue (published: eta = {fitted:.4f}, fitted; ours: eta = {eta:g})",
        ylabel=f"step (each curve: ln density, 0 at its tick,\nnext tick {_OFFSET:g} higher)",
        title="a. Hessian spectra; left of 0 modes diverge",
    )


def _proxies(axes: Axes, result: Result) -> None:
    fit, drawn = fit_published_proxy(), published_figures().proxy
    axes.plot(drawn[:, 0] - UPLOAD, drawn[:, 1], color=BLUE, label="published curve")
    axes.plot(
        *(fit.steps, fit.fitted, "o"),
        color=BLUE,
        mfc="none",
        label=f"from the published spectrum,\neta = {fit.learning_rate:.4f} fitted, "
        f"rms {fit.rms:.4f}",
    )
    for row, style in zip(result["proxies"], ("-", "--", ":"), strict=False):
        label = f"ours, uploaded at step {row['from']}"
        values = np.array(row["values"], float)
        axes.plot(row["steps"], values, style, color=ORANGE, label=label)
    _below_one(axes, "b. Error proxy: mean |1 - eta lambda|^s beyond the cut")


def _below_one(axes: Axes, title: str) -> None:
    axes.axhline(1, color=GREY, lw=0.8)
    axes.set(xlabel="steps s since the upload", ylabel="error proxy", title=title, xlim=(-2, 92))
    if axes.get_ylim()[1] > _TALL:  # or nothing else can be told apart
        axes.set_ylim(0.5, _TALL)
        axes.set_ylabel(f"error proxy (up to {_TALL:g})")
    axes.legend(frameon=False, fontsize="small")


def _accuracy(axes: Axes, result: Result) -> None:
    drawn = published_figures().accuracy
    axes.plot(drawn[:, 0], drawn[:, 1], color=BLUE, lw=1, label="published, training")
    rows = [row for row in result["accuracy"] if row["step"] >= 0]
    steps = [row["step"] for row in rows]
    for part, colour in (("train", ORANGE), ("test", RED)):
        values = [row[f"{part}_accuracy"] for row in rows]
        name = "training" if part == "train" else "test"
        axes.plot(steps, values, color=colour, lw=1, label=f"ours, {name}")
    axes.set(
        xlabel="step of sparse training",
        ylabel="accuracy",
        ylim=(0, 1.02),
        title=f"c. Accuracy; downloads every {result['plan']['training']['period']} steps",
    )
    axes.legend(frameon=False, fontsize="small", loc="lower right")


def _truncation(axes: Axes, result: Result) -> None:
    axes.set(xlabel="steps s since the upload", title="d. Ours: proxy against true error")
    found = result["truncation"]
    if found is None:
        axes.text(0.5, 0.5, "no truncated trajectory:\nthe network has kinks (ReLU)", ha="center")
        axes.set(xticks=[], yticks=[])
        return
    for order, (row, style) in enumerate(zip(found["relative"], ("-", "--", ":"), strict=False), 1):
        axes.semilogy(found["steps"], row, style, color=RED, label=f"true error, N = {order}")
    # The first step is linear and exact but for rounding, which would take half of the axis.
    floor = min(row[min(1, len(row) - 1)] for row in found["relative"])
    axes.set_ylim(bottom=floor / 3)
    axes.set_ylabel("relative truncation error", color=RED)
    other = axes.twinx()
    row = result["proxies"][0]
    steps = found["steps"][-1] + 1
    other.plot(row["steps"][:steps], np.array(row["values"][:steps], float), color=ORANGE)
    other.set_ylabel("error proxy", color=ORANGE)
    axes.legend(frameon=False, fontsize="small", loc="lower right")


def _large(axes: Axes, result: Result) -> None:
    fitted, eta = fit_published_proxy().learning_rate, result["plan"]["training"]["learning_rate"]
    for index, piece in enumerate(published_figures().large.pieces):
        label = "published, 103 million weights" if index == 1 else None
        axes.plot(*_scaled(piece, fitted), color=BLUE, lw=1, label=label)
    for row in result["spectra"]:
        style = ":" if row["event"] == "dense" else "-" if row["step"] == 0 else "--"
        axes.plot(*_curve(row, eta), style, color=ORANGE, lw=1, label=f"ours, {_when(row)}")
    axes.axvline(0, color=GREY, lw=0.5)
    axes.set(
        xlabel=f"eta x eigenvalue\n(eta = {fitted:.4f} published, fitted; {eta:g} ours)",
        ylabel="ln density",
        title="Hessian spectrum; left of 0 modes diverge",
    )
    axes.legend(frameon=False, fontsize="small")


def _large_proxy(axes: Axes, result: Result) -> None:
    fit, large = fit_published_proxy(), published_figures().large
    steps = np.arange(91.0)
    proxy = ErrorProxy(large.spectrum(), fit.learning_rate)(steps.tolist())
    label = f"from the published spectrum,\neta = {fit.learning_rate:.4f} of figure 2"
    axes.plot(steps, proxy, color=BLUE, label=label)
    row = result["proxies"][0]
    values = np.array(row["values"], float)
    axes.plot(row["steps"], values, color=ORANGE, label="ours, just pruned")
    _below_one(axes, "Error proxy beyond the cut")


def _when(row: Result) -> str:
    if row["event"] == "dense":
        return "before pruning"
    return "just pruned" if row["step"] == 0 else f"step {row['step']}"


def _shares(axes: Axes, result: Result) -> None:
    figures: list[tuple[str, PublishedDensity]] = [("published\n103 M", published_figures().large)]
    names = [name for name, _ in figures]
    values = [1 - curve.divergent_share() for _, curve in figures]
    colours = [BLUE]
    for row in dissipative_rows(result):
        names.append(f"ours\n{_when(row)}")
        values.append(row["dissipative"])
        colours.append(ORANGE)
    bars = axes.bar(names, values, color=colours)
    axes.bar_label(bars, [f"{value:.0%}" for value in values])
    axes.axhline(0.5, color=GREY, lw=0.8)
    axes.set(ylim=(0, 1), ylabel="share by count", title="Dissipative modes beyond the cut")
