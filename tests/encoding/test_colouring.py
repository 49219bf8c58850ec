"""Colours of the entries of sparse matrices, and permutations that contain given moves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from scipy.sparse import csr_array, random_array
from strategies import at_least, reals, seeds

import qgd
from qgd.encoding.colouring import colour_entries, completed


@at_least(60)
@given(seeds(), reals(0.0, 1.0))
def test_equal_colours_share_no_row_and_column_and_there_are_as_few_as_possible(seed, density):
    rng = np.random.default_rng(seed)
    A = csr_array(random_array((9, 7), density=density, rng=rng, data_sampler=rng.normal))
    colours = colour_entries(A)
    rows = np.repeat(np.arange(9), np.diff(A.indptr))
    for place in (rows, A.indices):
        assert len(set(zip(colours, place, strict=True))) == A.nnz
    fullest = max([0, *np.bincount(rows), *np.bincount(A.indices)])
    assert set(colours) == set(range(fullest))


def test_colours_of_a_chain_are_its_diagonals_in_cost():
    chain = qgd.Stencil(16, [(-2.0, [0]), (0.5, [1]), (0.75, [-1])])
    A = chain.matrix(1)
    colours = colour_entries(A)
    largest = [np.abs(A.data[colours == c]).max() for c in range(3)]
    assert sum(largest) == 3.25


@given(seeds())
def test_completion_is_a_permutation_with_the_given_moves_and_few_others(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 8))
    columns, rows = rng.permutation(8)[:size], rng.permutation(8)[:size]
    moves = completed(columns, rows)
    full = [moves.get(c, c) for c in range(8)]
    assert sorted(full) == list(range(8))
    assert [full[c] for c in columns] == list(rows)
    assert set(moves) <= {*columns, *rows}
