"""The small matrices whose encodings the structured Carleman encodings call."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from qgd.core.arrays import Array
from qgd.core.checks import check_memory
from qgd.core.kronecker import index_word, word_index
from qgd.dynamics.operator_norm import operator_norm
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.dilation import dilation


def slot_matrix(matrix: NDArray[np.float64] | csr_array, num_variables: int, degree: int) -> Array:
    """What `carleman_encoding` wants encoded of F_p, of size D**max(1, p), D = 2**slot_qubits.

    F_p contracts p slots, the first factor most significant, leaves its value in the first of them
    and 0 in the others; F_0 becomes |F_0><0| on one slot. Slot entries from n on are zero.
    """
    size = 2 ** CarlemanRegisters(num_variables, 1).slot_qubits
    check_memory(
        8.0 * size ** (2 * max(1, degree)),
        f"the dense slot matrix of F_{degree} in {num_variables} variables",
        f"pass an encoding of it as `encodings[{degree}]` or keep fewer weights",
    )
    return np.asarray(sparse_slot_matrix(matrix, num_variables, degree).toarray())


def sparse_slot_matrix(
    matrix: NDArray[np.float64] | csr_array, num_variables: int, degree: int
) -> coo_array:
    """`slot_matrix` by its entries, at any size, for encodings that read them."""
    n, arity = num_variables, max(1, degree)
    F = csr_array(matrix.reshape(n, -1)).tocoo()
    size = 2 ** CarlemanRegisters(n, 1).slot_qubits
    row, column = (index.astype(np.int64) for index in F.coords)
    words = word_index(index_word(column, n, degree), size)
    where = (row * size ** (arity - 1), words)
    return coo_array((F.data.astype(np.float64), where), shape=(size**arity, size**arity))


def slot_dilation(F: csr_array, num_variables: int, p: int, at_least: float = 0.0) -> BlockEncoding:
    """Exact dilation of the slot matrix of F_p, dense from its first use on.

    alpha is ||F_p||, or the bound of `operator_norm` beyond 2000 variables: solvers at polynomial
    level need no more than this.
    """
    norm = float(np.linalg.norm(F.data)) if p == 0 else operator_norm(F)
    alpha = max(at_least, norm) or 1.0
    qubits = max(1, p) * CarlemanRegisters(num_variables, 1).slot_qubits

    @cache
    def made() -> BlockEncoding:
        return dilation(slot_matrix(F, num_variables, p), alpha, name=f"U_F{p}")

    return BlockEncoding(
        alpha,
        0.0,
        qubits,
        1,
        lambda state, adjoint: made().apply_unitary(state, adjoint),
        lambda num_controls: made().build(num_controls),
        name=f"U_F{p}",
        work=4.0 ** (qubits + 1),
    )


def check_slots(encoding: BlockEncoding, registers: CarlemanRegisters, p: int) -> None:
    """Refuse an encoding that does not act on max(1, p) slots."""
    wanted = max(1, p) * registers.slot_qubits
    if encoding.num_system != wanted:
        raise ValueError(
            f"`encodings[{p}]` must act on {wanted} system qubits, got {encoding.num_system}; "
            f"encode slot_matrix(F_{p}, {registers.num_variables}, {p})"
        )
