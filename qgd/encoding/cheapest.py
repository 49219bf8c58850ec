"""The cheapest encoding of each term of a system, by alpha times compiled CNOTs."""

from __future__ import annotations

import numpy as np
from qiskit import transpile
from scipy.sparse import csr_array

from qgd.core.checks import check_real
from qgd.dynamics.stencil import BOUNDARIES, Stencil
from qgd.dynamics.system import PolynomialField
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.dilation import dilation
from qgd.encoding.pauli import pauli_encoding
from qgd.encoding.qrom import qrom_encoding
from qgd.encoding.slot_matrix import sparse_slot_matrix
from qgd.encoding.sparse_access import sparse_access_encoding

DENSE_QUBITS = 6  # of system and ancilla, for kinds whose gates grow like 4^q
LARGE = 64  # variables from which a stencil wins without comparison


def cheapest_encodings(system: PolynomialField, epsilon: float) -> dict[int, BlockEncoding]:
    """Encode every F_p != 0 within epsilon by the kind with the least alpha x CNOTs.

    A term that repeats along a ring, an open chain or a hypercube is computed on the index; other
    kinds are tables, and for few qubits Pauli words and the dilation. What a call costs is
    multiplied by alpha, since the number of calls is proportional to it.

    Parameters
    ----------
    system : PolynomialSystem or PolynomialMap
        Its F_p in ``carleman_encoding(system, order, encodings=...)``.
    epsilon : float
        Allowed error of each term in the spectral norm, above 0.

    Examples
    --------
    >>> chain = Stencil(2**10, [(-2.0, [0]), (0.5, [1]), (0.5, [-1])]).system()
    >>> calls = cheapest_encodings(chain, epsilon=1e-3)
    >>> calls[1].alpha, calls[1].epsilon
    (3.0, 0.0)
    """
    check_real("epsilon", epsilon, above=0)
    chosen = {}
    for p, F in enumerate(system.F):
        if F.count_nonzero():
            candidates = _candidates(F, system.num_variables, p, epsilon)
            alone = len(candidates) == 1
            chosen[p] = candidates[0] if alone else min(candidates, key=call_cost)
    return chosen


def call_cost(encoding: BlockEncoding) -> float:
    """Alpha times the CNOTs of one call, compiled to {cx, rz, sx, x}."""
    compiled = transpile(
        encoding.circuit,
        basis_gates=["cx", "rz", "sx", "x"],
        optimization_level=1,
        qubits_initially_zero=False,
        seed_transpiler=0,
    )
    return encoding.alpha * int(compiled.count_ops().get("cx", 0))


def _candidates(F: csr_array, n: int, p: int, epsilon: float) -> list[BlockEncoding]:
    stencil = _stencil(F, n, p)
    found = [] if stencil is None else [sparse_access_encoding(stencil, p)]
    if found and n > LARGE:
        return found
    sparse = sparse_slot_matrix(F, n, p)
    found.append(qrom_encoding(sparse, epsilon, name=f"U_F{p}"))
    if max(1, p) * CarlemanRegisters(n, 1).slot_qubits < DENSE_QUBITS:
        found.append(dilation(sparse.toarray(), name=f"U_F{p}"))
        found.append(pauli_encoding(sparse.toarray(), epsilon, name=f"U_F{p}"))
    return found


def _stencil(F: csr_array, n: int, p: int) -> Stencil | None:
    """The stencil with exactly this matrix, if there is one of few terms."""
    none = [csr_array((n, n**k)) for k in range(max(1, p) + 1)]
    alone = PolynomialField([*none[:p], F, *none[p + 1 :]])
    for boundary in BOUNDARIES:
        if boundary == "hypercube" and n & (n - 1):
            continue
        try:
            found = Stencil.from_system(alone, boundary)
        except ValueError:
            continue
        exactly = np.abs((found.matrix(p) - F).data).max(initial=0.0) == 0
        if exactly and len(found.terms) <= 4 + 2 * n.bit_length():
            return found
    return None
