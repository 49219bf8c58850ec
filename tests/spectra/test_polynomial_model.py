"""Exact polynomial loss of torch networks, against torch and against Taylor mode."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import qgd
from qgd.spectra.polynomial_model import PolynomialActivation, polynomial_loss


def half_square(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return ((outputs - targets) ** 2).sum(1).mean() / 2


def network(biased: bool) -> nn.Sequential:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Linear(2, 3, bias=biased),
        PolynomialActivation([0.1, 0.8, -0.4]),
        nn.Linear(3, 1, bias=biased),
    ).double()


@pytest.mark.parametrize("biased", [False, True])
def test_taylor_mode_equals_the_exact_engine_with_all_layers_trained_and_pruned(
    biased: bool,
) -> None:
    model = network(biased)
    qgd.prune_module(model, 0.8, keep_last=False)
    torch.manual_seed(1)
    x, y = torch.randn(6, 2, dtype=torch.float64), torch.randn(6, 1, dtype=torch.float64)
    loss, w, positions = polynomial_loss(model, (x, y), ridge=0.05)
    assert loss.degree == 6
    assert len(w) == 7 + 4 * biased
    penalty = 0.025 * w @ w
    assert loss.value(w) == pytest.approx(half_square(model(x), y).item() + penalty)

    run = qgd.carleman_trajectory(
        model, half_square, (x, y), order=4, steps=6, learning_rate=0.2, weight_decay=0.05
    )
    field, change = qgd.shift(qgd.gradient_descent(loss, 0.2), w)
    exact = qgd.graded_iterate(field, 4, change.inverse(w), 6, at=[6], homogenised=True)
    found = run.solution.parts[:, positions]
    sizes = np.abs(exact.parts[0]).max(axis=0)
    assert (np.abs(found - exact.parts)[0].max(axis=0) < 1e-10 * np.minimum(sizes, 1)).all(), sizes
    assert sizes.min() > 1e-9
    others = np.setdiff1d(np.arange(run.solution.parts.shape[1]), positions)
    assert not run.solution.parts[:, others].any()


def test_other_networks_are_refused() -> None:
    data = torch.ones(2, 3), torch.ones(2, 2)
    for model in (
        nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        nn.Sequential(nn.Linear(3, 2), PolynomialActivation([0.0, 1.0])),
    ):
        with pytest.raises(ValueError, match="`model` must alternate"):
            polynomial_loss(model, data)
    polynomial_loss(nn.Sequential(nn.Flatten(), nn.Linear(3, 2)), data)
