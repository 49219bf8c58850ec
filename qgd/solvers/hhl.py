"""The algorithm of Harrow, Hassidim and Lloyd: phase estimation, rotation, uncomputation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import QFTGate, UCRYGate

from qgd.core.checks import check_choice, check_integer, check_real
from qgd.core.resources import Cost
from qgd.embedding.history_operator import LiftedOperator
from qgd.encoding.linear_system import EncodedSystem
from qgd.encoding.state_preparation import real_state_preparation
from qgd.solvers.clock_filter import (
    TIME,
    Table,
    filter_error,
    inverse_table,
    sine_weights,
    window,
)
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
from qgd.solvers.sine_series import (
    apply_as_polynomial,
    apply_by_calls,
    evolution_degree,
)

_LARGEST_CLOCK = 16


@dataclass(frozen=True)
class HHL:
    """Phase estimation with a sine window, a rotation by C / lambda, and its undoing.

    With the clock post-selected on its initial state the whole algorithm is one function of the
    singular values, f(s) = sum_k |alpha_k(s)|^2 g(lambda_k), a sine series whose distance from
    C / s is computed and bounded (Theorem 5.5). The clock holds M = 2^m values; with the table of
    the paper the error falls like (kappa / M)^2, fitted values come tens of times closer.

    Parameters
    ----------
    num_clock : int
        m, used when `epsilon` is None.
    epsilon : float, optional
        Take the smallest clock with sup over [1/kappa, 1] of |f(x)/C - 1/x| at most epsilon.
    kappa : float, optional
        alpha / sigma_min or larger; by default the system's proved bound.
    level : str
        As for `QSVT`; the gate level takes the powers of e^{i t H}, for a symmetric matrix of
        e^{i t X}, from `DenseEvolution`, which says what their gates count. The eigenvalues that
        the flag is rotated by are those that the clock shows.
    table : str
        What the flag is rotated by: ``"fitted"`` (the values that bring f closest to C / s) or
        ``"reciprocal"`` (C over the eigenvalue that the clock shows, as in the paper).

    References
    ----------
    Harrow, Hassidim, Lloyd, arXiv:0811.3171, with its window function and its filter.
    """

    num_clock: int = 8
    epsilon: float | None = None
    kappa: float | None = None
    level: Level = "auto"
    table: Table = "fitted"

    def __post_init__(self) -> None:
        check_choice("table", self.table, ("fitted", "reciprocal"))

    def with_epsilon(self, epsilon: float) -> HHL:
        return replace(self, epsilon=epsilon)

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Run the solver; see `LinearSolver`."""
        condition = resolve_kappa(self.kappa, system)
        clock, error = self._clock(condition[0])
        weights, gain = sine_weights(condition[0], clock, self.table), 1 / (2 * condition[0])
        degree, cut = evolution_degree(weights / gain, TIME, error, gain)
        calls = 2 * (2**clock - 1) * degree
        level = choose_level(self.level, calls * system.encoding.work)
        if level == "gate":
            amplitudes = run_circuit(self.circuit(system), system)
        elif level == "block":
            amplitudes = apply_by_calls(weights, TIME, system, degree)
            error += cut
        else:
            amplitudes = apply_as_polynomial(weights, TIME, system)
        cost = Cost(
            "inversion",
            qubits=clock + 1 + (not _is_symmetric(system)),
            block_encoding_calls=calls,
            state_preparations=1,
            detail=f"HHL with {clock} clock qubits",
        )
        inversion = Inversion(gain, error, "Theorem 5.5", "filter of the clock for 1/x")
        return solved_state(system, amplitudes, inversion, condition, cost, level)

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """Prepare b and invert: qubits are system, dilation, clock, rotation flag.

        A symmetric matrix is its own H: there is no dilation qubit then.
        """
        kappa = resolve_kappa(self.kappa, system)[0]
        clock, _ = self._clock(kappa)
        n = system.encoding.num_system
        symmetric = _is_symmetric(system)
        used = n if symmetric else n + 1
        remedy = "use level='block', or QSVT, whose circuit is built from the encoding"
        check_evolutions(system, 2 * clock, remedy)
        evolution = DenseEvolution.of(system, symmetric)
        register = list(range(used, used + clock))
        flag = used + clock
        estimate = QuantumCircuit(flag + 1)
        estimate.compose(real_state_preparation(window(clock)), register, inplace=True)
        for bit, control in enumerate(register):
            power = evolution.circuit(TIME * 2**bit, 1)
            estimate.compose(power, [*range(used), control], inplace=True)
        estimate.append(QFTGate(clock).inverse(), register)
        angles = 2 * np.arccos(np.clip(inverse_table(kappa, clock, self.table), -1, 1))
        circuit = QuantumCircuit(flag + 1, name="hhl")
        place_preparation(circuit, system)
        circuit.compose(estimate, inplace=True)
        circuit.append(UCRYGate(list(angles)), [flag, *register])
        circuit.compose(estimate.inverse(), inplace=True)
        if not symmetric:
            circuit.x(n)
        return circuit

    def _clock(self, kappa: float) -> tuple[int, float]:
        """Number of clock qubits and the proved error of f / C against 1 / x."""
        if self.epsilon is None:
            check_integer("num_clock", self.num_clock, 3)
            return self.num_clock, filter_error(kappa, self.num_clock, self.table)
        check_real("epsilon", self.epsilon, above=0)
        smallest = min(max(3, math.floor(math.log2(kappa))), _LARGEST_CLOCK)
        for clock in range(smallest, _LARGEST_CLOCK + 1):
            error = filter_error(kappa, clock, self.table)
            if error <= self.epsilon:
                return clock, error
        raise ValueError(
            f"`epsilon` must be at least {error:.3g} for HHL with at most {_LARGEST_CLOCK} clock "
            f"qubits at kappa = {kappa:.4g}, got {self.epsilon:.3g}; use QSVT or LCU"
        )


def _is_symmetric(system: EncodedSystem) -> bool:
    """Whether A is known to be symmetric; a history operator is not, but without any steps."""
    if isinstance(system.matrix, LiftedOperator):
        return False
    return bool(abs(system.matrix - system.matrix.T).max() == 0) and system.encoding.epsilon == 0
