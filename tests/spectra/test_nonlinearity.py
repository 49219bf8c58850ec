"""R and Kantorovich's number against closed forms of cubic losses."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import qgd

sys.path.insert(0, str(Path(__file__).parent))
from digits import batches, mlp


class Cubic(nn.Module):
    """L(w) = g . w + a . w^2 / 2 + t (c . w)^3 / 6, at w = 0."""

    def __init__(self, curvature: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(3, dtype=torch.float64))
        self.curvature = curvature

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        c = torch.tensor([2.0, -1.0, 2.0]).double() / 3
        quadratic = torch.tensor([self.curvature, 1.0, 3.0]).double() @ self.w**2 / 2
        return x[0] @ self.w + quadratic + 0.9 * (c @ self.w) ** 3 / 6


def numbers(curvature: float) -> qgd.PivotNumbers:
    data = [(torch.tensor([[0.1, 0.2, -0.2]]).double(), torch.zeros(1))]
    H = qgd.hessian_product(Cubic(curvature), lambda o, y: o, data, device="cpu")
    return qgd.pivot_numbers(H, qgd.spectrum(H))


def test_numbers_of_a_cubic_loss_are_the_closed_form() -> None:
    found = numbers(0.5)
    assert found.gradient_norm == pytest.approx(0.3)
    assert found.third_norm == pytest.approx(0.9)
    assert found.least_eigenvalue == pytest.approx(0.5)
    assert found.kantorovich.value == pytest.approx(0.3 * 0.9 / 0.25)
    best = min((0.3 / r + 0.9 * r / 2) / 0.5 for r in np.linspace(0.1, 5, 4000))
    assert found.R.value == pytest.approx(best, rel=1e-6)
    assert found.R.kind is qgd.Kind.ESTIMATED


def test_indefinite_hessian_has_infinite_numbers() -> None:
    found = numbers(-0.5)
    assert (found.R.value, found.kantorovich.value) == (math.inf, math.inf)
    assert not found.R.assumptions[0].holds


def test_third_norm_of_a_network_bounds_its_samples_and_the_spectrum_must_fit() -> None:
    mask = np.arange(235) % 9 == 0
    H = qgd.hessian_product(
        mlp(), nn.functional.cross_entropy, batches(50, 50), mask=mask, device="cpu"
    )
    found = qgd.pivot_numbers(H, qgd.spectrum(H))
    generator = np.random.default_rng(1)
    for _ in range(20):
        u = generator.standard_normal(mask.sum())
        u /= np.linalg.norm(u)
        assert abs(u @ H.third(u)) <= found.third_norm
    with pytest.raises(ValueError, match="`spectrum` must be that of the operator, of 27 modes"):
        qgd.pivot_numbers(H, qgd.Spectrum(1, eigenvalues=np.ones(1)))
