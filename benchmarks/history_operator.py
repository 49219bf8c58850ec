"""How far does the polynomial level of a structured history system reach without its matrix?

Question: CPU time, one thread, and peak memory to build the history operator L, of L z and L^T z,
and of a whole inversion by QSVT, with the matrix that `HistorySystem.matrix` assembles and without
(`carleman_map`, `HistoryOperator`), for a dense map and for a ring with F_2 on the diagonal; the
largest n, N and T that each reaches in 8 GiB; every solver once where the matrix is refused.
Goal: everything that is refused with a matrix and whose vectors fit is solved within its proved
bound; never above 2 times the CSR time.
Expected: for dense maps products cost N n^(N+1) instead of n^(2N) a time, so factors of tens to
hundreds at N = 3; for two entries a row about parity, and memory 3 to 4 times less.

Found: dense n = 12, N = 3, T = 8 inverted in 1/16 of the time; refused with it from n = 16,
238 MB without at n = 64. The goal for two entries a row is missed at n = 1024: 2.4 times the CSR
time, in 1/5 of the memory.

Every method runs in a process of its own, told that 8 GiB are free. `error` is against the
recursion itself.

    python benchmarks/history_operator.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys

import numpy as np
from harness import cpu_times, in_own_process, write_result
from scipy.sparse import csr_array

FREE = 8 * 2.0**30
LIMIT = 420.0
# (kind, n, N, T, whether to solve): p = T - 1.
CASES = [
    ("dense", 4, 3, 8, True), ("dense", 12, 3, 8, True), ("dense", 16, 3, 8, False),
    ("dense", 32, 3, 8, True), ("dense", 64, 3, 8, False), ("dense", 32, 2, 8, True),
    ("dense", 64, 2, 8, True), ("dense", 128, 2, 8, False), ("dense", 16, 3, 2, False),
    ("dense", 16, 3, 128, False), ("dense", 4, 5, 4, False), ("dense", 10, 5, 4, False),
    ("ring", 64, 2, 8, True), ("ring", 1024, 2, 8, False), ("ring", 2048, 2, 8, False),
    ("ring", 64, 2, 1024, False), ("ring", 16, 5, 4, False),
]  # fmt: skip
QUICK = [("dense", 4, 2, 2, True), ("ring", 8, 2, 2, True)]
SOLVERS = ("QSVT", "LCU", "KernelReflection", "HHL", "FourierLCU", "Direct")
REFUSED = ("dense", 16, 3, 8)


def problem(kind: str, n: int):  # type: ignore[no-untyped-def]
    """A contraction, ||I + F_1|| = 0.9, and a start of norm 0.3."""
    import qgd

    rng, i = np.random.default_rng(n), np.arange(n)
    if kind == "dense":
        F1 = 0.9 * np.linalg.qr(rng.normal(size=(n, n)))[0] - np.eye(n)
        F2 = rng.normal(size=(n, n * n))
        F2 *= 0.05 / np.linalg.norm(F2, 2)
    else:
        ones = np.ones(n)
        F1 = csr_array((-0.3 * ones, (i, i)), shape=(n, n))
        F1 = F1 + csr_array((0.2 * ones, (i, i ^ 1)), shape=(n, n))
        F2 = csr_array((0.05 * ones, (i, i * n + i)), shape=(n, n * n))
    x0 = rng.normal(size=n)
    return qgd.PolynomialMap([np.zeros(n), F1, F2]), 0.3 * x0 / np.linalg.norm(x0)


def prepare(method: str, kind: str, n: int, order: int, T: int):  # type: ignore[no-untyped-def]
    """A history system, told how much memory there is."""
    import qgd
    from qgd.core import checks

    checks.available_memory = lambda: FREE
    step, x0 = problem(kind, n)
    lift = qgd.carleman if method == "matrix" else qgd.carleman_map
    return qgd.history_system(lift(step, order), x0, T, max(1, T - 1))


def product_times(system) -> dict[str, object]:  # type: ignore[no-untyped-def]
    from qgd.solvers.interface import products

    forward, backward = products(system)
    z = system.rhs / system.rhs_norm
    repeats = 3 if len(z) > 1e6 else 20
    forward(z), backward(z)
    return {
        "product_s": cpu_times(lambda: forward(z), repeats)[1]["median"],
        "adjoint_s": cpu_times(lambda: backward(z), repeats)[1]["median"],
    }


def inverted(system, name: str) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """One solver at polynomial level; HHL with an accuracy that its clock can reach."""
    import qgd

    accuracy = {"HHL": 0.05, "Direct": 0.0}.get(name, 1e-3)
    solver = qgd.Direct() if name == "Direct" else getattr(qgd, name)()
    if name != "Direct":
        from dataclasses import replace

        solver = replace(solver.with_epsilon(accuracy), level="polynomial")
    solved, times = cpu_times(lambda: solver.prepare(system), 0)
    truth = qgd.Direct().prepare(system).state.solution
    error = float(np.linalg.norm(solved.state.solution - truth))
    return {
        "solver": name, "solve_s": times["median"], "kappa": solved.kappa,
        "calls": solved.cost.block_encoding_calls + solved.cost.preliminary_calls,
        "bound": solved.bound.value, "bound_kind": solved.bound.kind.value, "error": error,
    }  # fmt: skip


def worker(method: str, kind: str, n: int, order: int, T: int, solvers: str) -> dict[str, object]:
    """Times and peak memory of one method on one system."""
    import qgd

    for one in ("matrix", "operator"):  # imports and compiled code come before the baseline
        warm = qgd.encode(prepare(one, "ring", 2, 1, 1), structure="structured")
        inverted(warm, "QSVT")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def build():  # type: ignore[no-untyped-def]
        from dataclasses import replace

        history = prepare(method, kind, n, order, T)
        encoded = qgd.encode(history, structure="structured")
        return replace(encoded, matrix=history.matrix) if method == "matrix" else encoded

    system, times = cpu_times(build, 0)
    found = {"dimension": len(system.rhs), "build_s": times["median"], **product_times(system)}
    found["solves"] = [inverted(system, name) for name in solvers.split(",") if name]
    found["peak_mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return found


def row(case: tuple, solvers: str) -> dict[str, object]:
    kind, n, order, T = case
    result: dict[str, object] = {
        "kind": kind, "n": n, "order": order, "num_steps": T, "padding": max(1, T - 1),
    }  # fmt: skip
    for method in ("matrix", "operator"):
        arguments = [method, kind, str(n), str(order), str(T), solvers]
        result[method] = in_own_process(__file__, arguments, LIMIT)
    print(json.dumps(result), file=sys.stderr, flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", nargs=6)
    arguments = parser.parse_args()
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    if arguments.worker:
        method, kind, n, order, T, solvers = arguments.worker
        print(json.dumps(worker(method, kind, int(n), int(order), int(T), solvers)))
        return
    cases = QUICK if arguments.quick else CASES
    rows = [row(tuple(case), "QSVT" if solve else "") for *case, solve in cases]
    if arguments.quick:
        print(json.dumps(rows))
        return
    rows.append(row(REFUSED, ",".join(SOLVERS)))
    payload = {"free_bytes": FREE, "rows": rows}
    print(f"wrote {write_result('history_operator', payload, ['qgd', 'numpy', 'scipy', 'numba'])}")


if __name__ == "__main__":
    main()
