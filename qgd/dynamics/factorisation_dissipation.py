"""What is proved of the dissipation of a sparse factorisation at a point, at any size.

The Hessian is J^T J + E + ridge I with J the derivative of the residuals and E their matrix as a
bilinear form, so that its least eigenvalue is at least ridge - ||E||; the norm of the cubic part
is one number for all instances. Proofs: proofs/18-factorisation.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from qgd.core.bound import Kind
from qgd.core.checks import check_real
from qgd.dynamics.dissipation import Majorant
from qgd.dynamics.factorisation_descent import FactorisationDescent

_PAGE = "18-factorisation.md"


@dataclass(frozen=True)
class FactorisationDissipation:
    """Norms of the flow x' = F_0 + F_1 x + F_2 (x, x) + F_3 (x, x, x) around a pivot.

    The four bounds are PROVED (their numbers in exact arithmetic), the forcing is MEASURED.

    Parameters
    ----------
    forcing : float
        ||F_0||_2 = ||grad L(pivot)||_2.
    residual_norm : float
        At least ||E||_2, E the sparse matrix of residuals (Theorem 18.3).
    jacobian_norm : float
        At least ||J||_2 (Lemma 18.1).
    ridge : float
        Of the loss.
    learning_rate : float
        eta of the map.
    """

    forcing: float
    residual_norm: float
    jacobian_norm: float
    ridge: float
    learning_rate: float

    kind = Kind.PROVED
    theorems = (f"{_PAGE}#Theorem 18.2", f"{_PAGE}#Theorem 18.3")

    @property
    def hessian_interval(self) -> tuple[float, float]:
        """Numbers between which all eigenvalues of the Hessian at the pivot lie."""
        low = self.ridge - self.residual_norm
        return low, self.ridge + self.residual_norm + self.jacobian_norm**2

    @property
    def log_norm(self) -> float:
        """Upper bound of mu(F_1) = -lambda_min(H); below zero it proves dissipation."""
        return -self.hessian_interval[0]

    @property
    def quadratic_norm(self) -> float:
        """At least the multilinear norm of F_2: (3/2) ||J||."""
        return 1.5 * self.jacobian_norm

    @property
    def cubic_norm(self) -> float:
        """The multilinear norm of F_3: 1/2 whatever the data, the size and the rank."""
        return 0.5

    def ratio(self, radius: float) -> float:
        """R = (||F_0|| / x + ||F_2|| x + ||F_3|| x^2) / |mu| at x = `radius`; infinite if mu >= 0.

        R < 1 is proved to keep the flow inside the ball of that radius; at the origin it is the
        number ||F_3|| x^2 / |mu| of Costa et al., arXiv:2312.09518.
        """
        x = check_real("radius", radius, above=0)
        if self.log_norm >= 0:
            return math.inf
        growth = self.forcing / x + self.quadratic_norm * x + self.cubic_norm * x**2
        return growth / -self.log_norm

    def majorant(self) -> Majorant:
        """g of the map with this learning rate, for the bounds of truncation (Theorem 18.2)."""
        eta = self.learning_rate
        factor = max(abs(1 - eta * edge) for edge in self.hessian_interval)
        nonlinear = eta * self.quadratic_norm, eta * self.cubic_norm
        return Majorant((eta * self.forcing, factor, *nonlinear))

    def __str__(self) -> str:
        low, high = self.hessian_interval
        verdict = "dissipative" if low > 0 else "not proved dissipative"
        return (
            f"Hessian in [{low:.4g}, {high:.4g}] PROVED, log-norm of F_1 <= {self.log_norm:.4g}: "
            f"{verdict}\n||F_0|| = {self.forcing:.4g} MEASURED, ||F_2|| <= "
            f"{self.quadratic_norm:.4g} PROVED, ||F_3|| = {self.cubic_norm:g} PROVED"
        )


def factorisation_dissipation(descent: FactorisationDescent) -> FactorisationDissipation:
    """Bound the spectrum and the norms at the pivot of a descent, in two passes over the data.

    Examples
    --------
    >>> from qgd.dynamics.factorisation import SparseFactorisation
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, weights = planted_ratings(30, 30)
    >>> loss = SparseFactorisation(ratings, 2, ridge=0.5)
    >>> numbers = factorisation_dissipation(FactorisationDescent(loss, 0.1, weights))
    >>> bool(abs(numbers.hessian_interval[0] - 0.5) < 1e-12)
    True
    """
    loss = descent.loss
    forcing = descent.offset()
    norm = float(np.linalg.norm(forcing.astype(np.float64, copy=False))) / descent.learning_rate
    e = descent.hessian.residual
    sums = np.zeros(loss.ratings.num_users + loss.ratings.num_items)
    _absolute_sums(*loss.pattern, e, sums)
    by_user, by_item = np.split(sums, [loss.ratings.num_users])
    rows = [_largest_gram(*loss.pattern, descent.pivot, loss.rank, side) for side in (0, 1)]
    return FactorisationDissipation(
        norm,
        math.sqrt(float(by_user.max()) * float(by_item.max())),
        math.sqrt(sum(rows)),
        loss.ridge,
        descent.learning_rate,
    )


@njit(cache=True)
def _absolute_sums(pointer, items, e, out):  # type: ignore[no-untyped-def]
    """Sums of |e| of each user, then of each item."""
    users = pointer.size - 1
    for i in range(users):
        for t in range(pointer[i], pointer[i + 1]):
            size = abs(np.float64(e[t]))
            out[i] += size
            out[users + items[t]] += size


@njit(cache=True)
def _largest_gram(pointer, items, w, rank, side):  # type: ignore[no-untyped-def]
    """Largest norm, by Frobenius or row sums, of the Gram matrices of a side's neighbours."""
    users, r = pointer.size - 1, rank
    count = users if side == 0 else w.size // r - users
    gram = np.zeros((count, r, r))
    for i in range(users):
        for t in range(pointer[i], pointer[i + 1]):
            own, other = (i, users + items[t]) if side == 0 else (items[t], i)
            for a in range(r):
                for b in range(r):
                    product = np.float64(w[r * other + a]) * np.float64(w[r * other + b])
                    gram[own, a, b] += product
    largest = 0.0
    for k in range(count):
        squares, row = 0.0, 0.0
        for a in range(r):
            total = 0.0
            for b in range(r):
                squares += gram[k, a, b] ** 2
                total += abs(gram[k, a, b])
            row = max(row, total)
        largest = max(largest, min(np.sqrt(squares), row))
    return largest
