"""States for readouts without a quantum solver: exact solutions, with a chosen scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit

import qgd


@dataclass(frozen=True, eq=False)
class ExactSource:
    """z / (loss ||b||) as amplitudes and loss ||b|| as scale: linear in b, like every solver.

    `sign` multiplies the state of the system's own b, `reference_sign` that of any other b.
    """

    system: qgd.HistorySystem
    loss: float = 3.0
    sign: float = 1.0
    reference_sign: float = 1.0

    def state(self, rhs: np.ndarray | None = None) -> qgd.FlaggedState:
        b = self.system.rhs if rhs is None else rhs
        sign = self.sign if rhs is None else self.reference_sign
        scale = self.loss * max(float(np.linalg.norm(b)), 1e-300)
        z = np.linalg.solve(self.system.matrix.toarray(), b)
        return qgd.FlaggedState(sign * z / scale, scale)

    def joint(self, reference: np.ndarray, rhs: np.ndarray | None = None) -> qgd.FlaggedState:
        """One scale for both branches that no readout is told."""
        mine, other = self.state(rhs), self.state(reference)
        both = np.concatenate((mine.amplitudes * mine.scale, other.amplitudes * other.scale))
        scale = self.loss * np.linalg.norm(both)
        return qgd.FlaggedState(both / scale, scale, scale_is_known=False)

    def circuit(self, rhs: np.ndarray | None = None) -> QuantumCircuit:
        raise ValueError("`level` must be the emulation: an exact source has no circuit")


class HiddenSource(ExactSource):
    """The scale is a property of the state, as after kernel reflection."""

    def state(self, rhs: np.ndarray | None = None) -> qgd.FlaggedState:
        found = super().state(rhs)
        return qgd.FlaggedState(found.amplitudes, found.scale, found.error, scale_is_known=False)


def resting_history(
    x: list[float], padding: int = 1, scale: float = 1.0, order: int = 1
) -> qgd.HistorySystem:
    """One step of the identity map: x_T is x, in `padding` + 1 copies."""
    n = len(x)
    step = qgd.carleman(qgd.PolynomialMap([np.zeros(n), np.zeros((n, n))]), order, scale=scale)
    return qgd.history_system(step, x, 1, padding)
