"""The descent of a loss: sign, learning rate and symmetric coefficients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from strategies import polynomial_losses, reals, vectors

from qgd.core.kronecker import index_word, word_index
from qgd.dynamics.gradient import gradient_descent, gradient_flow, stochastic_gradient_descent
from qgd.dynamics.integrate import iterate
from qgd.problem.polynomial import PolynomialLoss

CLOSE = {"rtol": 1e-11, "atol": 1e-11}


@given(polynomial_losses(), st.data())
def test_field_of_the_flow_is_minus_the_gradient(loss, data):
    w = data.draw(vectors(loss.num_weights, 2.0))
    np.testing.assert_allclose(gradient_flow(loss).field(w), -loss.gradient(w), **CLOSE)


@given(polynomial_losses(), reals(0.01, 2), st.data())
def test_step_of_the_descent_is_minus_the_learning_rate_times_the_gradient(loss, eta, data):
    w = data.draw(vectors(loss.num_weights, 2.0))
    step = gradient_descent(loss, eta)
    np.testing.assert_allclose(step.field(w), -eta * loss.gradient(w), **CLOSE)
    np.testing.assert_allclose(step(w), w - eta * loss.gradient(w), **CLOSE)


@given(polynomial_losses(max_degree=5), reals(0.01, 2))
def test_coefficients_are_symmetric_in_the_letters_of_the_column_and_with_the_row(loss, eta):
    n = loss.num_weights
    for k, Fk in enumerate(gradient_descent(loss, eta).F):
        dense, words = Fk.toarray(), index_word(np.arange(n**k), n, k)
        for order in itertools.permutations(range(k)):
            swapped = dense[:, word_index(words[:, list(order)], n)]
            np.testing.assert_allclose(dense, swapped, rtol=1e-12, atol=1e-14)
        tensor = dense.reshape((n,) * (k + 1))
        if k:
            np.testing.assert_allclose(tensor, np.swapaxes(tensor, 0, 1), rtol=1e-12, atol=1e-14)


@given(polynomial_losses(max_degree=4), reals(0.01, 2))
def test_coefficients_are_the_derivative_tensors_at_the_origin_over_k_factorial(loss, eta):
    n = loss.num_weights
    origin = np.zeros(n)

    def third(w):
        return derivative(loss.hessian, w, 0.5)

    tensors = [loss.gradient(origin), loss.hessian(origin), third(origin) / 2]
    tensors.append(derivative(third, origin, 0.5) / 6)
    F = gradient_descent(loss, eta).F
    assert len(F) == max(loss.degree, 2)
    for Fk, tensor in zip(F, tensors, strict=False):
        np.testing.assert_allclose(Fk.toarray(), -eta * tensor.reshape(n, -1), **CLOSE)


@given(polynomial_losses(), reals(0.01, 2))
def test_descent_has_the_coefficients_of_the_flow_times_the_learning_rate(loss, eta):
    for step, flow in zip(gradient_descent(loss, eta).F, gradient_flow(loss).F, strict=True):
        np.testing.assert_allclose(step.toarray(), eta * flow.toarray(), rtol=1e-12, atol=1e-15)


def test_descent_of_a_constant_stands_still():
    step = gradient_descent(PolynomialLoss.from_terms({(): 3.0}, num_weights=2), 0.5)
    np.testing.assert_array_equal(step([1.0, -2.0]), [1.0, -2.0])
    assert len(step.F) == 2


@pytest.mark.parametrize("learning_rate", [0.0, -0.1, np.inf, np.nan])
def test_learning_rate_that_is_not_positive_and_finite_is_refused_with_a_remedy(learning_rate):
    loss = PolynomialLoss.from_terms({(0, 0): 1.0})
    with pytest.raises(ValueError, match=r"`learning_rate` must be .* use a small positive number"):
        gradient_descent(loss, learning_rate)


def test_loss_whose_coefficients_have_no_index_is_refused_before_anything_is_allocated():
    loss = PolynomialLoss.from_terms({(0,) * 12: 1.0, (999,): 1.0})
    with pytest.raises(OverflowError, match="n = 1000, k = 11; use a smaller degree"):
        gradient_descent(loss, 0.1)


@given(st.lists(st.tuples(reals(-1, 1), reals(0.1, 1)), min_size=1, max_size=5), reals(0.01, 0.5))
def test_stochastic_descent_steps_with_the_loss_of_the_step(minibatches, eta):
    losses = [PolynomialLoss.from_terms({(0,): b, (0, 0): a}) for b, a in minibatches]
    w, expected = 0.7, [0.7]
    for b, a in minibatches:
        w -= eta * (b + 2 * a * w)
        expected.append(w)
    sequence = stochastic_gradient_descent(losses, eta)
    path = iterate(sequence, [0.7], len(losses))
    np.testing.assert_allclose(path.ravel(), expected, rtol=1e-13, atol=1e-15)


def test_stochastic_descent_without_losses_is_refused():
    with pytest.raises(
        ValueError, match="`losses` must name at least one minibatch loss, got none"
    ):
        stochastic_gradient_descent([], 0.1)
