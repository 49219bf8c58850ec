"""Trigonometric losses in basis functions: exact on the circle, to an order elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import bases, fewer, trigonometric_losses, vectors

import qgd
from qgd.embedding.basis_expansion import exponential_coefficients


@pytest.mark.parametrize("k", [*range(-4, 5), 12, 20])
def test_exponentials_are_finite_sums_in_the_circle_basis(k):
    # cos k d = sum_j (-1)^j k / (k + j) C(k + j, 2 j) w^j,
    # sin k d = u sum_j (-1)^j C(k + j, 2 j + 1) w^j
    a, E = abs(k), exponential_coefficients(qgd.CIRCLE, k, 2 * abs(k) + 4)
    expected = np.zeros(2 * a + 5, dtype=complex)
    for j in range(a + 1):
        ratio = a / (a + j) if a else 1.0
        expected[2 * j] = (-1) ** j * ratio * math.comb(a + j, 2 * j)
        expected[2 * j + 1] = 1j * np.sign(k) * (-1) ** j * math.comb(a + j, 2 * j + 1)
    np.testing.assert_allclose(E, expected, rtol=1e-14, atol=0)
    assert not E[2 * a + 1 :].any()


def test_exponentials_in_powers_are_taylor_coefficients():
    E = exponential_coefficients(qgd.TAYLOR, 3, 8)
    np.testing.assert_allclose(E, [(3j) ** m / math.factorial(m) for m in range(9)], rtol=1e-14)


@given(trigonometric_losses(), st.data())
def test_circle_flow_is_the_negative_gradient_everywhere(loss, data):
    p = loss.num_variables
    center, theta = data.draw(vectors(p, 4.0)), data.draw(vectors(p, 4.0))
    flow = qgd.basis_flow(loss, center)
    np.testing.assert_allclose(flow.field(theta), -loss.gradient(theta), rtol=0, atol=1e-9)


@given(trigonometric_losses(), st.integers(0, 4), st.data())
def test_terms_up_to_an_order_are_those_of_the_exact_flow(loss, order, data):
    p = loss.num_variables
    center = data.draw(vectors(p, 4.0))
    whole, cut = qgd.basis_flow(loss, center), qgd.basis_flow(loss, center, max_order=order)
    size = (whole.terms.word < p).sum(axis=1)
    row = np.repeat(np.arange(p), np.diff(whole.terms.pointer))
    for i in range(p):
        inside = (row == i) & (size <= order)
        expected = {
            tuple(w[w < p]): c
            for w, c in zip(whole.terms.word[inside], whole.terms.coefficient[inside], strict=True)
        }
        begin, end = cut.terms.pointer[i : i + 2]
        found = {
            tuple(w[w < p]): c
            for w, c in zip(
                cut.terms.word[begin:end], cut.terms.coefficient[begin:end], strict=True
            )
        }
        for word in {*expected, *found}:
            assert found.get(word, 0.0) == pytest.approx(expected.get(word, 0.0), abs=1e-12)


@fewer(2)
@given(bases(), st.integers(0, 4))
def test_truncated_flow_errs_by_one_order_more(basis, order):
    loss = qgd.TrigonometricLoss.cosines([((1, -1), 1.0, 0.4), ((2, 1), 0.5, -1.0)])
    center, direction = np.array([0.3, -0.2]), np.array([0.6, 0.8])
    flow = qgd.basis_flow(loss, center, basis=basis, max_order=order)
    errors = [
        np.abs(flow.field(center + r * direction) + loss.gradient(center + r * direction)).max()
        for r in (0.04, 0.02)
    ]
    assert errors[0] < 50 * 0.04 ** (order + 1) + 1e-12
    assert errors[1] < 0.6 * errors[0] / 2**order + 1e-12


def test_each_angle_may_have_its_own_basis():
    loss = qgd.TrigonometricLoss.cosines([((1, 1), 1.0, 0.4)])
    flow = qgd.basis_flow(loss, [0.3, 0.1], basis=[qgd.CIRCLE, qgd.TAYLOR], max_order=12)
    np.testing.assert_allclose(flow.field([0.5, 0.2]), -loss.gradient([0.5, 0.2]), atol=1e-12)


def test_bad_input_is_refused():
    loss = qgd.TrigonometricLoss.cosines([((1, 1), 1.0, 0.4)])
    with pytest.raises(ValueError, match="`max_order` must be given, because only the circle"):
        qgd.basis_flow(loss, [0.0, 0.0], basis=qgd.TAYLOR)
    polynomial = qgd.PolynomialLoss.from_terms({(0,): 1.0})
    with pytest.raises(TypeError, match=r"got PolynomialLoss; .* `BasisField.from_system`"):
        qgd.basis_flow(polynomial, [0.0])
    qgd.BasisField.from_system(qgd.gradient_flow(polynomial), [0.0])
    with pytest.raises(ValueError, match="one for each of 2 angles, got 3"):
        qgd.basis_flow(loss, [0.0, 0.0], basis=[qgd.CIRCLE] * 3)
    with pytest.raises(ValueError, match=r"`center` must have shape \(2\)"):
        qgd.basis_flow(loss, [0.0])
    with pytest.raises(ValueError, match="`max_order` must be at least 0, got -1"):
        qgd.basis_flow(loss, [0.0, 0.0], max_order=-1)
