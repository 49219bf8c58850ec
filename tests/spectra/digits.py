"""A small network on scikit-learn's digits with its dense Hessian, shared by the tests."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.func import functional_call

Batches = list[tuple[torch.Tensor, torch.Tensor]]


def batches(num_samples: int = 200, size: int = 200) -> Batches:
    X, y = load_digits(return_X_y=True)
    X = torch.tensor((X[:num_samples] - X.mean(0)) / X.std())
    return list(zip(X.split(size), torch.tensor(y[:num_samples]).split(size), strict=True))


def mlp(hidden: int = 3, activation: type[nn.Module] = nn.Tanh, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(64, hidden), activation(), nn.Linear(hidden, 10))
    return net.double()


def dense_hessian(model: nn.Module, loss: object, data: Batches) -> np.ndarray:
    """By torch.autograd.functional, from one flat vector of all weights."""
    shapes = {k: p.shape for k, p in model.named_parameters()}
    flat = torch.cat([p.detach().flatten() for p in model.parameters()])
    total = sum(len(y) for _, y in data)

    def value(w: torch.Tensor) -> torch.Tensor:
        pieces = w.split([s.numel() for s in shapes.values()])
        named = {k: p.view(s) for (k, s), p in zip(shapes.items(), pieces, strict=True)}
        return sum(loss(functional_call(model, named, (x,)), y) * len(y) / total for x, y in data)

    return torch.autograd.functional.hessian(value, flat, vectorize=True).numpy()
