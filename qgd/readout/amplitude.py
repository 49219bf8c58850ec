"""One linear observable of x_T by amplitude estimation (qiskit-algorithms)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit.library import grover_operator
from qiskit.primitives import StatevectorSampler

from qgd.core.arrays import Array, RealArray
from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_array, check_real
from qgd.core.resources import Cost
from qgd.embedding.history import HistorySystem
from qgd.encoding.state_preparation import real_state_preparation
from qgd.readout.interface import (
    Reading,
    StateSource,
    quiet_deprecations,
    restoring_factor,
)
from qgd.readout.magnitudes import uniform_reference

_SHOTS = 1000
_LARGEST_CIRCUIT = 11


@dataclass(frozen=True, eq=False)
class AmplitudeEstimation:
    """c . x_T by iterative amplitude estimation: error ~ 1 / calls instead of 1 / sqrt(shots).

    The good state is |0> of all flags and the uniform superposition of the copies of c / ||c|| in
    the register; its amplitude is sqrt(p + 1) (c . x_T) / (r scale ||c||). A second estimation,
    with a known multiple of c injected into the right-hand side so that the amplitudes add, finds
    the sign, and the value itself where it is too small to have a clear one. After a solver whose
    scale is not known beforehand (`KernelReflection`), a known vector is solved along under a
    selector qubit, and its amplitude, estimated too, is the unit.

    Parameters
    ----------
    observable : array_like, shape (n,)
        c, not zero.
    epsilon : float, optional
        Wanted error of the *amplitude*, between 0 and 1/2; None leaves it to `with_error`.
    rng : int
        Seed of the sampler.
    confidence : float
        Probability that the stated error holds.
    use_circuit : bool
        Run Grover iterates of the whole gate-level circuit (up to 11 qubits). Otherwise the iterate
        acts, as it always does, as a rotation in a plane by twice the angle asin(amplitude): the
        same algorithm runs on one qubit with this angle, with the same outcome statistics.

    References
    ----------
    Grinko, Gacon, Zoufal, Woerner, arXiv:1912.05559.
    """

    observable: ArrayLike
    epsilon: float | None = None
    rng: int = 0
    confidence: float = 0.9973
    use_circuit: bool = False

    def __post_init__(self) -> None:
        c = check_array("observable", self.observable, (None,))
        if not np.any(c):
            raise ValueError("`observable` must not be zero; name the combination of weights")
        if self.epsilon is not None:
            check_real("epsilon", self.epsilon, above=0, below=0.5)
        check_real("confidence", self.confidence, above=0, below=1)

    def read(self, system: HistorySystem, source: StateSource) -> Reading:
        """Read c . x_T; see `Readout`."""
        c = check_array("observable", self.observable, (system.steps[0].num_variables,))
        d = np.zeros(system.block_dimension)
        d[: len(c)] = system.steps[0].scale * c
        found = self.read_lifted(system, source, d)
        return replace(found, observable=c)

    def read_lifted(
        self, system: HistorySystem, source: StateSource, functional: RealArray
    ) -> Reading:
        """Read d . y_T, d any vector of the lift in its own units; `observable` plays no part.

        Gains of errors of the history vector are ||d|| / sqrt(p + 1), times the amplification.
        """
        if self.epsilon is None:
            raise ValueError("`epsilon` must be given, got None; or solve with a tolerance")
        d = check_array("functional", functional, (system.block_dimension,))
        size = float(np.linalg.norm(d))
        alone = self._size_of(system, source, None, d)
        # d enters with the norm of b.
        added = system.rhs_norm * size
        rhs = system.rhs.copy()
        start = system.num_steps * system.block_dimension
        rhs[start : start + len(d)] += (system.rhs_norm / size) * d
        joint = self._size_of(system, source, rhs, d)
        calls = alone[3] + joint[3]
        value, error, from_joint = _signed(alone[:3], joint[:3], added)
        # The error of b's own state is what the budget counts.
        own = source.state().error * size / math.sqrt(system.padding + 1)
        used = joint[2] if from_joint else alone[2]
        amplification = max(1.0, used / own) if own > 0 else 1.0
        bound = Bound(
            "readout",
            error,
            Kind.ESTIMATED,
            f"amplitude estimation, {calls} uses of the circuit",
            confidence=self.confidence,
        )
        cost = Cost("readout", qubits=1, shots=calls, detail="amplitude estimation")
        return Reading(np.array([value]), math.nan, bound, cost, None, amplification)

    def with_error(self, system: HistorySystem, scale: float, error: float) -> AmplitudeEstimation:
        """Choose the error of the amplitude so that c . x_T is known to about `error`.

        With c injected the right-hand side, and with it the error of its amplitude, is up to twice
        that of b. A quarter of what is injected is always resolved, so that the sign comes out.
        """
        if self.epsilon is not None:
            return self
        check_real("error", error, above=0)
        size = float(np.linalg.norm(np.asarray(self.observable, dtype=np.float64)))
        factor = restoring_factor(system, scale)
        resolved = system.steps[0].scale * system.rhs_norm / 4
        epsilon = min(error / (2 * size), resolved) / factor
        return replace(self, epsilon=min(0.25, epsilon))

    def _size_of(
        self, system: HistorySystem, source: StateSource, rhs: RealArray | None, d: RealArray
    ) -> tuple[float, float, float, int]:
        """|d . y_T| of the solution for `rhs`: value, half width, shift by the state, uses."""
        size = float(np.linalg.norm(d))
        if not source.state().scale_is_known:
            return self._size_in_units(system, source, rhs, d)
        state = source.state(rhs)
        if self.use_circuit:
            circuit = _overlap_circuit(system, source.circuit(rhs), d / size)
            oracle = QuantumCircuit(circuit.num_qubits)
            oracle.z(circuit.num_qubits - 1)
            low, high, calls = self._estimate(circuit, grover_operator(oracle, circuit))
        else:
            low, high, calls = self.rotate(_overlap(system, state.amplitudes, d / size))
        copies = math.sqrt(system.padding + 1)
        factor = state.scale / copies * size
        # The error of the state shifts d . y by at most this (Theorem 4.2).
        off = state.error / copies * size
        return factor * (low + high) / 2, factor * (high - low) / 2, off, calls

    def _size_in_units(
        self, system: HistorySystem, source: StateSource, rhs: RealArray | None, d: RealArray
    ) -> tuple[float, float, float, int]:
        """The same where the scale is unknown: in units of a known vector that is solved along."""
        if self.use_circuit:
            raise ValueError(
                "`use_circuit` must be False for a solver whose scale is read from its state, got "
                "True; leave it out, or use QSVT or LCU"
            )
        known = uniform_reference(system)
        state = source.joint(system.injection(known), rhs)
        size, norm = float(np.linalg.norm(d)), float(np.linalg.norm(known)) / system.steps[0].scale
        branches = np.split(state.amplitudes, 2)
        low, high, calls = self.rotate(_overlap(system, branches[0], d / size), runs=4)
        least, most, more = self.rotate(
            _overlap(system, branches[1], known / np.linalg.norm(known)), runs=4
        )
        if least <= 0:
            raise ValueError(
                f"`epsilon` must be less than the amplitude of a known vector, {most:.3g}, got "
                f"{self.epsilon:.3g}; take a tenth of that"
            )
        bottom, top = size * norm * low / most, size * norm * high / least
        off = state.error / math.sqrt(system.padding + 1) * (size + top / norm)
        return (bottom + top) / 2, (top - bottom) / 2, off, calls + more

    def rotate(self, amplitude: float, runs: int = 2) -> tuple[float, float, int]:
        """Interval of an amplitude by a rotation that has it, one of `runs` that all must hold."""
        angle = math.asin(min(1.0, amplitude))
        # On the one qubit that counts, a Grover iterate turns by 4 angles.
        return self._estimate(_Rotation(2 * angle), _Rotation(4 * angle), runs)

    def _estimate(
        self, circuit: QuantumCircuit, iterate: QuantumCircuit, runs: int = 2
    ) -> tuple[float, float, int]:
        """Interval of the amplitude with which the last qubit reads 1, and uses of the circuit.

        The algorithm works on the angle, so `epsilon` is the half width of the interval of
        asin(amplitude) and bounds that of the amplitude.
        """
        with quiet_deprecations():
            from qiskit_algorithms import EstimationProblem, IterativeAmplitudeEstimation

            objective = circuit.num_qubits - 1
            problem = EstimationProblem(
                state_preparation=circuit,
                objective_qubits=[objective],
                grover_operator=iterate,
            )
            estimator = IterativeAmplitudeEstimation(
                epsilon_target=self.epsilon,
                alpha=(1 - self.confidence) / runs,
                sampler=StatevectorSampler(default_shots=_SHOTS, seed=self.rng),
            )
            result = estimator.estimate(problem)
        low, high = (math.sin(2 * math.pi * angle) for angle in result.theta_intervals[-1])
        repetitions = _SHOTS * (len(result.powers) - 1)
        # Each Grover iterate contains the circuit and its inverse.
        return low, high, 2 * int(result.num_oracle_queries) + repetitions


class _Rotation(QuantumCircuit):  # type: ignore[misc]  # Qiskit is untyped
    """R_y on one qubit, whose powers are single gates too."""

    def __init__(self, angle: float = 0.0) -> None:
        super().__init__(1)
        self._angle = angle
        self.ry(angle, 0)

    def power(
        self, power: float, matrix_power: bool = False, annotated: bool = False
    ) -> QuantumCircuit:
        del matrix_power, annotated
        return _Rotation(power * self._angle)


def _signed(
    alone: tuple[float, float, float], joint: tuple[float, float, float], added: float
) -> tuple[float, float, bool]:
    """Value of x, its statistical error, and whether the joint state gave the value.

    From |x| = size +- half and |x + added| = sum +- sum_half, each up to a shift `off` by its
    state's error. Where |x| may be large the sign is that which fits, if the other one does not;
    where it is small, x + added is positive and the difference is an estimate of x itself.
    """
    size, half, off = alone
    total, total_half, total_off = joint
    misfits = [abs(total - abs(sign * size + added)) for sign in (1, -1)]
    sign = 1 if misfits[0] <= misfits[1] else -1
    if max(misfits) > 2 * (half + total_half) + off + total_off:
        return sign * size, half, False
    if size + half + off <= added:
        return total - added, total_half, True
    return sign * size, half + 2 * size, False


def _overlap(system: HistorySystem, amplitudes: Array, direction: RealArray) -> float:
    """|amplitude| of the uniform superposition of the copies of a unit vector."""
    blocks = amplitudes.reshape(system.num_times, system.block_dimension)
    copies = blocks[system.num_steps :, : len(direction)] @ direction
    return float(abs(copies.sum())) / math.sqrt(system.padding + 1)


def _overlap_circuit(
    system: HistorySystem, solve: QuantumCircuit, direction: RealArray
) -> QuantumCircuit:
    """Solver circuit, inverse preparation of the copies of c, and one qubit that marks |0...0>."""
    if solve.num_qubits + 1 > _LARGEST_CIRCUIT:
        raise ValueError(
            f"`use_circuit` must be False beyond {_LARGEST_CIRCUIT} qubits, the circuit has "
            f"{solve.num_qubits + 1}"
        )
    size = 2 ** max(1, (system.block_dimension - 1).bit_length())
    times = 2 ** max(1, (system.num_times - 1).bit_length())
    target = np.zeros((times, size))
    target[system.num_steps : system.num_times, : len(direction)] = direction
    target /= np.linalg.norm(target)
    register = range((times * size - 1).bit_length())
    marked = QuantumCircuit(solve.num_qubits + 1)
    marked.compose(solve, range(solve.num_qubits), inplace=True)
    marked.compose(real_state_preparation(target.ravel()).inverse(), register, inplace=True)
    flags = list(range(solve.num_qubits))
    marked.x(flags)
    marked.mcx(flags, solve.num_qubits)
    marked.x(flags)
    return marked
