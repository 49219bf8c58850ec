"""Sparse LU, or the recursion: the classical oracle in the place of a quantum solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.bound import Bound, Kind
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.embedding.history_operator import LiftedOperator
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.interface import SolvedState, inverse_products


@dataclass(frozen=True)
class Direct:
    """Solve A z = b classically and hand over z / ||z|| as an ideal quantum state.

    The error line is MEASURED: ||A^-1|| times the residual that was found (Theorem 5.4), with the
    rounding of the residual itself included.
    """

    def with_epsilon(self, epsilon: float) -> Direct:
        """Return itself: a direct solver has no accuracy to choose."""
        del epsilon
        return self

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Run the solver; see `LinearSolver`."""
        b = system.rhs
        A = system.matrix
        z = inverse_products(system)[0](b)
        norm = float(np.linalg.norm(z))
        free = isinstance(A, LiftedOperator)
        absolute = (A.absolute(np.abs(z)) if free else abs(A) @ np.abs(z)) + np.abs(b)
        # A sum of m products is off by at most m eps / (2 - m eps) times that of their moduli.
        terms = A.roundings if free else int(np.diff(A.indptr).max())
        residual = np.abs(b - A @ z) + (terms + 2) * np.finfo(float).eps * absolute
        value = system.inverse_norm_bound * float(np.linalg.norm(residual))
        method = "recursion" if free else "sparse LU"
        bound = Bound(
            "inversion", value, Kind.MEASURED, f"{method}, by its residual",
            "05-inversion.md#Theorem 5.4",
        )  # fmt: skip
        cost = Cost("inversion", detail=f"{method} (classical)")
        state = FlaggedState(z / norm, norm, value)
        return SolvedState(state, bound, cost, system.kappa_bound, "direct")

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """There is none.

        Raises
        ------
        ValueError
            Always; the message names the solvers that have one.
        """
        raise ValueError("`solver` must be QSVT, LCU or HHL to have a circuit, got Direct")
