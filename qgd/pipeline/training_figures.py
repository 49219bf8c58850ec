"""Two numbers of a trained loss without reading the weights: its value and its gradient norm."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.budget import ErrorBudget
from qgd.core.checks import check_array, check_integer, check_real
from qgd.core.kronecker import level_offsets, word_index
from qgd.core.outcome import Outcome
from qgd.core.resources import Resources
from qgd.core.solution import Solution
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.transforms import shift
from qgd.embedding.truncation import functional_bound, truncation_bound
from qgd.encoding.linear_system import encode, encoding_bound
from qgd.pipeline.embed import Embedded, embed
from qgd.pipeline.source import SolverSource
from qgd.problem.polynomial import PolynomialLoss
from qgd.readout.amplitude import AmplitudeEstimation
from qgd.readout.interface import Reading
from qgd.readout.step_norm import StepNorm
from qgd.solvers.interface import LinearSolver
from qgd.solvers.qsvt import QSVT


def estimate_loss(
    loss: PolynomialLoss,
    weights: ArrayLike,
    *,
    learning_rate: float,
    num_steps: int,
    order: int,
    epsilon: float = 0.01,
    solver: LinearSolver | None = None,
    rng: int = 0,
) -> Solution:
    """L(w_T) after T steps of gradient descent, as one amplitude of the final block.

    L(w_0 + u) - L(w_0) is linear in the lift (u, u (x) u, ...) once the order reaches the degree of
    L; `AmplitudeEstimation` reads it with its sign.

    Parameters
    ----------
    loss : PolynomialLoss
        L.
    weights : array_like, shape (n,)
        w_0, the centre of the lift.
    learning_rate, num_steps, order : float, int, int
        eta, T, N; N at least the degree of L.
    epsilon : float
        Error of the amplitude.
    solver : LinearSolver
        `QSVT` by default.
    rng : int
        Seed.

    Returns
    -------
    Solution
        Value of shape (1,), and a budget of |value - L(w_T)|.

    Raises
    ------
    ValueError
        If the order is below the degree of the loss.

    Examples
    --------
    >>> loss = PolynomialLoss.from_terms({(): 1.0, (0,): -1.0, (0, 0): 0.5})
    >>> found = estimate_loss(loss, [0.0], learning_rate=0.2, num_steps=3, order=2, epsilon=1e-3)
    >>> bool(abs(found.value[0] - loss.value([1 - 0.8**3])) <= found.budget.total().value)
    True
    """
    w = check_array("weights", weights, (loss.num_weights,))
    remedy = "a loss of this degree is no linear functional of fewer levels"
    check_integer("order", order, loss.degree, remedy)
    dynamics = gradient_descent(loss, learning_rate)
    embedded = embed(dynamics, w, num_steps, order=order)
    shifted = loss.shift(w)
    functional = _functional(shifted, order)
    line = functional_bound(shift(dynamics, w)[0], order, functional, 0.0, num_steps)
    system = embedded.history
    powers = system.steps[0].scale ** np.arange(1, order + 1)
    lengths = [loss.num_weights**j for j in range(1, order + 1)]
    lifted = functional * np.repeat(powers, lengths)
    source = SolverSource(QSVT() if solver is None else solver, encode(system))
    reading = AmplitudeEstimation([1.0], epsilon, rng).read_lifted(system, source, lifted)
    gain = float(np.linalg.norm(lifted)) / math.sqrt(system.padding + 1)
    return _solution(embedded, source, reading, (line,), gain, shifted.value(np.zeros_like(w)))


def estimate_gradient_norm(
    loss: PolynomialLoss,
    weights: ArrayLike,
    *,
    learning_rate: float,
    num_steps: int,
    order: int,
    epsilon: float = 0.01,
    solver: LinearSolver | None = None,
    rng: int = 0,
) -> Solution:
    """||grad L(w_T)|| = ||w_{T+1} - w_T|| / eta from a history of T + 1 steps, as one amplitude.

    Parameters as for `estimate_loss`; any order.

    Examples
    --------
    >>> loss = PolynomialLoss.from_terms({(0,): -1.0, (0, 0): 0.5})
    >>> found = estimate_gradient_norm(
    ...     loss, [0.0], learning_rate=0.2, num_steps=3, order=1, epsilon=1e-3
    ... )
    >>> bool(abs(found.value[0] - 0.8**3) <= found.budget.total().value)
    True
    """
    w = check_array("weights", weights, (loss.num_weights,))
    check_real("learning_rate", learning_rate, above=0)
    dynamics = gradient_descent(loss, learning_rate)
    embedded = embed(dynamics, w, num_steps + 1, order=order, padding=0)
    moved = shift(dynamics, w)[0]
    lines = [truncation_bound(moved, order, 0.0, T) for T in (num_steps, num_steps + 1)]
    # One line for both times, in the theorem of the later one.
    both = replace(lines[1], value=lines[0].value + lines[1].value).scaled(1 / learning_rate)
    system = embedded.history
    source = SolverSource(QSVT() if solver is None else solver, encode(system))
    found = StepNorm(epsilon, rng).read(system, source)
    reading = replace(
        found,
        value=found.value / learning_rate,
        norm=found.norm / learning_rate,
        bound=found.bound.scaled(1 / learning_rate),
    )
    gain = math.sqrt(2) * system.steps[0].scale / learning_rate
    return _solution(embedded, source, reading, (both,), gain, 0.0)


def _functional(shifted: PolynomialLoss, order: int) -> RealArray:
    """Coefficients on the Kronecker basis, symmetric: the smallest norm of all that agree."""
    n = shifted.num_weights
    starts = level_offsets(n, order)
    d = np.zeros(int(starts[-1]))
    for degree in range(1, shifted.degree + 1):
        for word, c in zip(shifted.words[degree], shifted.coefficients[degree], strict=True):
            orders = np.array(sorted(set(itertools.permutations(word.tolist()))))
            d[starts[degree - 1] + word_index(orders, n)] += float(c) / len(orders)
    return d


def _solution(
    embedded: Embedded,
    source: SolverSource,
    reading: Reading,
    lines: tuple[Bound, ...],
    gain: float,
    constant: float,
) -> Solution:
    """Add up; `gain` turns an error of the history vector into one of the value."""
    solved, encoded = source.solved, source.system
    amplified = gain * reading.amplification
    budget = ErrorBudget(
        (*lines, encoding_bound(encoded, amplified), solved.bound.scaled(amplified), reading.bound)
    )
    return Solution(
        value=reading.value + constant,
        outcome=Outcome.SUCCESS,
        budget=budget,
        resources=Resources((solved.cost, reading.cost)),
        success_probability=solved.state.success_probability,
        details={
            "order": embedded.order,
            "num_steps": embedded.history.num_steps,
            "kappa": solved.kappa,
            "level": solved.level,
        },
    )
