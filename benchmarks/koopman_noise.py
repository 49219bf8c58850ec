"""Does noise make the cutoff of the Fourier-Koopman lift converge?

Question: error of (E cos theta, E sin theta) at T = 3 against the cutoff K, for the energy of two
spins, L = -cos a cos b - 0.7 (sin a + sin b), from 1.84 rad beside the minimum, without noise and
with D = 0.02 and 0.1; next to it the proved bound (any start) and the CPU time.
Truth: D = 0 the flow itself (DOP853 of SciPy); D > 0 a lattice whose proved bound is below 1e-9.
Rival: Monte Carlo with 20 000 paths in the same run (stochastic Heun, h = 0.01).
Goal: D = 0 about 3e-2 at K = 16; D = 0.02 about 3e-3 at K = 16 and four digits at K = 32; D = 0.1
four digits at K = 16; the lattice inside five standard errors of Monte Carlo.
Expected: all of it; the bound falls with K as the error does, two orders of magnitude above it (it
holds for every start). Without noise it is larger than the means themselves.

    python benchmarks/koopman_noise.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
from harness import RESULTS, cpu_times, in_own_process, write_result
from scipy.integrate import solve_ivp

NOISES = [0.0, 0.02, 0.1]
CUTOFFS = [2, 4, 8, 12, 16, 24, 32, 40]
LARGE = {0.02: 56, 0.1: 44}
FLOOR = 1e-10  # integration errors; what lies below is not drawn
TIME = 3.0
PATHS = 20_000
LIMIT = 600.0


def problem() -> tuple[Any, Any]:
    """The loss and the start, beside the minimum at sin a = sin b = 0.7."""
    import qgd

    loss = qgd.TrigonometricLoss.products(
        [((0, 1), (), -1.0), ((), (0,), -0.7), ((), (1,), -0.7)], 2
    )
    return loss, np.arcsin(0.7) + np.array([1.4, -1.2])


def final(system, theta0):  # type: ignore[no-untyped-def]
    """Means at the end."""
    import qgd

    return qgd.lifted_integrate(system, theta0, [0.0, TIME], rtol=1e-11)[-1]


def truth(noise: float, quick: bool):  # type: ignore[no-untyped-def]
    """Means, and a bound of their error."""
    import qgd

    loss, theta0 = problem()
    if noise == 0:
        flow = solve_ivp(
            lambda t, x: -loss.gradient(x), (0, TIME), theta0, "DOP853", rtol=1e-12, atol=1e-13
        ).y[:, -1]
        return np.concatenate((np.cos(flow), np.sin(flow))), 1e-11
    large = qgd.koopman(loss, 20 if quick else LARGE[noise], noise=noise)
    return final(large, theta0), qgd.koopman_bound(large, TIME).value


def lattice(noise: float, quick: bool) -> dict[str, object]:
    """Error, bound and time for each cutoff."""
    import qgd

    loss, theta0 = problem()
    exact, exact_bound = truth(noise, quick)
    points = []
    for K in CUTOFFS[:3] if quick else CUTOFFS:
        system, assembly = cpu_times(lambda K=K: qgd.koopman(loss, K, noise=noise), 3)
        answer, solution = cpu_times(lambda system=system: final(system, theta0), 1 if quick else 3)
        bound, bounding = cpu_times(lambda system=system: qgd.koopman_bound(system, TIME), 0)
        points.append(
            {
                "cutoff": K,
                "dimension": system.dimension,
                "error": float(np.linalg.norm(answer - exact)),
                "bound": bound.value,
                "log_norm": system.log_norm if K <= 16 else None,
                "answer": answer.tolist(),
                "seconds": {
                    "assembly": assembly["median"],
                    "solution": solution["median"],
                    "bound": bounding["median"],
                },
            }
        )
    return {"truth": exact.tolist(), "truth_bound": exact_bound, "points": points}


def monte_carlo(noise: float, quick: bool) -> dict[str, object]:
    """Means of the paths, and how many standard errors they are off."""
    import qgd

    loss, theta0 = problem()
    exact, _ = truth(noise, quick)
    options = {"num_paths": 500 if quick else PATHS, "step_size": 0.05 if quick else 0.01}
    qgd.sample_langevin(loss, theta0, [0.0, 0.01], noise=noise, num_paths=2)  # compiled
    sample, seconds = cpu_times(
        lambda: qgd.sample_langevin(loss, theta0, [0.0, TIME], noise=noise, rng=1, **options), 0
    )
    mean, error = sample.mean[-1], sample.standard_error[-1]
    means, errors = (np.concatenate((z.real, z.imag)) for z in (mean, error))
    largest = float(np.max(np.abs(means - exact) / errors)) if noise > 0 else None
    return {
        **options,
        "answer": means.tolist(),
        "standard_errors": errors.tolist(),
        "error": float(np.linalg.norm(means - exact)),
        "largest_deviation_in_standard_errors": largest,
        "seconds": seconds["median"],
    }


def figure(rows: list[dict[str, Any]]) -> None:
    """Error and bound against the cutoff, one colour a noise; Monte Carlo as level lines."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(7, 4.6), layout="constrained")
    axes = page.subplots()
    lattices = [row for row in rows if row["method"] == "lattice"]
    for colour, row in zip(("tab:red", "tab:blue", "tab:green"), lattices, strict=True):
        D = row["noise"]
        K = [p["cutoff"] for p in row["points"]]
        error = [p["error"] if p["error"] > FLOOR else None for p in row["points"]]
        bound = [p["bound"] for p in row["points"]]
        axes.semilogy(K, error, "o-", color=colour, label=f"D = {D:g}")
        axes.semilogy(K, bound, ":", color=colour, label=f"D = {D:g}, proved, any start")
        sampled = next(r for r in rows if r["method"] == "monte carlo" and r["noise"] == D)
        if D > 0:
            label = f"D = {D:g}, Monte Carlo, {sampled['num_paths']} paths"
            axes.axhline(sampled["error"], color=colour, lw=0.8, ls="--", label=label)
    axes.set(
        xlabel="cutoff K",
        ylabel="error of (E cos, E sin), two angles",
        title="Noise makes the Fourier-Koopman lift converge (T = 3)",
        ylim=(FLOOR, 50),
    )
    axes.legend(fontsize=7, loc="lower left")
    page.savefig(RESULTS / "koopman_noise.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", nargs=3, metavar=("METHOD", "NOISE", "QUICK"))
    arguments = parser.parse_args()
    methods = {"lattice": lattice, "monte carlo": monte_carlo}
    if arguments.worker:
        method, noise, quick = arguments.worker
        print(json.dumps(methods[method](float(noise), quick == "1")))
        return
    rows = []
    for noise in NOISES[2:] if arguments.quick else NOISES:
        for method in methods:
            values = [method, str(noise), str(int(arguments.quick))]
            row = {"method": method, "noise": noise, **in_own_process(__file__, values, LIMIT)}
            rows.append(row)
            print(json.dumps(row), file=sys.stderr)
    if not arguments.quick:
        path = write_result("koopman_noise", {"rows": rows}, ["qgd", "numpy", "scipy", "numba"])
        figure(rows)
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
