"""||x_T - x_{T-1}|| by amplitude estimation: the gradient norm of a descent, up to its rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qgd.core.bound import Bound, Kind
from qgd.core.resources import Cost
from qgd.embedding.history import HistorySystem
from qgd.readout.amplitude import AmplitudeEstimation
from qgd.readout.interface import Reading, StateSource
from qgd.readout.magnitudes import uniform_reference


@dataclass(frozen=True)
class StepNorm:
    """Norm of the last step, from the probability to find the first level on (|T> - |T-1>)/sqrt(2).

    One rotation of the time register takes this state to a basis state; no sign is needed. The
    value is sqrt(2) r S times the amplitude. Where the scale S is not known beforehand, a known
    vector is solved along, as for `AmplitudeEstimation`.

    Parameters
    ----------
    epsilon : float
        Error of the amplitude.
    rng : int
        Seed of the sampler.
    confidence : float
        Probability that the stated error holds.
    """

    epsilon: float
    rng: int = 0
    confidence: float = 0.9973

    def read(self, system: HistorySystem, source: StateSource) -> Reading:
        """Read the norm; its gain on errors of the history vector is sqrt(2) r / amplification."""
        state = source.state()
        estimation = AmplitudeEstimation([1.0], self.epsilon, self.rng, self.confidence)
        unit = math.sqrt(2) * system.steps[0].scale
        if state.scale_is_known:
            low, high, calls = estimation.rotate(self._amplitude(system, state.amplitudes))
            low, high, amplification = unit * state.scale * low, unit * state.scale * high, 1.0
        else:
            known = uniform_reference(system)
            joint = source.joint(system.injection(known))
            branches = np.split(joint.amplitudes, 2)
            low, high, calls = estimation.rotate(self._amplitude(system, branches[0]))
            # The copies of the known vector, all of them.
            size = float(np.linalg.norm(branches[1]))
            least, most, more = estimation.rotate(size)
            calls += more
            norm = float(np.linalg.norm(system.injection(known))) * math.sqrt(system.padding + 1)
            if least <= 0:
                raise ValueError(
                    f"`epsilon` must be less than the amplitude of a known vector, {most:.3g}, "
                    f"got {self.epsilon:.3g}; take a tenth of that"
                )
            low, high = unit * norm * low / most, unit * norm * high / least
            worse = joint.error / state.error if state.error > 0 else 1.0
            amplification = max(1.0, worse * (1 + high / unit / norm))
        bound = Bound(
            "readout",
            (high - low) / 2,
            Kind.ESTIMATED,
            f"amplitude estimation, {calls} uses of the circuit",
            confidence=self.confidence,
        )
        cost = Cost("readout", qubits=1, shots=calls, detail="amplitude estimation")
        value = np.array([(low + high) / 2])
        return Reading(value, float(value[0]), bound, cost, amplification=amplification)

    def _amplitude(self, system: HistorySystem, amplitudes: np.ndarray) -> float:
        """Root of the probability of the difference of two times on the first level."""
        blocks = amplitudes.reshape(system.num_times, system.block_dimension)
        T, n = system.num_steps, system.steps[0].num_variables
        return float(np.linalg.norm(blocks[T, :n] - blocks[T - 1, :n])) / math.sqrt(2)
