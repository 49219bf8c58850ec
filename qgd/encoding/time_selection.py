"""A different block encoding at every time, selected by unary iteration over a time register."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.gates import rotation
from qgd.encoding.unary_iteration import flip
from qgd.encoding.value_iteration import for_each_value


@dataclass(frozen=True, eq=False)
class SelectedEncodings:
    """Encodings A_0, ..., A_{T-1} that share one circuit, sum_k |k><k| (x) U_k.

    The circuit reads the time register and leaves it alone: the first `num_time` of its work
    qubits stand for it. It may do anything where k >= T.

    Parameters
    ----------
    parts : tuple of BlockEncoding
        By time, equal in all but what they encode. Each applies its own U_k to a statevector,
        and builds the common circuit.
    num_time : int
        t, qubits of the time register.
    """

    parts: tuple[BlockEncoding, ...]
    num_time: int


def select_by_time(encodings: Sequence[BlockEncoding], num_time: int) -> SelectedEncodings:
    """Unary iteration over the time, one call of each encoding: T - 1 products of bits around them.

    The common alpha is the largest; where alphas differ, one more ancilla is rotated from |0> to
    an amplitude alpha_k / alpha (Theorem 7.6). The common epsilon is the largest, too.

    Parameters
    ----------
    encodings : sequence of BlockEncoding
        A_0, ..., A_{T-1}, T <= 2**num_time, on the same number of system qubits.
    """
    first = encodings[0]
    alpha = max(e.alpha for e in encodings)
    inner = max(e.num_ancillas for e in encodings)
    work = max(e.num_work for e in encodings)
    angles = [2 * math.acos(min(1.0, e.alpha / alpha)) for e in encodings]
    is_damped = any(angles)
    ladder = 1 + (len(encodings) - 1).bit_length()
    system = first.num_system

    def build(num_controls: int) -> QuantumCircuit:
        damping = system + inner
        start = damping + is_damped
        time = range(start, start + num_time)
        free = range(time.stop, time.stop + ladder)
        calls = range(free.stop, free.stop + work)
        circuit = QuantumCircuit(calls.stop + num_controls)
        controls = list(range(calls.stop, circuit.num_qubits))

        def act(k: int, control: int | None) -> None:
            encoding, under = encodings[k], [] if control is None else [control]
            ancillas = range(system, system + encoding.num_ancillas)
            qubits = [*range(system), *ancillas, *calls[: encoding.num_work], *under]
            circuit.compose(encoding.build(len(under)), qubits, inplace=True)
            if angles[k] and control is None:
                circuit.ry(angles[k], damping)
            elif angles[k]:
                circuit.cry(angles[k], control, damping)

        root = controls[0] if len(controls) == 1 else free[0] if controls else None
        if len(controls) > 1:
            flip(circuit, controls, free[0])
        for_each_value(circuit, time, len(encodings), act, root=root, work=free[1:])
        if len(controls) > 1:
            flip(circuit, controls, free[0])
        return circuit

    def part(k: int) -> BlockEncoding:
        encoding, turn = encodings[k], rotation(angles[k])

        def apply(state: Array, adjoint: bool) -> Array:
            used = (2**encoding.num_ancillas, state.shape[-1])
            moved = encoding.apply(state.reshape(*state.shape[:-2], -1, *used), adjoint=adjoint)
            if angles[k]:
                by_bit = moved.reshape(*state.shape[:-2], 2, -1)
                moved = np.matmul(turn.T if adjoint else turn, by_bit)
            return moved.reshape(state.shape)

        return replace(
            first,
            alpha=alpha,
            epsilon=max(e.epsilon for e in encodings),
            num_ancillas=inner + is_damped,
            apply_unitary=apply,
            build=build,
            num_work=num_time + ladder + work,
            is_real=all(e.is_real for e in encodings),
            name="U_selected",
            work=2.0 ** (inner + is_damped - encoding.num_ancillas) * encoding.work,
        )

    _check_alike(encodings, num_time)
    return SelectedEncodings(tuple(part(k) for k in range(len(encodings))), num_time)


def select_within(
    assemble: Callable[[dict[int, BlockEncoding]], BlockEncoding],
    parts: dict[int, SelectedEncodings],
) -> SelectedEncodings:
    """Assemble an encoding out of selected ones: the work around the calls is shared by all times.

    `assemble` must hand work qubits from the first on to every call.
    """
    any_part = next(iter(parts.values()))
    by_time = zip(*(family.parts for family in parts.values()), strict=True)
    whole = [assemble(dict(zip(parts, each, strict=True))) for each in by_time]
    return SelectedEncodings(tuple(whole), any_part.num_time)


def _check_alike(encodings: Sequence[BlockEncoding], num_time: int) -> None:
    sizes = {e.num_system for e in encodings}
    if len(sizes) != 1:
        raise ValueError(
            f"`encodings` must act on the same number of system qubits, got {sorted(sizes)}; pad "
            "with kron"
        )
    if len(encodings) > 2**num_time:
        raise ValueError(
            f"`num_time` must be at least {(len(encodings) - 1).bit_length()} for "
            f"{len(encodings)} encodings, got {num_time}"
        )
