"""The spectral norm: exact or a bound from above, whichever of the routes is affordable."""

from __future__ import annotations

import math
import tracemalloc
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import block_diag, csr_array, diags_array, eye_array, random_array
from scipy.sparse.linalg import eigsh
from strategies import at_least, matrices, seeds

import qgd.dynamics.operator_norm as module
from qgd.analysis.presets import preset
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.operator_norm import operator_norm
from qgd.dynamics.transforms import shift

ROUNDING = 1e-12
BIG = 10**6
COMPONENTS = {"_DENSE_ROWS": 6, "_TINY_ROWS": 1}
TINY = {"_DENSE_ROWS": 1, "_TINY_ROWS": 6, "_ENTRIES": 0}
FACTOR = {"_DENSE_ROWS": 1, "_TINY_ROWS": 1}
DENSE_PRODUCT = {**FACTOR, "_PRODUCTS": 0}
SCHUR = {**FACTOR, "_ENTRIES": 0}
ALL = {"_DENSE_ROWS": BIG}
NO_GRAM = {**SCHUR, "_PRODUCTS": 0}
FRUSTRATED = np.array([[2.0, -1.0, -1.0], [-1.0, 2.0, -1.0], [-1.0, -1.0, 2.0]])  # |.|: norm 4


def limited(matrix: csr_array, **limits: int) -> float:
    """`operator_norm` with other limits of the work."""
    with patch.multiple(module, **limits):
        return operator_norm(matrix)


def sparse(seed: int) -> csr_array:
    """A random matrix of any shape; some entries are stored twice, some rows are empty."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 13, size=2)
    counts = rng.integers(0, 4, size=rows)
    values = rng.normal(size=counts.sum()) * 10.0 ** rng.integers(-2, 3)
    indices = rng.integers(0, columns, size=counts.sum())
    if rng.random() < 0.3:
        values = np.abs(values)
    return csr_array((values, indices, np.r_[0, np.cumsum(counts)]), shape=(rows, columns))


def blocks(seed: int) -> csr_array:
    """Dense blocks of at most 6 rows along the diagonal, rows and columns shuffled."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, size=(rng.integers(2, 6), 2))
    matrix = csr_array(block_diag([rng.normal(size=size) for size in sizes]))
    matrix = matrix[rng.permutation(matrix.shape[0])]
    return csr_array(matrix[:, rng.permutation(matrix.shape[1])])


def norm(matrix: csr_array) -> float:
    return float(np.linalg.norm(matrix.toarray(), 2))


@given(st.integers(1, 4), st.integers(1, 9), st.data())
def test_the_norm_of_a_small_matrix_is_its_spectral_norm(rows, columns, data):
    M = data.draw(matrices(rows, columns, 3.0))
    assert operator_norm(csr_array(M)) == pytest.approx(np.linalg.norm(M, 2), rel=1e-7)


@given(seeds())
def test_up_to_the_dense_limit_it_is_the_plain_gram_matrix_to_the_last_bit(seed):
    M = sparse(seed)
    plain = max(0.0, float(np.linalg.eigvalsh((M @ M.T).toarray())[-1]))
    assert operator_norm(M) == math.sqrt(plain)


@at_least(200)
@given(
    st.one_of(seeds().map(sparse), seeds().map(blocks)),
    st.integers(0, 6),
    st.integers(1, 4),
    st.sampled_from([0, 40, BIG]),
    st.sampled_from([0, 10, 30, BIG]),
    st.sampled_from([0, 10]),
)
def test_no_limits_of_the_work_bring_it_below_the_norm_or_above_hoelders_bound(
    M, dense_rows, tiny_rows, products, entries, overhead
):
    names = ("_DENSE_ROWS", "_TINY_ROWS", "_PRODUCTS", "_ENTRIES", "_OVERHEAD")
    limits = dict(zip(names, (dense_rows, tiny_rows, products, entries, overhead), strict=True))
    result, absolute = limited(M, **limits), abs(M)
    hoelder = math.sqrt(absolute.sum(axis=0).max() * absolute.sum(axis=1).max())
    assert norm(M) * (1 - ROUNDING) <= result <= hoelder * (1 + ROUNDING)


@given(seeds(), st.floats(0.01, 1.2))
def test_no_guess_of_the_eigenvalue_brings_it_below_the_norm(seed, share):
    M = blocks(seed)
    with patch.object(module, "_ritz_value", lambda gram: share * norm(gram)):
        assert norm(M) * (1 - ROUNDING) <= limited(M, **FACTOR)


@pytest.mark.parametrize("limits", [COMPONENTS, TINY], ids=["one by one", "together"])
@given(seed=seeds())
def test_connected_components_up_to_the_dense_limit_are_exact(limits, seed):
    M = blocks(seed)
    assert limited(M, **limits) == pytest.approx(norm(M), rel=1e-12)


@pytest.mark.parametrize("limits", [FACTOR, DENSE_PRODUCT], ids=["sparse", "dense"])
@given(seed=seeds())
def test_a_factor_is_sharp_to_a_millionth(limits, seed):
    M = sparse(seed)
    assert limited(M, **limits) <= norm(M) * (1 + 0.51e-6)


@given(seeds())
def test_the_schur_test_is_no_worse_than_the_largest_row_sum_of_the_gram_matrix(seed):
    M = sparse(seed)
    M.sum_duplicates()
    gram = np.abs((M @ M.T).toarray())
    assert limited(M, **SCHUR) <= math.sqrt(gram.sum(axis=1).max()) * (1 + ROUNDING)
    product = (abs(M) @ abs(M).T).toarray()
    assert limited(M, **NO_GRAM) <= math.sqrt(product.sum(axis=1).max()) * (1 + ROUNDING)


@given(seeds())
def test_the_schur_test_is_exact_in_the_end_where_nothing_is_negative(seed):
    rng = np.random.default_rng(seed)
    M = csr_array(rng.uniform(0.1, 1.0, size=rng.integers(1, 8, size=2)))
    assert limited(M, **SCHUR) == pytest.approx(norm(M), rel=1e-9)
    assert limited(M, **NO_GRAM) == pytest.approx(norm(M), rel=1e-9)


def test_each_route_is_the_sharper_the_more_it_may_cost():
    """Gram matrix [[6, -3, -3], ...]: eigenvalue 9; row sum 12; |M| |M|^T has the row sum 16."""
    M = csr_array(FRUSTRATED)
    assert operator_norm(M) == limited(M, **COMPONENTS) == pytest.approx(3.0, rel=1e-14)
    assert 3.0 < limited(M, **FACTOR) == pytest.approx(3.0, rel=1e-6)
    assert limited(M, **SCHUR) == pytest.approx(math.sqrt(12), rel=1e-14)
    assert limited(M, **NO_GRAM) == pytest.approx(4.0, rel=1e-14)


def test_components_that_the_work_does_not_reach_keep_their_schur_bound():
    M = csr_array(block_diag([FRUSTRATED, 0.99 * FRUSTRATED, 0.5 * FRUSTRATED]))
    entries = {"_DENSE_ROWS": 3, "_TINY_ROWS": 1, "_OVERHEAD": 0}
    assert limited(M, **entries, _ENTRIES=9) == pytest.approx(3.0, rel=1e-14)
    assert limited(M, **entries, _ENTRIES=8) == pytest.approx(math.sqrt(12), rel=1e-14)
    scarce = {**entries, "_OVERHEAD": 15}
    assert limited(M, **scarce, _ENTRIES=9) == pytest.approx(0.99 * math.sqrt(12), rel=1e-14)


def test_the_other_gram_matrix_serves_where_the_smaller_one_takes_more_products():
    """A full column: M M^T takes 4^2 + 2^2 + 3 products, M^T M takes 3 2^2 + 3^2."""
    M = csr_array(
        [[1, 1, 0, 0, 0], [1, -1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 1, 1]], dtype=float
    )
    assert limited(M, **TINY, _PRODUCTS=22) == pytest.approx(norm(M), rel=1e-12)
    assert limited(M, **TINY, _PRODUCTS=20) > 1.01 * norm(M)


def test_a_dense_product_is_that_of_the_shorter_side():
    M = csr_array(np.random.default_rng(0).normal(size=(12, 3)))
    for matrix in (M, csr_array(M.T)):
        assert limited(matrix, **DENSE_PRODUCT, _ENTRIES=36) <= norm(M) * (1 + 0.51e-6)
        assert limited(matrix, **DENSE_PRODUCT, _ENTRIES=35) > norm(M) * (1 + 1e-3)


def test_a_top_cluster_of_a_thousand_components_costs_no_convergence():
    M = csr_array(block_diag([FRUSTRATED] * 1000))
    assert operator_norm(M) == pytest.approx(3.0, rel=1e-14)


def test_a_cluster_of_eigenvalues_at_the_top_of_one_component_is_sharp():
    """I - eta L^2 of a ring: 1 - eta (2 - 2 cos t)^2, gaps of 1e-11 at the top, row sum 1.12."""
    n, eta = 2500, 0.06
    offsets = (0, 1, -1, 2, -2)
    values = (1 - 6 * eta, 4 * eta, 4 * eta, -eta, -eta)
    wrapped = [(v, o - n if o > 0 else o + n) for v, o in zip(values, offsets, strict=True) if o]
    diagonals = [*zip(values, offsets, strict=True), *wrapped]
    M = csr_array(sum(diags_array([v], offsets=[o], shape=(n, n)) for v, o in diagonals))
    assert limited(M, _ENTRIES=0) > 1.05
    assert 1.0 <= operator_norm(M) <= 1 + 1e-5
    shuffled = np.random.default_rng(1).permutation(n)  # the factor needs the order of the ring
    assert limited(csr_array(M[shuffled][:, shuffled]), _ENTRIES=20 * n) <= 1 + 1e-5


def test_no_factor_is_computed_where_the_schur_test_is_sharp():
    M = csr_array(np.random.default_rng(0).uniform(0.1, 1.0, size=(8, 8)))
    with patch.object(module, "_is_definite", side_effect=AssertionError):
        assert limited(M, **FACTOR) == pytest.approx(norm(M), rel=1e-9)


def test_the_guess_of_the_eigenvalue_stops_at_an_invariant_subspace():
    for n in range(2, 40):
        assert module._ritz_value(eye_array(n, format="csr")) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("rows", [1500, 2500])
def test_the_number_of_columns_costs_no_memory(rows):
    rng = np.random.default_rng(5)
    places = (np.repeat(np.arange(rows), 3), rng.integers(0, 10**10, size=3 * rows))
    M = csr_array((rng.normal(size=3 * rows), places), shape=(rows, 10**10))
    M.indices[:2] = M.indices[-1]
    tracemalloc.start()
    result = operator_norm(M)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * rows**2 + 10**7
    columns, where = np.unique(M.indices, return_inverse=True)
    narrow = csr_array((M.data, where, M.indptr), shape=(rows, len(columns)))
    largest = eigsh(narrow @ narrow.T, k=1, return_eigenvectors=False)[0]
    assert result == pytest.approx(math.sqrt(largest), rel=1e-10)


def test_a_tall_matrix_has_the_norm_of_its_transpose():
    rng = np.random.default_rng(9)
    M = csr_array(random_array((3000, 300), density=0.01, rng=rng, data_sampler=rng.normal))
    assert M.data.min() < 0
    assert operator_norm(M) == pytest.approx(operator_norm(csr_array(M.T)), rel=1e-12)
    column = csr_array(rng.normal(size=(10**5, 1)))
    assert operator_norm(column) == pytest.approx(np.linalg.norm(column.data), rel=1e-12)


def test_the_norm_of_a_tall_diagonal_matrix_is_exact():
    entries = np.linspace(-3.0, 2.0, 2001)
    assert operator_norm(csr_array(diags_array(entries))) == pytest.approx(3.0, rel=1e-14)


def test_a_matrix_for_which_nothing_is_affordable_gets_the_schur_test():
    """An arrow of 20 001 rows, [[0, 1^T], [1, I]]: the square of (1 + sqrt(1 + 4 n)) / 2."""
    n = 20_000
    rows = np.r_[np.zeros(n, int), np.arange(1, n + 1), np.arange(1, n + 1)]
    columns = np.r_[np.arange(1, n + 1), np.zeros(n, int), np.arange(1, n + 1)]
    M = csr_array((np.ones(3 * n), (rows, columns)), shape=(n + 1, n + 1))
    exact = (1 + math.sqrt(1 + 4 * n)) / 2
    assert exact * (1 - ROUNDING) <= operator_norm(M) <= 1.1 * exact


@pytest.mark.parametrize("rows", [3, 3000])
def test_the_norm_of_nothing_is_zero(rows):
    assert operator_norm(csr_array((rows, 9))) == 0
    assert operator_norm(csr_array((rows, 10**12))) == 0
    assert operator_norm(csr_array(([0.0, 0.0], ([0, 2], [1, 1])), shape=(rows, 9))) == 0


@pytest.mark.parametrize("exponent", [-320, -200, -90, 90, 200, 300])
@pytest.mark.parametrize("seed", range(5))
def test_the_unit_of_the_entries_does_not_matter(seed, exponent):
    M = blocks(seed)
    scaled = csr_array((M.data * 10.0**exponent, M.indices, M.indptr), shape=M.shape)
    digits = 1e-12 if exponent > -300 else 1e-2
    for limits in (ALL, FACTOR, SCHUR):
        expected = limited(M, **limits)
        assert limited(scaled, **limits) / 10.0**exponent == pytest.approx(expected, rel=digits)


def test_entries_that_are_no_numbers_have_no_finite_norm():
    for value in (math.inf, math.nan):
        for limits in (ALL, FACTOR):
            assert not math.isfinite(limited(csr_array([[1.0, value], [0.0, 1.0]]), **limits))


def test_the_norms_of_a_factorisation_with_4000_weights_are_sharp():
    """G_3 has 6.4e10 columns; H of G_1 = I - eta H has many eigenvalues next to zero."""
    case = preset("factorisation")
    descent = gradient_descent(case.descent.loss.polynomial(), case.learning_rate)
    step, _ = shift(descent, case.descent.pivot)
    for coefficient, steps in zip(step.G[1:], (3000, 300, 1), strict=True):
        columns, where = np.unique(coefficient.indices, return_inverse=True)
        shape = (4000, len(columns))
        gram = csr_array((coefficient.data, where, coefficient.indptr), shape=shape)
        gram = gram @ gram.T
        vector = np.random.default_rng(2).normal(size=4000)
        for _ in range(steps):
            vector = gram @ vector
            vector /= np.linalg.norm(vector)
        reached = math.sqrt(np.linalg.norm(gram @ vector))
        assert reached * (1 - ROUNDING) <= operator_norm(coefficient) <= reached * (1 + 1e-4)
