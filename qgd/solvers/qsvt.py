"""Matrix inversion by quantum singular value transformation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, RealArray
from qgd.core.checks import check_real
from qgd.core.resources import Cost
from qgd.encoding.gates import clean_and
from qgd.encoding.linear_system import EncodedSystem
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
    inverse_chebyshev,
    inverse_degree,
    inverse_error,
    largest_value,
)
from qgd.solvers.phases import phase_residual, qsp_phases

LARGEST_AMPLITUDE = 0.98


@dataclass(frozen=True)
class QSVT:
    """Apply the optimal odd polynomial P ~ 1/x of degree d to the singular values of A / alpha.

    d = O(kappa log(kappa / epsilon)) calls of the encoding alternate with projector-controlled
    phases; one more qubit takes the real part. The amplitude found is s alpha A^-1 b / ||b|| with
    s = 0.98 / max |P|, where max |P| is about kappa sqrt(ln(kappa / epsilon)) / 2.

    Parameters
    ----------
    epsilon : float
        sup over [1/kappa, 1] of |P(x) - 1/x|, absolute.
    kappa : float, optional
        alpha / sigma_min or larger; by default the system's proved bound.
    level : str
        ``"gate"`` (Qiskit circuit), ``"block"`` (the same circuit, one matrix-free operator a
        call), ``"polynomial"`` (Chebyshev recurrence), or ``"auto"``.

    References
    ----------
    Gilyen, Su, Low, Wiebe, arXiv:1806.01838; polynomial: arXiv:2507.15537; proof of the error:
    Theorems 5.1 and 5.2 of proofs/05-inversion.md.
    """

    epsilon: float = 1e-6
    kappa: float | None = None
    level: Level = "auto"

    def with_epsilon(self, epsilon: float) -> QSVT:
        return replace(self, epsilon=epsilon)

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Run the solver; see `LinearSolver`."""
        condition = resolve_kappa(self.kappa, system)
        coefficients, phases = self._polynomial(condition[0])
        degree = len(phases) - 1
        level = choose_level(self.level, degree * system.encoding.work)
        gain = LARGEST_AMPLITUDE / largest_value(coefficients)
        error = inverse_error(condition[0], degree)
        if level == "polynomial":
            amplitudes = gain * apply_odd_chebyshev(coefficients, system)
        else:
            error += phase_residual(phases, gain * coefficients) / gain
            if level == "gate":
                amplitudes = run_circuit(self.circuit(system), system)
            else:
                amplitudes = _emulate(system, _reflection_phases(phases))
        cost = Cost(
            "inversion",
            qubits=1,
            block_encoding_calls=degree,
            state_preparations=1,
            detail=f"QSVT degree {degree}",
        )
        inversion = Inversion(gain, error, "Theorem 5.1", "best polynomial for 1/x")
        return solved_state(system, amplitudes, inversion, condition, cost, level)

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """Prepare b and invert: qubits are system, ancillas, one for the real part, work.

        All qubits above the system register flag success by reading 0.
        """
        _, phases = self._polynomial(resolve_kappa(self.kappa, system)[0])
        encoding = system.encoding
        n, a = encoding.num_system, encoding.num_ancillas
        circuit = QuantumCircuit(n + a + 1 + encoding.num_work, name="qsvt_inverse")
        ancillas, real = list(range(n, n + a)), n + a
        work = list(range(n + a + 1, circuit.num_qubits))
        forward = encoding.circuit.to_gate(label=encoding.name)
        backward = encoding.circuit.inverse().to_gate(label=f"{encoding.name}_dg")
        place_preparation(circuit, system, work)
        circuit.h(real)
        reflections = _reflection_phases(phases)
        projector_phase(circuit, reflections[-1], ancillas, real, work)
        for k, angle in enumerate(reflections[-2::-1]):
            circuit.append(forward if k % 2 else backward, [*range(n + a), *work])
            projector_phase(circuit, angle, ancillas, real, work)
        circuit.h(real)
        circuit.global_phase += 0.0 if _sign(len(phases) - 1) > 0 else np.pi
        return circuit

    def _polynomial(self, kappa: float) -> tuple[RealArray, RealArray]:
        """Chebyshev coefficients of P and phase factors of P times its gain."""
        check_real("epsilon", self.epsilon, above=0)
        coefficients = inverse_chebyshev(kappa, inverse_degree(kappa, self.epsilon))
        return coefficients, qsp_phases(
            LARGEST_AMPLITUDE / largest_value(coefficients) * coefficients
        )


def _sign(degree: int) -> int:
    """(-1)^((d-1)/2): what is left of i^d when the imaginary part becomes a real part, d odd."""
    return 1 if (degree - 1) // 2 % 2 == 0 else -1


def _reflection_phases(phases: RealArray) -> RealArray:
    """From W = e^{i arccos(x) X} to an encoding's reflection R = -i e^{i pi Z/4} W e^{i pi Z/4}."""
    shifted = phases - np.pi / 2
    shifted[[0, -1]] += np.pi / 4
    return shifted


def projector_phase(
    circuit: QuantumCircuit, angle: float, ancillas: list[int], real: int, work: Sequence[int] = ()
) -> None:
    """exp(i angle Z_r (2 |0><0|_anc - 1)): the sign of the angle follows the qubit r.

    With a clean qubit in `work` for every ancilla but one, that is one rotation and 2 (a - 1)
    products of bits; with one, a multi-controlled NOT; with none, controlled phases.
    """
    a = len(ancillas)
    circuit.x(ancillas)
    if a > 1 and not work:
        circuit.rz(2 * angle, real)
        circuit.mcp(2 * angle, ancillas[:-1], ancillas[-1])
        circuit.mcp(-4 * angle, ancillas, real)
        circuit.x(ancillas)
        return
    products: list[tuple[int, int, int]] = []
    ground = ancillas[0] if a == 1 else work[0]
    if 1 < a <= len(work) + 1:
        ladder = [ancillas[0], *work[: a - 1]]
        products = list(zip(ancillas[1:], ladder, ladder[1:], strict=False))
        ground = ladder[-1]
    elif a > 1:
        circuit.mcx(ancillas, ground)
    for first, second, target in products:
        clean_and(circuit, first, second, target)
    circuit.cx(ground, real)  # where the ancillas are 0 the ground qubit is 1: -Z_r Z_ground
    circuit.rz(2 * angle, real)
    circuit.cx(ground, real)
    for first, second, target in reversed(products):
        clean_and(circuit, first, second, target)
    if a > 1 and not products:
        circuit.mcx(ancillas, ground)
    circuit.x(ancillas)


def _emulate(system: EncodedSystem, angles: RealArray) -> Array:
    """Block level: the branch r = 0 of the circuit, and r = 1, its conjugate where U is real."""
    encoding = system.encoding
    branches = [_branch(system, angles)]
    if not encoding.is_real:
        branches.append(_branch(system, -angles))
    mean = branches[0].real + 0j if encoding.is_real else (branches[0] + branches[1]) / 2
    return system.unpad(_sign(len(angles) - 1) * mean)


def _branch(system: EncodedSystem, angles: RealArray) -> Array:
    encoding = system.encoding
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension), dtype=np.complex128)
    state[0] = system.padded_rhs
    for k, angle in enumerate(angles[::-1]):
        if k:
            state = np.array(encoding.apply(state, adjoint=k % 2 == 1))
        state[0] *= np.exp(1j * angle)
        state[1:] *= np.exp(-1j * angle)
    return state[0]
