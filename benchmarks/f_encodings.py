"""What does one call of an encoding of F_p cost, entry by entry or computed on the index?

Question: alpha, ancillas, CNOTs and T gates of one call, by kind of encoding and number of
variables n: stencils whose entries are arithmetic (`sparse_access_encoding`, n = 2^2 to 2^20,
compiled and counted), table lookup, Pauli words, the dilation; and of the whole structured
Carleman encoding (N = 3) with computable calls.
Rivals in the same run: the exact dilation synthesised by Qiskit; FABLE without compression
(arXiv:2205.00081: uniform superposition, one multiplexed rotation over all 4^q entries, swap; built
here from Qiskit's UCRYGate); for the Pauli decomposition `SparsePauliOp.from_operator`.
Goal: O(log n) CNOTs and Toffoli gates a call for computable entries, alpha = sum of coefficients.
Expected: counts linear in log2 n (a power of log2 n below 1 with its offset, 1 in the limit);
lookup of random sparse entries grows like n, with swaps like sqrt(n) in T gates; dilation, FABLE
and Pauli words grow like n^2. In alpha x CX the dilation is the cheapest of F_1 for n <= 4, and for
random entries as far as it is built (n = 64); computable entries win from n = 8 or 16 on.

Toffoli counts products of bits: ccx and the sign-relaxed Toffoli of `clean_and`. T counts the T
gates of these; rotations are those left, for which `T_total` takes 3 log2(1/epsilon) T gates each
at epsilon = 1e-10 (Ross and Selinger, arXiv:1403.2975).

    python benchmarks/f_encodings.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from harness import cpu_times, write_result
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import UCRYGate
from qiskit.quantum_info import SparsePauliOp
from scipy.sparse import csr_array

import qgd
from qgd.encoding.lookup import Lookup
from qgd.encoding.qrom_plan import QromPlan

BASIS = ["cx", "rz", "sx", "x"]
T_PER_ROTATION = 3 * math.log2(1e10)
RING = [(-2.0, [0]), (0.5, [1]), (0.5, [-1])]
BURGERS = [(-0.4, [0, 1]), (0.4, [0, -1])]
CUBIC = [(-1.0, [0, 0, 0])]
FAMILIES = {
    # name: terms by q, boundary, less than 2^q sites
    "Burgers ring": (lambda q: [*RING, *BURGERS], "periodic", 0),
    "Burgers ring, odd": (lambda q: [*RING, *BURGERS], "periodic", 1),
    "cubic oscillators, open chain": (lambda q: [*RING, *CUBIC], "open", 0),
    "cubic oscillators, hypercube": (
        lambda q: [(-q - 1.0, [0]), *((1.0, [2**k]) for k in range(q)), *CUBIC],
        "hypercube",
        0,
    ),
}


def compiled(circuit: QuantumCircuit, level: int) -> QuantumCircuit:
    """In the basis; data qubits are not clean."""
    return transpile(
        circuit,
        basis_gates=BASIS,
        optimization_level=level,
        qubits_initially_zero=False,
        seed_transpiler=0,
    )


def counted(circuit: QuantumCircuit) -> dict[str, object]:
    """CNOTs and depth at level 1; T gates and rotations before any merging."""
    low, plain = compiled(circuit, 1), compiled(circuit, 0)
    quarter = [
        abs(abs(float(step.operation.params[0])) - math.pi / 4) < 1e-12
        for step in circuit.data
        if step.operation.name == "ry"
    ]
    angles = np.array(
        [float(s.operation.params[0]) for s in plain.data if s.operation.name == "rz"]
    )
    eighths = angles / (math.pi / 4)
    clifford_t = np.abs(eighths - np.rint(eighths)) < 1e-9
    t = int((np.rint(eighths[clifford_t]) % 2 == 1).sum())
    rotations = int((~clifford_t).sum())
    return {
        "cx": int(low.count_ops().get("cx", 0)),
        "depth": int(low.depth()),
        "toffoli": sum(quarter) // 4 + int(circuit.count_ops().get("ccx", 0)),
        "T": t,
        "rotations": rotations,
        "T_total": round(t + rotations * T_PER_ROTATION),
    }


def described(encoding: qgd.BlockEncoding, A: np.ndarray | None) -> dict[str, object]:
    numbers = counted(encoding.build(0))
    row = {
        "alpha": encoding.alpha,
        "epsilon": encoding.epsilon,
        "ancillas": encoding.num_ancillas,
        "work_qubits": encoding.num_work,
        **numbers,
        "alpha_times_cx": encoding.alpha * int(str(numbers["cx"])),
    }
    if A is not None and encoding.num_ancillas + encoding.num_system <= 16:
        row["block_error"] = float(np.linalg.norm(encoding.block() - A, 2))
    return row


def computable(name: str, q: int) -> dict[str, object]:
    """One call of each degree, and the whole Carleman encoding of order 3."""
    terms, boundary, less = FAMILIES[name]
    stencil = qgd.Stencil(2**q - less, terms(q), boundary)
    degrees = [p for p in range(1, stencil.degree + 1) if stencil.of_degree(p)]
    calls = {p: qgd.sparse_access_encoding(stencil, p) for p in degrees}
    row: dict[str, object] = {"kind": "computable", "family": name, "q": q, "n": 2**q - less}
    for p, call in calls.items():
        small = p * q <= 8
        A = qgd.slot_matrix(stencil.matrix(p), stencil.num_variables, p) if small else None
        row[f"F_{p}"] = described(call, A)
    whole = qgd.carleman_encoding(stencil.system(), 3, encodings=calls)
    numbers = counted(whole.build(0))
    del numbers["toffoli"]  # controlled swaps and wide NOTs are not among them
    row["carleman_3"] = {"alpha": whole.alpha, "qubits": whole.num_qubits, **numbers}
    return row


def fable(A: np.ndarray) -> qgd.BlockEncoding:
    """FABLE without compression: alpha = 2^q max|a|, one multiplexed rotation, q + 1 ancillas."""
    q = max(1, (len(A) - 1).bit_length())
    largest = float(np.abs(A).max())

    def build(num_controls: int) -> QuantumCircuit:
        del num_controls  # counted without controls
        circuit = QuantumCircuit(2 * q + 1)
        system, row, flag = range(q), range(q, 2 * q), 2 * q
        circuit.h(row)
        angles = [float(a) for a in 2 * np.arccos((A / largest).ravel())]
        circuit.append(UCRYGate(angles), [flag, *system, *row])
        for a, b in zip(system, row, strict=True):
            circuit.swap(a, b)
        circuit.h(row)
        return circuit

    def apply(state: np.ndarray, adjoint: bool) -> np.ndarray:
        del state, adjoint
        raise NotImplementedError("only counted; checked by its circuit")

    return qgd.BlockEncoding(2**q * largest, 0.0, q, q + 1, apply, build, name="FABLE")


def fable_error(encoding: qgd.BlockEncoding, A: np.ndarray) -> float:
    from qiskit.quantum_info import Operator

    block = encoding.alpha * Operator(encoding.circuit).data[: len(A), : len(A)]
    return float(np.linalg.norm(block - A, 2))


def generic(source: str, q: int, degree: int) -> dict[str, object]:
    """All kinds on one F_p: of the Burgers ring, or three random entries in a row."""
    n, stencil = 2**q, qgd.Stencil(2**q, [*RING, *BURGERS])
    if source == "ring":
        F = stencil.matrix(degree)
    else:
        rng = np.random.default_rng(q)
        shape = (n, n**degree)
        rows = np.repeat(np.arange(n), 3)
        columns = rng.integers(shape[1], size=3 * n)
        F = csr_array((rng.normal(size=3 * n), (rows, columns)), shape=shape)
    small = degree * q <= 6
    sparse = qgd.sparse_slot_matrix(F, n, degree)
    A = sparse.toarray() if degree * q <= 8 else None
    row: dict[str, object] = {
        "kind": "generic",
        "source": source,
        "q": q,
        "n": n,
        "degree": degree,
        "norm": None if A is None else float(np.linalg.norm(A, 2)),
    }
    makers: dict[str, Callable[[], qgd.BlockEncoding]] = {
        "qrom": lambda: qgd.qrom_encoding(sparse, 1e-3)
    }
    if source == "ring":
        makers["sparse_access"] = lambda: qgd.sparse_access_encoding(stencil, degree)
    if small:
        makers["pauli"] = lambda: qgd.pauli_encoding(A)
        makers["dilation"] = lambda: qgd.dilation(A)
    for name, make in makers.items():
        row[name] = described(make(), A if small else None)
    if small:
        rival = fable(A)
        row["fable"] = {
            "alpha": rival.alpha,
            "ancillas": rival.num_ancillas,
            **(numbers := counted(rival.circuit)),
            "alpha_times_cx": rival.alpha * int(str(numbers["cx"])),
            **({"block_error": fable_error(rival, A)} if degree * q <= 4 else {}),
        }
    return row


def loading(q: int) -> dict[str, object]:
    """T gates of a call by table, by how the moduli of the entries become amplitudes.

    By comparison with uniform bits (what the package does); by bits of an angle, each of which
    controls a rotation; by one rotation for each entry at the leaves of the unary iteration.
    """
    n = 2**q
    rng = np.random.default_rng(q)
    where = (np.repeat(np.arange(n), 3), rng.integers(n, size=3 * n))
    F = csr_array((rng.normal(size=3 * n), where), shape=(n, n))
    F.sum_duplicates()
    bits = 10
    plan = QromPlan(F.tocoo(), bits)
    tables = sum(t.t_count(t.swap_bits) for t in plan.tables)
    places = 0  # tables without moduli
    for t in plan.tables:
        low, moves = t.table.fields
        widths = t.table.widths[0] - bits, t.table.widths[1]
        bare = Lookup(replace(t.table, fields=(low >> bits, moves), widths=widths))
        places += bare.t_count(bare.swap_bits)
    return {
        "kind": "loading of moduli",
        "q": q,
        "entries": int(F.nnz),
        "bits": bits,
        "T_comparison": tables + 8 * bits,
        "T_bits_of_angles": round(tables + 2 * bits * T_PER_ROTATION),
        "T_rotation_by_entry": round(places + 2 * F.nnz * T_PER_ROTATION),
    }


def decomposition(q: int) -> dict[str, object]:
    """CPU time of the Pauli coefficients of a dense matrix, ours and Qiskit's."""
    A = np.random.default_rng(q).normal(size=(2**q, 2**q))
    _, ours = cpu_times(lambda: qgd.pauli_coefficients(A), 5)
    _, theirs = cpu_times(lambda: SparsePauliOp.from_operator(A), 3)
    return {
        "kind": "Pauli decomposition",
        "q": q,
        "ours": ours,
        "qiskit": theirs,
        "ratio": theirs["median"] / ours["median"],
    }


def fits(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Power of log2 n, and the straight line in log2 n with its largest relative residual."""
    found = []
    for name in FAMILIES:
        mine = [r for r in rows if r.get("family") == name and int(str(r["q"])) >= 4]
        for part in ("F_1", "F_2", "F_3", "carleman_3"):
            if len(mine) < 3 or part not in mine[0]:
                continue
            for what in ("cx", "toffoli", "T_total"):
                if what not in mine[0][part]:  # type: ignore[operator]
                    continue
                q = np.array([r["q"] for r in mine], dtype=float)
                y = np.array([r[part][what] for r in mine], dtype=float)  # type: ignore[index]
                slope, offset = np.polyfit(q, y, 1)
                found.append(
                    {
                        "family": name,
                        "part": part,
                        "count": what,
                        "power_of_log_n": float(np.polyfit(np.log(q), np.log(y), 1)[0]),
                        "per_doubling": float(slope),
                        "residual": float(np.abs(slope * q + offset - y).max() / y.max()),
                    }
                )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    sizes = [2, 3] if quick else [2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    cases: list[tuple[Callable[..., dict[str, object]], tuple[object, ...]]] = []
    cases += [(computable, (name, q)) for name in FAMILIES for q in sizes]
    for source in ("ring", "random"):
        cases += [(generic, (source, q, 1)) for q in ([2] if quick else [2, 3, 4, 5, 6, 8, 10])]
        cases += [(generic, (source, q, 2)) for q in ([2] if quick else [2, 3, 4, 6])]
    cases += [(loading, (q,)) for q in ([2] if quick else [2, 4, 6, 8, 10])]
    cases += [(decomposition, (q,)) for q in ([3] if quick else [3, 4, 5, 6, 7, 8])]
    rows = []
    for function, case in cases:
        rows.append(function(*case))
        print(json.dumps(rows[-1]), file=sys.stderr)
    fitted = fits(rows)
    for row in fitted:
        print(json.dumps(row), file=sys.stderr)
    if not quick:
        payload = {"T_per_rotation": T_PER_ROTATION, "fits": fitted, "rows": rows}
        print(f"wrote {write_result('f_encodings', payload, ['qgd', 'qiskit', 'numpy'])}")


if __name__ == "__main__":
    main()
