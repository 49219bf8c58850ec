"""Magnitudes of x_T from counts, on a scale that is known, or that a known reference calibrates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.outcome import Outcome, QGDError
from qgd.embedding.history import HistorySystem
from qgd.readout.interface import StateSource, restoring_factor
from qgd.readout.measurement import window_counts


@dataclass(frozen=True, eq=False)
class Magnitudes:
    """What the first shots of a readout say.

    Parameters
    ----------
    values : ndarray, shape (n,)
        |x_i|.
    noise : float
        Standard deviation of an entry, or a bound of it.
    off : float
        What the state's own error may shift them by, Euclidean (Theorems 4.2 and 15.4).
    kept : int
        Outcomes that belong to x_T.
    amplification : float
        See `Reading`.
    """

    values: RealArray
    noise: float
    off: float
    kept: int
    amplification: float = 1.0


def read_magnitudes(
    system: HistorySystem, source: StateSource, shots: int, rng: np.random.Generator
) -> Magnitudes:
    """|x_i| = F sqrt(n_i / shots), or where F is unknown P sqrt(n_i / m), m counts of a known P.

    The known vector, of norm P, is uniform, injected at row T with the norm of b, and solved along
    under a selector: both parts then stand on one scale, whatever that is.

    Raises
    ------
    QGDError
        If no outcome belongs to x_T, or none to the known vector.
    """
    state = source.state()
    if state.scale_is_known:
        counts = window_counts(system, source, shots, rng)[0]
        factor = restoring_factor(system, state.scale)
        kept = int(counts.sum())
        window = system.final(np.abs(state.solution)) / factor if kept == 0 else np.zeros(1)
        _check_kept(kept, shots, float(window @ window))
        values = factor * np.sqrt(counts / shots)
        off = restoring_factor(system, state.error)
        return Magnitudes(values, factor / math.sqrt(4 * shots), off, kept)
    known = uniform_reference(system)
    own, unit = window_counts(system, source, shots, rng, known)
    joint = source.joint(system.injection(known))
    kept, calibrating = int(own.sum()), int(unit.sum())
    _check_kept(min(kept, calibrating), shots, 0.0)
    size = float(np.linalg.norm(known))
    values = size * np.sqrt(own / calibrating)
    norm = float(np.linalg.norm(values))
    # Theorem 15.4: the unit is off by its own part of the error.
    off = restoring_factor(system, joint.error) * (1 + norm / size)
    amplification = off / max(restoring_factor(system, state.error), 1e-300)
    return Magnitudes(
        values,
        # That of the unit comes on top, along the magnitudes.
        math.hypot(size, norm) / math.sqrt(4 * calibrating),
        off,
        kept,
        amplification=max(1.0, amplification),
    )


def uniform_reference(system: HistorySystem) -> RealArray:
    """Vector of equal entries whose injection has the norm of b."""
    flat = np.ones(system.steps[0].num_variables)
    return flat * (system.rhs_norm / float(np.linalg.norm(system.injection(flat))))


def _check_kept(kept: int, shots: int, survival: float) -> None:
    if kept:
        return
    enough = f"take at least {math.ceil(200 / max(survival, 1e-12)):,} shots"
    raise QGDError(
        Outcome.NO_SHOTS_SURVIVED,
        f"`shots` must exceed a few times 1 / (probability that one is kept), got {shots} with "
        + (f"probability {survival:.2g}; {enough}" if survival else "none kept; take more shots"),
    )
