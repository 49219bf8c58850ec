"""Logistic regression, and the polynomial that stands in for its sigmoid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import ArrayLike
from scipy.special import expit

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_indices, check_integer, check_real
from qgd.problem.losses import ridge_penalty
from qgd.problem.polynomial import PolynomialLoss
from qgd.problem.ridge_functions import ridge_function_sum

_SUBINTERVALS = 8
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class LogisticLoss:
    """L(w) = mean_i [log(1 + e^{z_i}) - t_i z_i] + (ridge / 2) ||w||^2, z_i = x_i . w.

    The exact loss, not a polynomial; `surrogate` gives the polynomial that is embedded.

    Parameters
    ----------
    features : ndarray, shape (m, n)
        Rows x_i; append a column of ones for a bias.
    labels : ndarray, shape (m,)
        t_i, each 0 or 1.
    ridge : float
        Strong convexity of the loss.
    """

    features: RealArray
    labels: RealArray
    ridge: float

    @property
    def num_weights(self) -> int:
        return int(self.features.shape[1])

    @property
    def smoothness(self) -> float:
        """Largest curvature: lambda_max(X^T X) / (4 m) + ridge bounds every Hessian."""
        norm = float(np.linalg.norm(self.features, 2))
        return norm**2 / (4 * len(self.features)) + self.ridge

    def value(self, weights: ArrayLike) -> float:
        """L(w)."""
        w = check_array("weights", weights, (self.num_weights,))
        z = self.features @ w
        return float(np.mean(np.logaddexp(0, z) - self.labels * z) + self.ridge / 2 * (w @ w))

    def gradient(self, weights: ArrayLike) -> RealArray:
        """X^T (sigma(X w) - t) / m + ridge w, shape (n,)."""
        w = check_array("weights", weights, (self.num_weights,))
        residual = expit(self.features @ w) - self.labels
        gradient = self.features.T @ residual / len(self.features) + self.ridge * w
        return np.asarray(gradient, dtype=np.float64)

    def hessian(self, weights: ArrayLike) -> RealArray:
        """X^T diag(sigma (1 - sigma)) X / m + ridge I, shape (n, n)."""
        w = check_array("weights", weights, (self.num_weights,))
        s = expit(self.features @ w)
        X = self.features
        curvature = (X * (s * (1 - s))[:, None]).T @ X / len(X)
        return np.asarray(curvature + self.ridge * np.eye(self.num_weights), dtype=np.float64)

    def restrict(self, indices: ArrayLike) -> LogisticLoss:
        """Return the loss of the weights `indices`, all others fixed at zero."""
        kept = check_indices("indices", indices, self.num_weights)
        return LogisticLoss(np.ascontiguousarray(self.features[:, kept]), self.labels, self.ridge)

    def surrogate(self, center: ArrayLike, radius: float, degree: int = 3) -> SigmoidSurrogate:
        """Replace each sample's sigmoid by its Chebyshev interpolant near the expansion point.

        Sample i sees z = x_i . w only within |z - x_i . c| <= ||x_i|| rho while ||w - c|| <= rho,
        so its sigmoid is interpolated at the degree + 1 Chebyshev nodes of that interval:

            |sigma(z) - p_i(z)| <= max |sigma^(q+1)| h_i^(q+1) / (2^q (q+1)!),  h_i = ||x_i|| rho,

        with the maximum of the derivative over the same interval. One polynomial a sample is far
        more accurate than one polynomial for all, and the gradient is of degree q all the same.
        Where h_i is below 2 pi eps^(1/(q+1)), eps the machine precision, that length takes its
        place: the error is eps all the same, and the coefficients do not drown in eps / h_i^q.

        Parameters
        ----------
        center : array_like, shape (n,)
            Expansion point c, usually the weights from which the descent starts.
        radius : float
            rho > 0, the ball in which the stated error holds.
        degree : int
            q, the degree of the gradient, at least 1.

        Returns
        -------
        SigmoidSurrogate
            The polynomial loss, of degree q + 1 in w, with its gradient error on the ball.
        """
        c = check_array("center", center, (self.num_weights,))
        check_real("radius", radius, above=0)
        check_integer("degree", degree, 1)
        X, samples = self.features, len(self.features)
        z = X @ c
        norms = np.linalg.norm(X, axis=1)
        h = np.maximum(radius * norms, 2 * math.pi * _EPS ** (1 / (degree + 1)))
        sigmoid = _interpolants(z, h, degree)
        profile = np.zeros((samples, degree + 2))
        profile[:, 0] = np.logaddexp(0, z) - self.labels * z
        profile[:, 1:] = sigmoid / np.arange(1, degree + 2)
        profile[:, 1] -= self.labels
        data = ridge_function_sum(X, _shifted(profile, z) / samples)
        loss = data + ridge_penalty(self.num_weights, self.ridge)
        errors = _interpolation_error(z, h, degree)
        spectral = float(np.linalg.norm(X, 2) * np.linalg.norm(errors))
        return SigmoidSurrogate(
            loss=loss,
            center=c,
            radius=float(radius),
            sigmoid_error=float(errors.max()),
            gradient_error=min(spectral, float(errors @ norms)) / samples,
        )


@dataclass(frozen=True, eq=False)
class SigmoidSurrogate:
    """A polynomial loss that approximates a logistic loss on a ball.

    Parameters
    ----------
    loss : PolynomialLoss
        The polynomial, in the original weights w.
    center : ndarray, shape (n,)
        Centre of the ball.
    radius : float
        Radius rho of the ball.
    sigmoid_error : float
        max_i sup |sigma - p_i| over the ball.
    gradient_error : float
        sup over the ball of ||grad L - grad L_surrogate||_2, bounded by
        min(||X||_2 ||e||_2, sum_i e_i ||x_i||_2) / m with e_i the error of sample i.
    """

    loss: PolynomialLoss
    center: RealArray
    radius: float
    sigmoid_error: float
    gradient_error: float


def logistic_regression(features: ArrayLike, labels: ArrayLike, ridge: float = 0.0) -> LogisticLoss:
    """Build the logistic loss of a two-class data set.

    Parameters
    ----------
    features : array_like, shape (m, n)
        X; standardised columns make the learning rate meaningful.
    labels : array_like, shape (m,)
        0 or 1.
    ridge : float
        At least 0; positive values make the descent dissipative in every direction.

    Raises
    ------
    ValueError
        If a label is neither 0 nor 1, or a feature is not finite.
    """
    X = check_array("features", features, (None, None))
    t = check_array("labels", labels, (len(X),))
    strange = t[(t != 0) & (t != 1)]
    if len(strange):
        raise ValueError(
            f"`labels` must be 0 or 1, got {strange[0]:g}; encode the positive class as 1"
        )
    return LogisticLoss(X, t, check_real("ridge", ridge, at_least=0))


def _shifted(profiles: RealArray, centers: RealArray) -> RealArray:
    """Power coefficients of t -> p_i(t - z_i), by Horner's rule on polynomials."""
    result = np.zeros_like(profiles)
    for coefficient in profiles.T[::-1]:
        times_t = np.roll(result, 1, axis=1)  # the last coefficient is still zero
        result = times_t - centers[:, None] * result
        result[:, 0] += coefficient
    return result


def _interpolants(z: RealArray, h: RealArray, degree: int) -> RealArray:
    """Power-basis coefficients in (z - z_i) of the Chebyshev interpolants, shape (m, degree+1)."""
    nodes = chebyshev.chebpts1(degree + 1)
    values = expit(z[:, None] + h[:, None] * nodes)
    in_chebyshev = np.linalg.solve(chebyshev.chebvander(nodes, degree), values.T)
    to_powers = np.array(
        [np.pad(chebyshev.cheb2poly(row), (0, degree - k)) for k, row in _unit_rows(degree)]
    )
    return (in_chebyshev.T @ to_powers) / h[:, None] ** np.arange(degree + 1)


def _unit_rows(degree: int) -> list[tuple[int, RealArray]]:
    return [(k, np.eye(degree + 1)[k, : k + 1]) for k in range(degree + 1)]


def _interpolation_error(z: RealArray, h: RealArray, degree: int) -> RealArray:
    """Remainder bound of Chebyshev interpolation on [z_i - h_i, z_i + h_i]."""
    # Subintervals keep the Bernstein hull of the derivative tight where h is large.
    edges = expit(z[:, None] + h[:, None] * np.linspace(-1, 1, _SUBINTERVALS + 1))
    derivative = np.max(
        [_derivative_bound(a, b, degree + 1) for a, b in zip(edges.T, edges.T[1:], strict=False)],
        axis=0,
    )
    return derivative * h ** (degree + 1) / (2.0**degree * math.factorial(degree + 1))


def _derivative_bound(lower: RealArray, upper: RealArray, order: int) -> RealArray:
    """Upper bound of |sigma^(order)| where sigma runs through [lower, upper].

    sigma^(k) = P_k(sigma) with P_{k+1}(s) = P_k'(s) s (1 - s): a polynomial on an interval lies
    between its smallest and its largest Bernstein coefficient.
    """
    p = np.array([0.0, 1.0])
    for _ in range(order):
        p = np.convolve(np.polynomial.polynomial.polyder(p), [0.0, 1.0, -1.0])
    n = len(p) - 1
    width = upper - lower
    shifted = np.zeros((len(lower), n + 1))
    for i in range(n + 1):
        for k in range(i, n + 1):
            shifted[:, i] += p[k] * math.comb(k, i) * lower ** (k - i) * width**i
    bernstein = np.zeros_like(shifted)
    for j in range(n + 1):
        for i in range(j + 1):
            bernstein[:, j] += math.comb(j, i) / math.comb(n, i) * shifted[:, i]
    # The coefficients cancel at high orders: what rounding may have hidden is added.
    rounding = 8 * n * _EPS * np.polynomial.polynomial.polyval(upper, np.abs(p))
    return np.asarray(np.abs(bernstein).max(axis=1) + rounding)
