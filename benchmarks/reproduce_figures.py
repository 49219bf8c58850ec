"""What do the paper's figures say, and what does the same experiment on digits say?

Question: figures 2 and 3 of arXiv:2303.03428, digitised, beside a run of the same loop (pre-train,
prune, sparse training with downloads) on digits: are dissipative modes dominant before and after
pruning, early and late; does the proxy follow the true truncation error; does accuracy survive?
Goal: the proxy recomputed from the published spectrum within rms 0.003 of the published curve,
first segment, with eta fitted (the only fitted number). Expected: 0.001 to 0.002 at eta = 0.011.
Writes reproduce_figures.json and .md, reproduce_fig2.png and reproduce_fig3.png; minutes. The
commands `qgd reproduce fig2` and `fig3` give the same numbers.
"""

from __future__ import annotations

import io
import sys
from dataclasses import asdict, replace
from typing import Any

from harness import RESULTS, write_result

from qgd.report.claims import claims, dissipative_rows
from qgd.report.reproduction import reproduction_page
from qgd.spectra.images import load_images
from qgd.spectra.networks import named_network
from qgd.spectra.published import fit_published_proxy, published_figures
from qgd.spectra.reproduction import reproduce
from qgd.spectra.reproduction_plan import ReproductionPlan, reproduction_plan


def plan(figure: str, quick: bool) -> ReproductionPlan:
    full = reproduction_plan(figure, "small")
    if not quick:
        return full
    training = replace(full.training, dense_steps=20, sparse_steps=20)
    if figure == "fig3":
        training = replace(training, sparse_steps=0)
    return replace(
        full,
        training=training,
        spectra_until=10,
        network="digits-mlp",
        num_steps=16,
        hessian_size=256,
        num_probes=2,
        exact_up_to=0,
        truncation_steps=min(full.truncation_steps, 5),
    )


def row(figure: str, quick: bool) -> dict[str, Any]:
    chosen = plan(figure, quick)
    model = named_network(chosen.network)
    result = reproduce(chosen, model, load_images(chosen.images))
    stream = io.BytesIO()
    reproduction_page(figure, result).savefig(stream, format="png", dpi=90)
    if not quick:
        (RESULTS / f"reproduce_{figure}.png").write_bytes(stream.getvalue())
    return {
        "figure": figure,
        "claims": [asdict(claim) for claim in claims(figure, result)],
        "dissipative": dissipative_rows(result),
        **{k: result[k] for k in ("proxies", "truncation", "accuracy", "plan", "data")},
    }


def page(payload: dict[str, Any]) -> str:
    """The results page in Markdown: figures, claims, and the shares of every spectrum."""
    fit = payload["published_proxy"]
    lines = [
        "# Figures 2 and 3 of the paper, beside the same experiment on digits",
        "",
        f"Source of the digitised curves: {payload['source']}. Ours: `qgd reproduce fig2` and "
        "`fig3`, `--preset small`. The proxy recomputed from the published spectrum at step 10 "
        f"has rms {fit['rms']:.4f} against the published curve (goal {fit['goal']:g}), with one "
        f"fitted number, eta = {fit['learning_rate_fitted']:.4f}.",
    ]
    for row in payload["rows"]:
        cut = row["plan"]["cut"]
        name = "Figure 2" if row["figure"] == "fig2" else "Figure 3"
        lines += ["", f"## {name}", "", f"![{name}](reproduce_{row['figure']}.png)", ""]
        lines += ["| the paper says | its curves say | this run says |", "|---|---|---|"]
        for c in row["claims"]:  # a stroke would end the cell
            cells = (c[k].replace("|", "\\|") for k in ("claim", "published", "ours"))
            lines.append(f"| {' | '.join(cells)} |")
        network, few = row["plan"]["network"], row["plan"]["exact_up_to"]
        text = f"Modes with |lambda| above {cut:g} of the largest, {network}"
        lines += ["", f"{text}; by Lanczos where there are more than {few}:"]
        lines += ["", "| when | modes | dissipative | trace + : - | least, greatest lambda |"]
        lines += ["|---|---|---|---|---|"]
        for one in row["dissipative"]:
            ratio = "no negative" if one["trace_ratio"] is None else f"{one['trace_ratio']:.1f}"
            lines.append(
                f"| {one['when']} {one['event'] if one['step'] else ''} | {one['modes']} | "
                f"{one['dissipative']:.1%} | {ratio} | {one['least']:.3f}, {one['greatest']:.3f} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    quick = "--quick" in sys.argv
    fit = fit_published_proxy()
    rows = [row(figure, quick) for figure in ("fig2", "fig3")]
    for found in rows:
        for claim in found["claims"]:
            print(f"{claim['claim']}\n  published: {claim['published']}\n  ours: {claim['ours']}")
    print(f"published proxy: eta = {fit.learning_rate:.5f} fitted, rms {fit.rms:.5f}")
    if quick:
        return
    payload = {
        "source": published_figures().source,
        "published_proxy": {
            "learning_rate_fitted": fit.learning_rate,
            "rms": fit.rms,
            "goal": 0.003,
        },
        "rows": rows,
    }
    (RESULTS / "reproduce_figures.md").write_text(page(payload))
    print(write_result("reproduce_figures", payload, ["torch", "numpy", "scikit-learn"]))


if __name__ == "__main__":
    main()
