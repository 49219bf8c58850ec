"""How many calls of the block encoding does kernel reflection need, where QSVT is amplified?

Question: calls for a relative error epsilon of the solution, norm included, on random non-normal
systems of 32 unknowns with singular values from 1/kappa to 1; two right-hand sides each, a random
one (norm near kappa / 4) and one whose solution is small (norm 2).
Goal: at most 1.2 (1.84 kappa + kappa ln(2 / epsilon)) calls, success probability at least 0.5, for
every norm that is known within a factor of two; the norm search beside it.
Rival, same run: QSVT for 1/x with amplitude amplification, calls d (2 m + 1) / p_m with the best
number m of rounds for its true success probability (which it is given for nothing).
Both are told the absolute error epsilon ||x||; the polynomial level applies the same polynomials
as the circuits.
Expected: about kappa ln(20 / epsilon) against several times as many, and the more the smaller the
solution, since QSVT succeeds with probability about (norm / kappa)^2.

    python benchmarks/shortcut_calls.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from harness import write_result
from scipy.sparse import csr_array

KAPPAS = [10, 100, 500]
EPSILONS = [1e-3, 1e-6, 1e-10]
FACTORS = [0.5, 1 / math.sqrt(2), 1.0, math.sqrt(2), 2.0]
SEEDS = range(9)


@dataclass(frozen=True, eq=False)
class Dense:
    """A z = b, in the words of the protocol of `qgd.encode`."""

    matrix: csr_array
    rhs: np.ndarray
    inverse_norm_bound: float


def problem(kappa: float, easy: bool) -> tuple[Any, np.ndarray]:
    """An encoded random system and its solution, the solution for the judge alone."""
    import qgd

    rng = np.random.default_rng(kappa)
    W, V = (np.linalg.qr(rng.normal(size=(32, 32)))[0] for _ in range(2))
    A = (W * np.geomspace(1 / kappa, 1, 32)) @ V.T
    b = rng.normal(size=32)
    if easy:  # the largest and the smallest singular vector, so that the solution has norm 2
        b = W[:, -1] * math.sqrt(1 - 3 / (kappa**2 - 1)) + W[:, 0] * math.sqrt(3 / (kappa**2 - 1))
    system = qgd.encode(Dense(csr_array(A), b / np.linalg.norm(b), float(kappa)))
    return system, np.linalg.solve(A, system.rhs)


def amplified(calls: int, probability: float) -> tuple[int, float]:
    """Rounds m and expected calls: each round is two more runs, all repeated until success."""
    angle = math.asin(math.sqrt(probability))
    best = max(0, round(math.pi / (4 * angle) - 0.5))
    costs = {m: calls * (2 * m + 1) / math.sin((2 * m + 1) * angle) ** 2 for m in range(best + 1)}
    return min(costs.items(), key=lambda item: item[1])


def outcome(solved: Any, x: np.ndarray) -> dict[str, float]:
    """What is judged of a run, relative to the norm of the solution."""
    norm = float(np.linalg.norm(x))
    return {
        "calls": solved.cost.block_encoding_calls,
        "success_probability": solved.state.success_probability,
        "error": float(np.linalg.norm(solved.state.solution - x)) / norm,
        "bound": solved.bound.value / norm,
    }


def rows_of(kappa: int, epsilon: float, easy: bool) -> list[dict[str, Any]]:
    """QSVT with amplification, kernel reflection with a guess, and with the norm search."""
    import qgd

    system, x = problem(kappa, easy)
    norm = float(np.linalg.norm(x))
    scaled = norm * norm_unit(system)
    common = {"kappa": kappa, "epsilon": epsilon, "norm": scaled}
    budget = 1.84 * kappa + kappa * math.log(2 / epsilon)
    qsvt = outcome(qgd.QSVT(epsilon * scaled, level="polynomial").prepare(system), x)
    rounds, expected = amplified(int(qsvt["calls"]), qsvt["success_probability"])
    rows = [{**common, "method": "QSVT", **qsvt, "rounds": rounds, "expected_calls": expected}]
    solver = qgd.KernelReflection(epsilon * scaled, level="polynomial")
    for factor in FACTORS:
        guess = qgd.KernelReflection(solver.epsilon, norm=factor * norm, level="polynomial")
        found = outcome(guess.prepare(system), x)
        rows.append(
            {
                **common,
                "method": "kernel reflection, norm guessed",
                "guess_over_norm": factor,
                **found,
                "expected_calls": found["calls"] / found["success_probability"],
                "published": budget,
                "calls_over_published": found["calls"] / budget,
            }
        )
    runs = [
        qgd.KernelReflection(solver.epsilon, level="polynomial", rng=seed).prepare(system)
        for seed in SEEDS
    ]
    search = [run.cost.preliminary_calls for run in runs]
    found = outcome(sorted(runs, key=lambda run: run.state.success_probability)[0], x)
    rows.append(
        {
            **common,
            "method": "kernel reflection, norm searched",
            **found,  # of the seed with the least success probability
            "expected_calls": found["calls"] / found["success_probability"],
            "search_calls_median": statistics.median(search),
            "search_calls_least_most": [min(search), max(search)],
            "seeds": len(runs),
            "published": budget,
            "calls_over_published": found["calls"] / budget,
        }
    )
    return rows


def norm_unit(system: Any) -> float:
    """||X^-1 b^|| over ||A^-1 b||."""
    return float(system.encoding.alpha / system.rhs_norm)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for kappa in KAPPAS[:1] if arguments.quick else KAPPAS:
        for epsilon in EPSILONS[:1] if arguments.quick else EPSILONS:
            for easy in (False, True):
                found = rows_of(kappa, epsilon, easy)
                print(json.dumps(found), file=sys.stderr)
                rows += [{"rhs": "small solution" if easy else "random", **row} for row in found]
    if not arguments.quick:
        print(f"wrote {write_result('shortcut_calls', {'rows': rows}, ['qgd', 'numpy'])}")


if __name__ == "__main__":
    main()
