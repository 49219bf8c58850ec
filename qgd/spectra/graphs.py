"""Derivatives of derivatives by automatic differentiation, and what their graphs weigh."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

NO_GRAPH = (
    "`loss` must be differentiable in the weights, got a value without a graph; avoid .item(), "
    ".detach(), argmax and rounding between weights and loss"
)


def check_graph(value: Tensor) -> None:
    if value.grad_fn is None:
        raise ValueError(NO_GRAPH)


def contracted(
    outputs: Sequence[Tensor | None],
    weights: Sequence[Tensor],
    directions: Sequence[Tensor],
    *,
    keep: bool = False,
    batched: bool = False,
    create_graph: bool = False,
) -> list[Tensor | None]:
    """Gradient of sum_i outputs_i . directions_i; outputs without a graph are constants."""
    pairs = [
        (g, v)
        for g, v in zip(outputs, directions, strict=True)
        if g is not None and g.requires_grad
    ]
    if not pairs:
        return [None] * len(weights)
    return list(
        torch.autograd.grad(
            [g for g, _ in pairs],
            weights,
            [v for _, v in pairs],
            retain_graph=keep or create_graph,
            create_graph=create_graph,
            allow_unused=True,
            is_grads_batched=batched,
        )
    )


def graph_bytes(build: Callable[[], object], weights: Sequence[Tensor]) -> int:
    """Bytes of the tensors, other than the weights, that a computation saves for its graph."""
    seen: dict[int, int] = {w.data_ptr(): 0 for w in weights}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        seen.setdefault(storage.data_ptr(), storage.nbytes())
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = build()  # alive, so that no address is used twice
    del kept
    return sum(seen.values())
