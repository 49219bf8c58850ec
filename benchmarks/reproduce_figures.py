"""What do the paper's figures say, and what does the same experiment on digits say?

Question: figures 2 and 3 of arXiv:2303.03428, digitised, beside a run of the same loop (pre-train,
prune, sparse training with downloads) on digits: are dissipative modes dominant before and after
pruning, early and late; does the proxy follow the true truncation error; does accuracy survive?
Goal: the proxy recomputed from the published spectrum within rms 0.003 of the published curve,
first segment, with eta fitted (the only fitted number). Expected: 0.001 to 0.002 at eta = 0.011.
Writes reproduce_figures.json, reproduce_fig2.png and reproduce_fig3.png; minutes. The commands
`qgd reproduce fig2` and `fig3` give the same numbers.
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
    print(write_result("reproduce_figures", payload, ["torch", "numpy", "scikit-learn"]))


if __name__ == "__main__":
    main()
