"""Sparse tomography: signed entries of x_T on the support found, with an l2 guarantee."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.stats import chi2

from qgd.core.arrays import IntArray, RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.core.resources import Cost
from qgd.embedding.history import HistorySystem
from qgd.readout.counts import root_count_radius
from qgd.readout.interface import Reading, StateSource, restoring_factor
from qgd.readout.magnitudes import uniform_reference
from qgd.readout.measurement import joint_state, window_counts

# Of the error that is left for the readout; the joint state errs more than that of b alone.
_SHARE = 0.8
_THEOREM = {
    True: "15-measurement.md#Theorem 15.3",
    False: "15-measurement.md#Theorem 15.4",
}


@dataclass(frozen=True)
class SparseTomography:
    """The r largest entries of x_T with their signs, ||value - x_T||_2 <= stated error.

    *Support.* First shots find the `support` entries seen most often, and an upper bound rho_i of
    each |x_i|.

    *Values.* Then x_T interferes with rho, injected at row T and solved along (see `Sampling` for
    the circuit): outcomes (0, i) and (1, i) have amplitudes (rho_i +- x_i) / (sqrt(2) J), both
    positive, so that the difference of the roots of their frequencies is x_i, sign included. Its
    Euclidean error is at most J sqrt(t / shots) with the probability asked for, whatever x_T is
    (Theorem 15.3). What lies outside of the support is counted too, and is part of the error that
    is stated: zero counts for an x_T of `support` entries.

    Parameters
    ----------
    support : int
        r, how many entries are wanted.
    epsilon : float, optional
        Wanted Euclidean error for an x_T that is r-sparse; None leaves it to `with_error`.
    failure : float
        Probability that the stated error is exceeded.
    rng : int or numpy.random.Generator
        Seed or generator (SPEC 7).
    proved : bool
        Whether the failure probability is proved for all counts (Theorem 15.2), or taken from a
        chi-squared variable with r degrees of freedom, with twice the variance of the limit of
        large counts, which small ones reach (measured): two to three times fewer shots.

    Notes
    -----
    In the limit r J^2 / (4 epsilon^2) shots give epsilon as the root mean square of the error;
    what is proved takes about (2 r + 1) J^2 (1.7 + ...) / epsilon^2. Both are measured in
    `benchmarks/tomography_shots.py`.

    References
    ----------
    Theorems 15.2 to 15.4 of proofs/15-measurement.md. Tomography of pure states by roots of counts
    and signs by interference: Kerenidis, Prakash, arXiv:1812.00954.
    """

    support: int
    epsilon: float | None = None
    failure: float = 0.01
    rng: int | np.random.Generator = 0
    proved: bool = True
    counts_only: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_integer("support", self.support, 1)
        if self.epsilon is not None:
            check_real("epsilon", self.epsilon, above=0)
        check_real("failure", self.failure, above=0, below=1)

    def read(self, system: HistorySystem, source: StateSource) -> Reading:
        """Read x_T; see `Readout`."""
        if self.epsilon is None:
            raise ValueError("`epsilon` must be given, got None; or solve with a tolerance")
        rng = np.random.default_rng(self.rng)
        state = source.state()
        first, inside, rho, unit = self._pilot(system, source, self.epsilon, rng)
        reference = system.injection(rho)
        joint = joint_state(source, reference)
        t = self._radius(len(inside))
        J = restoring_factor(system, joint.scale) if state.scale_is_known else 2 * unit
        shots = math.ceil(t * (J / self.epsilon) ** 2)
        counts = window_counts(system, source, shots, rng, rho, hadamard=True)
        own = restoring_factor(system, joint.error)
        roots = np.sqrt(counts[:, inside] / shots)
        outside = math.sqrt((counts.sum() - counts[:, inside].sum()) / shots)
        factor = 1.0
        radius = math.sqrt(t / shots)
        if not state.scale_is_known:
            J, used = _unit(rho[inside], roots, radius, own)
        else:
            used = J
        value = np.zeros(len(rho))
        value[inside] = used / math.sqrt(2) * (roots[0] - roots[1])
        size = float(np.linalg.norm(value))
        if not state.scale_is_known:
            factor = 1 + size / float(np.linalg.norm(rho))
        bound = Bound(
            "readout",
            J * (factor * radius + outside),
            Kind.ESTIMATED,
            f"{len(inside)} entries by {first + shots:,} shots"
            + ("" if self.proved else ", by a chi-squared law")
            + (f", {J * outside:.1e} seen outside" if outside else ""),
            _THEOREM[state.scale_is_known] if self.proved else "",
            confidence=1 - self.failure,
        )
        cost = Cost("readout", qubits=1, shots=first + shots, detail=f"{first + shots:,} shots")
        amplification = factor * joint.error / state.error if state.error > 0 else 1.0
        return Reading(value, size, bound, cost, amplification=max(1.0, amplification))

    def with_error(self, system: HistorySystem, scale: float, error: float) -> SparseTomography:
        """Take the error as epsilon where none was given, less a part for the joint state's own."""
        del system, scale
        if self.epsilon is not None:
            return self
        return replace(self, epsilon=_SHARE * check_real("error", error, above=0))

    def _radius(self, entries: int) -> float:
        """t: the squared error of the values is at most J^2 t / shots."""
        if self.proved:
            return root_count_radius(2 * entries + 1, self.failure / 2)
        return float(chi2.isf(self.failure / 2, entries)) / 2

    def _pilot(
        self, system: HistorySystem, source: StateSource, epsilon: float, rng: np.random.Generator
    ) -> tuple[int, IntArray, RealArray, float]:
        """Shots spent, support, rho >= |x| on it and 0 elsewhere, and an upper bound of J."""
        state, n = source.state(), system.steps[0].num_variables
        r = min(self.support, n)
        known = state.scale_is_known
        planned = restoring_factor(system, state.scale) * (1 if known else 2)
        t = root_count_radius(r, self.failure / 2) if self.proved else self._radius(r)
        shots = math.ceil(t * (planned / epsilon) ** 2)
        slack = math.sqrt(math.log(2 * (n + 1) / self.failure) / shots)
        if known:
            counts = window_counts(system, source, shots, rng)[0]
            J, own = restoring_factor(system, state.scale), restoring_factor(system, state.error)
        else:
            flat = uniform_reference(system)
            counts, others = window_counts(system, source, shots, rng, flat)
            own = restoring_factor(system, source.joint(system.injection(flat)).error)
            seen = math.sqrt(others.sum() / shots) - slack
            _check_unit(seen)
            J = (float(np.linalg.norm(flat)) + own) / seen
        order = np.argsort(-counts, kind="stable")[:r]
        inside = np.sort(order[: max(1, int((counts[order] > 0).sum()))])
        rho = np.zeros(n)
        rho[inside] = J * (np.sqrt(counts[inside] / shots) + slack) + own
        return shots, inside, rho, J


def _unit(rho: RealArray, roots: RealArray, radius: float, own: float) -> tuple[float, float]:
    """An upper bound of J and its estimate, from the part of the counts that is known."""
    size = float(np.linalg.norm(rho))
    inverse = float(rho @ roots.sum(axis=0)) / (math.sqrt(2) * size**2)
    _check_unit(inverse - radius / size)
    return (1 + own / size) / (inverse - radius / size), 1 / inverse


def _check_unit(seen: float) -> None:
    if seen <= 0:
        raise QGDError(
            Outcome.NO_SHOTS_SURVIVED,
            "`epsilon` must be small enough that the shots resolve the known reference, got too "
            "few of its outcomes; halve epsilon",
        )
