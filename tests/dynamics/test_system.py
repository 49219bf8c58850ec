"""Polynomial fields against the Kronecker product they are written in."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array
from strategies import matrices, polynomial_maps, polynomial_systems, vectors

from qgd.core.kronecker import kronecker_power
from qgd.dynamics.system import PolynomialMap, PolynomialSystem, TimeDependentMap


def by_kronecker(F, x):
    return sum(Fk @ kronecker_power(x, k) for k, Fk in enumerate(F))


def rows_of(terms):
    """Row of each term."""
    return np.repeat(np.arange(len(terms.pointer) - 1), np.diff(terms.pointer)).tolist()


@given(polynomial_systems(), st.data())
def test_field_is_the_sum_of_the_matrices_times_the_kronecker_powers(system, data):
    x = data.draw(vectors(system.num_variables, 2.0))
    np.testing.assert_allclose(system.field(x), by_kronecker(system.F, x), rtol=1e-12, atol=1e-13)


@given(polynomial_maps(), st.data())
def test_map_adds_the_field_to_the_point_and_its_coefficients_are_those_of_the_map(step, data):
    x = data.draw(vectors(step.num_variables, 2.0))
    np.testing.assert_array_equal(step(x), x + step.field(x))
    np.testing.assert_allclose(step(x), by_kronecker(step.G, x), rtol=1e-12, atol=1e-13)


@given(polynomial_systems(), st.data())
def test_terms_are_the_monomials_of_the_field(system, data):
    x = data.draw(vectors(system.num_variables, 2.0))
    terms, value = system.terms, np.zeros(system.num_variables)
    for row in range(system.num_variables):
        for t in range(terms.pointer[row], terms.pointer[row + 1]):
            value[row] += terms.coefficient[t] * np.append(x, 1.0)[terms.word[t]].prod()
    keys = [(row, *word) for row, word in zip(rows_of(terms), terms.word.tolist(), strict=True)]
    assert len(set(keys)) == len(keys)  # equal monomials are merged
    np.testing.assert_allclose(value, system.field(x), rtol=1e-12, atol=1e-13)


def test_column_i_n_plus_j_belongs_to_x_i_x_j():
    F2 = np.zeros((3, 9))
    F2[2, 0 * 3 + 1], F2[1, 1 * 3 + 0] = 5.0, 7.0
    system = PolynomialSystem([np.zeros(3), np.zeros((3, 3)), F2])
    np.testing.assert_array_equal(system.field([2.0, 3.0, 4.0]), [0.0, 42.0, 30.0])
    np.testing.assert_array_equal(system.terms.word, [[0, 1], [0, 1]])
    np.testing.assert_array_equal(rows_of(system.terms), [1, 2])


@given(st.integers(1, 3), st.data())
def test_dense_sparse_and_tensor_coefficients_give_the_same_system(n, data):
    F = [data.draw(matrices(n, n**k)) for k in range(3)]
    dense = PolynomialSystem(F)
    forms = [
        [csr_array(Fk) for Fk in F],
        [coo_array(Fk) for Fk in F],
        [F[0].ravel(), F[1], F[2].reshape(n, n, n)],
    ]
    for form in forms:
        for a, b in zip(dense.F, PolynomialSystem(form).F, strict=True):
            np.testing.assert_array_equal(a.toarray(), b.toarray())


def test_one_variable_needs_no_brackets_beyond_those_of_a_matrix():
    step = PolynomialMap([[0.5], [[-1.0]], [[0.25]]])
    assert (step.num_variables, step.degree) == (1, 2)
    np.testing.assert_array_equal(step([2.0]), [1.5])


def test_callers_matrices_are_neither_changed_nor_shared():
    F1 = csr_array(np.array([[1.0, 2.0], [3.0, 4.0]]))
    F1.data[0] = 0.0
    system = PolynomialSystem([np.zeros(2), F1])
    assert F1.nnz == 4
    F1.data[:] = 100.0
    np.testing.assert_array_equal(system.F[1].toarray(), [[0.0, 2.0], [3.0, 4.0]])
    assert system.F[1].nnz == 3


@pytest.mark.parametrize(
    ("F", "text"),
    [
        ([[0.0]], "`F` must list at least F_0 and F_1, got 1 matrices"),
        ([np.zeros(2), np.eye(3)], "`F[0]` must have shape (3, 1), got (2,)"),
        ([np.zeros(2), np.ones((2, 3))], "`F[1]` must have shape (2, 2), got (2, 3)"),
        ([np.zeros(2), np.eye(2), np.ones((4, 2))], "`F[2]` must have shape (2, 4), got (4, 2)"),
        ([np.zeros(2), np.eye(2), csr_array((2, 3))], "`F[2]` must have shape (2, 4), got (2, 3)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_and_named(F, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        PolynomialSystem(F)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("form", [np.asarray, csr_array])
@pytest.mark.parametrize("place", [(0, 0), (0, 2), (1, 2)])
def test_entry_that_is_not_finite_is_refused_with_its_index(value, form, place):
    F2 = np.zeros((2, 4))
    F2[0, 1] = 1.0
    F2[place] = value
    with pytest.raises(
        ValueError, match=re.escape(f"`F[2]` must be finite, got {value} at index {place}")
    ):
        PolynomialSystem([np.zeros(2), np.eye(2), form(F2)])


@pytest.mark.parametrize("cls", [PolynomialMap, PolynomialSystem])
def test_point_of_the_wrong_length_is_refused(cls):
    with pytest.raises(ValueError, match=r"`x` must have shape \(2\), got \(1,\)"):
        cls([np.zeros(2), np.eye(2)]).field([1.0])


def test_sequence_of_maps_has_their_number_and_their_largest_degree():
    first = PolynomialMap([[0.0], [[-0.5]]])
    second = PolynomialMap([[0.0], [[-0.5]], [[0.1]]])
    sequence = TimeDependentMap((first, second, first))
    assert (sequence.num_variables, sequence.degree, sequence.num_steps) == (1, 2, 3)


def test_sequence_of_maps_in_different_variables_or_of_none_is_refused():
    one, two = PolynomialMap([[0.0], [[1.0]]]), PolynomialMap([np.zeros(2), np.eye(2)])
    with pytest.raises(ValueError, match=r"share the number of variables, got sizes \[1, 2\]"):
        TimeDependentMap((one, two))
    with pytest.raises(ValueError, match=r"non-empty.*got sizes \[\]"):
        TimeDependentMap(())
