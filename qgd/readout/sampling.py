"""Computational-basis sampling, with signs from interference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.stats import chi2, norm

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.core.resources import Cost
from qgd.embedding.history import HistorySystem
from qgd.readout.interface import Reading, StateSource, restoring_factor
from qgd.readout.magnitudes import read_magnitudes
from qgd.readout.measurement import window_counts

_LEAST_SHOTS = 2
# Fewer are not chosen for a tolerance: some have to survive success probabilities of per mille.
_USUAL_SHOTS = 10_000
# Reference entries are at least this fraction of their root mean square, so that small entries of
# the solution have something to interfere with.
_FLOOR = 0.5


@dataclass(frozen=True)
class Sampling:
    """Magnitudes, norm and signs of x_T from measurement outcomes alone.

    *Magnitudes and norm.* Half of the shots measure every qubit. With n_i the outcomes whose flags
    read 0, whose time is at least T and whose register holds entry i of the first level,
    |x_i| = F sqrt(n_i / shots); the factor F is known beforehand, so the norm needs nothing else.
    After `KernelReflection` it is not: then a known reference is solved along in these shots too,
    and the outcomes that belong to it are the unit (`read_magnitudes`).

    *Signs.* The other half interferes the solution with a known reference that is solved along with
    it: a qubit |0> + |1> selects between b and a positive vector rho injected at row T, where it
    idles to the end. After a Hadamard gate the outcomes (0, i) and (1, i) have probabilities
    (x_i +- rho_i)^2 / (2 J^2), so J^2 d_i / (2 shots rho_i), d_i the difference of their counts, is
    an unbiased estimate of x_i. It settles the sign once -|x_i| or |x_i| is excluded, and stands
    for x_i itself where neither is. Only the preparation of the right-hand side is controlled,
    never the solver.

    Parameters
    ----------
    shots : int, optional
        All repetitions together, at least 2; None leaves the choice to `with_error`.
    rng : int or numpy.random.Generator
        Seed or generator (SPEC 7).
    confidence : float
        Probability that the stated error holds; default three standard deviations.

    Notes
    -----
    sqrt(n_i / S) has standard deviation at most about 1 / (2 sqrt(S)), whatever x is; the stated
    error is the largest standard deviation of an entry times the root of a chi-squared quantile,
    plus what the solver's error may add to entries whose sign is open. ESTIMATED: it rests on the
    normal approximation, which needs more than a few counts of an entry.
    """

    shots: int | None = None
    rng: int | np.random.Generator = 0
    confidence: float = 0.9973
    counts_only: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.shots is not None:
            remedy = "ask for more shots, or use FinalState for amplitudes"
            check_integer("shots", self.shots, _LEAST_SHOTS, remedy)
        check_real("confidence", self.confidence, above=0, below=1)

    def read(self, system: HistorySystem, source: StateSource) -> Reading:
        """Read x_T; see `Readout`."""
        if self.shots is None:
            raise ValueError("`shots` must be given, got None; or solve with a tolerance")
        rng = np.random.default_rng(self.rng)
        first = self.shots // 2
        found = read_magnitudes(system, source, first, rng)
        magnitudes = found.values
        rho = _reference(system, magnitudes)
        signed, deviation, error = _interference(
            system, source, rho, magnitudes, self.shots - first, rng
        )
        # What inexact states shift (Theorem 4.2): magnitudes by `off`, signed estimates by `bias`.
        off = found.off
        bias = off + (magnitudes + off) * error / rho
        # The sign is open as long as the other one explains both numbers.
        sigmas = norm.isf((1 - self.confidence) / (2 * len(magnitudes)))
        doubt = sigmas * np.hypot(deviation, found.noise) + bias + off
        is_open = np.abs(signed) + magnitudes <= doubt
        value = np.where(is_open, signed, np.copysign(magnitudes, signed))
        spread = np.where(is_open, deviation, found.noise)
        small = f", {is_open.sum()} small entries" if is_open.any() else ""
        bound = Bound(
            "readout",
            float(spread.max()) * math.sqrt(self._quantile(len(magnitudes)))
            + float(np.linalg.norm(bias[is_open])),
            Kind.ESTIMATED,
            f"{found.kept} of {first} shots kept{small}",
            confidence=self.confidence,
        )
        cost = Cost("readout", qubits=1, shots=self.shots, detail=f"{self.shots} shots")
        size = float(np.linalg.norm(magnitudes))
        return Reading(value, size, bound, cost, amplification=found.amplification)

    def with_error(self, system: HistorySystem, scale: float, error: float) -> Sampling:
        """Choose the shots so that the stated error is at most about `error`, small entries too.

        The noise of an entry whose sign is open is up to twice that of a magnitude.
        """
        if self.shots is not None:
            return self
        check_real("error", error, above=0)
        quantile = self._quantile(system.steps[0].num_variables)
        factor = restoring_factor(system, scale)
        first = math.ceil(factor**2 * quantile / error**2)
        return replace(self, shots=max(2 * first, _USUAL_SHOTS))

    def _quantile(self, num_entries: int) -> float:
        """Of the squared error in standard deviations; half of the risk is left to the signs."""
        return float(chi2.ppf((1 + self.confidence) / 2, num_entries))


def _interference(
    system: HistorySystem,
    source: StateSource,
    rho: RealArray,
    magnitudes: RealArray,
    shots: int,
    rng: np.random.Generator,
) -> tuple[RealArray, RealArray, float]:
    """Signed unbiased estimates of x, their standard deviations, and the reference's own error.

    The expected number of outcomes (0, i) and (1, i) together, shots (x_i^2 + rho_i^2) / J^2, is
    the variance of their difference. Summed over i it gives J where that is not known beforehand.
    """
    outcomes = window_counts(system, source, shots, rng, rho, hadamard=True)
    state = source.state()
    if state.scale_is_known:
        reference = source.state(system.injection(rho))
        joint = restoring_factor(system, math.hypot(state.scale, reference.scale))
        error = reference.error
    else:
        energy = float(magnitudes @ magnitudes + rho @ rho)
        joint = math.sqrt(shots * energy / max(int(outcomes.sum()), 1))
        error = source.joint(system.injection(rho)).error
    difference = outcomes[0].astype(np.float64) - outcomes[1]
    noise = np.sqrt(np.maximum(shots * (magnitudes**2 + rho**2) / joint**2, 1))
    unit = joint**2 / (2 * shots * rho)
    return unit * difference, unit * noise, restoring_factor(system, error)


def _reference(system: HistorySystem, magnitudes: RealArray) -> RealArray:
    """Positive vector along the magnitudes found, small entries lifted, of the norm of b.

    With equal norms the joint right-hand side costs a factor sqrt(2) in amplitude, no more.
    """
    mean = float(np.linalg.norm(magnitudes)) / math.sqrt(len(magnitudes))
    direction = np.maximum(magnitudes, _FLOOR * mean)
    return direction * (system.rhs_norm / float(np.linalg.norm(system.injection(direction))))
