"""Loss of a network over data, at frozen weights: checked, and cut into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.func import functional_call

from qgd.core.checks import check_integer

LossFunction: TypeAlias = Callable[[Any, Any], Tensor]
Batch: TypeAlias = tuple[Any, Any]

RANDOM_LAYERS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


@dataclass(frozen=True, eq=False)
class Objective:
    """L(w) = sum_b share_b loss(model(x_b; w), y_b), share_b the share of the samples.

    Parameters
    ----------
    model : torch.nn.Module
        In the mode (train or eval) in which it shall be differentiated.
    loss : callable
        (output, targets) -> mean over the samples of the batch.
    batches : tuple of (inputs, targets)
        The data, in the order of the loader.
    shares : tuple of float
        They add to 1.
    device : torch.device
        Where batches go when they are used.
    """

    model: nn.Module
    loss: LossFunction
    batches: tuple[Batch, ...]
    shares: tuple[float, ...]
    device: torch.device

    def value(self, weights: Mapping[str, Tensor], index: int) -> Tensor:
        """Contribution of one batch to the loss; a graph in the weights that need a gradient."""
        inputs, targets = (_moved(part, self.device) for part in self.batches[index])
        # Copies, so that the running statistics of a network in train mode stay as they are.
        buffers = {k: b.clone() for k, b in self.model.named_buffers()}
        arguments = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
        with batch_statistics(_length(targets)):
            output = functional_call(self.model, {**buffers, **weights}, arguments)
        value = self.loss(output, targets)
        _check_value(value, index)
        return value * self.shares[index]


def _check_value(value: Any, index: int) -> None:
    if not isinstance(value, Tensor) or value.numel() != 1:
        got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(
            f"`loss` must return one number, the mean over the batch, got {got}; take "
            "reduction='mean'"
        )
    if not bool(torch.isfinite(value.detach())):
        raise ValueError(
            f"`loss` must be finite, got {value.item():g} on batch {index}; check the inputs and "
            "the weights: a learning rate may have made them diverge"
        )


def objective(
    model: nn.Module,
    loss: LossFunction,
    loader: Iterable[Batch],
    *,
    num_batches: int | None = None,
    micro_batch: int | None = None,
    device: str | torch.device | None = None,
) -> Objective:
    """Read a loader once and make the loss of its data.

    Batches stay where the loader put them and travel to the device when they are used, so that
    shuffling and random augmentation are frozen: every product sees the same function.

    Parameters
    ----------
    model, loss, loader
        As for `hessian_product`.
    num_batches : int, optional
        Read so many batches only.
    micro_batch : int, optional
        Cut batches into pieces of at most so many samples, for less memory. Changes the function if
        the network couples the samples of a batch (batch normalisation in train mode).
    device : str or torch.device, optional
        Left out: CUDA when there is one, else where the parameters are.
    """
    random = [k for k, m in model.named_modules() if isinstance(m, RANDOM_LAYERS) and m.training]
    if random:
        raise ValueError(
            f"`model` must compute the same at each call, got {random[0]!r} in train mode; call "
            "model.eval(), or eval() on its dropout layers"
        )
    if num_batches is not None:
        check_integer("num_batches", num_batches, 1)
    batches = [_pair(batch) for batch in islice(loader, num_batches)]
    if micro_batch is not None:
        batches = [piece for batch in batches for piece in micro_batches(batch, micro_batch)]
    counts = [_length(targets) for _, targets in batches]
    if not sum(counts):
        raise ValueError(
            "`loader` must yield at least one sample, got none; a generator that was used up "
            "must be made again"
        )
    total = sum(counts)
    return Objective(
        model,
        loss,
        tuple(batch for batch, count in zip(batches, counts, strict=True) if count),
        tuple(count / total for count in counts if count),
        _device(model, device),
    )


def _device(model: nn.Module, device: str | torch.device | None) -> torch.device:
    if device is not None:
        return torch.device(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    first = next(model.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _pair(batch: Any) -> Batch:
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise TypeError(
            f"`loader` must yield (inputs, targets), got {type(batch).__name__}; wrap it in a "
            "generator that makes pairs"
        )
    return batch[0], batch[1]


def micro_batches(batch: Batch, size: int | None) -> list[Batch]:
    """Cut a batch into as few pieces of at most `size` samples as do, equal up to one sample.

    Equal, so that no short last piece is left, whose statistics batch normalisation could not
    take. None leaves the batch whole.
    """
    if size is None:
        return [batch]
    count = check_integer("micro_batch", size, 1)
    inputs, targets = batch
    several = isinstance(inputs, (tuple, list))
    pieces = -(-max(len(targets), 1) // count)
    columns = [x.tensor_split(pieces) for x in (inputs if several else (inputs,))]
    rows = zip(*columns, strict=True)
    return [
        (row if several else row[0], target)
        for row, target in zip(rows, targets.tensor_split(pieces), strict=True)
    ]


@contextmanager
def batch_statistics(count: int) -> Iterator[None]:
    """Say what to do where batch normalisation has one value, and so no variance, to divide by."""
    try:
        yield
    except ValueError as error:
        if "Expected more than 1" not in str(error):  # torch's words
            raise
        raise ValueError(
            "batch normalisation in train mode must see more than one value a channel, got "
            f"{count} sample{'s' * (count != 1)} at once ({error}); take a larger `micro_batch`, "
            "or a larger batch where there is none, or call eval() on its layers"
        ) from None


def _length(targets: Any) -> int:
    return len(targets) if getattr(targets, "ndim", 1) else 1


def _moved(part: Any, device: torch.device) -> Any:
    if isinstance(part, Tensor):
        return part.to(device)
    if isinstance(part, (tuple, list)):
        return tuple(_moved(x, device) for x in part)
    return part
