"""From a history system of Carleman steps to what a solver sees, without a lifted matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.system import PolynomialMap
from qgd.embedding.carleman import CarlemanSystem, MapForm
from qgd.embedding.carleman_map import CarlemanMap, carleman_map
from qgd.embedding.history import HistorySystem, LinearSystem
from qgd.embedding.history_operator import HistoryOperator
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.history import history_encoding, num_time_qubits
from qgd.encoding.history_preparation import HistoryPreparation
from qgd.encoding.lifted_preparation import LiftedVector
from qgd.encoding.linear_system import EncodedSystem, checked_rhs
from qgd.encoding.structured_step import Given, structured_step


def encode_structured(system: LinearSystem, encodings: Given | None = None) -> EncodedSystem:
    """`encode` with ``structure="structured"``; the proof of its bounds is Theorem 7.6."""
    history, maps = _history_of_maps(system)
    first, T, p = history.steps[0], history.num_steps, history.padding
    registers = CarlemanRegisters(first.num_variables, first.order)
    form, t = cast(MapForm, first.form), num_time_qubits(T, p)
    step = structured_step(
        maps, first.order, form=form, scale=first.scale, encodings=encodings, num_time=t
    )
    x0 = first.project(history.initial)
    right = rhs_preparation(maps, x0, T, registers, form=form, scale=first.scale, num_time=t)
    encoding = with_work(history_encoding(step, T, p), right.num_work)
    bound = history.inverse_norm_bound
    if encoding.epsilon and (form == "first_order" or any(m.F[0].nnz for m in maps)):
        bound = max(bound, padded_inverse_norm(history, maps))
    is_lifted = np.allclose(first.lift(x0), history.initial, rtol=1e-12, atol=0)
    times = np.arange(history.num_times)[:, None]
    lifted = [carleman_map(m, first.order, form=form, scale=first.scale) for m in maps]
    return EncodedSystem(
        encoding=encoding,
        matrix=HistoryOperator(lifted, T, p),
        rhs=checked_rhs(history.rhs, history.num_times * history.block_dimension),
        positions=(times * 2**registers.num_system + registers.positions).ravel(),
        inverse_norm_bound=max(1.0, bound),
        origin=history if encodings is None else None,
        structure="structured",
        prepare=right.build if is_lifted else None,
    )


def rhs_preparation(
    maps: tuple[PolynomialMap, ...],
    x0: RealArray,
    num_steps: int,
    registers: CarlemanRegisters,
    *,
    form: MapForm = "exact",
    scale: float = 1.0,
    num_time: int,
) -> HistoryPreparation:
    """The right-hand side of the history system of lifted maps, as a preparation (Theorem 7.7).

    With `structured_step` and `history_encoding` this is all of a system whose lift is too large
    to be written down; `encode` also holds its vectors, for emulation.

    Parameters
    ----------
    maps : tuple of PolynomialMap
        One for all steps, or one for each, in unscaled variables.
    x0 : ndarray, shape (n,)
        Start, in unscaled variables.
    form : str
        Of the embedding: the offsets are (F_0 / r)^{(x)j} on all levels if it is exact, on the
        first level only if it is of first order.
    num_time : int
        Qubits of the time register, see `num_time_qubits`.

    Examples
    --------
    >>> step = PolynomialMap([[0.3], [[-0.5]]])
    >>> b = rhs_preparation((step,), np.array([0.4]), 1, CarlemanRegisters(1, 1), num_time=1)
    >>> b.norm  # the rows 0.4 and 0.3
    0.5
    """
    levels = registers.order if form == "exact" else 1
    offsets = [m.F[0].toarray().ravel() / scale for m in maps]
    if all(np.array_equal(offset, offsets[0]) for offset in offsets):
        offsets = offsets[:1]
    return HistoryPreparation(
        LiftedVector(registers, x0 / scale, registers.order),
        tuple(LiftedVector(registers, offset, levels) for offset in offsets),
        num_steps,
        num_time,
    )


def padded_inverse_norm(history: HistorySystem, maps: tuple[PolynomialMap, ...]) -> float:
    """Bound of the inverse of all that the encoding holds, unused states included.

    With exact encodings a solver never leaves the used states. With epsilon > 0 it does, and
    Theorem 7.3 wants a bound on the whole register: that of Theorem 4.1 with the block norms of
    Theorem 7.6.
    """
    first = history.steps[0]
    block_norms = _exact_norms if first.form == "exact" else _first_order_norms
    norms = [block_norms(m, first.order, first.scale) for m in maps]
    T = history.num_steps
    table = np.eye(T + 1)
    if len(norms) == 1:
        power, growth = np.eye(first.order), np.ones(T + 1)
        for k in range(1, T + 1):
            power = norms[0] @ power
            growth[k] = np.linalg.norm(power, 2)
        later, earlier = np.tril_indices(T + 1)
        table[later, earlier] = growth[later - earlier]
    else:
        single = np.array([np.linalg.norm(beta, 2) for beta in norms])
        for k in range(T):
            table[k + 1 :, k] = np.cumprod(single[k:])
    times = np.minimum(np.arange(history.num_times), T)
    return float(np.linalg.norm(np.tril(table[times[:, None], times]), 2))


def _exact_norms(step: PolynomialMap, order: int, scale: float) -> RealArray:
    """beta_{jm}, the coefficient of x^m in g(x)^j with g_p = r^(p-1) ||G_p||."""
    g = [scale ** (p - 1) * float(operator_norm(G)) for p, G in enumerate(step.G)]
    table, power = np.zeros((order, order + 1)), np.ones(1)
    for j in range(order):
        power = np.convolve(power, g)[: order + 1]
        table[j, : len(power)] = power
    return table[:, 1:]


def _first_order_norms(step: PolynomialMap, order: int, scale: float) -> RealArray:
    """beta_{jm} as in Theorem 7.6."""
    identity = np.eye(step.num_variables)
    F1 = step.F[1].toarray()
    spread = [1.0, *(float(np.linalg.norm(identity + g * F1, 2)) for g in range(1, order + 1))]
    table = np.zeros((order, order))
    for j in range(1, order + 1):
        table[j - 1, j - 1] = max(spread[: j + 1])
        for p, F in enumerate(step.F):
            if p != 1 and 1 <= j + p - 1 <= order:
                table[j - 1, j + p - 2] = j * scale ** (p - 1) * float(operator_norm(F))
    return table


def with_work(encoding: BlockEncoding, num_work: int) -> BlockEncoding:
    """The same encoding with at least so many work qubits."""
    if encoding.num_work >= num_work:
        return encoding

    def build(num_controls: int) -> QuantumCircuit:
        placed = encoding.build(num_controls)
        inside = encoding.num_qubits
        circuit = QuantumCircuit(placed.num_qubits + num_work - encoding.num_work)
        controls = range(circuit.num_qubits - num_controls, circuit.num_qubits)
        circuit.compose(placed, [*range(inside), *controls], inplace=True)
        return circuit

    return replace(encoding, build=build, num_work=num_work)


def _history_of_maps(system: LinearSystem) -> tuple[HistorySystem, tuple[PolynomialMap, ...]]:
    """The maps behind a history system, or an error that says what it must be."""
    found: list[PolynomialMap] = []
    steps = system.steps if isinstance(system, HistorySystem) else ()
    for step in steps:
        if not isinstance(step, CarlemanSystem | CarlemanMap) or step.basis != "kronecker":
            break
        if not isinstance(step.source, PolynomialMap):
            break
        found.append(step.source)
    if not isinstance(system, HistorySystem) or len(found) < len(steps):
        raise ValueError(
            "`system` must be a history system of Carleman steps of maps in the Kronecker basis "
            f"for structure='structured', got {_describe(system)}; use history_system of "
            "carleman_map(step, order), or structure='dilation'"
        )
    return system, tuple(found)


def _describe(system: LinearSystem) -> str:
    if not isinstance(system, HistorySystem):
        return f"a {type(system).__name__}"
    step = system.steps[0]
    if not isinstance(step, CarlemanSystem):
        return f"steps that are a {type(step).__name__}"
    return f"steps of form {step.form!r} in the {step.basis} basis"
