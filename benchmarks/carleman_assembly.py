"""How fast, and how small, is the Carleman matrix in the basis of monomials?

Question: CPU time and memory of assembly, one thread, against straightforward `scipy.sparse.kron`
code in the Kronecker basis, which holds every monomial up to N! times.
Goal: at least 80x, 30x, 10x, 10x, 4x faster (in the order of the table); memory at most 1/60, 1/16,
1/5.5 and 1/2 for N = 5, 4, 3, 2.
Expected: the ratio tends to N! with N, and the time to 20 ns a non-zero.

Both are timed in one process, in turns; the system's own preparation (list of monomials) counts.

    python benchmarks/carleman_assembly.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

import numpy as np
from carleman_problems import PROBLEMS, burgers, kron_matrix
from harness import in_own_process, write_result

LIMIT = 600.0


def nbytes(matrix):  # type: ignore[no-untyped-def]
    """Bytes of a CSR matrix."""
    return matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes


def worker(make, n: int, order: int, repeats: int):  # type: ignore[no-untyped-def]
    """Median CPU times of both, in turns."""
    import qgd

    F, _ = make(n)

    def ours():  # type: ignore[no-untyped-def]
        system = qgd.PolynomialSystem([np.zeros(n), *F])
        return qgd.carleman(system, order, basis="symmetric").matrix

    methods = {"qgd": ours, "kron": lambda: kron_matrix(F, order)}
    times: dict[str, list[float]] = {name: [] for name in methods}
    matrices = {name: method() for name, method in methods.items()}
    for _ in range(repeats):
        for name, method in methods.items():
            start = time.process_time()
            method()
            times[name].append(time.process_time() - start)
    median = {name: float(np.median(values)) for name, values in times.items()}
    size = {name: nbytes(matrix) for name, matrix in matrices.items()}
    return {
        "seconds": times,
        "median": median,
        "ratio": median["kron"] / median["qgd"],
        "nonzeros": {name: int(matrix.nnz) for name, matrix in matrices.items()},
        "bytes": size,
        "memory_ratio": size["kron"] / size["qgd"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker")
    arguments = parser.parse_args()
    if arguments.worker:
        make, n, order = PROBLEMS[arguments.worker]
        print(json.dumps(worker(make, n, order, 7)))
        return
    if arguments.quick:
        print(json.dumps(worker(burgers, 6, 3, 1)))
        return
    os.environ["NUMBA_NUM_THREADS"] = "1"
    rows = []
    for name in PROBLEMS:
        row = {"problem": name, **in_own_process(__file__, [name], LIMIT)}
        rows.append(row)
        print(name, row.get("ratio"), row.get("memory_ratio"), file=sys.stderr)
    print(f"wrote {write_result('carleman_assembly', {'rows': rows}, ['qgd', 'scipy', 'numba'])}")


if __name__ == "__main__":
    main()
