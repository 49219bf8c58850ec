"""How far do products, spectrum and graded trajectory of matrix factorisation reach on one core?

Question: CPU time and peak memory, rank 2 and 4 observations a row, of one Hessian-vector product
and a 30-step Lanczos quadrature at n = 10^8 weights, and of the graded Carleman trajectory, N = 4
and 20 steps, at n = 10^7; on data whose order shows its communities (windows of 32), on the same
data shuffled, and reordered again.
Goal: 0.4 CPU-s a product; 60 CPU-s and 7 GiB for the spectrum; 120 s and 8 GiB for the trajectory;
faster than the sparse block matrix of SciPy, which also stores 16 numbers an observation, and than
double backward in torch, at n = 4 10^6; faster than plain loops in Numba at ranks up to 64; beyond,
it is such loops.
Expected: all of it on an undisturbed core, where a product takes 1.1 to 1.2 times as long as a loop
that only passes over the same arrays (4.5 GB with the result, which is read before it is written),
1.4 to 1.5 times in float32; up to 0.6 s beside other work. The prototype (fixed strides in place of
indices) is timed in the same process: its 0.40 CPU-s of `reference` come from another machine.

    python benchmarks/factorisation_scale.py [--quick] [--jobs JOB ...]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time

import numpy as np
from factorisation_rivals import assembled, double_backward, passes_over, plain_loops, strided
from harness import RESULTS, cpu_times, in_own_process, write_result

LIMIT = 3600.0
NOISE = 0.1
RATE = 0.05
REFERENCE = {"product_cpu_seconds": 0.40, "spectrum_cpu_seconds": 58.5, "spectrum_gib": 6.2}


def planted(users: int, window: int | None, dtype: str):  # type: ignore[no-untyped-def]
    import qgd

    return qgd.planted_ratings(users, users, 2, window=window, noise=NOISE, dtype=dtype)  # type: ignore[arg-type]


def peak_gib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def away(weights: np.ndarray, size: float) -> np.ndarray:
    """The planted factors, disturbed by Gaussian noise, in place."""
    rng = np.random.default_rng(1)
    for start in range(0, weights.size, 1 << 20):
        piece = weights[start : start + (1 << 20)]
        piece += size * rng.standard_normal(len(piece), dtype=np.float32)
    return weights


def product(users: int, dtype: str, repeats: int):  # type: ignore[no-untyped-def]
    """One Hessian-vector product, in turns with a loop that only passes over the same arrays."""
    import qgd

    ratings, weights = planted(users, None, dtype)
    hessian = qgd.SparseFactorisation(ratings, 2).hessian_product(away(weights, 0.3))
    x, out = np.ones_like(weights), np.zeros_like(weights)
    once = passes_over(*hessian.loss.pattern, hessian.residual, hessian.weights, x, out)
    found = []
    for _ in range(repeats):
        found.append([cpu_times(call, 1)[1]["median"] for call in (lambda: hessian(x, out), once)])
    ours, floor = np.array(found).T
    return {
        "weights": weights.size,
        "cpu_seconds": {
            "median": float(np.median(ours)),
            "minimum": float(ours.min()),
            "maximum": float(ours.max()),
            "repeats": repeats,
        },
        "pass_over_the_same_arrays": float(np.median(floor)),
        "ratio_to_the_pass": float(np.median(ours / floor)),
        "peak_gib": peak_gib(),
    }


def spectrum(users: int, dtype: str, steps: int):  # type: ignore[no-untyped-def]
    """Lanczos quadrature without a stored basis, and what it says."""
    import qgd

    small = planted(200, None, dtype)
    qgd.factorisation_spectrum(
        qgd.SparseFactorisation(small[0], 2), small[1], exact_up_to=0, num_steps=3
    )  # compiled
    ratings, weights = planted(users, None, dtype)
    loss = qgd.SparseFactorisation(ratings, 2)
    weights = away(weights, 0.3)
    start, wall = time.process_time(), time.perf_counter()
    found = qgd.factorisation_spectrum(loss, weights, num_steps=steps, exact_up_to=0)
    seconds = time.process_time() - start
    classes = qgd.mode_shares(found, RATE, [1e-3])[0]
    numbers = qgd.factorisation_dissipation(qgd.FactorisationDescent(loss, RATE, weights))
    return {
        "weights": weights.size,
        "steps": steps,
        "cpu_seconds": seconds,
        "wall_seconds": time.perf_counter() - wall,
        "peak_gib": peak_gib(),
        "extremes_measured": found.extremes,
        "interval_proved": numbers.hessian_interval,
        "shares_at_relative_cut_0.001": {
            name: {"value": share.fraction.value, "bracket": share.bracket}
            for name, share in (
                ("dissipative", classes.dissipative),
                ("divergent", classes.divergent),
            )
        },
        "mean_eigenvalue": found.mean(lambda x: x).value,
        "cubic_norm_proved": numbers.cubic_norm,
        "row_sparsity": loss.row_sparsity(),
    }


def trajectory(users: int, order: int, steps: int):  # type: ignore[no-untyped-def]
    """Graded trajectory around the planted factors, and plain descent from the same start."""
    import qgd

    small = planted(200, None, "float64")
    tiny = qgd.FactorisationDescent(qgd.SparseFactorisation(small[0], 2), RATE, small[1])
    qgd.graded_factorisation(tiny, order, 0 * small[1], 1, homogenised=True)
    tiny.iterate(small[1], 1)  # compiled
    ratings, weights = planted(users, None, "float64")
    x = away(np.zeros_like(weights), 0.05)
    wall, start = time.perf_counter(), time.process_time()
    descent = qgd.FactorisationDescent(qgd.SparseFactorisation(ratings, 2), RATE, weights)
    solution = qgd.graded_factorisation(descent, order, x, steps, homogenised=True)
    result = {
        "weights": weights.size,
        "order": order,
        "steps": steps,
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - start,
        "peak_gib": peak_gib(),
    }
    truth, plain = cpu_times(lambda: descent.iterate(x, steps), 0)
    parts = solution.parts[-1]
    errors = []
    for k in range(order):
        truth -= parts[:, k]
        errors.append(float(np.linalg.norm(truth) / np.linalg.norm(x)))
    return {**result, "descent_cpu_seconds": plain["first"], "relative_error_of_order": errors}


def layout(users: int, repeats: int):  # type: ignore[no-untyped-def]
    """The same product on data in order, shuffled, and reordered."""
    import qgd

    ratings, weights = planted(users, None, "float64")
    rng = np.random.default_rng(0)
    shuffled = ratings.permuted(rng.permutation(users), rng.permutation(users))
    reordered, reordering = cpu_times(lambda: shuffled.reordered()[0], 0)
    named = {"in order": ratings, "shuffled": shuffled, "reordered": reordered}
    named["no communities"] = planted(users, users, "float64")[0]
    x, out = np.ones_like(weights), np.zeros_like(weights)
    seconds = {}
    for name, data in named.items():
        hessian = qgd.SparseFactorisation(data, 2).hessian_product(weights)
        seconds[name] = cpu_times(lambda h=hessian: h(x, out), repeats)[1]["median"]  # type: ignore[misc]
    return {
        "weights": weights.size,
        "cpu_seconds": seconds,
        "reordering_cpu_seconds": reordering["first"],
    }


def rivals(users: int, repeats: int):  # type: ignore[no-untyped-def]
    """Ours, the assembled sparse matrix, torch and the prototype's strides, in turns."""
    import qgd

    ratings, weights = planted(users, None, "float64")
    weights = away(weights, 0.3)
    hessian = qgd.SparseFactorisation(ratings, 2).hessian_product(weights)
    rng = np.random.default_rng(0)
    x, out = rng.standard_normal(weights.size), np.zeros_like(weights)
    memory = {"before": peak_gib()}
    methods = {"qgd": lambda: hessian(x, out)}
    ours = hessian(x)
    matrix, assembly = cpu_times(lambda: assembled(ratings, weights, hessian.residual), 0)
    memory["with the matrix"] = peak_gib()
    methods["scipy"] = lambda: matrix @ x
    difference = {"scipy": float(np.abs(matrix @ x - ours).max())}
    methods["prototype"] = strided(users)
    try:
        methods["torch"] = double_backward(ratings, weights, x)
        difference["torch"] = float(np.abs(methods["torch"]() - ours).max())
        memory["with torch"] = peak_gib()
    except ModuleNotFoundError:
        pass
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for method in methods.values():
        method()
    for _ in range(repeats):
        for name, method in methods.items():
            start = time.process_time()
            method()
            seconds[name].append(time.process_time() - start)
    median = {name: float(np.median(times)) for name, times in seconds.items()}
    return {
        "weights": weights.size,
        "median": median,
        "seconds": seconds,
        "ratio": {name: value / median["qgd"] for name, value in median.items()},
        "assembly_cpu_seconds": assembly["first"],
        "difference": difference,
        "peak_gib": memory,
    }


def ranks(users: int, repeats: int):  # type: ignore[no-untyped-def]
    """One product by rank, both types, in turns with plain loops over the places of a row."""
    import qgd

    found = []
    for rank in (1, 2, 3, 4, 8, 16, 32, 64, 128):
        for dtype in ("float64", "float32"):
            ratings, weights = qgd.planted_ratings(users, users, rank, noise=NOISE, dtype=dtype)
            hessian = qgd.SparseFactorisation(ratings, rank).hessian_product(away(weights, 0.3))
            rng = np.random.default_rng(0)
            x = rng.standard_normal(weights.size, dtype=np.float32).astype(dtype)
            out, other = np.zeros_like(x), np.zeros_like(x)
            loops = plain_loops(*hessian.loss.pattern, hessian.residual, weights, x, rank, other)
            seconds = []
            for _ in range(repeats + 1):
                calls = (lambda h=hessian, v=x, o=out: h(v, o)), loops  # type: ignore[misc]
                seconds.append([cpu_times(call, 1)[1]["median"] for call in calls])
            ours, theirs = np.array(seconds[1:]).T
            found.append(
                {
                    "rank": rank,
                    "dtype": dtype,
                    "cpu_seconds": float(np.median(ours)),
                    "plain_loops": float(np.median(theirs)),
                    "ratio": float(np.median(theirs / ours)),
                    "difference": float(np.abs(out - other).max() / np.abs(out).max()),
                }
            )
    return {"users": users, "products": found}


JOBS = {
    "product float64": lambda small: product(250 if small else 25_000_000, "float64", 7),
    "product float32": lambda small: product(250 if small else 25_000_000, "float32", 7),
    "spectrum float64": lambda small: spectrum(250 if small else 25_000_000, "float64", 30),
    "spectrum float32": lambda small: spectrum(250 if small else 25_000_000, "float32", 30),
    "trajectory": lambda small: trajectory(250 if small else 2_500_000, 4, 20),
    "layout": lambda small: layout(250 if small else 2_500_000, 5),
    "ranks": lambda small: ranks(250 if small else 100_000, 15),
    "rivals": lambda small: rivals(250 if small else 1_000_000, 5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", choices=JOBS, metavar="JOB")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, help="do these anew, keep the others")
    arguments = parser.parse_args()
    if arguments.worker or arguments.quick:
        for name in [arguments.worker] if arguments.worker else JOBS:
            print(json.dumps(JOBS[name](arguments.quick)))
        return
    os.environ.update(NUMBA_NUM_THREADS="1", OMP_NUM_THREADS="1")
    found = {}
    for name in arguments.jobs or JOBS:
        found[name] = {"job": name, **in_own_process(__file__, [name], LIMIT)}
        print(json.dumps(found[name]), file=sys.stderr)
    path = RESULTS / "factorisation_scale.json"
    if arguments.jobs and path.exists():
        found = {row["job"]: row for row in json.loads(path.read_text())["rows"]} | found
    rows = [found[name] for name in JOBS if name in found]
    payload = {"rows": rows, "reference": REFERENCE}
    print(
        f"wrote {write_result('factorisation_scale', payload, ['qgd', 'scipy', 'numba', 'torch'])}"
    )


if __name__ == "__main__":
    main()
