"""Which torch functions have a power series here, and what happens to a series in each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional

from qgd.spectra import series_functions as parts
from qgd.spectra.series import (
    Parts,
    Series,
    affine,
    bilinear,
    constant,
    elementwise,
    logarithm,
    power,
)

Rule = Callable[..., Any]


def _function(of: Parts) -> Rule:
    # Flags such as inplace=True and out-of-place variants do not matter to a series.
    return lambda x, *_, **__: elementwise(x, of)


def gelu(x: Series, approximate: str = "none") -> Series:
    """GELU, exact or in the tanh form."""
    if approximate == "none":
        return elementwise(x, parts.gelu_parts)
    inner = (x + power(x, 3) * 0.044715) * math.sqrt(2 / math.pi)
    return x * (elementwise(inner, parts.tanh_parts) + 1.0) * 0.5


def softplus(x: Series, beta: float = 1.0, threshold: float = 20.0) -> Series:
    """log(1 + exp(beta x)) / beta; torch's linear branch beyond `threshold` is the same to 2e-9."""
    del threshold
    return elementwise(x * beta, parts.softplus_parts) * (1.0 / beta)


def linear(x: Series, weight: Series, bias: Series | None = None) -> Series:
    """x W^T + b."""
    return affine(x, constant(weight, x), bias if bias is None else constant(bias, x))


def conv2d(
    x: Series, weight: Series, bias: Series | None = None, *geometry: Any, **options: Any
) -> Series:
    """Convolution of images, shape (batch, channels, height, width)."""
    y = bilinear(
        x, constant(weight, x), lambda a, w: functional.conv2d(a, w, None, *geometry, **options)
    )
    return y if bias is None else y + _channels(constant(bias, x), y)


def batch_norm(
    x: Series,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Series | None = None,
    bias: Series | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Series:
    """Batch normalisation with its stored statistics."""
    del momentum
    if training or running_mean is None or running_var is None:
        raise ValueError(
            "`model` must not normalise by the statistics of the batch in Taylor mode, got "
            "BatchNorm in training mode; call model.eval() first, or use GroupNorm"
        )
    scale = (_plain(running_var) + eps).rsqrt()
    y = (x - _channels(constant(_plain(running_mean), x), x)) * _channels(constant(scale, x), x)
    return _scaled(y, weight, bias)


def group_norm(
    x: Series,
    num_groups: int,
    weight: Series | None = None,
    bias: Series | None = None,
    eps: float = 1e-5,
) -> Series:
    """Group normalisation."""
    batch, channels, *rest = x.shape
    grouped = Series(x.terms.reshape(-1, batch, num_groups, channels // num_groups, *rest), x.size)
    axes = tuple(range(2, 3 + len(rest)))
    y = _standardised(grouped, axes, eps)
    return _scaled(Series(y.terms.reshape(-1, batch, channels, *rest), x.size), weight, bias)


def layer_norm(
    x: Series,
    normalized_shape: Sequence[int],
    weight: Series | None = None,
    bias: Series | None = None,
    eps: float = 1e-5,
) -> Series:
    """Layer normalisation over the last axes."""
    y = _standardised(x, tuple(range(-len(normalized_shape), 0)), eps)
    y = y if weight is None else y * constant(weight, y)
    return y if bias is None else y + constant(bias, y)


def cross_entropy(
    x: Series,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: None = None,
    ignore_index: int = -100,
    reduce: None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Series:
    """Softmax cross-entropy with class indices or class probabilities."""
    del size_average, ignore_index, reduce
    if weight is not None or label_smoothing or len(x.shape) != 2:
        raise ValueError(
            "`loss` must be the plain cross-entropy of logits of shape (batch, classes), got "
            "class weights, label smoothing or another shape; leave them out"
        )
    target = _plain(target)
    logs = log_softmax(x, 1)
    if target.dtype.is_floating_point:
        losses = -(logs * target).each(lambda a: a.sum(1))
    else:
        losses = -logs.each(lambda a: a.gather(1, target[:, None]).squeeze(1))
    return _reduced(losses, reduction)


def log_softmax(x: Series, dim: int | None = None, *_: Any, **__: Any) -> Series:
    """x - log sum exp x, shifted by the largest entry of x_0."""
    dim = -1 if dim is None else dim
    shift = x.terms[0].detach().amax(dim, keepdim=True)
    shifted = x + constant(-shift, x)
    total = elementwise(shifted, parts.exp_parts).each(lambda a: a.sum(dim, keepdim=True))
    return shifted - logarithm(total)


def mse_loss(
    x: Series, target: Series | Tensor, *_: Any, reduction: str = "mean", **__: Any
) -> Series:
    """Squared error."""
    difference = x - constant(target, x)
    return _reduced(difference * difference, reduction)


def flatten(x: Series, start_dim: int = 0, end_dim: int = -1) -> Series:
    """Merge axes."""
    return x.each(lambda a: a.flatten(start_dim, end_dim))


def mean(
    x: Series, dim: int | tuple[int, ...] | None = None, keepdim: bool = False, **_: Any
) -> Series:
    """Mean over axes, or over everything."""
    return x.each(lambda a: a.mean() if dim is None else a.mean(dim, keepdim=keepdim))


def total(
    x: Series, dim: int | tuple[int, ...] | None = None, keepdim: bool = False, **_: Any
) -> Series:
    """Sum over axes, or over everything."""
    return x.each(lambda a: a.sum() if dim is None else a.sum(dim, keepdim=keepdim))


def _batched(function: Callable[..., Tensor]) -> Rule:
    """A linear function of images: all coefficients go through it as one batch."""
    return lambda x, *a, **k: x.map(lambda images: function(images, *a, **k))


def _shaped(method: str) -> Rule:
    return lambda x, *a, **k: x.each(lambda term: getattr(term, method)(*a, **k))


def _identity(x: Series, *_: Any, **__: Any) -> Series:
    return x


def dropout(x: Series, p: float = 0.5, training: bool = True, inplace: bool = False) -> Series:
    """Nothing in evaluation; refused in training."""
    del inplace
    if training and p:
        raise ValueError(
            "`model` must be deterministic in Taylor mode, got Dropout in training mode; "
            "call model.eval() first"
        )
    return x


def _plain(value: Series | Tensor) -> Tensor:
    return value.terms[0] if isinstance(value, Series) else value


def _channels(value: Series, like: Series) -> Series:
    """One number a channel, broadcast over images."""
    ones = [1] * (len(like.shape) - 2)
    return Series(value.terms.reshape(len(value.terms), -1, *ones), value.size)


def _scaled(x: Series, weight: Series | None, bias: Series | None) -> Series:
    y = x if weight is None else x * _channels(constant(weight, x), x)
    return y if bias is None else y + _channels(constant(bias, y), y)


def _standardised(x: Series, axes: tuple[int, ...], eps: float) -> Series:
    centred = x - x.each(lambda a: a.mean(axes, keepdim=True))
    variance = (centred * centred).each(lambda a: a.mean(axes, keepdim=True))
    return centred * power(variance + eps, -0.5)


def _reduced(losses: Series, reduction: str) -> Series:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"`loss` must have reduction mean or sum, got {reduction!r}")
    return losses.each(lambda a: a.mean() if reduction == "mean" else a.sum())


FUNCTIONS: dict[str, Rule] = {
    "tanh": _function(parts.tanh_parts),
    "sigmoid": _function(parts.sigmoid_parts),
    "exp": _function(parts.exp_parts),
    "silu": _function(parts.silu_parts),
    "sin": _function(parts.sin_parts),
    "cos": _function(parts.cos_parts),
    "gelu": gelu,
    "softplus": softplus,
    "log": logarithm,
    "sqrt": lambda x: power(x, 0.5),
    "rsqrt": lambda x: power(x, -0.5),
    "reciprocal": lambda x: power(x, -1.0),
    "square": lambda x: x * x,
    "pow": power,
    "add": lambda a, b: a + b,
    "iadd": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "linear": linear,
    "conv2d": conv2d,
    "batch_norm": batch_norm,
    "group_norm": group_norm,
    "layer_norm": layer_norm,
    "avg_pool2d": _batched(functional.avg_pool2d),
    "adaptive_avg_pool2d": _batched(functional.adaptive_avg_pool2d),
    "pad": _batched(functional.pad),
    "cross_entropy": cross_entropy,
    "log_softmax": log_softmax,
    "mse_loss": mse_loss,
    "flatten": flatten,
    "mean": mean,
    "sum": total,
    "dropout": dropout,
    "contiguous": _identity,
    "view": _shaped("reshape"),
    "reshape": _shaped("reshape"),
    "unsqueeze": _shaped("unsqueeze"),
    "squeeze": _shaped("squeeze"),
    "permute": _shaped("permute"),
    "transpose": _shaped("transpose"),
    "getitem": _shaped("__getitem__"),
    "size": lambda x, dim=None: x.shape if dim is None else x.shape[dim],
    "getattr": lambda x, name: getattr(x, name),
}
"""Rule by the name of the function, method or operator."""

_KINKS = """
    relu relu_ relu6 leaky_relu leaky_relu_ rrelu prelu elu elu_ selu celu hardtanh hardswish
    hardsigmoid hardshrink softshrink threshold max_pool2d boolean_dispatch adaptive_max_pool2d
    abs max maximum amax min minimum clamp sign l1_loss smooth_l1_loss huber_loss
"""
PIECEWISE = frozenset(_KINKS.split())
"""Functions with kinks, by the same names."""


def torch_name(function: Any) -> str:
    """Name of a torch function, of an operator or of a method, without underscores around it."""
    return str(getattr(function, "__name__", function)).strip("_")
