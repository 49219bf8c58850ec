"""Training a pruned loss: surrogate, upload, evolve, download, and again from what was read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.budget import ErrorBudget
from qgd.core.checks import check_array, check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.core.resources import Resources
from qgd.core.solution import Solution
from qgd.dynamics.deviation import contraction_factor, surrogate_descent
from qgd.dynamics.dissipation import majorant
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.integrate import descend
from qgd.dynamics.system import PolynomialMap
from qgd.dynamics.transforms import shift
from qgd.pipeline.embed import embed
from qgd.pipeline.order import Order
from qgd.pipeline.solve import run
from qgd.pipeline.source import SolverSource
from qgd.problem.logistic import LogisticLoss
from qgd.problem.polynomial import PolynomialLoss
from qgd.readout.final_state import FinalState
from qgd.readout.interface import Readout
from qgd.solvers.interface import LinearSolver
from qgd.solvers.qsvt import QSVT


@dataclass(frozen=True, eq=False)
class Round:
    """One upload, evolution and download.

    Parameters
    ----------
    start : ndarray, shape (n,)
        Weights that were uploaded.
    dynamics : PolynomialMap
        The gradient step that was embedded, in the original weights.
    norm_bounds : ndarray or None
        Proved bounds of the distance from the start, when there are any.
    solution : Solution
        What the solver and the readout returned; its budget includes the surrogate.
    source : SolverSource
        Builds the circuit of this round.
    """

    start: RealArray
    dynamics: PolynomialMap
    norm_bounds: RealArray | None
    solution: Solution
    source: SolverSource


@dataclass(frozen=True, eq=False)
class Training:
    """Weights trained by the quantum solver, next to plain gradient descent.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        w(T), as it was downloaded.
    path : ndarray, shape (T + 1, n)
        w(0), ..., w(T) as the emulated history states hold them.
    reference : ndarray, shape (T + 1, n)
        Plain gradient descent on the exact loss, in double precision.
    budget : ErrorBudget
        Bound of ||weights - reference[-1]||_2, stage by stage.
    resources : Resources
        Costs of the last round (`rounds` has all).
    rounds : tuple of Round
        One for each upload.
    outcome : Outcome
        SUCCESS, or TOLERANCE_NOT_MET.
    """

    weights: RealArray
    path: RealArray
    reference: RealArray
    budget: ErrorBudget
    resources: Resources
    rounds: tuple[Round, ...]
    outcome: Outcome

    @property
    def true_error(self) -> float:
        """||weights - reference[-1]||_2: what the budget must cover."""
        return float(np.linalg.norm(self.weights - self.reference[-1]))


def train(
    loss: LogisticLoss | PolynomialLoss,
    weights: ArrayLike,
    *,
    learning_rate: float,
    num_steps: int,
    tolerance: float,
    order: Order = "auto",
    solver: LinearSolver | None = None,
    readout: Readout | None = None,
    reupload: int | None = None,
    degree: int = 3,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> Training:
    """Run T steps of gradient descent by the quantum linear-system algorithm.

    With `reupload` = K the state is downloaded every K steps and uploaded again as the new
    expansion point (Liu et al., arXiv:2303.03428, Fig. 1): the Carleman error starts anew, and what
    was committed before is carried on by the Lipschitz constant of the descent.

    Parameters
    ----------
    loss : LogisticLoss or PolynomialLoss
        Of the kept weights; a logistic loss is replaced by a polynomial near each upload.
    weights : array_like, shape (n,)
        Start, the pruned weights.
    learning_rate : float
        eta.
    num_steps : int
        T.
    tolerance : float
        Wanted bound of ||w(T) - w_GD(T)||_2; each round gets an equal part.
    order, solver, readout
        As for `solve`; a solver's own epsilon is replaced by what the tolerance needs.
    reupload : int, optional
        K, steps between downloads; by default one round.
    degree : int
        Degree of the surrogate's gradient.
    on_stage : callable
        Called with a short description before each stage, for progress displays.

    Raises
    ------
    ValueError, QGDError
        As `surrogate_descent` and `solve`, also where a surrogate alone exceeds the tolerance. A
        total that misses it after a run is an outcome, not an error.
    """
    w = check_array("weights", weights, (loss.num_weights,))
    check_integer("num_steps", num_steps, 1)
    check_real("tolerance", tolerance, above=0)
    length = num_steps if reupload is None else check_integer("reupload", reupload, 1)
    lengths = [min(length, num_steps - k) for k in range(0, num_steps, length)]
    on_stage("plain gradient descent")
    reference = descend(loss, w, learning_rate, num_steps)
    share = tolerance / len(lengths)
    rounds: list[Round] = []
    path = [w[None, :]]
    budget: ErrorBudget | None = None
    for index, steps in enumerate(lengths):
        if len(lengths) > 1:
            on_stage(f"round {index + 1} of {len(lengths)}")
        inherited = 0.0 if budget is None else budget.total().value
        finished, carry = _round(
            loss, w, learning_rate, steps, share, order, solver or QSVT(),
            _reseeded(readout or FinalState(), index), degree, on_stage, inherited,
        )  # fmt: skip
        rounds.append(finished)
        new = finished.solution.budget
        budget = new if budget is None else budget.propagate(carry) + new
        w = finished.solution.value
        trajectory = finished.solution.trajectory
        path.append(trajectory[1:] if trajectory is not None else w[None, :])
    assert budget is not None  # num_steps >= 1
    met = budget.total().value <= tolerance
    return Training(
        weights=w,
        path=np.concatenate(path),
        reference=reference,
        budget=budget,
        resources=rounds[-1].solution.resources,
        rounds=tuple(rounds),
        outcome=Outcome.SUCCESS if met else Outcome.TOLERANCE_NOT_MET,
    )


def _reseeded(readout: Readout, index: int) -> Readout:
    """Give every round noise of its own, so that errors do not add up in step."""
    seed = getattr(readout, "rng", None)
    if index == 0 or not isinstance(seed, int):
        return readout
    return cast(Readout, replace(cast(Any, readout), rng=np.random.default_rng([seed, index])))


def _round(
    loss: LogisticLoss | PolynomialLoss,
    start: RealArray,
    learning_rate: float,
    num_steps: int,
    tolerance: float,
    order: Order,
    solver: LinearSolver,
    readout: Readout,
    degree: int,
    on_stage: Callable[[str], None],
    inherited: float,
) -> tuple[Round, float]:
    """One round and the Lipschitz constant with which it carries an inherited error."""
    on_stage("polynomial dynamics")
    if isinstance(loss, LogisticLoss):
        replaced = surrogate_descent(loss, start, learning_rate, num_steps, degree)
        dynamics = gradient_descent(replaced.surrogate.loss, learning_rate)
        norm_bounds: RealArray | None = replaced.norm_bounds
        line = replaced.bound
        carry = contraction_factor(loss, learning_rate)[0] ** num_steps
    else:
        dynamics = gradient_descent(loss, learning_rate)
        norm_bounds = None
        line = Bound(
            "surrogate", 0.0, Kind.PROVED, "the loss is a polynomial itself",
            "03-surrogate.md#Theorem 3.4",
        )  # fmt: skip
        carry = _lipschitz(dynamics, start, num_steps, inherited)
    if line.value >= tolerance:
        raise QGDError(
            Outcome.TOLERANCE_NOT_MET,
            f"the surrogate must stay below the tolerance of a round, {tolerance:.3g}, its error "
            f"is {line.value:.3g}; re-upload more often, take fewer steps, lower the learning "
            "rate or raise the tolerance or the degree",
        )
    on_stage("Carleman embedding")
    left = tolerance - line.value
    embedded = embed(
        dynamics, start, num_steps, order=order, tolerance=left, norm_bounds=norm_bounds
    )
    embedded = replace(embedded, lines=(line, *embedded.lines))
    on_stage(f"linear solver, order {embedded.order}")
    solution, source = run(embedded, solver, readout, tolerance=tolerance, throw=False)
    if len(solution.value) != len(start):
        raise ValueError(
            f"`readout` must return all {len(start)} weights to train with, got "
            f"{len(solution.value)} number; use solve for an observable"
        )
    return Round(start, dynamics, norm_bounds, solution, source), carry


def _lipschitz(
    dynamics: PolynomialMap, start: RealArray, num_steps: int, inherited: float
) -> float:
    """Lipschitz constant of T steps on the ball that holds both trajectories (Theorem 1.5).

    ||Phi(u) - Phi(v)|| <= g'(rho) ||u - v|| for ||u||, ||v|| <= rho, with g the majorant around the
    start; the balls grow by g itself.
    """
    if inherited == 0:
        return 1.0
    g = majorant(shift(dynamics, start)[0])
    radii = g.iterates(inherited, num_steps)
    return math.prod(g.derivative(float(rho)) for rho in radii[:-1])
