"""Global pruning of torch modules, in the form that ``torch.nn.utils.prune`` uses."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import prune as torch_prune

from qgd.core.checks import check_choice, check_integer, check_real

METHODS = ("magnitude", "random", "gradient", "movement")
_NAMED = 4  # layers in a warning; a deep network may lose hundreds
Loss = Callable[[Tensor, Tensor], Tensor]
Batch = tuple[Tensor, Tensor]


class CollapsedLayerWarning(UserWarning):
    """A layer kept so few weights that little passes through it."""


@dataclass(frozen=True)
class KeptWeights:
    """What global pruning left.

    Parameters
    ----------
    layers : dict of str to (int, int)
        Kept and all weights of every pruned tensor.
    num_free : int
        Weights that can still move: the kept ones, and all that were not up for pruning.
    num_weights : int
        All trainable weights.
    """

    layers: dict[str, tuple[int, int]]
    num_free: int
    num_weights: int

    @property
    def share(self) -> float:
        """Kept fraction of the weights that were up for pruning."""
        return sum(k for k, _ in self.layers.values()) / sum(n for _, n in self.layers.values())


def prunable_layers(model: nn.Module, *, keep_last: bool = True) -> dict[str, nn.Module]:
    """Linear and convolutional layers by name; without the last one if it shall stay dense."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
    found: dict[str, nn.Module] = {
        name: m for name, m in model.named_modules() if isinstance(m, kinds)
    }
    if keep_last and found:
        found.popitem()
    if not found:
        raise ValueError(
            "`model` must have a linear or convolutional layer to prune, got none"
            + ("; pass keep_last=False to prune the only one" if keep_last else "")
        )
    return found


def prune_module(
    model: nn.Module,
    keep: float,
    method: str = "magnitude",
    *,
    data: Iterable[Batch] = (),
    loss: Loss | None = None,
    keep_last: bool = True,
    seed: int = 0,
) -> KeptWeights:
    """Keep the fraction `keep` of the weights of all layers together, in place, in one shot.

    The model ends up as after ``torch.nn.utils.prune.global_unstructured``: parameters
    ``weight_orig`` and buffers ``weight_mask``; a second call replaces the masks. Removed weights
    are set to zero. Biases and normalisation are never pruned.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place.
    keep : float
        Fraction in (0, 1]; 0.1 in the paper.
    method : str
        ``magnitude``: largest |w|, as in arXiv:2303.03428. ``random``. ``gradient``: largest
        |w dL/dw|, the first-order change of the loss. ``movement``: largest -sum w dL/dw over the
        samples of `data`, each after a virtual step: weights that grow stay.
    data, loss
        For ``gradient`` and ``movement``.
    keep_last : bool
        Leave the last layer dense, as the authors' code does.
    seed : int
        For ``random``.

    Raises
    ------
    ValueError
        If nothing would be kept, or a method lacks its data.

    Warns
    -----
    CollapsedLayerWarning
        If a layer keeps less than one weight in a hundred of `keep`.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 2))
    >>> prune_module(net, 0.25).layers
    {'0': (16, 64)}
    """
    check_choice("method", method, METHODS)
    check_real("keep", keep, above=0, at_most=1)
    check_integer("seed", seed, 0)
    layers = prunable_layers(model, keep_last=keep_last)
    weights = {k: _weight(m) for k, m in layers.items()}
    count = round(keep * sum(w.numel() for w in weights.values()))
    if count < 1:
        total = sum(w.numel() for w in weights.values())
        raise ValueError(
            f"`keep` must leave at least one weight, got {keep:g} of {total}; "
            f"take at least {1 / total:.2g}"
        )
    scores = _scores(model, weights, method, list(data), loss, seed)
    flat = torch.cat([s.flatten() for s in scores.values()])
    # Stable, so that ties go to the first and a run can be repeated.
    order = torch.argsort(flat, descending=True, stable=True)
    alive = torch.zeros_like(flat, dtype=torch.bool)
    alive[order[:count]] = True
    parts = alive.split([s.numel() for s in scores.values()])  # type: ignore[no-untyped-call]
    for (name, module), part in zip(layers.items(), parts, strict=True):
        set_mask(module, part.reshape(weights[name].shape))
    return _report(model, layers, keep)


def set_mask(module: nn.Module, mask: Tensor) -> None:
    """Mask the weight of a layer; removed entries become zero in ``weight_orig`` too."""
    weight = _weight(module)
    new = mask.to(weight)
    if hasattr(module, "weight_mask"):
        module.weight_mask.copy_(new)  # type: ignore[operator]
    else:
        torch_prune.custom_from_mask(module, "weight", new)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        _weight(module).mul_(new)
    module.weight = _weight(module).detach() * new


def _weight(module: nn.Module) -> Tensor:
    weight = getattr(module, "weight_orig", None)
    found = module.weight if weight is None else weight
    assert isinstance(found, Tensor)
    return found


def _scores(
    model: nn.Module,
    weights: dict[str, Tensor],
    method: str,
    data: list[Batch],
    loss: Loss | None,
    seed: int,
) -> dict[str, Tensor]:
    if method == "magnitude":
        return {k: w.detach().abs() for k, w in weights.items()}
    if method == "random":
        generator = torch.Generator().manual_seed(seed)
        return {k: torch.rand(w.shape, generator=generator).to(w) for k, w in weights.items()}
    if not data or loss is None:
        raise ValueError(
            f"`data` and `loss` must be given for method={method!r}, got "
            f"{len(data)} batches and loss={loss!r}; pass both or take 'magnitude'"
        )
    total = {k: torch.zeros_like(w) for k, w in weights.items()}
    samples = sum(len(y) for _, y in data)
    for x, y in data:
        value = loss(model(x), y) * (len(y) / samples)  # the last piece of a batch may be shorter
        gradients = torch.autograd.grad(value, list(weights.values()))
        for (k, w), g in zip(weights.items(), gradients, strict=True):
            total[k] -= w.detach() * g
    return {k: t.abs() if method == "gradient" else t for k, t in total.items()}


def _report(model: nn.Module, layers: dict[str, nn.Module], keep: float) -> KeptWeights:
    counts, removed = {}, 0
    for name, module in layers.items():
        mask = module.weight_mask
        assert isinstance(mask, Tensor)
        kept, every = int(mask.count_nonzero()), mask.numel()
        counts[name] = (kept, every)
        removed += every - kept
    poor = [f"{k} ({n} of {m})" for k, (n, m) in counts.items() if n < max(0.01 * keep * m, 1)]
    if poor:
        more = f" and {len(poor) - _NAMED} more" if len(poor) > _NAMED else ""
        warnings.warn(
            f"almost nothing is left of layer {', '.join(poor[:_NAMED])}{more}: the network may be "
            "cut through; train it before pruning, or keep more",
            CollapsedLayerWarning,
            stacklevel=3,
        )
    total = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return KeptWeights(counts, total - removed, total)
