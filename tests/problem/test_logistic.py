"""Logistic regression, and the surrogate whose stated error must hold on its ball."""

from __future__ import annotations

import math

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Chebyshev
from strategies import logistic_losses, reals, vectors

from qgd.problem.logistic import LogisticLoss, logistic_regression

ROUNDING = 1e-12
degrees = st.sampled_from([1, 2, 3, 5])
radii = st.sampled_from([1e-7, 1e-3, 0.1, 1.0, 4.0, 30.0])


@st.composite
def losses_and_points(draw):
    loss = draw(logistic_losses())
    return loss, draw(vectors(loss.num_weights, 2.0))


@st.composite
def points_in_balls(draw, center, radius):
    direction = draw(vectors(len(center)))
    return center + draw(reals(0, 1)) * radius * direction / max(1e-9, np.linalg.norm(direction))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@given(losses_and_points())
def test_loss_and_its_derivatives_are_those_of_cross_entropy(case):
    loss, w = case
    X, t, m = loss.features, loss.labels, len(loss.labels)
    s = sigmoid(X @ w)
    entropy = -np.mean(t * np.log(s) + (1 - t) * np.log(1 - s))
    assert loss.value(w) == pytest.approx(entropy + loss.ridge / 2 * w @ w, rel=1e-10)
    gradient = sum((p - label) * x for p, label, x in zip(s, t, X, strict=True)) / m
    np.testing.assert_allclose(loss.gradient(w), gradient + loss.ridge * w, rtol=1e-10, atol=1e-12)
    hessian = sum(p * (1 - p) * np.outer(x, x) for p, x in zip(s, X, strict=True)) / m
    expected = hessian + loss.ridge * np.eye(len(w))
    np.testing.assert_allclose(loss.hessian(w), expected, rtol=1e-10, atol=1e-12)


@given(losses_and_points())
def test_derivatives_are_those_of_the_value(case):
    loss, w = case
    close = {"rtol": 1e-7, "atol": 1e-8}
    np.testing.assert_allclose(loss.gradient(w), derivative(loss.value, w, 1e-2), **close)
    np.testing.assert_allclose(loss.hessian(w), derivative(loss.gradient, w, 1e-2), **close)


@given(losses_and_points())
def test_smoothness_bounds_the_curvature_everywhere_and_is_attained_at_the_origin(case):
    loss, w = case
    assert np.linalg.norm(loss.hessian(w), 2) <= loss.smoothness * (1 + ROUNDING)
    top = np.linalg.norm(loss.hessian(0 * w), 2)
    assert loss.smoothness == pytest.approx(top, rel=1e-12, abs=1e-14)


@given(losses_and_points(), st.data())
def test_restriction_is_the_loss_with_the_other_weights_at_zero(case, data):
    loss, w = case
    kept = data.draw(st.lists(st.sampled_from(range(len(w))), min_size=1, unique=True))
    full = np.zeros(len(w))
    full[kept] = w[kept]
    small = loss.restrict(kept)
    assert small.value(w[kept]) == pytest.approx(loss.value(full), rel=1e-12)
    np.testing.assert_allclose(small.gradient(w[kept]), loss.gradient(full)[kept], atol=1e-12)


def test_huge_margins_neither_overflow_nor_lose_the_loss():
    loss = logistic_regression([[1.0], [1.0]], [0, 1])
    assert loss.value([1e4]) == pytest.approx(5e3)
    assert loss.value([-1e4]) == pytest.approx(5e3)
    np.testing.assert_allclose(loss.gradient([1e4]), [0.5])


def test_labels_other_than_zero_and_one_are_refused_and_encoding_them_removes_the_error():
    labels = np.array([-1.0, 1.0])
    with pytest.raises(ValueError, match="`labels` must be 0 or 1, got -1; encode the positive"):
        logistic_regression([[1.0], [2.0]], labels)
    assert logistic_regression([[1.0], [2.0]], labels == 1).num_weights == 1


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"`labels` must have shape \(2\), got \(1,\)"):
        logistic_regression([[1.0], [2.0]], [1.0])
    with pytest.raises(ValueError, match=r"`features` must have shape .*got \(0, 2\)"):
        logistic_regression(np.zeros((0, 2)), [])
    with pytest.raises(ValueError, match="`ridge` must be at least 0, got -1"):
        logistic_regression([[1.0]], [1.0], ridge=-1)
    with pytest.raises(ValueError, match=r"`features` must be finite, got nan at index \(0, 0\)"):
        logistic_regression([[math.nan]], [1.0])


def test_arguments_of_the_surrogate_must_be_sensible():
    loss = logistic_regression([[1.0]], [1.0])
    with pytest.raises(ValueError, match="`radius` must be greater than 0, got 0"):
        loss.surrogate([0.0], 0.0)
    with pytest.raises(ValueError, match="`degree` must be at least 1, got 0"):
        loss.surrogate([0.0], 1.0, 0)
    with pytest.raises(ValueError, match=r"`center` must have shape \(1\), got \(2,\)"):
        loss.surrogate([0.0, 1.0], 1.0)


@given(losses_and_points(), degrees, radii, st.data())
def test_stated_gradient_error_bounds_the_error_inside_the_ball(case, degree, radius, data):
    loss, center = case
    surrogate = loss.surrogate(center, radius, degree)
    for _ in range(4):
        w = data.draw(points_in_balls(center, radius))
        error = np.linalg.norm(loss.gradient(w) - surrogate.loss.gradient(w))
        # The statement is one of exact arithmetic; expanding about the origin costs rounding.
        size = 1 + np.abs(loss.features @ center).max() + radius
        assert error <= surrogate.gradient_error + 1e-14 * size ** (degree + 1)


@given(losses_and_points(), degrees, st.sampled_from([1e-7, 1e-3, 0.1, 1.0, 3.0]), st.data())
def test_derivatives_of_the_surrogate_have_the_interpolant_in_the_place_of_the_sigmoid(
    case, degree, radius, data
):
    loss, center = case
    w = data.draw(points_in_balls(center, radius))
    X, m, z = loss.features, len(loss.labels), loss.features @ center
    residual, slope = -loss.labels.copy(), np.zeros(m)
    for i, x in enumerate(X):
        h = max(radius * np.linalg.norm(x), 2 * np.pi * 2.0 ** (-52 / (degree + 1)))
        p = Chebyshev.interpolate(sigmoid, degree, domain=[z[i] - h, z[i] + h])
        residual[i] += p(x @ w)
        slope[i] = p.deriv()(x @ w)
    found, ridge = loss.surrogate(center, radius, degree).loss, loss.ridge * np.eye(len(w))
    gradient, hessian = X.T @ residual / m + ridge @ w, X.T @ np.diag(slope) @ X / m + ridge
    np.testing.assert_allclose(found.gradient(w), gradient, atol=1e-9)
    np.testing.assert_allclose(found.hessian(w), hessian, atol=1e-6)


@given(losses_and_points(), degrees, radii)
def test_value_of_the_surrogate_at_its_centre_is_the_loss(case, degree, radius):
    loss, center = case
    found = loss.surrogate(center, radius, degree).loss.value(center)
    assert found == pytest.approx(loss.value(center), rel=1e-9, abs=1e-9)


@given(losses_and_points(), degrees, radii, st.data())
def test_gradient_of_the_surrogate_is_a_polynomial_of_the_degree_asked_for(
    case, degree, radius, data
):
    loss, center = case
    surrogate = loss.surrogate(center, radius, degree)
    assert surrogate.loss.degree <= degree + 1
    line = center + np.linspace(-1, 1, degree + 2)[:, None] * data.draw(vectors(len(center)))
    values = np.array([surrogate.loss.gradient(w) for w in line])
    weights = [(-1) ** k * math.comb(degree + 1, k) for k in range(degree + 2)]
    scale = 1 + np.abs(values).max()
    np.testing.assert_allclose(weights @ values, 0, atol=1e-10 * scale * 2**degree)


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_gradient_of_the_surrogate_uses_the_whole_degree(degree):
    loss = logistic_regression([[1.0, 0.5], [-0.3, 1.0]], [0, 1], 0.1)
    assert loss.surrogate([0.4, 0.7], 1.0, degree).loss.degree == degree + 1


@given(reals(-12, 12), st.sampled_from([1e-3, 0.1, 1.0, 5.0, 40.0]), degrees, st.integers(0, 1))
def test_sigmoid_error_bounds_the_error_of_a_sample_on_its_whole_interval(z, h, degree, label):
    loss = logistic_regression([[1.0]], [label])
    surrogate = loss.surrogate([z], h, degree)
    grid = z + h * np.linspace(-1, 1, 201)
    errors = [abs(loss.gradient([w]) - surrogate.loss.gradient([w]))[0] for w in grid]
    assert max(errors) <= surrogate.sigmoid_error + 1e-13 * (1 + abs(z) + h) ** degree


def test_errors_of_unequal_samples_are_those_of_their_own_intervals():
    loss = logistic_regression([[0.1], [3.0]], [0, 1])
    each = [LogisticLoss(loss.features[[i]], loss.labels[[i]], 0.0) for i in (0, 1)]
    near, far = (part.surrogate([0.2], 0.5, 3).sigmoid_error for part in each)
    both = loss.surrogate([0.2], 0.5, 3)
    assert near < far / 100
    assert both.sigmoid_error == far
    assert both.gradient_error == pytest.approx((0.1 * near + 3 * far) / 2, rel=1e-3)


@pytest.mark.parametrize("columns", [1, 4])
def test_gradient_error_is_the_smaller_of_the_spectral_and_the_summed_estimate(columns):
    X, c = np.random.default_rng(6).normal(size=(30, columns)), np.full(columns, 0.3)
    samples = [logistic_regression(x[None], [0]) for x in X]
    errors = np.array([sample.surrogate(c, 1.0, 3).sigmoid_error for sample in samples])
    spectral = np.linalg.norm(X, 2) * np.linalg.norm(errors) / 30
    summed = errors @ np.linalg.norm(X, axis=1) / 30
    found = logistic_regression(X, np.zeros(30)).surrogate(c, 1.0, 3)
    assert found.gradient_error == pytest.approx(min(spectral, summed), rel=1e-9)
    assert (spectral < summed) == (columns == 4)


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize(("z", "h"), [(0.0, 0.5), (0.7, 2.0), (-3.0, 6.0)])
def test_sigmoid_error_is_little_more_than_the_remainder_of_interpolation(degree, z, h):
    """sigma^(n) = sum_k (-1)^(k+1) (k-1)! S(n+1, k) sigma^k, with Stirling's numbers S."""
    n, stirling = degree + 1, [1]
    for _ in range(n):
        pairs = zip([*stirling, 0], [0, *stirling], strict=True)
        stirling = [k * a + b for k, (a, b) in enumerate(pairs, 1)]
    s = sigmoid(z + h * np.linspace(-1, 1, 2001))
    terms = [(-1) ** (k + 1) * math.factorial(k - 1) * S for k, S in enumerate(stirling, 1)]
    highest = np.abs(sum(c * s**k for k, c in enumerate(terms, 1))).max()
    remainder = highest * h**n / (2**degree * math.factorial(n))
    found = logistic_regression([[1.0]], [1]).surrogate([z], h, degree).sigmoid_error
    assert remainder * (1 - 1e-9) <= found <= 1.5 * remainder


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_sigmoid_error_is_sharp_on_small_intervals(degree):
    h = 0.2
    loss = logistic_regression([[1.0]], [1])
    surrogate = loss.surrogate([0.8], h, degree)
    grid = 0.8 + h * np.linspace(-1, 1, 401)
    errors = [abs(loss.gradient([w]) - surrogate.loss.gradient([w]))[0] for w in grid]
    assert surrogate.sigmoid_error <= 1.6 * max(errors)


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_error_falls_with_the_power_degree_plus_one_of_the_radius(degree):
    loss = logistic_regression([[1.0, 0.4], [-0.5, 1.0]], [0, 1])
    coarse, fine = (loss.surrogate([0.6, 0.9], r, degree).gradient_error for r in (0.1, 0.05))
    assert math.log2(coarse / fine) == pytest.approx(degree + 1, abs=0.2)


@pytest.mark.parametrize("degree", [1, 3, 5, 8])
@pytest.mark.parametrize("radius", [1e-12, 1e-8, 1e-4])
def test_tiny_balls_do_not_drown_in_rounding(degree, radius):
    rng = np.random.default_rng(0)
    loss = logistic_regression(rng.normal(size=(20, 3)), np.arange(20) % 2, 0.1)
    center = np.array([1.0, -2.0, 0.5])
    surrogate = loss.surrogate(center, radius, degree)
    for w in (center, center + radius * np.eye(3)[0]):
        error = np.linalg.norm(loss.gradient(w) - surrogate.loss.gradient(w))
        assert error < surrogate.gradient_error + 1e-11


def test_sample_without_features_is_harmless():
    loss = logistic_regression([[0.0, 0.0], [1.0, 2.0]], [1, 0])
    surrogate = loss.surrogate([0.1, 0.1], 1.0, 3)
    w = np.array([0.3, 0.2])
    error = np.linalg.norm(loss.gradient(w) - surrogate.loss.gradient(w))
    assert error <= surrogate.gradient_error
