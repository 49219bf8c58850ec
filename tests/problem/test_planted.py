"""Planted ratings: exact factors, constant degrees, communities inside their windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qgd
from qgd.core.outcome import QGDError


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 3), st.integers(1, 4))
def test_ratings_are_the_products_of_the_factors(
    users: int, items: int, rank: int, per_user: int
) -> None:
    per_user = min(per_user, items)
    ratings, weights = qgd.planted_ratings(users, items, rank, per_user=per_user)
    u, v = np.split(weights.reshape(-1, rank), [users])
    seen = ~np.isnan(ratings.dense())
    np.testing.assert_allclose(ratings.dense()[seen], (u @ v.T)[seen], atol=1e-14)
    assert (ratings.degrees[0] == per_user).all()
    assert seen.sum() == users * per_user
    if users == items:
        assert (ratings.degrees[1] == per_user).all()


def test_a_window_keeps_users_and_items_together() -> None:
    ratings, _ = qgd.planted_ratings(1000, 1000, window=16)
    distance = (ratings.items.astype(int) - ratings.users) % 1000
    assert np.minimum(distance, 1000 - distance).max() < 32


def test_noise_and_single_precision() -> None:
    exact, weights = qgd.planted_ratings(5000, 40, dtype="float32")
    noisy, _ = qgd.planted_ratings(5000, 40, noise=0.5, dtype="float32")
    assert exact.values.dtype == weights.dtype == noisy.values.dtype == np.float32
    assert 0.45 < float(np.std(noisy.values - exact.values)) < 0.55


def test_the_seed_decides() -> None:
    first, second = (qgd.planted_ratings(50, 50, rng=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    assert (qgd.planted_ratings(50, 50, rng=4)[0].values != first.values).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rank": 0}, "`rank` must be at least 1"),
        ({"per_user": 0}, "`per_user` must be at least 1"),
        ({"per_user": 5, "window": 4}, "`window` must be at least 5, got 4; widen"),
        ({"num_items": 3, "window": 4}, "`window` must be at most 3"),
        ({"num_items": 3}, "`window` must be at least 4, got 3; widen the window or lower"),
        ({"noise": -1.0}, "`noise` must be at least 0"),
        ({"dtype": "int8"}, "`dtype` must be one of float32, float64"),
    ],
)
def test_bad_sizes_are_refused(arguments, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        qgd.planted_ratings(**{"num_users": 10, "num_items": 10, **arguments})


def test_what_does_not_fit_is_refused_before_allocation() -> None:
    with pytest.raises(QGDError, match="lower num_users, or take float32"):
        qgd.planted_ratings(10**11, 10**3)
