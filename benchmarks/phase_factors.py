"""How fast, and how exact, are the phase factors of 1/x?

Question: time and residual of phase factors for the inverse polynomial, against degree.
Rival: pyqsp (symmetric QSP by Newton iteration) on the very same Chebyshev coefficients.
Goal: at degree >= 1000 at least 1000 times faster than pyqsp, residual <= 1e-12.
Expected: layer stripping takes milliseconds at degree 1153 and stays below a second at 10^5; pyqsp
takes about a minute at degree 1153 and does not finish in ten minutes at kappa = 500.

Residual: largest difference between the polynomial and the response of the phases, on 400 random
points, both evaluated by the same independent 2 x 2 product (not by the method that found them).

    python benchmarks/phase_factors.py [--quick | --large]

With --large only the cases without a rival run, and replace their rows of the committed result.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys

import numpy as np
from harness import RESULTS, cpu_times, in_own_process, write_result

CASES = [(10, 1e-3), (10, 1e-6), (50, 1e-3), (100, 1e-3), (100, 1e-6), (500, 1e-3), (500, 1e-10)]
LARGE = [(2000, 1e-12), (3200, 1e-12)]
QUICK = [(5, 1e-2), (10, 1e-3)]
LIMIT = 600.0
SCALE = 0.9


def target(kappa: float, epsilon: float) -> np.ndarray:
    """Chebyshev coefficients of the inverse polynomial, scaled to a maximum of 0.9."""
    from qgd.solvers.inverse_polynomial import (
        inverse_chebyshev,
        inverse_degree,
        largest_value,
    )

    coefficients = inverse_chebyshev(kappa, inverse_degree(kappa, epsilon))
    return SCALE / largest_value(coefficients) * coefficients


def response(phases: np.ndarray, x: np.ndarray) -> np.ndarray:
    """<0| e^{i p_0 Z} W e^{i p_1 Z} ... |0> by plain 2 x 2 products, W = e^{i arccos(x) X}."""
    s = np.sqrt(1 - x * x)
    u, v = np.exp(1j * phases[0]) * np.ones_like(x), np.zeros_like(x, dtype=complex)
    for phase in phases[1:]:
        u, v = u * x + 1j * s * v, 1j * s * u + v * x
        u, v = u * np.exp(1j * phase), v * np.exp(-1j * phase)
    return u


def worker(method: str, kappa: float, epsilon: float) -> dict[str, object]:
    """Time one method on one case."""
    coefficients = target(kappa, epsilon)
    degree = len(coefficients) - 1
    if method == "qgd":
        from qgd.solvers.phases import qsp_phases

        phases, times = cpu_times(lambda: qsp_phases(coefficients), 5)
    else:
        from pyqsp.angle_sequence import QuantumSignalProcessingPhases

        def rival() -> np.ndarray:
            with contextlib.redirect_stdout(io.StringIO()):
                full, _, _ = QuantumSignalProcessingPhases(
                    coefficients, method="sym_qsp", chebyshev_basis=True
                )
            return np.asarray(full)

        # A fraction of a second to many minutes a call: repeated only where that is cheap.
        phases, times = cpu_times(rival, 0)
        if times["median"] < 5:
            phases, times = cpu_times(rival, 3)
    x = np.cos(np.random.default_rng(0).uniform(0, np.pi / 2, 400))
    exact = np.polynomial.chebyshev.chebval(x, coefficients)
    residual = float(np.abs(response(phases, x).imag - exact).max())
    return {"degree": degree, "seconds": times, "residual": residual}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--worker", nargs=3, metavar=("METHOD", "KAPPA", "EPSILON"))
    arguments = parser.parse_args()
    if arguments.worker:
        method, kappa, epsilon = arguments.worker
        print(json.dumps(worker(method, float(kappa), float(epsilon))))
        return
    rows, cases = [], QUICK if arguments.quick else CASES + LARGE
    if arguments.large:
        known = json.loads((RESULTS / "phase_factors.json").read_text())["rows"]
        rows = [row for row in known if (row["kappa"], row["epsilon"]) not in LARGE]
        cases = LARGE
    for kappa, epsilon in cases:
        row: dict[str, object] = {"kappa": kappa, "epsilon": epsilon}
        for method in ("qgd", "pyqsp"):
            if method == "pyqsp" and (kappa, epsilon) in LARGE:
                continue
            row[method] = in_own_process(__file__, [method, str(kappa), str(epsilon)], LIMIT)
        ours, rival = row["qgd"], row.get("pyqsp", {})
        if isinstance(ours, dict) and isinstance(rival, dict) and "seconds" in rival:
            row["ratio"] = rival["seconds"]["median"] / ours["seconds"]["median"]
        rows.append(row)
        print(json.dumps(row), file=sys.stderr)
    if not arguments.quick:
        path = write_result(
            "phase_factors", {"limit_seconds": LIMIT, "rows": rows}, ["qgd", "pyqsp"]
        )
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
