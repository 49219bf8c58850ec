"""Encodings of stencils: entries that are arithmetic on the index cost O(log n) gates."""

from __future__ import annotations

from qgd.core.checks import check_integer
from qgd.dynamics.stencil import Stencil
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.constant_vector import constant_vector_encoding
from qgd.encoding.selected import SelectedPermutations
from qgd.encoding.stencil_circuit import StencilCircuit, num_work_qubits
from qgd.encoding.stencil_plan import StencilPlan


def sparse_access_encoding(stencil: Stencil, degree: int) -> BlockEncoding:
    """Encode the slot matrix of F_p of a stencil with alpha = sum_t |c_t| (Theorem 7.10).

    No entry is stored: the index register chooses a term t, which shifts slot m by -s_tm, so that
    all slots hold the row; slots 2, ..., p are compared with slot 1 and cleared, and what does
    not match, or lies beyond the boundary, is flagged. With q = ceil(log2 n) that takes O(p q)
    products of bits (Toffoli gates up to a sign) and O(T p q) CNOTs for T terms, ceil(log2 T)
    ancillas and at most two flags.

    Parameters
    ----------
    stencil : Stencil
        Terms of other degrees are ignored.
    degree : int
        p, at least 0; a constant c at every site (p = 0) has alpha = |c| 2^(q/2).

    Examples
    --------
    >>> chain = Stencil(4, [(-2.0, [0]), (0.5, [-1]), (0.5, [1])])
    >>> encoding = sparse_access_encoding(chain, 1)
    >>> encoding.alpha
    3.0
    >>> import numpy as np
    >>> bool(np.allclose(encoding.block(), chain.matrix(1).toarray()))
    True
    """
    check_integer("degree", degree, 0)
    if degree == 0:
        for constant, _ in stencil.of_degree(0):
            return constant_vector_encoding(constant, stencil.num_variables)
        stencil, degree = Stencil(stencil.num_variables, []), 1
    plan = StencilPlan(stencil, degree)
    emulation = SelectedPermutations(plan.amplitudes, plan.num_inner, plan.move)
    return BlockEncoding(
        alpha=plan.alpha,
        epsilon=0.0,
        num_system=plan.num_system,
        num_ancillas=plan.num_flags + plan.num_index,
        apply_unitary=emulation.apply,
        build=lambda controls: StencilCircuit(plan, controls).build(),
        num_work=num_work_qubits(plan),
        name=f"U_F{degree}",
        work=emulation.work,
    )
