"""OpenQASM 3 and QPY: what is written is read back as the same operator."""

from __future__ import annotations

import io

import numpy as np
import pytest
from inversions import small_history
from qiskit import QuantumCircuit, qasm3, qpy
from qiskit.quantum_info import Operator, Statevector

import qgd


def test_openqasm_of_a_solver_circuit_reads_back_with_its_phase_where_qiskit_alone_fails():
    pytest.importorskip("qiskit_qasm3_import")
    circuit = qgd.LCU(2.0).circuit(small_history(1, 1, 0))
    with pytest.raises(qasm3.QASM3ExporterError):
        qasm3.dumps(circuit)
    text = qgd.to_openqasm3(circuit)
    assert text.startswith("OPENQASM 3.0;")
    read = Statevector(qasm3.loads(text)).data
    assert np.abs(read - Statevector(circuit).data).max() < 1e-9


def test_openqasm_holds_elementary_gates_only_and_the_phase():
    circuit = QuantumCircuit(1, global_phase=0.25)
    circuit.ry(0.3, 0)
    lines = qgd.to_openqasm3(circuit).splitlines()
    assert {line.split("(")[0].split()[0] for line in lines[3:]} <= {"rz", "sx", "x", "gphase"}
    assert lines[-1].startswith("gphase(")
    words = {line.split()[0] for line in qgd.to_openqasm3(circuit, "clifford+t", 0.01).splitlines()}
    assert words & {"t", "h"}
    assert not any(word.startswith("rz") for word in words)


@pytest.mark.parametrize("basis", ["rotations", "clifford+t"])
def test_qpy_reads_back_as_the_compiled_circuit(basis):
    circuit = QuantumCircuit(3, global_phase=0.5)
    circuit.mcx([0, 1], 2)
    circuit.ry(0.3, 1)
    epsilon = None if basis == "rotations" else 1e-3
    read = qpy.load(io.BytesIO(qgd.to_qpy(circuit, basis, epsilon)))[0]
    wanted = qgd.compile_circuit(circuit, basis, epsilon).circuit
    assert read.count_ops() == wanted.count_ops()
    assert np.abs(Operator(read).data - Operator(wanted).data).max() < 1e-12
