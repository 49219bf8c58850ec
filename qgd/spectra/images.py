"""Images to train on: embedded digits, CIFAR-100 from a folder, or a synthetic stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from qgd.core.checks import check_choice, check_integer
from qgd.spectra.cifar import read_cifar100

Batch = tuple[Tensor, Tensor]
DATA_SETS = ("digits", "cifar-100", "synthetic")


@dataclass(frozen=True, eq=False)
class Images:
    """Training and test images with their classes, kept raw and normalised batch by batch.

    Parameters
    ----------
    name : str
        For reports; a synthetic set says so.
    train_images, test_images : Tensor, shape (m, channels, height, width)
        Raw pixels, as bytes where they are bytes.
    train_labels, test_labels : Tensor of int64, shape (m,)
        Classes from 0.
    num_classes : int
        Number of classes.
    mean, deviation : tuple of float
        Of each channel: x -> (x - mean) / deviation.
    synthetic : bool
        True if the images were generated and show nothing.
    """

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    num_classes: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    synthetic: bool = False

    def normalised(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Pixels as the network sees them."""
        mean = torch.tensor(self.mean, dtype=dtype)[:, None, None]
        return (images.to(dtype) - mean) / torch.tensor(self.deviation, dtype=dtype)[:, None, None]

    def sample(
        self, size: int, seed: int, *, augment: bool = False, dtype: torch.dtype = torch.float32
    ) -> Batch:
        """`size` training samples drawn without replacement (all, if there are no more).

        The seed alone decides which: step k of a run asks with its own seed, so that nothing has
        to be remembered to go on after a kill. `augment` shifts by up to four pixels and mirrors.
        """
        check_integer("size", size, 1)
        generator = torch.Generator().manual_seed(seed)
        chosen = torch.randperm(len(self.train_labels), generator=generator)[:size]
        x = self.normalised(self.train_images[chosen], dtype)
        return (_augmented(x, generator) if augment else x), self.train_labels[chosen]

    def batches(
        self,
        part: str = "train",
        size: int = 512,
        limit: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Iterator[Batch]:
        """The first `limit` samples of ``train`` or ``test`` in order, `size` at a time."""
        check_choice("part", part, ("train", "test"))
        check_integer("size", size, 1)
        train = part == "train"
        images = (self.train_images if train else self.test_images)[:limit]
        labels = (self.train_labels if train else self.test_labels)[:limit]
        for start in range(0, len(labels), size):
            piece = slice(start, start + size)
            yield self.normalised(images[piece], dtype), labels[piece]


def load_images(
    name: str = "digits",
    root: str | Path | None = None,
    *,
    seed: int = 0,
    num_samples: int = 2048,
) -> Images:
    """Load images by name; nothing is downloaded.

    Parameters
    ----------
    name : str
        ``digits`` (8 x 8, from scikit-learn, 1437 to train and 360 to test), ``cifar-100`` (from
        `root`, which holds ``cifar-100-python``), or ``synthetic``: the shape and the classes of
        CIFAR-100, generated, for timings and trials only.
    root : path, optional
        For ``cifar-100``.
    seed : int
        Of the split of the digits and of synthetic images.
    num_samples : int
        Training images of the synthetic set; a quarter of it for the test.

    Raises
    ------
    ValueError
        If the folder is missing or half extracted.
    """
    check_choice("name", name, DATA_SETS)
    check_integer("seed", seed, 0)
    if name == "digits":
        return _digits(seed)
    if name == "synthetic":
        return _synthetic(check_integer("num_samples", num_samples, 4), seed)
    parts = read_cifar100(root)
    train, test = (
        (torch.from_numpy(a), torch.from_numpy(b)) for a, b in (parts["train"], parts["test"])
    )
    mean = tuple(255 * v for v in (0.4914, 0.4822, 0.4465))
    deviation = tuple(255 * v for v in (0.2023, 0.1994, 0.2010))
    return Images("cifar-100", *train, *test, 100, mean, deviation)


def _digits(seed: int) -> Images:
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise ValueError(
            "the data set digits needs scikit-learn, which is not installed; pip install 'qgd[cli]'"
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    x = torch.from_numpy(pixels[order].reshape(-1, 1, 8, 8).astype(np.uint8))
    y = torch.from_numpy(labels[order].astype(np.int64))
    return Images("digits", x[:1437], y[:1437], x[1437:], y[1437:], 10, (0.0,), (16.0,))


def _synthetic(count: int, seed: int) -> Images:
    """Smooth random pattern of each class plus noise, in bytes."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(100, 3, 4, 4, generator=generator)
    pattern = functional.interpolate(coarse, size=32, mode="bilinear", align_corners=False)

    def part(size: int) -> Batch:
        y = torch.randint(100, (size,), generator=generator)
        noise = torch.randn(size, 3, 32, 32, generator=generator)
        x = (128 + 40 * (pattern[y] + noise)).clamp_(0, 255).to(torch.uint8)
        return x, y

    name = "synthetic images of the shape of CIFAR-100"
    train, test = part(count), part(max(count // 4, 1))
    return Images(name, *train, *test, 100, (128.0,) * 3, (56.0,) * 3, synthetic=True)


def _augmented(x: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half of the images, shift each by up to four pixels, zeros from outside."""
    count, _, height, width = x.shape
    mirrored = torch.rand(count, generator=generator) < 0.5
    x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    padded = functional.pad(x, (4, 4, 4, 4))
    top, left = torch.randint(9, (2, count), generator=generator)
    rows = (top[:, None] + torch.arange(height))[:, None, :, None]
    columns = (left[:, None] + torch.arange(width))[:, None, None, :]
    channels = torch.arange(x.shape[1])[None, :, None, None]
    return padded[torch.arange(count)[:, None, None, None], channels, rows, columns]
