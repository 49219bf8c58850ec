"""Changes of variable x = center + scale * u: each returns the new system and the way back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_real
from qgd.core.kronecker import index_word, word_index
from qgd.dynamics.system import (
    Dynamics,
    PolynomialField,
    TimeDependentMap,
    TimeDependentSystem,
)

SystemT = TypeVar("SystemT", bound=Dynamics | TimeDependentSystem)


@dataclass(frozen=True, eq=False)
class AffineChange:
    """x = center + scale * u; calling it maps u to x, `inverse` maps x to u."""

    center: RealArray
    scale: float

    def __call__(self, u: ArrayLike) -> RealArray:
        return self.center + self.scale * np.asarray(u, dtype=np.float64)

    def inverse(self, x: ArrayLike) -> RealArray:
        return (np.asarray(x, dtype=np.float64) - self.center) / self.scale


def shift(system: SystemT, center: ArrayLike) -> tuple[SystemT, AffineChange]:
    """Move the origin of a flow or map to `center`, so that x = center + u.

    The new coefficients are F'_m = sum_k sum over the ways to put u into m of the k factors and
    the centre into the others. F'_0 is the field at the centre and usually not zero.

    Parameters
    ----------
    system : PolynomialSystem, PolynomialMap, TimeDependentMap or TimeDependentSystem
        A map keeps its meaning: u+ = u + sum_m F'_m u^{(x)m}.
    center : array_like, shape (n,)
        The expansion point.
    """
    c = check_array("center", center, (system.num_variables,))
    if isinstance(system, TimeDependentMap):
        moved = TimeDependentMap(tuple(shift(m, c)[0] for m in system.maps))
        return cast(SystemT, moved), AffineChange(c, 1.0)
    if isinstance(system, TimeDependentSystem):
        pieces = [shift(piece, c)[0] for piece in system.systems]
        return cast(SystemT, TimeDependentSystem(pieces, system.switches)), AffineChange(c, 1.0)
    n = system.num_variables
    F = [csr_array((n, n**m)) for m in range(system.degree + 1)]
    for k, Fk in enumerate(system.F):
        entries = Fk.tocoo()
        words = index_word(entries.col.astype(np.int64), n, k)
        for m in range(k + 1):
            for kept in itertools.combinations(range(k), m):
                fixed = [p for p in range(k) if p not in kept]
                values = entries.data * c[words[:, fixed]].prod(axis=1)
                columns = word_index(words[:, list(kept)], n)
                F[m] = F[m] + csr_array(
                    coo_array((values, (entries.row, columns)), shape=(n, n**m))
                )
    return cast(SystemT, type(system)(F)), AffineChange(c, 1.0)


def rescale(system: SystemT, scale: float) -> tuple[SystemT, AffineChange]:
    """Measure x in units of `scale` > 0: x = scale * u, F'_k = scale^(k-1) F_k."""
    check_real("scale", scale, above=0)
    back = AffineChange(np.zeros(system.num_variables), float(scale))
    if isinstance(system, TimeDependentMap):
        scaled = TimeDependentMap(tuple(rescale(m, scale)[0] for m in system.maps))
        return cast(SystemT, scaled), back
    if isinstance(system, TimeDependentSystem):
        pieces = [rescale(piece, scale)[0] for piece in system.systems]
        return cast(SystemT, TimeDependentSystem(pieces, system.switches)), back
    field = cast(PolynomialField, system)
    F = [Fk * float(scale) ** (k - 1) for k, Fk in enumerate(field.F)]
    return cast(SystemT, type(system)(F)), back
