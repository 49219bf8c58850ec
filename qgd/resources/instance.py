"""What a solver is given, without a vector or a matrix: sizes, norms and builders of circuits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_array, check_integer, check_real
from qgd.core.outcome import QGDError
from qgd.dynamics.dissipation import Majorant, majorant
from qgd.dynamics.integrate import iterate
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.embedding.bounds.stability import inverse_bound
from qgd.embedding.history import default_padding
from qgd.encoding.block_encoding import BlockEncoding, Build
from qgd.encoding.carleman_registers import CarlemanRegisters
from qgd.encoding.history import history_encoding, num_time_qubits
from qgd.encoding.history_preparation import HistoryPreparation
from qgd.encoding.lifted_preparation import LiftedVector
from qgd.encoding.sparse_preparation import SparseVector
from qgd.encoding.structured_step import structured_step
from qgd.encoding.structured_system import rhs_preparation, with_work
from qgd.resources.stencil_step import stencil_majorant, stencil_step

if TYPE_CHECKING:
    from qgd.encoding.linear_system import EncodedSystem

_MOST_VALUES = 10_000_000  # of a trajectory that is computed for its norms


@dataclass(frozen=True, eq=False)
class Instance:
    """A z = b as a count needs it.

    Parameters
    ----------
    encoding : BlockEncoding
        Only its circuit and its numbers are used.
    prepare : callable
        ``prepare(c)``: circuit of b / ||b|| on the system and at most the encoding's work qubits.
    kappa : float
        alpha / sigma_min or larger.
    rhs_norm, solution_norm : float
        ||b|| and ||z||.
    """

    encoding: BlockEncoding
    prepare: Build
    kappa: float
    rhs_norm: float
    solution_norm: float

    @classmethod
    def of(cls, system: EncodedSystem, solution_norm: float) -> Instance:
        """From an encoded system, for comparison with circuits that are built."""
        return cls(
            system.encoding,
            system.prepare or (lambda controls: system.preparation()),
            max(1.0, system.kappa_bound),
            system.rhs_norm,
            solution_norm,
        )

    @property
    def relative_norm(self) -> float:
        """||X^-1 b^|| for X = A / alpha, between 1 and kappa."""
        return min(self.kappa, self.encoding.alpha * self.solution_norm / self.rhs_norm)


@dataclass(frozen=True, eq=False)
class History:
    """The history system of a problem and what is known of its solution.

    Parameters
    ----------
    instance : Instance
        For the solvers.
    kappa : Bound
        alpha ||L^-1||.
    repetitions : Bound
        1 / P of finding level 1 at a final time, given the solution.
    final_norm : float
        ||x_T||.
    padding : int
        p.
    """

    instance: Instance
    kappa: Bound
    repetitions: Bound
    final_norm: float
    padding: int


def start_of(
    problem: Stencil | PolynomialMap | PolynomialSystem, x0: ArrayLike | SparseVector
) -> SparseVector:
    """The start by its non-zero entries."""
    n = problem.num_variables
    moves = isinstance(problem, PolynomialMap) and problem.F[0].count_nonzero() > 0
    if isinstance(x0, SparseVector):
        if len(x0.indices) == 0 and moves:
            return x0
        if len(x0.indices) == 0 or x0.indices[0] < 0 or x0.indices[-1] >= n:
            raise ValueError(f"`x0` must have entries from 0 to {n - 1}, got {x0.indices}")
        return x0
    values = check_array("x0", x0, (n,))
    if not np.any(values) and not moves:
        raise ValueError("`x0` must not be zero, got a zero vector; start elsewhere")
    return SparseVector.of(values)


def history_instance(
    problem: Stencil | PolynomialMap,
    x0: ArrayLike | SparseVector,
    num_steps: int,
    *,
    order: int,
    step_size: float | None,
    scale: float,
    padding: int | None,
    final_norm: float | None,
    encodings: Mapping[int, BlockEncoding] | None,
) -> History:
    """Encode the history of the exact Carleman step of a problem without writing it down."""
    T = check_integer("num_steps", num_steps, 1)
    p = default_padding(T) if padding is None else check_integer("padding", padding, 0)
    check_integer("order", order, 1)
    check_real("scale", scale, above=0)
    start, t = start_of(problem, x0), num_time_qubits(T, p)
    registers = CarlemanRegisters(problem.num_variables, order)
    if isinstance(problem, Stencil):
        step = stencil_step(problem, checked_step_size(step_size), registers, scale)
        g = stencil_majorant(problem, checked_step_size(step_size))
        zero = LiftedVector(registers, np.zeros(1), order)
        scaled = SparseVector(start.indices, start.values / scale)
        right = HistoryPreparation(LiftedVector(registers, scaled, order), (zero,), T, t)
    else:
        if step_size is not None:
            raise ValueError(
                f"`step_size` must be left out for a PolynomialMap, got {step_size:g}; a map is "
                "its own step"
            )
        found = structured_step([problem], order, scale=scale, encodings=encodings)
        assert isinstance(found, BlockEncoding)  # one map
        step, g = found, majorant(problem)
        dense = _dense(start, problem.num_variables)
        right = rhs_preparation((problem,), dense, T, registers, scale=scale, num_time=t)
    encoding = with_work(history_encoding(step, T, p), right.num_work)
    kappa = _kappa(encoding, _scaled(g, scale), order, T, p)
    squares, known = _squares(problem, start, T, order, scale, step_size, final_norm, g)
    last = squares[1]
    total = squares[0] + (p + 1) * last[1]
    instance = Instance(encoding, right.build, kappa.value, right.norm, math.sqrt(total) / scale)
    repetitions = Bound(
        "repetitions", max(1.0, total / ((p + 1) * last[0] ** 2)), Kind.ESTIMATED, known
    )
    return History(instance, kappa, repetitions, last[0], p)


def _kappa(encoding: BlockEncoding, g: Majorant, order: int, num_steps: int, padding: int) -> Bound:
    regime, _, inverse = inverse_bound(g, order, num_steps, padding)
    if not math.isfinite(inverse):
        raise ValueError(
            f"`num_steps` must be small enough for a finite bound of ||L^-1||, got {num_steps} in "
            f"the {regime} regime, g(r) / r = {sum(g.coefficients):.6g}; take fewer steps, or a "
            "`scale` or `step_size` for which g(r) / r <= 1"
        )
    value = encoding.alpha * max(1.0, inverse)
    if encoding.epsilon:
        inexact = f"{regime}, encodings taken for exact, off by {encoding.epsilon:.3g}"
        return Bound("condition number", value, Kind.ESTIMATED, inexact)
    exact = (Assumption("exact encodings", True, 0.0),)
    theorem = "10-closed-bounds.md#Theorem 10.12"
    return Bound("condition number", value, Kind.PROVED, regime, theorem, assumptions=exact)


def _squares(
    problem: Stencil | PolynomialMap,
    start: SparseVector,
    num_steps: int,
    order: int,
    scale: float,
    step_size: float | None,
    final_norm: float | None,
    g: Majorant,
) -> tuple[tuple[float, tuple[float, float]], str]:
    """(sum of s_k for k < T, (||x_T||, s_T)), and where they come from (Theorem 10.13)."""

    def share(norms: RealArray | float) -> RealArray:
        sizes = np.atleast_1d(np.asarray(norms, dtype=np.float64))[:, None]
        levels = np.arange(1, order + 1)
        return np.asarray((scale * (sizes / scale) ** levels) ** 2).sum(axis=1)

    n = problem.num_variables
    if final_norm is None:
        _check_length(n, num_steps)
        step = _as_map(problem, step_size)
        norms = np.linalg.norm(iterate(step, _dense(start, n), num_steps), axis=1)
        shares = share(norms)
        return (float(shares[:-1].sum()), (float(norms[-1]), float(shares[-1]))), "trajectory"
    check_real("final_norm", final_norm, above=0)
    theta = sum(_scaled(g, scale).coefficients)
    if theta > 1 or g.coefficients[0] or final_norm > start.norm:
        raise ValueError(
            "`final_norm` must be at most ||x_0|| and the norm must not increase "
            f"(g(r) / r <= 1, F_0 = 0), got {final_norm:g} and {theta:.6g}; leave it out to have "
            "the trajectory computed, or lower `scale` or `step_size`"
        )
    upper = num_steps * float(share(start.norm)[0])
    return (upper, (final_norm, float(share(final_norm)[0]))), "||x_k|| <= ||x_0||, given ||x_T||"


def final_norm_of(
    problem: Stencil | PolynomialMap,
    start: SparseVector,
    num_steps: int,
    step_size: float | None,
    given: float | None,
) -> float:
    """||x_T||, as given or from the trajectory."""
    if given is not None:
        return check_real("final_norm", given, above=0)
    T, n = check_integer("num_steps", num_steps, 1), problem.num_variables
    _check_length(n, T)
    try:
        path = iterate(_as_map(problem, step_size), _dense(start, n), T)
    except QGDError as error:
        raise ValueError(
            f"`num_steps` must be small enough for a trajectory that stays finite, got {T}: "
            f"{error.message}, or take fewer steps"
        ) from None
    return float(np.linalg.norm(path[-1]))


def _check_length(num_variables: int, num_steps: int) -> None:
    if num_variables * num_steps > _MOST_VALUES:
        raise ValueError(
            f"`final_norm` must be given where a trajectory has {num_variables * num_steps:.3g} "
            "values, got None; pass a guess of ||x_T||, for instance ||x_0|| for norm-preserving "
            "steps"
        )


def checked_step_size(step_size: float | None) -> float:
    """h > 0 of a flow."""
    if step_size is None:
        raise ValueError(
            "`step_size` must be given for a Stencil and for a flow, got None; a step of a stencil "
            "is x + step_size * F(x), and an evolution takes num_steps * step_size"
        )
    return check_real("step_size", step_size, above=0)


def _as_map(problem: Stencil | PolynomialMap, step_size: float | None) -> PolynomialMap:
    if isinstance(problem, PolynomialMap):
        return problem
    return PolynomialMap([checked_step_size(step_size) * F for F in problem.system().F])


def _dense(start: SparseVector, size: int) -> RealArray:
    vector = np.zeros(size)
    vector[start.indices] = start.values
    return vector


def _scaled(g: Majorant, scale: float) -> Majorant:
    return Majorant(tuple(c * scale ** (k - 1.0) for k, c in enumerate(g.coefficients)))


def with_kappa(instance: Instance, kappa: float | None) -> Instance:
    """The instance under another condition number, if one is wanted."""
    return instance if kappa is None else replace(instance, kappa=kappa)
