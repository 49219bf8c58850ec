"""Power series of the smooth activation functions: f(x) and f'(x), term by term.

From x(s), y = f(x) has y' = f'(x) x', so m y_m = sum_{k=1}^m k x_k z_{m-k} with z = f'(x). Each
function below supplies z from what is known by then.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from qgd.spectra.series import convolve


def tanh_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = tanh x, z = 1 - y^2."""
    return _riccati(x, torch.tanh(x[0]), lambda y, m: _square_term(y, m, -1.0))


def sigmoid_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = 1 / (1 + exp(-x)), z = y - y^2."""
    return _riccati(
        x, torch.sigmoid(x[0]), lambda y, m: _square_term(y, m, -1.0).add_(y[m]), constant=0.0
    )


def exp_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = z = exp x."""
    return _riccati(x, torch.exp(x[0]), lambda y, m: y[m], constant=0.0)


def softplus_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = log(1 + exp x), z = sigmoid x."""
    z, _ = sigmoid_parts(x)
    return _integral(x, z, torch.nn.functional.softplus(x[0])), z


def silu_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = x sigmoid x, z = sigmoid x + x sigmoid' x."""
    s, slope = sigmoid_parts(x)
    return convolve(x, s, len(x)), s + convolve(x, slope, len(x))


def gelu_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = x Phi(x) with the normal distribution Phi, z = Phi + x phi; phi' = -x phi x'."""
    phi = torch.zeros_like(x)
    phi[0] = torch.exp(-0.5 * x[0] ** 2) / math.sqrt(2 * math.pi)
    rate = -convolve(x, torch.stack([k * term for k, term in enumerate(x)])[1:], len(x))
    for m in range(1, len(x)):
        for k in range(1, m + 1):
            phi[m].addcmul_(rate[k - 1], phi[m - k], value=1 / m)
    normal = _integral(x, phi, torch.special.ndtr(x[0]))
    return convolve(x, normal, len(x)), normal + convolve(x, phi, len(x))


def sin_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = sin x, z = cos x."""
    y, z = torch.zeros_like(x), torch.zeros_like(x)
    y[0], z[0] = torch.sin(x[0]), torch.cos(x[0])
    for m in range(1, len(x)):
        for k in range(1, m + 1):
            y[m].addcmul_(x[k], z[m - k], value=k / m)
            z[m].addcmul_(x[k], y[m - k], value=-k / m)
    return y, z


def cos_parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """y = cos x, z = -sin x."""
    y, z = sin_parts(x)
    return z, -y


def _riccati(
    x: Tensor, start: Tensor, slope: Callable[[Tensor, int], Tensor], constant: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Series of a function with f' = constant + g(f): `slope` gives the m-th term of g."""
    y, z = torch.empty_like(x), torch.empty_like(x)
    y[0] = start
    z[0] = slope(y, 0).add_(constant) if constant else slope(y, 0)
    for m in range(1, len(x)):
        _next_term(y, x, z, m)
        z[m] = slope(y, m)
    return y, z


def _next_term(y: Tensor, x: Tensor, z: Tensor, m: int) -> None:
    """y_m of y' = z x'."""
    torch.mul(x[m], z[0], out=y[m])
    for k in range(1, m):
        y[m].addcmul_(x[k], z[m - k], value=k / m)


def _square_term(y: Tensor, m: int, factor: float) -> Tensor:
    """factor * [y^2]_m."""
    total = y[0] * y[m] * (2 * factor if m else factor)
    for i in range(1, (m + 1) // 2):
        total.addcmul_(y[i], y[m - i], value=2 * factor)
    return total if m % 2 or not m else total.addcmul_(y[m // 2], y[m // 2], value=factor)


def _integral(x: Tensor, z: Tensor, start: Tensor) -> Tensor:
    """y with y' = z x' and y_0 = start."""
    y = torch.empty_like(x)
    y[0] = start
    for m in range(1, len(x)):
        _next_term(y, x, z, m)
    return y
