"""The cubic map by products against the same map by its coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, observed_ratings, reals, seeds

import qgd
from qgd.core.outcome import QGDError


@st.composite
def descents(
    draw: st.DrawFn, max_rank: int = 2, *, pivot: bool | None = None
) -> qgd.FactorisationDescent:
    """Small descents around the origin or a drawn pivot."""
    ratings = draw(observed_ratings(3, 3, size=1.0))
    loss = qgd.SparseFactorisation(ratings, draw(st.integers(1, max_rank)), draw(reals(0, 0.5)))
    center = np.random.default_rng(draw(seeds())).normal(size=loss.num_weights)
    away = draw(st.booleans()) if pivot is None else pivot
    return qgd.FactorisationDescent(loss, draw(reals(0.01, 0.3)), center if away else None)


@given(descents(), seeds())
@fewer(2)
def test_products_are_those_of_the_coefficients(
    descent: qgd.FactorisationDescent, seed: int
) -> None:
    x, y, z = np.random.default_rng(seed).normal(size=(3, descent.num_variables))
    F = descent.polynomial_map().F
    np.testing.assert_allclose(descent.offset(), F[0].toarray().ravel(), atol=1e-12)
    np.testing.assert_allclose(descent.linear(x), F[1] @ x, atol=1e-12)
    if len(F) > 2:
        np.testing.assert_allclose(descent.quadratic(x, y), F[2] @ np.kron(x, y), atol=1e-12)
    cubic = F[3] @ np.kron(np.kron(x, y), z)
    np.testing.assert_allclose(descent.cubic(x, y, z), cubic, atol=1e-12)


@given(descents(), seeds())
def test_the_map_is_the_sum_of_its_parts_and_a_gradient_step(
    descent: qgd.FactorisationDescent, seed: int
) -> None:
    x = np.random.default_rng(seed).normal(size=descent.num_variables)
    parts = descent.linear(x) + descent.quadratic(x, x) + descent.cubic(x, x, x)
    np.testing.assert_allclose(descent(x), x + descent.offset() + parts, atol=1e-11)
    w = descent.pivot + x
    step = w - descent.learning_rate * descent.loss.gradient(w)
    np.testing.assert_allclose(descent(x) + descent.pivot, step, atol=1e-11)


@given(descents(), st.integers(0, 5), seeds())
def test_iterating_is_descending(
    descent: qgd.FactorisationDescent, num_steps: int, seed: int
) -> None:
    x = 0.3 * np.random.default_rng(seed).normal(size=descent.num_variables)
    given_start = x.copy()
    path = qgd.iterate(descent.polynomial_map(), x, num_steps)
    np.testing.assert_allclose(descent.iterate(x, num_steps), path[-1], atol=1e-9)
    np.testing.assert_array_equal(x, given_start)


def test_bad_arguments_and_divergence_are_told() -> None:
    ratings, w = qgd.planted_ratings(6, 6)
    loss = qgd.SparseFactorisation(ratings, 2)
    with pytest.raises(ValueError, match="`learning_rate` must be greater than 0"):
        qgd.FactorisationDescent(loss, 0.0)
    with pytest.raises(TypeError, match="`loss` must be a SparseFactorisation"):
        qgd.FactorisationDescent(loss.polynomial(), 0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`pivot` must have shape"):
        qgd.FactorisationDescent(loss, 0.1, w[1:])
    with pytest.raises(QGDError, match="lower the learning rate"):
        qgd.FactorisationDescent(loss, 5.0).iterate(10 + w, 30)
    assert np.isfinite(qgd.FactorisationDescent(loss, 1e-4).iterate(10 + w, 30)).all()
