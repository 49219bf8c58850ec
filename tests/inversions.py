"""Dense oracles for solvers: functions of singular values by an SVD, and traps for solutions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse.linalg
from scipy.sparse import csr_array

import qgd
from qgd.embedding.history_operator import BorderedOperator, HistoryOperator, RepeatedOperator
from qgd.solvers import interface

CONTRACTION = qgd.PolynomialMap([[0.1], [[-0.4]], [[0.2]]])


def apply_function(f: Callable, system: qgd.EncodedSystem) -> np.ndarray:
    """V f(S) W^+ b / ||b|| where A / alpha = W S V^+."""
    W, S, Vh = np.linalg.svd(system.matrix.toarray() / system.encoding.alpha)
    return Vh.conj().T @ (f(S) * (W.conj().T @ system.rhs)) / system.rhs_norm


def solution(system: qgd.EncodedSystem) -> np.ndarray:
    return np.linalg.solve(system.matrix.toarray(), system.rhs)


def small_history(order: int = 1, num_steps: int = 2, padding: int = 1) -> qgd.EncodedSystem:
    """Scalar histories of at most 7 qubits with encoding and work."""
    step = qgd.carleman(CONTRACTION, order)
    return qgd.encode(qgd.history_system(step, [0.5], num_steps, padding))


def forbid_solutions(patch: pytest.MonkeyPatch) -> None:
    """Let every route to a solution of linear equations raise, wherever it was imported."""

    def refuse(*args, **kwargs):
        pytest.fail("a solver looked at the solution")

    for name in ("solve", "inv", "lstsq", "pinv", "tensorsolve"):
        patch.setattr(np.linalg, name, refuse)
    for name in ("solve", "inv", "lstsq", "pinv", "lu_factor", "lu_solve", "solve_triangular"):
        patch.setattr(scipy.linalg, name, refuse)
    for name in ("spsolve", "splu", "spilu", "cg", "gmres", "lsqr", "inv", "spsolve_triangular"):
        patch.setattr(scipy.sparse.linalg, name, refuse)
    for name in ("splu", "eigsh"):
        patch.setattr(interface, name, refuse)
    for operator in (HistoryOperator, RepeatedOperator, BorderedOperator):
        patch.setattr(operator, "solve", refuse)


def with_matrix(system: qgd.EncodedSystem, matrix: np.ndarray) -> qgd.EncodedSystem:
    """The same encoding beside another matrix, to see which of the two a solver reads."""
    from dataclasses import replace

    return replace(system, matrix=csr_array(matrix))
