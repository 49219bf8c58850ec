"""Structured block encoding of the truncated Carleman matrix: it is never written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qgd.core.arrays import Array
from qgd.core.checks import check_integer, check_real
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.dynamics.transforms import rescale
from qgd.encoding.block_encoding import BlockEncoding, identity_encoding, linear_combination
from qgd.encoding.carleman_circuit import num_work_qubits, plan_circuit
from qgd.encoding.carleman_emulation import apply_plan, emulation_work
from qgd.encoding.carleman_plan import CarlemanPlan
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.slot_matrix import check_slots, slot_dilation


def carleman_encoding(
    system: PolynomialSystem | PolynomialMap,
    order: int,
    *,
    scale: float = 1.0,
    constant: bool = False,
    encodings: Mapping[int, BlockEncoding] | None = None,
) -> BlockEncoding:
    """Encode the Carleman matrix of a flow, or the first-order one of a map, term by term.

    For a flow x' = sum_p F_p x^{(x)p} the blocks A_{j,j+p-1} = sum_k I^{(x)k} (x) F_p (x)
    I^{(x)(j-1-k)} of `carleman(system, order)`; for a map I + A, the matrix of
    ``carleman(system, order, form="first_order")``. One call of the encoding of each F_p, O(q N)
    controlled swaps of slots between them (Theorem 7.4), and

        alpha = N alpha_0 + sum_{p = 1..N} (N - p + 1) alpha_p <= N sum_p alpha_p, for maps 1 more.

    `CarlemanRegisters` says where the entries of y lie. The states that hold no entry are a
    reducing subspace: on them the encoded matrix is zero or stays among them (for I + A too).

    Parameters
    ----------
    system : PolynomialSystem or PolynomialMap
        F_0 != 0 is the normal case, any degree; terms that cannot act up to level N are left out.
    order : int
        N, at least 1.
    scale : float
        r > 0: the matrix in the variables x / r.
    constant : bool
        Encode [[0, 0], [c, A]] on (1, y) instead of A on y, so that F_0 enters level 1 as well.
    encodings : mapping from int to BlockEncoding, optional
        By degree p, of `slot_matrix` of the (scaled) F_p; exact dilations by default. Those of
        terms that are not needed are ignored.

    Raises
    ------
    ValueError
        If an encoding acts on a wrong number of qubits.
    QGDError
        With ``Outcome.TOO_LARGE`` if the dilation of an F_p would not fit into memory.

    References
    ----------
    Liu et al., arXiv:2011.03185, Eq. 3, for the matrix; construction and proof are ours.

    Examples
    --------
    >>> import numpy as np
    >>> logistic = PolynomialSystem([[0.0], [[-1.0]], [[0.5]]])
    >>> encoding = carleman_encoding(logistic, order=2)
    >>> encoding.alpha  # 2 * 1 + 1 * 0.5
    2.5
    >>> where = CarlemanRegisters(num_variables=1, order=2).positions
    >>> bool(np.allclose(encoding.block()[np.ix_(where, where)], [[-1, 0.5], [0, -2]]))
    True
    """
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    scaled = system if scale == 1 else rescale(system, scale)[0]
    registers = CarlemanRegisters(scaled.num_variables, order, constant)
    flow = carleman_of_terms(registers, _encodings(scaled, registers, encodings or {}))
    if isinstance(scaled, PolynomialSystem):
        return flow
    step = linear_combination([1.0, 1.0], [identity_encoding(registers.num_system), flow])
    return replace(step, name="U_carleman")


def carleman_of_terms(
    registers: CarlemanRegisters, encodings: Mapping[int, BlockEncoding]
) -> BlockEncoding:
    """The matrix of a flow from the encodings of its (scaled) terms by degree, and no matrix."""
    plan = CarlemanPlan(registers, encodings)

    def apply(state: Array, adjoint: bool) -> Array:
        return apply_plan(plan, state, adjoint)

    return BlockEncoding(
        alpha=plan.alpha,
        epsilon=plan.epsilon,
        num_system=registers.num_system,
        num_ancillas=plan.num_ancillas,
        apply_unitary=apply,
        build=lambda num_controls: plan_circuit(plan, num_controls),
        num_work=num_work_qubits(plan),
        is_real=all(e.is_real for e in plan.encodings.values()),
        name="U_carleman",
        work=emulation_work(plan),
    )


def _encodings(
    system: PolynomialSystem | PolynomialMap,
    registers: CarlemanRegisters,
    given: Mapping[int, BlockEncoding],
) -> dict[int, BlockEncoding]:
    """Encodings of the terms that act, in ascending degree; a zero F_1 if there are none."""
    n, N = registers.num_variables, registers.order
    lowest = 0 if registers.constant or N > 1 else 1
    degrees = [p for p, F in enumerate(system.F) if lowest <= p <= N and F.count_nonzero()]
    found = {}
    for p in degrees or [1]:
        found[p] = given.get(p) or slot_dilation(system.F[p], n, p)
        check_slots(found[p], registers, p)
    return found
