"""A torch module and its loss as a program on power series: traced once, run on any series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

from qgd.spectra.series import Series
from qgd.spectra.series_rules import FUNCTIONS, PIECEWISE, torch_name

Loss = Callable[[Any, Any], Any]
_SMOOTH = "Tanh, Sigmoid, Softplus, GELU, SiLU or a polynomial, and AvgPool2d for pooling"


def check_smooth(name: str, where: str) -> None:
    """Refuse functions with kinks, and those that have no rule."""
    if name.lower() in PIECEWISE:
        raise ValueError(
            f"`model` must be smooth for Taylor mode, got {name} in {where}: between its kinks it "
            "is linear, so its higher derivatives vanish almost everywhere and no order of the "
            f"series sees a kink being crossed; use {_SMOOTH}"
        )
    raise ValueError(
        f"`model` must consist of functions whose power series is known, got {name} in {where}; "
        f"known are {', '.join(sorted(FUNCTIONS))}"
    )


class _Tracer(fx.Tracer):
    """Look into everything but the layers of torch.nn, whose parameters may be pruned by hooks."""

    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return type(module) in _LAYERS or _kind(module) in PIECEWISE


class SeriesProgram:
    """loss(model(inputs), targets) as a function of series of the parameters.

    Parameters
    ----------
    model : torch.nn.Module
        Of smooth layers; BatchNorm and Dropout in evaluation mode. Masks of
        ``torch.nn.utils.prune`` are obeyed.
    loss : callable
        ``loss(outputs, targets)``: a module such as ``CrossEntropyLoss`` or a function of the
        operations that have a rule.
    """

    def __init__(self, model: nn.Module, loss: Loss) -> None:
        self.model, self.loss = model, loss
        self._model_graph = _trace(model, "model")
        # A function is wrapped: its optional arguments must not become inputs of the graph.
        root = loss if isinstance(loss, nn.Module) else (lambda outputs, y: loss(outputs, y))
        self._loss_graph = _trace(root, "loss")
        for graph, owner in ((self._model_graph, model), (self._loss_graph, loss)):
            _check_graph(graph, owner)

    def __call__(
        self, parameters: Mapping[str, Series], inputs: Tensor, targets: Tensor, size: int
    ) -> Series:
        """Series of the loss; parameters that are missing are constants."""
        batch = Series(inputs[None], size)
        outputs = _run(self._model_graph, self.model, parameters, (batch,))
        value = _run(self._loss_graph, self.loss, {}, (outputs, targets))
        if not isinstance(value, Series) or value.terms.dim() != 1:
            raise ValueError(
                "`loss` must return one number for a batch, got "
                f"{tuple(value.shape) if isinstance(value, Series) else type(value).__name__}; "
                "take the mean over the batch"
            )
        return value.padded()


def _trace(root: Any, name: str) -> fx.Graph:
    try:
        return _Tracer().trace(root)
    except (fx.proxy.TraceError, TypeError) as error:
        raise ValueError(
            f"`{name}` must run the same operations for every input, so that it can be traced "
            f"once, got {type(root).__name__}: {error}; remove branches on values"
        ) from None


def _check_graph(graph: fx.Graph, root: Any) -> None:
    for node in graph.nodes:
        if node.op == "call_module":
            name = _kind(root.get_submodule(node.target))
            where = f"layer {node.target!r}"
        elif node.op in ("call_function", "call_method"):
            name, where = torch_name(node.target), f"{type(root).__name__}.forward"
        else:
            continue
        if name not in FUNCTIONS and name not in _LAYERS.values():
            check_smooth(name, where)


def _run(graph: fx.Graph, root: Any, parameters: Mapping[str, Series], arguments: Any) -> Any:
    """Walk through the graph with series in the place of tensors."""
    values: dict[fx.Node, Any] = {}
    inputs = iter(arguments)
    size = arguments[0].size
    dtype = arguments[0].terms.dtype
    for node in graph.nodes:
        args = fx.node.map_arg(node.args, values.__getitem__)
        kwargs = fx.node.map_arg(node.kwargs, values.__getitem__)
        if node.op == "placeholder":
            values[node] = next(inputs)
        elif node.op == "get_attr":
            values[node] = _Tensors(root, parameters, size, dtype)[node.target]
        elif node.op == "output":
            return args[0]
        elif node.op == "call_module":
            layer = root.get_submodule(node.target)
            own = _Tensors(root, parameters, size, dtype, node.target + ".")
            values[node] = _LAYER_RULES[type(layer)](layer, own, *args)
        else:
            values[node] = FUNCTIONS[torch_name(node.target)](*args, **kwargs)
    raise AssertionError("a traced graph has an output")  # pragma: no cover


class _Tensors:
    """Parameters and buffers below a prefix: series where there are some, masked where pruned."""

    def __init__(
        self,
        root: nn.Module,
        parameters: Mapping[str, Series],
        size: int,
        dtype: torch.dtype,
        prefix: str = "",
    ) -> None:
        self.root, self.parameters, self.size = root, parameters, size
        self.dtype, self.prefix = dtype, prefix

    def __getitem__(self, name: str) -> Any:
        path = self.prefix + name
        masked = _attribute(self.root, path + "_orig")
        if masked is not None:
            return self[name + "_orig"] * self[name + "_mask"]
        if path in self.parameters:
            return self.parameters[path]
        tensor = _attribute(self.root, path)
        if not isinstance(tensor, Tensor):
            return tensor
        tensor = tensor.detach()
        return Series(
            (tensor.to(self.dtype) if tensor.is_floating_point() else tensor)[None], self.size
        )


def _attribute(root: nn.Module, path: str) -> Any:
    value: Any = root
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _kind(module: nn.Module) -> str:
    """Name of the function that a layer applies, as in torch.nn.functional."""
    known = _LAYERS.get(type(module))
    if known:
        return known
    words = "".join("_" + c if c.isupper() else c for c in type(module).__name__).strip("_")
    squeezed = type(module).__name__.lower()
    return squeezed if squeezed in PIECEWISE else words.lower()


_LAYERS: dict[type[nn.Module], str] = {
    nn.Linear: "linear",
    nn.Conv2d: "conv2d",
    nn.BatchNorm1d: "batch_norm",
    nn.BatchNorm2d: "batch_norm",
    nn.GroupNorm: "group_norm",
    nn.LayerNorm: "layer_norm",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.SiLU: "silu",
    nn.GELU: "gelu",
    nn.Softplus: "softplus",
    nn.AvgPool2d: "avg_pool2d",
    nn.AdaptiveAvgPool2d: "adaptive_avg_pool2d",
    nn.Flatten: "flatten",
    nn.Identity: "contiguous",
    nn.Dropout: "dropout",
    nn.LogSoftmax: "log_softmax",
}
LayerRule = Callable[..., Any]
_F = FUNCTIONS
_NORM: LayerRule = lambda m, t, x: _F["batch_norm"](  # noqa: E731
    x, t["running_mean"], t["running_var"], t["weight"], t["bias"], m.training, eps=m.eps
)
_LAYER_RULES: dict[type[nn.Module], LayerRule] = {
    nn.Linear: lambda m, t, x: _F["linear"](x, t["weight"], t["bias"]),
    nn.Conv2d: lambda m, t, x: _F["conv2d"](
        x, t["weight"], t["bias"], m.stride, m.padding, m.dilation, m.groups
    ),
    nn.BatchNorm1d: _NORM,
    nn.BatchNorm2d: _NORM,
    nn.GroupNorm: lambda m, t, x: _F["group_norm"](x, m.num_groups, t["weight"], t["bias"], m.eps),
    nn.LayerNorm: lambda m, t, x: _F["layer_norm"](
        x, m.normalized_shape, t["weight"], t["bias"], m.eps
    ),
    nn.GELU: lambda m, t, x: _F["gelu"](x, m.approximate),
    nn.Softplus: lambda m, t, x: _F["softplus"](x, m.beta),
    nn.AvgPool2d: lambda m, t, x: _F["avg_pool2d"](
        x, m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad, m.divisor_override
    ),
    nn.AdaptiveAvgPool2d: lambda m, t, x: _F["adaptive_avg_pool2d"](x, m.output_size),
    nn.Flatten: lambda m, t, x: _F["flatten"](x, m.start_dim, m.end_dim),
    nn.Dropout: lambda m, t, x: _F["dropout"](x, m.p, m.training),
    nn.LogSoftmax: lambda m, t, x: _F["log_softmax"](x, m.dim),
    **{
        kind: (lambda m, t, x, name=name: _F[name](x))
        for kind, name in _LAYERS.items()
        if name in ("tanh", "sigmoid", "silu", "contiguous")
    },
}
