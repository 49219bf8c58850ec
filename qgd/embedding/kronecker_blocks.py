"""Blocks of the Carleman matrix in the Kronecker basis, straight from their definition."""

from __future__ import annotations

import numpy as np
from scipy.sparse import block_array, csr_array, eye_array, kron

from qgd.core.arrays import RealArray
from qgd.dynamics.system import PolynomialMap, PolynomialSystem


def exact_blocks(system: PolynomialMap, order: int) -> list[dict[int, csr_array]]:
    """Row j of blocks {m: A_{j,m}}, m = 0..N, by A_{j,m} = sum_k G_k (x) A_{j-1,m-k}."""
    rows: list[dict[int, csr_array]] = [{0: csr_array(np.ones((1, 1)))}]
    for _ in range(order):
        row: dict[int, csr_array] = {}
        for k, Gk in enumerate(system.G):
            if Gk.nnz == 0:
                continue
            for m, block in rows[-1].items():
                if m + k <= order:
                    term = kron(Gk, block, format="csr")
                    row[m + k] = row[m + k] + term if m + k in row else term
        rows.append(row)
    return rows


def derivation_blocks(
    system: PolynomialMap | PolynomialSystem, order: int
) -> list[dict[int, csr_array]]:
    """Row j of blocks {m: A_{j,m}} of the derivation: F_k in each of the j places."""
    n = system.num_variables
    rows: list[dict[int, csr_array]] = [{}]
    for j in range(1, order + 1):
        row = {j: csr_array((n**j, n**j))}
        for k, Fk in enumerate(system.F):
            m = j + k - 1
            if Fk.nnz == 0 or m > order:
                continue
            for i in range(j):
                left, right = eye_array(n**i), eye_array(n ** (j - 1 - i))
                term = kron(kron(left, Fk), right, format="csr")
                row[m] = row[m] + term if m in row else term
        rows.append(row)
    return rows


def assemble_blocks(
    rows: list[dict[int, csr_array]], n: int, order: int
) -> tuple[csr_array, RealArray]:
    levels = range(1, order + 1)
    blocks = [[rows[j].get(m) for m in levels] for j in levels]
    for j in levels:
        if blocks[j - 1][j - 1] is None:
            blocks[j - 1][j - 1] = csr_array((n**j, n**j))
    offset = [rows[j][0].toarray().ravel() if 0 in rows[j] else np.zeros(n**j) for j in levels]
    return csr_array(block_array(blocks, format="csr")), np.concatenate(offset)
