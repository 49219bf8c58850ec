"""What does the quantum run cost where the paper's hypotheses hold, as the weights grow?

Question: sparse matrix factorisation has rows of at most 20 terms whatever n, most modes dissipate
and order 2 meets one per cent. How do calls, gates of a call, shots and the multiplications of
plain descent grow with n, (a) for a start at a fixed distance from the planted factors, (b) for a
fixed disturbance of each weight, whose distance grows as sqrt(n)?
Expected from the paper: O(T polylog n), if a call takes polylog n. Expected here: calls of a run
nearly constant in (a), where the problem turns linear as n grows (a fixed distance is less and less
for each weight), and growing as sqrt(n) in (b), where it does not: with a unit of length r, the
block that lowers the level has the norm r ||G_2||, and the second level of a solution x is
||x|| / r times as large as the first. T gates of a call grow at least in proportion to n, for the
observations have no pattern and are read from a table (Theorem 7.12); shots for all n weights in
proportion to n. So the download of all weights never pays; that of one number does in (a) beyond
some n, if reading the table took no longer than one multiplication (a QRAM). That n is extrapolated
along the line of calls. Plain descent takes 3 r + 1 products for each observation and step.

    python benchmarks/factorisation_costs.py [--quick] [--users 16 32 ... 2048]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time

import numpy as np
from harness import in_own_process, write_result

RATE, STEPS, ORDER, ERROR = 0.1, 20, 2, 0.01
DISTANCE, SPREAD = 0.5, 0.06
USERS = [16, 32, 64, 128, 256, 512, 1024, 2048]
LIMIT = 1500.0


def row(start: str, users: int) -> dict[str, object]:
    """Costs at one size, all weights downloaded within one per cent of the distance."""
    import qgd
    from qgd.analysis.costs import RunCosts, run_costs
    from qgd.analysis.factorisation_case import FactorisationCase

    ratings, weights = qgd.planted_ratings(users, users, window=min(32, users))
    offset = np.random.default_rng(0).standard_normal(len(weights))
    size = SPREAD if start == "weight" else DISTANCE / float(np.linalg.norm(offset))
    case = FactorisationCase(
        "planted", qgd.SparseFactorisation(ratings, 2), weights, size * offset, RATE
    )
    travelled = size * float(np.linalg.norm(offset))
    run = case.trajectory(ORDER + 1, STEPS, lambda done, total: None)
    spectrum = case.spectrum(1500, 64, 6, lambda done, total: None)
    share = qgd.mode_shares(spectrum, RATE, [1e-3])[0].dissipative.fraction.value
    clock = time.process_time()
    found = run_costs(case, ORDER, STEPS, ERROR, travelled)
    assert isinstance(found, RunCosts), found
    costs, resources = found.quantum, found.quantum.resources
    n = case.num_weights
    for_one = resources.total_calls / n  # the shots are in proportion to what is read
    return {
        "weights": n,
        "distance": travelled,
        "true_error_of_distance": run.true_error(order=ORDER).value / travelled,
        "dissipative_share": share,
        "kappa": costs.kappa.value if costs.kappa else None,
        "alpha": costs.alpha,
        "qubits": resources.qubits,
        "calls_of_a_run": resources.block_encoding_calls,
        "t_of_a_call": costs.t_count / resources.block_encoding_calls,
        "shots": resources.shots,
        "total_calls": resources.total_calls,
        "total_t": costs.total_t_count,
        "descent_products": found.products,
        "slowdown": resources.total_calls / found.products,
        "calls_for_one_number": for_one,
        "break_even_weights_extrapolated": for_one * n / found.products,
        "cpu_seconds": time.process_time() - clock,
    }


def exponents(rows: list[dict[str, object]]) -> dict[str, float]:
    """Slopes of log-log lines over the larger half of the sizes."""
    names = ("kappa", "calls_of_a_run", "t_of_a_call", "shots", "total_calls", "total_t")
    kept = [r for r in rows if r["status"] == "ok"]
    kept = kept[len(kept) // 2 - 1 :]
    x = [math.log(float(str(r["weights"]))) for r in kept]
    return {
        name: float(np.polyfit(x, [math.log(float(str(r[name]))) for r in kept], 1)[0])
        for name in (*names, "descent_products")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--users", type=int, nargs="+", default=USERS)
    parser.add_argument("--worker", nargs=2)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(row(arguments.worker[0], int(arguments.worker[1]))))
        return
    if arguments.quick:
        print(json.dumps(row("distance", 4)))
        return
    rows: list[dict[str, object]] = []
    for start in ("distance", "weight"):
        for users in arguments.users:
            found = in_own_process(__file__, [start, str(users)], LIMIT)
            rows.append({"fixed": start, **found})
            print(rows[-1], file=sys.stderr)
    slopes = {
        start: exponents([r for r in rows if r["fixed"] == start])
        for start in ("distance", "weight")
    }
    settings = {"steps": STEPS, "order": ORDER, "relative_error": ERROR, "learning_rate": RATE}
    path = write_result(
        "factorisation_costs",
        {"settings": settings, "rows": rows, "exponents": slopes},
        ["qgd", "qiskit", "numpy", "scipy"],
    )
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
