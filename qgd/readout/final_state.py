"""The amplitudes themselves: what an emulator can give and a device cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd.core.bound import Bound, Kind
from qgd.core.resources import Cost
from qgd.embedding.history import HistorySystem
from qgd.readout.interface import Reading, StateSource


@dataclass(frozen=True)
class FinalState:
    """Post-select the final time and the first level, and take the amplitudes as they are.

    The p + 1 copies of x_T are averaged, which divides the Euclidean error of the history vector
    by sqrt(p + 1) (Theorem 4.2). No shot noise: this is the noiseless limit of `Sampling`, for
    emulators only, and its error line is zero for that reason.
    """

    def read(self, system: HistorySystem, source: StateSource) -> Reading:
        """Read x_T; see `Readout`."""
        value = system.final(source.state().solution)
        bound = Bound(
            "readout", 0.0, Kind.PROVED, "amplitudes of the emulated state, no measurement",
            "04-history.md#Theorem 4.2",
        )  # fmt: skip
        cost = Cost("readout", detail="amplitudes")
        return Reading(value, float(np.linalg.norm(value)), bound, cost)

    def with_error(self, system: HistorySystem, scale: float, error: float) -> FinalState:
        """Return itself: there is nothing to choose."""
        del system, scale, error
        return self
