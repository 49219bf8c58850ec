"""Counts of modes and growth factors against closed forms and exact eigenvalues."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import exact_spectra

import qgd


def lanczos_of(d: np.ndarray, **options: int) -> qgd.Spectrum:
    return qgd.lanczos(lambda v: d * v, size=len(d), **options)


def test_every_mode_has_one_class_and_the_classes_add_up_to_the_trace() -> None:
    d = np.array([-2.0, -0.5, -1e-9, 0.0, 1e-9, 0.5, 3.0, 19.0, 25.0])
    with pytest.warns(qgd.OvershootWarning, match=r"2 / lambda_max = 0\.08.*got 0\.1.*= 1\.5"):
        fine, coarse = qgd.mode_shares(
            qgd.Spectrum(9, eigenvalues=d), 0.1, [1e-6, 1.0], relative=False
        )
    counts = [
        round(9 * getattr(fine, k).fraction.value)
        for k in ("divergent", "flat", "dissipative", "overshooting")
    ]
    assert counts == [2, 3, 3, 1]
    assert fine.divergent.trace.value == pytest.approx(-2.5)
    assert fine.overshooting.trace.value == pytest.approx(25)
    assert fine.dissipative.trace.value == pytest.approx(22.5)
    assert (coarse.divergent.fraction.value, coarse.flat.fraction.value) == (1 / 9, 5 / 9)


@given(spectrum=exact_spectra(), eta=st.floats(0.01, 1.0), cut=st.floats(0, 1))
def test_classes_are_a_partition(spectrum: qgd.Spectrum, eta: float, cut: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", qgd.OvershootWarning)
        (shares,) = qgd.mode_shares(spectrum, eta, [cut])
    each = [shares.divergent, shares.flat, shares.dissipative, shares.overshooting]
    assert sum(s.fraction.value for s in each) == pytest.approx(1)
    assert sum(s.trace.value for s in each) == pytest.approx(spectrum.trace().value, abs=1e-9)
    for share in each:
        assert share.bracket == pytest.approx((share.fraction.value, share.fraction.value))


def test_positive_semidefinite_matrix_has_no_divergent_mode_but_its_broadened_density_has() -> None:
    generator = np.random.default_rng(0)
    d = np.concatenate([np.zeros(900), generator.random(100) * 3])
    spectrum = lanczos_of(d, num_steps=60)
    (shares,) = qgd.mode_shares(spectrum, 0.1, [1e-6])
    assert shares.divergent.fraction.value == 0
    assert shares.flat.fraction.value == pytest.approx(0.9, abs=0.03)
    curve = qgd.papyan_density(lambda v: d * v, size=1000, num_steps=128)
    negative = np.trapezoid(curve.values * (curve.x < 0), curve.x)
    assert 0.35 < negative < 0.55
    with np.errstate(over="raise"):
        below = curve.spectrum.mean(lambda x: 1.0 * (x < -1e-6))
    assert below.value == 0


def test_brackets_hold_the_count_where_the_interval_over_probes_is_blind() -> None:
    d = np.sort(np.random.default_rng(1).standard_normal(400)) ** 3
    spectrum = lanczos_of(d, num_steps=8, num_probes=20)
    with pytest.warns(qgd.OvershootWarning):
        (shares,) = qgd.mode_shares(spectrum, 0.25, [0.001])
    truth = (d < -0.001 * np.abs(d).max()).mean()
    low, high = shares.divergent.bracket
    assert low < truth < high
    cut = shares.cut
    for share, inside in (
        (shares.flat, np.abs(d) <= cut),
        (shares.dissipative, (d > cut) & (d <= 8)),
        (shares.overshooting, d > 8),
    ):
        assert share.bracket[0] <= inside.mean() <= share.bracket[1]
        assert 0 <= share.bracket[0] <= share.fraction.value <= share.bracket[1] <= 1
    assert not shares.divergent.fraction.lower < truth < shares.divergent.fraction.upper
    (fine,) = qgd.mode_shares(lanczos_of(d, num_steps=100, num_probes=20), 0.01, [0.001])
    assert fine.divergent.bracket[1] - fine.divergent.bracket[0] < 0.3 * (high - low)


def test_worst_growth_is_the_norm_of_the_power_and_log_norm_that_of_the_flow() -> None:
    half = np.random.default_rng(0).standard_normal((6, 6))
    H = half + half.T
    spectrum = qgd.exact_spectrum(lambda v: H @ v, size=6)
    step = np.eye(6) - 0.1 * H
    for s, growth in zip([0, 1, 5], qgd.worst_growth(spectrum, 0.1, [0, 1, 5]), strict=True):
        assert growth == pytest.approx(np.linalg.norm(np.linalg.matrix_power(step, s), 2))
    assert qgd.spectral_log_norm(spectrum).value == pytest.approx(np.linalg.eigvalsh(-H)[-1])
    short = qgd.spectral_log_norm(lanczos_of(np.linspace(-1, 1, 300), num_steps=5, num_probes=2))
    assert short.lower < 1 < short.upper + 0.1


def test_bad_arguments_are_named() -> None:
    spectrum = qgd.Spectrum(1, eigenvalues=np.array([1.0]))
    with pytest.raises(ValueError, match="`learning_rate` must be greater than 0"):
        qgd.mode_shares(spectrum, 0.0)
    with pytest.raises(ValueError, match="`cuts` must be at least 0, got -1"):
        qgd.mode_shares(spectrum, 0.1, [-1.0])
