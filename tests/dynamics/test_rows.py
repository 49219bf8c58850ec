"""Rows in registers against slices of NumPy, at every length and both types."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError
from strategies import seeds

from qgd.dynamics.rows import MATH, convolved, fetch, first, load, store, total

RANKS = (1, 2, 3, 4, 5, 8, 13, 17, 33)


@cache
def combined() -> Any:
    @njit
    def run(a, b, scale, place, ranks, out):  # type: ignore[no-untyped-def]
        x, y = load(a, place, ranks), load(b, place, ranks)
        both = x * y
        both += scale * x
        fetch(np.uint64(10**6), ranks, a, b)  # far beyond both
        store(out, place, both + y)
        store(out, place + np.uint64(len(ranks)), total(x))
        store(b, place, convolved(x, y))
        return first(y)

    return run


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rank", RANKS)
def test_rows_are_slices(rank: int, dtype: type) -> None:
    rng = np.random.default_rng(rank)
    for begin in (0, 1, rank):
        a, b = rng.standard_normal((2, begin + 2 * rank)).astype(dtype)
        out = np.full(begin + 2 * rank + 1, 7, dtype)
        y = b[begin : begin + rank].copy()
        here = combined()(a, b, dtype(1.5), np.uint64(begin), (0,) * rank, out)
        x, series = a[begin : begin + rank], b[begin : begin + rank]
        near = {"rtol": 8 * np.finfo(dtype).eps, "atol": 8 * rank * np.finfo(dtype).eps}
        assert here == y[0]
        untouched = out.take([*range(begin), -1])
        assert (untouched == 7).all()
        np.testing.assert_allclose(out[begin : begin + rank], x * y + dtype(1.5) * x + y, **near)
        np.testing.assert_allclose(out[begin + rank : -1], np.full(rank, x.sum()), **near)
        np.testing.assert_allclose(series, [0, *np.convolve(x, y)[: rank - 1]], **near)


def test_places_that_are_none_are_refused() -> None:
    a, out, begin = np.ones(8), np.ones(20), np.uint64(0)
    frozen = np.ones(20)
    frozen.setflags(write=False)
    for arguments in (
        (a[::2], a[:4], 1.0, begin, (0, 0), out),
        (a, a, 1.0, begin, (0, 0), out[::2]),
        (a, a, 1.0, begin, (0, 0), out.astype(np.float32)),
        (a, a, 1.0, begin, (0, 0), frozen),
        (a, a, 1.0, np.int64(0), (0, 0), out),
        (a.astype(int), a, 1.0, begin, (0, 0), out),
    ):
        with pytest.raises(TypingError):
            combined()(*arguments)


def test_what_is_not_finite_keeps_its_meaning_by_the_flags_too() -> None:
    assert not {"nnan", "ninf", "fast"} & set(MATH)


@given(st.sampled_from(RANKS), st.sampled_from([np.nan, np.inf]), seeds())
def test_what_is_not_finite_stays_so(rank: int, odd: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, rank))
    a[rng.integers(rank)] = odd
    out = np.zeros(2 * rank)
    combined()(a, b, 1.0, np.uint64(0), (0,) * rank, out)
    assert not np.isfinite(out[rank:]).any()
    assert np.isfinite(out[:rank]).sum() == rank - 1
