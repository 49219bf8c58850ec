"""Kernels of linear combinations of Hamiltonian simulations: where their nodes and weights lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_integer, check_real
from qgd.solvers.exponential_sum import ExponentialSum, fit_weights, unreachable

_MOST_NODES = 1024
_MOST_TRAPEZOID = 4001
_ROUNDING = 1e-13
_SPACINGS = 20
_BALANCE = 10.0


@runtime_checkable
class Kernel(Protocol):
    """Contract: ``kernel.rule(interval, epsilon).error <= epsilon``, by Theorem 14.2."""

    def rule(self, interval: float, epsilon: float) -> ExponentialSum: ...


@dataclass(frozen=True)
class LeastSquares:
    """Equally spaced nodes with the weights that minimise the proved error itself.

    No kernel function at all: by Theorem 14.1 the weights need not sample one, and by Theorem 14.2
    the error they commit is a quadratic form of theirs. Of all counts that are powers of two, and
    of all spacings, the rule with the least sqrt(1 + K^2) sum |c| is taken: calls of one run over
    the amplitude of success.

    Parameters
    ----------
    num_nodes : int, optional
        M, at least 1; by default the smallest power of two within 5 % of the cheapest.
    weight_limit : float, optional
        Largest sum |c| allowed, above 1.

    Examples
    --------
    >>> rule = LeastSquares().rule(interval=1.0, epsilon=1e-6)
    >>> len(rule.nodes), rule.error <= 1e-6
    (16, True)
    """

    num_nodes: int | None = None
    weight_limit: float = math.inf

    def __post_init__(self) -> None:
        if self.num_nodes is not None:
            check_integer("num_nodes", self.num_nodes, 1)
        if self.weight_limit != math.inf:
            check_real("weight_limit", self.weight_limit, above=1)

    def rule(self, interval: float, epsilon: float) -> ExponentialSum:
        """Nodes and weights for [0, interval]."""
        tau, epsilon = _checked(interval, epsilon)
        return _least_squares(tau, epsilon, self.num_nodes, self.weight_limit)


@dataclass(frozen=True)
class LowSomma:
    """g(k) = e^{c - (k^2 + 1) / (4 gamma^2) - i k c} / (pi (1 + k^2)), c = 1, in closed form.

    Nodes, spacing and cut are those of the paper for ||L|| T = interval; their error is evaluated
    by Theorem 14.2 and is far below epsilon.

    References
    ----------
    Low, Somma, arXiv:2508.19238, Theorems 2 and 3.
    """

    def rule(self, interval: float, epsilon: float) -> ExponentialSum:
        """Nodes and weights for [0, interval]."""
        tau, epsilon = _checked(interval, epsilon)
        check_real("epsilon", epsilon, at_most=0.8)
        c, third = 1.0, epsilon / 3
        gamma = math.sqrt(c + math.log((1 + 1 / (2 * math.pi)) / third)) / c
        cut = 2 * c * gamma**2
        step = math.pi / (tau / 2 + 1.5 * c + math.log(64 / (15 * third)))
        count = math.ceil(cut / step)
        k = np.arange(-count, count + 1, dtype=np.float64) * (cut / count)
        g = np.exp(c - (k**2 + 1) / (4 * gamma**2) - 1j * k * c) / (np.pi * (1 + k**2))
        return ExponentialSum(k, cut / count * g, tau)


@dataclass(frozen=True)
class AnChildsLin:
    """g(k) = e^{2^beta - (1 + i k)^beta} / (2 pi (1 - i k)), by the trapezoidal rule.

    Cut and spacing are the fewest nodes whose proved error is at most epsilon, on a grid of both.

    Parameters
    ----------
    beta : float
        Between 0 and 1; about 0.8 needs the fewest nodes.

    References
    ----------
    An, Childs, Lin, arXiv:2312.03916, Eq. 7.
    """

    beta: float = 0.8

    def __post_init__(self) -> None:
        check_real("beta", self.beta, above=0, below=1)

    def rule(self, interval: float, epsilon: float) -> ExponentialSum:
        """Nodes and weights for [0, interval]."""

        def density(k: RealArray) -> Array:
            power = np.exp(2**self.beta - (1 + 1j * k) ** self.beta)
            return np.asarray(power / (2 * np.pi * (1 - 1j * k)))

        return _trapezoid(density, *_checked(interval, epsilon), f"{self}")


@dataclass(frozen=True)
class Cauchy:
    """g(k) = 1 / (pi (1 + k^2)): the first LCHS, and Schroedingerisation with the profile e^{-|p|}.

    Schroedingerisation carries y' = -(L + i H) y into a wave w(t, p) with w(0, p) = e^{-|p|} y_0
    and reads w at p -> 0+; its Fourier modes xi evolve by xi L + H with the weights
    1 / (pi (1 + xi^2)), which are these. The tail falls like 1 / K, so that epsilon much below 1e-3
    is out of reach; sum |c| < 1.

    References
    ----------
    An, Liu, Lin, arXiv:2303.01029, Theorem 1; Jin, Liu, Yu, arXiv:2212.13969.
    """

    def rule(self, interval: float, epsilon: float) -> ExponentialSum:
        """Nodes and weights for [0, interval]."""
        return _trapezoid(
            lambda k: 1 / (np.pi * (1 + k**2)), *_checked(interval, epsilon), f"{self}"
        )


def _checked(interval: float, epsilon: float) -> tuple[float, float]:
    check_real("interval", interval, at_least=0)
    below = "double precision resolves no smaller error of a sum of order 1"
    check_real("epsilon", epsilon, at_least=_ROUNDING, remedy=below)
    return max(float(interval), 1e-9), float(epsilon)


@lru_cache(maxsize=256)
def _least_squares(
    tau: float, epsilon: float, num_nodes: int | None, weight_limit: float
) -> ExponentialSum:
    """The cheapest rule of a count, or of the smallest power of two that is nearly the cheapest."""
    best: ExponentialSum | None = None
    count = num_nodes or 1
    while count <= (num_nodes or _MOST_NODES):
        found = _cheapest_spacing(count, tau, epsilon, weight_limit)
        if found is not None:
            if best is not None and found.query_factor > 0.95 * best.query_factor:
                break
            best = found
        count *= 2
    if best is None:
        what = "equally spaced nodes" if num_nodes is None else f"{num_nodes} nodes"
        limit = "" if weight_limit == math.inf else f" with sum |c| <= {weight_limit:g}"
        raise unreachable(epsilon, tau, what + limit)
    return best


def _cheapest_spacing(
    count: int, tau: float, epsilon: float, weight_limit: float
) -> ExponentialSum | None:
    """Over spacings from pi / (4 tau) to 2 pi / tau, beyond which waves cannot tell 0 from tau."""
    steps = 2 * math.pi / max(tau, 1.0) * np.geomspace(1 / 16, 0.98, _SPACINGS)
    balance = _BALANCE * max(1.0, 1 / tau)
    best: ExponentialSum | None = None
    for step in map(float, steps):
        if best is not None and step * (count - 1) / 2 > best.query_factor:
            break  # sum |c| is at least 1 - epsilon: larger nodes only cost more
        best = _cheaper(best, count, step, balance, tau, epsilon, weight_limit)
    if best is not None:
        step = float(best.nodes[-1] - best.nodes[0]) / max(1, count - 1)
        for other in (0.3 * balance, 3 * balance):
            best = _cheaper(best, count, step, other, tau, epsilon, weight_limit)
    return best


def _cheaper(
    best: ExponentialSum | None, count: int, step: float, balance: float, tau: float,
    epsilon: float, weight_limit: float,
) -> ExponentialSum | None:  # fmt: skip
    """The better of a rule and that of one spacing, if the latter is within error and limit."""
    nodes = step * (np.arange(count, dtype=np.float64) - (count - 1) / 2)
    weights = fit_weights(nodes, tau, 0.999 * epsilon, balance)
    if weights is None:
        return best
    rule = ExponentialSum(nodes, weights, tau)
    cheaper = best is None or rule.query_factor < best.query_factor
    return rule if cheaper and rule.weight_norm <= weight_limit and rule.error <= epsilon else best


def _trapezoid(
    density: Callable[[RealArray], Array], tau: float, epsilon: float, what: str
) -> ExponentialSum:
    """Fewest nodes j h with |j h| <= K whose proved error is at most epsilon, on a grid."""
    best: ExponentialSum | None = None
    for cut in map(float, np.geomspace(1, 4000, 45)):
        for share in np.geomspace(1.0, 0.02, 24):
            step = 2 * math.pi / (tau + 1) * float(share)
            count = int(cut / step)
            if 2 * count + 1 > (_MOST_TRAPEZOID if best is None else len(best.nodes) - 1):
                break
            if count == 0:
                continue
            k = step * np.arange(-count, count + 1, dtype=np.float64)
            rule = ExponentialSum(k, np.asarray(step * density(k), dtype=np.complex128), tau)
            if all(rule.scalar_error(p) <= epsilon for p in (3, 101)) and rule.error <= epsilon:
                best = rule
                break
    if best is None:
        raise unreachable(epsilon, tau, what)
    return best
