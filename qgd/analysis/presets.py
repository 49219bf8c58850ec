"""Named training runs: small ones that show each ending of an analysis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from qgd.analysis.case import TrainingCase
from qgd.analysis.factorisation_case import FactorisationCase
from qgd.analysis.network_case import NetworkCase
from qgd.core.checks import check_choice
from qgd.dynamics.factorisation import SparseFactorisation
from qgd.problem.planted import planted_ratings
from qgd.spectra.images import load_images
from qgd.spectra.module_pruning import prune_module
from qgd.spectra.networks import multilayer_perceptron
from qgd.spectra.polynomial_model import PolynomialActivation

_SAMPLES = 500


def _digits(activation: str, hidden: int) -> tuple[nn.Module, tuple[torch.Tensor, torch.Tensor]]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = multilayer_perceptron((64, hidden, 10), activation).double()
    return model, load_images("digits").sample(_SAMPLES, 0, dtype=torch.float64)


def _tanh() -> TrainingCase:
    model, data = _digits("tanh", 8)
    return NetworkCase("digits-tanh", model, nn.CrossEntropyLoss(), data, 0.1)


def _relu() -> TrainingCase:
    model, data = _digits("relu", 8)
    return NetworkCase("digits-relu", model, nn.CrossEntropyLoss(), data, 0.1)


def _pruned() -> TrainingCase:
    """Trained for 150 steps with momentum, then pruned to a tenth, as in the paper's recipe."""
    model, data = _digits("tanh", 32)
    loss = nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    for _ in range(150):
        optimiser.zero_grad()
        loss(model(data[0]), data[1]).backward()
        optimiser.step()
    prune_module(model, 0.1, keep_last=False)
    return NetworkCase("digits-pruned", model, loss, data, 0.1)


def _factorisation() -> TrainingCase:
    """2000 users and items around planted factors; the start is off by a tenth of their spread."""
    ratings, weights = planted_ratings(1000, 1000)
    offset = 0.06 * np.random.default_rng(0).standard_normal(len(weights))
    loss = SparseFactorisation(ratings, 2)
    return FactorisationCase("factorisation", loss, weights, offset, 0.1)


def _polynomial() -> TrainingCase:
    """Four weights with a quadratic activation near a minimum: small enough to be priced."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = nn.Sequential(
            nn.Linear(1, 2, bias=False), PolynomialActivation([0.0, 1.0, 0.5]),
            nn.Linear(2, 1, bias=False),
        ).double()  # fmt: skip
        x = torch.linspace(-1, 1, 20, dtype=torch.float64)[:, None]
        target = model(x).detach() + 0.3 * torch.sin(3 * x)
    return NetworkCase("polynomial", model, nn.MSELoss(), (x, target), 0.1)


PRESETS: dict[str, Callable[[], TrainingCase]] = {
    "digits-tanh": _tanh,
    "digits-relu": _relu,
    "digits-pruned": _pruned,
    "factorisation": _factorisation,
    "polynomial": _polynomial,
}


def preset(name: str) -> TrainingCase:
    """Build a named case.

    Examples
    --------
    >>> preset("digits-tanh").num_kept
    610
    """
    check_choice("preset", name, tuple(PRESETS))
    return PRESETS[name]()
