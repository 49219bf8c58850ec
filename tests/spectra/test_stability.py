"""Learning rates that make the stiffest mode grow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import qgd
from qgd.spectra.stability import largest_eigenvalue, overshoot_sentence, stable_rate
from qgd.spectra.stiffness import stiffness


def trained(*, dropout: bool = False) -> nn.Module:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Flatten(), nn.Linear(64, 4), nn.BatchNorm1d(4), nn.Tanh()]
    return nn.Sequential(*layers, *([nn.Dropout(0.3)] if dropout else []), nn.Linear(4, 10))


def largest(operator: qgd.HessianOperator) -> float:
    return qgd.lanczos(operator, num_steps=60, num_probes=1).extremes[1]


@given(st.floats(1e-8, 1e8))
def test_stable_rate_is_stable_and_within_a_thousandth_of_the_limit(top: float) -> None:
    rate = stable_rate(top)
    assert rate * top <= 2
    assert rate * top > 2 * 0.998
    assert rate == float(f"{rate:.4g}")


def test_lower_bound_is_inside_the_spectrum_and_close() -> None:
    data = qgd.load_images().sample(100, 0)
    model = qgd.multilayer_perceptron((64, 4, 10))
    operator = qgd.hessian_product(model, nn.functional.cross_entropy, [data], device="cpu")
    top = largest(operator)
    found = [largest_eigenvalue(operator, rng=seed) for seed in range(5)]
    assert max(found) <= top * (1 + 1e-5)
    assert min(found) > 0.97 * top
    assert largest_eigenvalue(lambda v: 3 * v, 1) == pytest.approx(3)


def test_stiffness_is_of_the_function_that_training_descends() -> None:
    x, y = qgd.load_images().sample(100, 0)
    pieces = [(x[:60], y[:60]), (x[60:], y[60:])]
    model = trained().eval()
    found = stiffness(model, nn.functional.cross_entropy, pieces)
    operator = qgd.hessian_product(  # `model` is in train mode now: statistics of each piece
        model, nn.functional.cross_entropy, pieces, device="cpu"
    )
    assert found == pytest.approx(largest(operator), rel=0.03)
    frozen = qgd.hessian_product(model.eval(), nn.functional.cross_entropy, pieces, device="cpu")
    assert found != pytest.approx(largest(frozen), rel=0.1)


def test_stiffness_is_known_with_dropout_and_unknown_without_second_derivatives() -> None:
    x, y = qgd.load_images().sample(100, 0)
    model = trained(dropout=True)
    found = stiffness(model, nn.functional.cross_entropy, [(x, y)])
    assert found is not None
    assert found > 0
    assert not model[4].training

    def rounded(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return (outputs.detach().round()).mean()

    assert stiffness(model, rounded, [(x, y)]) is None


def test_sentence_names_the_argument_the_number_and_the_remedy() -> None:
    text = overshoot_sentence(0.5, 8.0)
    assert "`learning_rate` must be at most 2 / lambda_max = 0.25 " in text
    assert "got 0.5: eta lambda_max = 4, |1 - eta lambda_max| = 3" in text
    assert np.isclose(stable_rate(25.0), 0.08)
