"""What an evolution solver is given, by its numbers: sizes, norms, growth, builders of circuits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_real
from qgd.dynamics.integrate import integrate
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialSystem
from qgd.embedding.carleman import carleman
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.carleman import carleman_of_terms
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.flow import EncodedFlow
from qgd.encoding.lifted_preparation import LiftedVector
from qgd.encoding.slot_matrix import slot_dilation
from qgd.encoding.sparse_access import sparse_access_encoding
from qgd.encoding.sparse_preparation import SparseVector
from qgd.encoding.structured_flow import folded, structured_flow, structured_fold, with_starts
from qgd.resources.instance import start_of

_LARGEST_LIFT = 2000  # up to which the spectrum of the lifted matrix is computed
_LARGEST_UNIFORM = 2**12  # sites up to which a uniform source is prepared
_MOST_SITES = 10**5  # whose trajectory is computed for ||x_T||


@dataclass(frozen=True, eq=False)
class FlowInstance:
    """A flow as a count needs it.

    Parameters
    ----------
    flow : EncodedFlow
        Of the lift where it is small; else with one coordinate, whose norms are those of the lift,
        and proved bounds of its growth (Theorem 14.8). Its encoding and its builders are the true
        ones.
    scale, final_norm : float
        r, and ||x_T||.
    source : str
        How F_0 is treated.
    """

    flow: EncodedFlow
    scale: float
    final_norm: float
    source: str

    @property
    def encoding(self) -> BlockEncoding:
        """Of A."""
        return self.flow.encoding


@dataclass(frozen=True)
class FieldNorms:
    """Norms of the coefficients of a flow, or bounds from above.

    Parameters
    ----------
    growth : (float, float)
        Least and greatest eigenvalue of (F_1 + F_1^T) / 2, or a wider interval.
    norms : tuple of float
        ||F_0||, ||F_1||, ...
    """

    growth: tuple[float, float]
    norms: tuple[float, ...]


def flow_instances(
    problem: Stencil | PolynomialSystem,
    x0: ArrayLike | SparseVector,
    time: float,
    *,
    order: int,
    scale: float,
    final_norm: float,
    encodings: Mapping[int, BlockEncoding] | None,
) -> list[FlowInstance]:
    """The ways to encode a flow: with its source, and with a constant coordinate if F_0 != 0."""
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    start = start_of(problem, x0)
    forced = field_norms(problem).norms[0] > 0
    found = []
    for fold in (False, True) if forced else (False,):
        too_wide = isinstance(problem, Stencil) and problem.num_variables > _LARGEST_UNIFORM
        if forced and not fold and too_wide:
            continue
        flow = _flow(problem, start, time, order, scale, encodings, fold)
        how = ("constant coordinate" if fold else "Duhamel quadrature") if forced else "no source"
        found.append(FlowInstance(flow, scale, final_norm, how))
    return found


def _flow(
    problem: Stencil | PolynomialSystem,
    start: SparseVector,
    time: float,
    order: int,
    scale: float,
    encodings: Mapping[int, BlockEncoding] | None,
    fold: bool,
) -> EncodedFlow:
    n = problem.num_variables
    registers = CarlemanRegisters(n, order, constant=fold)
    terms = _terms(problem, registers, scale, encodings)
    if sum(n**j for j in range(1, order + 1)) <= _LARGEST_LIFT:
        system = problem.system() if isinstance(problem, Stencil) else problem
        dense = np.zeros(n)
        dense[start.indices] = start.values
        make = structured_fold if fold else structured_flow
        return make(carleman(system, order, scale=scale), dense, time, encodings=terms)
    norms = scaled_norms(field_norms(problem), scale)
    unit = max(1.0, norms.norms[0] * time) if fold else 0.0
    vector = SparseVector(start.indices, start.values / scale)
    lifts = [LiftedVector(registers, vector, order, unit)]
    encoding = carleman_of_terms(registers, terms)
    if fold:
        encoding = folded(encoding, registers, unit)
    elif norms.norms[0]:
        lifts.append(LiftedVector(registers, _uniform(problem, scale), 1))
    low, high, size = lifted_growth(norms, order, unit)
    return EncodedFlow(
        encoding=with_starts(encoding, lifts),
        matrix=csr_array([[size]]),
        initial=np.array([lifts[0].norm]),
        source=np.array([0.0 if fold else norms.norms[0]]),
        time=time,
        positions=np.zeros(1, dtype=np.int64),
        prepare=tuple(lift.build for lift in lifts),
        interval=(low, high),
    )


def _terms(
    problem: Stencil | PolynomialSystem,
    registers: CarlemanRegisters,
    scale: float,
    given: Mapping[int, BlockEncoding] | None,
) -> dict[int, BlockEncoding]:
    """Encodings of the F_p / r^(1-p) that act, as `carleman_encoding` chooses them."""
    n, N = registers.num_variables, registers.order
    lowest = 0 if registers.constant or N > 1 else 1
    found = {}
    for p in range(lowest, min(problem.degree, N) + 1):
        if isinstance(problem, Stencil):
            if not problem.of_degree(p):
                continue
            plain = sparse_access_encoding(problem, p)
        elif problem.F[p].count_nonzero():
            plain = (given or {}).get(p) or slot_dilation(problem.F[p], n, p)
        else:
            continue
        factor = scale ** (p - 1.0)
        found[p] = replace(plain, alpha=plain.alpha * factor, epsilon=plain.epsilon * factor)
    if not found:
        raise ValueError("`problem` must have a term that acts up to `order`, got none; raise it")
    return found


def field_norms(problem: Stencil | PolynomialSystem) -> FieldNorms:
    """Of the coefficients of a flow."""
    if isinstance(problem, Stencil):
        return stencil_norms(problem)
    n = problem.num_variables
    symmetric = csr_array((problem.F[1] + problem.F[1].T) / 2)
    if n <= _LARGEST_LIFT:
        values = np.linalg.eigvalsh(symmetric.toarray())
        growth = float(values[0]), float(values[-1])
    else:
        diagonal = symmetric.diagonal()
        radius = np.asarray(abs(symmetric).sum(axis=1)).ravel() - np.abs(diagonal)
        growth = float((diagonal - radius).min()), float((diagonal + radius).max())
    return FieldNorms(growth, tuple(operator_norm(F) for F in problem.F))


def stencil_norms(stencil: Stencil) -> FieldNorms:
    """By Gershgorin's circles, and sums of moduli; |c| sqrt(n) for a constant at all sites."""
    n = stencil.num_variables
    linear = {word[0]: c for c, word in stencil.of_degree(1)}
    own = linear.get(0, 0.0)
    sites = {s for s in linear if s}
    if stencil.boundary == "hypercube":
        radius = math.fsum(abs(linear[s]) for s in sites)
    else:

        def back(s: int) -> int:
            return -s if stencil.boundary == "open" else -s % n

        both = sites | {back(s) for s in sites}
        radius = math.fsum(abs(linear.get(s, 0.0) + linear.get(back(s), 0.0)) / 2 for s in both)
    norms = [math.fsum(abs(c) for c, _ in stencil.of_degree(p)) for p in range(stencil.degree + 1)]
    norms[0] *= math.sqrt(n)
    return FieldNorms((own - radius, own + radius), tuple(norms))


def scaled_norms(field: FieldNorms, scale: float) -> FieldNorms:
    """Of the flow of x / r."""
    return FieldNorms(
        field.growth, tuple(f * scale ** (p - 1.0) for p, f in enumerate(field.norms))
    )


def lifted_growth(field: FieldNorms, order: int, unit: float = 0.0) -> tuple[float, float, float]:
    """Interval of (A + A^T) / 2 and norm of the lift, from block norms (Theorem 14.8).

    With a `unit` u > 0 of the lift with a constant coordinate.
    """
    first = 0 if unit else 1
    levels = range(first, order + 1)
    table = np.zeros((len(levels), len(levels)))
    ends = np.zeros((2, len(levels)))
    for row, j in enumerate(levels):
        ends[:, row] = j * field.growth[0], j * field.growth[1]
        for p, f in enumerate(field.norms):
            column = row + p - 1
            if j and 0 <= column < len(levels):
                table[row, column] = j * f
    if unit and order >= 1:
        table[1, 0] /= unit
    mixed = table - np.diag(np.diag(table))
    mixed = (mixed + mixed.T) / 2
    low = -float(np.linalg.eigvalsh(mixed - np.diag(ends[0]))[-1])
    high = float(np.linalg.eigvalsh(mixed + np.diag(ends[1]))[-1])
    return low, high, float(np.linalg.norm(table, 2))


def _uniform(problem: Stencil | PolynomialSystem, scale: float) -> RealArray | SparseVector:
    if isinstance(problem, Stencil):
        ((c, _),) = problem.of_degree(0)
        return np.full(problem.num_variables, c / scale)
    return np.asarray(problem.F[0].toarray().ravel() / scale)


def flow_final_norm(
    problem: Stencil | PolynomialSystem, start: SparseVector, time: float, given: float | None
) -> float:
    """||x(T)||, as given or integrated."""
    if given is not None:
        return check_real("final_norm", given, above=0)
    n = problem.num_variables
    if n > _MOST_SITES:
        raise ValueError(
            f"`final_norm` must be given for {n:.3g} variables, got None; pass a guess of ||x_T||, "
            "for instance ||x_0|| where norms are preserved"
        )
    system = problem.system() if isinstance(problem, Stencil) else problem
    dense = np.zeros(n)
    dense[start.indices] = start.values
    return float(np.linalg.norm(integrate(system, dense, [0.0, time]).final))
