"""Multiplexed rotations, exact to rounding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.encoding.walsh_hadamard import walsh_hadamard


def append_rotations(
    circuit: QuantumCircuit,
    axis: Literal["y", "z"],
    angles: RealArray,
    target: int,
    system: Sequence[int],
) -> None:
    """Append R(angles[j]) of the target where the system reads j, with 2^n CNOTs.

    A CNOT on either side reverses the turn, so turns w_i between CNOTs whose controls follow the
    Gray code g_i add up to sum_i (-1)^{j.g_i} w_i: w is the Walsh-Hadamard transform of the angles,
    divided by 2^n. (Qiskit's UCRYGate and UCRZGate do the same but drop every turn below 1e-10: too
    much where all levels of fidelity agree to 1e-10.)

    Parameters
    ----------
    circuit : QuantumCircuit
        Is changed.
    axis : str
        ``"y"`` or ``"z"``.
    angles : ndarray, shape (2**n,)
        One angle for every value of the system.
    target : int
        The qubit that turns.
    system : sequence of int
        n qubits, least significant first; none for one angle.

    References
    ----------
    Mottonen, Vartiainen, Bergholm, Salomaa, arXiv:quant-ph/0404089, equation 3.
    """
    turns = walsh_hadamard(angles) / len(angles)
    turn = circuit.ry if axis == "y" else circuit.rz
    for i in range(len(turns)):
        turn(float(turns[i ^ i >> 1]), target)
        if system:
            changed = min(((i + 1) & -(i + 1)).bit_length(), len(system)) - 1
            circuit.cx(system[changed], target)
