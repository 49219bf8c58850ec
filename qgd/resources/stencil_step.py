"""The lifted step of a stencil by its numbers alone, at any number of sites."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from qgd.dynamics.dissipation import Majorant
from qgd.dynamics.stencil import Stencil
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.exact_carleman import exact_carleman_product
from qgd.encoding.sparse_access import sparse_access_encoding

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qgd.core.arrays import Array


def stencil_step(
    stencil: Stencil, step_size: float, registers: CarlemanRegisters, scale: float
) -> BlockEncoding:
    """Encode the exact Carleman matrix of x + h F(x) in variables x / r (Theorems 7.5, 7.10)."""
    if stencil.of_degree(0):
        raise ValueError(
            "`problem` must have no constant term, got one; a uniform offset has a norm of "
            "sqrt(n), so shift the variables to a rest point first"
        )
    terms = [(1.0, (0,)), *((step_size * c, word) for c, word in stencil.terms)]
    step = Stencil(stencil.num_variables, terms, stencil.boundary)
    found = {}
    for p in range(1, min(step.degree, registers.order) + 1):
        if p == 1 or step.of_degree(p):
            encoding = sparse_access_encoding(step, p)
            found[p] = replace(encoding, alpha=encoding.alpha * scale ** (p - 1))
    if found[1].alpha < 1:
        found[1] = damped(found[1], 1.0)
    return exact_carleman_product(registers, found)


def stencil_majorant(stencil: Stencil, step_size: float) -> Majorant:
    """Norms of the coefficients of x + h F(x), at most: |1 + h c_0| + h sum |c_s|, h sum |c_t|.

    All rows and columns of G_1 have at most this sum of moduli, and every term of another degree
    is c_t times a partial isometry.
    """
    own = math.fsum(c for c, word in stencil.of_degree(1) if word == (0,))
    others = math.fsum(abs(c) for c, word in stencil.of_degree(1) if word != (0,))
    g = [0.0, abs(1 + step_size * own) + step_size * others]
    for p in range(2, stencil.degree + 1):
        g.append(step_size * math.fsum(abs(c) for c, _ in stencil.of_degree(p)))
    return Majorant(tuple(g))


def damped(encoding: BlockEncoding, alpha: float) -> BlockEncoding:
    """The same matrix with a larger alpha: one more ancilla is turned away from |0>."""
    angle = 2 * math.acos(encoding.alpha / alpha)
    a, n = encoding.num_ancillas, encoding.num_system

    def apply(state: Array, adjoint: bool) -> Array:
        import numpy as np

        c, s = math.cos(angle / 2), (-1 if adjoint else 1) * math.sin(angle / 2)
        split = state.reshape(*state.shape[:-2], 2, 2**a, 2**n)
        turned = np.stack(
            (c * split[..., 0, :, :] - s * split[..., 1, :, :],
             s * split[..., 0, :, :] + c * split[..., 1, :, :]), axis=-3,
        )  # fmt: skip
        return encoding.apply(turned, adjoint=adjoint).reshape(state.shape)

    def build(num_controls: int) -> QuantumCircuit:
        from qiskit import QuantumCircuit

        inner = encoding.build(num_controls)
        circuit = QuantumCircuit(inner.num_qubits + 1)
        top = n + a
        rest = list(range(top + 1, circuit.num_qubits))
        controls = rest[len(rest) - num_controls :]
        circuit.compose(inner, [*range(top), *rest], inplace=True)
        if len(controls) > 1:
            circuit.mcry(angle, controls, top)
        elif controls:
            circuit.cry(angle, controls[0], top)
        else:
            circuit.ry(angle, top)
        return circuit

    return replace(
        encoding, alpha=alpha, num_ancillas=a + 1, apply_unitary=apply, build=build,
        work=2 * encoding.work + 2.0 ** (n + a + 1),
    )  # fmt: skip
