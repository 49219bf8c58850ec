"""Encoding of a constant forcing: the same number at every site."""

from __future__ import annotations

import math

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array
from qgd.encoding.arithmetic import flip_if_ones, flip_on_carry, write
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.unary_iteration import flip
from qgd.encoding.walsh_hadamard import walsh_hadamard


def constant_vector_encoding(value: float, num_variables: int) -> BlockEncoding:
    """Encode value (|0> + ... + |n - 1>)<0| with alpha = |value| 2^(q/2) (Theorem 7.10).

    Flag what is not 0, spread by Hadamard gates over 2**q >= n states, flag those from n on.
    """
    q = max(1, (num_variables - 1).bit_length())
    excess = 2**q - num_variables
    flags = 1 + (excess > 0)
    negative = value < 0

    def apply(state: Array, adjoint: bool) -> Array:
        # axes: outside, unmatched; outside is the more significant flag
        split = state.reshape(-1, 2 ** (flags - 1), 2, 2**q)

        def spread(part: Array) -> Array:
            return walsh_hadamard(part) * ((-1.0 if negative else 1.0) / math.sqrt(2**q))

        def mark_nonzero(part: Array) -> Array:
            return np.concatenate((part[..., :1], part[:, :, ::-1, 1:]), axis=-1)

        def mark_excess(part: Array) -> Array:
            if not excess:
                return part
            last = part[:, ::-1, :, num_variables:]
            return np.concatenate((part[..., :num_variables], last), axis=-1)

        steps = [mark_nonzero, spread, mark_excess]
        for step in steps[::-1] if adjoint else steps:
            split = step(split)
        return split.reshape(state.shape)

    def build(num_controls: int) -> QuantumCircuit:
        work = range(q + flags, q + flags + 2 * q + 1)
        circuit = QuantumCircuit(work.stop + num_controls)
        controls, slot = list(range(work.stop, circuit.num_qubits)), range(q)
        on, addend, carries = work[0], work[1 : q + 1], work[q + 1 :]
        flip(circuit, controls, on)
        circuit.x(slot)
        flip_if_ones(circuit, [on, *slot], q, work[1:])
        circuit.x(slot)
        circuit.cx(on, q)
        for qubit in slot:
            circuit.ch(on, qubit)
        if negative:
            circuit.z(on)
        if excess:
            write(circuit, on, excess, addend)
            flip_on_carry(circuit, addend, slot, q + 1, carries)
            write(circuit, on, excess, addend)
        flip(circuit, controls, on)
        return circuit

    return BlockEncoding(
        alpha=abs(value) * math.sqrt(2**q),
        epsilon=0.0,
        num_system=q,
        num_ancillas=flags,
        apply_unitary=apply,
        build=build,
        num_work=2 * q + 1,
        name="U_F0",
        work=float(q * 2 ** (q + flags)),
    )
