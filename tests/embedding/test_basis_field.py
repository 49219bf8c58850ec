"""Flows in basis functions against the gradients they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from strategies import bases, fewer, polynomial_losses, polynomial_systems, reals, vectors

import qgd


def products(words, phi):
    """Value of each word: phi_m of a letter that occurs m times."""
    return [np.prod([phi[i, word.count(i) - 1] for i in set(word)]) for word in words]


@fewer(2)
@given(st.data())
def test_descent_is_the_negative_gradient(data):
    n = data.draw(st.integers(1, 3))
    chosen = data.draw(st.lists(bases(), min_size=n, max_size=n))
    word = st.lists(st.integers(0, n - 1), max_size=4).map(tuple)
    terms = data.draw(st.dictionaries(word, reals(-1, 1), min_size=1, max_size=5))
    center, x = data.draw(vectors(n)), data.draw(vectors(n))
    flow = qgd.BasisField.descent(chosen, center, terms)

    def loss(point):
        phi = np.array([b.values(d, 4) for b, d in zip(chosen, point - center, strict=True)])
        return np.dot(products(terms, phi), list(terms.values()))

    assert flow.max_order is None
    # Powers of e^d - 1 up to the eighth derivative at |d| = 2 make the differences inexact.
    gradient = derivative(loss, x, 1e-3)
    np.testing.assert_allclose(flow.field(x), -gradient, rtol=1e-6, atol=1e-6)
    lengths = (flow.terms.word < n).sum(axis=1)
    for begin, end in zip(flow.terms.pointer[:-1], flow.terms.pointer[1:], strict=True):
        assert (np.diff(lengths[begin:end]) >= 0).all()


@given(polynomial_losses(max_degree=3), st.data())
def test_polynomials_in_sigmoids_have_an_exact_flow(loss, data):
    n = loss.num_weights
    center, x = data.draw(vectors(n, 3.0)), data.draw(vectors(n, 3.0))
    gradient = derivative(lambda point: loss.value(expit(point)), x, 1e-3)
    flow = qgd.logistic_flow(loss, center)
    np.testing.assert_allclose(flow.field(x), -gradient, rtol=0, atol=1e-8)


@given(polynomial_systems(), st.data())
def test_polynomial_systems_keep_their_field(system, data):
    n = system.num_variables
    center, x = data.draw(vectors(n)), data.draw(vectors(n))
    for flow in (qgd.BasisField.from_system(system), qgd.BasisField.from_system(system, center)):
        np.testing.assert_allclose(flow.field(x), system.field(x), rtol=0, atol=1e-12)


def test_equal_terms_merge_and_those_above_the_order_are_left_out():
    terms = [((0, 0, 1), 1.0), ((0, 1, 0), 2.0), ((1,), 0.5), ((1, 1, 1, 1), 1.0)]
    flow = qgd.BasisField.descent([qgd.TAYLOR] * 2, [0.0, 0.0], terms)
    np.testing.assert_array_equal(flow.terms.pointer, [0, 1, 4])
    np.testing.assert_array_equal(flow.terms.coefficient, [-6.0, -0.5, -3.0, -4.0])
    cut = qgd.BasisField.descent([qgd.TAYLOR] * 2, [0.0, 0.0], terms, max_order=2)
    np.testing.assert_array_equal(cut.terms.coefficient, [-6.0, -0.5, -3.0])
    assert cut.max_order == 2


def test_flow_without_terms_rests():
    flow = qgd.BasisField.descent([qgd.CIRCLE] * 2, [0.0, 1.0], {(): 1.0})
    np.testing.assert_array_equal(flow.field([0.3, 0.4]), [0.0, 0.0])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"`center` must have shape \(1\)"):
        qgd.BasisField.descent([qgd.CIRCLE], [0.0, 0.0], {(0,): 1.0})
    with pytest.raises(ValueError, match="`words` must be from 0 to 0, got 1"):
        qgd.BasisField.descent([qgd.CIRCLE], [0.0], {(1,): 1.0})
    with pytest.raises(ValueError, match="`max_order` must be at least 0"):
        qgd.BasisField.descent([qgd.CIRCLE], [0.0], {(0,): 1.0}, max_order=-1)
    with pytest.raises(TypeError, match="`system` must be a PolynomialSystem, got PolynomialMap"):
        qgd.BasisField.from_system(qgd.PolynomialMap([[0.0], [[1.0]]]))
    flow = qgd.BasisField.descent([qgd.CIRCLE], [0.0], {(0,): 1.0})
    with pytest.raises(ValueError, match="`terms` must have a row for each of 2 variables, got 1"):
        qgd.BasisField((qgd.CIRCLE,) * 2, np.zeros(2), flow.terms)
    with pytest.raises(ValueError, match=r"`x` must have shape \(1\)"):
        flow.field([0.0, 0.0])
