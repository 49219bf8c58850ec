"""Layered networks with polynomial activation, against a direct forward pass."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from differences import derivative
from hypothesis import given, settings
from hypothesis import strategies as st

import qgd
from qgd.problem.networks import quadratic_network


def direct(w: np.ndarray, X: np.ndarray, Y: np.ndarray, layers: list, a: list[float]) -> float:
    values, place = X, 0
    for index, (mask, bias) in enumerate(layers):
        if index:
            values = sum(c * values**k for k, c in enumerate(a))
        W = np.zeros(mask.shape)
        W[mask] = w[place : place + mask.sum()]
        place += mask.sum()
        values = values @ W.T
        if bias is not None:
            b = np.zeros(len(bias))
            b[bias] = w[place : place + bias.sum()]
            place += bias.sum()
            values = values + b
    return float(((values - Y) ** 2).sum() / (2 * len(X)))


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.sampled_from([(2, 1), (2, 3, 2), (3, 2, 1), (2, 2, 2, 1)]),
    keep=st.sampled_from([0.5, 0.8, 1.0]),
    biased=st.booleans(),
)
def test_loss_equals_the_forward_pass(
    seed: int, sizes: tuple[int, ...], keep: float, biased: bool
) -> None:
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(4, sizes[0])), rng.normal(size=(4, sizes[-1]))
    layers = []
    for i, o in itertools.pairwise(sizes):
        mask = rng.random((o, i)) < keep
        mask[0, 0] = True
        layers.append((mask, rng.random(o) < keep if biased else None))
    a = [0.3, -0.5, 0.7]
    loss = qgd.polynomial_network(X, Y, layers, a)
    w = rng.normal(size=loss.num_weights) * 0.7
    assert loss.value(w) == pytest.approx(direct(w, X, Y, layers, a), rel=1e-10, abs=1e-12)


def test_fixed_readout_is_the_quadratic_network() -> None:
    rng = np.random.default_rng(1)
    X, y, a = rng.normal(size=(5, 3)), rng.normal(size=5), np.array([1.0, -1.0])
    layers = [(np.ones((2, 3), bool), None), (np.ones((1, 2), bool), None)]
    full = qgd.polynomial_network(X, y[:, None], layers, [0, 0, 1], ridge=0.2)
    assert full.degree == 6
    fixed = quadratic_network(X, y, a, ridge=0.2)
    w = rng.normal(size=6)
    extra = 0.1 * float(a @ a)
    assert full.value(np.append(w, a)) == pytest.approx(fixed.value(w) + extra)
    slope = full.gradient(np.append(w, a))[:6]
    assert np.allclose(slope, fixed.gradient(w))
    assert np.allclose(slope, derivative(fixed.value, w, 1e-2), atol=1e-9)


def test_bad_masks_are_refused() -> None:
    X, Y, one = np.ones((2, 2)), np.ones((2, 1)), np.ones((1, 2), bool)
    with pytest.raises(ValueError, match=r"`layers\[0\]` must be a boolean mask of shape \(out, 2"):
        qgd.polynomial_network(X, Y, [(np.ones((1, 3), bool), None)], [0, 1])
    with pytest.raises(ValueError, match="masks that keep nothing"):
        qgd.polynomial_network(X, Y, [(~one, None)], [0, 1])
    with pytest.raises(ValueError, match="one column for each of 1 outputs"):
        qgd.polynomial_network(X, np.ones((2, 2)), [(one, None)], [0, 1])
