"""How long does the first call in a fresh process take when Numba's cache is warm?

Question: seconds of CPU time from the start of a process to the end of its first call of each main
function, at small size: the interpreter with NumPy, SciPy's sparse matrices and Numba apart
(`imports`), and all that `qgd` adds to it, its own imports and the loading of compiled kernels
included (`call`). Median over processes.
Goal: `call` at most 1 s.
Expected: a few tenths of a second each, for every kernel has one or two specialisations in the
cache, and no kernel that runs on several threads is loaded for a small problem.

    python benchmarks/first_call.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from harness import in_own_process, write_result

LIMIT = 600.0
PROCESSES = 7
FUNCTIONS = {
    "integrate": lambda qgd, flow, step: qgd.integrate(flow, [0.5, 0.2], [0.0, 0.5, 1.0]),
    "iterate": lambda qgd, flow, step: qgd.iterate(step, [0.5, 0.2], 10),
    "graded_integrate": lambda qgd, flow, step: qgd.graded_integrate(flow, 3, [0.5, 0.2], [0, 1]),
    "graded_iterate": lambda qgd, flow, step: qgd.graded_iterate(step, 3, [0.5, 0.2], 10),
    "carleman symmetric": lambda qgd, flow, step: qgd.carleman(flow, 3, basis="symmetric"),
}


def worker(name: str) -> dict[str, float]:
    """CPU seconds of the imports of others, and of everything of ours up to the first answer."""
    import numba  # noqa: F401
    import scipy.sparse.linalg  # noqa: F401

    imports = time.process_time()
    import qgd

    F = [np.zeros(2), -np.eye(2), 0.1 * np.ones((2, 4))]
    flow, step = qgd.PolynomialSystem(F), qgd.PolynomialMap([Fk / 10 for Fk in F])
    objects = time.process_time()
    FUNCTIONS[name](qgd, flow, step)
    end = time.process_time()
    return {"imports": imports, "objects": objects - imports, "call": end - imports}


def measure(name: str, processes: int):  # type: ignore[no-untyped-def]
    """Medians over processes, after one that fills the cache."""
    runs = [in_own_process(__file__, [name], LIMIT) for _ in range(processes + 1)][1:]
    failed = [run["status"] for run in runs if run["status"] != "ok"]
    if failed:
        return {"function": name, "status": failed[0]}
    parts = ("imports", "objects", "call")
    medians = {part: float(np.median([run[part] for run in runs])) for part in parts}
    return {"function": name, "status": "ok", **medians, "runs": [run["call"] for run in runs]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", choices=list(FUNCTIONS))
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(arguments.worker)))
        return
    if arguments.quick:
        print(json.dumps(measure("iterate", 1)))
        return
    rows = []
    for name in FUNCTIONS:
        rows.append(measure(name, PROCESSES))
        print(rows[-1], file=sys.stderr, flush=True)
    packages = ["qgd", "numba", "numpy", "scipy"]
    print(f"wrote {write_result('first_call', {'rows': rows}, packages)}")


if __name__ == "__main__":
    main()
