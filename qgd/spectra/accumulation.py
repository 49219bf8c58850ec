"""Gradient of a batch from pieces that go through the network one after the other."""

from __future__ import annotations

from torch import Tensor, nn

from qgd.spectra.objective import Batch, LossFunction, batch_statistics, micro_batches


def accumulate_gradient(
    model: nn.Module, loss: LossFunction, batch: Batch, micro_batch: int | None = None
) -> float:
    """Add the gradient of the mean loss over a batch to the ``.grad`` of the weights.

    The piece b of m_b samples adds (m_b / m) grad L_b, which sums to grad L: the gradient of the
    whole batch up to rounding where the loss is a mean over samples that the network treats one by
    one. In train mode batch normalisation does not: each piece is normalised by its own mean and
    variance, and moves the running averages. Only one piece's graph is alive at a time.

    Parameters
    ----------
    model : torch.nn.Module
        In the mode in which it is trained.
    loss : callable
        (output, targets) -> mean over the samples.
    batch : (inputs, targets)
        On any device; pieces go to that of the weights.
    micro_batch : int, optional
        Greatest number of samples of a piece; left out: the whole batch at once. Pieces are equal
        up to one sample.

    Returns
    -------
    float
        L, the mean of the losses of the pieces.

    Examples
    --------
    >>> import torch
    >>> model = nn.Linear(2, 1)
    >>> batch = torch.ones(5, 2), torch.zeros(5, 1)
    >>> value = accumulate_gradient(model, nn.functional.mse_loss, batch, micro_batch=2)
    >>> gradient = model.weight.grad.clone()
    >>> model.zero_grad()
    >>> whole = accumulate_gradient(model, nn.functional.mse_loss, batch)
    >>> bool(torch.allclose(gradient, model.weight.grad)), abs(value - whole) < 1e-6
    (True, True)
    """
    device = next(model.parameters()).device
    total, count = 0.0, len(batch[1])
    for x, y in micro_batches(batch, micro_batch):
        targets: Tensor = y.to(device)
        with batch_statistics(len(y)):
            output = model(x.to(device))
        value = loss(output, targets) * (len(y) / count)
        value.backward()  # type: ignore[no-untyped-call]
        total += float(value.detach())
    return total
