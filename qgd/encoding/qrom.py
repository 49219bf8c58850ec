"""Encoding of an arbitrary sparse matrix whose entries are read from a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array, issparse

from qgd.core.arrays import Array
from qgd.core.checks import check_array, check_real
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.qrom_circuit import num_work_qubits, qrom_circuit
from qgd.encoding.qrom_plan import QromPlan
from qgd.encoding.selected import SelectedPermutations
from qgd.encoding.table import MAX_BITS as MAX_ADDRESS
from qgd.encoding.walsh_hadamard import walsh_hadamard

MAX_BITS = 40


def qrom_encoding(
    matrix: ArrayLike | coo_array | csr_array, epsilon: float, name: str = "U_T"
) -> BlockEncoding:
    """Encode a real sparse matrix by table lookup, with any entries at any places (Theorem 7.12).

    The entries are coloured so that equal colours share no row and no column; a colour is a
    permutation times a diagonal. One lookup reads, for colour and column, which bits to flip
    to reach the row, sign, and modulus as a fraction of the largest of the colour; a comparison
    with b uniform bits turns the fraction into an amplitude, without a rotation; a second lookup,
    for colour and row, clears the word. With m_l the largest modulus of colour l,

        alpha = sum_l m_l,  epsilon = sqrt(||E||_1 ||E||_inf) <= d max_l m_l / 2^(b+1),

    E the error of rounding, d the most entries in a row or column, and b the least number of bits
    that keeps this below what is allowed. As m_l <= max |a| <= ||A||, alpha is at most d ||A||; for
    d entries of equal modulus and random sign it is about sqrt(d) / 2 times ||A||.

    Parameters
    ----------
    matrix : array_like, coo_array or csr_array, shape (d, d)
        A, any d >= 1, padded by zeros to 2**q >= 2.
    epsilon : float
        Allowed error in the spectral norm, at least 0.

    Raises
    ------
    ValueError
        If the matrix is not square, or 40 bits do not suffice for this epsilon.

    Examples
    --------
    >>> encoding = qrom_encoding([[1.0, 0.0], [0.75, -0.5]], epsilon=0.01)
    >>> encoding.alpha, encoding.epsilon
    (1.75, 0.0)
    """
    check_real("epsilon", epsilon, at_least=0)
    padded = _padded(matrix)
    free = QromPlan(padded, 0)
    bits = next((b for b in range(MAX_BITS + 1) if free.error(b) <= epsilon), None)
    if bits is None:
        raise ValueError(
            f"`epsilon` must be at least {free.error(MAX_BITS):.3g}, the error of {MAX_BITS} bits, "
            f"got {epsilon:.3g}; allow {2 * free.error(MAX_BITS):.3g}"
        )
    plan = QromPlan(padded, bits)
    emulation = SelectedPermutations(plan.amplitudes, plan.num_system + 1 + bits, plan.move)
    rest = 2 ** (plan.num_system + 1)

    def apply(state: Array, adjoint: bool) -> Array:
        def spread(values: Array) -> Array:
            by_fraction = np.swapaxes(values.reshape(-1, 2**bits, rest), -1, -2)
            mixed = walsh_hadamard(by_fraction) / 2 ** (bits / 2)
            return np.swapaxes(mixed, -1, -2).reshape(state.shape)

        return spread(emulation.apply(spread(state), adjoint))

    return BlockEncoding(
        alpha=plan.alpha,
        epsilon=plan.error(bits),
        num_system=plan.num_system,
        num_ancillas=1 + bits + plan.num_index,
        apply_unitary=apply,
        build=lambda num_controls: qrom_circuit(plan, num_controls),
        num_work=num_work_qubits(plan),
        name=name,
        work=emulation.work,
    )


def _padded(matrix: ArrayLike | coo_array | csr_array) -> coo_array:
    """Square of size 2**q >= 2, entries by row and column, none twice and none zero."""
    if issparse(matrix):
        entries = coo_array(matrix)
        check_array("matrix", entries.data if entries.nnz else [0.0], (None,))
    else:
        entries = coo_array(check_array("matrix", matrix, (None, None)))
    if entries.shape[0] != entries.shape[1]:
        raise ValueError(f"`matrix` must be square, got shape {entries.shape}; pad it by zeros")
    qubits = max(1, (int(entries.shape[0]) - 1).bit_length())
    if qubits > MAX_ADDRESS:
        raise ValueError(
            f"`matrix` must have at most 2**{MAX_ADDRESS} rows, got {entries.shape[0]}; encode "
            "fewer variables or a lower degree"
        )
    size = 2**qubits
    result = coo_array((entries.data.astype(np.float64), entries.coords), shape=(size, size))
    result.sum_duplicates()
    result.eliminate_zeros()
    order = np.lexsort(result.coords[::-1])
    where = tuple(line[order].astype(np.int64) for line in result.coords)
    return coo_array((result.data[order], where), shape=(size, size))
