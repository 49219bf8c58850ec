"""The networks of the paper's experiment, and small ones for a laptop."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from qgd.core.checks import check_choice, check_integer

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    expansion = 1

    def __init__(self, inputs: int, planes: int, stride: int, activation: str) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, planes, 3, stride, 1, bias=False),
            nn.BatchNorm2d(planes),
            ACTIVATIONS[activation](),
            nn.Conv2d(planes, planes, 3, 1, 1, bias=False),
            nn.BatchNorm2d(planes),
        )
        self.shortcut = _shortcut(inputs, planes, stride)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return result


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions, the last four times as wide, and a shortcut."""

    expansion = 4

    def __init__(self, inputs: int, planes: int, stride: int, activation: str) -> None:
        super().__init__()
        wide = planes * self.expansion
        self.body = nn.Sequential(
            nn.Conv2d(inputs, planes, 1, bias=False),
            nn.BatchNorm2d(planes),
            ACTIVATIONS[activation](),
            nn.Conv2d(planes, planes, 3, stride, 1, bias=False),
            nn.BatchNorm2d(planes),
            ACTIVATIONS[activation](),
            nn.Conv2d(planes, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
        )
        self.shortcut = _shortcut(inputs, wide, stride)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.activation(self.body(x) + self.shortcut(x))
        return result


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class CifarResNet(nn.Module):
    """Residual network for 32 x 32 images: three stages of (depth - 2) / 6 blocks.

    16, 32 and 64 channels times `width`; basic blocks below depth 54, bottlenecks from there on, as
    in the family that the authors of arXiv:2303.03428 experimented with. Depth 32, width 4 and 100
    classes have 7 451 044 weights; depth 422 and width 4 have 103 338 916; depth 32 and width 15
    have 104 395 540.

    Parameters
    ----------
    depth : int
        6 k + 2.
    width : int
        Widening factor.
    num_classes : int
        Number of outputs.
    activation : str
        ``relu`` as in the paper; tanh, sigmoid, softplus, gelu or silu for Taylor mode.
    """

    def __init__(
        self, depth: int = 32, width: int = 4, num_classes: int = 100, activation: str = "relu"
    ) -> None:
        super().__init__()
        check_integer("depth", depth, 8)
        check_integer("width", width, 1)
        check_integer("num_classes", num_classes, 2)
        check_choice("activation", activation, tuple(ACTIVATIONS))
        if (depth - 2) % 6:
            nearest = 6 * round((depth - 2) / 6) + 2
            raise ValueError(f"`depth` must be 6 k + 2, got {depth}; take {nearest}")
        block = Bottleneck if depth >= 54 else BasicBlock
        channels = 16 * width
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
            ACTIVATIONS[activation](),
        )
        blocks: list[nn.Module] = []
        for stage, planes in enumerate((16 * width, 32 * width, 64 * width)):
            for index in range((depth - 2) // 6):
                stride = 2 if stage and not index else 1
                blocks.append(block(channels, planes, stride, activation))
                channels = planes * block.expansion
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of images of shape (batch, 3, 32, 32)."""
        result: Tensor = self.head(self.blocks(self.stem(x)).mean((2, 3)))
        return result


def multilayer_perceptron(sizes: Sequence[int], activation: str = "tanh") -> nn.Sequential:
    """Fully connected network on flattened images, `sizes` from the inputs to the classes."""
    check_choice("activation", activation, tuple(ACTIVATIONS))
    if len(sizes) < 2:
        raise ValueError(f"`sizes` must name inputs and outputs, got {list(sizes)}; add a layer")
    layers: list[nn.Module] = [nn.Flatten()]
    for a, b in itertools.pairwise([check_integer("sizes", size, 1) for size in sizes]):
        layers += [nn.Linear(a, b), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


def digits_cnn(channels: int = 16, activation: str = "tanh") -> nn.Sequential:
    """Three convolutions for 8 x 8 digits, shape (batch, 1, 8, 8), and a linear layer."""
    check_integer("channels", channels, 1)
    check_choice("activation", activation, tuple(ACTIVATIONS))
    c, act = channels, ACTIVATIONS[activation]
    return nn.Sequential(
        *(nn.Conv2d(1, c, 3, padding=1), act()),
        *(nn.Conv2d(c, 2 * c, 3, padding=1, stride=2), act()),
        *(nn.Conv2d(2 * c, 2 * c, 3, padding=1, stride=2), act()),
        *(nn.Flatten(), nn.Linear(8 * c, 10)),
    )


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "digits-mlp": lambda: multilayer_perceptron((64, 96, 32, 10)),
    "digits-mlp-100k": lambda: multilayer_perceptron((64, 280, 280, 10)),
    "digits-cnn": digits_cnn,
    "resnet-small": lambda: CifarResNet(8, 1),
    "resnet-7m": lambda: CifarResNet(32, 4),
    "resnet-103m": lambda: CifarResNet(422, 4),
    "resnet-104m-wide": lambda: CifarResNet(32, 15),
}


def named_network(name: str, seed: int = 0) -> nn.Module:
    """Build a network by name, its initial weights fixed by the seed.

    ``resnet-7m`` and ``resnet-103m`` are the two of the paper (the second by the authors' own
    code; the article does not name its architecture). The others are for digits and for trials.

    Examples
    --------
    >>> sum(p.numel() for p in named_network("digits-mlp").parameters())
    9674
    """
    check_choice("name", name, tuple(NETWORKS))
    check_integer("seed", seed, 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[name]()
