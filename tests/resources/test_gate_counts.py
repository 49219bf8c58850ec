"""Gates are counted as compiled, and the T gates of a rotation as synthesised."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.synthesis import gridsynth_rz

import qgd
from qgd.core.resources import GateCount
from qgd.encoding.gates import clean_and
from qgd.encoding.lookup import LookupGate
from qgd.resources.gate_counts import count_gates, count_products, t_count, t_per_rotation

numbers = st.integers(0, 10**9)
gate_counts = st.builds(GateCount, numbers, numbers, numbers, numbers, numbers)


@given(gate_counts, gate_counts, st.integers(0, 1000))
def test_counts_add_and_repeat_field_by_field(first, second, times):
    both = first + times * second
    for name in ("cx", "t_gates", "rotations", "toffoli", "depth"):
        assert getattr(both, name) == getattr(first, name) + times * getattr(second, name)


def test_counts_of_two_parts_are_those_of_the_circuit_of_both():
    one, two = QuantumCircuit(4), QuantumCircuit(4)
    one.ccx(0, 1, 2)
    two.cry(0.3, 2, 3)
    both = one.compose(two)
    found = count_gates(one) + count_gates(two)
    whole = count_gates(both)
    assert (found.cx, found.toffoli) == (whole.cx, whole.toffoli) == (8, 1)
    assert (found.t_gates, found.rotations) == (whole.t_gates, whole.rotations) == (7, 2)


def test_products_of_bits_are_counted_before_compilation():
    circuit = QuantumCircuit(6)
    circuit.ccx(0, 1, 2)
    clean_and(circuit, 0, 1, 2)
    circuit.cswap(0, 1, 2)
    circuit.mcx([0, 1, 2, 3], 4)  # 3 products, of which 2 are undone
    circuit.cx(0, 1)
    assert count_products(circuit) == 3 + 5
    nested = QuantumCircuit(6)
    nested.append(circuit.to_gate(), range(6))
    assert count_products(nested) == 8


@pytest.mark.parametrize("epsilon", [1e-3, 1e-6])
def test_t_gates_of_a_rotation_are_those_of_the_synthesis_on_the_mean(epsilon):
    angles = np.random.default_rng(0).uniform(0, 2 * math.pi, 12)
    words = [gridsynth_rz(float(a), epsilon).count_ops().get("t", 0) for a in angles]
    assert np.mean(words) == pytest.approx(t_per_rotation(epsilon), rel=0.06)


def test_model_of_a_rotation_is_the_measured_mean_of_many():
    folder = Path(__file__).parents[2] / "benchmarks" / "results"
    record = json.loads((folder / "rotation_synthesis.json").read_text())
    for row in record["rows"]:
        slack = 0.01 if row["epsilon"] <= 1e-4 else 0.03
        assert t_per_rotation(row["epsilon"]) == pytest.approx(row["mean"], rel=slack)


def test_t_gates_are_those_of_a_circuit_compiled_to_clifford_and_t():
    circuit = QuantumCircuit(3)
    for i, angle in enumerate(np.random.default_rng(1).uniform(0.1, 3.0, 12)):
        circuit.cry(float(angle), i % 2, 2)
        circuit.ccx(0, 1, 2)
    found = t_count(count_gates(circuit), 1e-3)
    compiled = qgd.compile_circuit(circuit, "clifford+t", epsilon=1e-3)
    assert found == pytest.approx(compiled.t_count, rel=0.05)


def test_rotations_share_the_synthesis_error_evenly():
    gates = GateCount(t_gates=5, rotations=100)
    assert t_count(gates, 1e-2) == 5 + math.ceil(100 * t_per_rotation(1e-4))
    assert t_count(GateCount(t_gates=5), 1e-2) == 5


def test_a_synthesis_error_outside_of_its_range_is_refused():
    with pytest.raises(ValueError, match="`synthesis_error` must be greater than 0"):
        t_count(GateCount(), 0.0)
    with pytest.raises(ValueError, match="`epsilon` must be less than 1"):
        t_per_rotation(1.0)


def test_long_tables_are_counted_without_their_gates(monkeypatch):
    entries = np.random.default_rng(0).normal(size=(16, 16))
    entries[np.abs(entries) < 1] = 0
    plain = qgd.qrom_encoding(entries, 1e-3).circuit
    monkeypatch.setattr("qgd.encoding.lookup._WRITTEN_OUT", 10)
    short = qgd.qrom_encoding(entries, 1e-3).circuit
    nested = QuantumCircuit(short.num_qubits)
    nested.append(short.to_gate(), range(short.num_qubits))
    wanted = count_gates(plain)
    monkeypatch.setattr(LookupGate, "_define", None)  # it must not be written out
    measured = short.copy()
    measured.measure_all()
    for circuit in (short, nested, short.inverse(), measured):
        found = count_gates(circuit)
        assert found.toffoli == wanted.toffoli
        assert found.rotations == wanted.rotations
        assert found.cx == pytest.approx(wanted.cx, rel=0.01)
        assert found.t_gates == pytest.approx(wanted.t_gates, rel=0.02)
