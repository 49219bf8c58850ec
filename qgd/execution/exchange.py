"""Circuits as text and as bytes, for other tools."""

from __future__ import annotations

import io

from qiskit import QuantumCircuit, qasm3, qpy

from qgd.execution.compilation import Basis, compile_circuit


def to_openqasm3(
    circuit: QuantumCircuit, basis: Basis = "rotations", epsilon: float | None = None
) -> str:
    """Write a circuit as OpenQASM 3 in elementary gates.

    Qiskit's exporter fails on nested instructions such as our encodings, so the circuit is compiled
    first; parameters as for `compile_circuit`. It also drops the global phase, which matters once
    the program becomes a controlled part of another: it is written as ``gphase``.

    Examples
    --------
    >>> circuit = QuantumCircuit(2)
    >>> _ = circuit.cx(0, 1)
    >>> print(to_openqasm3(circuit))
    OPENQASM 3.0;
    include "stdgates.inc";
    qubit[2] q;
    cx q[0], q[1];
    <BLANKLINE>
    """
    compiled = compile_circuit(circuit, basis, epsilon).circuit
    phase = float(compiled.global_phase)
    return str(qasm3.dumps(compiled)) + (f"gphase({phase!r});\n" if phase else "")


def to_qpy(
    circuit: QuantumCircuit, basis: Basis = "rotations", epsilon: float | None = None
) -> bytes:
    """Write a circuit in Qiskit's binary format, in elementary gates; see `compile_circuit`.

    ``qiskit.qpy.load`` reads it back.
    """
    buffer = io.BytesIO()
    qpy.dump(compile_circuit(circuit, basis, epsilon).circuit, buffer)
    return buffer.getvalue()
