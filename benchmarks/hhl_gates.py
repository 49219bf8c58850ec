"""How many CNOTs does a gate-level HHL of a 16 x 16 system cost?

Question: CX count, depth and fidelity of the HHL circuit for symmetric systems with kappa = 10,
random eigenvectors and eigenvalues, against the size of the clock, for both tables of the flag.
Rival: the solver that Qiskit dropped in 2023 (on qiskit-terra 0.24, another machine, not run here):
16 x 16, kappa = 10: 11 qubits, 128 631 CX, fidelity 0.9997.
Goal: fidelity >= 0.9998 with at most 4200 CX.
Expected: every controlled power of e^{itA} is two dense four-qubit unitaries around a multiplexed
rotation, about 206 CX, used twice for each clock qubit, so the clock decides: the fitted table
needs five qubits where the reciprocal one needs eight. (The powers could share one eigenbasis,
which would leave about 500 CX; but nothing would be left of the evolutions that are counted here.)

Fidelity: |<x|x~>|^2 of the normalised solution of numpy.linalg.solve and the post-selected state of
the compiled circuit.

    python benchmarks/hhl_gates.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from harness import write_result

KAPPA = 10.0
CLOCKS = (4, 5, 6, 8)
SEEDS = (0, 1)


def problem(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric positive matrix with eigenvalues from 1/kappa to 1, and a right-hand side."""
    rng = np.random.default_rng(seed)
    q = np.linalg.qr(rng.normal(size=(size, size)))[0]
    values = np.concatenate(([1 / KAPPA, 1.0], rng.uniform(1 / KAPPA, 1, size - 2)))
    matrix = (q * values) @ q.T
    return (matrix + matrix.T) / 2, rng.normal(size=size)


def row(size: int, clock: int, table: str, seed: int) -> dict[str, object]:
    """Build, compile and simulate one circuit."""
    from dataclasses import dataclass

    from qiskit import transpile
    from qiskit.quantum_info import Statevector
    from scipy.sparse import csr_array

    import qgd

    @dataclass(frozen=True, eq=False)
    class Dense:
        matrix: csr_array
        rhs: np.ndarray
        inverse_norm_bound: float

    A, b = problem(size, seed)
    inverse_norm = 1 / float(np.linalg.eigvalsh(A)[0])
    system = qgd.encode(Dense(csr_array(A), b, inverse_norm))
    start = time.process_time()
    circuit = qgd.HHL(num_clock=clock, table=table).circuit(system)
    built = time.process_time() - start
    start = time.process_time()
    compiled = transpile(circuit, basis_gates=["cx", "rz", "sx", "x"], optimization_level=1)
    seconds = time.process_time() - start
    found = Statevector(compiled).data[:size]
    exact = np.linalg.solve(A, b)
    overlap = abs(np.vdot(exact, found)) / np.linalg.norm(exact) / np.linalg.norm(found)
    return {
        "size": size,
        "seed": seed,
        "clock": clock,
        "table": table,
        "qubits": circuit.num_qubits,
        "cx": compiled.count_ops()["cx"],
        "depth": compiled.depth(),
        "fidelity": float(overlap**2),
        "success_probability": float(np.linalg.norm(found) ** 2),
        "build_seconds": built,
        "transpile_seconds": seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    size, clocks, seeds = (4, (4,), (0,)) if arguments.quick else (16, CLOCKS, SEEDS)
    rows = []
    for clock in clocks:
        for table in ("fitted", "reciprocal"):
            for seed in seeds:
                rows.append(row(size, clock, table, seed))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if not arguments.quick:
        path = write_result("hhl_gates", {"rows": rows}, ["qgd", "qiskit", "numpy"])
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
