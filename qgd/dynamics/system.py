"""Polynomial flows x' = sum_k F_k x^{(x)k} and polynomial maps x+ = x + sum_k F_k x^{(x)k}."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, eye_array, issparse

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_increasing
from qgd.core.kronecker import check_word_space

if TYPE_CHECKING:
    from qgd.dynamics.terms import Terms

Matrix = RealArray | csr_array


@dataclass(frozen=True, eq=False)
class PolynomialField:
    """sum_k F_k x^{(x)k} in n variables; the common part of a flow and a map.

    Parameters
    ----------
    F : sequence of matrices, dense or sparse
        ``F[k]`` has shape (n, n**k); ``F[0]`` may have shape (n,). Column i n + j of ``F[2]``
        belongs to x_i x_j (the first factor is the most significant). Stored as CSR.

    Raises
    ------
    ValueError
        If the shapes do not fit together or an entry is not finite.
    """

    F: tuple[csr_array, ...]

    def __init__(self, F: Sequence[ArrayLike | csr_array]) -> None:
        if len(F) < 2:
            raise ValueError(f"`F` must list at least F_0 and F_1, got {len(F)} matrices")
        n = _rows(F[1])
        object.__setattr__(self, "F", tuple(_checked(k, Fk, n) for k, Fk in enumerate(F)))

    @property
    def num_variables(self) -> int:
        """n, the length of x."""
        return int(self.F[1].shape[0])

    @property
    def degree(self) -> int:
        """Largest power of x."""
        return len(self.F) - 1

    @cached_property
    def terms(self) -> Terms:
        """The field as one flat list of monomials, for the kernels."""
        from qgd.dynamics.terms import list_terms

        return list_terms(self.F)

    def field(self, x: ArrayLike) -> RealArray:
        """sum_k F_k x^{(x)k}, shape (n,)."""
        from qgd.dynamics.series import evaluate_terms

        point = check_array("x", x, (self.num_variables,))
        out = np.empty(self.num_variables)
        evaluate_terms(*self.terms, np.append(point, 1.0), out)
        return out


@dataclass(frozen=True, eq=False, init=False)
class PolynomialSystem(PolynomialField):
    """The flow x' = sum_k F_k x^{(x)k}.

    Examples
    --------
    >>> logistic = PolynomialSystem([[0.0], [[1.0]], [[-1.0]]])
    >>> logistic.field([0.5])
    array([0.25])
    """


@dataclass(frozen=True, eq=False, init=False)
class PolynomialMap(PolynomialField):
    """The map x+ = x + sum_k F_k x^{(x)k}: Eq. 4 of Liu et al., arXiv:2303.03428.

    Examples
    --------
    >>> step = PolynomialMap([[0.1], [[-0.5]]])
    >>> step([1.0])
    array([0.6])
    """

    def __call__(self, x: ArrayLike) -> RealArray:
        """One step of the map, shape (n,)."""
        point = check_array("x", x, (self.num_variables,))
        return point + self.field(point)

    @cached_property
    def G(self) -> tuple[csr_array, ...]:  # noqa: N802 (the letter of the theory)
        """Coefficients of the map itself: G_1 = I + F_1 and G_k = F_k otherwise."""
        identity = eye_array(self.num_variables, format="csr")
        return tuple(csr_array(Fk + identity) if k == 1 else Fk for k, Fk in enumerate(self.F))


@dataclass(frozen=True, eq=False)
class TimeDependentMap:
    """A sequence of maps applied in turn: step k uses ``maps[k]`` (stochastic gradient descent).

    Parameters
    ----------
    maps : tuple of PolynomialMap
        All with the same number of variables; their degrees may differ.
    """

    maps: tuple[PolynomialMap, ...]

    def __post_init__(self) -> None:
        sizes = {m.num_variables for m in self.maps}
        if len(sizes) != 1:
            raise ValueError(
                "`maps` must be non-empty and share the number of variables, got sizes "
                f"{sorted(sizes)}"
            )

    @property
    def num_variables(self) -> int:
        return self.maps[0].num_variables

    @property
    def degree(self) -> int:
        return max(m.degree for m in self.maps)

    @property
    def num_steps(self) -> int:
        """Number of steps that are defined."""
        return len(self.maps)


@dataclass(frozen=True, eq=False, init=False)
class TimeDependentSystem:
    """A flow whose coefficients change at given times, as a schedule of learning rates does.

    Parameters
    ----------
    systems : tuple of PolynomialSystem
        All with the same number of variables; their degrees may differ.
    switches : array_like, shape (len(systems) - 1,)
        Strictly increasing times: ``systems[i]`` holds from switch i - 1 to switch i, the first
        since ever and the last for good.

    Examples
    --------
    >>> fast, slow = (PolynomialSystem([[0.0], [[-rate]]]) for rate in (2.0, 1.0))
    >>> TimeDependentSystem((fast, slow), [3.0]).at(3.5).field([1.0])
    array([-1.])
    """

    systems: tuple[PolynomialSystem, ...]
    switches: RealArray

    def __init__(self, systems: Sequence[PolynomialSystem], switches: ArrayLike) -> None:
        sizes = {system.num_variables for system in systems}
        if len(sizes) != 1:
            raise ValueError(
                "`systems` must be non-empty and share the number of variables, got sizes "
                f"{sorted(sizes)}"
            )
        times = np.asarray(switches, dtype=np.float64)
        if times.shape != (len(systems) - 1,):
            raise ValueError(
                f"`switches` must hold one time fewer than there are systems, {len(systems) - 1}, "
                f"got shape {times.shape}"
            )
        if len(times):
            times = check_increasing("switches", times)
        object.__setattr__(self, "systems", tuple(systems))
        object.__setattr__(self, "switches", times)

    @property
    def num_variables(self) -> int:
        return self.systems[0].num_variables

    @property
    def degree(self) -> int:
        return max(system.degree for system in self.systems)

    def at(self, time: float) -> PolynomialSystem:
        """The flow that holds from `time` on."""
        return self.systems[int(np.searchsorted(self.switches, time, side="right"))]


Map = PolynomialMap | TimeDependentMap
Flow = PolynomialSystem | TimeDependentSystem
Dynamics = PolynomialSystem | PolynomialMap | TimeDependentMap


def _rows(matrix: ArrayLike | csr_array) -> int:
    if issparse(matrix):
        return int(matrix.shape[0])  # type: ignore[union-attr]
    return len(np.atleast_2d(np.asarray(matrix)))


def _checked(k: int, Fk: ArrayLike | csr_array, n: int) -> csr_array:
    check_word_space(n, k)
    given: Any = Fk if issparse(Fk) else np.asarray(Fk)
    kind = given.dtype.kind
    if kind not in "biufO":
        raise TypeError(
            f"`F[{k}]` must be real, got {'complex numbers' if kind == 'c' else f'dtype {kind}'}; "
            "write real and imaginary parts as variables of their own"
        )
    shape = given.shape
    if issparse(Fk):
        rows = (given.reshape(n, 1) if k == 0 and shape == (n,) else given).tocsr()
        entries = np.array(rows.data, dtype=np.float64), rows.indices.copy(), rows.indptr.copy()
        matrix = csr_array(entries, shape=rows.shape)
    elif given.size == n ** (k + 1) and shape[:1] in {(), (n,)}:
        dense = given.reshape(n, n**k).astype(np.float64)
        row, column = np.nonzero(dense)
        entries = dense[row, column], column, np.searchsorted(row, np.arange(n + 1))
        matrix = csr_array(entries, shape=dense.shape)  # a third of the time of csr_array(dense)
    else:
        matrix = csr_array((n, 0))
    if matrix.shape != (n, n**k):
        raise ValueError(
            f"`F[{k}]` must have shape ({n}, {n**k}), got {shape}; row r of F[{k}] holds the "
            f"coefficients of x_r'"
        )
    matrix.sum_duplicates()
    bad = np.flatnonzero(~np.isfinite(matrix.data))
    if len(bad):
        row = np.searchsorted(matrix.indptr, bad[0], side="right") - 1
        raise ValueError(
            f"`F[{k}]` must be finite, got {matrix.data[bad[0]]} at index "
            f"({row}, {matrix.indices[bad[0]]}); remove infinities and NaN from the loss"
        )
    if not matrix.data.all():
        matrix.eliminate_zeros()
    return matrix
