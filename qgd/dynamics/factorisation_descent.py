"""Gradient descent on a sparse factorisation: an exactly cubic map, by products only."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.checks import check_integer, check_memory, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.factorisation import FactorisationHessian, SparseFactorisation, Vector
from qgd.dynamics.gradient import DESCENT, gradient_descent
from qgd.dynamics.system import PolynomialMap

_LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class FactorisationDescent:
    """The map x+ = x + F_0 + F_1 x + F_2 (x, x) + F_3 (x, x, x), x = weights - pivot.

    F_k = -(eta / k!) D^{k+1} L(pivot), and F_3 is the last: nothing is cut off. The F_k are applied
    in one pass over the observations each, and never stored.

    Parameters
    ----------
    loss : SparseFactorisation
        L.
    learning_rate : float
        eta > 0.
    pivot : array_like, shape (n,), optional
        Expansion point; by default the origin, a saddle, where F_0 = F_2 = 0.

    Examples
    --------
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, weights = planted_ratings(50, 50)
    >>> step = FactorisationDescent(SparseFactorisation(ratings, 2), 0.05, weights)
    >>> x = np.full(200, 0.01)
    >>> descended = weights + x - 0.05 * step.loss.gradient(weights + x)
    >>> bool(np.allclose(weights + step(x), descended, atol=1e-14))
    True
    """

    loss: SparseFactorisation
    learning_rate: float
    pivot: Vector
    hessian: FactorisationHessian = field(repr=False)

    def __init__(
        self, loss: SparseFactorisation, learning_rate: float, pivot: ArrayLike | None = None
    ) -> None:
        if not isinstance(loss, SparseFactorisation):
            raise TypeError(
                f"`loss` must be a SparseFactorisation, got {type(loss).__name__}; use "
                "`gradient_descent` for a loss by its monomials"
            )
        eta = check_real("learning_rate", learning_rate, above=0)
        center = np.zeros(loss.num_weights, loss.dtype) if pivot is None else pivot
        product = loss.hessian_product(loss.vector("pivot", center))
        object.__setattr__(self, "loss", loss)
        object.__setattr__(self, "learning_rate", eta)
        object.__setattr__(self, "pivot", product.weights)
        object.__setattr__(self, "hessian", product)

    @property
    def num_variables(self) -> int:
        """n."""
        return self.loss.num_weights

    def offset(self) -> Vector:
        """F_0 = -eta grad L(pivot)."""
        return self._descend(self.loss.adjoint(self.hessian.residual, self.pivot), 1)

    def linear(self, x: ArrayLike) -> Vector:
        """F_1 x = -eta H(pivot) x."""
        return self._descend(self.hessian(x), 1)

    def quadratic(self, x: ArrayLike, y: ArrayLike) -> Vector:
        """F_2 (x, y), symmetric."""
        return self._descend(self.loss.fourth(self.pivot, x, y), 2)

    def cubic(self, x: ArrayLike, y: ArrayLike, z: ArrayLike) -> Vector:
        """F_3 (x, y, z), symmetric, and the same at every pivot."""
        return self._descend(self.loss.fourth(x, y, z), 6)

    def __call__(self, x: ArrayLike) -> Vector:
        """One step of the map, through the gradient at pivot + x."""
        here = self.loss.vector("x", x)
        return here + self._descend(self.loss.gradient(self.pivot + here), 1)

    def iterate(self, x0: ArrayLike, num_steps: int) -> Vector:
        """x after `num_steps` steps; the iterates between are not kept.

        Raises
        ------
        QGDError
            With ``Outcome.DIVERGED`` when an iterate is not finite or beyond 1e150.
        """
        check_integer("num_steps", num_steps, 0)
        x = self.loss.vector("x0", x0).copy()
        for k in range(num_steps):
            with np.errstate(over="ignore", invalid="ignore"):
                e = self.loss.residual(self.pivot + x)
                x += self._descend(self.loss.adjoint(e, self.pivot + x), 1)
            if not float(max(x.max(), -x.min())) < _LARGEST:
                raise QGDError(
                    Outcome.DIVERGED,
                    f"the iterates must stay finite, got {np.abs(x).max():.3g} at step {k + 1}; "
                    "lower the learning rate",
                )
        return x

    def polynomial_map(self) -> PolynomialMap:
        """The same map with F_0, ..., F_3 as sparse matrices, for small n."""
        n = self.num_variables
        check_memory(
            200.0 * n * sum(self.loss.row_sparsity(pivot=True)),
            f"the coefficients of {n} weights",
            "use the products of this class",
        )
        shifted = self.loss.polynomial().shift(self.pivot.astype(np.float64))
        return gradient_descent(shifted, self.learning_rate)

    def _descend(self, derivative: Vector, factorial: int) -> Vector:
        derivative *= derivative.dtype.type(DESCENT * self.learning_rate / factorial)
        return derivative
