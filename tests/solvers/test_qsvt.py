"""QSVT: its polynomial, its phases in the circuit, its cost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from inversions import apply_function, small_history, solution
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator
from scipy.sparse import csr_array
from strategies import DenseSystem

import qgd
from qgd.encoding.dilation import dilation
from qgd.solvers.inverse_polynomial import largest_value
from qgd.solvers.qsvt import projector_phase

MATRIX = np.array([[1.0, 0.4, 0.0], [-0.3, -0.8, 0.2], [0.0, 0.1, 0.6]])
RHS = np.array([0.3, -1.0, 0.5])
SYSTEM = qgd.encode(DenseSystem(csr_array(MATRIX), RHS, 1.1 / np.linalg.svd(MATRIX)[1][-1]))


@pytest.mark.parametrize("level", ["gate", "block", "polynomial"])
def test_amplitudes_are_the_scaled_optimal_polynomial_of_the_singular_values(level):
    solved = qgd.QSVT(1e-2, level=level).prepare(SYSTEM)
    P = qgd.inverse_chebyshev(solved.kappa, qgd.inverse_degree(solved.kappa, 1e-2))
    wanted = 0.98 / largest_value(P) * apply_function(lambda s: chebyshev.chebval(s, P), SYSTEM)
    assert_allclose(solved.state.amplitudes, wanted, atol=1e-11)


def test_error_is_the_closed_form_of_the_polynomial_and_a_rounding_of_phases():
    solver = qgd.QSVT(1e-2)
    size = SYSTEM.rhs_norm / SYSTEM.encoding.alpha
    degree = qgd.inverse_degree(SYSTEM.kappa_bound, 1e-2)
    closed = size * qgd.inverse_error(SYSTEM.kappa_bound, degree)
    exact = replace(solver, level="polynomial").prepare(SYSTEM).bound.value
    with_phases = replace(solver, level="block").prepare(SYSTEM).bound.value
    assert exact == pytest.approx(closed)
    assert exact < with_phases < exact + 1e-11


def test_cost_is_the_degree_and_the_circuit_calls_the_encoding_as_often():
    solver = qgd.QSVT(0.3)
    system = small_history()
    cost = solver.prepare(system).cost
    counts = solver.circuit(system).count_ops()
    degree = qgd.inverse_degree(system.kappa_bound, 0.3)
    calls = [g for g in solver.circuit(system).data if g.operation.label in ("U_L", "U_L_dg")]
    assert cost.block_encoding_calls == degree == len(calls)
    assert [g.operation.label for g in calls[:2]] == ["U_L_dg", "U_L"]
    assert counts["h"] == 2


def test_degree_one_is_the_adjoint():
    # P = kappa x: one call of U^+.
    linear = DenseSystem(csr_array(2 * np.eye(2)), np.array([1.0, -2.0]), 0.5)
    for level in ("gate", "block", "polynomial"):
        solved = qgd.QSVT(level=level).prepare(qgd.encode(linear))
        assert solved.cost.block_encoding_calls == 1
        assert_allclose(solved.state.solution, [0.5, -1.0], atol=1e-9)


@pytest.mark.parametrize("epsilon", [0.5, 0.1, 0.03])
def test_sign_is_right_for_degrees_of_both_residues_modulo_four(epsilon):
    system = small_history()
    for level in ("gate", "block"):
        solved = qgd.QSVT(epsilon, level=level).prepare(system)
        assert solved.state.solution @ solution(system) > 0


def test_degrees_of_both_residues_modulo_four_are_among_those_tested():
    kappa = small_history().kappa_bound
    assert {qgd.inverse_degree(kappa, e) % 4 for e in (0.5, 0.1, 0.03)} == {1, 3}


def test_both_branches_are_emulated_where_the_unitary_is_not_known_to_be_real():
    careful = replace(SYSTEM, encoding=replace(SYSTEM.encoding, is_real=False))
    for solver in (qgd.QSVT(1e-2, level="block"), qgd.LCU(1e-1, level="block")):
        one, two = (solver.prepare(s).state.amplitudes for s in (SYSTEM, careful))
        assert_allclose(one, two, atol=1e-12)


def test_complex_encodings_are_inverted_at_gate_and_block_level():
    rng = np.random.default_rng(5)
    A = np.diag([1.0, -1.0]) @ (
        np.eye(2) + 0.3 * rng.normal(size=(2, 2)) + 0.3j * rng.normal(size=(2, 2))
    )
    b = np.array([1.0, -0.5])
    inverse_norm = float(np.linalg.norm(np.linalg.inv(A), 2))
    system = qgd.EncodedSystem(dilation(A), csr_array(A), b, np.arange(2), inverse_norm)
    for level in ("gate", "block"):
        solved = qgd.QSVT(1e-6, level=level).prepare(system)
        value = solved.state.scale * solved.state.amplitudes
        assert np.linalg.norm(value - np.linalg.solve(A, b)) <= solved.bound.value


@pytest.mark.parametrize("work", [0, 1, 2])
@pytest.mark.parametrize("ancillas", [1, 2, 3])
def test_projector_phase_is_a_phase_on_the_ground_state_of_the_ancillas(ancillas, work):
    circuit = QuantumCircuit(ancillas + 1 + work)
    clean = range(ancillas + 1, ancillas + 1 + work)
    projector_phase(circuit, 0.37, list(range(ancillas)), ancillas, clean)
    ground = np.zeros(2**ancillas)
    ground[0] = 1
    reflection = 2 * ground - 1
    wanted = np.exp(1j * 0.37 * np.concatenate((reflection, -reflection)))
    size = len(wanted)  # work qubits clean: the first block, and nothing leaves it
    unitary = Operator(circuit).data[:, :size]
    found = np.diag(unitary[:size])
    assert_allclose(found, wanted * found[0] / wanted[0], atol=1e-12)
    assert_allclose(np.abs(found), 1.0, atol=1e-12)


def test_flags_are_worth_their_probability():
    # ||amplitudes|| = gain ||P(X) b|| / ||b||, which is at least gain (1 - epsilon).
    solved = qgd.QSVT(1e-3).prepare(SYSTEM)
    gain = SYSTEM.rhs_norm / SYSTEM.encoding.alpha / solved.state.scale
    assert gain * (1 - 1e-3) <= np.sqrt(solved.state.success_probability) <= 0.98 + 1e-12


def test_projector_phase_on_clean_qubits_is_one_rotation_and_a_ladder():
    circuit = QuantumCircuit(12)
    projector_phase(circuit, 0.37, list(range(6)), 6, range(7, 12))
    counts = circuit.count_ops()
    assert counts["rz"] == 1
    assert counts["cx"] == 2 + 2 * 5 * 3
    assert not set(counts) & {"mcx", "mcphase", "cp"}
