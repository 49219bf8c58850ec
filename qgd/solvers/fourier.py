"""Matrix inversion by a linear combination of evolutions: 1/x as a sum of few sines.

The sine transform of erfc(t / 2 s) is (1 - e^{-s^2 x^2}) / x. Sampled at the times k delta it gives
exactly the periodisation with period 2 pi / delta,

    delta sum_{k>=1} erfc(k delta / 2 s) sin(k delta x) = (delta / 2) cot(delta x / 2) - (Gaussian),

and 1/x - (delta / 2) cot(delta x / 2) is smooth on [-1, 1]: a dozen further sines absorb it. So
O(kappa log(kappa / epsilon)) equally spaced times suffice (Theorem 5.6 of proofs/05-inversion.md),
where the double quadrature of Childs, Kothari, Somma, arXiv:1511.02306, Theorem 3, needs two sums.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from qiskit import QuantumCircuit
from scipy.special import erfc

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_real
from qgd.core.parallel import Workers
from qgd.core.resources import Cost
from qgd.encoding.linear_system import EncodedSystem
from qgd.encoding.state_preparation import real_state_preparation
from qgd.solvers.dense_evolution import DenseEvolution, check_evolutions
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
from qgd.solvers.inverse_polynomial import check_length
from qgd.solvers.sine_parts import apply_in_parts
from qgd.solvers.sine_series import (
    apply_as_polynomial,
    evolution_degree,
)

SPACING = math.pi / 2
_GRID = 200_000


@dataclass(frozen=True)
class FourierLCU:
    """sum_k c_k sin(k delta X) ~ X^-1 for X = A / alpha, by controlled powers of e^{i delta H}.

    H = [[0, X], [X^+, 0]]; an index register holds sqrt(|c_k| / ||c||_1), its bits control binary
    powers of the evolution. The amplitude found is alpha A^-1 b / (||b|| ||c||_1).

    Parameters
    ----------
    epsilon : float
        sup over [1/kappa, 1] of |sum_k c_k sin(k delta x) - 1/x|, absolute; the proved error that
        is reported stays above about 1e-10 by the rounding of a fit.
    kappa : float, optional
        alpha / sigma_min or larger; by default the system's proved bound.
    level : str
        As for `QSVT`; the gate level takes the powers of e^{i delta H} from `DenseEvolution`,
        which says what their gates count.

    References
    ----------
    Childs, Kothari, Somma, arXiv:1511.02306, section 3, for the approach.
    """

    epsilon: float = 1e-6
    kappa: float | None = None
    level: Level = "auto"

    def with_epsilon(self, epsilon: float) -> FourierLCU:
        return replace(self, epsilon=epsilon)

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Run the solver; see `LinearSolver`."""
        return self._prepare(system, None, 1)

    def prepare_in_parts(
        self, system: EncodedSystem, executor: Workers, parts: int = 4
    ) -> SolvedState:
        """Run the solver at block level with its evolutions in parts; see `ParallelSolver`.

        Parts cost the more the later they begin: more of them than workers slow it down, and
        beyond a dozen nothing is gained.
        """
        if self.level not in ("auto", "block"):
            raise ValueError(
                f"`executor` must go with level='block', got level={self.level!r}, where the "
                "evolutions are not computed one by one; leave out either"
            )
        return replace(self, level="block")._prepare(system, executor, parts)

    def _prepare(self, system: EncodedSystem, executor: Workers, parts: int) -> SolvedState:
        condition = resolve_kappa(self.kappa, system)
        check_real("epsilon", self.epsilon, above=0)
        weights, error = fourier_weights(condition[0], self.epsilon)
        gain = 1 / float(np.abs(weights).sum())
        index = _index_qubits(weights)
        degree, cut = evolution_degree(weights, SPACING, error, gain)
        calls = 2**index * degree
        level = choose_level(self.level, calls * system.encoding.work)
        if level == "gate":
            amplitudes = run_circuit(self.circuit(system), system)
        elif level == "block":
            several = weights, SPACING, system, degree, executor, parts
            amplitudes = gain * apply_in_parts(*several)
            error += cut
        else:
            amplitudes = gain * apply_as_polynomial(weights, SPACING, system)
        cost = Cost(
            "inversion",
            qubits=index + 1,
            block_encoding_calls=calls,
            state_preparations=1,
            detail=f"LCU of {len(weights)} evolutions",
        )
        inversion = Inversion(gain, error, "Theorem 5.6", "sum of sines for 1/x")
        return solved_state(system, amplitudes, inversion, condition, cost, level)

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """Prepare b and invert: qubits are system, dilation, index."""
        weights, _ = fourier_weights(resolve_kappa(self.kappa, system)[0], self.epsilon)
        n, index = system.encoding.num_system, _index_qubits(weights)
        remedy = "use level='block', or QSVT, whose circuit is built from the encoding"
        check_evolutions(system, index + 1, remedy)
        register = list(range(n + 1, n + 1 + index))
        padded = np.zeros(2**index)
        padded[: len(weights)] = weights
        roots = np.sqrt(np.abs(padded) / np.abs(padded).sum())
        evolution = DenseEvolution.of(system)
        circuit = QuantumCircuit(n + 1 + index, name="fourier_lcu", global_phase=-np.pi / 2)
        place_preparation(circuit, system)
        circuit.compose(real_state_preparation(roots), register, inplace=True)
        circuit.compose(evolution.circuit(SPACING), range(n + 1), inplace=True)
        for bit, control in enumerate(register):
            power = evolution.circuit(SPACING * 2**bit, 1)
            circuit.compose(power, [*range(n + 1), control], inplace=True)
        unprepare = real_state_preparation(np.copysign(roots, padded)).inverse()
        circuit.compose(unprepare, register, inplace=True)
        circuit.x(n)
        return circuit


def _index_qubits(weights: RealArray) -> int:
    return max(1, (len(weights) - 1).bit_length())


def fourier_weights(kappa: float, epsilon: float) -> tuple[RealArray, float]:
    """Weights of sin(k SPACING x), k = 1, 2, ..., and the proved sup error on [1/kappa, 1]."""
    epsilon = min(epsilon, kappa)
    width = kappa * math.sqrt(math.log(8 * kappa / epsilon))
    needed = 2 * width * math.sqrt(math.log(8 * width / epsilon)) / SPACING
    check_length(needed, kappa)
    terms = math.ceil(needed)
    k = np.arange(1, terms + 1)
    weights = SPACING * erfc(k * SPACING / (2 * width))
    correction, fit_error = _cotangent_correction(epsilon / 4)
    length = max(terms, len(correction))
    total = np.zeros(length)
    total[:terms] = weights
    total[: len(correction)] += correction
    tail = width * math.sqrt(math.pi) * float(erfc(terms * SPACING / (2 * width)))
    period = 2 * math.pi / SPACING
    bias = kappa * math.exp(-((width / kappa) ** 2))
    images = 4 * math.exp(-(width**2) * (period - 1) ** 2)
    return total, fit_error + tail + bias + images


@lru_cache(maxsize=64)
def _cotangent_correction(epsilon: float) -> tuple[RealArray, float]:
    """Sines that fit 1/x - (delta/2) cot(delta x / 2) on [0, 1], with a proved sup error."""
    nodes = 0.5 - 0.5 * np.cos(np.pi * (np.arange(400) + 0.5) / 400)
    best: Array = np.zeros(1)
    smallest = math.inf
    for terms in range(2, 25):
        sines = np.sin(np.outer(nodes, np.arange(1, terms + 1)) * SPACING)
        fit = np.linalg.lstsq(sines, _target(nodes), rcond=1e-14)[0]
        deviation = float(np.abs(sines @ fit - _target(nodes)).max())
        if deviation < smallest:
            best, smallest = fit, deviation
        if deviation <= epsilon:
            break
    x = np.arange(_GRID + 1) / _GRID
    k = np.arange(1, len(best) + 1)
    deviation = float(np.abs(np.sin(np.outer(x, k) * SPACING) @ best - _target(x)).max())
    # Second derivatives: of the sines term by term; of the target (a power series with positive
    # coefficients) largest at x = 1, where it is below 0.1.
    curvature = float(np.abs(best) @ (k * SPACING) ** 2) + 0.1
    return best, deviation + curvature / (8 * _GRID**2)


def _target(x: RealArray) -> RealArray:
    """1/x - (delta/2) cot(delta x / 2), by its series where the difference would cancel."""
    y = SPACING * x / 2
    small = y < 0.1
    safe = np.where(small, 1.0, y)
    series = y / 3 + y**3 / 45 + 2 * y**5 / 945 + y**7 / 4725 + 2 * y**9 / 93555
    return np.asarray(SPACING / 2 * np.where(small, series, 1 / safe - 1 / np.tan(safe)))
