"""Models by name: sizes of the paper, activations, seeds."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import qgd
from qgd.spectra.networks import ACTIVATIONS, NETWORKS


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("digits-mlp", 9_674),
        ("digits-mlp-100k", 99_690),
        ("digits-cnn", 15_338),
        ("resnet-7m", 7_451_044),
        ("resnet-103m", 103_338_916),
        ("resnet-104m-wide", 104_395_540),
    ],
)
def test_networks_have_the_stated_number_of_weights(name: str, size: int) -> None:
    with torch.device("meta"):
        model = NETWORKS[name]()
    assert sum(p.numel() for p in model.parameters()) == size


@pytest.mark.parametrize("depth", [8, 56])
def test_residual_network_maps_images_to_logits(depth: int) -> None:
    model = qgd.CifarResNet(depth, 1, num_classes=7, activation="tanh").eval()
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 7)
    assert sum(isinstance(m, nn.Conv2d) for m in model.blocks.modules()) == {8: 8, 56: 84}[depth]


def test_seed_fixes_the_weights_and_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    a, b, c = (qgd.named_network("digits-cnn", seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(a[0].weight, b[0].weight)
    assert not torch.equal(a[0].weight, c[0].weight)


def test_every_smooth_activation_runs_in_taylor_mode() -> None:
    data = torch.randn(2, 1, 8, 8), torch.tensor([1, 3])
    options = {"order": 2, "steps": 1, "learning_rate": 0.1}
    for name in ACTIVATIONS:
        model = qgd.digits_cnn(1, name)
        if name == "relu":
            with pytest.raises(ValueError, match="Tanh"):
                qgd.carleman_trajectory(model, nn.CrossEntropyLoss(), data, **options)
        else:
            run = qgd.carleman_trajectory(model, nn.CrossEntropyLoss(), data, **options)
            assert run.errors[1, 0] < 1e-13


def test_residual_network_runs_in_taylor_mode() -> None:
    torch.manual_seed(0)
    model = qgd.CifarResNet(8, 1, num_classes=5, activation="silu").eval()
    data = torch.randn(2, 3, 8, 8), torch.tensor([1, 3])
    for block in list(model.blocks)[1:]:
        block.requires_grad_(False)
    run = qgd.carleman_trajectory(
        model, nn.CrossEntropyLoss(), data, order=2, steps=2, learning_rate=0.01
    )
    assert run.errors[-1, 1] < 0.3 * run.errors[-1, 0] < 0.3 * run.distances[-1]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="take 32"):
        qgd.CifarResNet(33)
    with pytest.raises(ValueError, match="`activation` must be one of relu, tanh"):
        qgd.CifarResNet(32, activation="cubic")
    with pytest.raises(ValueError, match="`name` must be one of digits-mlp"):
        qgd.named_network("resnet-9m")
    with pytest.raises(ValueError, match="`sizes` must name"):
        qgd.multilayer_perceptron([3])
