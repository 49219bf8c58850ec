"""Phase factors: the response is the polynomial."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose
from strategies import reals, vectors

import qgd
from qgd.solvers.phases import phase_residual

POINTS = np.cos(np.linspace(0, np.pi, 401))


def scaled(coefficients: np.ndarray, largest: float, fineness: int = 200) -> np.ndarray:
    """The polynomial with max |f| = `largest`, by a grid so fine that 1e-5 is left at most."""
    grid = np.cos(np.linspace(0, np.pi, fineness * len(coefficients) + 1))
    return coefficients * largest / np.abs(chebyshev.chebval(grid, coefficients)).max()


def random_polynomial(degree: int, largest: float, fineness: int = 200) -> np.ndarray:
    coefficients = np.random.default_rng(degree).normal(size=degree + 1)
    coefficients[(degree + 1) % 2 :: 2] = 0
    return scaled(coefficients, largest, fineness)


@st.composite
def parity_polynomials(draw: st.DrawFn) -> np.ndarray:
    degree = draw(st.integers(0, 14))
    coefficients = draw(vectors(degree + 1))
    coefficients[(degree + 1) % 2 :: 2] = 0
    if np.abs(coefficients).max() < 1e-3:
        coefficients[-1] = 1.0
    return scaled(coefficients, draw(reals(0.01, 0.99)))


@given(parity_polynomials())
def test_imaginary_part_of_the_response_is_the_polynomial(coefficients):
    response = qgd.qsp_response(qgd.qsp_phases(coefficients), POINTS)
    assert_allclose(response.imag, chebyshev.chebval(POINTS, coefficients), atol=1e-12)


@given(parity_polynomials())
def test_phases_are_symmetric(coefficients):
    phases = qgd.qsp_phases(coefficients)
    assert len(phases) == len(coefficients)
    assert_allclose(phases, phases[::-1])


@given(vectors(5, 3.0), reals())
def test_response_is_the_product_of_the_matrices_of_the_definition(phases, x):
    s = np.sqrt(1 - x * x)
    W = np.array([[x, 1j * s], [1j * s, x]])
    product = np.diag(np.exp([1j * phases[0], -1j * phases[0]]))
    for psi in phases[1:]:
        product = product @ W @ np.diag(np.exp([1j * psi, -1j * psi]))
    assert_allclose(qgd.qsp_response(phases, x)[0], product[0, 0], atol=1e-13)


@given(reals(-0.99, 0.99))
def test_degrees_zero_and_one_have_closed_forms(c):
    assert_allclose(qgd.qsp_phases([c]), [np.arcsin(c)], atol=1e-12)
    assert_allclose(qgd.qsp_phases([0.0, c]), [np.arcsin(c) / 2] * 2, atol=1e-12)


def test_the_zero_polynomial_has_no_phases():
    assert_allclose(qgd.qsp_phases([0.0, 0.0, 0.0]), np.zeros(3))


@pytest.mark.parametrize("degree", [1, 2, 5, 30])
@pytest.mark.parametrize("largest", [0.98, 0.999, 0.9999])
def test_a_maximum_close_to_one_costs_no_accuracy(degree, largest):
    coefficients = random_polynomial(degree, largest)
    response = qgd.qsp_response(qgd.qsp_phases(coefficients), POINTS)
    assert_allclose(response.imag, chebyshev.chebval(POINTS, coefficients), atol=1e-12)


def test_degree_four_thousand_takes_no_time_and_loses_no_digits():
    coefficients = random_polynomial(4001, 0.9, fineness=8)
    qgd.qsp_phases([0.0, 0.5])  # compile
    start = time.perf_counter()
    phases = qgd.qsp_phases(coefficients)
    assert time.perf_counter() - start < 0.5
    response = qgd.qsp_response(phases, POINTS)
    assert_allclose(response.imag, chebyshev.chebval(POINTS, coefficients), atol=1e-11)


def test_mixed_parity_is_refused_and_padding_by_a_zero_is_the_remedy_for_a_lower_degree():
    with pytest.raises(ValueError, match="must have the parity of the degree 2"):
        qgd.qsp_phases([0.0, 0.5, 0.0])
    phases = qgd.qsp_phases([0.0, 0.5, 0.0, 0.0])
    assert_allclose(qgd.qsp_response(phases, POINTS).imag, 0.5 * POINTS, atol=1e-12)


def test_polynomials_that_reach_one_are_refused_and_scaling_is_the_remedy():
    with pytest.raises(ValueError, match=r"got maximum 1.2; scale it by 0.98 / maximum"):
        qgd.qsp_phases([0.0, 0.6, 0.0, 0.6])
    factor = 0.98 / 1.2
    phases = qgd.qsp_phases([0.0, 0.6 * factor, 0.0, 0.6 * factor])
    assert np.abs(qgd.qsp_response(phases, 1.0).imag) == pytest.approx(0.98)


def test_coefficients_must_be_finite_and_one_dimensional():
    for bad in ([[0.1, 0.2]], [np.nan]):
        with pytest.raises(ValueError, match="`coefficients` must"):
            qgd.qsp_phases(bad)


@given(parity_polynomials(), vectors(15, 0.01))
def test_phase_residual_bounds_the_deviation_of_any_phases(coefficients, noise):
    phases = qgd.qsp_phases(coefficients)
    assert phase_residual(phases, coefficients) < 1e-12
    noisy = phases + noise[: len(phases)]
    wanted = chebyshev.chebval(POINTS, coefficients)
    deviation = np.abs(qgd.qsp_response(noisy, POINTS).imag - wanted).max()
    residual = phase_residual(noisy, coefficients)
    assert deviation <= residual * (1 + 1e-9) + 1e-15
    assert residual <= np.sqrt(2) * deviation * 1.01 + 1e-12
