"""Block encodings and their algebra: a matrix as a corner of a unitary."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array, RealArray
from qgd.core.compose import combination_alpha, combination_error, product_error
from qgd.encoding.gates import negate_ones
from qgd.encoding.state_preparation import preparation_matrix, real_state_preparation

Apply = Callable[[Array, bool], Array]
Build = Callable[[int], QuantumCircuit]


@dataclass(frozen=True, eq=False)
class BlockEncoding:
    """A unitary U with ||A - alpha <0^a| U |0^a>||_2 <= epsilon.

    The same unitary exists twice: as a circuit, and as a matrix-free operator on statevectors. The
    circuit's qubits are, from the least significant: system, ancillas, work. Work qubits start
    and end in |0>, so they are no part of a statevector here and are never post-selected.

    Parameters
    ----------
    alpha : float
        Subnormalisation.
    epsilon : float
        Absolute error of the encoded operator in the spectral norm.
    num_system : int
        System qubits; A is of size 2**num_system.
    num_ancillas : int
        a, qubits that are post-selected on |0>.
    apply_unitary : callable
        ``apply_unitary(state, adjoint)`` with states of shape (..., 2**a, 2**num_system).
    build : callable
        ``build(c)`` returns the circuit controlled on c further, most significant qubits being 1.
    num_work : int
        Clean work qubits of the circuit.
    is_real : bool
        Whether U is a real matrix; emulators save half of the work then.
    name : str
        Label of the gates.
    work : float
        Multiplications of one matrix-free application, for the choice of a level of fidelity.
    """

    alpha: float
    epsilon: float
    num_system: int
    num_ancillas: int
    apply_unitary: Apply
    build: Build
    num_work: int = 0
    is_real: bool = True
    name: str = "U"
    work: float = 0.0

    @property
    def dimension(self) -> int:
        """2**num_system."""
        return int(2**self.num_system)

    @property
    def num_qubits(self) -> int:
        """System, ancilla and work qubits of the circuit."""
        return self.num_system + self.num_ancillas + self.num_work

    def apply(self, state: Array, *, adjoint: bool = False) -> Array:
        """U or its adjoint on states of shape (..., 2**num_ancillas, 2**num_system)."""
        return self.apply_unitary(state, adjoint)

    @cached_property
    def circuit(self) -> QuantumCircuit:
        """U as a circuit on system, ancilla and work qubits."""
        return self.build(0)

    def block(self) -> Array:
        """alpha <0^a| U |0^a>, dense: what is really encoded (2**num_system unitary columns)."""
        columns = np.zeros((self.dimension, 2**self.num_ancillas, self.dimension), dtype=complex)
        columns[:, 0] = np.eye(self.dimension)
        return np.asarray(self.alpha * self.apply(columns)[:, 0].T)

    @property
    def adjoint(self) -> BlockEncoding:
        """Encoding of the adjoint matrix, by the adjoint unitary."""

        def build(num_controls: int) -> QuantumCircuit:
            return self.build(num_controls).inverse()

        return replace(
            self,
            apply_unitary=lambda state, adjoint: self.apply_unitary(state, not adjoint),
            build=build,
            name=f"{self.name}_dg",
        )

    def __matmul__(self, other: BlockEncoding) -> BlockEncoding:
        """Product: alphas multiply, ancillas add, errors follow Theorem 1.2."""
        _check_same_size(self, other)

        def apply(state: Array, adjoint: bool) -> Array:
            shape = state.shape
            split = state.reshape(*shape[:-2], 2**self.num_ancillas, 2**other.num_ancillas, -1)
            for is_right in (False, True) if adjoint else (True, False):
                if is_right:
                    split = other.apply(split, adjoint=adjoint)
                else:
                    outer = self.apply(np.swapaxes(split, -3, -2), adjoint=adjoint)
                    split = np.swapaxes(outer, -3, -2)
            return split.reshape(shape)

        def build(num_controls: int) -> QuantumCircuit:
            system = range(self.num_system)
            right = range(self.num_system, self.num_system + other.num_ancillas)
            left = range(right.stop, right.stop + self.num_ancillas)
            last_work = left.stop + max(self.num_work, other.num_work)
            circuit = QuantumCircuit(last_work + num_controls)
            controls = range(last_work, circuit.num_qubits)
            for factor, ancillas in ((other, right), (self, left)):
                _place(circuit, factor, [*system, *ancillas], left.stop, controls)
            return circuit

        return BlockEncoding(
            alpha=self.alpha * other.alpha,
            epsilon=product_error(self.alpha, self.epsilon, other.alpha, other.epsilon),
            num_system=self.num_system,
            num_ancillas=self.num_ancillas + other.num_ancillas,
            apply_unitary=apply,
            build=build,
            num_work=max(self.num_work, other.num_work),
            is_real=self.is_real and other.is_real,
            name=f"{self.name}*{other.name}",
            work=2.0**other.num_ancillas * self.work + 2.0**self.num_ancillas * other.work,
        )

    def kron(self, other: BlockEncoding) -> BlockEncoding:
        """A (x) B with A most significant: alphas multiply, errors as for products."""
        a, b, m, n = self.num_ancillas, other.num_ancillas, self.num_system, other.num_system

        def apply(state: Array, adjoint: bool) -> Array:
            shape = state.shape
            split = state.reshape(*shape[:-2], 2**a, 2**b, 2**m, 2**n)
            split = np.moveaxis(split, -2, -4)  # m, a, b, n
            split = other.apply(split, adjoint=adjoint)
            split = np.moveaxis(split, (-2, -1), (-4, -3))  # b, n, m, a
            split = self.apply(np.swapaxes(split, -1, -2), adjoint=adjoint)  # b, n, a, m
            return np.moveaxis(split, (-4, -3), (-3, -1)).reshape(shape)  # a, b, m, n

        def build(num_controls: int) -> QuantumCircuit:
            low, high = range(n), range(n, n + m)
            low_ancillas = range(n + m, n + m + b)
            high_ancillas = range(n + m + b, n + m + b + a)
            first_work = high_ancillas.stop
            last_work = first_work + max(self.num_work, other.num_work)
            circuit = QuantumCircuit(last_work + num_controls)
            controls = range(last_work, circuit.num_qubits)
            _place(circuit, other, [*low, *low_ancillas], first_work, controls)
            _place(circuit, self, [*high, *high_ancillas], first_work, controls)
            return circuit

        return BlockEncoding(
            alpha=self.alpha * other.alpha,
            epsilon=product_error(self.alpha, self.epsilon, other.alpha, other.epsilon),
            num_system=m + n,
            num_ancillas=a + b,
            apply_unitary=apply,
            build=build,
            num_work=max(self.num_work, other.num_work),
            is_real=self.is_real and other.is_real,
            name=f"({self.name}(x){other.name})",
            work=2.0 ** (b + n) * self.work + 2.0 ** (a + m) * other.work,
        )

    def __add__(self, other: BlockEncoding) -> BlockEncoding:
        return linear_combination([1.0, 1.0], [self, other])

    def __sub__(self, other: BlockEncoding) -> BlockEncoding:
        return linear_combination([1.0, -1.0], [self, other])


def linear_combination(
    weights: Sequence[float], encodings: Sequence[BlockEncoding], name: str = "LCU"
) -> BlockEncoding:
    """sum_i w_i A_i by PREP, SELECT, PREP^dagger: alpha = sum |w_i| alpha_i (Theorem 1.3).

    Parameters
    ----------
    weights : sequence of float
        Real weights, not all zero.
    encodings : sequence of BlockEncoding
        On the same number of system qubits; their ancillas are shared.
    """
    reduce(_check_same_size, encodings)
    alpha = combination_alpha(weights, [e.alpha for e in encodings])
    if alpha == 0:
        raise ValueError("`weights` must not all be zero; an encoding of zero has no direction")
    index = max(1, (len(encodings) - 1).bit_length())
    inner = max(e.num_ancillas for e in encodings)
    work = max(e.num_work for e in encodings)
    system = encodings[0].num_system
    amplitudes = _amplitudes(weights, encodings, alpha, index)
    prep = preparation_matrix(amplitudes)
    signs = [-1.0 if w < 0 else 1.0 for w in weights]
    is_real = all(e.is_real for e in encodings)

    def apply(state: Array, adjoint: bool) -> Array:
        split = state.reshape(*state.shape[:-2], 2**index, -1)
        split = np.matmul(prep, split).reshape(*state.shape[:-2], 2**index, 2**inner, -1)
        split = split if is_real else split.astype(np.complex128)
        for i, (sign, encoding) in enumerate(zip(signs, encodings, strict=True)):
            used = 2**encoding.num_ancillas
            part = split[..., i, :, :].reshape(*state.shape[:-2], -1, used, state.shape[-1])
            part = sign * encoding.apply(part, adjoint=adjoint)
            split[..., i, :, :] = part.reshape(split[..., i, :, :].shape)
        split = split.reshape(*state.shape[:-2], 2**index, -1)
        return np.matmul(prep.T, split).reshape(state.shape)

    def build(num_controls: int) -> QuantumCircuit:
        first_index = system + inner
        first_work = first_index + index
        circuit = QuantumCircuit(first_work + work + num_controls)
        register = list(range(first_index, first_work))
        circuit.compose(real_state_preparation(amplitudes), register, inplace=True)
        controls = list(range(first_work + work, circuit.num_qubits))
        for i, (sign, encoding) in enumerate(zip(signs, encodings, strict=True)):
            zeros = [q for b, q in enumerate(register) if not i >> b & 1]
            if zeros:  # Qiskit refuses an empty list
                circuit.x(zeros)
            used = list(range(system + encoding.num_ancillas))
            _place(circuit, encoding, used, first_work, [*register, *controls])
            if sign < 0:
                negate_ones(circuit, [*register, *controls])
            if zeros:
                circuit.x(zeros)
        circuit.compose(real_state_preparation(amplitudes).inverse(), register, inplace=True)
        return circuit

    return BlockEncoding(
        alpha=alpha,
        epsilon=combination_error(weights, [e.epsilon for e in encodings]),
        num_system=system,
        num_ancillas=inner + index,
        apply_unitary=apply,
        build=build,
        num_work=work,
        is_real=is_real,
        name=name,
        work=sum(2.0 ** (inner - e.num_ancillas) * e.work for e in encodings)
        + 2.0 ** (2 * index + inner + system),
    )


def identity_encoding(num_system: int) -> BlockEncoding:
    """The identity: alpha = 1, no ancilla, no gate."""
    return BlockEncoding(
        1.0, 0.0, num_system, 0,
        lambda state, adjoint: state,
        lambda controls: QuantumCircuit(num_system + controls),
        name="I",
    )  # fmt: skip


def _amplitudes(
    weights: Sequence[float], encodings: Sequence[BlockEncoding], alpha: float, index: int
) -> RealArray:
    """sqrt(|w_i| alpha_i / alpha), filled up with zeros."""
    column = np.zeros(2**index)
    for i, (w, e) in enumerate(zip(weights, encodings, strict=True)):
        column[i] = math.sqrt(abs(w) * e.alpha / alpha)
    return column


def _place(
    circuit: QuantumCircuit,
    encoding: BlockEncoding,
    qubits: list[int],
    first_work: int,
    controls: Sequence[int],
) -> None:
    """Append a controlled encoding on given qubits; its work qubits start at `first_work`."""
    work = range(first_work, first_work + encoding.num_work)
    placed = encoding.build(len(controls))
    circuit.compose(placed, [*qubits, *work, *controls], inplace=True, wrap=False)


def _check_same_size(first: BlockEncoding, second: BlockEncoding) -> BlockEncoding:
    if first.num_system != second.num_system:
        raise ValueError(
            "encodings must act on the same number of system qubits, got "
            f"{first.num_system} and {second.num_system}; pad with kron"
        )
    return second
