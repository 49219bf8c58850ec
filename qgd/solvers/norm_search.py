"""The norm of a solution within a factor of two, from a few runs of a coarse kernel reflection.

One run at the guess t ends in the solution, in the reference or with a flag, with probabilities
near g^2 sin^2(2 theta), g^2 cos^2(2 theta) and 1 - g^2, where tan(theta) = ||X^-1 b^|| / t. The
guess of the next run is the one whose outcome says most (mutual information under the likelihood of
the outcomes so far). The search ends when a confidence set, valid at every time at once, fits
between t / 2 and 2 t: Theorem 12.4 of proofs/12-kernel-reflection.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import Array, RealArray
from qgd.core.outcome import Outcome, QGDError

_CELLS_PER_OCTAVE = 24
_GUESSES_PER_OCTAVE = 6
_MOST_RUNS = 10_000


@dataclass(frozen=True)
class NormInterval:
    """Where ||X^-1 b^|| lies, and what it took to know.

    Parameters
    ----------
    low, high : float
        Ends; `high` is at most four times `low`.
    runs : int
        Coarse reflections that were measured.
    """

    low: float
    high: float
    runs: int = 0

    @property
    def guess(self) -> float:
        """t, the geometric mean of the ends."""
        return math.sqrt(self.low * self.high)

    @property
    def spread(self) -> float:
        """Largest ratio of the norm and the guess, at most 2."""
        return math.sqrt(self.high / self.low)


def search_norm(
    probabilities: Callable[[float], tuple[float, float]],
    kappa: float,
    gain: float,
    error: float,
    confidence: float,
    rng: np.random.Generator,
) -> NormInterval:
    """Measure coarse reflections until ||X^-1 b^|| in [1, kappa] is known within a factor of two.

    Parameters
    ----------
    probabilities : callable
        t -> probabilities of the outcomes solution and reference; one outcome is drawn from them a
        run, and nothing else is read.
    kappa : float
        Upper end of the prior interval [1, kappa].
    gain, error : float
        g, and the filter's sup on [1/kappa, 1].
    confidence : float
        Probability that the interval returned contains the norm.
    rng : numpy.random.Generator
        Draws the outcomes.
    """
    if kappa <= 4:
        return NormInterval(1.0, kappa)
    octaves = math.log2(kappa)
    edges = np.geomspace(1, kappa, math.ceil(_CELLS_PER_OCTAVE * octaves) + 1)
    guesses = np.geomspace(1, kappa, math.ceil(_GUESSES_PER_OCTAVE * octaves) + 1)
    laws = _laws(np.sqrt(edges[1:] * edges[:-1]), guesses, gain)
    likelihood = np.zeros(len(edges) - 1)
    ceiling = np.zeros_like(likelihood)
    known: dict[int, list[float]] = {}
    for run in range(_MOST_RUNS):
        weights = np.exp(likelihood - likelihood.max())
        i = _most_informative(laws, weights / weights.sum())
        t = float(guesses[i])
        if i not in known:
            solution, reference = probabilities(t)
            known[i] = [solution, reference, max(0.0, 1 - solution - reference)]
        outcome = int(np.searchsorted(np.cumsum(known[i])[:2], rng.random(), side="right"))
        likelihood += np.log(np.maximum(laws[i, :, outcome], 1e-300))
        ceiling += np.log(_ceilings(edges, t, gain, error)[outcome])
        evidence = likelihood.max() + math.log(np.exp(likelihood - likelihood.max()).mean())
        inside = np.flatnonzero(ceiling >= evidence + math.log(1 - confidence))
        if not len(inside):
            continue  # as improbable as an interval that misses the norm
        low, high = float(edges[inside[0]]), float(edges[inside[-1] + 1])
        if high <= 4 * low:
            return NormInterval(low, high, run + 1)
    raise QGDError(
        Outcome.TOLERANCE_NOT_MET,
        f"the norm search must end within {_MOST_RUNS} runs, got no interval; pass a guess `norm`",
    )


def _laws(norms: RealArray, guesses: RealArray, gain: float) -> RealArray:
    """Probabilities of the outcomes solution, reference, flag: (guesses, norms, 3)."""
    double = 2 * np.arctan(norms[None, :] / guesses[:, None])
    kept = gain**2
    flag = np.full_like(double, 1 - kept)
    return np.stack((kept * np.sin(double) ** 2, kept * np.cos(double) ** 2, flag), axis=-1)


def _ceilings(edges: RealArray, t: float, gain: float, error: float) -> tuple[Array, Array, Array]:
    """Largest probability of each outcome over every cell of norms and every filter error."""
    theta = np.arctan(edges / t)
    low, high = theta[:-1], theta[1:]
    quarter = (low <= math.pi / 4) & (high >= math.pi / 4)
    sine = np.where(quarter, 1.0, np.maximum(np.sin(2 * low), np.sin(2 * high)))
    cosine = np.maximum(np.abs(np.cos(2 * low)), np.abs(np.cos(2 * high)))
    beside = np.sin(high)
    solution = (sine + 2 * error * beside) ** 2
    reference = (cosine + 2 * error * beside**2) ** 2
    flag = 1 - gain**2 * (1 - (1 - (1 - 2 * error) ** 2) * beside**2)
    return tuple(np.minimum(1.0, p) for p in (gain**2 * solution, gain**2 * reference, flag))  # type: ignore[return-value]


def _most_informative(laws: RealArray, weights: RealArray) -> int:
    """Index of the guess with the largest mutual information between norm and outcome."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.nansum(np.where(laws > 0, laws * np.log(laws), 0.0), axis=-1) @ weights
        mean = np.einsum("tnk,n->tk", laws, weights)
        outer = np.where(mean > 0, mean * np.log(mean), 0.0).sum(axis=-1)
    return int(np.argmax(inner - outer))
