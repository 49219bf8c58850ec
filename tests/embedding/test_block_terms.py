"""Exported terms add up to the embedding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, polynomial_maps, polynomial_systems

import qgd


@given(polynomial_systems(3, 4), st.integers(1, 4))
def test_terms_add_up_to_the_carleman_matrix_and_its_offset(flow, order):
    lifted = qgd.carleman(flow, order)
    matrix, offset = np.zeros(lifted.matrix.shape), np.zeros(lifted.dimension)
    for term in qgd.block_terms(flow, order):
        block, rows = term.matrix(flow).toarray(), lifted.levels[term.row - 1]
        if term.column == 0:
            offset[rows] += block.ravel()
        else:
            matrix[rows, lifted.levels[term.column - 1]] += block
    np.testing.assert_allclose(matrix, lifted.matrix.toarray(), rtol=0, atol=1e-14)
    np.testing.assert_allclose(offset, lifted.offset, rtol=0, atol=1e-14)


@fewer(2)
@given(polynomial_maps(3, 3), st.integers(1, 3))
def test_terms_add_up_to_the_first_order_embedding_of_a_map_less_the_identity(step, order):
    lifted = qgd.carleman(step, order, form="first_order")
    matrix, offset = np.eye(lifted.dimension), np.zeros(lifted.dimension)
    for term in qgd.block_terms(step, order):
        block, rows = term.matrix(step).toarray(), lifted.levels[term.row - 1]
        if term.column == 0:
            offset[rows] += block.ravel()
        else:
            matrix[rows, lifted.levels[term.column - 1]] += block
    np.testing.assert_allclose(matrix, lifted.matrix.toarray(), rtol=0, atol=1e-14)
    np.testing.assert_allclose(offset, lifted.offset, rtol=0, atol=1e-14)


def test_number_of_terms_is_that_of_the_places():
    flow = qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.0]], [[0.5]]])
    counts = [sum(t.degree == k for t in qgd.block_terms(flow, 4)) for k in range(4)]
    assert counts == [1 + 2 + 3 + 4, 1 + 2 + 3 + 4, 0, 1 + 2]


def test_order_must_be_positive():
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        list(qgd.block_terms(qgd.PolynomialSystem([[0.0], [[1.0]]]), 0))
