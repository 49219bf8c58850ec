"""A sparse matrix factorisation under gradient descent, as something to analyse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qgd.analysis.case import Advance, Missing, Nonlinearity, RowSparsity
from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import available_memory
from qgd.dynamics.factorisation import SparseFactorisation
from qgd.dynamics.factorisation_descent import FactorisationDescent
from qgd.dynamics.factorisation_dissipation import factorisation_dissipation
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.system import PolynomialMap
from qgd.dynamics.transforms import shift
from qgd.embedding.graded_factorisation import graded_factorisation
from qgd.spectra.factorisation import factorisation_spectrum
from qgd.spectra.spectrum import Spectrum
from qgd.spectra.trajectory import CarlemanTrajectory

_LISTED = 200_000  # weights, whose cubes are columns of less than 62 bits
_BYTES = 1000.0  # a column of F_2, with those of F_3 and what their tables take
_ROUNDING, _UNSEEN = 1e-12, 1e-8


class FactorisationCase:
    """A factorisation near a known pivot: the uploaded weights are `pivot + offset`.

    Parameters
    ----------
    name : str
        For the report.
    loss : SparseFactorisation
        In float64.
    pivot : ndarray, shape (n,)
        A critical point, about which the dynamics is expanded.
    offset : ndarray, shape (n,)
        Where the run starts, relative to the pivot.
    learning_rate : float
        eta.
    """

    def __init__(
        self,
        name: str,
        loss: SparseFactorisation,
        pivot: RealArray,
        offset: RealArray,
        learning_rate: float,
    ) -> None:
        self.name, self.learning_rate = name, learning_rate
        self.descent = FactorisationDescent(loss, learning_rate, pivot)
        self.offset = offset

    @property
    def num_weights(self) -> int:
        """Trainable weights."""
        return self.descent.num_variables

    num_kept = num_weights

    def loss(self) -> float:
        """L at the start."""
        return self.descent.loss.value(self.descent.pivot + self.offset)

    def row_sparsity(self) -> RowSparsity:
        """From the largest number of observations of a user or item, whatever n."""
        s = max(self.descent.loss.row_sparsity(pivot=True))
        return RowSparsity(s, True, "from the degrees of the observations, an upper bound")

    def spectrum(self, exact_up_to: int, steps: int, probes: int, advance: Advance) -> Spectrum:
        """Of the Hessian at the start."""
        options: dict[str, Any] = {}
        if self.num_weights > exact_up_to:
            options["progress"] = advance
        return factorisation_spectrum(
            self.descent.loss,
            self.descent.pivot + self.offset,
            num_steps=min(steps, self.num_weights),
            num_probes=probes,
            reorthogonalise=True,
            exact_up_to=exact_up_to,
            **options,
        )

    def step(self) -> tuple[PolynomialMap, RealArray] | Missing:
        """About the pivot, where a gradient of rounding errors alone counts as zero."""
        loss, descent = self.descent.loss, self.descent
        most = loss.num_weights * loss.row_sparsity(pivot=True)[2] * _BYTES
        if self.num_weights > _LISTED or most > available_memory():
            return Missing(
                f"coefficients are listed up to {_LISTED} weights, got {self.num_weights}: an "
                "encoding reads them from a table, in O(n) gates a call"
            )
        exact = shift(gradient_descent(loss.polynomial(), self.learning_rate), descent.pivot)[0]
        F = list(exact.F)
        size = float(np.linalg.norm(F[0].data))
        # It moves the weights by T ||F_0|| at most: nothing beside rounding, nor beside the offset.
        rounding = _ROUNDING * float(np.linalg.norm(descent.pivot))
        if size <= min(rounding, _UNSEEN * float(np.linalg.norm(self.offset))):
            F[0] = F[0] * 0.0
        return PolynomialMap(F), self.offset

    def products(self) -> int:
        """For each observation the residual, eta times it and two gradients; the ridge apart."""
        loss = self.descent.loss
        shrunk = self.num_weights if loss.ridge else 0
        return len(loss.ratings.items) * (3 * loss.rank + 1) + shrunk

    def nonlinearity(self, spectrum: Spectrum) -> Nonlinearity | Missing:
        """In a ball about the pivot, by the norms of `proofs/18`.

        The ball is the one through the start; where the run starts at the pivot, that with the
        least R. A rotation of the factors changes nothing, so there are no numbers without a ridge
        that exceeds the matrix of residuals. The Hessian changes by 3 ||J|| + 3 r a unit of length
        at most.
        """
        numbers = factorisation_dissipation(self.descent)
        least, radius = numbers.hessian_interval[0], float(np.linalg.norm(self.offset))
        if least <= 0:
            return Missing(
                f"lambda_min(H) = {spectrum.extremes[0]:.3g} at the start and at least {least:.3g} "
                "at the pivot (Theorem 18.3): rotations of the factors leave flat modes at every "
                "minimum, no dissipation to divide by; a ridge above the residuals gives it"
            )
        if radius == 0 and numbers.forcing > 0:
            radius = math.sqrt(numbers.forcing / numbers.quadratic_norm)
        if radius == 0:
            return Missing("the run starts at rest, at a minimum")
        slope = 2 * numbers.quadratic_norm + 6 * numbers.cubic_norm * radius
        source = f"norms of Theorems 18.2 and 18.3 in a ball of radius {radius:.3g}, forcing as met"
        checks = (Assumption("lambda_min(H) > 0 at the pivot", True, least),)

        def bound(stage: str, value: float) -> Bound:
            return Bound(stage, value, Kind.MEASURED, source, assumptions=checks)

        return Nonlinearity(
            bound("R of the ball", numbers.ratio(radius)),
            bound("Kantorovich number", numbers.forcing * slope / least**2),
            least,
        )

    def trajectory(self, order: int, steps: int, advance: Advance) -> CarlemanTrajectory:
        """By graded products, one pass over the observations each."""
        times = np.arange(steps + 1)
        # The gradient at planted factors is zero up to rounding only.
        solution = graded_factorisation(
            self.descent, order, self.offset, steps, at=times, homogenised=True
        )
        partial = solution.solutions()
        loss, pivot = self.descent.loss, self.descent.pivot
        x, errors, distances, losses = self.offset, [], [], []
        for step in range(steps + 1):
            errors.append(np.linalg.norm(partial[step] - x[:, None], axis=0))
            distances.append(float(np.linalg.norm(x)))
            losses.append(loss.value(pivot + x))
            x = self.descent(x) if step < steps else x
            advance(step, steps)
        return CarlemanTrajectory(
            pivot,
            solution,
            np.linalg.norm(solution.parts, axis=1),
            np.array(errors),
            np.array(distances),
            np.array(losses),
            float(np.linalg.norm(loss.gradient(pivot))),
        )
