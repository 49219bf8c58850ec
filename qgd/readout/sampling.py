"""Computational-basis sampling, with signs from interference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2, norm

from qgd.core.arrays import Array, BoolArray, IntArray, RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.embedding.history import HistorySystem
from qgd.readout.interface import Reading, StateSource, restoring_factor

_LEAST_SHOTS = 2


@dataclass(frozen=True)
class Sampling:
    """Magnitudes, norm and signs of x_T from measurement outcomes alone.

    *Magnitudes and norm.* Half of the shots measure every qubit. With n_i the outcomes whose flags
    read 0, whose time is at least T and whose register holds entry i of the first level,
    |x_i| = F sqrt(n_i / shots); the factor F is known beforehand, so the norm needs nothing else.

    *Signs.* The other half interferes the solution with a reference that is solved along with it: a
    qubit |0> + |1> selects between b and the magnitudes just found, injected at row T, where they
    idle to the end. After a Hadamard gate the difference of the outcomes (0, i) and (1, i) has the
    sign of x_i. Only the state preparation is controlled, never the solver.

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
    sqrt(n_i / S) has standard deviation at most 1 / (2 sqrt(S)), whatever x is, so the error is
    F sqrt(chi2_n) / (2 sqrt(S)); entries whose sign the interference leaves open add 2 |x_i|.
    ESTIMATED: it rests on the normal approximation of counts.
    """

    shots: int | None = None
    rng: int | np.random.Generator = 0
    confidence: float = 0.9973

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
        state = source.state()
        factor = restoring_factor(system, state.scale)
        first = self.shots // 2
        counts = _sample(_windowed(system, state.amplitudes), first, rng)
        if counts.sum() == 0:
            raise QGDError(
                Outcome.NO_SHOTS_SURVIVED,
                f"`shots` must exceed a few times 1 / (success probability), got {self.shots} with "
                f"probability {state.success_probability:.2g}; take at least "
                f"{math.ceil(200 / max(state.success_probability, 1e-12)):,} shots",
            )
        magnitudes = factor * np.sqrt(counts / first)
        reference = source.state(system.injection(magnitudes))
        signs, open_signs = self._signs(system, state, reference, self.shots - first, rng)
        spread = factor * math.sqrt(chi2.ppf(self.confidence, len(counts)) / (4 * first))
        error = spread + 2 * float(np.linalg.norm(magnitudes[open_signs]))
        bound = Bound(
            "readout",
            error,
            Kind.ESTIMATED,
            f"{self.shots} shots, {int(counts.sum())} kept, {open_signs.sum()} signs open",
            confidence=self.confidence,
        )
        cost = Cost("readout", qubits=1, shots=self.shots, detail=f"{self.shots} shots")
        return Reading(signs * magnitudes, float(np.linalg.norm(magnitudes)), bound, cost)

    def with_error(self, system: HistorySystem, scale: float, error: float) -> Sampling:
        """Choose the shots so that the noise of the magnitudes is at most `error`."""
        if self.shots is not None:
            return self
        check_real("error", error, above=0)
        quantile = chi2.ppf(self.confidence, system.steps[0].num_variables)
        factor = restoring_factor(system, scale)
        return replace(self, shots=2 * math.ceil(factor**2 * quantile / (4 * error**2)) + 2)

    def _signs(
        self,
        system: HistorySystem,
        state: FlaggedState,
        reference: FlaggedState,
        shots: int,
        rng: np.random.Generator,
    ) -> tuple[RealArray, BoolArray]:
        """Signs of the entries, and which of them the outcomes leave open."""
        probabilities = [_windowed(system, branch) for branch in interfere(state, reference)]
        outcomes = _sample(np.concatenate(probabilities), shots, rng)
        n = len(outcomes) // 2
        difference = outcomes[:n].astype(np.float64) - outcomes[n:]
        noise = norm.ppf(0.5 + self.confidence / 2) * np.sqrt(outcomes[:n] + outcomes[n:])
        return np.where(difference < 0, -1.0, 1.0), np.abs(difference) <= noise


def interfere(state: FlaggedState, reference: FlaggedState) -> tuple[Array, Array]:
    """Amplitudes after a Hadamard gate on the qubit that selected the right-hand side.

    The joint right-hand side is (|0> b + |1> b') / sqrt(||b||^2 + ||b'||^2); both solutions then
    carry one common scale, the root of the summed squares of theirs.
    """
    common = math.hypot(state.scale, reference.scale)
    signal = state.amplitudes * (state.scale / common)
    known = reference.amplitudes * (reference.scale / common)
    return (signal + known) / math.sqrt(2), (signal - known) / math.sqrt(2)


def _windowed(system: HistorySystem, amplitudes: Array) -> RealArray:
    """Probability of each entry of the first level at the final times, all copies together."""
    blocks = amplitudes.reshape(system.num_times, system.block_dimension)
    window = blocks[system.num_steps :, : system.steps[0].num_variables]
    return np.asarray((np.abs(window) ** 2).sum(axis=0))


def _sample(probabilities: RealArray, shots: int, rng: np.random.Generator) -> IntArray:
    """Counts of the listed outcomes; every other outcome is one more category."""
    rest = max(0.0, 1.0 - float(probabilities.sum()))
    full = np.append(probabilities, rest)
    return rng.multinomial(shots, full / full.sum())[:-1]
