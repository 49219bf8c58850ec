"""Loss and gradient norm from one amplitude each, against descent itself."""

from __future__ import annotations

import numpy as np
import pytest

import qgd

LOSSES = {
    "quadratic": qgd.PolynomialLoss.from_terms(
        {(): 0.7, (0,): -0.4, (1,): 0.3, (0, 0): 0.5, (0, 1): 0.2, (1, 1): 0.4}
    ),
    "cubic": qgd.PolynomialLoss.from_terms(
        {(): -0.2, (0,): -0.3, (0, 0): 0.5, (0, 0, 1): 0.1, (1, 1): 0.5}, 2
    ),
}
SOLVERS = [qgd.QSVT(1e-3), qgd.KernelReflection(1e-3)]
START, RATE, STEPS = [0.1, -0.2], 0.2, 3


def descended(loss: qgd.PolynomialLoss) -> np.ndarray:
    w = np.array(START)
    for _ in range(STEPS):
        w = w - RATE * loss.gradient(w)
    return w


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("name", LOSSES)
def test_loss_of_the_trained_weights_is_covered(name, solver):
    loss = LOSSES[name]
    truth = loss.value(descended(loss))
    found = qgd.estimate_loss(
        loss, START, learning_rate=RATE, num_steps=STEPS, order=3, epsilon=2e-3, solver=solver
    )
    assert abs(found.value[0] - truth) <= found.budget.total().value < 0.3
    moved = abs(truth - loss.value(START))
    assert abs(found.value[0] - truth) < moved / 2  # it is not the start's loss


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("name", LOSSES)
def test_gradient_norm_at_the_trained_weights_is_covered(name, solver):
    loss = LOSSES[name]
    truth = np.linalg.norm(loss.gradient(descended(loss)))
    found = qgd.estimate_gradient_norm(
        loss, START, learning_rate=RATE, num_steps=STEPS, order=3, epsilon=1e-3, solver=solver
    )
    assert abs(found.value[0] - truth) <= found.budget.total().value
    assert abs(found.value[0] - truth) < 0.2 * truth


def test_uses_of_the_circuit_grow_like_one_over_epsilon():
    costs = [
        qgd.estimate_gradient_norm(
            LOSSES["quadratic"], START, learning_rate=RATE, num_steps=1, order=1, epsilon=epsilon
        ).resources.shots
        for epsilon in (1e-2, 1e-3)
    ]
    assert 3 < costs[1] / costs[0] < 40  # sampling would pay 100


def test_an_order_below_the_degree_of_the_loss_is_refused():
    with pytest.raises(ValueError, match="`order` must be at least 3, got 2; a loss of this deg"):
        qgd.estimate_loss(LOSSES["cubic"], START, learning_rate=RATE, num_steps=1, order=2)
