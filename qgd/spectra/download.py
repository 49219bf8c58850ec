"""Reading weights out of a quantum state and loading them again, as a classical model of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from qgd.spectra.module_pruning import KeptWeights, prunable_layers, prune_module, set_mask


@dataclass(frozen=True)
class Download:
    """What one download returned.

    Parameters
    ----------
    kept : KeptWeights
        The sparse weights.
    error : float
        ||read - true||_2 over the weights that were read.
    norm : float
        ||true||_2 of these.
    shots : float
        r / (4 epsilon^2), what sampling r magnitudes to relative error epsilon takes at least;
        infinite for epsilon = 0. Signs and the norm come on top. An estimate.
    """

    kept: KeptWeights
    error: float
    norm: float
    shots: float


def download(model: nn.Module, keep: float, epsilon: float, seed: int) -> Download:
    """Prune by magnitude, then misread the weights that are left, in place.

    Tomography of a state to accuracy epsilon is modelled by an error of Euclidean norm
    epsilon ||w|| in a uniformly random direction of the space of the surviving weights: pruned
    ones are read as zero without error. The true error of tomography is of this norm at the
    probability that its shots are chosen for, and its direction depends on the method.
    """
    kept = prune_module(model, keep)
    masks = _masks(model)
    generator = torch.Generator().manual_seed(seed)
    directions, squares, size = {}, 0.0, 0.0
    for name, p in model.named_parameters():
        if p.requires_grad:
            noise = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            noise = noise * masks[name].cpu() if name in masks else noise
            directions[name] = noise
            squares += float(noise.square().sum())
            size += float(p.detach().double().square().sum())
    norm = size**0.5
    scale = epsilon * norm / squares**0.5 if squares else 0.0
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name in directions:
                p.add_((scale * directions[name]).to(p))
    shots = kept.num_free / (4 * epsilon**2) if epsilon else float("inf")
    return Download(kept, epsilon * norm, norm, shots)


def upload_dense(model: nn.Module) -> None:
    """From now on all weights move, those that start at zero too."""
    for module in prunable_layers(model).values():
        if hasattr(module, "weight_mask"):
            mask = module.weight_mask
            assert isinstance(mask, Tensor)
            set_mask(module, torch.ones_like(mask))


def _masks(model: nn.Module) -> dict[str, Tensor]:
    """Masks by the name of the parameter they belong to."""
    return {
        k.removesuffix("_mask") + "_orig": b.double()
        for k, b in model.named_buffers()
        if k.endswith("_mask")
    }
