"""The contract of a loss, and the losses that keep it."""

from __future__ import annotations

import numpy as np
import pytest
from differences import derivative

from qgd.problem.logistic import logistic_regression
from qgd.problem.loss import Loss
from qgd.problem.losses import least_squares, matrix_factorisation
from qgd.problem.networks import quadratic_network
from qgd.problem.polynomial import PolynomialLoss

X = np.array([[1.0, -0.5], [0.3, 2.0], [-1.0, 0.7]])
LOSSES = {
    "terms": PolynomialLoss.from_terms({(0, 0, 1): 1.0, (1, 1): 0.5, (0,): -1.0}),
    "least squares": least_squares(X, [1.0, 2.0, 3.0], 0.1),
    "factorisation": matrix_factorisation([0, 0], [0, 1], [1.0, -2.0], (1, 2), 1, 0.1),
    "network": quadratic_network(X, [1.0, 2.0, 3.0], [1.0, -0.5], 0.1),
    "logistic": logistic_regression(X, [0, 1, 1], 0.1),
    "surrogate": logistic_regression(X, [0, 1, 1], 0.1).surrogate([0.1, 0.2], 1.0, 3).loss,
}
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


@every_loss
def test_loss_satisfies_the_protocol(loss):
    assert isinstance(loss, Loss)
    assert isinstance(loss.restrict(np.array([0])), Loss)


@every_loss
def test_contract_of_derivatives_holds(loss):
    w = np.linspace(-0.7, 0.4, loss.num_weights)
    close = {"rtol": 1e-8, "atol": 1e-9}
    np.testing.assert_allclose(loss.gradient(w), derivative(loss.value, w, 1e-2), **close)
    np.testing.assert_allclose(loss.hessian(w), derivative(loss.gradient, w, 1e-2), **close)


@every_loss
def test_contract_of_restriction_holds_in_the_order_of_the_indices(loss):
    kept = np.array([1, 0])
    full = np.zeros(loss.num_weights)
    full[kept] = [0.3, -0.6]
    small = loss.restrict(kept)
    assert small.num_weights == 2
    assert small.value([0.3, -0.6]) == pytest.approx(loss.value(full), rel=1e-12)
    np.testing.assert_allclose(small.gradient([0.3, -0.6]), loss.gradient(full)[kept], rtol=1e-10)


@every_loss
def test_evaluation_leaves_the_weights_alone(loss):
    w = np.linspace(-1, 1, loss.num_weights)
    before = w.copy()
    loss.value(w), loss.gradient(w), loss.hessian(w)
    np.testing.assert_array_equal(w, before)


def test_object_without_a_hessian_is_no_loss():
    class Incomplete:
        num_weights = 1

        def value(self, weights):
            return 0.0

        def gradient(self, weights):
            return weights

        def restrict(self, indices):
            return self

    assert not isinstance(Incomplete(), Loss)
