"""Amplitude amplification of a flagged state: standard, and with a fixed point.

A circuit V leaves a state whose flags read 0 with amplitude a = sin(theta). A round multiplies by
-S_V(alpha) S_0(beta): a phase e^{i beta} where the flags read 0, e^{-i alpha} on the state V|0>.
All happens in the plane of the flagged and the unflagged part, so the flagged state keeps its
direction and only its amplitude changes, to a number that the plane alone decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, BoolArray, RealArray
from qgd.core.checks import check_integer, check_real
from qgd.core.state import FlaggedState
from qgd.encoding.gates import negate_ones


@dataclass(frozen=True, eq=False)
class Amplification:
    """Rounds of amplitude amplification; see `standard_amplification`, `fixed_point_amplification`.

    Parameters
    ----------
    start_phases, flag_phases : ndarray, shape (rounds,)
        alpha_j and beta_j, first round first.
    """

    start_phases: RealArray
    flag_phases: RealArray

    @property
    def calls(self) -> int:
        """Uses of V and its adjoint, the first preparation included: 2 * rounds + 1."""
        return 2 * len(self.start_phases) + 1

    def response(self, amplitude: float) -> complex:
        """Amplitude of the flagged direction after all rounds, from `amplitude` before."""
        check_real("amplitude", amplitude, at_least=0, at_most=1 + 1e-12)
        a = min(float(amplitude), 1.0)
        start = np.array([a, math.sqrt(1 - a * a)])
        state = start.astype(np.complex128)
        for alpha, beta in zip(self.start_phases, self.flag_phases, strict=True):
            state[0] *= np.exp(1j * beta)
            state = -(state - (1 - np.exp(-1j * alpha)) * (start @ state) * start)
        return complex(state[0])

    def amplify(self, state: FlaggedState) -> FlaggedState:
        """Polynomial level: the flagged state, its amplitude replaced by the response.

        The scale then depends on the amplitude that was there before, so it is not known
        beforehand; it keeps the solution.
        """
        a = math.sqrt(state.success_probability)
        if a == 0:
            return replace(state, scale_is_known=False)
        factor = self.response(min(a, 1.0)) / a
        scale = state.scale / abs(factor) if factor else state.scale
        return FlaggedState(abs(factor) * state.amplitudes, scale, state.error, False)

    def apply(self, state: Array, flagged: BoolArray) -> Array:
        """Block level: all rounds on the statevector V|0>, `flagged` marking what reads 0."""
        start = np.asarray(state, dtype=np.complex128)
        current = start.copy()
        for alpha, beta in zip(self.start_phases, self.flag_phases, strict=True):
            current[flagged] *= np.exp(1j * beta)
            current = -(current - (1 - np.exp(-1j * alpha)) * np.vdot(start, current) * start)
        return current

    def circuit(self, preparation: QuantumCircuit, flags: Sequence[int]) -> QuantumCircuit:
        """Gate level: V and the rounds, on the qubits of V; `flags` read 0 on success."""
        result = QuantumCircuit(preparation.num_qubits, name="amplified")
        everything = range(preparation.num_qubits)
        forward = preparation.to_gate(label="V")
        backward = preparation.inverse().to_gate(label="V_dg")
        result.append(forward, everything)
        for alpha, beta in zip(self.start_phases, self.flag_phases, strict=True):
            _zero_phase(result, list(flags), float(beta))
            result.append(backward, everything)
            _zero_phase(result, list(everything), -float(alpha))
            result.append(forward, everything)
            result.global_phase += math.pi
        return result


@dataclass(frozen=True, eq=False)
class FixedPointAmplification(Amplification):
    """Rounds that reach success >= 1 - delta^2 for every amplitude >= `least`."""

    delta: float
    least: float

    @cached_property
    def failure(self) -> float:
        """delta^2, the largest probability to fail for amplitudes of at least `least`."""
        return self.delta**2

    def closed_form(self, amplitude: float) -> float:
        """1 - delta^2 T_L(T_{1/L}(1/delta) sqrt(1 - a^2))^2, the probability to succeed."""
        x = _chebyshev(1 / self.calls, 1 / self.delta) * math.sqrt(max(0.0, 1 - amplitude**2))
        return 1 - (self.delta * _chebyshev(self.calls, x)) ** 2


def standard_amplification(rounds: int) -> Amplification:
    """sin(theta) becomes sin((2 rounds + 1) theta) up to a sign (Theorem 14.6).

    Parameters
    ----------
    rounds : int
        At least 0; `best_rounds` for a known amplitude.

    Examples
    --------
    >>> round(abs(standard_amplification(1).response(0.5)), 12)
    1.0
    """
    check_integer("rounds", rounds, 0)
    return Amplification(np.full(rounds, math.pi), np.full(rounds, math.pi))


def best_rounds(amplitude: float) -> int:
    """Rounds after which a known amplitude is closest to 1 without having passed it by half."""
    check_real("amplitude", amplitude, above=0, at_most=1)
    return max(0, round(math.pi / (4 * math.asin(amplitude)) - 0.5))


def fixed_point_amplification(delta: float, least: float) -> FixedPointAmplification:
    """Success at least 1 - delta^2 for all amplitudes from `least` up, with fewest rounds.

    L = 2 rounds + 1 >= arccosh(1 / delta) / artanh(least), about ln(2 / delta) / least
    (Theorem 14.7); the angles are alpha_j = -beta_{rounds + 1 - j}
    = 2 arccot(tan(2 pi j / L) sqrt(1 - gamma^2)), 1 / gamma = T_{1/L}(1 / delta).

    Parameters
    ----------
    delta : float
        Between 0 and 1.
    least : float
        Smallest amplitude that must be amplified, between 0 and 1.

    References
    ----------
    Yoder, Low, Chuang, arXiv:1409.3305, Eq. 11.

    Examples
    --------
    >>> rounds = fixed_point_amplification(delta=0.1, least=0.2)
    >>> rounds.calls, abs(rounds.response(0.2)) ** 2 >= 0.99, abs(rounds.response(0.7)) ** 2 >= 0.99
    (15, True, True)
    """
    check_real("delta", delta, above=0, below=1)
    check_real("least", least, above=0, below=1)
    length = math.ceil(math.acosh(1 / delta) / math.atanh(least) - 1e-12)
    rounds = length // 2
    L = 2 * rounds + 1
    gamma = 1 / _chebyshev(1 / L, 1 / delta)
    j = np.arange(1, rounds + 1)
    tangent = np.tan(2 * np.pi * j / L) * math.sqrt(1 - gamma**2)
    alpha = 2 * np.arctan2(1.0, tangent)
    return FixedPointAmplification(alpha, -alpha[::-1], delta, least)


def _chebyshev(degree: float, x: float) -> float:
    """T_degree(x) for real degrees and x >= 0."""
    if x <= 1:
        return math.cos(degree * math.acos(x))
    return math.cosh(degree * math.acosh(x))


def _zero_phase(circuit: QuantumCircuit, qubits: list[int], angle: float) -> None:
    """e^{i angle} where all these qubits read 0."""
    circuit.x(qubits)
    if abs(abs(angle) - math.pi) < 1e-15:
        negate_ones(circuit, qubits)
    elif len(qubits) == 1:
        circuit.p(angle, qubits[0])
    else:
        circuit.mcp(angle, qubits[:-1], qubits[-1])
    circuit.x(qubits)
