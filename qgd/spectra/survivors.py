"""The weights that pruning left: vectors of their length, tensors of the network's shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from qgd.problem.pruning import Mask
from qgd.spectra.vectors import Vector

MaskLike: TypeAlias = "Mask | Mapping[str, Any] | ArrayLike"


@dataclass(frozen=True, eq=False)
class Survivors:
    """Positions of the kept weights, parameter by parameter.

    Parameters
    ----------
    names : tuple of str
        Of the trainable parameters, in the order of ``model.named_parameters()``.
    shapes : tuple of torch.Size
        Of the parameters.
    kept : tuple of Tensor or None
        Flat positions in each parameter, ascending; None where all of it is kept.
    """

    names: tuple[str, ...]
    shapes: tuple[torch.Size, ...]
    kept: tuple[Tensor | None, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of kept weights of each parameter."""
        pairs = zip(self.shapes, self.kept, strict=True)
        return tuple(shape.numel() if k is None else len(k) for shape, k in pairs)

    @property
    def size(self) -> int:
        """Number of kept weights."""
        return sum(self.sizes)

    @property
    def num_weights(self) -> int:
        """Number of weights before pruning."""
        return sum(shape.numel() for shape in self.shapes)

    def spread(self, v: Vector | Tensor, like: Sequence[Tensor]) -> list[Tensor]:
        """Tensors of the parameters' shapes: `v` at the kept weights, zero elsewhere."""
        flat = torch.as_tensor(v)
        out = []
        for piece, shape, kept, p in zip(
            torch.split(flat, list(self.sizes), dim=-1), self.shapes, self.kept, like, strict=True
        ):
            part = piece.to(device=p.device, dtype=p.dtype)
            if kept is not None:
                batch = part.shape[:-1]
                full = torch.zeros(*batch, shape.numel(), dtype=p.dtype, device=p.device)
                full[..., kept] = part
                part = full
            out.append(part.reshape(*part.shape[:-1], *shape))
        return out

    def gather(self, tensors: Iterable[Tensor | None], like: Sequence[Tensor]) -> Tensor:
        """One vector of the kept entries; a missing tensor stands for zeros."""
        pieces = []
        for tensor, size, kept, p in zip(tensors, self.sizes, self.kept, like, strict=True):
            if tensor is None:
                pieces.append(torch.zeros(size, dtype=p.dtype, device=p.device))
                continue
            batch = tensor.shape[: tensor.ndim - p.ndim]
            flat = tensor.detach().reshape(*batch, p.numel())
            pieces.append(flat if kept is None else flat[..., kept])
        batch = max((piece.shape[:-1] for piece in pieces), key=len)
        return torch.cat([piece.expand(*batch, piece.shape[-1]) for piece in pieces], dim=-1)


def survivors(model: nn.Module, mask: MaskLike | None = None) -> Survivors:
    """Find the weights of a network that pruning left.

    Parameters
    ----------
    model : torch.nn.Module
        Its parameters that require a gradient count.
    mask : Mask, mapping or array_like of bool, optional
        Of all trainable weights as one vector, or ``{parameter name: mask of its shape}`` where
        parameters that are not named are kept whole. Left out: the masks that
        `torch.nn.utils.prune` has put into the model, if any.

    Raises
    ------
    ValueError
        If nothing is kept, or shapes or names do not fit.
    """
    trainable = [(k, p) for k, p in model.named_parameters() if p.requires_grad]
    if not trainable:
        raise ValueError(
            "`model` must have parameters that require a gradient, got none; call "
            "model.requires_grad_(True)"
        )
    shapes = tuple(p.shape for _, p in trainable)
    by_name = _by_name(model, mask, {k: p.shape for k, p in trainable})
    kept = []
    for name, p in trainable:
        wanted = by_name.get(name)
        whole = wanted is None or bool(wanted.all())
        kept.append(None if whole or wanted is None else wanted.flatten().nonzero()[:, 0])
        if kept[-1] is not None:
            kept[-1] = kept[-1].to(p.device)
    found = Survivors(tuple(k for k, _ in trainable), shapes, tuple(kept))
    if found.size == 0:
        raise ValueError(
            f"`mask` must keep at least 1 of {found.num_weights} weights, got 0; prune less"
        )
    return found


def _by_name(
    model: nn.Module, mask: MaskLike | None, shapes: Mapping[str, torch.Size]
) -> dict[str, Tensor]:
    if mask is None:
        ending = "_mask"
        buffers = {k.removesuffix(ending): b for k, b in model.named_buffers() if ending in k}
        return {k: buffers[k.removesuffix("_orig")] != 0 for k in shapes if _pruned(k, buffers)}
    if isinstance(mask, Mapping):
        return {k: _fitting(f"mask[{k!r}]", m, k, shapes) for k, m in mask.items()}
    total = sum(shape.numel() for shape in shapes.values())
    flat = np.zeros(total, bool)
    if isinstance(mask, Mask):
        flat = np.zeros(mask.num_weights, bool)
        flat[mask.indices] = True
    else:
        flat = np.asarray(mask)
    if flat.dtype != np.bool_ or flat.shape != (total,):
        raise ValueError(
            f"`mask` must be {total} booleans, one a trainable weight, got shape {flat.shape} of "
            f"{flat.dtype}; compare magnitudes with a threshold, or pass a mapping by name"
        )
    pieces = torch.split(torch.as_tensor(flat), [shape.numel() for shape in shapes.values()])
    return {
        k: piece.reshape(shape) for (k, shape), piece in zip(shapes.items(), pieces, strict=True)
    }


def _pruned(name: str, buffers: Mapping[str, Tensor]) -> bool:
    return name.endswith("_orig") and name.removesuffix("_orig") in buffers


def _fitting(label: str, mask: Any, name: str, shapes: Mapping[str, torch.Size]) -> Tensor:
    if name not in shapes:
        known = ", ".join(list(shapes)[:6])
        raise ValueError(
            f"`mask` must name trainable parameters, got {name!r}; there are {known}"
            + (", ..." if len(shapes) > 6 else "")
        )
    tensor = torch.as_tensor(mask)
    if tensor.shape != shapes[name]:
        raise ValueError(
            f"`{label}` must have shape {tuple(shapes[name])}, got {tuple(tensor.shape)}; give "
            "one entry a weight"
        )
    return tensor != 0
