"""Ratings: any order in, sorted out; permutations lose nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import observed_ratings, seeds

import qgd
from qgd.problem.ratings import Ratings


@given(observed_ratings(), seeds())
def test_the_order_of_the_observations_does_not_matter(ratings: Ratings, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(ratings.num_observations)
    again = Ratings.from_observations(
        ratings.users[order], ratings.items[order], ratings.values[order], ratings.shape
    )
    np.testing.assert_array_equal(again.dense(), ratings.dense())
    for name in ("pointer", "items", "values"):
        np.testing.assert_array_equal(getattr(again, name), getattr(ratings, name))


@given(observed_ratings(), seeds())
def test_permuting_moves_entries_and_names(ratings: Ratings, seed: int) -> None:
    rng = np.random.default_rng(seed)
    users, items = rng.permutation(ratings.num_users), rng.permutation(ratings.num_items)
    moved = ratings.permuted(users, items)
    np.testing.assert_array_equal(moved.dense(), ratings.dense()[users][:, items])
    for i in range(moved.num_users):
        row = moved.items[moved.pointer[i] : moved.pointer[i + 1]]
        assert (np.diff(row.astype(int)) > 0).all()


def test_names_follow_a_permutation() -> None:
    ratings = Ratings(
        np.array([0, 1, 2], np.uint32), np.array([0, 1], np.uint32), np.ones(2), 2, ("a", "b"),
        ("x", "y"),
    )  # fmt: skip
    moved = ratings.permuted([1, 0], [0, 1])
    assert moved.user_names == ("b", "a")
    assert moved.item_names == ("x", "y")


@given(observed_ratings())
def test_degrees_count_the_observations(ratings: Ratings) -> None:
    seen = ~np.isnan(ratings.dense())
    np.testing.assert_array_equal(ratings.degrees[0], seen.sum(axis=1))
    np.testing.assert_array_equal(ratings.degrees[1], seen.sum(axis=0))


def test_reordering_finds_hidden_communities() -> None:
    ratings, _ = qgd.planted_ratings(600, 600, per_user=3, window=6)
    rng = np.random.default_rng(1)
    hidden = ratings.permuted(rng.permutation(600), rng.permutation(600))
    found, users, items = hidden.reordered()
    np.testing.assert_array_equal(found.dense(), hidden.dense()[users][:, items])

    def distance(data: Ratings) -> float:
        return float(np.median(np.abs(data.users - data.items.astype(int))))

    assert distance(hidden) > 100
    assert distance(found) < 20


@given(st.sampled_from(["mean", "last"]))
def test_repeated_pairs_follow_the_policy(policy: str) -> None:
    ratings = Ratings.from_observations(
        [1, 0, 1, 1], [0, 0, 0, 1], [3.0, 1.0, 5.0, 2.0], duplicates=policy
    )
    expected = {"mean": 4.0, "last": 5.0}[policy]
    np.testing.assert_array_equal(ratings.dense(), [[1.0, np.nan], [expected, 2.0]])


def test_repeated_pairs_are_refused_and_the_remedy_works() -> None:
    data = [1, 1], [0, 0], [3.0, 5.0]
    with pytest.raises(ValueError, match=r"got user 1 and item 0 more .* duplicates=\"mean\""):
        Ratings.from_observations(*data)
    assert Ratings.from_observations(*data, duplicates="mean").num_observations == 1


@pytest.mark.parametrize(
    ("users", "items", "values", "options", "message"),
    [
        ([], [], [], {}, "`values` must have shape"),
        ([0], [0], [np.nan], {}, "`values` must be finite, got nan"),
        ([0, 1], [0], [1.0, 2.0], {}, "must have the same shape"),
        ([0], [3], [1.0], {"shape": (1, 3)}, "`items` must be from 0 to 2, got 3"),
        ([-1], [0], [1.0], {}, "`users` must be from 0"),
        ([0], [0], [1.0], {"shape": (0, 1)}, r"`shape\[0\]` must be at least 1"),
        ([0], [0], [1.0], {"duplicates": "first"}, "`duplicates` must be one of"),
        ([0], [0], [1.0], {"dtype": "float16"}, "`dtype` must be one of float32, float64"),
    ],
)
def test_bad_observations_are_refused(users, items, values, options, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        Ratings.from_observations(users, items, values, **options)


def test_positions_must_be_integers() -> None:
    with pytest.raises(TypeError, match="`users` must be integers"):
        Ratings.from_observations([0.5], [0], [1.0])


def test_a_permutation_names_every_position_once() -> None:
    ratings = Ratings.from_observations([0, 1], [0, 0], [1.0, 2.0])
    with pytest.raises(ValueError, match="`users` must name each of the 2 positions once"):
        ratings.permuted([0, 0], [0])


@pytest.mark.parametrize(
    ("pointer", "items", "count"),
    [([0, 2], [0, 1], 1), ([0, 1], [0, 1], 2), ([0, 2, 1, 2], [0, 1], 2), ([1, 2], [0, 1], 2)],
    ids=["item out of range", "short pointer", "falling pointer", "late start"],
)
def test_rows_that_do_not_fit_together_never_reach_a_kernel(
    pointer: list[int], items: list[int], count: int
) -> None:
    arrays = np.array(pointer, np.uint32), np.array(items, np.uint32), np.ones(len(items))
    with pytest.raises(ValueError, match=r"use Ratings\.from_observations"):
        Ratings(*arrays, count)
    with pytest.raises(ValueError, match=r"use Ratings\.from_observations"):
        Ratings(np.array([0, 1]), np.array([0]), np.ones(1), 1)  # type: ignore[arg-type]
