"""A lifted flow with its structure: nothing of the size of the lift is in the circuit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import block_array, csr_array

from qgd.core.checks import check_real
from qgd.dynamics.system import PolynomialSystem
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman import carleman_encoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.flow import EncodedFlow
from qgd.encoding.lifted_preparation import LiftedVector
from qgd.encoding.structured_system import with_work

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from qiskit import QuantumCircuit

    from qgd.core.arrays import Array
    from qgd.embedding.carleman import CarlemanSystem

Encodings = Mapping[int, BlockEncoding]


def structured_flow(
    lifted: CarlemanSystem, x0: ArrayLike, time: float, encodings: Encodings | None = None
) -> EncodedFlow:
    """`encode_flow` with the structured encoding and sparse preparations of y(0) and c.

    Parameters
    ----------
    lifted : CarlemanSystem
        ``carleman(PolynomialSystem(...), order)`` in the Kronecker basis.
    x0, time
        As for `encode_flow`.
    encodings : mapping from int to BlockEncoding, optional
        As for `carleman_encoding`.

    Examples
    --------
    >>> from qgd.embedding.carleman import carleman
    >>> logistic = PolynomialSystem([[0.0], [[-1.0]], [[0.5]]])
    >>> flow = structured_flow(carleman(logistic, 2), [0.3], 1.0)
    >>> flow.encoding.alpha, len(flow.prepare)
    (2.5, 1)
    """
    system, r = _source(lifted), lifted.scale
    registers = CarlemanRegisters(system.num_variables, lifted.order)
    encoding = carleman_encoding(system, lifted.order, scale=r, encodings=encodings)
    start = np.asarray(x0, dtype=np.float64) / r
    lifts = [LiftedVector(registers, start, lifted.order)] if np.any(start) else []
    if lifted.offset.any():
        lifts.append(LiftedVector(registers, system.F[0].toarray().ravel() / r, 1))
    return EncodedFlow(
        encoding=with_starts(encoding, lifts),
        matrix=lifted.matrix,
        initial=lifted.lift(x0),
        source=lifted.offset,
        time=float(time),
        positions=registers.positions,
        prepare=tuple(lift.build for lift in lifts),
    )


def structured_fold(
    lifted: CarlemanSystem,
    x0: ArrayLike,
    time: float,
    unit: float | None = None,
    encodings: Encodings | None = None,
) -> EncodedFlow:
    """`fold_source` with structure: F_0 acts on a level 0 that holds the constant `unit`.

    The matrix is [[0, 0], [c / u, A]], that of `carleman_encoding` with ``constant=True`` times
    1 / u on level 0 (`level_damping`).
    """
    system, r = _source(lifted), lifted.scale
    size = float(np.linalg.norm(lifted.offset))
    u = max(1.0, size * time) if unit is None else check_real("unit", unit, at_least=1)
    registers = CarlemanRegisters(system.num_variables, lifted.order, constant=True)
    start = LiftedVector(registers, np.asarray(x0, dtype=np.float64) / r, lifted.order, u)
    inner = carleman_encoding(system, lifted.order, scale=r, constant=True, encodings=encodings)
    source = csr_array(lifted.offset[:, None] / u)
    corner = csr_array((1, 1))
    return EncodedFlow(
        encoding=with_starts(folded(inner, registers, u), [start]),
        matrix=csr_array(block_array([[corner, None], [source, lifted.matrix]])),
        initial=np.concatenate(([u], lifted.lift(x0))),
        source=np.zeros(1 + lifted.dimension),
        time=float(time),
        positions=registers.positions,
        prepare=(start.build,),
    )


def folded(encoding: BlockEncoding, registers: CarlemanRegisters, unit: float) -> BlockEncoding:
    """[[0, 0], [c / u, A]] from an encoding of [[0, 0], [c, A]]."""
    return replace(encoding @ level_damping(registers, unit), name="U_carleman")


def level_damping(registers: CarlemanRegisters, unit: float) -> BlockEncoding:
    """Encode 1 / u on level code 0 and 1 elsewhere: one ancilla turned away from |0> by arccos."""
    angle = 2 * math.acos(1 / unit)
    first, n = 2**registers.level.start, registers.num_system

    def apply(state: Array, adjoint: bool) -> Array:
        c, s = math.cos(angle / 2), (-1 if adjoint else 1) * math.sin(angle / 2)
        turned = state.copy()
        low, high = state[..., 0, :first], state[..., 1, :first]
        turned[..., 0, :first], turned[..., 1, :first] = c * low - s * high, s * low + c * high
        return turned

    def build(num_controls: int) -> QuantumCircuit:
        from qiskit import QuantumCircuit

        circuit, level = QuantumCircuit(n + 1 + num_controls), list(registers.level)
        circuit.x(level)
        circuit.mcry(angle, [*level, *range(n + 1, circuit.num_qubits)], n)
        circuit.x(level)
        return circuit

    return BlockEncoding(
        1.0, 0.0, n, 1, apply, build, name="U_unit", work=2.0 ** (n + 1)
    )  # fmt: skip


def with_starts(encoding: BlockEncoding, lifts: list[LiftedVector]) -> BlockEncoding:
    """The encoding with enough work qubits for the preparations as well."""
    return with_work(encoding, max(1 + lift.num_work for lift in lifts))


def _source(lifted: CarlemanSystem) -> PolynomialSystem:
    source = lifted.source
    if not isinstance(source, PolynomialSystem) or lifted.basis != "kronecker":
        raise ValueError(
            "`lifted` must be an embedded PolynomialSystem in the Kronecker basis, got "
            f"{type(source).__name__} in the {lifted.basis} basis; use carleman(system, order)"
        )
    return source
