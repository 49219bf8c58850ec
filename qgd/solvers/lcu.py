"""Matrix inversion by a linear combination of Chebyshev walks (Childs, Kothari, Somma)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_choice, check_real
from qgd.core.resources import Cost
from qgd.encoding.gates import negate_ones
from qgd.encoding.linear_system import EncodedSystem
from qgd.encoding.state_preparation import real_state_preparation
from qgd.solvers.interface import (
    Inversion,
    Level,
    SolvedState,
    apply_odd_chebyshev,
    choose_level,
    place_preparation,
    resolve_kappa,
    run_circuit,
    solved_state,
)
from qgd.solvers.inverse_polynomial import (
    check_length,
    inverse_chebyshev,
    inverse_degree,
    inverse_error,
)


@dataclass(frozen=True)
class LCU:
    """sum_j c_j T_{2j+1}(A / alpha) ~ (A / alpha)^-1, each Chebyshev polynomial a quantum walk.

    An index register of l qubits holds sqrt(|c_j| / ||c||_1); T_{2j+1} is the block of
    (U^+ R U R)^j U^+ with R = 2 |0><0| - 1 on the encoding's ancillas, so that binary powers,
    controlled on the index, select them all with 2^(l+1) - 1 calls. The amplitude found is
    alpha A^-1 b / (||b|| ||c||_1).

    Parameters
    ----------
    epsilon : float
        sup over [1/kappa, 1] of |sum_j c_j T_{2j+1}(x) - 1/x|, absolute.
    kappa : float, optional
        alpha / sigma_min or larger; by default the system's proved bound.
    level : str
        As for `QSVT`.
    series : str
        ``"optimal"``: coefficients of the optimal polynomial of arXiv:2507.15537;
        ``"cks"``: those of Childs, Kothari, Somma, arXiv:1511.02306, Lemmas 17 to 19.
    """

    epsilon: float = 1e-6
    kappa: float | None = None
    level: Level = "auto"
    series: Literal["optimal", "cks"] = "optimal"

    def with_epsilon(self, epsilon: float) -> LCU:
        return replace(self, epsilon=epsilon)

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Run the solver; see `LinearSolver`."""
        condition = resolve_kappa(self.kappa, system)
        weights, error, theorem = self._weights(condition[0])
        gain = 1 / float(np.abs(weights).sum())
        index = _index_qubits(len(weights))
        calls = 2 ** (index + 1) - 1
        level = choose_level(self.level, calls * system.encoding.work)
        if level == "gate":
            amplitudes = run_circuit(self.circuit(system), system)
        elif level == "block":
            amplitudes = gain * _emulate(system, weights)
        else:
            coefficients = np.zeros(2 * len(weights))
            coefficients[1::2] = weights
            amplitudes = gain * apply_odd_chebyshev(coefficients, system)
        cost = Cost(
            "inversion",
            qubits=index,
            block_encoding_calls=calls,
            state_preparations=1,
            detail=f"LCU of {len(weights)} Chebyshev terms",
        )
        inversion = Inversion(gain, error, theorem, "Chebyshev series for 1/x")
        return solved_state(system, amplitudes, inversion, condition, cost, level)

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """Prepare b and invert: qubits are system, ancillas, index, work."""
        weights, _, _ = self._weights(resolve_kappa(self.kappa, system)[0])
        encoding = system.encoding
        n, a, index = encoding.num_system, encoding.num_ancillas, _index_qubits(len(weights))
        circuit = QuantumCircuit(n + a + index + encoding.num_work, name="lcu_inverse")
        ancillas = list(range(n, n + a))
        register = list(range(n + a, n + a + index))
        walk = [*range(n + a), *range(n + a + index, circuit.num_qubits)]
        forward = encoding.circuit.to_gate(label=encoding.name)
        backward = encoding.circuit.inverse().to_gate(label=f"{encoding.name}_dg")
        roots = np.zeros(2**index)
        roots[: len(weights)] = np.sqrt(np.abs(weights) / np.abs(weights).sum())
        signed = roots.copy()
        signed[: len(weights)] *= np.where(weights < 0, -1.0, 1.0)
        place_preparation(circuit, system, walk[n + a :])
        circuit.compose(real_state_preparation(roots), register, inplace=True)
        circuit.append(backward, walk)
        for bit, control in enumerate(register):
            for _ in range(2**bit):
                for gate in (forward, backward):
                    circuit.x(ancillas)
                    negate_ones(circuit, [*ancillas, control])
                    circuit.x(ancillas)
                    circuit.append(gate, walk)
        # The signs sit in the bra: <0| W^+ ... V |0> with V and W of equal magnitudes.
        circuit.compose(real_state_preparation(signed).inverse(), register, inplace=True)
        return circuit

    def _weights(self, kappa: float) -> tuple[RealArray, float, str]:
        """c_j of T_{2j+1}, the proved error of the sum, and the theorem."""
        check_real("epsilon", self.epsilon, above=0)
        check_choice("series", self.series, ("optimal", "cks"))
        if self.series == "optimal":
            degree = inverse_degree(kappa, self.epsilon)
            return (
                inverse_chebyshev(kappa, degree)[1::2],
                inverse_error(kappa, degree),
                "Theorem 5.1",
            )
        return *cks_weights(kappa, self.epsilon), "Theorem 5.3"


def cks_weights(kappa: float, epsilon: float) -> tuple[RealArray, float]:
    """Chebyshev weights of (1 - (1 - x^2)^b) / x, cut where the tail is below epsilon / 2.

    c_j = 4 (-1)^j 2^(-2b) sum_{i>j} binomial(2b, b + i), b = ceil(kappa^2 ln(2 kappa / epsilon)).
    The error on [1/kappa, 1] is at most kappa (1 - 1/kappa^2)^b plus the sum of the dropped |c_j|
    (Theorem 5.3; arXiv:1511.02306, Lemmas 17 to 19, with explicit constants).
    """
    check_length(4 * kappa * math.log(16 * kappa**2 / min(epsilon, kappa)), kappa)
    b = math.ceil(kappa**2 * math.log(2 * kappa / min(epsilon, kappa)))
    largest = min(b, math.ceil(math.sqrt(b * math.log(16 * b / min(epsilon, b)))) + 1)
    # binomial(2b, b + i) / binomial(2b, b) far enough that the rest is below any rounding; summed
    # and divided by the whole, they give P(X > b + j) to full precision.
    i = np.arange(1, min(b, 3 * largest) + 1)
    ratios = np.cumprod((b - i + 1.0) / (b + i))
    tails = ratios[::-1].cumsum()[::-1][:largest] / (1 + 2 * ratios.sum())
    weights = 4 * (-1.0) ** np.arange(largest) * tails
    remaining = np.abs(weights)[::-1].cumsum()[::-1]
    # What lies beyond `largest` is bounded by Hoeffding: P(X >= b + i) <= exp(-i^2 / b).
    beyond = 4 * math.exp(-(largest**2) / b) * (b - largest)
    keep = max(1, int(np.searchsorted(-remaining, -(epsilon / 2 - beyond))))
    dropped = float(remaining[keep]) if keep < largest else 0.0
    bias = kappa * math.exp(b * math.log1p(-1 / kappa**2)) if kappa > 1 else 0.0
    return weights[:keep], bias + dropped + beyond


def _index_qubits(terms: int) -> int:
    return max(1, (terms - 1).bit_length())


def _emulate(system: EncodedSystem, weights: RealArray) -> Array:
    """Block level: sum_j c_j <0| (U^+ R U R)^j U^+ |0> b, the index register contracted."""
    encoding = system.encoding
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension))
    state = state if encoding.is_real else state.astype(np.complex128)
    state[0] = system.padded_rhs
    state = np.array(encoding.apply(state, adjoint=True))
    total = weights[0] * state[0]
    for c in weights[1:]:
        for adjoint in (False, True):
            state[1:] *= -1
            state = np.array(encoding.apply(state, adjoint=adjoint))
        total += c * state[0]
    return system.unpad(total)
