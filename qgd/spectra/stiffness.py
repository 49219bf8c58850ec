"""Largest eigenvalue of the Hessian that steps of training meet."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from qgd.spectra.hessian import hessian_product
from qgd.spectra.lanczos import Progress
from qgd.spectra.objective import RANDOM_LAYERS, Batch, LossFunction
from qgd.spectra.stability import largest_eigenvalue


def stiffness(
    model: nn.Module,
    loss: LossFunction,
    batches: Iterable[Batch],
    *,
    progress: Progress | None = None,
) -> float | None:
    """Return a lower bound of lambda_max(H) on the weights that can move, close to it.

    The function is that of the steps: in train mode, with batch normalisation by the statistics of
    each of `batches`; dropout alone is off. None where the loss has no second derivative that can
    be computed, or changes from call to call. The model is left in train mode.

    Parameters
    ----------
    model : torch.nn.Module
        With the masks of ``torch.nn.utils.prune``, if any.
    loss : callable
        (output, targets) -> mean over the samples of a batch.
    batches : iterable of (inputs, targets)
        One after the other, so that the largest one bounds the memory.
    progress : callable, optional
        As for `lanczos`.

    Examples
    --------
    >>> import torch
    >>> batch = torch.ones(4, 1), torch.zeros(4, 1)
    >>> model = nn.Linear(1, 1, bias=False)
    >>> round(stiffness(model, nn.functional.mse_loss, [batch]), 6)
    2.0
    """
    model.train()
    for module in model.modules():
        if isinstance(module, RANDOM_LAYERS):
            module.eval()
    device = next(model.parameters()).device
    try:
        operator = hessian_product(model, loss, batches, method="double", device=device)
        return largest_eigenvalue(operator, progress=progress)
    except (ValueError, RuntimeError):
        return None
