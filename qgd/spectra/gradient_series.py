"""Power series of a gradient along w(s) = w_0 + w_1 s + ... + w_N s^N, by one backward pass.

With L(w(s)) = sum_m L_m s^m the chain rule reads dL_N / dw_j = [grad L(w(s))]_{N-j}: the gradient
of the last coefficient of the loss with respect to all coefficients of the weights is the whole
series of the gradient. One forward pass in truncated series and one ordinary backward pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from qgd.core.checks import check_integer
from qgd.spectra.series import Series
from qgd.spectra.series_program import Loss, SeriesProgram

Batch = tuple[Tensor, Tensor]
Terms = dict[str, Tensor]


class GradientSeries:
    """Series of the gradient of the mean loss over the data, with respect to free parameters.

    Parameters
    ----------
    model : torch.nn.Module
        Parameters with ``requires_grad=False`` stay where they are; entries that a mask of
        ``torch.nn.utils.prune`` removes have gradient zero.
    loss : callable
        ``loss(outputs, targets)``, the mean over a batch.
    data : (inputs, targets), or iterable of such batches
        All of it makes up one gradient. Batches are weighted by their number of samples.
    dtype : torch.dtype
        Of the arithmetic.
    micro_batch : int, optional
        Split the data into batches of this size: less memory, same sum.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        data: Batch | Iterable[Batch],
        *,
        dtype: torch.dtype = torch.float64,
        micro_batch: int | None = None,
    ) -> None:
        self.program = SeriesProgram(model, loss)
        free = {k: p.detach() for k, p in model.named_parameters() if p.requires_grad}
        if not free:
            raise ValueError(
                "`model` must have parameters that require a gradient, got none; "
                "call requires_grad_() on those that are to move"
            )
        broken = [k for k, p in free.items() if not torch.isfinite(p).all()]
        if broken:
            raise ValueError(
                f"`model` must have finite weights, got NaN or infinity in {', '.join(broken)}; "
                "start from weights of a training run that did not diverge"
            )
        self.weights: Terms = {k: p.to(dtype) for k, p in free.items()}
        device = next(iter(free.values())).device
        self.batches = [
            (x.to(device, dtype), (y.to(dtype) if y.is_floating_point() else y).to(device))
            for x, y in _split(data, micro_batch)
        ]
        self.num_samples = sum(len(x) for x, _ in self.batches)

    @property
    def num_weights(self) -> int:
        """Number of free parameters, masked ones included."""
        return sum(w.numel() for w in self.weights.values())

    def __call__(self, terms: Terms) -> tuple[Tensor, Terms]:
        """Coefficients of the loss, shape (N + 1,), and of its gradient, (N + 1, ...) each."""
        size = len(next(iter(terms.values())))
        leaves = {k: w.detach().requires_grad_() for k, w in terms.items()}
        losses = torch.zeros(size, dtype=next(iter(leaves.values())).dtype)
        total = {k: torch.zeros_like(w) for k, w in terms.items()}
        parameters = {k: Series(w, size) for k, w in leaves.items()}
        for x, y in self.batches:
            value = self.program(parameters, x, y, size).terms * (len(x) / self.num_samples)
            last = value[-1]
            gradients = torch.autograd.grad(last, list(leaves.values()), allow_unused=True)
            losses += value.detach().cpu()
            for k, g in zip(leaves, gradients, strict=True):
                if g is not None:
                    total[k] += g
        return losses, {k: g.flip(0) for k, g in total.items()}


def _split(data: Batch | Iterable[Batch], micro_batch: int | None) -> list[Batch]:
    whole = isinstance(data, Sequence) and len(data) == 2 and isinstance(data[0], Tensor)
    batches: list[Batch] = [data] if whole else list(data)  # type: ignore[list-item,arg-type]
    if not batches:
        raise ValueError("`data` must hold at least one batch, got none; pass (inputs, targets)")
    for pair in batches:
        if len(pair) != 2 or not all(isinstance(t, Tensor) for t in pair):
            raise TypeError("`data` must be (inputs, targets) or batches of these, as tensors")
        if len(pair[0]) != len(pair[1]) or not len(pair[0]):
            raise ValueError(
                f"`data` must have one target a sample, got {len(pair[0])} inputs and "
                f"{len(pair[1])} targets"
            )
        if not torch.isfinite(pair[0]).all():
            raise ValueError("`data` must be finite, got NaN or infinity; remove these samples")
    if micro_batch is None:
        return batches
    size = check_integer("micro_batch", micro_batch, 1)
    return [
        piece
        for x, y in batches
        for piece in zip(torch.split(x, size), torch.split(y, size), strict=True)
    ]
