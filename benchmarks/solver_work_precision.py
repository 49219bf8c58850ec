"""How many calls of the block encoding does each solver need for a given error?

Question: work against precision on the history system of the main job (breast-cancer, 4 weights,
order 3, 16 steps, 15 idle rows; 2688 unknowns), solver by solver.
Work: calls of one coherent run, and calls divided by the success probability (repeat until the
flags read zero). Precision: relative error of the history vector and absolute error of x(T),
against sparse LU; and the bound that the solver stated beforehand.
Rival: the same QSVT with pyqsp's own polynomial for 1/x.
Expected: QSVT and the Chebyshev sum need about kappa log(kappa / epsilon) calls; the series of
Childs, Kothari and Somma a few times more; evolutions (Fourier) an order of magnitude more; HHL
1 / sqrt(epsilon) more; pyqsp's polynomial some 15 times the optimal degree.

    python benchmarks/solver_work_precision.py [--quick]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys

import numpy as np
from harness import RESULTS, cpu_times, in_own_process, write_result

EPSILONS = [1e0, 1e-1, 1e-2, 1e-4, 1e-6, 1e-8]
METHODS = {
    "QSVT": EPSILONS,
    "LCU": EPSILONS,
    "LCU (CKS series)": EPSILONS,
    "FourierLCU": EPSILONS,
    "HHL": [3e0, 1e0, 3e-1, 1e-1, 3e-2],
    "QSVT, pyqsp polynomial": [1e0, 1e-1, 1e-2, 1e-4],
}
LIMIT = 900.0


def problem(quick: bool):  # type: ignore[no-untyped-def]
    """History system of the main job (or a small one) and its encoding."""
    import qgd
    from qgd.pipeline.embed import embed
    from qgd.pipeline.experiment import Settings, run_experiment
    from qgd.problem.datasets import load_dataset

    settings = Settings(solver="direct", readout="amplitudes", order=1 if quick else 3)
    first = run_experiment(load_dataset("breast-cancer"), settings).training.rounds[0]
    steps = 4 if quick else settings.num_steps
    embedded = embed(first.dynamics, first.start, steps, order=1 if quick else 3)
    return embedded.history, qgd.encode(embedded.history)


def worker(method: str, epsilon: float, quick: bool) -> dict[str, object]:
    """One point of one curve."""
    import qgd

    history, system = problem(quick)
    exact = qgd.Direct().prepare(system).state.solution
    if method == "QSVT, pyqsp polynomial":
        return rival(system, history, exact, epsilon)
    solver = {
        "QSVT": qgd.QSVT(epsilon),
        "LCU": qgd.LCU(epsilon),
        "LCU (CKS series)": qgd.LCU(epsilon, series="cks"),
        "FourierLCU": qgd.FourierLCU(epsilon),
        "HHL": qgd.HHL(epsilon=epsilon, table="reciprocal"),
    }[method]
    solved, times = cpu_times(lambda: solver.prepare(system), 3)
    state = solved.state
    return {
        "calls": solved.cost.block_encoding_calls,
        "qubits": system.encoding.num_qubits + solved.cost.qubits,
        "success_probability": state.success_probability,
        "bound": solved.bound.value / float(np.linalg.norm(exact)),
        **errors(history, state.solution, exact),
        "level": solved.level,
        "seconds": times,
        "kappa": solved.kappa,
    }


def rival(system, history, exact, epsilon):  # type: ignore[no-untyped-def]
    """QSVT with the polynomial pyqsp makes for the same kappa and epsilon."""
    from pyqsp.poly import PolyOneOverX

    from qgd.solvers.interface import apply_odd_chebyshev

    kappa = system.kappa_bound
    with contextlib.redirect_stdout(io.StringIO()):
        coefficients, scale = PolyOneOverX().generate(kappa, epsilon / kappa, return_scale=True)
    coefficients = np.asarray(coefficients, dtype=float)
    amplitudes, times = cpu_times(lambda: apply_odd_chebyshev(coefficients, system), 1)
    factor = system.rhs_norm / (scale * system.encoding.alpha)
    return {
        "calls": len(coefficients) - 1,
        "success_probability": float(np.linalg.norm(amplitudes) ** 2),
        **errors(history, factor * amplitudes, exact),
        "level": "polynomial",
        "seconds": times,
        "kappa": kappa,
    }


def errors(history, solution, exact):  # type: ignore[no-untyped-def]
    """Relative error of the history vector, absolute error of x(T)."""
    return {
        "relative_error": float(np.linalg.norm(solution - exact) / np.linalg.norm(exact)),
        "final_error": float(np.linalg.norm(history.final(solution) - history.final(exact))),
    }


def figure(rows: list[dict[str, object]]) -> None:
    """Error against calls, one curve a solver."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(9, 4.5), layout="constrained")
    left, right = page.subplots(1, 2, sharey=True)
    for marker, method in zip("os^vDx", METHODS, strict=True):
        points = [row for row in rows if row["method"] == method and row["status"] == "ok"]
        if not points:
            continue
        error = [row["relative_error"] for row in points]
        left.loglog([row["calls"] for row in points], error, marker + "-", label=method)
        repeated = [row["calls"] / row["success_probability"] for row in points]
        right.loglog(repeated, error, marker + "-", label=method)
    left.set(xlabel="calls of one run", ylabel="relative error of the history vector")
    right.set(xlabel="calls / success probability")
    page.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    page.suptitle("Work and precision on the main job's history system")
    page.savefig(RESULTS / "solver_work_precision.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", nargs=3, metavar=("METHOD", "EPSILON", "QUICK"))
    arguments = parser.parse_args()
    if arguments.worker:
        method, epsilon, quick = arguments.worker
        print(json.dumps(worker(method, float(epsilon), quick == "1")))
        return
    rows = []
    for method, epsilons in METHODS.items():
        for epsilon in epsilons[:1] if arguments.quick else epsilons:
            values = [method, str(epsilon), str(int(arguments.quick))]
            row = {"method": method, "epsilon": epsilon, **in_own_process(__file__, values, LIMIT)}
            rows.append(row)
            print(json.dumps(row), file=sys.stderr)
    if not arguments.quick:
        path = write_result("solver_work_precision", {"rows": rows}, ["qgd", "pyqsp"])
        figure(rows)
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
