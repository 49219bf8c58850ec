"""Unitary dilations: the defining identity, and the message when there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import encoded_matrices, matrices, reals
from unitaries import assert_circuit_is_the_operator, assert_unitary, emulated_unitary

import qgd
from qgd.encoding.dilation import right_multiply, scalar_dilation
from qgd.execution.gate_level import opaque_gates


@given(encoded_matrices())
def test_block_is_the_padded_matrix_and_the_operator_is_unitary(case):
    A, encoding = case
    assert_allclose(encoding.block(), A, atol=1e-12)
    assert_unitary(encoding)
    assert encoding.is_real == (not np.iscomplexobj(A))


@pytest.mark.parametrize("controls", [0, 1, 2])
@given(encoded_matrices())
def test_circuit_is_the_operator_under_any_number_of_controls(controls, case):
    assert_circuit_is_the_operator(case[1], controls)


@given(encoded_matrices(num_system=1))
def test_dilation_is_the_matrix_of_its_definition(case):
    A, encoding = case
    U, X = emulated_unitary(encoding), A / encoding.alpha
    Y = U[:2, 2:]
    assert_allclose(U, np.block([[X, Y], [Y, -X]]), atol=1e-12)
    assert_allclose(Y @ Y.conj().T, np.eye(2) - X @ X.conj().T, atol=1e-12)
    # Y = W s V^+ beside X = W c V^+.
    assert_allclose(Y @ X.conj().T, X @ Y.conj().T, atol=1e-12)


@pytest.mark.parametrize("controls", [0, 1, 2])
@given(matrices(3, 3), st.sampled_from([1.0, 1j]))
def test_hermitian_matrices_share_one_eigenbasis(controls, A, unit):
    H = unit * (A + unit**2 * A.T)  # indefinite, real or imaginary
    encoding = qgd.dilation(H)
    assert_allclose(encoding.block()[:3, :3], H, atol=1e-12)
    assert_circuit_is_the_operator(encoding, controls)
    assert encoding.build(controls).count_ops().get("unitary", 0) <= 2


def test_circuit_has_two_unitaries_of_the_system_and_three_under_controls():
    encoding = qgd.dilation(np.random.default_rng(0).normal(size=(5, 5)))
    for controls, unitaries in ((0, 2), (1, 3), (4, 3)):
        circuit = encoding.build(controls)
        assert circuit.count_ops()["unitary"] == unitaries
        assert opaque_gates(circuit) == {"U_A": 3}


@given(matrices(3, 3).filter(lambda A: np.linalg.norm(A) > 1e-3))
def test_alpha_is_the_norm_by_default_and_the_size_is_padded_to_a_power_of_two(A):
    encoding = qgd.dilation(A)
    assert encoding.alpha == pytest.approx(np.linalg.norm(A, 2))
    assert (encoding.num_system, encoding.num_ancillas, encoding.num_work) == (2, 1, 0)
    assert encoding.epsilon == 0.0


def test_one_by_one_and_zero_matrices_are_dilated_too():
    assert_allclose(qgd.dilation(-0.3).block(), [[-0.3, 0], [0, 0]], atol=1e-15)
    zero = qgd.dilation(np.zeros((2, 2)))
    assert zero.alpha == 1.0
    assert_allclose(zero.block(), np.zeros((2, 2)), atol=1e-15)


def test_padding_is_a_reducing_subspace():
    # In the Hermitian dilation of the block the padding is touched by zeros only.
    block = qgd.dilation(np.arange(1.0, 10.0).reshape(3, 3)).block()
    assert not np.abs(block[3]).max() > 1e-12
    assert not np.abs(block[:, 3]).max() > 1e-12


def test_alpha_below_the_norm_is_refused_and_the_named_norm_works():
    A = np.array([[3.0, 0.0], [4.0, 0.0]])
    with pytest.raises(ValueError, match=r"`alpha` must be at least \|\|A\|\|_2 = 5, got 4.9"):
        qgd.dilation(A, 4.9)
    assert_allclose(qgd.dilation(A, 5.0).block(), A, atol=1e-12)


def test_only_square_matrices_are_dilated():
    with pytest.raises(ValueError, match=r"`matrix` must be square, got shape \(2, 3\)"):
        qgd.dilation(np.ones((2, 3)))


@given(reals(-1.0, 1.0), reals(1.0, 3.0), st.integers(1, 2))
def test_scalar_dilation_encodes_a_multiple_of_the_identity(value, alpha, num_system):
    encoding = scalar_dilation(value, alpha, num_system)
    assert_allclose(encoding.block(), value * np.eye(2**num_system), atol=1e-12)
    assert_unitary(encoding)
    for controls in (0, 1, 2):
        assert_circuit_is_the_operator(encoding, controls)


@given(matrices(2, 2), matrices(3, 2))
def test_right_multiply_is_the_matrix_product_for_all_mixtures_of_real_and_complex(A, rows):
    for left in (rows, rows + 1j * rows[::-1]):
        for right in (A, A - 2j * A.T):
            assert_allclose(right_multiply(left, right), left @ right, atol=1e-14)
    assert not np.iscomplexobj(right_multiply(rows, A))


def test_unitary_is_not_computed_before_it_is_needed(monkeypatch):
    from qgd.encoding import dilation as module

    monkeypatch.setattr(module, "_factors", lambda A, alpha: pytest.fail("dilated too early"))
    assert qgd.dilation(np.eye(2)).alpha == 1.0
