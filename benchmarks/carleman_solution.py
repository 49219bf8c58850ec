"""How fast is the truncated Carleman solution by graded evaluation, and how far does it reach?

Question: CPU time of x(1) of the truncated system (F_0 = 0), one thread, from the F's to the
answer, against `scipy.sparse.kron` code with `expm_multiply`; of 100 points of its trajectory; and
the time and memory of n = 10^6, N = 5, where the lifted dimension is 10^27.9.
Goal: at least 1000x for Burgers n=64 N=3, 500x for random n=100 N=3, 70x for each problem; 10 000x
for the trajectory of random n=100 N=3; n = 10^6 within 60 s and 2.5 GB.
Expected: all of it; both agree to the tolerance of the integration (`difference`).

    python benchmarks/carleman_solution.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time

import numpy as np
from carleman_problems import PROBLEMS, burgers, kron_lift, kron_matrix, random_sparse
from harness import in_own_process, write_result
from scipy.sparse.linalg import expm_multiply

LIMIT = 1800.0
POINTS = 100


def worker(make, n: int, order: int, points: int, repeats: int):  # type: ignore[no-untyped-def]
    """Medians of both, in turns; `points` = 1 is the final state alone."""
    import qgd

    F, x0 = make(n)
    times = np.linspace(0, 1, points + 1) if points > 1 else np.array([0.0, 1.0])

    def ours():  # type: ignore[no-untyped-def]
        system = qgd.PolynomialSystem([np.zeros(n), *F])
        return qgd.graded_integrate(system, order, x0, times, rtol=1e-8).solution()[1:]

    def rival():  # type: ignore[no-untyped-def]
        A, y = kron_matrix(F, order), kron_lift(x0, order)
        if points == 1:
            return expm_multiply(A, y)[None, :n]
        path = expm_multiply(A, y, start=0, stop=1, num=points + 1, endpoint=True)
        return path[1:, :n]

    methods = {"qgd": ours, "kron": rival}
    results = {"qgd": ours()}  # compiled
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(repeats):
        for name, method in methods.items():
            start = time.process_time()
            results[name] = method()
            seconds[name].append(time.process_time() - start)
    median = {name: float(np.median(values)) for name, values in seconds.items()}
    return {
        "points": points,
        "seconds": seconds,
        "median": median,
        "ratio": median["kron"] / median["qgd"],
        "difference": float(np.abs(results["qgd"] - results["kron"]).max()),
    }


def large(n: int, order: int):  # type: ignore[no-untyped-def]
    """Wall time and peak memory of one large system, its monomials' preparation included."""
    import qgd

    F, x0 = random_sparse(n)
    qgd.graded_integrate(qgd.PolynomialSystem([[0.0], [[-1.0]], [[0.1]]]), 2, [0.1], [0.0, 1.0])
    start = time.perf_counter()
    system = qgd.PolynomialSystem([np.zeros(n), *F])
    solution = qgd.graded_integrate(system, order, x0, [0.0, 1.0], rtol=1e-8)
    seconds = time.perf_counter() - start
    return {
        "wall_seconds": seconds,
        "peak_gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "evaluations": solution.evaluations,
        "tail": float(solution.tail(order - 1)[-1]),
        "norm": float(np.linalg.norm(solution.solution()[-1])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", nargs=2, metavar=("PROBLEM", "POINTS"))
    arguments = parser.parse_args()
    if arguments.worker:
        name, points = arguments.worker[0], int(arguments.worker[1])
        if name == "large":
            print(json.dumps(large(10**6, 5)))
        else:
            print(json.dumps(worker(*PROBLEMS[name], points, 3)))
        return
    if arguments.quick:
        print(json.dumps(worker(burgers, 6, 3, 5, 1)))
        print(json.dumps(large(1000, 3)))
        return
    jobs = [(name, 1) for name in PROBLEMS] + [("random n=100 N=3", POINTS), ("large", 1)]
    rows = []
    for name, points in jobs:
        title = "random n=10^6 N=5" if name == "large" else name
        os.environ["NUMBA_NUM_THREADS"] = "2" if name == "large" else "1"
        row = {"problem": title, **in_own_process(__file__, [name, str(points)], LIMIT)}
        rows.append(row)
        print(title, points, row.get("ratio"), row.get("wall_seconds"), file=sys.stderr)
    print(f"wrote {write_result('carleman_solution', {'rows': rows}, ['qgd', 'scipy', 'numba'])}")


if __name__ == "__main__":
    main()
