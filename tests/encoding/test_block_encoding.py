"""The algebra of block encodings, with unequal alphas and errors, on both of their lives."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import encoded_matrices, fewer, reals
from unitaries import assert_circuit_is_the_operator, assert_unitary

import qgd
from qgd.core.compose import combination_alpha, combination_error, product_error
from qgd.encoding.block_encoding import identity_encoding

PAIRS = st.integers(1, 2).flatmap(lambda q: st.tuples(encoded_matrices(q), encoded_matrices(q)))
SMALL_PAIRS = st.tuples(encoded_matrices(1), encoded_matrices(1))


def combined(weights: list[float], cases: list[tuple[np.ndarray, qgd.BlockEncoding]]):
    """sum_i w_i A_i, as a matrix and as an encoding."""
    matrix = sum(w * A for w, (A, _) in zip(weights, cases, strict=True))
    return matrix, qgd.linear_combination(weights, [e for _, e in cases])


OPERATIONS = {
    "product": lambda a, b: (a[0] @ b[0], a[1] @ b[1]),
    "kron": lambda a, b: (np.kron(a[0], b[0]), a[1].kron(b[1])),
    "sum": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "difference": lambda a, b: (a[0] - b[0], a[1] - b[1]),
    "combination": lambda a, b: combined([0.3, -1.7, 0.0], [a, b, a]),
    "adjoint": lambda a, b: (a[0].conj().T, a[1].adjoint),
    "adjoint of product": lambda a, b: ((a[0] @ b[0]).conj().T, (a[1] @ b[1]).adjoint),
    "product of sum": lambda a, b: ((a[0] - b[0]) @ b[0], (a[1] - b[1]) @ b[1]),
    "sum of product": lambda a, b: (a[0] - a[0] @ b[0], a[1] - a[1] @ b[1]),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@fewer(2)
@given(PAIRS)
def test_block_is_the_matrix_of_the_operation(operation, pair):
    matrix, encoding = OPERATIONS[operation](*pair)
    assert_allclose(encoding.block(), matrix, atol=1e-12)
    assert encoding.dimension == len(matrix)


@pytest.mark.parametrize("operation", OPERATIONS)
@fewer(2)
@given(PAIRS)
def test_operation_is_unitary_and_its_adjoint_the_inverse(operation, pair):
    assert_unitary(OPERATIONS[operation](*pair)[1])


@pytest.mark.parametrize("operation", OPERATIONS)
@fewer(5)
@given(SMALL_PAIRS)
def test_circuit_is_the_operator_under_no_one_and_two_controls(operation, pair):
    encoding = OPERATIONS[operation](*pair)[1]
    for controls in (0, 1, 2):
        assert_circuit_is_the_operator(encoding, controls)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_composition_is_real_when_all_its_parts_are(operation):
    real = np.array([[0.3, -0.7], [0.2, 0.9]])
    for first, second in itertools.product((real, real + 0.1j), repeat=2):
        parts = [(A, qgd.dilation(A)) for A in (first, second)]
        matrix, encoding = OPERATIONS[operation](*parts)
        assert encoding.is_real == (not np.iscomplexobj(matrix))


def test_circuits_of_unequal_factors_are_the_operators():
    small, large = qgd.dilation([[0.3, -0.7], [0.2, 0.9]]), qgd.dilation(np.diag([1.0, 2, -3, 0.5]))
    for encoding in (small.kron(large), large.kron(small)):
        assert_circuit_is_the_operator(encoding, 1)
    wide = small + small
    for encoding in (wide @ small, small @ wide, wide - small, small - wide, wide.kron(small)):
        assert_circuit_is_the_operator(encoding, 1)


@given(PAIRS)
def test_product_and_kron_multiply_alphas_and_compose_errors_crosswise(pair):
    (_, a), (_, b) = pair
    for encoding in (a @ b, a.kron(b)):
        assert encoding.alpha == a.alpha * b.alpha
        assert encoding.epsilon == product_error(a.alpha, a.epsilon, b.alpha, b.epsilon)
        assert encoding.num_ancillas == a.num_ancillas + b.num_ancillas


@given(encoded_matrices(1))
def test_the_square_of_an_encoding_is_a_product_like_any_other(pair):
    A, encoding = pair
    square = encoding @ encoding
    assert_allclose(square.block(), A @ A, atol=1e-11 * square.alpha)
    assert_allclose(square.adjoint.block(), (A @ A).conj().T, atol=1e-11 * square.alpha)
    both = (identity_encoding(1).kron(encoding)) @ encoding.kron(encoding)
    assert_allclose(both.block(), np.kron(A, A @ A), atol=1e-11 * both.alpha)


@given(PAIRS, reals(-2, 2), reals(0.1, 2))
def test_combination_weighs_alphas_and_errors_by_the_sizes_of_the_weights(pair, v, w):
    (_, a), (_, b) = pair
    encoding = qgd.linear_combination([v, w], [a, b])
    assert encoding.alpha == combination_alpha([v, w], [a.alpha, b.alpha])
    assert encoding.epsilon == combination_error([v, w], [a.epsilon, b.epsilon])


@given(PAIRS, reals(0, 0.2), reals(0, 0.2))
def test_stated_error_covers_inexact_factors(pair, s, t):
    # The encodings are of A + s I and B - t I and are sold as encodings of A and B.
    (A, a), (B, b) = pair
    one = np.eye(len(A))
    a = replace(qgd.dilation(A + s * one, a.alpha + s), epsilon=s)
    b = replace(qgd.dilation(B - t * one, b.alpha + t), epsilon=t)
    for wanted, encoding in (
        (A @ B, a @ b),
        (np.kron(A, B), a.kron(b)),
        (2 * A - 0.5 * B, qgd.linear_combination([2, -0.5], [a, b])),
    ):
        error = np.linalg.norm(encoding.block() - wanted, 2)
        assert error <= encoding.epsilon * (1 + 1e-9) + 1e-12


@given(SMALL_PAIRS)
def test_ancillas_of_a_combination_are_shared_and_indexed(pair):
    (_, a), (_, b) = pair
    wide = a @ b
    assert qgd.linear_combination([1, 1, 1], [a, b, wide]).num_ancillas == 2 + 2
    assert qgd.linear_combination([1], [a]).num_ancillas == 1 + 1


@given(encoded_matrices(), st.integers(1, 3))
def test_apply_acts_on_the_last_two_axes_of_any_stack(case, length):
    _, encoding = case
    shape = (length, 2, 2**encoding.num_ancillas, encoding.dimension)
    states = np.random.default_rng(length).normal(size=shape)
    for op in (encoding, encoding @ encoding, encoding - encoding.adjoint):
        stack = np.random.default_rng(1).normal(size=(length, 2, 2**op.num_ancillas, op.dimension))
        one_by_one = np.array([[op.apply(s) for s in row] for row in stack])
        assert_allclose(op.apply(stack), one_by_one, atol=1e-13)
    before = states.copy()
    encoding.apply(states)
    assert_allclose(states, before)


@given(encoded_matrices(1), encoded_matrices(1))
def test_real_states_pass_through_complex_encodings_without_losing_their_imaginary_part(a, b):
    for encoding in (a[1] @ b[1], a[1] + b[1], a[1].kron(b[1])):
        state = np.zeros((2**encoding.num_ancillas, encoding.dimension))
        state[0, 0] = 1.0
        assert_allclose(encoding.apply(state), encoding.apply(state + 0j), atol=1e-13)


def test_identity_is_free_and_neutral():
    one = qgd.identity_encoding(2)
    assert (one.alpha, one.epsilon, one.num_ancillas, one.circuit.size()) == (1.0, 0.0, 0, 0)
    assert_allclose(one.block(), np.eye(4))
    A = qgd.dilation(np.diag([1.0, 2.0, 3.0, 4.0]))
    assert_allclose((one @ A).block(), A.block(), atol=1e-12)
    assert_circuit_is_the_operator(one - A, 1)


def test_sizes_must_agree_and_weights_must_not_vanish():
    small, large = qgd.identity_encoding(1), qgd.identity_encoding(2)
    for combine in (lambda: small @ large, lambda: small + large):
        with pytest.raises(ValueError, match="same number of system qubits, got 1 and 2; pad"):
            combine()
    padded = small.kron(qgd.identity_encoding(1))
    assert (padded @ large).dimension == 4  # the remedy
    with pytest.raises(ValueError, match="`weights` must not all be zero"):
        qgd.linear_combination([0.0, 0.0], [small, small])


def test_preparation_of_many_weights_is_rotations_and_no_opaque_unitary():
    one = qgd.identity_encoding(1)
    many = qgd.linear_combination(np.linspace(0.1, 1.0, 100), [one] * 100)
    names = set(many.circuit.count_ops())
    assert many.num_ancillas == 7
    assert names <= {"x", "ucry", "ucry_dg"}, names
    assert_allclose(many.block(), 55.0 * np.eye(2), atol=1e-12)
