"""How does the cost of a downloaded answer grow with the number of variables n and of steps T?

Question: T gates, and calls of the block encoding, of all runs that are needed to read x(T) with a
relative error of 5 % from the exact Carleman history (`estimate_resources`: circuits compiled part
by part, none of the answer's cost left out: condition number, norm search, final time, level 1,
shots). n = 2^2 ... 2^20 with entries computed on the index; T = 4 ... 4096 for an almost
dissipative, a dissipative and a divergent family, solver by solver, with and without idle rows.
Rivals in the same run: QSVT and the Chebyshev LCU with amplitude amplification, kernel reflection;
repeated instead of amplified; the unpadded system of Eq. 6 of arXiv:2303.03428.
Expected: total against log n a power between 1 and 3; power of T at most 1.1 for the almost
dissipative family with idle rows, about 0 once mu T >> 1, 2 without idle rows; exponential for the
divergent family.

Found: Toffoli gates of a call are a + b log2 n exactly, a polylogarithm of degree 1; because of a
their power of log n is 0.57 to 0.64 from n = 2^4 and about 0.7 from 2^10, below what was expected.
T gates hardly grow (0.03 to 0.06): most go into rotations whose number does not depend on n, above
all those by pi / 8 in Qiskit's NOT of three controls, of which a controlled step has ten.
Power of T, almost dissipative, no idle rows: 2.17 for amplified QSVT, 2.10 for the LCU (degree of
the polynomial 1.07, its success 0.56, the final time 0.54), 1.55 for kernel reflection, which has
no loss of success; 3.3 and 2.1 where runs are repeated instead. Idle rows take the share of the
final time away: 0.97 for kernel reflection, but 1.6 and 1.7 for the other two. Dissipation alone
does not give the power 0: kappa saturates with no or few idle rows, but then the final time costs
a power 1/2; with as many idle rows as steps kappa grows with them, power 1 (QSVT: 2.1). Power 0
needs a history that ends once x has come to rest. A dissipative flow that decays to zero has no
such end: at fixed relative error its cost is exponential in T, like that of the divergent family.

kappa = alpha / sigma_min is computed from the small history matrix (Lanczos on its inverse), and
shown beside the proved bound of Theorem 10.12; fits use the computed one and, apart, the bound.
Errors of truncation are left out: orders are fixed. Fits are least squares with 95 % intervals.

    python benchmarks/claim_scaling.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import replace
from typing import Any

import numpy as np
from harness import RESULTS, write_result
from scipy.sparse.linalg import LinearOperator, eigsh, splu
from scipy.stats import t as student

import qgd
from qgd.resources.gate_counts import t_count
from qgd.resources.instance import History, history_instance
from qgd.resources.runs import Run, amplification, count_run, reflections

ERROR = 0.05
SYNTHESIS = 1e-2
BURGERS = [(-1.1, [0]), (0.5, [1]), (0.5, [-1]), (-0.4, [0, 1]), (0.4, [0, -1])]
CUBIC = [(-1.1, [0]), (0.5, [1]), (0.5, [-1]), (-1.0, [0, 0, 0])]
LATTICES = {"Burgers ring": (BURGERS, "periodic"), "cubic open chain": (CUBIC, "open")}
SOLVERS: dict[str, qgd.LinearSolver] = {
    "QSVT": qgd.QSVT(),
    "LCU": qgd.LCU(),
    "kernel reflection": qgd.KernelReflection(),
}
TURN = np.array([[math.cos(0.3), -math.sin(0.3)], [math.sin(0.3), math.cos(0.3)]])
PAIR = np.array([[1.0, 0.5, 0.5, 0.0], [0.0, -0.5, 0.3, 1.0]]) / 2
# name: norm of the linear part, of the quadratic part, F_0, and the largest T
FAMILIES = {
    "almost dissipative": (1 - 1e-4, 5e-5, [0.0, 0.0], 4096),
    "dissipative, forced": (0.8, 0.02, [0.1, 0.05], 4096),
    "dissipative, to zero": (0.8, 0.02, [0.0, 0.0], 64),
    "divergent": (1.05, 5e-4, [0.0, 0.0], 64),
}
START = [0.4, 0.3]


def in_space(name: str, q: int, solver: str) -> dict[str, Any]:
    """One answer on a lattice of 2^q sites, T = 64, order 3."""
    terms, boundary = LATTICES[name]
    start = qgd.SparseVector(np.array([1]), np.array([0.5]))
    found = qgd.estimate_resources(
        qgd.Stencil(2**q, terms, boundary), start, 64, order=3, step_size=0.1, scale=0.1,
        solver=SOLVERS[solver], relative_error=ERROR, synthesis_error=SYNTHESIS, final_norm=0.25,
        support=8,
    )  # fmt: skip
    resources, gates = found.resources, found.resources.gates
    calls = resources.block_encoding_calls
    return {
        "sweep": "n",
        "family": name,
        "solver": solver,
        "q": q,
        "n": 2**q,
        "qubits": resources.qubits,
        "calls": resources.total_calls,
        "kappa_bound": found.kappa.value,
        "t_per_call": found.t_count / calls,
        "toffoli_per_call": gates.toffoli / calls,
        "cx_per_call": gates.cx / calls,
        "t_total": found.total_t_count + found.t_count / calls * resources.preliminary_calls,
        "toffoli_total": gates.toffoli / calls * resources.total_calls,
    }


def family(name: str) -> qgd.PolynomialMap:
    size, strength, offset, _ = FAMILIES[name]
    quadratic = strength / float(np.linalg.norm(PAIR, 2)) * PAIR
    return qgd.PolynomialMap([offset, size * TURN - np.eye(2), quadratic])


def paddings(name: str, T: int) -> dict[str, tuple[int, int]]:
    """Numbers of steps and of idle rows by strategy."""
    found = {"no idle rows": (T, 0), "idle rows": (T, T - 1)}
    if name == "dissipative, forced":
        step = family(name)
        last = float(np.linalg.norm(qgd.iterate(step, START, T)[-1]))
        slope = qgd.majorant(step).derivative(1.0)  # Lipschitz constant on the unit ball
        enough = math.ceil(math.log(ERROR / 4 * last / 2) / math.log(slope))
        found["few idle rows"] = (T, 15)
        short = min(T, enough)  # from here on x_k is x_T within a quarter of the error
        found["idle rows, stopped early"] = (short, short - 1)
    return found


def exact_inverse_norm(L: Any) -> float:
    """||L^-1||: Lanczos on L^-T L^-1 by triangular solves."""
    factor = splu(L.tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0)
    inverse = LinearOperator(
        L.shape, matvec=lambda v: factor.solve(factor.solve(v, trans="T")), dtype=float
    )
    start = np.random.default_rng(0).normal(size=L.shape[0])
    largest = eigsh(inverse, k=1, v0=start, tol=1e-6, return_eigenvectors=False)[0]
    return float(math.sqrt(largest))


def in_time(name: str, T: int) -> list[dict[str, Any]]:
    """All strategies and solvers at one T, order 2, two variables."""
    rows = []
    for strategy, (steps, p) in paddings(name, T).items():
        step = family(name)
        known = history_instance(
            step, START, steps, order=2, step_size=None, scale=1.0, padding=p, final_norm=None,
            encodings=None,
        )  # fmt: skip
        system = qgd.history_system(qgd.carleman(step, 2), START, steps, p)
        inverse = exact_inverse_norm(system.matrix)
        z = splu(system.matrix.tocsc(), permc_spec="NATURAL").solve(system.rhs)
        blocks = z.reshape(system.num_times, -1)
        final = float((blocks[steps:, :2] ** 2).sum() / (z @ z))
        alpha = known.instance.encoding.alpha
        head = {
            "sweep": "T",
            "family": name,
            "num_steps": T,
            "steps_in_system": steps,
            "padding": p,
            "strategy": strategy,
            "alpha": alpha,
            "kappa": alpha * max(1.0, inverse),
            "kappa_bound": known.kappa.value,
            "final_time_probability": final,
        }
        for solver in SOLVERS:
            numbers = {}
            for which in ("kappa", "kappa_bound"):
                instance = replace(
                    known.instance, kappa=head[which], solution_norm=float(np.linalg.norm(z))
                )
                numbers[which] = answer(replace(known, instance=instance), solver, final)
            by_bound = numbers["kappa_bound"]["calls"]
            row = {**head, "solver": solver, **numbers["kappa"], "calls_by_bound": by_bound}
            rows.append(
                {k: float(f"{v:.7g}") if isinstance(v, float) else v for k, v in row.items()}
            )
    return rows


def answer(history: History, name: str, final: float) -> dict[str, float]:
    """Calls and T gates of a download, amplified and repeated."""
    instance = history.instance
    size = instance.rhs_norm / instance.encoding.alpha
    epsilon = ERROR / 2 * history.final_norm * math.sqrt(history.padding + 1) / size
    run = count_run(SOLVERS[name].with_epsilon(epsilon), instance)
    kept = run.amplitude**2 * final
    rounds, amplified = amplification(math.sqrt(kept))
    wanted = 2 / (4 * (ERROR / 2) ** 2)  # kept shots for two entries
    repeats = (2 * rounds + 1) * wanted / amplified
    return {
        "degree": run.calls,
        "amplitude": run.amplitude,
        "calls": run.calls * repeats + run.preliminary_calls,
        "calls_repeated": run.calls * wanted / kept + run.preliminary_calls,
        "t_total": gates(history, run, rounds) * wanted / amplified,
    }


def gates(history: History, run: Run, rounds: int) -> float:
    """T gates of one amplified run, the norm search spread over the kept shots left out."""
    whole = (2 * rounds + 1) * run.gates
    if rounds:
        whole += rounds * reflections(history.instance.encoding, run)
    return float(t_count(whole, SYNTHESIS))


def fitted(x: Any, y: Any) -> dict[str, float]:
    """Slope of y against x with its 95 % interval."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    slope, offset = np.polyfit(x, y, 1)
    rest = y - slope * x - offset
    spread = math.sqrt(float(rest @ rest) / (len(x) - 2) / float(((x - x.mean()) ** 2).sum()))
    half = float(student.ppf(0.975, len(x) - 2)) * spread
    return {"slope": float(slope), "low": float(slope) - half, "high": float(slope) + half}


def space_fits(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Power of log n for n >= 2^4 and n >= 2^10, and a + b log2 n with its largest residual."""
    found = []
    for name in LATTICES:
        for solver in SOLVERS:
            mine = [r for r in rows if r["family"] == name and r["solver"] == solver]
            for count in ("t_total", "toffoli_total", "cx_per_call"):
                head = {"family": name, "solver": solver, "count": count}
                for least in (4, 10):
                    use = [r for r in mine if r["q"] >= least]
                    q, y = (np.array([float(r[key]) for r in use]) for key in ("q", count))
                    line = fitted(np.log(q), np.log(y))
                    found.append({"fit": "power of log n", **head, "from_q": least, **line})
                    if least == 4:
                        b, a = np.polyfit(q, y, 1)
                        worst = float(np.abs(a + b * q - y).max() / y.max())
                        straight = {"offset": float(a), "slope": float(b), "residual": worst}
                        found.append({"fit": "a + b log2 n", **head, "from_q": least, **straight})
    return found


def time_fits(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Power of T from 64 on; rate of an exponential where T ends at 64."""
    found = []
    sweeps = {(r["family"], r["strategy"], r["solver"]) for r in rows if r["sweep"] == "T"}
    counts = ("kappa", "kappa_bound", "degree", "amplitude", "final_time_probability", "calls",
              "calls_repeated", "t_total", "calls_by_bound")  # fmt: skip
    for name, strategy, solver in sorted(sweeps):
        mine = [
            r for r in rows
            if r["sweep"] == "T"
            and (r["family"], r["strategy"], r["solver"]) == (name, strategy, solver)
        ]  # fmt: skip
        power = FAMILIES[name][3] > 64
        use = [r for r in mine if r["num_steps"] >= (64 if power else 8)]
        for count in counts:
            x = [math.log(r["num_steps"]) if power else float(r["num_steps"]) for r in use]
            found.append(
                {"fit": "power of T" if power else "exponential rate in T", "family": name,
                 "strategy": strategy, "solver": solver, "count": count,
                 **fitted(x, [math.log(r[count]) for r in use])}
            )  # fmt: skip
    return found


def verdicts(fits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The expectations, each beside what was found."""

    def pick(**wanted: Any) -> list[float]:
        chosen = [f for f in fits if all(f.get(k) == v for k, v in wanted.items())]
        return [f["slope"] for f in chosen]

    almost, forced = {"family": "almost dissipative"}, {"family": "dissipative, forced"}
    kernel, calls = {"solver": "kernel reflection"}, {"count": "calls"}
    cases = [
        ("power of log n between 1 and 3, T gates",
         pick(fit="power of log n", from_q=4, count="t_total"), 1.0, 3.0),
        ("power of log n between 1 and 3, Toffoli gates",
         pick(fit="power of log n", from_q=4, count="toffoli_total"), 1.0, 3.0),
        ("at most linear in log n, Toffoli gates from 2^10 on",
         pick(fit="power of log n", from_q=10, count="toffoli_total"), -1.0, 1.05),
        ("power of T <= 1.1, almost dissipative, idle rows, kernel reflection",
         pick(strategy="idle rows", **almost, **kernel, **calls), -9.0, 1.1),
        ("power of T <= 1.1, almost dissipative, idle rows, QSVT and LCU amplified",
         [s for v in ("QSVT", "LCU") for s in
          pick(strategy="idle rows", solver=v, **almost, **calls)], -9.0, 1.1),
        ("power of T = 2 up to logarithms, almost dissipative, no idle rows, QSVT and LCU",
         [s for v in ("QSVT", "LCU") for s in
          pick(strategy="no idle rows", solver=v, **almost, **calls)], 1.8, 2.3),
        ("power of T = 2, almost dissipative, no idle rows, kernel reflection",
         pick(strategy="no idle rows", **almost, **kernel, **calls), 1.8, 2.3),
        ("power of T about 0, dissipative, all T steps, as many idle rows",
         pick(strategy="idle rows", **forced, **kernel, **calls), -0.1, 0.1),
        ("power of T about 0, dissipative, all T steps, 15 idle rows",
         pick(strategy="few idle rows", **forced, **kernel, **calls), -0.1, 0.1),
        ("power of T about 0, dissipative, stopped early",
         pick(strategy="idle rows, stopped early", **forced, **kernel, **calls), -0.1, 0.1),
        ("exponential, divergent",
         pick(family="divergent", strategy="idle rows", **kernel, **calls), 0.05, 9.0),
        ("no exponential, dissipative to zero",
         pick(family="dissipative, to zero", strategy="idle rows", **kernel, **calls), -9.0, 0.05),
    ]  # fmt: skip
    return [
        {"expected": text, "slopes": slopes, "holds": all(low <= s <= high for s in slopes)}
        for text, slopes, low, high in cases
    ]


def figure(rows: list[dict[str, Any]]) -> None:
    """T gates against n; kappa, strategies and families against T."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(11, 8), layout="constrained")
    axes = page.subplots(2, 2)

    def draw(axis: Any, use: Any, x: str, y: str, label: str, style: str = "o-") -> None:
        mine = [r for r in rows if use(r)]
        axis.plot([r[x] for r in mine], [r[y] for r in mine], style, label=label, markersize=4)

    for name in LATTICES:
        for s in SOLVERS:
            draw(axes[0, 0], lambda r, n=name, s=s: r["family"] == n and r["solver"] == s,
                 "q", "toffoli_total", f"{name}, {s}")  # fmt: skip
    for i, name in enumerate(FAMILIES):
        for y, style in (("kappa", "o"), ("kappa_bound", "-")):
            draw(axes[0, 1], lambda r, n=name: r["family"] == n and r["solver"] == "QSVT"
                 and r["strategy"] == "idle rows", "num_steps", y,
                 name if style == "o" else "", f"{style}C{i}")  # fmt: skip
    for s in SOLVERS:
        for k in ("no idle rows", "idle rows"):
            draw(axes[1, 0], lambda r, s=s, k=k: r["family"] == "almost dissipative"
                 and r["solver"] == s and r["strategy"] == k, "num_steps", "calls",
                 f"{s}, {k}")  # fmt: skip
    for name in FAMILIES:
        for k in paddings(name, 64):
            draw(axes[1, 1], lambda r, n=name, k=k: r["family"] == n and r["strategy"] == k
                 and r["solver"] == "kernel reflection", "num_steps", "calls",
                 f"{name}, {k}")  # fmt: skip
    labels = [
        ("log2 n", "Toffoli gates of the answer, T = 64"),
        ("steps T", "kappa: computed (points), proved (lines)"),
        ("steps T", "calls of the answer, almost dissipative"),
        ("steps T", "calls of the answer, kernel reflection"),
    ]
    for axis, (x, y) in zip(axes.ravel(), labels, strict=True):
        axis.set(xscale="log", yscale="log", xlabel=x, ylabel=y)
        axis.legend(fontsize=6)
    page.savefig(RESULTS / "claim_scaling.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    rows: list[dict[str, Any]] = []
    for name in list(LATTICES)[: 1 if quick else None]:
        for q in [2] if quick else [2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20]:
            for solver in SOLVERS:
                rows.append(in_space(name, q, solver))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    for name, (_, _, _, last) in FAMILIES.items():
        times = [2**k for k in range(2, 13) if 2**k <= last] + ([12, 24, 48] if last < 100 else [])
        for T in [4] if quick else sorted(times):
            rows += in_time(name, T)
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if quick:
        return
    fits = space_fits(rows) + time_fits(rows)
    found = verdicts(fits)
    for verdict in found:
        print(json.dumps(verdict), file=sys.stderr)
    figure(rows)
    payload = {"relative_error": ERROR, "expectations": found, "fits": fits, "rows": rows}
    print(f"wrote {write_result('claim_scaling', payload, ['qgd', 'qiskit', 'scipy'])}")


if __name__ == "__main__":
    main()
