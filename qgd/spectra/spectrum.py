"""What is known of the eigenvalues of a symmetric operator: all of them, or quadratures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.special import stdtrit

from qgd.core.arrays import RealArray
from qgd.core.checks import check_real


@dataclass(frozen=True)
class Estimate:
    """A mean over random probes with its confidence interval.

    `lower` and `upper` are infinite when there is one probe, whose error nothing tells, and equal
    to `value` when the spectrum is exact. The interval covers the chance of the probes, not the
    bias of too few Lanczos steps.
    """

    value: float
    lower: float
    upper: float
    confidence: float

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.upper - self.lower) / 2

    def scaled(self, factor: float) -> Estimate:
        """The estimate of a multiple."""
        ends = sorted((factor * self.lower, factor * self.upper))
        return Estimate(factor * self.value, ends[0], ends[1], self.confidence)


@dataclass(frozen=True)
class Tridiagonal:
    """Outcome of one Lanczos run: Q^T H Q = tridiag(beta, alpha, beta), from one random vector.

    Parameters
    ----------
    alpha : RealArray
        Diagonal, one entry a step.
    beta : RealArray
        Off-diagonal, the same number: the last couples to the step that was not made, and is zero
        when the Krylov space is invariant, so that nothing is left out.
    assigned : RealArray, optional
        Weights that take the place of the quadrature's own (`sharpened`).
    """

    alpha: RealArray
    beta: RealArray
    assigned: RealArray | None = None

    @cached_property
    def _decomposed(self) -> tuple[RealArray, RealArray]:
        return eigh_tridiagonal(self.alpha, self.beta[:-1])

    @property
    def nodes(self) -> RealArray:
        """Ritz values, ascending: the nodes of the Gauss quadrature of the probe's measure."""
        return self._decomposed[0]

    @cached_property
    def weights(self) -> RealArray:
        """Weights of the quadrature; they add to 1."""
        return self._decomposed[1][0] ** 2 if self.assigned is None else self.assigned

    @cached_property
    def residuals(self) -> RealArray:
        """||H y - theta y|| of each Ritz pair: an eigenvalue lies so close to each node."""
        return self.beta[-1] * np.abs(self._decomposed[1][-1])

    def cumulative_bracket(self, x: float) -> tuple[float, float]:
        """Least and greatest mass at or below x of all measures with the moments of this run.

        Gauss-Radau quadrature with a node at x: the mass of its nodes below x, without and with
        the one at x (Chebyshev-Markov-Stieltjes inequalities, Szegoe, Orthogonal Polynomials,
        theorem 3.41.1). True of the probe's own measure when the basis is orthogonal.
        """
        from scipy.linalg import solve_banded

        if self.beta[-1] == 0:
            below = float(self.weights[self.nodes <= x].sum())
            return below, below
        k = len(self.alpha)
        banded = np.zeros((3, k))
        banded[0, 1:] = banded[2, :-1] = self.beta[:-1]
        banded[1] = self.alpha - x
        right = np.zeros(k)
        right[-1] = self.beta[-1] ** 2
        try:
            last = x + solve_banded((1, 1), banded, right)[-1]
        except np.linalg.LinAlgError:  # x is a node
            last = math.inf
        if not math.isfinite(last):
            nodes, weights, at = self.nodes, self.weights, int(np.abs(self.nodes - x).argmin())
        else:
            nodes, vectors = eigh_tridiagonal(np.append(self.alpha, last), self.beta)
            weights, at = vectors[0] ** 2, int(np.abs(nodes - x).argmin())
        before = float(weights[:at].sum())
        return before, min(1.0, before + float(weights[at]))


@dataclass(frozen=True)
class Spectrum:
    """Distribution of the eigenvalues of a symmetric operator of dimension `size`.

    The spectral density is (1/n) sum_i delta(lambda - lambda_i). Either all eigenvalues are known,
    or for each random probe v the Gauss quadrature of sum_i (q_i . v)^2 delta(lambda - lambda_i),
    whose mean over probes is the density.

    Parameters
    ----------
    size : int
        n, the number of modes.
    eigenvalues : RealArray, optional
        All of them, ascending: the exact spectrum.
    probes : tuple of Tridiagonal
        The Lanczos runs; empty when the spectrum is exact.

    Examples
    --------
    >>> import numpy as np
    >>> spectrum = Spectrum(3, eigenvalues=np.array([-1.0, 0.0, 4.0]))
    >>> spectrum.mean(lambda x: x).value, spectrum.trace().value
    (1.0, 3.0)
    """

    size: int
    eigenvalues: RealArray | None = None
    probes: tuple[Tridiagonal, ...] = ()

    def __post_init__(self) -> None:
        if (self.eigenvalues is None) == (not self.probes):
            raise ValueError(
                "`probes` must be given where `eigenvalues` are not, and only there, got "
                f"{len(self.probes)} probes; leave one of the two out"
            )

    @property
    def exact(self) -> bool:
        """Whether all eigenvalues are known."""
        return self.eigenvalues is not None

    @property
    def num_products(self) -> int:
        """Products with the operator that the quadratures took; n when the spectrum is exact."""
        return self.size if self.exact else sum(len(p.alpha) for p in self.probes)

    @cached_property
    def nodes(self) -> RealArray:
        """Eigenvalues, or the nodes of all probes, ascending."""
        if self.eigenvalues is not None:
            return self.eigenvalues
        return self._pooled[0]

    @cached_property
    def weights(self) -> RealArray:
        """Weights of the nodes; they add to 1."""
        if self.eigenvalues is not None:
            return np.full(self.size, 1 / self.size)
        return self._pooled[1]

    @cached_property
    def _pooled(self) -> tuple[RealArray, RealArray]:
        nodes = np.concatenate([p.nodes for p in self.probes])
        weights = np.concatenate([p.weights for p in self.probes]) / len(self.probes)
        order = np.argsort(nodes, kind="stable")
        return nodes[order], weights[order]

    @property
    def extremes(self) -> tuple[float, float]:
        """Least and greatest eigenvalue, or Ritz value, which lie inside by up to `slack`."""
        return float(self.nodes[0]), float(self.nodes[-1])

    @property
    def slack(self) -> tuple[float, float]:
        """Residuals of the extreme Ritz values: an eigenvalue lies so close to each of them."""
        if self.exact:
            return 0.0, 0.0
        least = min(self.probes, key=lambda p: float(p.nodes[0]))
        greatest = max(self.probes, key=lambda p: float(p.nodes[-1]))
        return float(least.residuals[0]), float(greatest.residuals[-1])

    def mean(
        self, function: Callable[[RealArray], RealArray], *, confidence: float = 0.95
    ) -> Estimate:
        """Mean of a function over the modes, (1/n) sum_i f(lambda_i), with Student's interval.

        Parameters
        ----------
        function : callable
            Of an array of eigenvalues.
        confidence : float
            Of the interval over probes.
        """
        check_real("confidence", confidence, above=0, below=1)
        if self.eigenvalues is not None:
            value = float(np.mean(function(self.eigenvalues)))
            return Estimate(value, value, value, confidence)
        each = np.array([p.weights @ function(p.nodes) for p in self.probes])
        return estimate(each, confidence)

    def trace(self, *, confidence: float = 0.95) -> Estimate:
        """Sum of the eigenvalues."""
        return self.mean(lambda x: x, confidence=confidence).scaled(self.size)

    def fraction_below_bracket(self, x: float) -> tuple[float, float]:
        """Least and greatest share of modes at or below x that the Lanczos runs allow.

        The mean over probes of `Tridiagonal.cumulative_bracket`: the bias of too few steps, to
        which the interval over probes is blind.
        """
        if self.eigenvalues is not None:
            share = float(np.mean(self.eigenvalues <= x))
            return share, share
        low, high = zip(*(p.cumulative_bracket(x) for p in self.probes), strict=True)
        return float(np.mean(low)), float(np.mean(high))


def estimate(each: RealArray, confidence: float) -> Estimate:
    """Mean of independent values and Student's interval of it."""
    value = float(np.mean(each))
    if len(each) == 1:
        return Estimate(value, -math.inf, math.inf, confidence)
    error = float(np.std(each, ddof=1)) / math.sqrt(len(each))
    reach = float(stdtrit(len(each) - 1, (1 + confidence) / 2)) * error
    return Estimate(value, value - reach, value + reach, confidence)
