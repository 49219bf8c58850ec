"""Global pruning of torch modules."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import qgd
from qgd.spectra.module_pruning import METHODS


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 3))


DATA = [(torch.linspace(-1, 1, 24).reshape(4, 6), torch.tensor([0, 1, 2, 0]))]
LOSS = nn.functional.cross_entropy


def test_magnitude_pruning_is_that_of_torch() -> None:
    ours, theirs = network(), network()
    kept = qgd.prune_module(ours, 0.25)
    pairs = [(theirs[0], "weight"), (theirs[2], "weight")]
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.75)
    for i in (0, 2):
        assert torch.equal(ours[i].weight_mask, theirs[i].weight_mask)
    x = DATA[0][0]
    assert torch.equal(ours(x), theirs(x))
    assert set(ours.state_dict()) == set(theirs.state_dict())
    assert sum(k for k, _ in kept.layers.values()) == 22 == round(0.25 * 88)
    assert kept.share == 0.25
    assert kept.num_free == 22 + 8 + 5 + 18
    assert kept.num_weights == sum(p.numel() for p in network().parameters())
    assert prune.is_pruned(ours)
    assert ours[0].weight_orig.count_nonzero() == kept.layers["0"][0]


@pytest.mark.parametrize("method", METHODS)
def test_removed_weights_get_no_gradient_and_pruning_again_moves_the_mask(method: str) -> None:
    model = network()
    options = {"data": DATA, "loss": LOSS, "seed": 1}
    qgd.prune_module(model, 0.5, method, **options)
    LOSS(model(DATA[0][0]), DATA[0][1]).backward()
    for i in (0, 2):
        removed = model[i].weight_mask == 0
        assert removed.any()
        assert not model[i].weight_orig.grad[removed].any()
        assert not model[i].weight[removed].any()
    first = model[0].weight_mask.clone()
    qgd.prune_module(model, 0.25, "magnitude")
    assert (model[0].weight_mask <= first).all()
    assert model[0].weight_mask.sum() < first.sum()


def test_gradient_and_movement_scores_follow_their_formulas() -> None:
    base = network()
    copies = copy.deepcopy(base)
    weights = [copies[0].weight, copies[2].weight]
    slopes = torch.autograd.grad(LOSS(copies(DATA[0][0]), DATA[0][1]), weights)
    for method, sign in (("gradient", torch.abs), ("movement", torch.neg)):
        model = copy.deepcopy(base)
        qgd.prune_module(model, 0.3, method, data=DATA, loss=LOSS)
        scores = [sign(w.detach() * g) for w, g in zip(weights, slopes, strict=True)]
        alive = [model[i].weight_mask.bool() for i in (0, 2)]
        lowest = min(s[a].min() for s, a in zip(scores, alive, strict=True))
        highest = max(s[~a].max() for s, a in zip(scores, alive, strict=True))
        assert lowest >= highest


def test_a_collapsed_layer_warns() -> None:
    model = network()
    model[2].weight.data *= 1e-6
    with pytest.warns(qgd.CollapsedLayerWarning, match=r"layer 2 \(0 of 40\)"):
        qgd.prune_module(model, 0.25)


def test_many_collapsed_layers_are_counted_and_not_all_named() -> None:
    model = nn.Sequential(*(nn.Linear(9, 9) for _ in range(9)))
    for layer in list(model)[1:8]:
        layer.weight.data *= 1e-6
    with pytest.warns(qgd.CollapsedLayerWarning, match=r"4 \(0 of 81\) and 3 more: the network"):
        qgd.prune_module(model, 0.1)


def test_impossible_requests_are_refused_with_a_remedy() -> None:
    with pytest.raises(ValueError, match=r"`keep` must leave at least one weight.*take at least"):
        qgd.prune_module(network(), 0.001)
    with pytest.warns(qgd.CollapsedLayerWarning):
        qgd.prune_module(network(), 0.012)
    with pytest.raises(ValueError, match="`keep` must be at most 1"):
        qgd.prune_module(network(), 1.5)
    with pytest.raises(ValueError, match="`data` and `loss` must be given"):
        qgd.prune_module(network(), 0.5, "movement")
    single = nn.Sequential(nn.Linear(4, 2))
    with pytest.raises(ValueError, match="keep_last=False"):
        qgd.prune_module(single, 0.5)
    assert qgd.prune_module(single, 0.5, keep_last=False).share == 0.5
