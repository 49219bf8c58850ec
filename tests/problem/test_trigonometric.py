"""Trigonometric losses against cosines, numerical derivatives and the definition."""

from __future__ import annotations

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from strategies import reals, trigonometric_losses, vectors

import qgd


@given(st.data())
def test_value_is_the_sum_of_the_cosines(data):
    p = data.draw(st.integers(1, 3))
    frequency = st.tuples(*[st.integers(-3, 3)] * p)
    terms = data.draw(st.lists(st.tuples(frequency, reals(-2, 2), reals(-3, 3)), min_size=1))
    theta = data.draw(vectors(p, 7.0))
    expected = sum(a * np.cos(np.dot(k, theta) + phase) for k, a, phase in terms)
    loss = qgd.TrigonometricLoss.cosines(terms)
    assert loss.num_variables == loss.num_weights == p
    assert loss.value(theta) == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(loss.frequencies, -loss.frequencies[::-1])
    np.testing.assert_array_equal(loss.coefficients, loss.coefficients[::-1].conj())
    assert len(np.unique(loss.frequencies, axis=0)) == len(loss.frequencies)


@given(trigonometric_losses(), st.data())
def test_gradient_and_hessian_are_the_derivatives_of_the_value(loss, data):
    theta = data.draw(vectors(loss.num_weights, 3.0))
    # Five-point differences err by h^4 / 30 times the fifth derivative, 12^5 at most here.
    gradient = derivative(loss.value, theta, 1e-3)
    np.testing.assert_allclose(loss.gradient(theta), gradient, rtol=0, atol=1e-6)
    hessian = derivative(loss.gradient, theta, 1e-3)
    np.testing.assert_allclose(loss.hessian(theta), hessian, rtol=0, atol=1e-6)


@given(trigonometric_losses(), st.data())
def test_shift_restriction_and_arithmetic_keep_their_meaning(loss, data):
    p = loss.num_weights
    theta, center = data.draw(vectors(p, 3.0)), data.draw(vectors(p, 3.0))
    assert loss.shift(center).value(theta) == pytest.approx(loss.value(center + theta), abs=1e-12)
    assert (2.0 * loss + loss).value(theta) == pytest.approx(3 * loss.value(theta), abs=1e-12)
    kept = data.draw(st.permutations(range(p)))[: data.draw(st.integers(1, p))]
    full = np.zeros(p)
    full[kept] = theta[kept]
    assert loss.restrict(kept).value(theta[kept]) == pytest.approx(loss.value(full), abs=1e-12)
    assert isinstance(loss, qgd.Loss)


@given(st.data())
def test_products_of_cosines_and_sines_are_expanded(data):
    p = data.draw(st.integers(1, 3))
    word = st.lists(st.integers(0, p - 1), max_size=3)
    terms = data.draw(st.lists(st.tuples(word, word, reals(-2, 2)), max_size=4))
    theta = data.draw(vectors(p, 3.0))
    expected = sum(a * np.cos(theta[i]).prod() * np.sin(theta[j]).prod() for i, j, a in terms)
    loss = qgd.TrigonometricLoss.products(terms, p)
    assert loss.value(theta) == pytest.approx(expected, abs=1e-12)


def test_equal_frequencies_merge_and_those_that_cancel_vanish():
    loss = qgd.TrigonometricLoss.cosines([((1, 0), 1.0, 0.0), ((-1, 0), 2.0, 0.0)])
    np.testing.assert_array_equal(loss.frequencies, [[-1, 0], [1, 0]])
    np.testing.assert_array_equal(loss.coefficients, [1.5, 1.5])
    np.testing.assert_array_equal(loss.degrees, [1, 0])
    nothing = loss + -1.0 * loss
    assert nothing.frequencies.shape == (0, 2)
    assert nothing.value([0.3, 0.4]) == 0.0
    same = qgd.TrigonometricLoss.from_terms({(1, 0): 1.5, (-1, 0): 1.5})
    assert same.value([0.3, 0.4]) == loss.value([0.3, 0.4])


def test_rounding_of_a_transform_is_averaged_away():
    grid = 2 * np.pi * np.arange(7) / 7
    samples = np.cos(grid - 0.3) + 0.5 * np.sin(3 * grid)
    loss = qgd.TrigonometricLoss(
        np.fft.fftfreq(7, 1 / 7).astype(int)[:, None], np.fft.fft(samples) / 7
    )
    assert loss.value([1.0]) == pytest.approx(np.cos(0.7) + 0.5 * np.sin(3.0), abs=1e-14)


@pytest.mark.parametrize(
    ("frequencies", "coefficients", "error", "message"),
    [
        ([[1], [-1]], [1.0, 2.0], ValueError, r"`coefficients` must be hermitian.*got L_k = "),
        ([[1]], [1.0], ValueError, r"at k = \[-1\] and L_\(-k\) = 1\+0j; list both signs"),
        ([[0]], [1j], ValueError, "`coefficients` must be hermitian"),
        ([1, -1], [1.0, 1.0], ValueError, r"`frequencies` must have shape \(terms, p\)"),
        ([[0.5], [-0.5]], [1.0, 1.0], TypeError, "`frequencies` must be integers, got float64"),
        ([[2**40]], [1.0], ValueError, r"`frequencies` must be at most 2\*\*31 in size"),
        ([[1], [-1]], [1.0], ValueError, r"`coefficients` must have shape \(2,\)"),
        ([[1], [-1]], [1.0, np.nan], ValueError, "`coefficients` must be finite, got .* index 1"),
        ([[1], [-1]], ["a", "b"], TypeError, "`coefficients` must be complex numbers"),
    ],
)
def test_bad_input_is_refused(frequencies, coefficients, error, message):
    with pytest.raises(error, match=message):
        qgd.TrigonometricLoss(frequencies, coefficients)


def test_arguments_of_the_wrong_length_are_refused():
    loss = qgd.TrigonometricLoss.cosines([((1, 0), 1.0, 0.0)])
    with pytest.raises(ValueError, match=r"`weights` must have shape \(2\)"):
        loss.value([1.0])
    with pytest.raises(ValueError, match=r"`center` must have shape \(2\)"):
        loss.shift([1.0])
    with pytest.raises(ValueError, match="`other` must have 2 angles, got 1"):
        loss + qgd.TrigonometricLoss.cosines([((1,), 1.0, 0.0)])
