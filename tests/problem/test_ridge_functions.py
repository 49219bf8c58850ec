"""Sums of one-dimensional profiles, expanded into monomials."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import matrices, vectors

from qgd.problem.ridge_functions import ridge_function_sum


@st.composite
def cases(draw):
    samples, n, degree = draw(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 5)))
    features, profiles = draw(matrices(samples, n)), draw(matrices(samples, degree + 1))
    return features, profiles, draw(vectors(n, 2.0))


def direct(features, profiles, w):
    return sum(
        np.polynomial.polynomial.polyval(x @ w, p) for x, p in zip(features, profiles, strict=True)
    )


@given(cases())
def test_expansion_is_the_sum_of_the_profiles(case):
    features, profiles, w = case
    loss = ridge_function_sum(features, profiles)
    assert loss.value(w) == pytest.approx(direct(features, profiles, w), rel=1e-10, abs=1e-10)
    assert loss.num_weights == features.shape[1]
    assert loss.degree <= profiles.shape[1] - 1


@pytest.mark.parametrize(("n", "degree"), [(1, 7), (3, 4), (5, 2), (2, 1), (4, 0)])
def test_power_of_a_sum_has_the_multinomial_coefficients(n, degree):
    profile = np.eye(degree + 1)[[degree]]
    loss = ridge_function_sum(np.ones((1, n)), profile)
    for word, c in zip(loss.words[degree], loss.coefficients[degree], strict=True):
        counts = np.bincount(word, minlength=n)
        assert c == math.factorial(degree) / math.prod(math.factorial(k) for k in counts)
    assert loss.num_terms == math.comb(n + degree - 1, degree)


@pytest.mark.parametrize("degree", range(6))
def test_coefficients_are_moments_of_the_samples(degree):
    rng = np.random.default_rng(3)
    features, profiles = rng.normal(size=(4, 3)), rng.normal(size=(4, degree + 1))
    loss = ridge_function_sum(features, profiles)
    for word, c in zip(loss.words[degree], loss.coefficients[degree], strict=True):
        orderings = len(set(itertools.permutations(word)))
        moment = profiles[:, degree] @ features[:, word].prod(axis=1)
        assert c == pytest.approx(orderings * moment, rel=1e-12, abs=1e-14)


def test_polynomial_with_too_many_monomials_is_refused_and_fewer_weights_are_accepted():
    with pytest.raises(ValueError, match=r"degree 4 in 2000 weights has 6.7e\+11 .* prune to"):
        ridge_function_sum(np.ones((1, 2000)), np.ones((1, 5)))
    assert ridge_function_sum(np.ones((1, 10)), np.ones((1, 5))).num_terms == math.comb(14, 4)
