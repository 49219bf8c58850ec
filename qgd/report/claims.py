"""What the paper says of its figures, and what its own curves and ours say, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qgd.spectra.modes import worst_growth
from qgd.spectra.proxy import ErrorProxy
from qgd.spectra.published import UPLOAD, fit_published_proxy, published_figures

Result = dict[str, Any]
SYNTHETIC = "Generated images: this run shows that the machinery works, and nothing of the claims"


@dataclass(frozen=True)
class Claim:
    """One statement and the numbers beside it.

    Parameters
    ----------
    claim : str
        Of the paper, in our words.
    published : str
        What its digitised curves give.
    ours : str
        What the run gives.
    """

    claim: str
    published: str
    ours: str


def claims(figure: str, result: Result) -> list[Claim]:
    """Return the comparison for ``fig2`` or ``fig3`` of a result of `reproduce`.

    Shares are those of the modes beyond the cut of the proxy, by count: |lambda| > 0.4 in the
    published curves, the plan's fraction of the largest |lambda| in ours.
    """
    found = [_dominance(figure, result), _proxy(figure, result), _worst(figure, result)]
    if figure == "fig2":
        found += [_truncation(result), _accuracy(result), _literal()]
    return found


def claims_text(figure: str, result: Result) -> str:
    """The claims as text."""
    blocks = [f"{SYNTHETIC}.\n"] if result["synthetic"] else []
    for number, one in enumerate(claims(figure, result), 1):
        lines = f"{number}. {one.claim}", f"   published curves: {one.published}"
        blocks.append("\n".join((*lines, f"   this run: {one.ours}")))
    return "\n".join(blocks)


def dissipative_rows(result: Result) -> list[Result]:
    """Step, event and share of decaying modes, by count and in the trace, of every spectrum."""
    rows = []
    for row in result["spectra"]:
        share = row["shares"][1]
        up = share["dissipative"]["trace"] + share["overshooting"]["trace"]
        down = -share["divergent"]["trace"]
        rows.append(
            {
                "when": "before pruning" if row["event"] == "dense" else f"step {row['step']}",
                "step": row["step"],
                "event": row["event"],
                "modes": row["size"],
                "dissipative": share["dissipative_of_kept"],
                "trace_ratio": up / down if down > 0 else None,
                "least": row["least"],
                "greatest": row["greatest"],
            }
        )
    return rows


def _dominance(figure: str, result: Result) -> Claim:
    figures, rows = published_figures(), dissipative_rows(result)
    if figure == "fig3":
        share = 1 - figures.large.divergent_share()
        published = f"{share:.0%} of the modes dissipative: divergent ones are the majority"
        shown = rows
    else:
        steps = (0, 10, 50, 100, 190)
        shares = [1 - figures.spectra[step].divergent_share() for step in steps]
        each = [f"{share:.0%} at step {step}" for step, share in zip(steps, shares, strict=True)]
        published = (
            f"dissipative {', '.join(each)}: no domination by count, only a longer tail (at 0 and "
            "100 the broadened peak at zero leaks over the cut, half to each side)"
        )
        wanted = {0, 10, 50, 100, 190, rows[-1]["step"]}
        shown = [row for row in rows if row["step"] in wanted]
    ours = "; ".join(
        f"{row['when']} {row['dissipative']:.0%}"
        + (f", trace {row['trace_ratio']:.1f} : 1" if row["trace_ratio"] else "")
        + f", lambda in [{row['least']:.3g}, {row['greatest']:.3g}]"
        for row in shown
    )
    return Claim("Just after pruning, dissipative modes dominate the spectrum.", published, ours)


def _proxy(figure: str, result: Result) -> Claim:
    claim = "While the error proxy is below 1 there is a possible quantum speed-up."
    if figure == "fig3":
        fit = fit_published_proxy()
        proxy = ErrorProxy(published_figures().large.spectrum(), fit.learning_rate)
        published = (
            "no proxy is drawn; from the spectrum, with the eta fitted to figure 2, it is below 1 "
            f"until {proxy.window()[1]:.0f} steps, {proxy.least()[1]:.4f} at best"
        )
    else:
        fit = fit_published_proxy()
        drawn = published_figures().proxy
        at = int(drawn[:, 1].argmin())
        above = drawn[at:][drawn[at:, 1] >= 1][0, 0] - UPLOAD
        published = (
            f"below 1 until {above:.0f} steps after the upload, {drawn[at, 1]:.4f} at best; "
            f"recomputed from the published spectrum: rms {fit.rms:.4f} with eta = "
            f"{fit.learning_rate:.4f}, fitted"
        )
    return Claim(claim, published, "; ".join(_window(row) for row in result["proxies"]))


def _window(row: Result) -> str:
    parts = []
    for cut in row["cuts"]:
        end = cut["window_end"]
        until = "for ever" if end is None else f"until {end:.{0 if end >= 9.5 else 1}f} steps"
        until = "at no step" if end == 0 else until
        parts.append(f"{until} (cut {cut['relative']:g}), {cut['least_value']:.4f} at best")
    return f"uploaded at step {row['from']}, below 1 " + ", ".join(parts)


def _worst(figure: str, result: Result) -> Claim:
    eta = fit_published_proxy().learning_rate
    figures = published_figures()
    spectrum = (figures.large if figure == "fig3" else figures.spectra[UPLOAD]).spectrum()
    mean = float(ErrorProxy(spectrum, eta)([90])[0])
    worst = float(worst_growth(spectrum, eta, [90])[0])
    row = result["proxies"][0]
    return Claim(
        "The proxy stands for the growth of errors (it is a mean; a bound needs the worst mode).",
        f"after 90 steps the mean is {mean:.3g}, the worst mode {worst:.3g}",
        f"after 90 steps the mean is {_size(row['values'][90])}, "
        f"the worst mode {_size(row['worst'][90])}",
    )


def _size(value: float | None) -> str:
    return "beyond 1e308" if value is None else f"{value:.3g}"


def _truncation(result: Result) -> Claim:
    claim = "The proxy tells the error of the linearised dynamics."
    published = "no true error is shown"
    found = result["truncation"]
    if found is None:
        return Claim(claim, published, "no truncated trajectory: the network has kinks (ReLU)")
    proxy = np.array(result["proxies"][0]["values"], float)
    last = found["steps"][-1]
    bottom = int(np.clip(proxy[: last + 1].argmin(), 1, last))
    parts = [
        f"step {s}: proxy {proxy[s]:.4f}, true relative error "
        + ", ".join(f"{row[s - 1]:.2g} (N = {n})" for n, row in enumerate(found["relative"], 1))
        for s in sorted({min(2, last), max(bottom // 2, 1), bottom, last})
    ]
    verdict = "it rises while the proxy falls" if _opposed(found, proxy, bottom) else "together"
    return Claim(claim, published, "; ".join(parts) + f": {verdict}")


def _opposed(found: Result, proxy: Any, bottom: int) -> bool:
    rising = all(np.all(np.diff(row[1:bottom]) > 0) for row in found["relative"])
    return bool(rising and proxy[bottom] < proxy[1])


def _accuracy(result: Result) -> Claim:
    drawn = published_figures().accuracy
    after = [float(drawn[np.abs(drawn[:, 0] - step).argmin(), 1]) for step in (100, 500, 1000)]
    rows = [row for row in result["accuracy"] if row["event"] == "downloaded"]
    before = {row["step"]: row["train_accuracy"] for row in result["accuracy"] if not row["event"]}
    ours = ", ".join(
        f"{before[row['step']]:.3f} -> {row['train_accuracy']:.3f} (step {row['step']})"
        for row in (rows if len(rows) <= 3 else [rows[0], rows[len(rows) // 2], rows[-1]])
    )
    return Claim(
        "The loss of accuracy at downloads shrinks: the sparse network becomes useful.",
        "{:.3f}, {:.3f}, {:.3f} after the downloads at 100, 500 and 1000".format(*after),
        ours or "no download",
    )


def _literal() -> Claim:
    spectrum = published_figures().spectra[UPLOAD].spectrum()
    value = float(ErrorProxy(spectrum, 1.0, literal=True)([10])[0])
    return Claim(
        "Equation 7 as printed, |1 - lambda|^s without the learning rate, gives figure 2b.",
        f"it gives {value:.1e} after 10 steps of the published spectrum; the plot needs eta",
        "eta is in the proxy",
    )
