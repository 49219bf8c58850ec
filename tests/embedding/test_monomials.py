"""The basis of monomials and its ranking."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import vectors

from qgd.embedding.monomials import MonomialBasis, unrank


@given(st.integers(1, 5), st.integers(1, 5))
def test_words_are_all_monomials_in_colexicographic_order(n, order):
    basis = MonomialBasis(n, order)
    assert basis.dimension == math.comb(n + order, order) - 1
    for k in range(1, order + 1):
        expected = sorted(
            itertools.combinations_with_replacement(range(n), k), key=lambda word: word[::-1]
        )
        assert [tuple(word) for word in basis.words(k)] == expected
        for rank, word in enumerate(expected):
            assert sum(basis.table[j, a] for j, a in enumerate(word, 1)) == rank
            found = np.zeros(k, dtype=np.int64)
            unrank(rank, k, basis.table, found)
            assert tuple(found) == word


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_lift_is_the_value_of_every_monomial_and_weights_keep_the_norm(n, order, data):
    basis = MonomialBasis(n, order)
    x = data.draw(vectors(n, 2.0))
    y = basis.lift(x)
    for k, level in enumerate(basis.levels, start=1):
        expected = [math.prod(x[word]) for word in basis.words(k)]
        np.testing.assert_allclose(y[level], expected, rtol=1e-13, atol=0)
        assert basis.multiplicities()[level].sum() == n**k
        weighted = np.linalg.norm(y[level] * basis.weights[level])
        assert weighted == pytest.approx(np.linalg.norm(x) ** k, rel=1e-12)


def test_ranking_that_overflows_is_refused_with_its_limit():
    with pytest.raises(OverflowError, match=r"must stay below 2\*\*63 .* n = 1000000, N = 5"):
        MonomialBasis(1_000_000, 5)
    assert MonomialBasis(1_000_000, 1).dimension == 1_000_000
