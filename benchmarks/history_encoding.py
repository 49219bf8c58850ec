"""What does the encoding of a whole history cost when every structure of it is used?

Question: alpha, qubits and CNOTs, compiled to {cx, rz, sx, x}, of the history matrix of T steps of
x_i+ = (1 - mu) x_i + mu x_{i xor 1} + gamma x_i^2, whose coefficients have small encodings: all in
all, around the one call of the step, and around the calls of the coefficients; of its right-hand
side for a start with two non-zero entries; and of T different minibatches.
Rival: the exact dilation of the lifted steps in the same history (`encode`), where it fits.
Goal: n = 2 ... 2^20 with no lifted matrix; CNOTs that grow like N log n + log T; around the step at
most 13 CNOTs a time qubit.
Expected: alpha stays near that of the dilation as long as gamma is small; the dilation needs more
CNOTs at every size, twice at n = 2 and orders of magnitude more from n = 4 on; different
minibatches cost CNOTs in proportion to T.

`block_error` compares the operator with the assembled history matrix where that is small.

    python benchmarks/history_encoding.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

import numpy as np
from harness import cpu_times, write_result
from qiskit import QuantumCircuit, transpile
from scipy.sparse import csr_array

import qgd
from qgd.encoding.block_encoding import BlockEncoding, identity_encoding, linear_combination
from qgd.encoding.gates import clean_and

MU, GAMMA = 0.2, 0.05
SIZES = [(2**k, 2, 8) for k in (1, 2, 3, 4, 6, 8, 10, 20)]
ORDERS = [(4, 3, 8), (4, 4, 8), (2**10, 3, 8), (2**10, 4, 8), (2**20, 4, 8)]
TIMES = [(4, 2, 2**k) for k in (2, 5, 8, 11, 20)]
MINIBATCHES = [(4, 2, T) for T in (2, 4, 8, 16)]
LARGEST_DILATION = 2**7


def coefficients(n: int, strength: float = 1.0) -> qgd.PolynomialMap:
    """The map as sparse matrices."""
    i = np.arange(n)
    ones = np.ones(n)
    F1 = csr_array((-MU * ones, (i, i)), shape=(n, n)) + csr_array(
        (MU * ones, (i, i ^ 1)), shape=(n, n)
    )
    F2 = csr_array((strength * GAMMA * ones, (i, i * n + i)), shape=(n, n * n))
    return qgd.PolynomialMap([np.zeros(n), F1, F2])


def linear(q: int) -> BlockEncoding:
    """(1 - mu) + mu X on the lowest qubit: alpha = 1."""

    def build(controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(q + controls)
        circuit.mcx(list(range(q, q + controls)), 0) if controls else circuit.x(0)
        return circuit

    def apply(state: np.ndarray, adjoint: bool) -> np.ndarray:
        return state.reshape(*state.shape[:-1], -1, 2)[..., ::-1].reshape(state.shape)

    swap = BlockEncoding(1.0, 0.0, q, 0, apply, build)
    return linear_combination([1 - MU, MU], [identity_encoding(q), swap])


def squares(q: int, strength: float = 1.0) -> BlockEncoding:
    """|i, i> -> |i, 0>: slots added bit by bit; a second slot that is not zero raises a flag."""

    def build(controls: int) -> QuantumCircuit:
        low, high, flag = range(q), range(q, 2 * q), 2 * q
        work = range(flag + 1, flag + q)
        circuit = QuantumCircuit(flag + q + controls)
        outer = list(range(flag + q, circuit.num_qubits))
        for a, b in zip(high, low, strict=True):
            circuit.mcx([a, *outer], b)
        circuit.x(low)
        products = list(zip([low[0], *work], low[1:], work, strict=False))
        for first, second, target in products:
            clean_and(circuit, first, second, target)
        circuit.mcx([products[-1][2] if products else low[0], *outer], flag)
        for first, second, target in reversed(products):
            clean_and(circuit, first, second, target)
        circuit.x(low)
        circuit.mcx(outer, flag) if outer else circuit.x(flag)
        return circuit

    def apply(state: np.ndarray, adjoint: bool) -> np.ndarray:
        i, out = np.arange(4**q), np.empty_like(state)
        added = i ^ (i >> q)
        for flag in (0, 1):
            target = np.where(added % 2**q != 0, 1 - flag, flag)
            if adjoint:
                out[..., flag, i] = state[..., target, added]
            else:
                out[..., target, added] = state[..., flag, i]
        return out

    return BlockEncoding(strength * GAMMA, 0.0, 2 * q, 1, apply, build, num_work=q - 1)


def opaque(like: BlockEncoding) -> BlockEncoding:
    """The same, shown as a barrier in circuits."""

    def build(controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(like.num_qubits + controls)
        circuit.barrier()
        return circuit

    return replace(like, build=build)


def cnots(circuit: QuantumCircuit) -> int:
    done = transpile(
        circuit,
        basis_gates=["cx", "rz", "sx", "x"],
        optimization_level=1,
        qubits_initially_zero=False,
        seed_transpiler=0,
    )
    return int(done.count_ops().get("cx", 0))


def block_error(
    encoding: BlockEncoding, maps: list[qgd.PolynomialMap], order: int, T: int, padding: int
) -> float | None:
    """Against the assembled matrix, on a random vector."""
    n = maps[0].num_variables
    if encoding.num_system + encoding.num_ancillas > 18:
        return None
    steps = [qgd.carleman(m, order) for m in maps]
    history = qgd.history_system(steps, np.ones(n), T, padding)
    where = qgd.CarlemanRegisters(n, order)
    times = np.arange(history.num_times)[:, None]
    positions = (times * 2**where.num_system + where.positions).ravel()
    v = np.random.default_rng(0).normal(size=len(positions))
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension))
    state[0, positions] = v
    moved = encoding.alpha * encoding.apply(state)[0]
    moved[positions] -= history.matrix @ v
    return float(np.abs(moved).max())


def structured(
    maps: list[qgd.PolynomialMap], calls: dict, order: int, T: int, padding: int
) -> dict[str, object]:
    """Counts of one history from encodings of its coefficients."""
    t = qgd.num_time_qubits(T, padding)

    def history(use: dict) -> BlockEncoding:
        step = qgd.structured_step(maps, order, encodings=use, num_time=t)
        return qgd.history_encoding(step, T, padding)

    def hidden(given):
        return [opaque(e) for e in given] if isinstance(given, list) else opaque(given)

    encoding, n = history(calls), maps[0].num_variables
    total, times = cpu_times(lambda: cnots(encoding.circuit), 0)
    start = np.zeros(n)
    start[[0, -1]] = 0.5, -0.25
    right = qgd.rhs_preparation(
        tuple(maps), start, T, qgd.CarlemanRegisters(n, order), num_time=t
    )  # fmt: skip
    row: dict[str, object] = {
        "alpha": encoding.alpha,
        "system_qubits": encoding.num_system,
        "ancillas": encoding.num_ancillas,
        "work_qubits": encoding.num_work,
        "cx": total,
        "cx_around_coefficients": cnots(history({p: hidden(e) for p, e in calls.items()}).circuit),
        "cx_right_hand_side": cnots(right.build(0)),
        "seconds_to_compile": times["median"],
        "block_error": block_error(encoding, maps, order, T, padding),
    }
    if len(maps) == 1:
        step = qgd.structured_step(maps, order, encodings=calls)
        row["cx_around_step"] = cnots(qgd.history_encoding(opaque(step), T, padding).circuit)
    return row


def dilated(maps: list[qgd.PolynomialMap], order: int, T: int, padding: int) -> dict[str, object]:
    """The rival: exact dilations of the lifted steps."""
    n = maps[0].num_variables
    dimension = sum(float(n) ** j for j in range(1, order + 1))
    if dimension > LARGEST_DILATION:
        return {"status": f"dimension {dimension:.3g}: not built"}
    steps = [qgd.carleman(m, order) for m in maps]
    encoding = qgd.encode(qgd.history_system(steps, np.ones(n), T, padding)).encoding
    total, times = cpu_times(lambda: cnots(encoding.circuit), 0)
    return {
        "status": "ok",
        "alpha": encoding.alpha,
        "qubits": encoding.num_qubits,
        "cx": total,
        "seconds_to_compile": times["median"],
    }


def one_map(n: int, order: int, T: int) -> dict[str, object]:
    """The same step at all times, with as much padding as fills the time register."""
    padding = 2 * T - 1 - T
    q = qgd.CarlemanRegisters(n, order).slot_qubits
    maps, calls = [coefficients(n)], {1: linear(q), 2: squares(q)}
    head = {"kind": "one map", "n": n, "order": order, "num_steps": T, "padding": padding}
    rival = dilated(maps, order, T, padding) if T <= 8 else {"status": "not built"}
    return {**head, "structured": structured(maps, calls, order, T, padding), "dilation": rival}


def minibatches(n: int, order: int, T: int) -> dict[str, object]:
    """A different strength of the non-linearity at every time: alphas are unequal."""
    q = qgd.CarlemanRegisters(n, order).slot_qubits
    strengths = 1 + 0.5 * np.sin(np.arange(T))
    maps = [coefficients(n, s) for s in strengths]
    calls = {1: linear(q), 2: [squares(q, s) for s in strengths]}
    head = {"kind": "minibatches", "n": n, "order": order, "num_steps": T, "padding": T - 1}
    rival = dilated(maps, order, T, T - 1) if T <= 8 else {"status": "not built"}
    return {**head, "structured": structured(maps, calls, order, T, T - 1), "dilation": rival}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    rows = []
    for function, cases in (
        (one_map, SIZES[:1] if quick else SIZES + ORDERS + TIMES),
        (minibatches, [(2, 2, 2)] if quick else [(2, 2, 4), *MINIBATCHES]),
    ):
        for case in cases:
            rows.append(function(*case))
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    if not quick:
        payload = {"mu": MU, "gamma": GAMMA, "optimization_level": 1, "rows": rows}
        print(f"wrote {write_result('history_encoding', payload, ['qgd', 'qiskit'])}")


if __name__ == "__main__":
    main()
