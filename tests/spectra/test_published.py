"""The paper's figures, digitised, and what follows from them without any network."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.spectra.published import CUT, PublishedDensity, fit_published_proxy, published_figures


def test_proxy_of_the_published_spectrum_is_the_published_curve_with_one_fitted_number():
    fit = fit_published_proxy()
    assert fit.rms <= 0.003
    assert 0.0100 < fit.learning_rate < 0.0115
    assert fit.steps[0] == 0
    assert fit.steps[-1] == 90
    assert fit.rms == pytest.approx(np.sqrt(np.mean((fit.fitted - fit.published) ** 2)))


def test_fitted_learning_rate_is_a_minimum_and_the_spectrum_at_the_upload_fits_best():
    fit = fit_published_proxy()
    spectrum = published_figures().spectra[10].spectrum()
    for factor in (0.97, 1.03):
        other = qgd.ErrorProxy(spectrum, factor * fit.learning_rate)(fit.steps)
        assert np.sqrt(np.mean((other - fit.published) ** 2)) > fit.rms
    assert fit_published_proxy(50).rms > 3 * fit.rms


def test_equation_7_as_printed_is_not_what_is_plotted():
    spectrum = published_figures().spectra[10].spectrum()
    assert qgd.ErrorProxy(spectrum, 0.01, literal=True)([10])[0] > 1e9
    assert published_figures().proxy[:, 1].max() < 1.2


def test_quadrature_of_a_drawn_density_has_its_closed_form():
    x = np.linspace(0, 2, 5)  # exp(-x) on [0, 2], kept from 0.4 on
    curve = PublishedDensity(((x, -x),))
    spectrum = curve.spectrum()
    mass = np.exp(-CUT) - np.exp(-2)
    mean = ((1 + CUT) * np.exp(-CUT) - 3 * np.exp(-2)) / mass
    assert spectrum.weights.sum() == pytest.approx(1, abs=1e-12)
    assert spectrum.mean(lambda x: x).value == pytest.approx(mean, rel=1e-8)
    assert curve.divergent_share() == 0


def test_published_spectra_show_no_domination_of_dissipative_modes_by_count():
    figures = published_figures()
    assert sorted(figures.spectra) == list(range(0, 200, 10))
    shares = [figures.spectra[step].divergent_share() for step in figures.spectra]
    assert min(shares) > 0.35
    assert max(shares) < 0.55
    assert figures.large.divergent_share() > 0.5


def test_step_that_was_not_published_is_refused_with_the_steps_that_were():
    with pytest.raises(ValueError, match=r"`step` must be .* 0, 10, \.\.\., 190, got 15; take 10"):
        fit_published_proxy(15)
    assert fit_published_proxy(10).rms < 0.003
