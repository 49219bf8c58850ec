"""Broadened densities: normalised, with intervals, and the paper's estimator as it stands."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qgd

D = np.sort(np.random.default_rng(0).standard_normal(300))


def test_density_integrates_to_one_and_its_interval_shrinks_with_probes() -> None:
    x = np.linspace(-5, 5, 801)
    exact = qgd.density(qgd.Spectrum(300, eigenvalues=D), x, 0.2)
    assert np.trapezoid(exact.values, x) == pytest.approx(1, abs=1e-6)
    assert (exact.lower == exact.values).all()
    widths = []
    for probes in (4, 40):
        run = qgd.lanczos(
            lambda v: D * v, size=300, num_steps=60, num_probes=probes, distribution="gaussian"
        )
        curve = qgd.density(run, x, 0.2, confidence=0.99)
        inside = (curve.lower <= exact.values + 1e-9) & (exact.values - 1e-9 <= curve.upper)
        assert inside.mean() > 0.8
        widths.append((curve.upper - curve.lower).mean())
    assert widths[1] < widths[0] / 3
    one = qgd.density(qgd.lanczos(lambda v: D * v, size=300, num_probes=1), x, 0.2)
    assert np.isinf(one.upper).all()


def test_papyan_density_has_the_width_and_range_of_its_definition() -> None:
    calls = []

    def product(v: np.ndarray) -> np.ndarray:
        calls.append(len(v))
        return D * v

    curve = qgd.papyan_density(product, size=300, num_steps=100, num_range_steps=30)
    assert len(calls) == 130
    span = curve.x[-1] - curve.x[0]
    assert 1.09 < span / (D[-1] - D[0]) < 1.2
    # A second route: the standard deviation whose neighbours at distance h meet at 1 / kappa.
    h = span / 99
    assert math.exp(-((h / 2) ** 2) / (2 * (curve.width / 2) ** 2) / 4) == pytest.approx(
        1 / 1.25, rel=1e-9
    )
    assert np.trapezoid(curve.values, curve.x) == pytest.approx(1, abs=1e-3)
    (probe,) = curve.spectrum.probes
    assert probe.nodes[0] == pytest.approx(D[0], abs=1e-6)
    assert probe.nodes[-1] == pytest.approx(D[-1], abs=1e-6)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="`kappa` must be greater than 1"):
        qgd.papyan_density(lambda v: v, size=3, kappa=1.0)
    with pytest.raises(ValueError, match="`width` must be greater than 0"):
        qgd.density(qgd.Spectrum(1, eigenvalues=np.zeros(1)), [0.0], 0.0)
