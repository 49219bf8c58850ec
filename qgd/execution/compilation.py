"""Circuits in the gates of a device, with the error that synthesis commits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.synthesis import gridsynth_rz

from qgd.core.arrays import Array
from qgd.core.checks import check_choice, check_real

Basis = Literal["rotations", "clifford+t"]
BASES: dict[str, tuple[str, ...]] = {
    "rotations": ("cx", "rz", "sx", "x"),
    "clifford+t": ("cx", "h", "s", "t", "x"),
}
# A rotation is not synthesised, nor its error checked, below this in double precision.
_SMALLEST = 1e-13
_ROUNDING = 1e-14
_MATRICES: dict[str, Array] = {
    "h": np.array([[1, 1], [1, -1]]) / math.sqrt(2),
    "s": np.diag([1, 1j]),
    "t": np.diag([1, np.exp(0.25j * math.pi)]),
    "x": np.array([[0, 1], [1, 0]]),
}


@dataclass(frozen=True, eq=False)
class CompiledCircuit:
    """A circuit in one of the two bases, on the qubits of the original, phase included.

    Parameters
    ----------
    circuit : QuantumCircuit
        Elementary gates only; measurements stay where they were.
    basis : str
        ``"rotations"`` {cx, rz, sx, x} or ``"clifford+t"`` {cx, h, s, t, x}.
    error : float
        Bound of the spectral norm of the difference of the two unitaries (Theorem 15.1).
    num_synthesised : int
        Rotations that were replaced by words in Clifford + T.
    """

    circuit: QuantumCircuit
    basis: str
    error: float
    num_synthesised: int = 0

    @property
    def t_count(self) -> int:
        """T gates of the circuit."""
        return int(self.circuit.count_ops().get("t", 0))

    @property
    def cx_count(self) -> int:
        """CNOT gates of the circuit."""
        return int(self.circuit.count_ops().get("cx", 0))


def compile_circuit(
    circuit: QuantumCircuit, basis: Basis = "rotations", epsilon: float | None = None
) -> CompiledCircuit:
    """Write a circuit in elementary gates, right for every input state.

    Qiskit's transpiler assumes by default that all qubits start in |0> and borrows those that are
    not touched yet as clean ancillas, which miscompiles an oracle that stands alone; and from
    level 2 on it relabels qubits in place of swaps. Here neither happens.

    Parameters
    ----------
    circuit : QuantumCircuit
        Of any solver or encoding, nested to any depth.
    basis : str
        ``"rotations"``: {cx, rz, sx, x}, exact. ``"clifford+t"``: {cx, h, s, t, x}; rotations by
        other angles than multiples of pi / 4 are synthesised by the algorithm of Ross and Selinger.
    epsilon : float, optional
        For Clifford + T: spectral-norm error of the whole circuit, divided evenly among the
        rotations.

    Raises
    ------
    ValueError
        If `epsilon` is missing for Clifford + T, given for rotations, or so small that a rotation
        would have to be better than 1e-13.

    References
    ----------
    Ross, Selinger, arXiv:1403.2975. Error: Theorem 15.1 of proofs/15-measurement.md.

    Examples
    --------
    >>> circuit = QuantumCircuit(1)
    >>> _ = circuit.rx(0.3, 0)
    >>> compiled = compile_circuit(circuit, "clifford+t", epsilon=1e-3)
    >>> compiled.error <= 1e-3, set(compiled.circuit.count_ops()) <= {"h", "s", "t", "x"}
    (True, True)
    """
    check_choice("basis", basis, tuple(BASES))
    if basis == "rotations" and epsilon is not None:
        raise ValueError(
            f"`epsilon` must go with basis='clifford+t', got {epsilon:g} for rotations, which are "
            "exact; leave it out"
        )
    if basis == "clifford+t" and epsilon is None:
        raise ValueError(
            "`epsilon` must be given with basis='clifford+t', got None; it is the error of the "
            "whole circuit in the spectral norm, for instance epsilon=1e-3"
        )
    rotations = transpile(
        circuit,
        basis_gates=list(BASES["rotations"]),
        optimization_level=1,
        qubits_initially_zero=False,
        seed_transpiler=0,
    )
    if epsilon is None:
        return CompiledCircuit(rotations, basis, 0.0)
    return _clifford_t(rotations, epsilon)


def _clifford_t(rotations: QuantumCircuit, epsilon: float) -> CompiledCircuit:
    """Replace sx by h s h and every rz by a word, each good to an equal part of epsilon."""
    angles = [
        float(gate.operation.params[0]) for gate in rotations.data if gate.operation.name == "rz"
    ]
    several = sum(_eighth(angle) is None for angle in angles)
    remedy = f"the circuit has {several} rotations to synthesise, each to 1e-13 at best"
    check_real("epsilon", epsilon, above=0, at_least=several * _SMALLEST, at_most=1, remedy=remedy)
    share = epsilon / max(1, several)
    out = rotations.copy_empty_like()
    error = 0.0
    for gate in rotations.data:
        name = gate.operation.name
        if name == "rz":
            word, phase, deviation = _rotation(float(gate.operation.params[0]), share)
            error += deviation
        elif name == "sx":
            word, phase = "hsh", 0.0
        else:
            out.append(gate)
            continue
        out.global_phase += phase
        for letter in word:
            getattr(out, letter)(gate.qubits[0])
    return CompiledCircuit(out, "clifford+t", error, several)


def _eighth(angle: float) -> int | None:
    """Number of T gates, modulo 8, of a rotation by a multiple of pi / 4; else None."""
    turns = angle / (math.pi / 4)
    return round(turns) % 8 if abs(turns - round(turns)) < 1e-14 * max(1.0, abs(turns)) else None


@cache
def _rotation(angle: float, epsilon: float) -> tuple[str, float, float]:
    """Word in h, s, t, x in order of time, global phase, and error in the spectral norm."""
    turns = _eighth(angle)
    if turns is not None:
        return "s" * (turns // 2) + "t" * (turns % 2), -angle / 2, 0.0
    found = gridsynth_rz(angle, epsilon)
    word = "".join(gate.operation.name for gate in found.data)
    product = np.eye(2, dtype=complex)
    for letter in word:
        product = _MATRICES[letter] @ product
    product = product * np.exp(1j * float(found.global_phase))
    exact = np.diag(np.exp([-0.5j * angle, 0.5j * angle]))
    return word, float(found.global_phase), float(np.linalg.norm(product - exact, 2)) + _ROUNDING
