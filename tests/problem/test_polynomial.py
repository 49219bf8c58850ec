"""Sparse polynomials against their definition, five-point differences and expansion by hand."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from strategies import polynomial_losses, reals, vectors

from qgd.problem.polynomial import PolynomialLoss

CLOSE = {"rtol": 1e-11, "atol": 1e-11}


@st.composite
def losses_and_points(draw):
    loss = draw(polynomial_losses())
    return loss, draw(vectors(loss.num_weights, 2.0))


@st.composite
def term_lists(draw):
    """Unsorted words with repetition, as a user writes them, with the number of weights."""
    n = draw(st.integers(1, 3))
    word = st.lists(st.integers(0, n - 1), max_size=4).map(tuple)
    return n, draw(st.lists(st.tuples(word, reals(-2, 2)), max_size=8))


def same(first: PolynomialLoss, second: PolynomialLoss) -> bool:
    """Equal as canonical forms."""
    return first.num_weights == second.num_weights and all(
        np.array_equal(a, b)
        for a, b in zip(
            first.words + first.coefficients, second.words + second.coefficients, strict=True
        )
    )


@given(term_lists(), st.data())
def test_value_is_the_sum_of_the_terms_as_written(written, data):
    n, terms = written
    w = data.draw(vectors(n, 2.0))
    expected = math.fsum(c * math.prod(w[i] for i in word) for word, c in terms)
    assert PolynomialLoss.from_terms(terms, n).value(w) == pytest.approx(expected, abs=1e-12)


@given(term_lists(), st.data())
def test_gradient_and_hessian_are_those_of_the_terms_as_written(written, data):
    n, terms = written
    w = data.draw(vectors(n, 2.0))
    gradient, hessian = np.zeros(n), np.zeros((n, n))
    for word, c in terms:
        for p, i in enumerate(word):
            gradient[i] += c * math.prod(w[k] for q, k in enumerate(word) if q != p)
            for r, j in enumerate(word):
                if r != p:
                    rest = (k for q, k in enumerate(word) if q not in (p, r))
                    hessian[i, j] += c * math.prod(w[k] for k in rest)
    loss = PolynomialLoss.from_terms(terms, n)
    np.testing.assert_allclose(loss.gradient(w), gradient, **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), hessian, **CLOSE)


@given(losses_and_points())
def test_gradient_and_hessian_are_the_derivatives_of_the_value(drawn):
    loss, w = drawn
    np.testing.assert_allclose(loss.gradient(w), derivative(loss.value, w, 0.5), **CLOSE)
    np.testing.assert_allclose(loss.hessian(w), derivative(loss.gradient, w, 0.5), **CLOSE)


@given(losses_and_points())
def test_gradient_terms_sum_to_the_gradient_and_have_one_letter_less_than_their_word(drawn):
    loss, w = drawn
    gradient = np.zeros(loss.num_weights)
    lengths = []
    for rows, words, coefficients in loss.gradient_terms():
        lengths.append(words.shape[1])
        for row, word, c in zip(rows, words, coefficients, strict=True):
            gradient[row] += c * w[word].prod()
    np.testing.assert_allclose(gradient, loss.gradient(w), **CLOSE)
    assert sorted(lengths) == [d - 1 for d in range(1, loss.degree + 1) for _ in range(d)]


@given(polynomial_losses())
def test_canonical_form_has_sorted_distinct_words_and_no_zero_coefficient(loss):
    for d, (words, c) in enumerate(zip(loss.words, loss.coefficients, strict=True)):
        assert words.shape == (len(c), d)
        assert (np.diff(words, axis=1) >= 0).all()
        assert len({tuple(word) for word in words}) == len(words)
        assert (c != 0).all()
    assert loss.num_terms == sum(len(c) for c in loss.coefficients)
    assert loss.degree == 0 or len(loss.coefficients[-1])


@given(term_lists(), st.randoms(use_true_random=False))
def test_order_of_the_letters_does_not_matter(written, random):
    n, terms = written
    shuffled = [(tuple(random.sample(word, len(word))), c) for word, c in terms]
    assert same(PolynomialLoss.from_terms(shuffled, n), PolynomialLoss.from_terms(terms, n))


def test_repeated_words_add_up_and_cancelled_ones_disappear():
    loss = PolynomialLoss.from_terms([((0, 1), 1.0), ((1, 0), 2.0), ((1, 1, 1), 4.0), ((), 1.0)])
    assert loss.value([1.0, 1.0]) == 8.0
    less = loss + PolynomialLoss.from_terms({(1, 1, 1): -4.0, (): -1.0})
    assert (less.degree, less.num_terms) == (2, 1)


def test_empty_and_constant_losses_have_a_gradient_of_zero():
    for loss in (PolynomialLoss.from_terms({}), PolynomialLoss.from_terms({(): 2.5})):
        assert (loss.num_weights, loss.degree) == (1, 0)
        np.testing.assert_array_equal(loss.gradient([3.0]), [0.0])
        np.testing.assert_array_equal(loss.hessian([3.0]), [[0.0]])


def test_number_of_weights_is_the_smallest_that_the_words_need_unless_given():
    assert PolynomialLoss.from_terms({(0, 4): 1.0}).num_weights == 5
    assert PolynomialLoss.from_terms({(0, 4): 1.0}, num_weights=9).num_weights == 9


@given(losses_and_points(), st.data())
def test_shift_moves_the_origin(drawn, data):
    loss, u = drawn
    center = data.draw(vectors(loss.num_weights, 2.0))
    moved = loss.shift(center)
    assert moved.value(u) == pytest.approx(loss.value(center + u), abs=1e-10)
    np.testing.assert_allclose(moved.gradient(u), loss.gradient(center + u), **CLOSE)
    np.testing.assert_allclose(moved.hessian(u), loss.hessian(center + u), **CLOSE)


@given(polynomial_losses(), st.data())
def test_coefficients_after_a_shift_are_the_taylor_coefficients_at_the_centre(loss, data):
    center = data.draw(vectors(loss.num_weights))
    moved, origin = loss.shift(center), np.zeros(loss.num_weights)
    assert moved.value(origin) == pytest.approx(loss.value(center), abs=1e-12)
    np.testing.assert_allclose(moved.gradient(origin), loss.gradient(center), **CLOSE)
    assert moved.degree <= loss.degree


@given(losses_and_points(), st.data())
def test_restriction_is_the_loss_with_the_other_weights_at_zero(drawn, data):
    loss, w = drawn
    everything = range(loss.num_weights)
    kept = data.draw(st.lists(st.sampled_from(everything), min_size=1, unique=True))
    small, full = loss.restrict(kept), np.zeros(loss.num_weights)
    full[kept] = w[kept]
    assert small.value(w[kept]) == pytest.approx(loss.value(full), abs=1e-12)
    np.testing.assert_allclose(small.gradient(w[kept]), loss.gradient(full)[kept], **CLOSE)
    rows = np.ix_(kept, kept)
    np.testing.assert_allclose(small.hessian(w[kept]), loss.hessian(full)[rows], **CLOSE)


def test_restriction_keeps_the_order_of_the_indices():
    loss = PolynomialLoss.from_terms({(0,): 1.0, (1,): 10.0, (2,): 100.0})
    np.testing.assert_array_equal(loss.restrict([2, 0]).gradient([0.0, 0.0]), [100.0, 1.0])


@given(losses_and_points(), st.data(), reals(-3, 3))
def test_sum_and_multiple_are_those_of_the_functions(drawn, data, factor):
    loss, w = drawn
    terms = data.draw(polynomial_losses(max_degree=2))
    other = PolynomialLoss.from_arrays(3, terms.words, terms.coefficients).restrict(
        range(loss.num_weights)
    )
    total = loss.value(w) + other.value(w)
    assert (loss + other).value(w) == pytest.approx(total, abs=1e-11)
    assert (other + loss).value(w) == pytest.approx(total, abs=1e-11)
    assert (factor * loss).value(w) == pytest.approx(factor * loss.value(w), abs=1e-11)
    assert same(loss * factor, factor * loss)


def test_losses_of_different_size_do_not_add():
    with pytest.raises(ValueError, match=r"`other` must have 1 weights, got 2"):
        PolynomialLoss.from_terms({(0,): 1.0}) + PolynomialLoss.from_terms({(1,): 1.0})


@pytest.mark.parametrize(("terms", "index"), [({(2, 5): 1.0}, 5), ({(4,): 1.0, (-1,): 1.0}, -1)])
def test_index_outside_the_weights_is_refused_and_named(terms, index):
    expected = re.escape(f"`words` must be from 0 to 4, got {index}; raise num_weights or correct")
    with pytest.raises(ValueError, match=expected):
        PolynomialLoss.from_terms(terms, num_weights=5)


def test_raising_the_number_of_weights_as_the_message_says_removes_the_error():
    with pytest.raises(ValueError, match="raise num_weights"):
        PolynomialLoss.from_terms({(5,): 1.0}, num_weights=5)
    assert PolynomialLoss.from_terms({(5,): 1.0}, num_weights=6).num_weights == 6


def test_index_that_is_no_integer_is_refused_and_not_rounded():
    with pytest.raises(TypeError, match="`words` must be integers, got float64"):
        PolynomialLoss.from_terms({(0.7,): 1.0})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_coefficient_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match=f"`coefficients` must be finite, got {value}"):
        PolynomialLoss.from_terms({(0,): value})


@pytest.mark.parametrize("call", ["value", "gradient", "hessian", "shift"])
def test_point_of_the_wrong_length_is_refused(call):
    loss = PolynomialLoss.from_terms({(0, 1): 1.0})
    with pytest.raises(ValueError, match=r"must have shape \(2\), got \(3,\)"):
        getattr(loss, call)([1.0, 2.0, 3.0])


def test_index_to_restrict_to_must_exist():
    with pytest.raises(ValueError, match=r"`indices` must be from 0 to 1, got 2"):
        PolynomialLoss.from_terms({(0, 1): 1.0}).restrict([0, 2])
