"""The small matrices whose encodings the structured Carleman encodings call."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from qgd.core.arrays import Array
from qgd.core.checks import check_memory
from qgd.core.kronecker import index_word, word_index
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.dilation import dilation


def slot_matrix(matrix: NDArray[np.float64] | csr_array, num_variables: int, degree: int) -> Array:
    """What `carleman_encoding` wants encoded of F_p, of size D**max(1, p), D = 2**slot_qubits.

    F_p contracts p slots, the first factor most significant, leaves its value in the first of them
    and 0 in the others; F_0 becomes |F_0><0| on one slot. Slot entries from n on are zero.
    """
    F = csr_array(matrix.reshape(num_variables, -1)).tocoo()
    n = num_variables
    size = 2 ** CarlemanRegisters(n, 1).slot_qubits
    arity = max(1, degree)
    check_memory(
        8.0 * size ** (2 * arity),
        f"the dense slot matrix of F_{degree} in {n} variables",
        f"pass an encoding of it as `encodings[{degree}]` or keep fewer weights",
    )
    row, column = F.coords
    result = np.zeros((size**arity, size**arity))
    words = word_index(index_word(column, n, degree), size)
    np.add.at(result, (row * size ** (arity - 1), words), F.data)
    return result


def slot_dilation(F: csr_array, num_variables: int, p: int, at_least: float = 0.0) -> BlockEncoding:
    """Exact dilation of the slot matrix of F_p."""
    matrix = slot_matrix(F, num_variables, p)
    alpha = max(at_least, float(np.linalg.norm(matrix, 2)))
    return dilation(matrix, alpha or None, name=f"U_F{p}")


def check_slots(encoding: BlockEncoding, registers: CarlemanRegisters, p: int) -> None:
    """Refuse an encoding that does not act on max(1, p) slots."""
    wanted = max(1, p) * registers.slot_qubits
    if encoding.num_system != wanted:
        raise ValueError(
            f"`encodings[{p}]` must act on {wanted} system qubits, got {encoding.num_system}; "
            f"encode slot_matrix(F_{p}, {registers.num_variables}, {p})"
        )
