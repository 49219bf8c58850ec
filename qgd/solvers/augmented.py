"""The augmented system of kernel reflection, and the reflection about its kernel.

With X = A / alpha and b^ = b / ||b||, one more qubit (0: the system, 1: a reference) carries

    A_t = X (+) (1 / t),   b_t = (b^, 1) / sqrt(2),   G_t = (1 - b_t b_t^+) A_t.

The kernel of G_t is spanned by (X^-1 b^, t); its other singular values are at least
min(1 / kappa, 1 / t). Dalzell, arXiv:2406.12086; proofs/12-kernel-reflection.md.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from qiskit import QuantumCircuit
from scipy.sparse import block_diag, csr_array

from qgd.core.arrays import Array, RealArray
from qgd.embedding.history_operator import BorderedOperator, LiftedOperator
from qgd.encoding.block_encoding import BlockEncoding, Build
from qgd.encoding.dilation import append_reflection
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.interface import products, run_circuit
from qgd.solvers.qsvt import projector_phase


def augment(system: EncodedSystem, t: float) -> EncodedSystem:
    """A_t and b_t as an encoded system of alpha = 1, for 1 <= t <= kappa.

    The reference is the last entry; in the register it is |1>|0...0>, the new qubit on top.
    """
    encoding, A = system.encoding, system.matrix
    rhs = np.append(system.rhs / system.rhs_norm, 1.0) / math.sqrt(2)
    return EncodedSystem(
        encoding=augmented_encoding(encoding, 1 / t),
        matrix=BorderedOperator(A, 1 / encoding.alpha, 1 / t)
        if isinstance(A, LiftedOperator)
        else csr_array(block_diag((A / encoding.alpha, [[1 / t]]), format="csr")),
        rhs=rhs,
        positions=np.append(system.positions, encoding.dimension),
        inverse_norm_bound=max(system.kappa_bound, t),
        prepare=None
        if system.prepare is None
        else augmented_preparation(system.prepare(1), encoding.num_system),
    )


def augmented_preparation(inner: QuantumCircuit, n: int) -> Build:
    """(b^, 1) / sqrt(2): b^ is prepared, by `inner`, where the top qubit reads 0."""

    def build(num_controls: int) -> QuantumCircuit:
        if num_controls:
            raise ValueError("an augmented right-hand side is prepared without controls")
        circuit = QuantumCircuit(inner.num_qubits, name="prepare")
        circuit.h(n)
        circuit.x(n)
        circuit.compose(inner, [*range(n), *range(n + 1, inner.num_qubits), n], inplace=True)
        circuit.x(n)
        return circuit

    return build


def augmented_encoding(inner: BlockEncoding, value: float) -> BlockEncoding:
    """Encode X (+) value * identity: U where the top qubit reads 0, a reflection where 1."""
    n, a = inner.num_system, max(1, inner.num_ancillas)
    s = math.sqrt(max(0.0, 1 - value * value))
    reflection, angle = np.array([[value, s], [s, -value]]), np.array([math.atan2(s, value)])

    def apply(state: Array, adjoint: bool) -> Array:
        split = state.reshape(*state.shape[:-1], 2, 2**n)
        out = np.empty(split.shape, dtype=state.dtype if inner.is_real else np.complex128)
        lower = np.ascontiguousarray(split[..., 0, :])
        used = lower.reshape(*state.shape[:-2], -1, 2**inner.num_ancillas, 2**n)
        out[..., 0, :] = inner.apply(used, adjoint=adjoint).reshape(lower.shape)
        pairs = split[..., 1, :].reshape(*state.shape[:-2], -1, 2, 2**n)
        out[..., 1, :] = np.matmul(reflection, pairs).reshape(lower.shape)
        return out.reshape(state.shape)

    def build(num_controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(n + 1 + a + inner.num_work + num_controls)
        ancillas = list(range(n + 1, n + 1 + a))
        work = range(n + 1 + a, n + 1 + a + inner.num_work)
        controls = list(range(work.stop, circuit.num_qubits))
        circuit.x(n)
        target = [*range(n), *ancillas[: inner.num_ancillas], *work, n, *controls]
        circuit.compose(inner.build(1 + num_controls), target, inplace=True, wrap=False)
        circuit.x(n)
        append_reflection(circuit, angle, ancillas[0], (), [n, *controls])
        return circuit

    return replace(
        inner,
        alpha=1.0,
        epsilon=inner.epsilon / inner.alpha,
        num_system=n + 1,
        num_ancillas=a,
        apply_unitary=apply,
        build=build,
        name=f"{inner.name}_t",
        work=inner.work + 2.0 ** (n + a + 1),
    )


def reflect(augmented: EncodedSystem, series: RealArray, phases: RealArray, level: str) -> Array:
    """Apply the even function with these Chebyshev coefficients, or phases, to the reference.

    Returns
    -------
    ndarray, shape (d + 1,)
        f(G_t) e: amplitudes of the solution register, then the one of the reference.
    """
    if level == "polynomial":
        return apply_even_chebyshev(series, augmented)
    if level == "gate":
        return run_circuit(reflection_circuit(augmented, phases), augmented)
    return _emulate(augmented, phases)


def apply_even_chebyshev(coefficients: RealArray, augmented: EncodedSystem) -> RealArray:
    """sum_k c_k T_k(|G_t|) e for even k, by T_{k+2} = 2 T_2 T_k - T_{k-2}, T_2 = 2 G^+ G - 1."""
    b = augmented.rhs
    A, AT = products(augmented)  # alpha = 1

    def twice(v: RealArray) -> RealArray:
        w = A(v)
        return np.asarray(2 * AT(w - b * (b @ w)) - v)

    previous = np.zeros(len(b))
    previous[-1] = 1.0
    current = twice(previous)
    total = coefficients[0] * previous + coefficients[2] * current
    for c in coefficients[4::2]:
        current, previous = 2 * twice(current) - previous, current
        total += c * current
    return np.asarray(total)


def reflection_circuit(augmented: EncodedSystem, phases: RealArray) -> QuantumCircuit:
    """Qubits: system, reference, ancillas, one for the real part, work.

    The state starts at the reference. U and U^+ alternate with phases of the projectors on ground
    ancillas (after U^+) and on ground ancillas orthogonal to b_t (after U).
    """
    encoding = augmented.encoding
    n, a = encoding.num_system, encoding.num_ancillas
    circuit = QuantumCircuit(n + a + 1 + encoding.num_work, name="kernel_reflection")
    ancillas, real = list(range(n, n + a)), n + a
    work = list(range(real + 1, circuit.num_qubits))
    everywhere = [*range(n + a), *work]
    forward = encoding.circuit.to_gate(label=encoding.name)
    backward = encoding.circuit.inverse().to_gate(label=f"{encoding.name}_dg")
    prepare = augmented.preparation()
    unprepare = prepare.inverse()
    prepared = [*range(n), *work][: prepare.num_qubits]
    angles = _reflection_phases(phases)
    circuit.x(n - 1)
    circuit.h(real)
    projector_phase(circuit, angles[-1], ancillas, real, work)
    for k, angle in enumerate(angles[-2::-1]):
        circuit.append(backward if k % 2 else forward, everywhere)
        projector_phase(circuit, angle, ancillas, real, work)
        if k % 2 == 0:
            # exp(-2i angle Z) on |0>b_t takes b_t out of the projector.
            circuit.compose(unprepare, prepared, inplace=True)
            projector_phase(circuit, -angle, [*range(n), *ancillas], real, work)
            circuit.compose(prepare, prepared, inplace=True)
            circuit.rz(2 * angle, real)
    circuit.h(real)
    circuit.global_phase += 0.0 if _sign(phases) > 0 else np.pi
    return circuit


def _sign(phases: RealArray) -> int:
    """(-1)^l, what is left of (-i)^d for the degree d = 2 l."""
    return 1 if (len(phases) - 1) // 2 % 2 == 0 else -1


def _reflection_phases(phases: RealArray) -> RealArray:
    """From W = e^{i arccos(x) X} to reflections, and from the imaginary to the real part."""
    return phases - np.pi / 2


def _emulate(augmented: EncodedSystem, phases: RealArray) -> Array:
    """Block level: the branch of the real-part qubit, and its partner where U is not real."""
    angles = _reflection_phases(phases)
    first = _branch(augmented, angles)
    mean = first.real if augmented.encoding.is_real else (first + _branch(augmented, -angles)) / 2
    return augmented.unpad(_sign(phases) * mean)


def _branch(augmented: EncodedSystem, angles: RealArray) -> Array:
    encoding, b = augmented.encoding, augmented.padded_rhs
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension), dtype=np.complex128)
    state[0, encoding.dimension // 2] = 1.0
    for k, angle in enumerate(angles[::-1]):
        if k:
            state = np.array(encoding.apply(state, adjoint=k % 2 == 0))
        state[0] *= np.exp(1j * angle)
        state[1:] *= np.exp(-1j * angle)
        if k % 2:
            state[0] += ((np.exp(-2j * angle) - 1) * (b @ state[0])) * b
    return state[0]
