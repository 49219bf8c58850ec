"""The algorithm of Harrow, Hassidim and Lloyd: phase estimation, rotation, uncomputation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import QFTGate, UCRYGate, UnitaryGate

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_memory, check_real
from qgd.core.resources import Cost
from qgd.encoding.gates import controlled, householder
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.interface import (
    Inversion,
    Level,
    SolvedState,
    choose_level,
    place_preparation,
    resolve_kappa,
    run_circuit,
    solved_state,
)
from qgd.solvers.sine_series import (
    apply_as_polynomial,
    apply_by_calls,
    evolution,
    evolution_degree,
)

_TIME = 7 * math.pi / 8
_LARGEST_CLOCK = 16
_OVERSAMPLING = 1024
_LARGEST_GRID = 2**24


@dataclass(frozen=True)
class HHL:
    """Phase estimation with a sine window, a rotation by C / lambda, and its undoing.

    With the clock post-selected on its initial state the whole algorithm is one function of the
    singular values, f(s) = sum_k |alpha_k(s)|^2 g(lambda_k), a sine series whose distance from
    C / s is computed and bounded (Theorem 5.5). The clock holds M = 2^m values; the error falls
    like (kappa / M)^2, so HHL is the expensive way to high accuracy.

    Parameters
    ----------
    num_clock : int
        m, used when `epsilon` is None.
    epsilon : float, optional
        Take the smallest clock with sup over [1/kappa, 1] of |f(x)/C - 1/x| at most epsilon.
    kappa : float, optional
        alpha / sigma_min or larger; by default the system's proved bound.
    level : str
        As for `QSVT`; the gate level uses e^{i t H} as a dense unitary.

    References
    ----------
    Harrow, Hassidim, Lloyd, arXiv:0811.3171, with its window function and its filter.
    """

    num_clock: int = 8
    epsilon: float | None = None
    kappa: float | None = None
    level: Level = "auto"

    def with_epsilon(self, epsilon: float) -> HHL:
        return replace(self, epsilon=epsilon)

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Run the solver; see `LinearSolver`."""
        condition = resolve_kappa(self.kappa, system)
        clock, error = self._clock(condition[0])
        weights, gain = _sine_weights(condition[0], clock), 1 / (2 * condition[0])
        degree, cut = evolution_degree(weights / gain, _TIME, error, gain)
        calls = 2 * (2**clock - 1) * degree
        level = choose_level(self.level, calls * system.encoding.work)
        if level == "gate":
            amplitudes = run_circuit(self.circuit(system), system)
        elif level == "block":
            amplitudes = apply_by_calls(weights, _TIME, system, degree)
            error += cut
        else:
            amplitudes = apply_as_polynomial(weights, _TIME, system)
        cost = Cost(
            "inversion",
            qubits=clock + 2,
            block_encoding_calls=calls,
            state_preparations=1,
            detail=f"HHL with {clock} clock qubits",
        )
        inversion = Inversion(gain, error, "Theorem 5.5", "filter of the clock for 1/x")
        return solved_state(system, amplitudes, inversion, condition, cost, level)

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """Prepare b and invert: qubits are system, dilation, clock, rotation flag."""
        kappa = resolve_kappa(self.kappa, system)[0]
        clock, _ = self._clock(kappa)
        n = system.encoding.num_system
        check_memory(
            16.0 * 8 * clock * 4.0 ** (n + 2),
            f"dense evolutions of {n + 1} qubits for a gate-level HHL circuit",
            "use level='block', or QSVT, whose circuit is built from the encoding",
        )
        register = list(range(n + 1, n + 1 + clock))
        flag = n + 1 + clock
        estimate = QuantumCircuit(flag + 1)
        estimate.append(UnitaryGate(householder(_window(clock)), label="window"), register)
        for bit, control in enumerate(register):
            power = controlled(evolution(system, _TIME * 2**bit), 1)
            estimate.append(UnitaryGate(power, label=f"evolve{2**bit}"), [*range(n + 1), control])
        estimate.append(QFTGate(clock).inverse(), register)
        angles = 2 * np.arccos(np.clip(_inverse_filter(kappa, clock), -1, 1))
        circuit = QuantumCircuit(flag + 1, name="hhl")
        place_preparation(circuit, system)
        circuit.compose(estimate, inplace=True)
        circuit.append(UCRYGate(list(angles)), [flag, *register])
        circuit.compose(estimate.inverse(), inplace=True)
        circuit.x(n)
        return circuit

    def _clock(self, kappa: float) -> tuple[int, float]:
        """Number of clock qubits and the proved error of f / C against 1 / x."""
        if self.epsilon is None:
            check_integer("num_clock", self.num_clock, 3)
            return self.num_clock, filter_error(kappa, self.num_clock)
        check_real("epsilon", self.epsilon, above=0)
        smallest = min(max(3, math.floor(math.log2(kappa))), _LARGEST_CLOCK)
        for clock in range(smallest, _LARGEST_CLOCK + 1):
            error = filter_error(kappa, clock)
            if error <= self.epsilon:
                return clock, error
        raise ValueError(
            f"`epsilon` must be at least {error:.3g} for HHL with at most {_LARGEST_CLOCK} clock "
            f"qubits at kappa = {kappa:.4g}, got {self.epsilon:.3g}; use QSVT or LCU"
        )


@lru_cache(maxsize=64)
def filter_error(kappa: float, num_clock: int) -> float:
    """Proved sup over [1/kappa, 1] of |f(x) / C - 1/x| (Theorem 5.5).

    Sampled on a uniform grid of spacing h by one FFT; between samples a function exceeds its
    linear interpolant at most by h^2 / 8 sup |second derivative|, and Bernstein's inequality
    bounds that of f by ((M - 1) t)^2 because |f| <= 1.
    """
    size = 2**num_clock
    weights = _sine_weights(kappa, num_clock)
    points = min(_OVERSAMPLING * size, _LARGEST_GRID)
    spectrum = np.zeros(points // 2 + 1, dtype=complex)
    spectrum[1 : len(weights) + 1] = -0.5j * weights
    values = np.fft.irfft(spectrum, points) * points
    spacing = 2 * math.pi / (_TIME * points)
    first = math.floor(1 / kappa / spacing)
    if first == 0:  # the grid starts above 1 / kappa; |f| <= 1 still bounds the error
        return 3 * kappa
    last = min(math.ceil(1 / spacing), points // 2)
    x = spacing * np.arange(first, last + 1)
    deviation = np.abs(2 * kappa * values[first : last + 1] - 1 / x).max()
    curvature = 2 * kappa * ((size - 1) * _TIME) ** 2 + 2 / x[0] ** 3
    return float(deviation + spacing**2 / 8 * curvature)


def _window(num_clock: int) -> RealArray:
    """sqrt(2 / M) sin(pi (tau + 1/2) / M), of unit norm."""
    size = 2**num_clock
    return math.sqrt(2 / size) * np.sin(np.pi * (np.arange(size) + 0.5) / size)


def _inverse_filter(kappa: float, num_clock: int) -> RealArray:
    """g_k = C / lambda_k with C = 1/(2 kappa), linear in lambda below C; k in two's complement."""
    size = 2**num_clock
    k = np.arange(size)
    k = np.where(k < size // 2, k, k - size)
    eigenvalue = 2 * math.pi * k / (size * _TIME)
    floor = 1 / (2 * kappa)
    small = np.abs(eigenvalue) < floor
    values = np.where(small, eigenvalue / floor, floor / np.where(small, 1.0, eigenvalue))
    values[size // 2] = 0.0
    return values


def _sine_weights(kappa: float, num_clock: int) -> RealArray:
    """b_d = (2 / M) W_d sum_k g_k sin(2 pi k d / M), W the autocorrelation of the window."""
    size = 2**num_clock
    spectrum = -np.fft.fft(_inverse_filter(kappa, num_clock)).imag
    window = np.abs(np.fft.rfft(_window(num_clock), 2 * size)) ** 2
    autocorrelation = np.fft.irfft(window)[1:size]
    return np.asarray(2 / size * autocorrelation * spectrum[1:size])
