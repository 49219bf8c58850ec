"""The first-order lift in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import at_least, seeds

import qgd
from qgd.embedding.bounds.lift import first_order_closed_bounds


def gradient_like(seed):
    """x+ = x - eta (H x + ...), H positive: small learning rates, forced or not."""
    rng = np.random.default_rng(seed)
    n, order = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    eta = 10 ** rng.uniform(-2, -0.7)
    F = [np.zeros((n, 1)), -eta * Q @ np.diag(rng.uniform(0.5, 1.5, n)) @ Q.T]
    F += [eta * rng.normal(size=(n, n**k)) * rng.uniform(0, 0.3) / n for k in (2, 3)]
    x0 = rng.normal(size=n) * rng.uniform(0.05, 0.6)
    F[0] += eta * 0.02 * rng.normal(size=(n, 1)) * (seed % 2)
    return qgd.PolynomialMap(F), order, x0, int(rng.integers(1, 20))


@at_least(60)
@given(seeds())
def test_the_sum_dominates_the_error_and_the_recursion_is_never_larger(seed):
    system, order, x0, T = gradient_like(seed)
    closed = first_order_closed_bounds(system, order, x0, T, throw=False)
    if closed is qgd.Outcome.NOT_APPLICABLE:
        return
    lifted = qgd.carleman(system, order, form="first_order")
    y = lifted.lift(x0)
    for _ in range(T):
        y = lifted.step(y)
    error = np.linalg.norm(qgd.iterate(system, x0, T)[-1] - lifted.project(y))
    assert sum(bound.value for bound in closed) >= error * (1 - 1e-9) - 1e-12
    recursion = qgd.first_order_bounds(system, order, float(np.linalg.norm(x0)), T)
    for coarse, fine in zip(closed, recursion, strict=True):
        assert coarse.stage == fine.stage
    assert sum(b.value for b in recursion) <= sum(b.value for b in closed) * (1 + 1e-9) + 1e-15


def test_one_step_at_order_one_is_the_dropped_term():
    step = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.2]]])
    truncation, lifting = first_order_closed_bounds(step, 1, [1.0], 1)
    assert truncation.value == pytest.approx(0.2)
    assert lifting.value == 0.0


def test_the_best_unit_of_length_gives_the_formulas_of_the_page():
    step, N, T = qgd.PolynomialMap([[0.0], [[-0.3]], [[0.05]]]), 3, 6
    r = np.linspace(1.0, 6.0, 20_001)
    theta = np.max([0.7 + 0.05 * r, 0.4 + 0.1 * r, 0.1 + 0.15 * r], axis=0)
    r, theta = r[theta <= 1], theta[theta <= 1]
    truncation = r * np.minimum(1, T * N * 0.05 * r) * r ** -(N + 1.0)
    lifting = 3 * 0.35**2 / r * sum(theta**k for k in range(T))
    best = np.argmin(truncation + lifting)
    found = first_order_closed_bounds(step, N, [1.0], T)
    assert found[0].value + found[1].value == pytest.approx(
        truncation[best] + lifting[best], rel=0.01
    )
    assert found[1].value == pytest.approx(lifting[best], rel=0.1)


def test_lifting_error_is_proportional_to_the_learning_rate():
    values = []
    for eta in (0.1, 0.01, 0.001):
        step = qgd.PolynomialMap([[0.0], [[-0.5 * eta]], [[0.1 * eta]]])
        values.append(first_order_closed_bounds(step, 3, [0.5], round(5 / eta))[1].value)
    assert values[0] / values[1] == pytest.approx(10, rel=0.3)
    assert values[1] / values[2] == pytest.approx(10, rel=0.05)


@pytest.mark.parametrize(
    ("F", "x0", "message"),
    [
        ([[0.0], [[0.5]], [[0.2]]], 0.1, r"\|\|I \+ F_1\|\| < 1 must hold, got 1.5"),
        ([[1.0], [[-0.5]], [[0.2]]], 0.1, r"min_x g\(x\) - x <= 0 must hold, got 0.68"),
        ([[0.0], [[-0.5]], [[0.2]]], 5.0, r"\|\|x_0\|\| / r_\+ <= 1 must hold, got 2"),
        ([[0.0], [[-1.5]], [[0.2]]], 0.1, r"<= 1 must hold, got 3.\d+; lower the learning rate"),
    ],
)
def test_outside_its_assumptions_it_is_refused_with_the_number(F, x0, message):
    system = qgd.PolynomialMap([np.array(Fk) for Fk in F])
    with pytest.raises(qgd.QGDError, match=message):
        first_order_closed_bounds(system, 3, [x0], 5)
    outcome = first_order_closed_bounds(system, 3, [x0], 5, throw=False)
    assert outcome is qgd.Outcome.NOT_APPLICABLE


def test_affine_maps_have_no_truncation():
    affine = qgd.PolynomialMap([[0.1], [[-0.5]]])
    assert first_order_closed_bounds(affine, 2, [0.3], 5)[0].value == 0.0
