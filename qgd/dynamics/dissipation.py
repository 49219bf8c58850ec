"""How strongly a flow or map contracts: norms of its coefficients and the numbers built on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from qgd.core.arrays import RealArray
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.system import Map, PolynomialMap, PolynomialSystem


def log_norm(matrix: csr_array) -> float:
    """Logarithmic norm mu(M) = lambda_max((M + M^T) / 2); ||e^{Mt}|| <= e^{mu t}."""
    dense = matrix.toarray()
    return float(np.linalg.eigvalsh((dense + dense.T) / 2)[-1])


@dataclass(frozen=True)
class Majorant:
    """g(x) = sum_k g_k x^k with g_k >= ||G_k||_2: scalar majorant of a polynomial map.

    ||Phi(u)|| <= g(||u||), and the iterates of g bound the norms of the iterates of Phi.
    The norms are those of the flattened n x n^k matrices.

    Parameters
    ----------
    coefficients : tuple of float
        g_0, g_1, ..., g_q.
    """

    coefficients: tuple[float, ...]

    def __call__(self, x: float) -> float:
        result = 0.0
        for g in reversed(self.coefficients):
            result = result * x + g
        return result

    def derivative(self, x: float) -> float:
        """g'(x), a Lipschitz constant of the map on the ball of radius x >= 0."""
        return sum(k * g * x ** (k - 1) for k, g in enumerate(self.coefficients) if k and g)

    def iterates(self, x0: float, num_steps: int) -> RealArray:
        """Bounds of ||u_0||, ..., ||u_T||; infinite once they overflow."""
        path = np.full(num_steps + 1, math.inf)
        path[0] = x0
        for k in range(num_steps):
            path[k + 1] = self(float(path[k]))
            if not path[k + 1] < 1e100:
                path[k + 1 :] = math.inf
                break
        return path

    @cached_property
    def fixed_points(self) -> tuple[float, float] | None:
        """(r_-, r_+): the interval on which g(x) <= x, or None when there is none.

        For a quadratic g these are (mu -+ sqrt(mu^2 - 4 g_0 g_2)) / (2 g_2), mu = 1 - g_1.
        """
        polynomial = np.array(self.coefficients)
        polynomial[1] -= 1
        roots = np.roots(polynomial[::-1])
        real = np.sort(
            roots[(np.abs(roots.imag) <= 1e-12 * np.abs(roots)) & (roots.real >= 0)].real
        )
        if self.coefficients[0] == 0 and (not len(real) or real[0] > 0):
            real = np.concatenate(([0.0], real))
        if len(real) == 1 and self.coefficients[1] < 1:
            return float(real[0]), math.inf
        return (float(real[0]), float(real[1])) if len(real) >= 2 else None

    @property
    def kantorovich(self) -> float:
        """h = 2 g_0 g_2 / (1 - g_1)^2 of the quadratic part; g has two fixed points when h < 1/2.

        For gradient descent on a cubic loss at a pivot, with eta (lambda_max + lambda_min) <= 2,
        this is ||grad L|| Lip(hess L) / lambda_min^2 of the Newton-Kantorovich theorem, or larger:
        2 g_2 / eta bounds the Lipschitz constant by the norm of the flattened third derivative.
        Infinite when the linear part does not contract.
        """
        mu = 1 - self.coefficients[1]
        quadratic = self.coefficients[2] if len(self.coefficients) > 2 else 0.0
        return 2 * self.coefficients[0] * quadratic / mu**2 if mu > 0 else math.inf


def majorant(system: Map) -> Majorant:
    """Scalar majorant of a map; the common one of all steps when the map depends on time."""
    if isinstance(system, PolynomialMap):
        return Majorant(tuple(operator_norm(Gk) for Gk in system.G))
    each = [majorant(m).coefficients for m in system.maps]
    return Majorant(tuple(_envelope(each)))


def flow_majorant(system: PolynomialSystem) -> tuple[float, ...]:
    """(f_0, mu, f_2, f_3, ...): d||x||/dt <= f_0 + mu ||x|| + f_2 ||x||^2 + ..., mu = log-norm."""
    norms = [operator_norm(Fk) for Fk in system.F]
    norms[1] = log_norm(system.F[1])
    return tuple(norms)


def _envelope(rows: Sequence[Sequence[float]]) -> list[float]:
    length = max(len(row) for row in rows)
    return [max(row[k] if k < len(row) else 0.0 for row in rows) for k in range(length)]
