"""Encodings that act on the time register: increment, and a different block at every time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array
from qgd.encoding.block_encoding import BlockEncoding


def cyclic_increment(num_qubits: int) -> BlockEncoding:
    """|k> -> |k + 1 mod 2^t>: a permutation, so alpha = 1 and no ancilla."""

    def apply(state: Array, adjoint: bool) -> Array:
        return np.roll(state, -1 if adjoint else 1, axis=-1)

    def build(num_controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(num_qubits + num_controls)
        outer = list(range(num_qubits, num_qubits + num_controls))
        for target in range(num_qubits - 1, -1, -1):
            controls = [*range(target), *outer]
            if controls:
                circuit.mcx(controls, target)
            else:
                circuit.x(target)
        return circuit

    return BlockEncoding(1.0, 0.0, num_qubits, 0, apply, build, name="increment")


@dataclass(frozen=True, eq=False)
class Piece:
    """One encoding for the times start <= k < stop."""

    start: int
    stop: int
    encoding: BlockEncoding


def multiplexed(pieces: Sequence[Piece], num_time: int) -> BlockEncoding:
    """sum_k |k><k| (x) A_k, where the pieces say which A_k each time uses (Theorem 7.2).

    One clean work qubit holds "k lies in this piece" while the piece's unitary, called once, is
    controlled on it; an interval of times is a union of at most 2 t dyadic intervals, each one
    multi-controlled NOT.

    Parameters
    ----------
    pieces : sequence of Piece
        Disjoint, covering 0 .. 2**num_time; equal alpha, sizes and numbers of ancillas.
    num_time : int
        t, qubits of the time register (above the block register).
    """
    first = pieces[0].encoding
    covered = sorted((p.start, p.stop) for p in pieces)
    gaps = [a[1] != b[0] for a, b in itertools.pairwise(covered)]
    if any(gaps) or covered[0][0] != 0 or covered[-1][1] != 2**num_time:
        raise ValueError(f"`pieces` must cover 0 to {2**num_time} without overlap, got {covered}")
    shapes = {(p.encoding.alpha, p.encoding.num_system, p.encoding.num_ancillas) for p in pieces}
    if len(shapes) != 1:
        raise ValueError(f"`pieces` must share alpha, system and ancilla qubits, got {shapes}")
    block, ancillas = first.num_system, first.num_ancillas
    system = num_time + block
    work = max(p.encoding.num_work for p in pieces)
    is_real = all(p.encoding.is_real for p in pieces)

    def apply(state: Array, adjoint: bool) -> Array:
        lead = state.shape[:-2]
        split = state.reshape(*lead, 2**ancillas, 2**num_time, 2**block)
        by_time = np.moveaxis(split, -2, -3)  # time, ancillas, block
        out = np.empty(by_time.shape, dtype=state.dtype if is_real else np.complex128)
        for piece in pieces:
            here = (..., slice(piece.start, piece.stop), slice(None), slice(None))
            out[here] = piece.encoding.apply(np.ascontiguousarray(by_time[here]), adjoint=adjoint)
        return np.moveaxis(out, -3, -2).reshape(state.shape)

    def build(num_controls: int) -> QuantumCircuit:
        flag = system + ancillas
        circuit = QuantumCircuit(flag + 1 + work + num_controls)
        outer = list(range(flag + 1 + work, circuit.num_qubits))
        time = list(range(block, system))
        for piece in pieces:
            inner = range(flag + 1, flag + 1 + piece.encoding.num_work)
            target = [*range(block), *range(system, flag), *inner, flag]
            mark = _interval_flag(circuit, piece, time, outer, flag)
            circuit.compose(mark, inplace=True, wrap=False)
            circuit.compose(piece.encoding.build(1), target, inplace=True, wrap=False)
            circuit.compose(mark.inverse(), inplace=True, wrap=False)
        return circuit

    return BlockEncoding(
        alpha=first.alpha,
        epsilon=max(p.encoding.epsilon for p in pieces),
        num_system=system,
        num_ancillas=ancillas,
        apply_unitary=apply,
        build=build,
        num_work=1 + work,
        is_real=is_real,
        name="multiplexed",
        work=sum((p.stop - p.start) * p.encoding.work for p in pieces),
    )


def dyadic_intervals(start: int, stop: int) -> list[tuple[int, int]]:
    """Split [start, stop) into intervals [a 2^b, (a + 1) 2^b), as pairs (a, b)."""
    result = []
    while start < stop:
        size = (start & -start).bit_length() - 1 if start else (stop - 1).bit_length()
        while start + 2**size > stop:
            size -= 1
        result.append((start >> size, size))
        start += 2**size
    return result


def _interval_flag(
    like: QuantumCircuit, piece: Piece, time: list[int], outer: list[int], flag: int
) -> QuantumCircuit:
    """Flip the flag where the outer controls are 1 and the time lies in the piece."""
    circuit = QuantumCircuit(like.num_qubits)
    for prefix, size in dyadic_intervals(piece.start, piece.stop):
        bits = time[size:]
        zeros = [q for b, q in enumerate(bits) if not prefix >> b & 1]
        for q in zeros:
            circuit.x(q)
        if bits or outer:
            circuit.mcx([*bits, *outer], flag)
        else:
            circuit.x(flag)
        for q in zeros:
            circuit.x(q)
    return circuit
