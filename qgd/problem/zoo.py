"""Small problems with known answers, shared by tests, benchmarks and notebooks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer
from qgd.problem.logistic import LogisticLoss, logistic_regression
from qgd.problem.losses import least_squares, matrix_factorisation
from qgd.problem.networks import quadratic_network
from qgd.problem.polynomial import PolynomialLoss


@dataclass(frozen=True, eq=False)
class Problem:
    """A loss with everything a run needs.

    Parameters
    ----------
    name : str
        Key in the zoo.
    loss : LogisticLoss or PolynomialLoss
        What is minimised.
    start : ndarray, shape (n,)
        w_0.
    learning_rate : float
        eta.
    num_steps : int
        T.
    tolerance : float
        A sensible tolerance of w(T).
    minimiser : ndarray, shape (n,), optional
        Where the descent ends, where that is known in closed form.
    """

    name: str
    loss: LogisticLoss | PolynomialLoss
    start: RealArray
    learning_rate: float
    num_steps: int
    tolerance: float
    minimiser: RealArray | None = None


def scalar_cubic() -> Problem:
    """L(w) = w^4 / 4 + w^2 / 2 - 2 w: the gradient w^3 + w - 2 vanishes at w = 1 only."""
    loss = PolynomialLoss.from_terms({(0,): -2.0, (0, 0): 0.5, (0, 0, 0, 0): 0.25})
    return Problem("scalar-cubic", loss, np.array([0.8]), 0.1, 8, 0.01, np.array([1.0]))


def logistic_growth() -> Problem:
    """L(w) = w^3 / 3 - w^2 / 2: its flow w' = w - w^2 is the logistic equation, of closed form."""
    loss = PolynomialLoss.from_terms({(0, 0): -0.5, (0, 0, 0): 1 / 3})
    return Problem("logistic-growth", loss, np.array([0.7]), 0.1, 8, 0.01, np.array([1.0]))


def ridge_regression() -> Problem:
    """Three correlated features: the descent is w* + (I - eta H)^T (w_0 - w*)."""
    X = np.array([[1.0, 0.2, -0.5], [0.3, 1.0, 0.4], [-0.6, 0.5, 1.0], [0.2, -0.9, 0.3]])
    y = np.array([1.0, -0.5, 0.3, 0.8])
    loss = least_squares(X, y, ridge=0.1)
    minimiser = np.linalg.solve(X.T @ X / 4 + 0.1 * np.eye(3), X.T @ y / 4)
    return Problem("ridge-regression", loss, np.zeros(3), 0.4, 8, 0.02, minimiser)


def logistic_classification() -> Problem:
    """Six points in the plane, not separable: the surrogate of the sigmoid is at work."""
    X = np.array([[1.2, 0.3], [0.8, -0.6], [0.4, 0.9], [-1.0, 0.2], [-0.7, -0.8], [0.3, -0.4]])
    t = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    loss = logistic_regression(X, t, ridge=0.1)
    return Problem("logistic-classification", loss, np.array([0.6, 0.2]), 0.4, 6, 0.02)


def factorisation() -> Problem:
    """Three entries of a 2 x 2 matrix of rank one: cubic gradient, minimum near zero loss."""
    loss = matrix_factorisation([0, 0, 1], [0, 1, 0], [1.0, 0.5, 0.8], (2, 2), 1, ridge=0.05)
    return Problem("factorisation", loss, np.array([0.9, 0.8, 0.9, 0.6]), 0.2, 4, 0.03)


def network() -> Problem:
    """One quadratic unit fitting x -> (x_1 + x_2 / 2)^2 from four samples."""
    X = np.array([[1.0, 0.5], [0.5, -1.0], [-0.3, 0.8], [0.9, 0.9]])
    y = (X @ np.array([1.0, 0.5])) ** 2
    loss = quadratic_network(X, y, [1.0], ridge=0.02)
    return Problem("quadratic-network", loss, np.array([0.9, 0.4]), 0.05, 4, 0.02)


def random_bowl(num_weights: int, rng: np.random.Generator) -> PolynomialLoss:
    """L(w) = w^T H w / 2 + cubic, with its minimum at 0 and 2 n random cubic terms w_i w_i w_j.

    H is tridiagonal and periodic with eigenvalues between 0.3 and 1.2: diagonal in [0.5, 1], off it
    at most 0.1 in modulus.
    """
    check_integer("num_weights", num_weights, 1)
    index = np.arange(num_weights)
    neighbours = np.column_stack((index, (index + 1) % num_weights))
    quadratic = np.concatenate((np.column_stack((index, index)), neighbours[num_weights == 1 :]))
    curvature = rng.uniform(0.5, 1.0, num_weights) / 2
    coupling = rng.uniform(-0.1, 0.1, num_weights)[num_weights == 1 :]
    twice = np.tile(index, 2)
    cubic = np.column_stack((twice, twice, rng.integers(num_weights, size=2 * num_weights)))
    none = np.empty((0, 0), dtype=np.int64), np.empty((0, 1), dtype=np.int64)
    return PolynomialLoss.from_arrays(
        num_weights,
        [*none, quadratic, cubic],
        [[], [], np.concatenate((curvature, coupling)), rng.normal(size=2 * num_weights)],
    )


def oscillator_chain(
    num_weights: int, coupling: float = 0.25, quartic: float = 0.1
) -> PolynomialLoss:
    """L(w) = sum_i w_i^2 / 2 + coupling (w_i - w_{i+1})^2 / 2 + quartic w_i^4 / 4 on a ring.

    The same at every site: its descent is a stencil, whose entries are computed, not stored.
    """
    check_integer("num_weights", num_weights, 1)
    index = np.arange(num_weights)
    neighbours = np.column_stack((index, (index + 1) % num_weights))
    none = np.empty((0, 0), dtype=np.int64), np.empty((0, 1), dtype=np.int64)
    quadratic = np.concatenate((np.column_stack((index, index)), neighbours))
    own, mixed = np.full(num_weights, 0.5 + coupling), np.full(num_weights, -coupling)
    return PolynomialLoss.from_arrays(
        num_weights,
        [*none, quadratic, np.empty((0, 3), dtype=np.int64), np.column_stack([index] * 4)],
        [[], [], np.concatenate((own, mixed)), [], np.full(num_weights, quartic / 4)],
    )


def zoo() -> dict[str, Problem]:
    """All problems by name."""
    makers = (
        scalar_cubic,
        logistic_growth,
        ridge_regression,
        logistic_classification,
        factorisation,
        network,
    )
    return {problem.name: problem for problem in (make() for make in makers)}
