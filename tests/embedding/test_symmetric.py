"""Assembly in monomials against the Kronecker definition."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from strategies import polynomial_maps, polynomial_systems

import qgd
from qgd.embedding import symmetric
from qgd.embedding.monomials import MonomialBasis


def words_of_monomials(n, order):
    """Kronecker vector of a vector of monomials: every word takes the value of its monomial."""
    basis = MonomialBasis(n, order)
    rows = []
    for k, level in enumerate(basis.levels, start=1):
        place = {tuple(word): level.start + r for r, word in enumerate(basis.words(k))}
        rows += [place[tuple(sorted(w))] for w in itertools.product(range(n), repeat=k)]
    return csr_array((np.ones(len(rows)), (range(len(rows)), rows)))


def check_against_kronecker(system, order, form):
    kronecker = qgd.carleman(system, order, form=form, scale=1.5)
    monomials = qgd.carleman(system, order, form=form, scale=1.5, basis="symmetric")
    E = words_of_monomials(system.num_variables, order)
    difference = kronecker.matrix @ E - E @ monomials.matrix
    size = max(1.0, abs(kronecker.matrix).max())
    assert abs(difference).max() <= 1e-12 * size
    np.testing.assert_allclose(E @ monomials.offset, kronecker.offset, rtol=0, atol=1e-13)
    merged = monomials.matrix.copy()
    merged.sum_duplicates()
    assert merged.nnz == monomials.matrix.nnz
    x = np.linspace(-1, 1, system.num_variables)
    np.testing.assert_allclose(E @ monomials.lift(x), kronecker.lift(x), rtol=1e-13, atol=0)
    np.testing.assert_array_equal(monomials.project(monomials.lift(x)), x)

    isometric = qgd.carleman(system, order, form=form, scale=1.5, basis="isometric")
    V = E.toarray() / np.sqrt(E.sum(axis=0))
    np.testing.assert_allclose(
        isometric.matrix.toarray(), V.T @ kronecker.matrix @ V, rtol=0, atol=1e-12 * size
    )
    np.testing.assert_allclose(isometric.offset, V.T @ kronecker.offset, rtol=0, atol=1e-12)
    for a, b in zip(isometric.levels, kronecker.levels, strict=True):
        norms = np.linalg.norm(isometric.lift(x)[a]), np.linalg.norm(kronecker.lift(x)[b])
        assert norms[0] == pytest.approx(norms[1], rel=1e-12)


@given(polynomial_systems(4, 4), st.integers(1, 4))
def test_flow_in_monomials_is_that_of_the_kronecker_basis(flow, order):
    check_against_kronecker(flow, order, "exact")


@given(polynomial_maps(4, 4), st.integers(1, 4), st.sampled_from(["exact", "first_order"]))
def test_map_in_monomials_is_that_of_the_kronecker_basis(step, order, form):
    check_against_kronecker(step, order, form)


@pytest.mark.parametrize("n", [1, 11])
def test_cubic_terms_and_full_diagonals_are_kept(n):
    rng = np.random.default_rng(n)
    F = [np.zeros(n), rng.normal(size=(n, n)), np.zeros((n, n**2)), np.zeros((n, n**3))]
    F[3][0, -1], F[3][-1, 0] = 2.0, -3.0
    check_against_kronecker(qgd.PolynomialSystem(F), 3, "exact")


def test_fields_without_diagonal_store_none():
    rotation = qgd.PolynomialSystem([np.zeros(2), [[0.0, 1.0], [-1.0, 0.0]]])
    matrix = qgd.carleman(rotation, 3, basis="symmetric").matrix
    assert np.count_nonzero(matrix.data) == matrix.nnz


def test_parallel_assembly_is_the_serial_one(monkeypatch):
    rng = np.random.default_rng(1)
    F2 = rng.normal(size=(6, 36)) * (rng.random((6, 36)) < 0.3)
    flow = qgd.PolynomialSystem([rng.normal(size=6), rng.normal(size=(6, 6)), F2])
    serial = qgd.carleman(flow, 4, basis="symmetric").matrix
    monkeypatch.setattr(symmetric, "_SERIAL", 0)
    parallel = qgd.carleman(flow, 4, basis="symmetric").matrix
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(serial, name), getattr(parallel, name))


def test_lift_that_exceeds_the_memory_is_refused_with_the_largest_order_that_fits():
    flow = qgd.PolynomialSystem([np.zeros(300), -np.eye(300), csr_array((300, 90_000))])
    with pytest.raises(qgd.QGDError, match=r"order 9 in 300 .* lower the order to \d or") as caught:
        qgd.carleman(flow, 9, basis="symmetric")
    fits = int(re.search(r"order to (\d)", str(caught.value))[1])
    assert 2 <= fits < 9
