"""How far two descents drift apart when their gradients differ by little."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.core.outcome import QGDError
from qgd.dynamics.integrate import descend
from qgd.problem.logistic import LogisticLoss, SigmoidSurrogate

_BALLS = (1.0, 0.7, 0.5)
_SMALLEST_BALL = 1e-8


@dataclass(frozen=True, eq=False)
class SurrogateDescent:
    """A polynomial stand-in for a logistic loss, with everything that is proved about its descent.

    Parameters
    ----------
    surrogate : SigmoidSurrogate
        The polynomial loss and the ball on which its gradient error holds.
    bound : Bound
        Distance after the last step between the descents on the exact loss and on the surrogate.
    norm_bounds : ndarray, shape (T + 1,)
        Proved bounds of ||w_k - w_0|| for the descent on the surrogate.
    """

    surrogate: SigmoidSurrogate
    bound: Bound
    norm_bounds: RealArray


def contraction_factor(loss: LogisticLoss, learning_rate: float) -> tuple[float, Assumption]:
    """Lipschitz constant q = max(|1 - eta mu|, |1 - eta L|) of the exact descent step.

    mu = ridge and L = `loss.smoothness` bound all Hessians, so the step contracts (q < 1) for
    0 < eta < 2 / L when the ridge is positive. Proof: Lemma 3.1 of proofs/03-surrogate.md.
    """
    q = max(abs(1 - learning_rate * loss.ridge), abs(1 - learning_rate * loss.smoothness))
    return q, Assumption("||I - eta H|| <= 1 for every Hessian H of the exact loss", q <= 1, q)


def surrogate_descent(
    loss: LogisticLoss,
    weights: ArrayLike,
    learning_rate: float,
    num_steps: int,
    degree: int = 3,
    *,
    a_priori: bool = False,
) -> SurrogateDescent:
    """Choose the polynomial that replaces a logistic loss for T steps, and bound the price.

    With q the contraction factor of the exact step, S_k = sum_{i<k} q^i, g = ||grad L(w_0)|| and
    r_i = ||grad L - grad L~|| at the i-th iterate of the surrogate L~,

        ||w~_T - w_T|| <= eta sum_{i<T} q^(T-1-i) r_i              (a posteriori, Theorem 3.2)
        ||w~_T - w_T|| <= eta S_T e(rho),                          (a priori, Theorem 3.3)

    where e(rho) is the surrogate's gradient error on the ball of radius rho around w_0 and
    eta S_T (g + e(rho)) <= rho makes the ball hold both descents. The first is far tighter and
    needs the classical iterates of the surrogate; the second needs the start only.

    Parameters
    ----------
    loss : LogisticLoss
        The exact loss.
    weights : array_like, shape (n,)
        w_0, start of the descent and centre of the ball.
    learning_rate : float
        eta, below 2 / L.
    num_steps : int
        T.
    degree : int
        Degree of the surrogate's gradient.
    a_priori : bool
        Use the bound that needs no classical iterates.

    Raises
    ------
    ValueError
        If the learning rate is too large for the exact loss, or (a priori) if no ball is
        self-consistent; the message says what to change.
    """
    check_integer("num_steps", num_steps, 1)
    q, contracts = _checked_contraction(loss, check_real("learning_rate", learning_rate, above=0))
    gains = learning_rate * np.concatenate(([0.0], np.cumsum(q ** np.arange(num_steps))))
    reach = gains[-1] * float(np.linalg.norm(loss.gradient(weights)))
    if a_priori:
        surrogate = _self_consistent_ball(loss, weights, degree, gains[-1], reach)
        gap = gains * surrogate.gradient_error
        name, inside = "Theorem 3.3", Assumption("the ball holds both descents", True, reach)
        assumptions: tuple[Assumption, ...] = (contracts, inside)
    else:
        candidates = [
            _a_posteriori(loss, weights, learning_rate, num_steps, degree, q, fraction * reach)
            for fraction in _BALLS
        ]
        surrogate, gap = min(candidates, key=lambda pair: float(pair[1][-1]))
        name, assumptions = "Theorem 3.2", (contracts,)
    kind = "a priori" if a_priori else "a posteriori"
    bound = Bound(
        stage="surrogate",
        value=float(gap[-1]),
        kind=Kind.PROVED,
        source=f"degree {degree}, {kind}",
        theorem=f"03-surrogate.md#{name}",
        assumptions=assumptions,
    )
    return SurrogateDescent(surrogate, bound, gains * (reach / gains[-1]) + gap)


def _checked_contraction(loss: LogisticLoss, learning_rate: float) -> tuple[float, Assumption]:
    q, contracts = contraction_factor(loss, learning_rate)
    if not contracts.holds:
        limit = 2 / loss.smoothness
        raise ValueError(
            f"`learning_rate` must be less than 2 / L = {limit:.4g}, where L = "
            f"{loss.smoothness:.4g} is the largest curvature of the loss, got {learning_rate:g}; "
            f"the descent diverges: lower it to {0.5 * limit:.2g}"
        )
    return q, contracts


def _a_posteriori(
    loss: LogisticLoss,
    weights: ArrayLike,
    learning_rate: float,
    num_steps: int,
    degree: int,
    q: float,
    radius: float,
) -> tuple[SigmoidSurrogate, RealArray]:
    """Surrogate on a ball, and the proved gap between the two descents after 0, ..., T steps."""
    surrogate = loss.surrogate(weights, max(radius, _SMALLEST_BALL), degree)
    gap = np.full(num_steps + 1, math.inf)
    try:
        path = descend(surrogate.loss, weights, learning_rate, num_steps)
    except QGDError:
        return surrogate, gap
    gap[0] = 0.0
    for k in range(num_steps):
        residual = loss.gradient(path[k]) - surrogate.loss.gradient(path[k])
        gap[k + 1] = q * gap[k] + learning_rate * float(np.linalg.norm(residual))
    return surrogate, gap


def _self_consistent_ball(
    loss: LogisticLoss, weights: ArrayLike, degree: int, gain: float, reach: float
) -> SigmoidSurrogate:
    """Smallest ball with gain * (g + e(rho)) <= rho, by fixed-point iteration."""
    radius = max(reach, _SMALLEST_BALL)
    for _ in range(60):
        surrogate = loss.surrogate(weights, radius, degree)
        needed = reach + gain * surrogate.gradient_error
        if needed <= radius:
            return surrogate
        if needed > 1e3 * (1 + reach):
            break
        radius = 1.0001 * needed
    raise ValueError(
        f"no ball of a surrogate of degree {degree} provably holds the descent; lower "
        "`learning_rate` or `num_steps` until one does, or leave out `a_priori`"
    )
