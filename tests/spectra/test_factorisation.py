"""The spectrum of a factorisation: quadrature against all eigenvalues."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.core.outcome import QGDError


def problem(dtype: str = "float64") -> tuple[qgd.SparseFactorisation, np.ndarray]:
    ratings, _ = qgd.planted_ratings(60, 60, noise=0.2, dtype=dtype)  # type: ignore[arg-type]
    loss = qgd.SparseFactorisation(ratings, 2, ridge=0.1)
    return loss, np.random.default_rng(2).normal(size=loss.num_weights)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_quadrature_matches_the_eigenvalues(dtype: str) -> None:
    loss, weights = problem(dtype)
    exact = qgd.factorisation_spectrum(loss, weights)
    assert exact.exact
    np.testing.assert_allclose(
        exact.eigenvalues, np.linalg.eigvalsh(loss.hessian(weights)), atol=1e-4
    )
    rough = qgd.factorisation_spectrum(loss, weights, exact_up_to=0, num_probes=20, num_steps=40)
    assert rough.num_products == 800
    for ours, true in zip(rough.extremes, exact.extremes, strict=True):
        assert ours == pytest.approx(true, abs=1e-3)
    damped = [s.mean(lambda x: np.exp(-x / 8), confidence=0.999) for s in (rough, exact)]
    assert damped[0].lower <= damped[1].value <= damped[0].upper
    assert damped[0].half_width < 0.1


def test_a_ridge_shifts_every_mode() -> None:
    loss, weights = problem()
    plain = qgd.SparseFactorisation(loss.ratings, 2)
    here, there = (
        qgd.factorisation_spectrum(each, weights, exact_up_to=0) for each in (loss, plain)
    )
    np.testing.assert_allclose(here.extremes, np.add(there.extremes, 0.1), atol=1e-10)


@pytest.mark.parametrize("exact_up_to", [2000, 0])
def test_a_mask_leaves_the_kept_weights_alone(exact_up_to: int) -> None:
    loss, weights = problem()
    dense, mask = qgd.prune(loss.polynomial(), weights, keep=60)
    kept = qgd.factorisation_spectrum(
        loss, weights, mask=mask, exact_up_to=exact_up_to, num_steps=60, reorthogonalise=True
    )
    eigenvalues = np.linalg.eigvalsh(dense.hessian(mask.apply(weights)))
    assert kept.size == 60
    np.testing.assert_allclose(kept.extremes, (eigenvalues[0], eigenvalues[-1]), atol=1e-8)
    other = qgd.Mask(np.array([0]), 3)
    with pytest.raises(ValueError, match="`mask` must be one of 240 weights, got one of 3"):
        qgd.factorisation_spectrum(loss, weights, mask=other)


def test_the_measured_edges_lie_in_the_proved_interval() -> None:
    loss, weights = problem()
    descent = qgd.FactorisationDescent(loss, 0.1, weights)
    low, high = qgd.factorisation_dissipation(descent).hessian_interval
    least, greatest = qgd.factorisation_spectrum(loss, weights, exact_up_to=0).extremes
    assert low <= least < greatest <= high


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    loss, weights = problem()
    monkeypatch.setattr("qgd.core.checks._ALWAYS_FREE", 0)
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 1000.0)
    with pytest.raises(QGDError, match="take float32 ratings or fewer users"):
        qgd.factorisation_spectrum(loss, weights)
