"""A proved truncation bound for the descent of a factorisation of any size."""

from __future__ import annotations

import math

import numpy as np

from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.dynamics.factorisation_descent import FactorisationDescent
from qgd.dynamics.factorisation_dissipation import factorisation_dissipation
from qgd.embedding.truncation import level_errors


def factorisation_bound(
    descent: FactorisationDescent, order: int, x0_norm: float, num_steps: int
) -> Bound:
    """||x_T - y_T|| by the majorant recursion, with the closed norms of the factorisation.

    Theorem 2.1 with g from Theorems 18.2 and 18.3: two passes over the data, no matrix. It bounds
    the truncated Carleman solution, which graded evaluation computes where F_0 = 0. The norm of x_0
    grows like sqrt(n), so the bound is small for a start near a dissipative pivot only.

    Parameters
    ----------
    descent : FactorisationDescent
        The map around its pivot.
    order : int
        N.
    x0_norm : float
        ||x_0||_2, x_0 = start - pivot.
    num_steps : int
        T.

    Examples
    --------
    >>> from qgd.dynamics.factorisation import SparseFactorisation
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, weights = planted_ratings(100, 100)
    >>> step = FactorisationDescent(SparseFactorisation(ratings, 2), 0.01, weights)
    >>> bound = factorisation_bound(step, 3, 0.1, 20)
    >>> bound.kind.value, bound.value < 0.01
    ('PROVED', True)
    """
    check_integer("order", order, 1)
    check_integer("num_steps", num_steps, 0)
    check_real("x0_norm", x0_norm, at_least=0)
    numbers = factorisation_dissipation(descent)
    w = numbers.majorant().iterates(x0_norm, num_steps)
    used = w[: max(num_steps, 1)]
    value = float(level_errors(numbers.majorant(), order, np.append(w[:num_steps], 0.0))[-1, 0])
    finite = bool(np.isfinite(used).all()) and math.isfinite(value)
    low, high = numbers.hessian_interval
    return Bound(
        stage="truncation",
        value=value if finite else math.inf,
        kind=Kind.PROVED,
        source=f"majorant recursion, eigenvalues in [{low:.3g}, {high:.3g}]",
        theorem="02-truncation.md#Theorem 2.1",
        assumptions=(
            Assumption("w_k >= ||x_k||_2 for all steps", True, float(used.max())),
            Assumption("g_k at least the norms of Theorem 18.2", True, numbers.quadratic_norm),
        ),
    )
