"""How does the condition number of the history system grow with the number of steps?

Question: kappa(L) against T, up to 10^4 steps, in the three regimes of Theorem 10.12.
Goal: measured numbers below the bound; saturating where the step contracts, linear in T where its
norm does not increase, faster where it grows.
Expected: bound / measured at most 2 where the step contracts and where it is a rotation (there the
linear growth is real). At r = r_+ the scalar map has theta = 1 by the choice of unit alone: the
measured number saturates, the bound of that regime cannot know.

Measured: largest singular value of the sparse L, and of L^-1 by triangular solves, both by 80 steps
of Golub-Kahan bidiagonalisation, from below; to a per cent where the singular values cluster.

    python benchmarks/history_conditioning.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import numpy as np
from harness import RESULTS, write_result
from scipy.sparse.linalg import splu

import qgd
from qgd.embedding.bounds.stability import condition_bound

ROTATION = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
EYE = np.eye(2)
PAIR = 0.02 * np.array([[1.0, 0.5, 0.5, 0.0], [0.0, -0.5, 0.3, 1.0]])
STEPS = 80
# name: linear part I + F_1, quadratic part, F_0, order, unit of length
CASES = {
    "dissipative, scalar": ([[0.8]], [[0.05]], [0.0], 3, 2.0),
    "dissipative, non-normal": ([[0.8, 0.1], [0.0, 0.8]], PAIR, [0.0, 0.0], 3, 2.0),
    "forced, scalar": ([[0.8]], [[0.05]], [0.1], 3, 2.0),
    "non-increasing, scalar": ([[0.9]], [[0.05]], [0.0], 3, 2.0),
    "non-increasing, rotation": (ROTATION, 0 * PAIR, [0.0, 0.0], 2, 1.0),
    "growing, scalar": ([[1.001]], [[0.0001]], [0.0], 2, 1.0),
}


def largest_singular_value(apply: Any, adjoint: Any, size: int) -> float:
    """By Golub-Kahan bidiagonalisation with full reorthogonalisation; from below."""
    v = np.random.default_rng(0).normal(size=size)
    v /= np.linalg.norm(v)
    rows, u, alphas, betas = [v], np.zeros(size), [], []
    beta = 0.0
    for _ in range(min(STEPS, size)):
        u = apply(rows[-1]) - beta * u
        alphas.append(float(np.linalg.norm(u)))
        u /= alphas[-1]
        w = adjoint(u) - alphas[-1] * rows[-1]
        for _ in range(2):
            basis = np.array(rows)
            w -= basis.T @ (basis @ w)
        beta = float(np.linalg.norm(w))
        if beta < 1e-12 * alphas[0]:
            break
        betas.append(beta)
        rows.append(w / beta)
    k = len(alphas)
    return float(np.linalg.norm(np.diag(alphas) + np.diag(betas[: k - 1], 1), 2))


def measure(name: str, num_steps: int) -> dict[str, Any]:
    """kappa(L) without idle rows, and its bound."""
    G1, G2, F0, order, scale = CASES[name]
    n = len(F0)
    system = qgd.PolynomialMap([F0, np.array(G1) - np.eye(n), G2])
    embedded = qgd.carleman(system, order, scale=scale, basis="isometric")
    L = qgd.history_system(embedded, np.full(n, 0.1), num_steps, 0).matrix.tocsc()
    factor = splu(L, permc_spec="NATURAL", diag_pivot_thresh=0.0)
    size = L.shape[0]
    kappa = largest_singular_value(lambda v: L @ v, lambda v: L.T @ v, size)
    kappa *= largest_singular_value(factor.solve, lambda v: factor.solve(v, trans="T"), size)
    bound = condition_bound(system, order, scale, num_steps, 0, basis="isometric")
    return {
        "case": name,
        "regime": bound.source,
        "num_steps": num_steps,
        "kappa": kappa,
        "bound": bound.value,
        "ratio": bound.value / kappa,
    }


def figure(rows: list[dict[str, Any]]) -> None:
    """kappa (points) and bound (lines) against T."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(7.5, 4.6), layout="constrained")
    axis = page.subplots()
    for index, name in enumerate(CASES):
        chosen = [row for row in rows if row["case"] == name]
        T = [row["num_steps"] for row in chosen]
        colour = f"C{index}"
        axis.plot(T, [row["kappa"] for row in chosen], "o", color=colour, label=name)
        axis.plot(T, [row["bound"] for row in chosen], "-", color=colour)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("steps T")
    axis.set_ylabel("condition number: measured (points), bound (lines)")
    axis.legend(fontsize=8)
    page.savefig(RESULTS / "history_conditioning.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    if parser.parse_args().quick:
        print(json.dumps([measure(name, 20) for name in CASES]))
        return
    rows = []
    for name in CASES:
        for num_steps in (10, 30, 100, 300, 1000, 3000, 10_000):
            rows.append(measure(name, num_steps))
            print(rows[-1], file=sys.stderr)
    figure(rows)
    print(f"wrote {write_result('history_conditioning', {'rows': rows}, ['qgd', 'scipy'])}")


if __name__ == "__main__":
    main()
