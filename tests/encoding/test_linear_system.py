"""What a solver sees: encoding, padded right-hand side, bounds."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from inversions import small_history
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer, history_systems, linear_systems, vectors
from unitaries import assert_circuit_is_the_operator, assert_unitary

import qgd
from qgd.encoding.linear_system import encoding_bound

HISTORIES = history_systems(max_order=2, max_steps=4, max_padding=4)


def other_positions(system: qgd.EncodedSystem) -> np.ndarray:
    return np.setdiff1d(np.arange(system.encoding.dimension), system.positions)


@given(HISTORIES)
def test_encoded_history_is_the_history_matrix_without_leakage_to_the_padding(history):
    system = qgd.encode(history)
    block, rest = system.encoding.block(), other_positions(system)
    assert_allclose(
        block[np.ix_(system.positions, system.positions)], history.matrix.toarray(), atol=1e-12
    )
    assert_allclose(block[np.ix_(system.positions, rest)], 0, atol=1e-12)
    assert_allclose(block[np.ix_(rest, system.positions)], 0, atol=1e-12)
    if len(rest):  # what is unused idles or stands still, and never worsens the condition
        unused = np.linalg.inv(block[np.ix_(rest, rest)])
        assert np.linalg.norm(unused, 2) <= system.inverse_norm_bound * (1 + 1e-9)


@fewer(2)
@given(HISTORIES)
def test_alpha_of_a_history_is_one_plus_the_largest_step_and_at_least_two(history):
    norms = [np.linalg.norm(step.matrix.toarray(), 2) for step in history.steps]
    encoding = qgd.encode(history).encoding
    assert encoding.alpha == pytest.approx(1 + max(1.0, *norms))
    assert (encoding.num_ancillas, encoding.num_work, encoding.epsilon) == (2, 1, 0.0)


@fewer(2)
@given(HISTORIES)
def test_encoded_history_is_unitary(history):
    assert_unitary(qgd.encode(history).encoding)


@pytest.mark.parametrize("time_dependent", [False, True])
@pytest.mark.parametrize(("num_steps", "padding"), [(1, 0), (2, 0), (2, 2), (3, 0)])
def test_history_circuit_is_the_operator(time_dependent, num_steps, padding):
    maps = [qgd.PolynomialMap([[0.1 * k], [[-0.3 - 0.1 * k]], [[0.2]]]) for k in range(num_steps)]
    steps = [qgd.carleman(m, 1) for m in maps[: num_steps if time_dependent else 1]]
    system = qgd.encode(qgd.history_system(steps, [0.5], num_steps, padding))
    assert_circuit_is_the_operator(system.encoding)
    assert_circuit_is_the_operator(system.encoding.adjoint)


@fewer(8)
@given(history_systems(max_variables=1, max_order=2, max_steps=3, max_padding=0))
def test_random_history_circuits_are_the_operators(history):
    assert_circuit_is_the_operator(qgd.encode(history).encoding, 1)


@given(linear_systems())
def test_any_other_system_is_dilated_as_a_whole(linear):
    system, A = qgd.encode(linear), linear.matrix.toarray()
    n = len(A)
    assert system.encoding.alpha == pytest.approx(np.linalg.norm(A, 2))
    assert_allclose(system.encoding.block()[:n, :n], A, atol=1e-12)
    assert_allclose(system.positions, np.arange(n))
    assert system.kappa_bound == system.encoding.alpha * linear.inverse_norm_bound
    assert system.kappa_bound >= np.linalg.cond(A, 2) * (1 - 1e-12)


@fewer(2)
@given(HISTORIES)
def test_kappa_bound_covers_the_padded_block_too(history):
    system = qgd.encode(history)
    smallest = np.linalg.svd(system.encoding.block(), compute_uv=False)[-1]
    assert system.kappa_bound >= system.encoding.alpha / smallest * (1 - 1e-9)


@fewer(2)
@given(HISTORIES)
def test_pad_and_unpad_are_inverse_and_place_times_in_blocks(history):
    system = qgd.encode(history)
    vector = np.arange(1.0, len(system.rhs) + 1)
    padded = system.pad(vector)
    assert_allclose(system.unpad(padded), vector)
    assert not padded[other_positions(system)].any()
    size = 2 ** max(1, (history.block_dimension - 1).bit_length())
    by_time = padded.reshape(-1, size)[: history.num_times, : history.block_dimension]
    assert_allclose(by_time.ravel(), vector)
    assert_allclose(system.unpad(np.stack([padded, -padded]))[1], -vector)


@fewer(4)
@given(HISTORIES)
def test_preparation_prepares_the_normalised_right_hand_side(history):
    system = qgd.encode(history)
    prepared = Statevector(system.preparation()).data
    assert_allclose(prepared, system.padded_rhs, atol=1e-12)
    assert np.linalg.norm(system.padded_rhs) == pytest.approx(1)
    assert_allclose(system.unpad(system.padded_rhs) * system.rhs_norm, history.rhs, atol=1e-12)


@given(linear_systems(3), vectors(3).filter(np.any))
def test_with_rhs_keeps_the_matrix_and_replaces_b(linear, b):
    system = qgd.encode(linear)
    n = len(linear.rhs)
    if not b[:n].any():
        return
    other = system.with_rhs(b[:n])
    assert other.encoding is system.encoding
    assert_allclose(other.rhs, b[:n])
    assert_allclose(system.rhs, linear.rhs)


def test_zero_and_misshapen_right_hand_sides_are_refused():
    system = qgd.encode(DenseSystem(csr_array(np.eye(2)), np.ones(2), 1.0))
    with pytest.raises(ValueError, match="`rhs` must not be zero"):
        system.with_rhs(np.zeros(2))
    with pytest.raises(ValueError, match=r"`rhs` must have shape \(2\)"):
        system.with_rhs(np.ones(3))
    resting = qgd.history_system(qgd.carleman(qgd.PolynomialMap([[0.0], [[-0.5]]]), 1), [0.0], 2)
    with pytest.raises(ValueError, match="fixed point at the origin"):
        qgd.encode(resting)


def test_exact_encodings_cost_no_error():
    system = qgd.encode(DenseSystem(csr_array(np.eye(2)), np.ones(2), 1.0))
    bound = encoding_bound(system, 3.0)
    assert (bound.value, bound.kind, bound.assumptions) == (0.0, qgd.Kind.PROVED, ())


@given(linear_systems(), vectors(16), vectors(1, 0.2))
def test_encoding_bound_dominates_the_error_of_a_perturbed_matrix(linear, entries, size):
    A = linear.matrix.toarray()
    E = entries[: A.size].reshape(A.shape)
    E *= abs(size[0]) / max(1e-9, np.linalg.norm(E, 2))
    system = qgd.encode(linear)
    epsilon = float(np.linalg.norm(E, 2))
    system = replace(system, encoding=replace(system.encoding, epsilon=epsilon))
    bound = encoding_bound(system, 3.0)
    if math.isfinite(bound.value):
        error = np.linalg.solve(A + E, linear.rhs) - np.linalg.solve(A, linear.rhs)
        assert bound.value >= 3.0 * np.linalg.norm(error) * (1 - 1e-9) - 1e-12
    else:
        assert epsilon * linear.inverse_norm_bound >= 1


def test_encoding_bound_is_the_exact_error_of_a_shrunk_scalar():
    # A = 1 encoded as 0.9: 1 / 0.9 - 1, with b = 2 and a factor 5.
    system = qgd.encode(DenseSystem(csr_array([[1.0]]), np.array([2.0]), 1.0))
    system = replace(system, encoding=replace(system.encoding, epsilon=0.1))
    assert encoding_bound(system, 5.0).value == pytest.approx(5 * 2 * (1 / 0.9 - 1))
    hopeless = replace(system, encoding=replace(system.encoding, epsilon=1.5))
    assert math.isinf(encoding_bound(hopeless, 5.0).value)


def test_a_second_right_hand_side_stands_beside_the_first_under_a_top_qubit():
    system = small_history(1, 1, 0)
    other = np.arange(1.0, len(system.rhs) + 1)
    joint = system.beside(other)
    A, n = system.matrix.toarray(), len(system.rhs)
    assert_allclose(joint.matrix.toarray(), np.kron(np.eye(2), A))
    assert_allclose(joint.rhs, [*system.rhs, *other])
    block = joint.encoding.block()[np.ix_(joint.positions, joint.positions)]
    assert_allclose(block, np.kron(np.eye(2), A), atol=1e-12)
    assert (joint.positions[n:] == system.encoding.dimension + system.positions).all()
    with pytest.raises(ValueError, match="`rhs` must not be zero"):
        system.beside(np.zeros(n))
