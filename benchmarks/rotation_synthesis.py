"""How many T gates does a rotation by a general angle need?

Question: T gates of words found by `qiskit.synthesis.gridsynth_rz` for uniform angles, by spectral
error: mean, spread, and the line a log2(1 / epsilon) + b through the means.
Rivals: 3 log2(1 / epsilon), what Ross and Selinger (arXiv:1403.2975) say of a typical angle, up to
O(log log(1 / epsilon)); 3.02 log2(1 / epsilon) + 1.77, the fit that `t_per_rotation` takes.
Goal: the model of `t_per_rotation` within 2 % of every mean from 1e-3 to 1e-10.
Expected: a slope of 3 and a spread of a few gates, the same at all errors. Found: met from 1e-4 on
(0.7 %), missed at 1e-3 (2.3 %), where the published fit does not claim to hold.

    python benchmarks/rotation_synthesis.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import math
import sys

import numpy as np
from harness import write_result

EPSILONS = [10.0**-k for k in range(3, 11)]
ANGLES = 200


def counts(epsilon: float, angles: int, seed: int) -> list[int]:
    """T gates of random rotations."""
    from qiskit.synthesis import gridsynth_rz

    rng = np.random.default_rng(seed)
    found = (gridsynth_rz(float(a), epsilon) for a in rng.uniform(0, 2 * math.pi, angles))
    return [int(word.count_ops().get("t", 0)) for word in found]


def row(epsilon: float, angles: int) -> dict[str, float]:
    """Statistics of one error."""
    from qgd.resources.gate_counts import t_per_rotation

    found = np.array(counts(epsilon, angles, seed=round(-math.log10(epsilon))))
    mean = float(found.mean())
    model = t_per_rotation(epsilon)
    return {
        "epsilon": epsilon,
        "mean": mean,
        "standard_error": float(found.std(ddof=1) / math.sqrt(angles)),
        "standard_deviation": float(found.std(ddof=1)),
        "least": int(found.min()),
        "most": int(found.max()),
        "model": model,
        "model_over_mean": model / mean,
        "three_log2": 3 * math.log2(1 / epsilon),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="print only")
    quick = parser.parse_args().quick
    epsilons, angles = ([1e-3, 1e-4], 8) if quick else (EPSILONS, ANGLES)
    rows = [row(epsilon, angles) for epsilon in epsilons]
    bits = [math.log2(1 / r["epsilon"]) for r in rows]
    slope, intercept = np.polyfit(bits, [r["mean"] for r in rows], 1)
    payload = {
        "angles": angles,
        "fit": {"slope": float(slope), "intercept": float(intercept)},
        "worst_deviation_of_the_model": max(abs(r["model_over_mean"] - 1) for r in rows),
        "rows": rows,
    }
    json.dump(payload, sys.stdout, indent=1)
    print()
    if not quick:
        write_result("rotation_synthesis", payload, ["qiskit", "qgd"])


if __name__ == "__main__":
    main()
