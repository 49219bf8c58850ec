"""Truncated power series of layers and losses, against nested forward-mode derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from qgd.spectra.gradient_series import GradientSeries
from qgd.spectra.series_program import SeriesProgram

# Nested forward mode, the oracle, compiles its decompositions by a deprecated route of torch.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
SIZE = 3
ACTIVATIONS: dict[str, Any] = {
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "softplus": nn.Softplus(beta=2.0),
    "silu": nn.SiLU(),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU("tanh"),
    "sin": torch.sin,
    "cos": torch.cos,
    "cubic": lambda x: x**3 - 2 * x,
    "rational": lambda x: 1 / (1.0 + x * x) - torch.exp(-x),
}


class Residual(nn.Module):
    """Every kind of layer once, with a shortcut."""

    def __init__(self, activation: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.batch = nn.BatchNorm2d(4)
        self.batch.running_var.uniform_(0.5, 2)
        self.second = nn.Conv2d(4, 4, 3, stride=2, padding=1, bias=False)
        self.group = nn.GroupNorm(2, 4)
        self.short = nn.Conv2d(4, 4, 1, stride=2)
        self.pool = nn.AvgPool2d(2)
        self.out = nn.Linear(4, 3)
        self.act = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.act(self.batch(self.first(x.view(-1, 1, 8, 8))))
        x = self.act(self.group(self.second(x)) + self.short(x))
        return self.out(self.pool(x).mean((2, 3)))


def derivative(function: Callable[[torch.Tensor], Any], order: int) -> Any:
    """function^(order)(0) / order!, by nested forward mode."""

    def jvp(inner: Callable[[torch.Tensor], Any]) -> Callable[[torch.Tensor], Any]:
        return lambda s: torch.func.jvp(inner, (s,), (torch.ones_like(s),))[1]

    for _ in range(order):
        function = jvp(function)
    value = function(torch.tensor(0.0, dtype=torch.float64))
    return torch.utils._pytree.tree_map(lambda t: t / math.factorial(order), value)


def check_against_nested_jvp(model: nn.Module, loss: Any, x: torch.Tensor, y: torch.Tensor) -> None:
    model = model.double().eval()
    series = GradientSeries(model, loss, (x, y))
    torch.manual_seed(5)
    terms = {
        k: torch.stack([w, *(0.1 * torch.randn(SIZE - 1, *w.shape, dtype=w.dtype))])
        for k, w in series.weights.items()
    }
    losses, gradients = series(terms)

    def curve(s: torch.Tensor) -> dict[str, torch.Tensor]:
        return {k: t[0] + s * (t[1] + s * t[2]) for k, t in terms.items()}

    def value(w: dict[str, torch.Tensor]) -> torch.Tensor:
        return loss(torch.func.functional_call(model, w, (x,)), y)

    for m in range(SIZE):
        wanted = derivative(lambda s: value(curve(s)), m)
        assert losses[m] == pytest.approx(float(wanted), rel=1e-9, abs=1e-12)
        slopes = derivative(lambda s: torch.func.grad(value)(curve(s)), m)
        for k, g in gradients.items():
            assert torch.allclose(g[m], slopes[k], rtol=1e-8, atol=1e-10), (k, m)


def test_gradient_series_of_a_residual_network_equals_nested_forward_mode() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(3, 64, dtype=torch.float64), torch.tensor([0, 2, 1])
    check_against_nested_jvp(Residual(nn.Tanh()), nn.CrossEntropyLoss(), x, y)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_and_its_slope_equal_nested_forward_mode(name: str) -> None:
    torch.manual_seed(1)
    function = ACTIVATIONS[name]
    path = torch.randn(5, 6, dtype=torch.float64)

    class Shifted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shift, self.function = nn.Parameter(path[0]), function

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.function(self.shift + x)

    def shifted(s: torch.Tensor) -> torch.Tensor:
        return path[0] + s * (path[1] + s * (path[2] + s * (path[3] + s * path[4])))

    # Loss sum_i c_i f(x_i): its gradient is c_i f'(x_i).
    c = torch.randn(6, dtype=torch.float64)
    data = torch.zeros(1, 6, dtype=torch.float64), c[None]
    series = GradientSeries(Shifted(), lambda out, weight: (out * weight).sum(), data)
    values, gradients = series({"shift": path})
    for m in range(5):
        wanted = derivative(lambda s: (function(shifted(s)) * c).sum(), m)
        assert values[m] == pytest.approx(float(wanted), rel=1e-9, abs=1e-12)
    slope = torch.func.vmap(torch.func.grad(lambda x: function(x)))
    for m in range(3):
        wanted = derivative(lambda s: slope(shifted(s)) * c, m)
        assert torch.allclose(gradients["shift"][m], wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.CrossEntropyLoss(), nn.MSELoss(reduction="sum")])
def test_losses_with_real_targets(loss: nn.Module) -> None:
    def formula(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if isinstance(loss, nn.MSELoss):
            squares = (outputs - targets) ** 2
            return squares.mean() if loss.reduction == "mean" else squares.sum()
        return -(targets * (outputs - outputs.exp().sum(1, keepdim=True).log())).sum(1).mean()

    torch.manual_seed(1)
    x, y = torch.randn(3, 4, dtype=torch.float64), torch.rand(3, 2, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(4, 2), nn.Tanh(), nn.Dropout(0.5)).double().eval()
    assert torch.allclose(formula(model(x), y), loss(model(x), y))
    results = []
    for function in (loss, formula):
        series = GradientSeries(model, function, (x, y))
        torch.manual_seed(3)
        terms = {k: torch.randn(SIZE, *w.shape, dtype=w.dtype) for k, w in series.weights.items()}
        results.append(series(terms))
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-10)
    for k, g in results[0][1].items():
        assert torch.allclose(g, results[1][1][k], rtol=1e-9, atol=1e-12)


def test_layer_norm_equals_its_formula() -> None:
    # Nested forward mode of torch 2.13 is wrong for its fused layer norm, so not the oracle here.
    class Formula(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.bias = nn.Parameter(torch.rand(3)), nn.Parameter(torch.rand(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            centred = x - x.mean(-1, keepdim=True)
            variance = (centred * centred).mean(-1, keepdim=True)
            return centred * (variance + 1e-5) ** -0.5 * self.weight + self.bias

    torch.manual_seed(2)
    fused, formula = nn.LayerNorm(3), Formula()
    fused.load_state_dict(formula.state_dict())
    x, y = torch.randn(4, 3, dtype=torch.float64), torch.tensor([0, 1, 2, 0])
    results = []
    for layer in (fused, formula):
        model = nn.Sequential(nn.Linear(3, 3), layer).double()
        torch.manual_seed(3)
        series = GradientSeries(model, nn.CrossEntropyLoss(), (x, y))
        terms = {k: torch.randn(SIZE, *w.shape, dtype=w.dtype) for k, w in series.weights.items()}
        results.append(series(terms))
    assert torch.allclose(results[0][0], results[1][0], rtol=1e-10)
    for k, g in results[0][1].items():
        assert torch.allclose(g, results[1][1][k], rtol=1e-9, atol=1e-12)


class Functional(nn.Module):
    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.layer, self.function = nn.Linear(4, 2), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self.layer(x))


@pytest.mark.parametrize(
    "function",
    [functional.relu, torch.abs, lambda x: functional.max_pool1d(x, 1), functional.hardtanh],
)
def test_functions_with_kinks_are_refused(function: Any) -> None:
    with pytest.raises(ValueError, match=r"kink|power series is known"):
        SeriesProgram(Functional(function), nn.CrossEntropyLoss())


def test_training_mode_and_branches_are_refused_with_a_remedy() -> None:
    x, y = torch.randn(4, 4), torch.tensor([0, 1, 0, 1])
    for layer in (nn.BatchNorm1d(2), nn.Dropout(0.5)):
        model = nn.Sequential(nn.Linear(4, 2), layer)
        series = GradientSeries(model, nn.CrossEntropyLoss(), (x, y))
        terms = {k: w[None] for k, w in series.weights.items()}
        with pytest.raises(ValueError, match=r"model.eval\(\)"):
            series(terms)
        model.eval()
        series(terms)
    branching = Functional(lambda z: z if z.sum() > 0 else -z)
    with pytest.raises(ValueError, match="same operations for every input"):
        SeriesProgram(branching, nn.CrossEntropyLoss())
