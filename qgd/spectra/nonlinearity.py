"""R and Kantorovich's number of a network at a pivot, from estimates of its third derivative."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_integer
from qgd.spectra.hessian import HessianOperator
from qgd.spectra.spectrum import Spectrum


@dataclass(frozen=True)
class PivotNumbers:
    """How nonlinear gradient descent is about the present weights.

    With u = w - w_0 the flow is u' = -g - H u - T[u, u] / 2 - ..., g the gradient, T the third
    derivative; the smaller the numbers, the better a truncated Carleman system does.

    Parameters
    ----------
    gradient_norm : float
        ||g||.
    third_norm : float
        The largest |T[u, u, u]| over unit vectors that was found: a lower estimate of ||T||, which
        stands in for the Lipschitz constant of the Hessian near the pivot.
    least_eigenvalue : float
        lambda_min(H), less its residual when it is a Ritz value.
    R : Bound
        (||g|| / r + ||T|| r / 2) / lambda_min in the best scale r = sqrt(2 ||g|| / ||T||), which is
        sqrt(2 h). Below 1 the published Carleman theorems apply to the quadratic part.
    kantorovich : Bound
        h = ||g|| ||T|| / lambda_min^2; below 1/2 Newton's method converges from here, and so does
        the forced Carleman series. Both are infinite when H is not positive definite.
    """

    gradient_norm: float
    third_norm: float
    least_eigenvalue: float
    R: Bound
    kantorovich: Bound


def pivot_numbers(
    operator: HessianOperator,
    spectrum: Spectrum,
    *,
    num_starts: int = 4,
    num_iterations: int = 10,
    rng: int = 0,
) -> PivotNumbers:
    """Estimate R and Kantorovich's number of a network on its survivors.

    ||T|| = max |T[u, u, u]| of a symmetric tensor is sought by the power iteration
    u <- T[u, u] / ||T[u, u]|| from random starts. It can miss the maximum, and T may grow away from
    the pivot, so both numbers are ESTIMATED, from below; for polynomial networks use `majorant`,
    whose norms are proved.

    Parameters
    ----------
    operator : HessianOperator
        Of the network; a loss with kinks (ReLU) has no third derivative there and gives numbers
        that mean nothing.
    spectrum : Spectrum
        Of the same operator.
    num_starts, num_iterations : int
        Of the power iteration; each iteration is one third-order product.
    rng : int
        Seed of the starts.
    """
    check_integer("num_starts", num_starts, 1)
    check_integer("num_iterations", num_iterations, 1)
    if spectrum.size != operator.shape[0]:
        raise ValueError(
            f"`spectrum` must be that of the operator, of {operator.shape[0]} modes, got "
            f"{spectrum.size}; call spectrum(operator)"
        )
    g = float(np.linalg.norm(operator.gradient()))
    third = max(
        _power_iteration(operator, np.random.default_rng([rng, start]), num_iterations)
        for start in range(num_starts)
    )
    least = spectrum.extremes[0] - spectrum.slack[0]
    h = g * third / least**2 if least > 0 else math.inf
    checks = (Assumption("lambda_min(H) > 0", least > 0, least),)
    source = f"third derivative from {num_starts} power iterations, a lower estimate"
    return PivotNumbers(
        g,
        third,
        least,
        R=Bound("R of the pivot", math.sqrt(2 * h), Kind.ESTIMATED, source, assumptions=checks),
        kantorovich=Bound("Kantorovich number", h, Kind.ESTIMATED, source, assumptions=checks),
    )


def _power_iteration(
    operator: HessianOperator, generator: np.random.Generator, iterations: int
) -> float:
    u: RealArray = generator.standard_normal(operator.shape[0])
    u /= np.linalg.norm(u)
    largest = 0.0
    for _ in range(iterations):
        image = operator.third(u)
        largest = max(largest, abs(float(u @ image)))
        norm = float(np.linalg.norm(image))
        if norm == 0:
            break
        u = image / norm
    return largest
