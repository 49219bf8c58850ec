"""How much faster is the block level than Aer on the transpiled gate-level circuit?

Question: one QSVT inversion at kappa = 100 (proved bound 85) in 16 qubits (10 time, 2 of the lift,
2 ancillas, one for the real part, one work qubit): CPU time until the amplitudes of the solution
are there.
Goal: the block level at least 100 times faster than Aer's statevector method on the circuit in
{cx, rz, sx, x}, at equal amplitudes (1e-9).
Rivals, same run, one thread each: Aer on that circuit; Aer on the circuit as it is, where `unitary`
and `mcx` gates of many controls are native operations (no gate-level circuit any more, but the
fairer rival). Compilation is reported apart. The lowered circuit would take several minutes: it
runs at a lower degree of the same polynomial on the same system ("part"), where all three are
compared; the cost of each grows with the number of calls. "whole" leaves it out. `--quick` takes a
smaller system and kappa = 12.
Expected: thousands of times against the first, a hundred against the second, since a block
encoding is one pass over the state, and the circuit thousands of gates.

    python benchmarks/block_vs_aer.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
from harness import cpu_times, in_own_process, write_result

# Steps, kappa, absolute error of the polynomial for 1/x.
CASES = {"whole": (600, 100.0, 1.0), "part": (600, 100.0, 70.0), "quick": (5, 12.0, 1.0)}
METHODS = ["block level", "Aer, native gates", "Aer, {cx, rz, sx, x}"]


def problem(case: str) -> tuple[Any, Any]:
    """A logistic map with all its times as one system, order 3; and the solver."""
    import qgd

    num_steps, kappa, epsilon = CASES[case]
    times = 2 ** int(np.ceil(np.log2(num_steps + 1)))
    step = qgd.carleman(qgd.PolynomialMap([[0.0055], [[-0.022]], [[-0.011]]]), 3)
    history = qgd.history_system(step, [0.3], num_steps, min(9, times - num_steps - 1))
    return qgd.encode(history), qgd.QSVT(epsilon, kappa=kappa, level="block")


def amplitudes_by_aer(system: Any, circuit: Any, lowered: bool) -> tuple[Any, dict[str, Any]]:
    """Amplitudes of the solution register, CPU seconds of the run and of the compilation."""
    from qiskit import transpile
    from qiskit_aer import AerSimulator

    import qgd

    simulator = AerSimulator(method="statevector", max_parallel_threads=1)
    start = time.process_time()
    if lowered:
        ready = qgd.compile_circuit(circuit).circuit
    else:
        ready = transpile(
            circuit, simulator, optimization_level=0, qubits_initially_zero=False
        )  # fmt: skip
    compilation = time.process_time() - start
    gates = dict(ready.count_ops())
    ready.save_statevector()
    start = time.process_time()
    state = np.asarray(simulator.run(ready).result().get_statevector())
    seconds = time.process_time() - start
    return system.unpad(state[: system.encoding.dimension]), {
        "seconds": {"median": seconds, "repeats": 1},
        "compilation_seconds": compilation,
        "gates": sum(gates.values()),
        "cx": gates.get("cx"),
    }


def worker(case: str, method: str) -> dict[str, Any]:
    """One method; amplitudes are handed over by a checksum on fixed random vectors."""
    system, solver = problem(case)
    circuit = solver.circuit(system)
    row: dict[str, Any] = {"method": method, "qubits": circuit.num_qubits, "kappa": solver.kappa}
    if method == METHODS[0]:
        solved, seconds = cpu_times(lambda: solver.prepare(system), 5)
        amplitudes = solved.state.amplitudes
        row.update(seconds=seconds, calls=solved.cost.block_encoding_calls)
    else:
        amplitudes, found = amplitudes_by_aer(system, circuit, method == METHODS[2])
        row.update(found)
    probe = np.random.default_rng(0).normal(size=(8, len(amplitudes)))
    row["probe"] = [[float(v.real), float(v.imag)] for v in probe @ amplitudes]
    return row


def rows_of(case: str, methods: list[str]) -> list[dict[str, Any]]:
    """All methods on one circuit, and how they compare with the first."""
    rows = []
    for method in methods:
        row = {"case": case, "method": method, **in_own_process(__file__, [case, method], 3600)}
        print(json.dumps(row), file=sys.stderr)
        rows.append(row)
    ours = rows[0]
    for row in rows[1:]:
        if row["status"] == "ok":
            difference = np.abs(np.array(row["probe"]) - np.array(ours["probe"]))
            row["largest_difference"] = float(difference.max())
            row["times_slower"] = row["seconds"]["median"] / ours["seconds"]["median"]
    for row in rows:
        row.pop("probe", None)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--worker", nargs=2)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(worker(*arguments.worker)))
        return
    rows = []
    for case in ("quick",) if arguments.quick else ("part", "whole"):
        rows += rows_of(case, METHODS[:2] if case == "whole" else METHODS)
    for row in rows:
        print(json.dumps(row))
    if not arguments.quick:
        path = write_result(
            "block_vs_aer", {"rows": rows}, ["qgd", "qiskit", "qiskit-aer", "numpy"]
        )
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
