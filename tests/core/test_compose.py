"""How errors compose, tested on numeric matrices with unequal parameters."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import matrices, reals, vectors

from qgd.core.compose import (
    combination_alpha,
    combination_error,
    product_error,
    propagated,
    triangle,
)

ROUNDING = 1e-12


@st.composite
def encodings(draw, size, alpha):
    """A~ with ||A~|| <= alpha, and A with its distance epsilon from A~."""
    encoded = draw(matrices(size, size))
    encoded = alpha * encoded / max(1.0, np.linalg.norm(encoded, 2))
    exact = encoded + draw(reals(0, 1)) * draw(matrices(size, size))
    return encoded, exact, float(np.linalg.norm(exact - encoded, 2))


@given(st.data(), st.integers(1, 4), reals(0.1, 20), reals(0.1, 20))
def test_product_error_bounds_the_error_of_a_product_of_encodings(data, size, alpha_1, alpha_2):
    left, exact_left, epsilon_1 = data.draw(encodings(size, alpha_1))
    right, exact_right, epsilon_2 = data.draw(encodings(size, alpha_2))
    error = np.linalg.norm(exact_left @ exact_right - left @ right, 2)
    assert error <= product_error(alpha_1, epsilon_1, alpha_2, epsilon_2) * (1 + ROUNDING) + 1e-14


@given(reals(0.1, 20), reals(0, 1), reals(0.1, 20), reals(0, 1))
def test_product_error_is_attained_by_numbers(alpha_1, epsilon_1, alpha_2, epsilon_2):
    error = (alpha_1 + epsilon_1) * (alpha_2 + epsilon_2) - alpha_1 * alpha_2
    bound = product_error(alpha_1, epsilon_1, alpha_2, epsilon_2)
    assert bound == pytest.approx(error, rel=1e-9, abs=1e-12)


def test_sum_of_alpha_times_epsilon_is_no_bound_for_a_product_but_product_error_is():
    alpha, epsilon = (1.0, 10.0), (0.1, 0.001)
    rng = np.random.default_rng(5)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    left, right = alpha[0] * rotation, alpha[1] * rotation.T
    exact_left, exact_right = left + epsilon[0] * rotation, right + epsilon[1] * rotation.T
    error = np.linalg.norm(exact_left @ exact_right - left @ right, 2)
    naive = alpha[0] * epsilon[0] + alpha[1] * epsilon[1]
    assert naive < error / 9
    assert error <= product_error(alpha[0], epsilon[0], alpha[1], epsilon[1]) * (1 + ROUNDING)


@given(st.data(), st.integers(1, 3), st.integers(1, 4))
def test_combination_rules_bound_the_error_and_the_norm_of_a_linear_combination(data, size, terms):
    weights = data.draw(vectors(terms, 3.0))
    alphas = data.draw(st.lists(reals(0.1, 5), min_size=terms, max_size=terms))
    drawn = [data.draw(encodings(size, a)) for a in alphas]
    epsilons = [epsilon for *_, epsilon in drawn]
    encoded = sum(w * term for w, (term, _, _) in zip(weights, drawn, strict=True))
    exact = sum(w * term for w, (_, term, _) in zip(weights, drawn, strict=True))
    error = np.linalg.norm(exact - encoded, 2)
    assert error <= combination_error(weights, epsilons) * (1 + ROUNDING) + 1e-14
    assert np.linalg.norm(encoded, 2) <= combination_alpha(weights, alphas) * (1 + ROUNDING) + 1e-14


def test_negative_weights_add_their_magnitudes():
    assert combination_error([2.0, -3.0], [0.1, 0.01]) == pytest.approx(0.23)
    assert combination_alpha([2.0, -3.0], [1.0, 10.0]) == pytest.approx(32.0)


def test_lists_of_unequal_length_are_refused():
    with pytest.raises(ValueError):
        combination_error([1.0, 2.0], [0.1])
    with pytest.raises(ValueError):
        combination_alpha([1.0], [0.1, 0.2])


@given(st.lists(vectors(2), min_size=2, max_size=6))
def test_triangle_bounds_the_distance_between_the_ends_of_a_chain(chain):
    steps = [np.linalg.norm(b - a) for a, b in itertools.pairwise(chain)]
    assert np.linalg.norm(chain[-1] - chain[0]) <= triangle(steps) + 1e-12


def test_triangle_of_no_errors_is_zero_and_of_an_infinite_one_infinite():
    assert triangle([]) == 0
    assert triangle([1.0, math.inf]) == math.inf


@given(matrices(2, 2, 5.0), vectors(2), vectors(2))
def test_propagated_bounds_the_error_after_a_linear_map(matrix, x, y):
    error = np.linalg.norm(matrix @ x - matrix @ y)
    lipschitz = float(np.linalg.norm(matrix, 2))
    assert error <= propagated(float(np.linalg.norm(x - y)), lipschitz) * (1 + ROUNDING) + 1e-13


@pytest.mark.parametrize(("error", "lipschitz"), [(0.0, math.inf), (math.inf, 0.0)])
def test_constant_map_forgets_every_error_and_no_error_stays_none(error, lipschitz):
    assert propagated(error, lipschitz) == 0
