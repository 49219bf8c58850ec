"""How far above the true truncation error is each proved bound?

Question: bound / true error of every theorem that applies, for the problems of the zoo (descent and
gradient flow, expanded at the origin and where the descent ends) and random systems.
Goal: median of the tightest bound at most 20.
Expected: the difference of two orders is within a few per cent; the recursions within a factor of
ten; closed forms in the tens to hundreds; published forms that are linear in time in the thousands.

`best` is the tightest of all, `best a priori` leaves out the bound that runs a higher order. True
errors below 1e-11 are left out: double precision does not resolve them.

    python benchmarks/bound_tightness.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from harness import RESULTS, write_result

import qgd
from qgd.problem.zoo import zoo

RESOLVED = 1e-11


def zoo_cases(orders: Iterable[int]) -> Iterator[tuple[str, Any, np.ndarray, int, float]]:
    """Name, system, start, order, duration; around two points of expansion."""
    for problem in zoo().values():
        loss, start, eta, T = (
            problem.loss,
            problem.start,
            problem.learning_rate,
            problem.num_steps,
        )
        if isinstance(loss, qgd.LogisticLoss):
            loss = qgd.surrogate_descent(loss, start, eta, T).surrogate.loss
        descent, flow = qgd.gradient_descent(loss, eta), qgd.gradient_flow(loss)
        end = qgd.iterate(descent, start, 40 * T)[-1]
        for place, centre in (("origin", 0 * start), ("end", end)):
            for kind, system, duration in (("map", descent, T), ("flow", flow, eta * T)):
                moved = qgd.shift(system, centre)[0]
                for order in orders:
                    yield (
                        f"{problem.name}/{place}/{kind}", moved, start - centre, order, duration
                    )  # fmt: skip


def random_cases(count: int) -> Iterator[tuple[str, Any, np.ndarray, int, float]]:
    """Dissipative systems of degree two and three, normal and not, every second one forced."""
    rng = np.random.default_rng(7)
    for index in range(count):
        n, order = int(rng.integers(1, 4)), int(rng.integers(1, 5 if index % 3 else 4))
        rate = 10 ** rng.uniform(-1.3, -0.3)
        M = rng.normal(size=(n, n))
        M = (M + M.T) / 2 if index % 4 < 2 else M
        linear = -rate * np.eye(n) + 0.3 * rate * M / np.linalg.norm(M, 2)
        F = [np.zeros(n), linear]
        F.append(rng.normal(size=(n, n * n)))
        radius = rng.uniform(0.1, 0.6) * rate / np.linalg.norm(F[2], 2)
        if index % 5 == 0:
            F.append(0.3 * rate / radius**2 * rng.normal(size=(n, n**3)) / n**2)
        x0 = rng.normal(size=n)
        x0 *= radius / np.linalg.norm(x0)
        if index % 2:
            F[0] = rng.normal(size=n) * 0.1 * rate * np.linalg.norm(x0)
        kind = ("map", "flow")[index // 2 % 2]
        duration = int(rng.integers(2, 30))
        system = qgd.PolynomialMap(F) if kind == "map" else qgd.PolynomialSystem(F)
        yield f"random-{index}/{kind}", system, x0, order, duration


def true_error(system: Any, x0: np.ndarray, order: int, duration: float) -> float:
    """||x - y|| by the classical reference and the truncated embedding."""
    if isinstance(system, qgd.PolynomialSystem):
        truth = qgd.integrate(system, x0, [0.0, duration]).final
        lifted = qgd.carleman(system, order, basis="isometric")
        times = [0.0, duration]
        y = qgd.lifted_integrate(lifted, x0, times, rtol=1e-13)[-1]
    else:
        truth = qgd.iterate(system, x0, duration)[-1]
        y = qgd.truncated_solution(system, order, x0, duration)
    return float(np.linalg.norm(truth - y))


def compare(name: str, system: Any, x0: np.ndarray, order: int, duration: float) -> dict[str, Any]:
    """One row: the error, every bound over it, and what was refused."""
    error = true_error(system, x0, order, duration)
    key = "time" if isinstance(system, qgd.PolynomialSystem) else "num_steps"
    row: dict[str, Any] = {"system": name, "order": order, "error": error}
    try:
        found = qgd.tightest_bound(system, x0, order, **{key: duration})
    except qgd.QGDError as refusal:
        return {**row, "status": str(refusal)[:200], "ratios": {}, "refused": {}}
    ratios = {bound: value.value / error for bound, value in found.bounds.items()}
    ratios["best"] = min(ratios.values())
    a_priori = [value for bound, value in ratios.items() if bound not in ("two_orders", "best")]
    if a_priori:
        ratios["best a priori"] = min(a_priori)
    return {**row, "status": "ok", "ratios": ratios, "refused": found.refused}


def summarise(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Count, least, median and 90 % quantile of the ratios, by bound."""
    names = {name for row in rows for name in row["ratios"]}
    table = {}
    for name in names:
        values = sorted(row["ratios"][name] for row in rows if name in row["ratios"])
        table[name] = {
            "systems": len(values),
            "least": values[0],
            "median": statistics.median(values),
            "ninety": float(np.quantile(values, 0.9)),
        }
    return dict(sorted(table.items(), key=lambda item: item[1]["median"]))


def row(case: tuple[str, Any, np.ndarray, int, float]) -> dict[str, Any] | None:
    """A row whose error is resolved and whose system truncates anything at all, else nothing."""
    try:
        resolved = true_error(*case[1:]) > RESOLVED
    except qgd.QGDError:
        return None  # the iteration itself diverges
    return compare(*case) if resolved else None


def run(cases: Iterable[tuple[str, Any, np.ndarray, int, float]], workers: int = 1):  # type: ignore[no-untyped-def]
    """All rows, in the order of the cases."""
    if workers == 1:
        return [found for found in map(row, cases) if found]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return [found for found in pool.map(row, cases) if found]


def figure(rows: list[dict[str, Any]]) -> None:
    """Ratio of every bound, one column a bound, one point a system."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(11, 4.8), layout="constrained")
    for axis, kind in zip(page.subplots(1, 2, sharey=True), ("map", "flow"), strict=True):
        chosen = [row for row in rows if row["system"].endswith(kind)]
        table = summarise(chosen)
        rng = np.random.default_rng(0)
        for place, name in enumerate(table):
            values = np.array([row["ratios"][name] for row in chosen if name in row["ratios"]])
            spread = place + rng.uniform(-0.28, 0.28, len(values))
            colour = "tab:red" if name.startswith("best") else "tab:blue"
            axis.plot(spread, np.minimum(values, 1e12), ".", ms=3, alpha=0.5, color=colour)
            axis.plot([place - 0.4, place + 0.4], [table[name]["median"]] * 2, "k-", lw=2)
        axis.set_yscale("log")
        axis.set_ylim(0.5, 2e12)
        axis.axhline(1, color="0.6", lw=0.8)
        axis.axhline(20, color="tab:green", lw=0.8, ls="--")
        axis.set_xticks(range(len(table)), list(table), rotation=50, ha="right")
        axis.set_title(f"{kind}s: {len(chosen)} systems and orders")
    page.axes[0].set_ylabel("bound / true truncation error (bar: median)")
    page.savefig(RESULTS / "bound_tightness.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    if parser.parse_args().quick:
        print(json.dumps(summarise(run(random_cases(6)))))
        return
    rows = run([*zoo_cases((2, 3)), *random_cases(40)], workers=4)
    summary = summarise(rows)
    for name, numbers in summary.items():
        print(name, {key: float(f"{value:.3g}") for key, value in numbers.items()}, file=sys.stderr)
    unbounded = [row for row in rows if row["status"] != "ok"]
    print(f"{len(rows)} rows, {len(unbounded)} without a finite bound", file=sys.stderr)
    figure(rows)
    path = write_result(
        "bound_tightness", {"summary": summary, "rows": rows}, ["qgd", "numpy", "scipy"]
    )
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
