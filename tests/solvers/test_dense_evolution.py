"""Circuits of evolutions against the matrix exponential."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from inversions import apply_function, small_history
from numpy.testing import assert_allclose
from qiskit.quantum_info import Operator
from scipy.linalg import expm
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer, linear_systems, reals

import qgd
from qgd.encoding import unitary_circuit
from qgd.execution.gate_level import check_gate_level
from qgd.solvers.dense_evolution import DenseEvolution, check_evolutions


def hamiltonian(system: qgd.EncodedSystem, symmetric: bool = False) -> np.ndarray:
    """[[0, X], [X^+, 0]] with the dilation qubit on top, or X itself."""
    X = system.encoding.block() / system.encoding.alpha
    return X if symmetric else np.kron([[0, 1], [0, 0]], X) + np.kron([[0, 0], [1, 0]], X.conj().T)


def symmetric_system(linear: DenseSystem) -> qgd.EncodedSystem:
    A = linear.matrix.toarray()
    return qgd.encode(DenseSystem(csr_array(A + A.T), linear.rhs, 1.0))


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("controls", [0, 1])
@fewer(2)
@given(linear_systems(4), reals(-60.0, 60.0))
def test_circuit_is_the_exponential_where_the_control_is_one(symmetric, controls, linear, t):
    system = symmetric_system(linear) if symmetric else qgd.encode(linear)
    U = expm(1j * t * hamiltonian(system, symmetric))
    wanted = np.eye(len(U) * 2**controls, dtype=complex)
    wanted[-len(U) :, -len(U) :] = U
    circuit = DenseEvolution.of(system, symmetric).circuit(t, controls)
    assert_allclose(Operator(circuit).data, wanted, atol=1e-11)
    assert_allclose(Operator(circuit.inverse()).data, wanted.conj().T, atol=1e-11)


@fewer(2)
@given(linear_systems(3), reals(0.1, 3.0))
def test_lower_half_of_the_imaginary_evolution_is_the_sine_of_the_matrix(linear, t):
    system = qgd.encode(linear)
    size = system.encoding.dimension
    start = np.concatenate((system.padded_rhs, np.zeros(size)))
    U = Operator(DenseEvolution.of(system).circuit(t)).data
    lower = ((U - U.conj().T) / 2j @ start)[size:]
    assert_allclose(
        system.unpad(lower), apply_function(lambda s: np.sin(t * s), system), atol=1e-12
    )


@pytest.mark.parametrize("symmetric", [True, False])
def test_evolutions_of_systems_larger_than_a_piece_are_split(symmetric, monkeypatch):
    monkeypatch.setattr(unitary_circuit, "LARGEST_OPAQUE", 2)
    A = np.random.default_rng(0).normal(size=(8, 8))
    system = qgd.encode(DenseSystem(csr_array(A + A.T if symmetric else A), np.ones(8), 1.0))
    circuit = DenseEvolution.of(system, symmetric).circuit(2.5)
    check_gate_level(circuit, 2)
    wanted = expm(2.5j * hamiltonian(system, symmetric))
    assert_allclose(Operator(circuit).data, wanted, atol=1e-12)


def test_every_evolution_is_complete_whatever_its_time():
    # Four unitaries each: nothing is shared between the powers that a solver counts.
    evolution = DenseEvolution.of(small_history(1, 1, 0))
    for time in (0.1, 1.0, 1024.0):
        assert evolution.circuit(time, 1).count_ops()["unitary"] == 4


def test_evolutions_beyond_memory_are_refused_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(qgd.BlockEncoding, "block", lambda self: pytest.fail("allocated"))
    system = qgd.encode(DenseSystem(csr_array(np.eye(4)), np.ones(4), 1.0))
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 1e6)
    monkeypatch.setattr("qgd.core.checks._ALWAYS_FREE", 0)
    check_evolutions(system, 8, "remedy")
    with pytest.raises(qgd.QGDError, match=r"10000 dense evolutions of 2 system qubits .* remedy"):
        check_evolutions(system, 10_000, "remedy")
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 1e4)
    for solver in (qgd.HHL(num_clock=4), qgd.FourierLCU(0.5)):
        with pytest.raises(qgd.QGDError, match="use level='block', or QSVT"):
            solver.circuit(system)


def test_values_are_the_singular_values_of_what_is_encoded():
    system = qgd.encode(DenseSystem(csr_array([[0.5, 0.2], [0.0, 1.0]]), np.ones(2), 3.0))
    found = DenseEvolution.of(system)
    singular = np.linalg.svd(system.matrix.toarray() / system.encoding.alpha)[1]
    assert_allclose(found.values, singular, atol=1e-14)
