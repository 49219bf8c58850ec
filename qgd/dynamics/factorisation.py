"""Matrix factorisation on sparse observations: the quartic loss at any size, without its monomials.

L(U, V) = 1/2 sum over observed (i, j) of (u_i . v_j - r_ij)^2 + (ridge / 2) (||U||^2 + ||V||^2).

`qgd.matrix_factorisation` is the mean over the observations in place of the sum, written out as a
polynomial: `SparseFactorisation.polynomial` for small cases. Here a derivative of any order is one
pass over the observations, and the memory is that of the data and a few vectors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qgd.core.checks import check_integer, check_memory, check_real
from qgd.dynamics import factorisation_kernels, factorisation_loops
from qgd.problem.losses import matrix_factorisation
from qgd.problem.polynomial import PolynomialLoss
from qgd.problem.ratings import Ratings

_WIDEST = 64  # rank up to which a row is held in registers
_CACHE, _VECTORS = 2**20, 3  # bytes of a common L2 cache; what a Hessian product reads and writes
Vector = NDArray[Any]  # float32 or float64, as the ratings are


@dataclass(frozen=True, eq=False)
class SparseFactorisation:
    """Loss of the factors U (num_users x rank) and V (num_items x rank), flat and users first.

    Numbers are float32 or float64 as `ratings.values` are; the value is summed in float64.

    Parameters
    ----------
    ratings : Ratings
        The observed entries.
    rank : int
        Number of columns of U and V, at least 1.
    ridge : float
        At least 0. It shifts every eigenvalue of the Hessian by itself.

    Examples
    --------
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, weights = planted_ratings(50, 40, rank=3)
    >>> loss = SparseFactorisation(ratings, rank=3)
    >>> loss.num_weights, round(loss.value(weights), 12)
    (270, 0.0)
    """

    ratings: Ratings
    rank: int
    ridge: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.ratings, Ratings):
            raise TypeError(
                f"`ratings` must be a Ratings, got {type(self.ratings).__name__}; make one by "
                "Ratings.from_observations or read_ratings"
            )
        check_integer("rank", self.rank, 1)
        check_real("ridge", self.ridge, at_least=0)

    @property
    def num_weights(self) -> int:
        """n = (num_users + num_items) rank."""
        return (self.ratings.num_users + self.ratings.num_items) * self.rank

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.ratings.values.dtype

    @property
    def ranks(self) -> tuple[int, ...]:
        """`rank` zeros: the kernels read the rank off the type."""
        return (0,) * self.rank

    def factors(self, weights: ArrayLike) -> tuple[Vector, Vector]:
        """U and V as views of the weights."""
        w = self.vector("weights", weights)
        users = self.ratings.num_users * self.rank
        return w[:users].reshape(-1, self.rank), w[users:].reshape(-1, self.rank)

    def value(self, weights: ArrayLike) -> float:
        """L(w)."""
        w = self.vector("weights", weights)
        squares = self._residual(w)[1]
        penalty = self.ridge * float(np.dot(w, w)) if self.ridge else 0.0
        return 0.5 * (squares + penalty)

    def gradient(self, weights: ArrayLike) -> Vector:
        """Gradient of L, shape (n,)."""
        w = self.vector("weights", weights)
        return self.adjoint(self._residual(w)[0], w)

    def adjoint(self, s: Vector, y: Vector) -> Vector:
        """User rows sum_j s_ij y_j, item rows sum_i s_ij y_i, and ridge y.

        s has a number for each observation, y one for each weight.
        """
        y, s = self.vector("y", y), self._by_observation("s", s)
        out = np.zeros_like(y)
        kernels, rank = self._kernels
        kernels.adjoint(self.access, s, y, self.dtype.type(self.ridge), rank, out)
        return out

    def residual(self, weights: ArrayLike) -> Vector:
        """u_i . v_j - r_ij of every observation."""
        return self._residual(self.vector("weights", weights))[0]

    def hessian_product(self, weights: ArrayLike) -> FactorisationHessian:
        """The Hessian at w as an operator; the residuals are computed once."""
        w = self.vector("weights", weights)
        return FactorisationHessian(self, w, self._residual(w)[0])

    def hessian(self, weights: ArrayLike) -> Vector:
        """Matrix of second derivatives at w, shape (n, n); for small n."""
        n = self.num_weights
        check_memory(
            2.0 * self.dtype.itemsize * n**2,
            f"a dense Hessian of {n} weights",
            "take its products by `hessian_product`",
        )
        product = self.hessian_product(weights)
        return np.array([product(unit) for unit in np.eye(n, dtype=self.dtype)])

    def fourth(self, x: ArrayLike, y: ArrayLike, z: ArrayLike) -> Vector:
        """D^4 L [x, y, z]; it is constant, and D^3 L(w) [x, y] is `fourth(w, x, y)`."""
        a, b, c = (self.vector(name, v) for name, v in (("x", x), ("y", y), ("z", z)))
        out = np.zeros_like(a)
        kernels, rank = self._kernels
        kernels.cubic(self.access, a, b, c, rank, out)
        return out

    def polynomial(self) -> PolynomialLoss:
        """The same loss by its monomials, for small cases."""
        data, m = self.ratings, self.ratings.num_observations
        check_memory(
            100.0 * m * self.rank**2,
            f"{m * self.rank**2} monomials",
            "use the products of this class",
        )
        mean = matrix_factorisation(
            data.users, data.items, data.values, data.shape, self.rank, self.ridge / m
        )
        return m * mean

    def row_sparsity(self, *, pivot: bool = False) -> tuple[int, ...]:
        """Largest number of monomials in a row of F_0, F_1, F_2, F_3: the s of the theorems.

        With d the largest number of observations of a user or item: (0, d, 0, d rank) in powers of
        the weights themselves, whatever n. Around a general `pivot`, the upper bounds
        (1, (d + 1) rank, d (3 rank - 1), d rank). A ridge occupies the diagonal.
        """
        d = int(max(degrees.max() for degrees in self.ratings.degrees))
        if pivot:
            return 1, (d + 1) * self.rank, d * (3 * self.rank - 1), d * self.rank
        return 0, d + (self.ridge > 0), 0, d * self.rank

    @property
    def pattern(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Pointer and items, for the kernels."""
        return self.ratings.pointer, self.ratings.items

    @property
    def access(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32], bool]:
        """The pattern, and whether items that are read in turn lie anywhere in memory."""
        return *self.pattern, self._scattered

    @cached_property
    def _scattered(self) -> bool:
        """Do the rows between the items of observations near to each other outgrow a cache?"""
        row = self.rank * self.dtype.itemsize
        return _VECTORS * row * self.ratings.item_spread() > _CACHE

    @property
    def _kernels(self) -> tuple[Any, Any]:
        """The functions for this rank, and the rank as they take it."""
        if self.rank > _WIDEST:
            return factorisation_loops, self.rank
        return factorisation_kernels, self.ranks

    def vector(self, name: str, value: ArrayLike) -> Vector:
        """A contiguous vector of n finite numbers of the loss's type, not copied if it is one."""
        array = np.ascontiguousarray(value, dtype=self.dtype)
        if array.shape != (self.num_weights,):
            raise ValueError(
                f"`{name}` must have shape ({self.num_weights},), (users + items) x rank, got "
                f"{array.shape}"
            )
        # The sum of finite numbers may overflow, that of others is never finite: look only then.
        with np.errstate(over="ignore", invalid="ignore"):
            suspicious = not math.isfinite(float(array.sum()))
        if suspicious and not np.isfinite(array).all():
            raise ValueError(f"`{name}` must be finite; remove infinities and NaN")
        return array

    def _residual(self, w: Vector) -> tuple[Vector, float]:
        e = np.empty(self.ratings.num_observations, self.dtype)
        kernels, rank = self._kernels
        return e, float(kernels.residual(self.access, self.ratings.values, w, rank, e))

    def _by_observation(self, name: str, value: ArrayLike) -> Vector:
        array = np.ascontiguousarray(value, dtype=self.dtype)
        if array.shape != (self.ratings.num_observations,):
            raise ValueError(
                f"`{name}` must have shape ({self.ratings.num_observations},), a number for each "
                f"observation, got {array.shape}"
            )
        return array


@dataclass(frozen=True, eq=False)
class FactorisationHessian:
    """The Hessian of a `SparseFactorisation` at fixed weights; call it on a vector.

    One pass over the observations, some 24 flops each at rank 2, and no matrix.

    Parameters
    ----------
    loss : SparseFactorisation
        The loss.
    weights : ndarray, shape (n,)
        w.
    residual : ndarray, shape (num_observations,)
        u_i . v_j - r_ij at w.

    Examples
    --------
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, weights = planted_ratings(5, 5, per_user=2)
    >>> product = SparseFactorisation(ratings, 2, ridge=0.1).hessian_product(weights)
    >>> product.shape, bool(weights @ product(weights) > 0)
    ((20, 20), True)
    """

    loss: SparseFactorisation
    weights: Vector
    residual: Vector

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", self.loss.vector("weights", self.weights))
        residual = self.loss._by_observation("residual", self.residual)
        object.__setattr__(self, "residual", residual)

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n)."""
        return self.loss.num_weights, self.loss.num_weights

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the loss."""
        return self.loss.dtype

    def __call__(self, x: ArrayLike, out: Vector | None = None) -> Vector:
        """H x, into `out` if it is given: a vector of its own, of the same shape and type.

        Whether x is finite is not looked at.
        """
        v = np.ascontiguousarray(x, dtype=self.dtype)
        result = np.zeros_like(v) if out is None else out
        if v.shape != self.shape[:1] or result.shape != v.shape or result.dtype != v.dtype:
            raise ValueError(
                f"`x` and `out` must have shape ({self.shape[0]},) and type {self.dtype}, got "
                f"{v.shape} and {result.shape}, {result.dtype}"
            )
        if not (result.flags.c_contiguous and result.flags.writeable):
            raise ValueError("`out` must be contiguous and writeable; give a vector of its own")
        for name, read in (("x", v), ("weights", self.weights), ("residual", self.residual)):
            if np.may_share_memory(read, result):
                raise ValueError(f"`out` must not overlap `{name}`; give another vector")
        kernels, rank = self.loss._kernels
        ridge = self.dtype.type(self.loss.ridge)
        kernels.hessian(self.loss.access, self.residual, self.weights, v, ridge, rank, result)
        return result

    matvec: Callable[..., Vector] = __call__
