"""Pruning keeps the largest weights and the restored vector has the same loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import logistic_losses, polynomial_losses, vectors

from qgd.problem.logistic import LogisticLoss
from qgd.problem.losses import least_squares
from qgd.problem.pruning import Mask, prune


@st.composite
def prunings(draw):
    loss = draw(st.one_of(polynomial_losses(), logistic_losses()))
    weights = draw(vectors(loss.num_weights, 3.0))
    return loss, weights, draw(st.integers(1, loss.num_weights)), draw(vectors(loss.num_weights))


@given(prunings())
def test_kept_weights_are_the_largest_in_magnitude(case):
    loss, weights, keep, _ = case
    _, mask = prune(loss, weights, keep)
    dropped = np.delete(weights, mask.indices)
    assert len(mask.indices) == keep
    assert (np.diff(mask.indices) > 0).all()
    assert np.abs(dropped).max(initial=0.0) <= np.abs(weights[mask.indices]).min()


@given(prunings())
def test_pruned_loss_is_the_loss_of_the_restored_weights(case):
    loss, weights, keep, point = case
    small, mask = prune(loss, weights, keep)
    kept = point[:keep]
    full = mask.restore(kept)
    assert type(small) is type(loss)
    assert small.value(kept) == pytest.approx(loss.value(full), abs=1e-11)
    np.testing.assert_allclose(
        small.gradient(kept), mask.apply(loss.gradient(full)), rtol=1e-11, atol=1e-11
    )


@given(prunings())
def test_restoring_undoes_applying_up_to_the_pruned_weights(case):
    loss, weights, keep, point = case
    _, mask = prune(loss, weights, keep)
    np.testing.assert_array_equal(mask.apply(mask.restore(point[:keep])), point[:keep])
    kept = np.isin(np.arange(loss.num_weights), mask.indices)
    np.testing.assert_array_equal(mask.restore(mask.apply(weights)), np.where(kept, weights, 0.0))
    assert mask.sparsity == pytest.approx(1 - keep / loss.num_weights)


def test_ties_go_to_the_lower_index():
    _, mask = prune(least_squares(np.eye(4), np.zeros(4)), [1.0, -2.0, 2.0, 2.0], keep=2)
    np.testing.assert_array_equal(mask.indices, [1, 2])


def test_pruned_logistic_loss_has_the_kept_columns():
    X = np.arange(6.0).reshape(2, 3)
    loss, mask = prune(LogisticLoss(X, np.array([0.0, 1.0]), 0.2), [5.0, 0.0, -7.0], keep=2)
    np.testing.assert_array_equal(loss.features, X[:, [0, 2]])
    assert (loss.ridge, mask.num_weights) == (0.2, 3)


def test_number_of_kept_weights_must_fit():
    loss = least_squares(np.eye(2), np.zeros(2))
    with pytest.raises(ValueError, match="`keep` must be at most 2, the number of weights, got 3"):
        prune(loss, [1.0, 2.0], keep=3)
    with pytest.raises(ValueError, match="`keep` must be at least 1, got 0"):
        prune(loss, [1.0, 2.0], keep=0)


def test_vectors_of_the_wrong_length_are_refused():
    mask = Mask(np.array([0, 2]), 3)
    with pytest.raises(ValueError, match=r"`weights` must have shape \(3\), got \(2,\)"):
        mask.apply([1.0, 2.0])
    with pytest.raises(ValueError, match=r"`kept` must have shape \(2\), got \(3,\)"):
        mask.restore([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"`weights` must have shape \(2\), got \(1,\)"):
        prune(least_squares(np.eye(2), np.zeros(2)), [1.0], keep=1)
