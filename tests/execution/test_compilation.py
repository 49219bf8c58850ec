"""Compilation: right for every input, phase included, with the error it states."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import small_history
from qiskit import QuantumCircuit, qpy, transpile
from qiskit.quantum_info import Operator, Statevector
from strategies import fewer

import qgd

SOLVERS = [
    qgd.QSVT(0.5),
    qgd.LCU(1.0),
    qgd.FourierLCU(1.0),
    qgd.HHL(num_clock=3),
    qgd.KernelReflection(2.0, norm=1.0),
]


def distance(compiled: QuantumCircuit, circuit: QuantumCircuit) -> float:
    difference = Operator(compiled).data - Operator(circuit).data
    return float(np.linalg.norm(difference, 2))


@st.composite
def circuits(draw: st.DrawFn) -> QuantumCircuit:
    """Three qubits, nested, with rotations by any angle and by multiples of pi / 4."""
    circuit = QuantumCircuit(3, global_phase=draw(st.floats(-3, 3)))
    angles = st.one_of(st.floats(-7, 7), st.integers(-9, 9).map(lambda k: k * np.pi / 4))
    for _ in range(draw(st.integers(0, 6))):
        q = draw(st.permutations(range(3)))
        kind = draw(st.sampled_from(["rz", "ry", "cp", "ccx", "swap", "nested"]))
        if kind in ("rz", "ry"):
            getattr(circuit, kind)(draw(angles), q[0])
        elif kind == "cp":
            circuit.cp(draw(angles), q[0], q[1])
        elif kind == "ccx":
            circuit.ccx(*q)
        elif kind == "swap":
            circuit.swap(q[0], q[1])
        else:
            inner = QuantumCircuit(2)
            inner.crx(draw(angles), 0, 1)
            circuit.append(inner.to_gate().inverse(), q[:2])
    return circuit


@fewer(2)
@given(circuits())
def test_rotations_are_exact_on_every_input_with_their_phase(circuit):
    compiled = qgd.compile_circuit(circuit)
    assert set(compiled.circuit.count_ops()) <= {"cx", "rz", "sx", "x"}
    assert distance(compiled.circuit, circuit) < 1e-11
    assert compiled.error == 0


@fewer(5)
@given(circuits(), st.sampled_from([0.3, 1e-2, 1e-5]))
def test_clifford_and_t_are_within_the_stated_error_and_that_within_epsilon(circuit, epsilon):
    compiled = qgd.compile_circuit(circuit, "clifford+t", epsilon)
    assert set(compiled.circuit.count_ops()) <= {"cx", "h", "s", "t", "x"}
    assert distance(compiled.circuit, circuit) <= compiled.error + 1e-11 <= epsilon + 2e-11


def test_error_is_the_sum_over_the_rotations_and_not_their_largest():
    def rotations(several: int) -> QuantumCircuit:
        circuit = QuantumCircuit(several)
        circuit.rz(0.3, range(several))
        return circuit

    joint = qgd.compile_circuit(rotations(3), "clifford+t", 3e-2)
    single = qgd.compile_circuit(rotations(1), "clifford+t", 1e-2)
    assert joint.num_synthesised == 3
    assert joint.error == pytest.approx(3 * single.error)


def test_multiples_of_a_quarter_turn_need_no_synthesis():
    circuit = QuantumCircuit(1)
    circuit.t(0)
    circuit.h(0)
    circuit.sdg(0)
    compiled = qgd.compile_circuit(circuit, "clifford+t", 1e-9)
    assert (compiled.t_count % 2, compiled.num_synthesised, compiled.error) == (1, 0, 0.0)
    assert distance(compiled.circuit, circuit) < 1e-13


def test_number_of_t_gates_grows_by_three_for_a_bit_of_accuracy():
    circuit = QuantumCircuit(1)
    circuit.rz(0.3, 0)
    counts = [
        qgd.compile_circuit(circuit, "clifford+t", epsilon).t_count for epsilon in (1e-3, 1e-9)
    ]
    # Ross and Selinger: 3 log2(1 / epsilon) + O(log log(1 / epsilon)).
    assert (counts[1] - counts[0]) / np.log2(1e6) == pytest.approx(3, abs=0.8)


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
def test_circuits_of_all_solvers_compile_to_the_same_state(solver):
    circuit = solver.circuit(small_history(1, 1, 0))
    compiled = qgd.compile_circuit(circuit)
    found = Statevector(compiled.circuit).data - Statevector(circuit).data
    assert np.abs(found).max() < 1e-11


def test_a_controlled_dilation_of_32_entries_compiles_inverted_and_is_read_back():
    circuit = qgd.dilation(np.random.default_rng(0).normal(size=(32, 32))).build(1).inverse()
    state = np.random.default_rng(1).normal(size=(2, 2**7)).T @ [1, 1j]
    state /= np.linalg.norm(state)
    wanted = Statevector(state).evolve(circuit).data
    stream = io.BytesIO()
    qpy.dump(circuit, stream)
    stream.seek(0)
    compiled = qgd.compile_circuit(circuit)
    assert compiled.cx_count < 1400
    for each in (compiled.circuit, qpy.load(stream)[0]):
        assert np.abs(Statevector(state).evolve(each).data - wanted).max() < 1e-12


def test_an_oracle_that_stands_alone_is_right_where_the_transpiler_alone_is_not():
    oracle = QuantumCircuit(8)
    oracle.mcx([0, 1, 2, 3], 4)  # qubits 5 to 7 hold data that the gate does not touch
    default = transpile(oracle, basis_gates=["cx", "u"], optimization_level=1)
    assert distance(default, oracle) > 0.5
    assert distance(qgd.compile_circuit(oracle).circuit, oracle) < 1e-11


def test_qubits_stay_where_they_are_although_swaps_could_be_relabelled():
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.swap(0, 2)
    elided = transpile(circuit, basis_gates=["cx", "rz", "sx", "x"], optimization_level=2)
    compiled = qgd.compile_circuit(circuit)
    assert elided.count_ops().get("cx", 0) == 0  # the trap is there
    assert compiled.cx_count == 3
    assert distance(compiled.circuit, circuit) < 1e-12


@pytest.mark.parametrize(
    ("basis", "epsilon", "message"),
    [
        ("u3", None, "`basis` must be one of rotations, clifford\\+t"),
        ("rotations", 1e-3, "`epsilon` must go with basis='clifford\\+t'"),
        ("clifford+t", None, "`epsilon` must be given with basis='clifford\\+t'"),
        ("clifford+t", 2.0, "`epsilon` must be at most 1"),
    ],
)
def test_bases_and_errors_that_do_not_fit_are_named(basis, epsilon, message):
    with pytest.raises(ValueError, match=message):
        qgd.compile_circuit(QuantumCircuit(1), basis, epsilon)


def test_an_epsilon_too_small_for_the_rotations_names_the_least_one_which_works():
    circuit = QuantumCircuit(1)
    circuit.rx(0.3, 0)
    circuit.rz(0.4, 0)
    with pytest.raises(ValueError, match=r"`epsilon` must be at least (\S+), got 1e-15") as error:
        qgd.compile_circuit(circuit, "clifford+t", 1e-15)
    least = float(str(error.value).split("at least ")[1].split(",")[0])
    assert qgd.compile_circuit(circuit, "clifford+t", least).error <= 2 * least
