"""Networks of the Hessian benchmarks: an MLP trained on digits, and the paper's ResNet."""

from __future__ import annotations

from itertools import pairwise

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F  # noqa: N812


def digits_mlp(widths=(64, 96, 32, 10), num_steps: int = 300):  # type: ignore[no-untyped-def]
    """An MLP after some steps of SGD, and all of the digits as one batch."""
    torch.manual_seed(0)
    X, y = load_digits(return_X_y=True)
    X = torch.tensor((X - X.mean(0)) / X.std(), dtype=torch.float32)
    y = torch.tensor(y)
    layers: list[nn.Module] = []
    for a, b in pairwise(widths):
        layers += [nn.Linear(a, b), nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(num_steps):
        index = torch.randint(0, len(y), (128,))
        optimiser.zero_grad()
        F.cross_entropy(model(X[index]), y[index]).backward()
        optimiser.step()
    model.zero_grad()
    return model, [(X, y)]


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.path(x) + self.shortcut(x))


def cifar_resnet(depth: int = 32, widen: int = 4, classes: int = 100, batch: int = 32):  # type: ignore[no-untyped-def]
    """The paper's ResNet (7 451 044 weights) in eval mode, and synthetic images."""
    torch.manual_seed(0)
    width = 16 * widen
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)]
    layers.append(nn.ReLU())
    for stage in range(3):
        outputs = 16 * widen * 2**stage
        for k in range((depth - 2) // 6):
            layers.append(Block(width, outputs, 2 if stage and not k else 1))
            width = outputs
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)]
    model = nn.Sequential(*layers).eval()
    X = torch.randn(batch, 3, 32, 32)
    return model, [(X, torch.randint(0, classes, (batch,)))]
