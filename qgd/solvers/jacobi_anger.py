"""Phases that turn a walk into an evolution: e^{-i tau x} in powers of W, |eigenphase| = arccos x.

e^{-i tau cos(theta)} = sum_n (-i)^n J_n(tau) e^{i n theta}. A qubit g that starts in |1> is rotated
2 d + 1 times; between the rotations g = 0 applies W, or g = 1 applies W^-1, d times each. What
returns with g = 0 is gain * sum_{|n| <= d} (-i)^n J_n W^n (generalised quantum signal processing).
The rotations come from the same outer function and layer stripping as the phases of QSVT.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from qiskit import QuantumCircuit
from scipy.special import jv

from qgd.core.arrays import Array
from qgd.solvers.phases import complementary, strip_layers
from qgd.solvers.sine_series import evolution_tail

GAIN = 0.98
_ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class EvolutionPhases:
    """Rotations [[cos, e^{i chi} sin], [-e^{-i chi} sin, cos]] of the qubit g, first one first.

    Parameters
    ----------
    angles, phases : ndarray, shape (2 d + 1,)
        The angle and chi of each rotation.
    tail : float
        Bound of what the cut at degree d leaves out, relative to the gain.
    """

    angles: Array
    phases: Array
    tail: float

    @property
    def num_steps(self) -> int:
        """2 d: uses of W or its inverse."""
        return len(self.angles) - 1

    def rotation(self, k: int) -> Array:
        """2 x 2 matrix of rotation k."""
        c, s = math.cos(self.angles[k]), math.sin(self.angles[k])
        turn = np.exp(1j * self.phases[k])
        return np.array([[c, turn * s], [-np.conj(turn) * s, c]])

    def rotate(self, circuit: QuantumCircuit, k: int, qubit: int) -> None:
        """Append rotation k."""
        circuit.rz(float(self.phases[k]), qubit)
        circuit.ry(-2 * float(self.angles[k]), qubit)
        circuit.rz(-float(self.phases[k]), qubit)


def evolution_phases(time: float, tail: float = 1e-12) -> EvolutionPhases:
    """Rotations for e^{-i time x}, |x| <= 1, up to `tail`; cost O(time^2) and one FFT.

    References
    ----------
    Motlagh, Wiebe, arXiv:2308.01501; Alexis et al., arXiv:2407.05634, for the layer stripping.

    Examples
    --------
    >>> phases = evolution_phases(1.0, 1e-6)
    >>> phases.num_steps, phases.tail < 1e-6
    (14, True)
    """
    return _phases(float(time), float(tail))


def evolution_length(time: float, tail: float) -> tuple[int, float]:
    """Smallest d with 2 sum_{n > d} |J_n(time)| proved to be at most `tail`, and that bound."""
    least, wanted = math.ceil(time) + 1, min(max(tail, _ROUNDING), 1e-2)
    time, step = max(time, 1e-300), 1
    while evolution_tail(time, least + step - 1) > wanted:
        step *= 2
    # The bound falls with the degree: the first that is good enough, by bisection.
    degree = bisect_left(
        range(least + 2 * step), True, lo=least, key=lambda d: evolution_tail(time, d) <= wanted
    )
    return degree, evolution_tail(time, degree)


def evolution_series(time: float, degree: int) -> Array:
    """Coefficients of T_0, ..., T_degree in e^{-i time x}: J_0, 2 (-i)^n J_n."""
    n = np.arange(degree + 1)
    coefficients = 2 * (-1j) ** (n % 4) * jv(n, time)
    coefficients[0] /= 2
    return np.asarray(coefficients)


@lru_cache(maxsize=32)
def _phases(time: float, wanted: float) -> EvolutionPhases:
    d, tail = evolution_length(time, wanted)
    n = np.arange(-d, d + 1)
    b = GAIN * jv(n, time)
    reflections = strip_layers(complementary(b), b.copy())
    # Stripping finds the last rotation first; with (-i) e^{i theta} for e^{i theta} the real
    # coefficients J_n become (-i)^n J_n, and reflection n is turned by the same power.
    quarter = (-n * np.pi / 2)[::-1]
    return EvolutionPhases(np.arctan(reflections)[::-1].copy(), quarter, tail)
