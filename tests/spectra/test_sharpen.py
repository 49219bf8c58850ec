"""Sharpened spectra: closer to the truth where modes are simple, unchanged where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

import qgd


def rotated(d: np.ndarray) -> np.ndarray:
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((len(d), len(d))))[0]
    return (Q * d) @ Q.T


def test_sharpening_brings_the_density_and_the_trace_closer_to_the_truth() -> None:
    d = np.sort(np.concatenate([np.linspace(-0.2, 0.3, 285), np.linspace(1, 9, 15)]))
    H = rotated(d)
    distances, traces = [], []
    for seed in range(10):
        plain = qgd.lanczos(lambda v: H @ v, size=300, num_steps=50, num_probes=4, rng=seed)
        each = [plain, qgd.sharpened(plain)]
        distances.append([wasserstein_distance(d, s.nodes, None, s.weights) for s in each])
        traces.append([abs(s.trace().value - d.sum()) for s in each])
        assert each[1].weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.median(distances, axis=0)[1] < 0.5 * np.median(distances, axis=0)[0]
    assert np.median(traces, axis=0)[1] < 0.5 * np.median(traces, axis=0)[0]


def test_modes_that_are_many_keep_their_weight() -> None:
    d = np.concatenate([np.zeros(127), np.full(12, 3.0), [7.0], np.linspace(0.5, 1, 60)])
    H = rotated(d)
    sharp = qgd.sharpened(qgd.lanczos(lambda v: H @ v, size=200, num_steps=30, num_probes=12))
    for value, count, error in ((0, 127, 8), (3, 12, 3), (7, 1, 1e-9)):
        mass = sharp.weights[np.abs(sharp.nodes - value) < 1e-6].sum()
        assert 200 * mass == pytest.approx(count, abs=error)


def test_exact_spectrum_needs_no_sharpening() -> None:
    spectrum = qgd.Spectrum(2, eigenvalues=np.array([0.0, 1.0]))
    assert qgd.sharpened(spectrum) is spectrum
