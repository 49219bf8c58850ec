"""What does a product with the lifted operator cost without its matrix?

Question: CPU time, one thread, and memory of y -> A y and of y -> A^T y by `carleman_operator`,
against the assembled CSR matrix in the same basis; the largest system it reaches.
Goal: at most 1.3 times the CSR time at every n and N; F_0 != 0 throughout.
Expected: parity, because a CSR product waits for its 12 bytes a non-zero, and memory some five to
ten times less, of which the factorials are 8 bytes a monomial and the index tables 4 N.

Both are timed in one process, in turns; the fastest of the rounds counts, for the reason that
whatever else runs on the machine only adds.

    python benchmarks/carleman_operator.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time

import numpy as np
from carleman_problems import PROBLEMS, burgers, random_sparse
from harness import in_own_process, write_result

LIMIT = 600.0
LARGE = {"random n=300 N=3": (random_sparse, 300, 3), "random n=4000 N=2": (random_sparse, 4000, 2)}


def worker(make, n: int, order: int, rounds: int, matrix: bool = True):  # type: ignore[no-untyped-def]
    """Fastest CPU times of a product, in turns."""
    import qgd

    F, _ = make(n)
    system = qgd.PolynomialSystem([np.full(n, 0.1), *F])
    start = time.process_time()
    A = qgd.carleman_operator(system, order)
    tables = time.process_time() - start
    y = np.random.default_rng(0).standard_normal(A.dimension)
    methods = {"operator": lambda: A @ y, "operator adjoint": lambda: A.rmatvec(y)}
    size = {"operator": A._up.nbytes + A._factorial.nbytes}
    found = {}
    if matrix:
        M = qgd.carleman(system, order, basis="symmetric").matrix
        M.sort_indices()
        methods |= {"csr": lambda: M @ y, "csr adjoint": lambda: M.T @ y}
        size["csr"] = M.data.nbytes + M.indices.nbytes + M.indptr.nbytes
        found["deviation"] = float(abs(A @ y - M @ y).max() / abs(M @ y).max())
    for method in methods.values():
        method()
    repeats = max(1, 5_000_000 // A.dimension // 50)
    times: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            start = time.process_time()
            for _ in range(repeats):
                method()
            times[name].append((time.process_time() - start) / repeats)
    best = {name: min(values) for name, values in times.items()}
    if matrix:
        found["ratio"] = best["operator"] / best["csr"]
        found["ratio_of_medians"] = float(np.median(times["operator"]) / np.median(times["csr"]))
        found["ratio_adjoint"] = best["operator adjoint"] / best["csr adjoint"]
        found["memory_ratio"] = size["csr"] / size["operator"]
    return {
        "dimension": A.dimension,
        "tables_seconds": tables,
        "seconds": best,
        "bytes": size,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        **found,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker")
    arguments = parser.parse_args()
    if arguments.worker:
        make, n, order = {**PROBLEMS, **LARGE}[arguments.worker]
        large = arguments.worker in LARGE
        print(json.dumps(worker(make, n, order, 3 if large else 15, matrix=not large)))
        return
    if arguments.quick:
        print(json.dumps(worker(burgers, 6, 3, 1)))
        return
    os.environ["NUMBA_NUM_THREADS"] = "1"
    rows = []
    for name in [*PROBLEMS, *LARGE]:
        row = {"problem": name, **in_own_process(__file__, [name], LIMIT)}
        rows.append(row)
        print(name, row.get("status"), row.get("ratio"), row.get("seconds"), file=sys.stderr)
    print(f"wrote {write_result('carleman_operator', {'rows': rows}, ['qgd', 'scipy', 'numba'])}")


if __name__ == "__main__":
    main()
