"""The factorised loss against its own monomials, and derivatives against differences."""

from __future__ import annotations

import ctypes
import math
import mmap
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, observed_ratings, reals, seeds, vectors

import qgd
from qgd.core.outcome import QGDError
from qgd.dynamics import factorisation
from qgd.dynamics.factorisation import FactorisationHessian
from qgd.problem.ratings import Ratings


@st.composite
def losses(draw: st.DrawFn, max_rank: int = 3) -> qgd.SparseFactorisation:
    return qgd.SparseFactorisation(
        draw(observed_ratings()), draw(st.integers(1, max_rank)), draw(reals(0, 1))
    )


def points(loss: qgd.SparseFactorisation, seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, loss.num_weights))


@given(losses(), seeds())
def test_value_gradient_and_hessian_are_those_of_the_monomials(
    loss: qgd.SparseFactorisation, seed: int
) -> None:
    (w,) = points(loss, seed, 1)
    dense = loss.polynomial()
    assert loss.value(w) == pytest.approx(dense.value(w), rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(loss.gradient(w), dense.gradient(w), atol=1e-12)
    np.testing.assert_allclose(loss.hessian(w), dense.hessian(w), atol=1e-12)


@given(observed_ratings(), reals(0, 1), seeds())
def test_it_is_the_mean_loss_times_the_observations(
    ratings: Ratings, ridge: float, seed: int
) -> None:
    m = ratings.num_observations
    loss = qgd.SparseFactorisation(ratings, 2, m * ridge)
    mean = qgd.matrix_factorisation(
        ratings.users, ratings.items, ratings.values, ratings.shape, 2, ridge
    )
    (w,) = points(loss, seed, 1)
    assert loss.value(w) == pytest.approx(m * mean.value(w), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("rank", [17, 64, 65, 100])
def test_long_rows_have_the_derivatives_of_short_ones(rank: int) -> None:
    """Turned by an isometry into more dimensions, rows keep their products."""
    ratings, _ = qgd.planted_ratings(9, 7, 3, noise=1.0)
    small, large = (qgd.SparseFactorisation(ratings, r, 0.3) for r in (3, rank))
    spread = np.linalg.qr(np.random.default_rng(0).standard_normal((rank, 3)))[0].T  # isometry
    w, x, y, z = points(small, 0, 4)
    W, X, Y, Z = ((v.reshape(-1, 3) @ spread).ravel() for v in (w, x, y, z))
    np.testing.assert_allclose(large.residual(W), small.residual(w), atol=1e-12)
    for wide, narrow in (
        (large.gradient(W), small.gradient(w)),
        (large.hessian_product(W)(X), small.hessian_product(w)(x)),
        (large.fourth(X, Y, Z), small.fourth(x, y, z)),
    ):
        np.testing.assert_allclose(
            wide.reshape(-1, rank) @ spread.T, narrow.reshape(-1, 3), atol=1e-10
        )
        assert np.linalg.norm(wide) == pytest.approx(np.linalg.norm(narrow), rel=1e-10)


def test_the_value_is_summed_in_double_precision() -> None:
    count = 4096
    values = np.full(count, 1e-2, dtype=np.float32)
    values[0] = 1e2  # in single precision what follows would vanish beside its square
    ratings = Ratings.from_observations(
        np.arange(count), np.zeros(count, int), values, dtype="float32"
    )
    loss = qgd.SparseFactorisation(ratings, 2)
    truth = 0.5 * float((values.astype(np.float64) ** 2).sum())
    assert loss.value(np.zeros(loss.num_weights)) == pytest.approx(truth, rel=1e-9)


@given(losses(), seeds(), st.sampled_from(["float32", "float64"]))
def test_fetching_ahead_changes_no_bit(
    loss: qgd.SparseFactorisation, seed: int, dtype: str
) -> None:
    found = []
    for limit in (-1, math.inf):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(factorisation, "_CACHE", limit)
            ratings = replace(loss.ratings, values=loss.ratings.values.astype(dtype))
            here = qgd.SparseFactorisation(ratings, loss.rank, loss.ridge)
            assert here.access[2] == (limit < 0)
            w, x, y, z = points(here, seed, 4).astype(dtype)
            parts = here.residual(w), here.gradient(w), here.hessian_product(w)(x)
            found.append(np.concatenate((*parts, here.fourth(x, y, z))))
    np.testing.assert_array_equal(*found)


def guarded(array: np.ndarray) -> np.ndarray:
    """A copy whose end is the end of the memory that may be read."""
    pages = -(-array.nbytes // mmap.PAGESIZE) + 1
    memory = mmap.mmap(-1, pages * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    last = address + (pages - 1) * mmap.PAGESIZE
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(last), mmap.PAGESIZE, 0) == 0
    offset = (pages - 1) * mmap.PAGESIZE - array.nbytes
    copy = np.frombuffer(memory, dtype=array.dtype, count=array.size, offset=offset)
    copy[:] = array
    return copy


@pytest.mark.skipif(sys.platform != "linux", reason="mprotect of the C library")
@pytest.mark.parametrize("limit", [-1, math.inf])
@pytest.mark.parametrize("users", [[0], [0, 0, 3], [1, 1, 1, 1, 1, 5, 5, 5, 6, 6]])
def test_nothing_is_read_beyond_an_array(
    users: list[int], limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factorisation, "_CACHE", limit)
    plain = Ratings.from_observations(users, np.arange(len(users)), np.ones(len(users)))
    arrays = (guarded(part) for part in (plain.pointer, plain.items, plain.values))
    loss = qgd.SparseFactorisation(Ratings(*arrays, plain.num_items), 2)
    usual = qgd.SparseFactorisation(plain, 2)
    w, x, y, z = points(loss, 0, 4)
    product = loss.hessian_product(guarded(w))
    np.testing.assert_allclose(product(guarded(x)), usual.hessian_product(w)(x), rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(guarded(w)), usual.gradient(w), rtol=1e-12)
    fourth = loss.fourth(guarded(x), guarded(y), guarded(z))
    np.testing.assert_allclose(fourth, usual.fourth(x, y, z), rtol=1e-12)


def test_where_the_items_lie_decides_what_is_fetched() -> None:
    users = 100_000
    for window, scattered in ((None, False), (users, True)):
        ratings, _ = qgd.planted_ratings(users, users, 2, window=window)
        assert qgd.SparseFactorisation(ratings, 2).access[2] is scattered
        assert (ratings.item_spread() > users / 10) is scattered
    one = Ratings.from_observations([2], [1], [1.0], (5, 3))  # nobody else has an observation
    assert one.item_spread() == 0
    long = Ratings.from_observations(
        np.repeat(range(9), 40), np.tile(range(0, 400, 10), 9), np.ones(360)
    )
    assert 50 < long.item_spread() < 400  # users with many items, all over the place


@given(losses(), seeds())
def test_products_are_differences_of_the_order_below(
    loss: qgd.SparseFactorisation, seed: int
) -> None:
    w, x, y, z = points(loss, seed, 4)
    h = 1e-5
    product = loss.hessian_product(w)
    slope = (loss.gradient(w + h * x) - loss.gradient(w - h * x)) / (2 * h)
    np.testing.assert_allclose(product(x), slope, atol=1e-6)
    # The Hessian is quadratic in w: central differences of any width are exact.
    third = (loss.hessian_product(w + x)(y) - loss.hessian_product(w - x)(y)) / 2
    np.testing.assert_allclose(loss.fourth(w, x, y), third, atol=1e-11)
    fourth = loss.fourth(w + z, x, y) - loss.fourth(w, x, y)
    np.testing.assert_allclose(loss.fourth(x, y, z), fourth, atol=1e-11)


@given(losses(), seeds())
def test_the_product_is_symmetric_and_the_ridge_shifts_it(
    loss: qgd.SparseFactorisation, seed: int
) -> None:
    w, x, y = points(loss, seed, 3)
    product = loss.hessian_product(w)
    assert float(y @ product(x)) == pytest.approx(float(x @ product(y)), rel=1e-10, abs=1e-10)
    plain = qgd.SparseFactorisation(loss.ratings, loss.rank).hessian_product(w)
    np.testing.assert_allclose(product(x), plain(x) + loss.ridge * x, atol=1e-12)


@given(vectors(20), st.integers(1, 3))
def test_single_precision_agrees_to_its_accuracy(x: np.ndarray, rank: int) -> None:
    ratings, w = qgd.planted_ratings(12, 8, rank, noise=0.3, window=5)
    single, v = qgd.planted_ratings(12, 8, rank, noise=0.3, window=5, dtype="float32")
    x = np.resize(x, w.size)
    narrow = Ratings(
        ratings.pointer, ratings.items, ratings.values.astype(np.float32), ratings.num_items
    )
    exact = qgd.SparseFactorisation(ratings, rank, 0.1).hessian_product(w)(x)
    rough = qgd.SparseFactorisation(narrow, rank, 0.1).hessian_product(w)(x)
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, exact, atol=1e-4)
    assert single.values.dtype == v.dtype


def test_a_product_overwrites_what_it_is_given() -> None:
    ratings, w = qgd.planted_ratings(9, 7, noise=1.0)
    for rank in (2, 3):
        loss = qgd.SparseFactorisation(ratings, rank)
        x, w = np.random.default_rng(0).normal(size=(2, loss.num_weights))
        product = loss.hessian_product(w)
        out = np.full_like(x, np.nan)
        assert product(x, out) is out
        np.testing.assert_array_equal(out, product(x))
        with pytest.raises(ValueError, match="`out` must not overlap `x`"):
            product(x, x)
        with pytest.raises(ValueError, match="`out` must be contiguous and writeable"):
            product(x, np.zeros((len(x), 2))[:, 0])
        with pytest.raises(ValueError, match="`out` must not overlap `weights`"):
            product(x, product.weights)
        np.testing.assert_array_equal(product(np.array([x, x]).T[:, 0]), out)
        every_other = np.repeat(w, 2)[::2]
        np.testing.assert_array_equal(
            loss.adjoint(product.residual, every_other), loss.adjoint(product.residual, w)
        )
        with pytest.raises(ValueError, match="`x` and `out` must have shape"):
            product(x[1:])


def test_arrays_of_the_wrong_size_never_reach_the_kernels() -> None:
    ratings, w = qgd.planted_ratings(5, 5, per_user=2)
    loss = qgd.SparseFactorisation(ratings, 2)
    for s, y, message in (
        (np.ones(3), w, r"`s` must have shape \(10,\)"),
        (np.ones(10), w[1:], r"`y` must have shape \(20,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            loss.adjoint(s, y)
    with pytest.raises(ValueError, match=r"`residual` must have shape \(10,\)"):
        FactorisationHessian(loss, w, np.ones(9))
    rounded = loss.adjoint(np.ones(10, dtype=np.float32), np.ones(20, dtype=int))
    np.testing.assert_array_equal(rounded, loss.adjoint(np.ones(10), np.ones(20)))


@given(st.integers(5, 60), st.integers(1, 3))
@fewer(3)
def test_row_sparsity_does_not_depend_on_the_size(users: int, rank: int) -> None:
    ratings, w = qgd.planted_ratings(users, users, rank, noise=0.1)
    loss = qgd.SparseFactorisation(ratings, rank)
    assert loss.row_sparsity() == (0, 4, 0, 4 * rank)
    if users <= 12:
        n = loss.num_weights
        for pivot in (False, True):
            dense = loss.polynomial()
            terms = (dense.shift(w) if pivot else dense).gradient_terms()
            found: list[set[tuple[int, ...]]] = [set() for _ in range(4)]
            for rows, words, _ in terms:
                letters = np.column_stack((rows, np.sort(words, axis=1)))
                found[words.shape[1]].update(map(tuple, letters.tolist()))
            counts = [np.bincount([key[0] for key in keys], minlength=n) for keys in found]
            largest = np.array([count.max() for count in counts])
            assert (largest <= loss.row_sparsity(pivot=pivot)).all()
            assert (largest == loss.row_sparsity(pivot=pivot))[[1, 3]].all()


def test_bad_arguments_are_refused() -> None:
    ratings, w = qgd.planted_ratings(6, 6)
    with pytest.raises(ValueError, match="`rank` must be at least 1, got 0"):
        qgd.SparseFactorisation(ratings, 0)
    with pytest.raises(ValueError, match="`ridge` must be at least 0"):
        qgd.SparseFactorisation(ratings, 2, -1.0)
    with pytest.raises(TypeError, match="`ratings` must be a Ratings"):
        qgd.SparseFactorisation(ratings.dense(), 2)  # type: ignore[arg-type]
    loss = qgd.SparseFactorisation(ratings, 2)
    with pytest.raises(ValueError, match=r"`weights` must have shape \(24,\)"):
        loss.value(w[1:])
    with pytest.raises(ValueError, match="`weights` must be finite"):
        loss.gradient(np.where(w == w[0], np.inf, w))
    large, v = qgd.planted_ratings(300_000, 300_000)
    with pytest.raises(QGDError, match="hessian_product"):
        qgd.SparseFactorisation(large, 2).hessian(v)
