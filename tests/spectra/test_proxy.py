"""Properties of the error proxy, and its window on digits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import exact_spectra

import qgd

pytestmark = pytest.mark.filterwarnings("ignore::qgd.spectra.modes.OvershootWarning")


def gaussian_run(d: np.ndarray, probes: int, seed: int) -> qgd.Spectrum:
    return qgd.lanczos(
        lambda v: d * v,
        size=len(d),
        num_steps=60,
        num_probes=probes,
        distribution="gaussian",
        rng=seed,
    )


@given(spectrum=exact_spectra(), eta=st.floats(0.01, 0.5), cut=st.floats(0, 0.5))
def test_proxy_starts_at_one_and_is_convex(spectrum: qgd.Spectrum, eta: float, cut: float) -> None:
    if cut > np.abs(spectrum.nodes).max():
        cut = 0.0
    values = qgd.ErrorProxy(spectrum, eta, cut)(np.linspace(0, 12, 25))
    assert values[0] == pytest.approx(1, abs=1e-12)
    assert (values[:-2] + values[2:] - 2 * values[1:-1] >= -1e-9 * values[2:].max()).all()


@given(spectrum=exact_spectra(), eta=st.floats(0.01, 0.5), factor=st.floats(0.1, 10))
def test_proxy_depends_on_the_product_of_rate_and_eigenvalue(
    spectrum: qgd.Spectrum, eta: float, factor: float
) -> None:
    scaled = qgd.Spectrum(spectrum.size, eigenvalues=spectrum.nodes * factor)
    steps = [0, 1, 3, 7.5]
    other = qgd.ErrorProxy(scaled, eta / factor)(steps)
    assert qgd.ErrorProxy(spectrum, eta)(steps) == pytest.approx(other, rel=1e-9)


@given(spectrum=exact_spectra(bound=1.0), eta=st.floats(0.01, 1.0))
def test_first_step_is_the_trace(spectrum: qgd.Spectrum, eta: float) -> None:
    first = qgd.ErrorProxy(spectrum, eta)([1])[0] - 1
    assert first == pytest.approx(-eta * spectrum.trace().value / spectrum.size, abs=1e-12)


@given(spectrum=exact_spectra(), eta=st.floats(0.01, 0.5))
def test_window_is_where_the_proxy_is_below_one(spectrum: qgd.Spectrum, eta: float) -> None:
    proxy = qgd.ErrorProxy(spectrum, eta)
    start, end = proxy.window()
    assert start == 0
    assert proxy.window_interval() == (end, end)
    if end == 0:
        assert proxy([1e-3])[0] >= 1
        assert proxy.least() == (0, 1)
        return
    inside = [min(end, 1e3) * t for t in (0.01, 0.5, 0.99)]
    assert (proxy(inside) <= 1).all()
    if math.isfinite(end):
        assert proxy([end])[0] == pytest.approx(1, abs=1e-6)
        assert proxy([1.01 * end + 1e-3])[0] >= 1
        step, least = proxy.least()
        assert 0 < step < end
        assert least <= proxy(np.linspace(0, end, 40)).min() + 1e-9


def test_window_is_endless_without_a_growing_mode_and_empty_without_a_damped_one() -> None:
    damped = qgd.Spectrum(2, eigenvalues=np.array([0.0, 1.0]))
    assert qgd.ErrorProxy(damped, 0.1).window() == (0, math.inf)
    grows = qgd.Spectrum(2, eigenvalues=np.array([-1.0, 0.0]))
    assert qgd.ErrorProxy(grows, 0.1).window() == (0, 0)
    overshoots = qgd.Spectrum(1, eigenvalues=np.array([25.0]))
    with pytest.warns(qgd.OvershootWarning):
        assert qgd.ErrorProxy(overshoots, 0.1).window() == (0, 0)


def test_literal_equation_is_that_of_rate_one_and_explodes() -> None:
    d = np.concatenate([np.linspace(0.4, 20, 50), np.linspace(-4, -0.4, 30)])
    spectrum = qgd.Spectrum(80, eigenvalues=np.sort(d))
    steps = [0, 1, 10]
    literal = qgd.ErrorProxy(spectrum, 0.011, 0.4, literal=True)(steps)
    assert literal == pytest.approx(np.array([np.mean(np.abs(1 - d) ** s) for s in steps]))
    assert literal[2] > 1e9
    assert qgd.ErrorProxy(spectrum, 0.011, 0.4)(steps)[2] < 1


def test_interval_over_probes_covers_the_exact_proxy_with_and_without_cut() -> None:
    d = np.random.default_rng(2).standard_normal(300)
    exact = qgd.Spectrum(300, eigenvalues=np.sort(d))
    for cut in (0.0, 0.4):
        steps = [1, 5, 20]
        truth = qgd.ErrorProxy(exact, 0.1, cut)(steps)
        covered = 0
        for seed in range(30):
            run = gaussian_run(d, 5, seed)
            low, high = qgd.ErrorProxy(run, 0.1, cut).interval(steps, confidence=0.9)
            ends = qgd.ErrorProxy(run, 0.1, cut).interval([0])
            assert ends[0] == pytest.approx(1, abs=1e-12)  # P(0) = 1 in every probe
            assert ends[1] == pytest.approx(1, abs=1e-12)
            covered += ((low <= truth) & (truth <= high)).sum()
        assert 70 <= covered <= 90
    earliest, latest = qgd.ErrorProxy(run, 0.1).window_interval()
    assert earliest <= qgd.ErrorProxy(run, 0.1).window()[1] <= latest
    assert earliest < latest or (earliest, latest) == (0, 0)


def test_cut_that_leaves_nothing_is_refused() -> None:
    spectrum = qgd.Spectrum(1, eigenvalues=np.array([0.3]))
    with pytest.raises(qgd.QGDError, match=r"`cut` must be at most .*0\.3, got 0\.4"):
        qgd.ErrorProxy(spectrum, 0.1, 0.4)


def test_interval_is_endless_where_the_proxy_overflows() -> None:
    spectrum = gaussian_run(np.linspace(-1, 3, 300), 2, 0)
    proxy = qgd.ErrorProxy(spectrum, 0.5)
    lower, upper = proxy.interval([1.0, 1e5])
    assert np.isfinite([lower[0], upper[0]]).all()
    assert (lower[1], upper[1]) == (-math.inf, math.inf)
    wide = qgd.ErrorProxy(gaussian_run(np.linspace(-1, 1.001, 300), 2, 1), 0.5)
    start, end = wide.window_interval()
    assert start <= wide.window()[1] <= end
