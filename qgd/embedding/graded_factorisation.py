"""Graded Carleman trajectory of gradient descent on a sparse factorisation, for 10^7 weights.

The recursion of `qgd.embedding.graded` on the map w+ = w - eta grad L(w) without its monomials: the
residuals u_i(s) . v_j(s) - r_ij become power series in s, one product of series an observation, and
the gradient is their product with the factors. N n numbers and O(N^2 rank) work an observation.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from qgd.core.checks import check_indices, check_integer, check_memory
from qgd.core.outcome import Outcome, QGDError
from qgd.dynamics.factorisation_descent import FactorisationDescent
from qgd.dynamics.rows import MATH, UNROLLED, convolved, load, store, zeros
from qgd.embedding.graded_solution import GradedSolution

_LARGEST = 1e150


def graded_factorisation(
    descent: FactorisationDescent,
    order: int,
    x0: ArrayLike,
    num_steps: int,
    *,
    at: ArrayLike | None = None,
    homogenised: bool = False,
) -> GradedSolution:
    """Truncated Carleman solution of the descent, exact lift, for all orders up to N.

    Equal to `graded_iterate` on `descent.polynomial_map()`, without the map's coefficients.

    Parameters
    ----------
    descent : FactorisationDescent
        With F_0 = 0, unless `homogenised`: a pivot that is a critical point, the origin or planted
        factors without noise.
    order : int
        N.
    x0 : array_like, shape (n,)
        Start minus pivot; at a pivot with F_0 other than zero it may be zero.
    num_steps : int
        T, at least 0.
    at : array_like of int, optional
        Increasing step numbers to keep; by default the last alone, N n numbers.
    homogenised : bool
        Count F_0 as of degree one, as in `graded_iterate`.

    Raises
    ------
    ValueError
        If F_0 is not zero and `homogenised` is not set.
    QGDError
        With ``Outcome.TOO_LARGE`` before allocation, ``DIVERGED`` when a part is not finite.

    Examples
    --------
    >>> from qgd.dynamics.factorisation import SparseFactorisation
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, _ = planted_ratings(50, 50)
    >>> step = FactorisationDescent(SparseFactorisation(ratings, 2), 0.01)
    >>> start = np.full(200, 0.1)
    >>> solution = graded_factorisation(step, 5, start, 10)
    >>> bool(np.allclose(solution.solution()[-1], step.iterate(start, 10), atol=1e-4))
    True
    """
    if not isinstance(descent, FactorisationDescent):
        raise TypeError(
            f"`descent` must be a FactorisationDescent, got {type(descent).__name__}; use "
            "`graded_iterate` for a map by its coefficients"
        )
    check_integer("order", order, 1)
    check_integer("num_steps", num_steps, 0)
    kept = np.array([num_steps]) if at is None else check_indices("at", at, num_steps + 1)
    if (np.diff(kept) <= 0).any() or kept.ndim != 1 or not len(kept):
        raise ValueError(f"`at` must be increasing step numbers, got {at!r}; sort them")
    loss = descent.loss
    x, n = loss.vector("x0", x0), loss.num_weights
    forcing = _forcing(descent, homogenised)
    size, columns = loss.dtype.itemsize, _columns(order)
    check_memory(
        float(n) * ((2 * columns + 1) * size + 8 * order * len(kept)),
        f"a graded solution of order {order} in {n} weights at {len(kept)} times",
        "lower the order or keep fewer times",
    )
    W = np.zeros((n, columns), loss.dtype)
    W[:, 0] = x
    change = np.zeros_like(W)
    parts = np.zeros((len(kept), n, order))
    done = 0
    for index, k in enumerate(kept):
        _advance(descent, forcing, W, change, int(k) - done)
        done = int(k)
        parts[index] = W[:, :order]
        largest = max(float(W.max()), -float(W.min()))
        if not largest < _LARGEST:
            raise QGDError(
                Outcome.DIVERGED,
                f"the graded solution must stay finite, got {largest:.3g} by step {k}; lower the "
                "order or the learning rate",
            )
    return GradedSolution(kept.astype(np.float64), parts, homogenised, done, 0, done)


def _columns(order: int) -> int:
    """Degrees that are computed: long rows of another length than 2^k make poor vectors."""
    return order if order <= UNROLLED else 1 << (order - 1).bit_length()


def _forcing(descent: FactorisationDescent, homogenised: bool) -> np.ndarray:
    """F_0, counted as of degree one."""
    forcing = descent.offset()
    forced = max(float(forcing.max()), -float(forcing.min()))
    if forced > 0 and not homogenised:
        raise ValueError(
            f"`descent` must have F_0 = 0 for graded evaluation, got max |F_0| = {forced:.3g}: "
            "with it the truncated lift is not graded. Take a critical point for a pivot, such as "
            "the origin, or pass homogenised=True for the closure that counts F_0 as of degree one"
        )
    return forcing


def _advance(
    descent: FactorisationDescent,
    forcing: np.ndarray,
    W: np.ndarray,
    change: np.ndarray,
    num_steps: int,
) -> None:
    """W advances in place; `change` is the gradient's series."""
    loss, real = descent.loss, descent.loss.dtype.type
    orders, flat, slope = (0,) * W.shape[1], W.ravel(), change.ravel()
    np.multiply(W, real(loss.ridge), out=change)
    for _ in range(num_steps):
        _add_gradient_series(
            loss.pattern, descent.hessian.residual, descent.pivot, loss.ranks, orders, flat, slope
        )
        _step(real(descent.learning_rate), real(loss.ridge), forcing, orders, flat, slope)


@njit(cache=True, fastmath=set(MATH))
def _step(rate, ridge, forcing, orders, W, slope):  # type: ignore[no-untyped-def]
    """W += forcing in degree 1, - rate slope; then slope = ridge W, in one pass."""
    size = np.uint64(len(orders))
    for q in range(np.uint64(forcing.size)):
        W[q * size] += forcing[q]
        for m in range(q * size, (q + np.uint64(1)) * size):
            W[m] -= rate * slope[m]
            slope[m] = ridge * W[m]


@njit(cache=True, fastmath=set(MATH))
def _add_gradient_series(pattern, e, c, ranks, orders, W, out):  # type: ignore[no-untyped-def]
    """out += the series of grad L at c + W, without degree 0 and the ridge.

    `e` are the residuals at c. W and out are flat: weight after weight, degrees 1, ..., N of each.
    """
    pointer, items = pattern
    users, rank, size = np.uint64(pointer.size - 1), np.uint64(len(ranks)), np.uint64(len(orders))
    for i in range(users):
        left = rank * i
        for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + np.uint64(1)])):
            right = rank * (users + items[t])
            series = zeros(W, orders)
            for a in range(rank):
                x, y = load(W, (left + a) * size, orders), load(W, (right + a) * size, orders)
                series = series + c[left + a] * y + c[right + a] * x + convolved(x, y)
            for a in range(rank):
                m, n = (left + a) * size, (right + a) * size
                x, y = load(W, m, orders), load(W, n, orders)
                to_user = e[t] * y + c[right + a] * series + convolved(y, series)
                to_item = e[t] * x + c[left + a] * series + convolved(x, series)
                store(out, m, load(out, m, orders) + to_user)
                store(out, n, load(out, n, orders) + to_item)
