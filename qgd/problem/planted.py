"""Synthetic ratings with known factors: the embedded default of matrix factorisation."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qgd.core.checks import check_choice, check_integer, check_memory, check_real
from qgd.problem.ratings import Ratings, check_32_bits

_ROWS = 1 << 18  # users whose ratings are computed at a time


def planted_ratings(
    num_users: int = 1000,
    num_items: int = 1000,
    rank: int = 2,
    *,
    per_user: int = 4,
    window: int | None = None,
    noise: float = 0.0,
    dtype: Literal["float32", "float64"] = "float64",
    rng: int | np.random.Generator | None = 0,
) -> tuple[Ratings, NDArray[Any]]:
    """Draw factors and observe r_ij = u_i . v_j + noise where a user meets an item.

    Every user has exactly `per_user` observations, and so has every item when there are as many
    items as users: the degrees that keep the rows of F_1 and F_3 short whatever the size. User i
    rates items of a window around i num_items / num_users, shuffled inside: communities whose
    order is known. ``window=num_items`` is a graph without communities.

    Parameters
    ----------
    num_users, num_items, rank : int
        Sizes, at least 1.
    per_user : int
        Observations of a user, at most `window`.
    window : int, optional
        By default 32, or `per_user` or `num_items` where these forbid it.
    noise : float
        Standard deviation of a Gaussian error, at least 0.
    dtype : str
        Of ratings and weights.
    rng : int or Generator, optional
        Source of all draws.

    Returns
    -------
    ratings : Ratings
    weights : ndarray, shape ((num_users + num_items) * rank,)
        The planted factors, users first, of variance 0.36: without noise a global minimum.

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` before allocation.

    Examples
    --------
    >>> ratings, weights = planted_ratings(6, 6, per_user=2, window=3)
    >>> ratings.degrees[1], weights.shape
    (array([2, 2, 2, 2, 2, 2]), (24,))
    """
    check_integer("num_users", num_users, 1)
    check_integer("num_items", num_items, 1)
    check_integer("rank", rank, 1)
    check_integer("per_user", per_user, 1)
    check_real("noise", noise, at_least=0)
    check_choice("dtype", dtype, ("float32", "float64"))
    width = min(max(32, per_user), num_items) if window is None else window
    check_integer("window", width, per_user, "widen the window or lower per_user")
    if width > num_items:
        raise ValueError(f"`window` must be at most {num_items}, the items, got {width}")
    kind = np.dtype(dtype)
    observations = num_users * per_user
    check_memory(
        4.0 * (num_users + 2 * num_items)
        + (4.0 + kind.itemsize) * observations
        + kind.itemsize * (num_users + num_items) * rank,
        f"{observations} ratings of {num_users} users and {num_items} items",
        "lower num_users, or take float32",
    )
    check_32_bits(num_users, num_items, observations)
    generator = np.random.default_rng(rng)
    weights = generator.standard_normal((num_users + num_items) * rank, dtype=kind.type)
    weights *= kind.type(0.6)
    offsets = np.sort(generator.choice(width, per_user, replace=False))
    shuffled = _shuffled_in_windows(num_items, width, generator)
    pointer = np.arange(0, observations + 1, per_user, dtype=np.uint32)
    items = np.empty((num_users, per_user), dtype=np.uint32)
    values = np.empty((num_users, per_user), dtype=kind)
    u = weights[: num_users * rank].reshape(num_users, rank)
    v = weights[num_users * rank :].reshape(num_items, rank)
    for begin in range(0, num_users, _ROWS):
        rows = slice(begin, min(begin + _ROWS, num_users))
        center = np.arange(rows.start, rows.stop) * num_items // num_users
        items[rows] = np.sort(shuffled[(center[:, None] + offsets) % num_items], axis=1)
        values[rows] = np.einsum("ia,ija->ij", u[rows], v[items[rows]])
        if noise > 0:
            values[rows] += noise * generator.standard_normal(values[rows].shape)
    return Ratings(pointer, items.ravel(), values.ravel(), num_items), weights


def _shuffled_in_windows(
    count: int, width: int, generator: np.random.Generator
) -> NDArray[np.uint32]:
    """A permutation that moves nothing out of its block of `width`."""
    order = np.arange(count, dtype=np.uint32)
    whole = count // width * width
    blocks = order[:whole].reshape(-1, width)
    generator.permuted(blocks, axis=1, out=blocks)
    generator.shuffle(order[whole:])
    return order
