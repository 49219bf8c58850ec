"""The truncated Carleman solution of all orders at once, without the lift ("graded" evaluation).

Let F_0 = 0. Every path of the block-triangular truncated system that starts on level m <= N visits
only levels up to m, so level j of its solution is the part of degree <= N, in the initial value, of
x^{(x)j}. With x = sum_m w_m sorted by degree,

    flow:  w_m' = sum_k sum_{i_1 + ... + i_k = m} F_k (w_{i_1} (x) ... (x) w_{i_k}),
    map:   w_m <- w_m + the same sum,     w_1(0) = x_0,  w_m(0) = 0 for m > 1,

N n numbers and O(N^2) multiplications a term in place of n + n^2 + ... + n^N unknowns (Theorem 2.4
of proofs/02-truncation.md; a Volterra expansion, and not new). Nothing else about the truncated
system, its spectrum, its condition number or a discretisation in time, can be had this way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_indices, check_integer, check_memory
from qgd.core.kronecker import check_word_space
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.integrate import check_defined_steps, integrate_terms
from qgd.dynamics.series import evaluate_series
from qgd.dynamics.system import Dynamics, Map, PolynomialField, PolynomialSystem, TimeDependentMap

_LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class GradedSolution:
    """Homogeneous parts w_1, ..., w_N of a truncated Carleman solution at some times.

    Parameters
    ----------
    times : ndarray, shape (m,)
        Times of a flow, step numbers of a map.
    parts : ndarray, shape (m, n, N)
        w_j is ``parts[:, :, j - 1]``.
    homogenised : bool
        False: the truncated Carleman system itself. True: the closure in which F_0 counts as of
        degree one, another truncation of the same dynamics.
    steps, rejected, evaluations : int
        Steps of the integration (of the map), and evaluations of the field on series.
    """

    times: RealArray
    parts: RealArray
    homogenised: bool
    steps: int
    rejected: int
    evaluations: int

    @property
    def order(self) -> int:
        """N, the largest order."""
        return int(self.parts.shape[2])

    def solution(self, order: int | None = None) -> RealArray:
        """Level 1 of the system truncated at `order` <= N, shape (m, n); default N."""
        return np.asarray(self.parts[:, :, : self._order(order)].sum(axis=2))

    def solutions(self) -> RealArray:
        """Level 1 for all orders 1, ..., N, shape (m, n, N)."""
        return np.cumsum(self.parts, axis=2)

    def tail(self, order: int) -> RealArray:
        """||w_{order + 1} + w_{order + 2} + ...||_2 with the parts at hand, shape (m,).

        What the orders beyond `order` add: an estimate of the truncation error, no bound.
        """
        check_integer("order", order, 1)
        if order >= self.order:
            raise ValueError(
                f"`order` must be below the order of the solution, {self.order}, got {order}; "
                "solve with one or two orders more"
            )
        return np.asarray(np.linalg.norm(self.parts[:, :, order:].sum(axis=2), axis=1))

    def level(self, j: int, order: int | None = None) -> RealArray:
        """Level j of the lifted solution in the Kronecker basis, shape (m, n**j).

        sum over i_1 + ... + i_j <= order of w_{i_1} (x) ... (x) w_{i_j}; for small n**j.
        """
        largest = self._order(order)
        check_integer("j", j, 1)
        m, n, _ = self.parts.shape
        check_word_space(n, j)
        check_memory(8.0 * m * n**j * largest, f"level {j}", "ask for a lower level or fewer times")
        # Truncated product of j series, level by level: result[d] collects the words of degree d.
        result = {0: np.ones((m, 1))}
        for _ in range(j):
            longer: dict[int, RealArray] = {}
            for d, left in result.items():
                for i in range(1, largest - d + 1):
                    product = left[:, :, None] * self.parts[:, None, :, i - 1]
                    flat = product.reshape(m, -1)
                    longer[d + i] = longer[d + i] + flat if d + i in longer else flat
            result = longer
        return sum(result.values(), np.zeros((m, n**j)))

    def level_norms(self, order: int | None = None) -> RealArray:
        """Euclidean norms of levels 1, ..., order, shape (m, order), from the Gram matrix of w.

        ||sum w_{i_1} (x) ... (x) w_{i_j}||^2 is a sum of products of entries of W^T W.
        """
        largest = self._order(order)
        W = self.parts[:, :, :largest]
        gram = np.einsum("tia,tib->tab", W, W, optimize=True)
        squares = np.empty((len(W), largest))
        for t in range(len(W)):
            table = np.zeros((largest + 1, largest + 1))
            table[0, 0] = 1.0
            for j in range(largest):
                table = _next_level(table, gram[t])
                squares[t, j] = table.sum()
        return np.sqrt(np.maximum(squares, 0.0))

    def lifted_norm(self, order: int | None = None) -> RealArray:
        """Norm of the whole truncated lifted state, shape (m,)."""
        return np.asarray(np.linalg.norm(self.level_norms(order), axis=1))

    def success_probability(self, order: int | None = None) -> RealArray:
        """Part of the squared norm that level 1 holds, ||y_1||^2 / ||y||^2, shape (m,)."""
        norms = self.level_norms(order)
        return np.asarray((norms[:, 0] / np.linalg.norm(norms, axis=1)) ** 2)

    def _order(self, order: int | None) -> int:
        if order is None:
            return self.order
        check_integer("order", order, 1)
        if order > self.order:
            raise ValueError(
                f"`order` must be at most the order of the solution, {self.order}, got {order}"
            )
        return order


def graded_integrate(
    system: PolynomialSystem,
    order: int,
    x0: ArrayLike,
    times: ArrayLike,
    *,
    homogenised: bool = False,
    rtol: float = 1e-10,
    atol: float = 1e-14,
    max_steps: int = 1_000_000,
) -> GradedSolution:
    """Truncated Carleman solution of a flow for all orders up to N, exact in time to tolerance.

    Parameters
    ----------
    system : PolynomialSystem
        With F_0 = 0, unless `homogenised`.
    order : int
        N.
    x0 : array_like, shape (n,)
        x at ``times[0]``.
    times : array_like, shape (m,)
        Strictly increasing.
    homogenised : bool
        Count F_0 as of degree one (the Carleman system of (1, x), of dimension n + 1): it converges
        too, at some 1.2 to 1.4 times the order, and is not the truncation of the lift of x.
    rtol, atol : float
        Tolerances of the local error.

    Raises
    ------
    ValueError
        If F_0 is not zero and `homogenised` is not set.
    QGDError
        With ``Outcome.DIVERGED`` if the step size collapses, ``TOO_LARGE`` before allocation.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialSystem
    >>> logistic = PolynomialSystem([[0.0], [[-1.0]], [[1.0]]])
    >>> graded_integrate(logistic, 3, [0.5], [0.0, 1.0]).solutions()[-1].round(4)
    array([[0.1839, 0.2421, 0.2605]])
    """
    W = _start(system, order, x0, np.size(times), homogenised)
    path = integrate_terms(system.terms, W, True, times, rtol, atol, max_steps)
    parts = path.values.reshape(len(path.times), *W.shape)
    counts = path.steps, path.rejected, path.evaluations
    return GradedSolution(path.times, parts, homogenised, *counts)


def graded_iterate(
    system: Map,
    order: int,
    x0: ArrayLike,
    num_steps: int,
    *,
    at: ArrayLike | None = None,
    homogenised: bool = False,
) -> GradedSolution:
    """Truncated Carleman solution of a map (exact lift) for all orders up to N.

    Parameters
    ----------
    system : PolynomialMap or TimeDependentMap
        With F_0 = 0, unless `homogenised`.
    order, x0, homogenised
        As for `graded_integrate`.
    num_steps : int
        T, at least 0.
    at : array_like of int, optional
        Increasing step numbers to keep; by default all of 0, ..., T.
    """
    check_integer("num_steps", num_steps, 0)
    if isinstance(system, TimeDependentMap):
        check_defined_steps(system.num_steps, num_steps)
    kept = np.arange(num_steps + 1) if at is None else check_indices("at", at, num_steps + 1)
    if (np.diff(kept) <= 0).any() or kept.ndim != 1 or not len(kept):
        raise ValueError(f"`at` must be increasing step numbers, got {at!r}; sort them")
    W = _start(system, order, x0, len(kept), homogenised)
    parts = np.empty((len(kept), *W.shape))
    done = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for index, k in enumerate(kept):
            if isinstance(system, TimeDependentMap):
                for m in system.maps[done:k]:
                    _advance(*m.terms, W, 1)
            else:
                _advance(*system.terms, W, k - done)
            done = int(k)
            parts[index] = W
            if not np.abs(W).max() < _LARGEST:
                raise QGDError(
                    Outcome.DIVERGED,
                    f"the graded solution must stay finite, got {np.abs(W).max():.3g} by step {k}; "
                    "lower the order or the learning rate",
                )
    return GradedSolution(kept.astype(np.float64), parts, homogenised, done, 0, done)


@njit(cache=True)
def _advance(pointer, word, coefficient, W, num_steps):  # type: ignore[no-untyped-def]
    change = np.empty_like(W)
    for _ in range(num_steps):
        evaluate_series(pointer, word, coefficient, W, change)
        W += change


@njit(cache=True)
def _next_level(table, gram):  # type: ignore[no-untyped-def]
    """Multiply by one more factor: table[a, b] sums over words of degrees a and b."""
    size = len(table)
    result = np.zeros_like(table)
    for a in range(size):
        for b in range(size):
            if table[a, b] != 0.0:
                for i in range(1, size - a):
                    for j in range(1, size - b):
                        result[a + i, b + j] += table[a, b] * gram[i - 1, j - 1]
    return result


def _start(
    system: Dynamics, order: int, x0: ArrayLike, num_times: int, homogenised: bool
) -> RealArray:
    """Checked initial series: x_0 in degree one."""
    check_integer("order", order, 1)
    x = check_array("x0", x0, (system.num_variables,))
    fields = system.maps if isinstance(system, TimeDependentMap) else (system,)
    if not homogenised:
        _check_unforced(fields)
    stages = 20 if isinstance(system, PolynomialSystem) else 2
    check_memory(
        8.0 * (stages + num_times) * len(x) * order,
        f"a graded solution of order {order} in {len(x)} variables at {num_times} times",
        "lower the order or keep fewer times",
    )
    W = np.zeros((len(x), order))
    W[:, 0] = x
    return W


def _check_unforced(fields: tuple[PolynomialField, ...]) -> None:
    forced = max(float(np.abs(f.F[0].data).max(initial=0.0)) for f in fields)
    if forced > 0:
        raise ValueError(
            f"`system` must have F_0 = 0 for graded evaluation, got max |F_0| = {forced:.3g}: with "
            "it the truncated lift is not graded. Run the embedding itself (`carleman`, "
            "`truncated_solution`), shift to a fixed point, or pass homogenised=True for the "
            "closure that counts F_0 as of degree one"
        )
