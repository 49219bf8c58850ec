"""Truncated power series of tensors, x_0 + x_1 s + ... + x_N s^N, through the layers of a net.

A series is one tensor whose first axis counts the powers of s. Sums of products of slices of that
axis are the whole arithmetic, so that torch differentiates it like any other program: the hot
operations bring their own backward pass, which is again a sum of products of slices,

    y_m = sum_i a_i x_{m-i}    =>    dL/dx_j = sum_m a_{m-j} dL/dy_m,

and y = f(x) has dy_m / dx_j = [f'(x)]_{m-j}, so that one series, f'(x), is kept for each function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

Parts = Callable[[Tensor], tuple[Tensor, Tensor]]


class Series:
    """Coefficients of a truncated power series, and the number of terms it is truncated to.

    Parameters
    ----------
    terms : Tensor, shape (k, ...)
        The first k <= size coefficients; the others vanish (k = 1: a constant).
    size : int
        N + 1.
    """

    def __init__(self, terms: Tensor, size: int) -> None:
        self.terms, self.size = terms, size

    @property
    def shape(self) -> torch.Size:
        """Shape of one coefficient."""
        return self.terms.shape[1:]

    def map(self, function: Callable[[Tensor], Tensor]) -> Series:
        """Apply a linear function whose first axis is the batch to every coefficient at once."""
        k = len(self.terms)
        merged = function(self.terms.flatten(0, 1))
        return Series(merged.reshape(k, merged.shape[0] // k, *merged.shape[1:]), self.size)

    def each(self, function: Callable[[Tensor], Tensor]) -> Series:
        """Apply a linear function to every coefficient in turn."""
        return Series(torch.stack([function(term) for term in self.terms]), self.size)

    def padded(self) -> Series:
        """The same with all `size` terms written out."""
        missing = self.size - len(self.terms)
        if not missing:
            return self
        zeros = self.terms.new_zeros(missing, *self.shape)
        return Series(torch.cat([self.terms, zeros]), self.size)

    def __add__(self, other: Series | Tensor | float) -> Series:
        long, short = self.terms, constant(other, self).terms
        rank = max(long.dim(), short.dim())
        long, short = _aligned(long, rank), _aligned(short, rank)
        if len(short) > len(long):
            long, short = short, long
        k = len(short)
        head = long[:k] + short
        if k == len(long):
            return Series(head, self.size)
        tail = long[k:].expand(len(long) - k, *head.shape[1:])
        return Series(torch.cat([head, tail]), self.size)

    def __mul__(self, other: Series | Tensor | float) -> Series:
        if isinstance(other, int | float):
            return Series(self.terms * other, self.size)
        left, right = self.terms, constant(other, self).terms
        rank = max(left.dim(), right.dim())
        return Series(
            _apply(_Product, _aligned(left, rank), _aligned(right, rank), self.size), self.size
        )

    def __neg__(self) -> Series:
        return self * -1.0

    def __sub__(self, other: Series | Tensor | float) -> Series:
        return self + (-other)

    def __truediv__(self, other: Series | Tensor | float) -> Series:
        if isinstance(other, int | float):
            return self * (1.0 / other)
        return self * power(constant(other, self), -1.0)

    def __pow__(self, exponent: float) -> Series:
        return power(self, exponent)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Tensor | float) -> Series:
        return (-self) + other

    def __rtruediv__(self, other: Tensor | float) -> Series:
        return power(self, -1.0) * other


def constant(value: Series | Tensor | float, like: Series) -> Series:
    """`value` as a series of the size of `like`."""
    if isinstance(value, Series):
        return value
    tensor = torch.as_tensor(value, dtype=like.terms.dtype, device=like.terms.device)
    return Series(tensor[None], like.size)


def affine(x: Series, weight: Series, bias: Series | None) -> Series:
    """Series of x W^T + b, with x of shape (..., in)."""
    lead = x.shape[:-1]
    rows = x.terms.reshape(len(x.terms), -1, x.shape[-1])
    offset = None if bias is None else bias.terms
    product = _apply(_Affine, rows, weight.terms, offset, x.size)
    return Series(product.reshape(len(product), *lead, product.shape[-1]), x.size)


def bilinear(x: Series, weight: Series, function: Callable[[Tensor, Tensor], Tensor]) -> Series:
    """Series of a map that is linear in a batch x and in a weight, such as a convolution."""
    size = min(len(x.terms) + len(weight.terms) - 1, x.size)
    total: Tensor | None = None
    for i in range(len(weight.terms)):
        count = min(len(x.terms), size - i)
        part = function(x.terms[:count].flatten(0, 1), weight.terms[i])
        part = part.reshape(count, -1, *part.shape[1:])
        before = part.new_zeros(i, *part.shape[1:])
        after = part.new_zeros(size - i - count, *part.shape[1:])
        part = torch.cat([before, part, after]) if size > count else part
        total = part if total is None else total + part
    assert total is not None
    return Series(total, x.size)


def elementwise(x: Series, parts: Parts) -> Series:
    """Series of f(x) from `parts`, which returns the series of f(x) and of f'(x)."""
    return Series(_apply(_Elementwise, x.padded().terms, parts), x.size)


def power(x: Series, exponent: float) -> Series:
    """Series of x^a; a small natural number by products, else around x_0 != 0.

    y = x^a solves x y' = a x' y: m x_0 y_m = sum_{k=1}^m (a k - m + k) x_k y_{m-k}.
    """
    if exponent == int(exponent) and 1 <= exponent <= 16:
        half = power(x, exponent // 2) if exponent > 1 else x
        if exponent == 1:
            return x
        square = half * half
        return square * x if exponent % 2 else square
    terms = x.padded().terms
    y = [terms[0] ** exponent]
    for m in range(1, x.size):
        total = sum((exponent * k - m + k) * terms[k] * y[m - k] for k in range(1, m + 1))
        y.append(total / (m * terms[0]))
    return Series(torch.stack(y), x.size)


def logarithm(x: Series) -> Series:
    """Series of log x: m x_0 y_m = m x_m - sum_{k=1}^{m-1} k y_k x_{m-k}."""
    terms = x.padded().terms
    y = [terms[0].log()]
    for m in range(1, x.size):
        total = m * terms[m] - sum(k * y[k] * terms[m - k] for k in range(1, m))
        y.append(total / (m * terms[0]))
    return Series(torch.stack(y), x.size)


def _aligned(terms: Tensor, rank: int) -> Tensor:
    """Insert unit axes behind the axis of powers, so that the others broadcast as usual."""
    missing = rank - terms.dim()
    return terms.reshape(len(terms), *[1] * missing, *terms.shape[1:]) if missing else terms


def _broadcast(a: Tensor, b: Tensor) -> torch.Size:
    """Shape of a coefficient of a product."""
    return torch.broadcast_shapes(a.shape[1:], b.shape[1:])  # type: ignore[no-untyped-call]


def _apply(function: type[Function], *arguments: Any) -> Tensor:
    return function.apply(*arguments)  # type: ignore[no-untyped-call]


def convolve(a: Tensor, b: Tensor, size: int) -> Tensor:
    """Truncated product of two series, without gradients of its own."""
    terms = min(len(a) + len(b) - 1, size)
    result = a.new_empty(terms, *_broadcast(a, b))
    torch.mul(a[:terms], b[:1], out=result[: len(a)])
    result[len(a) :] = 0.0
    for i in range(1, min(len(b), terms)):
        count = min(len(a), terms - i)
        result[i : i + count].addcmul_(a[:count], b[i])
    return result


def correlate(gradient: Tensor, b: Tensor, length: int) -> Tensor:
    """sum_i b_i gradient_{j+i} for j < length: the transpose of the product with b."""
    result = gradient.new_empty(length, *_broadcast(gradient, b))
    known = min(length, len(gradient))
    torch.mul(gradient[:known], b[:1], out=result[:known])
    result[known:] = 0.0
    for i in range(1, len(b)):
        count = min(length, len(gradient) - i)
        if count > 0:
            result[:count].addcmul_(gradient[i : i + count], b[i])
    return result


class _Product(Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, size: int) -> Tensor:
        ctx.save_for_backward(a, b)
        return convolve(a, b, size)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        a, b = ctx.saved_tensors
        (gradient,) = gradients
        left, right = ctx.needs_input_grad[:2]
        return (
            correlate(gradient, b, len(a)).sum_to_size(a.shape) if left else None,
            correlate(gradient, a, len(b)).sum_to_size(b.shape) if right else None,
            None,
        )


class _Affine(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, size: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.bias_terms = 0 if bias is None else len(bias)
        terms = min(max(len(x) + len(weight) - 1, ctx.bias_terms), size)
        y = x.new_empty(terms, x.shape[1], weight.shape[1])
        y[: ctx.bias_terms] = 0.0 if bias is None else bias[:, None]
        y[ctx.bias_terms :] = 0.0
        for i in range(len(weight)):
            count = min(len(x), terms - i)
            y[i : i + count].flatten(0, 1).addmm_(x[:count].flatten(0, 1), weight[i].T)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        gx = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        gw = torch.empty_like(weight) if ctx.needs_input_grad[1] else None
        for i in range(len(weight)):
            count = min(len(x), len(gradient) - i)
            rows = gradient[i : i + count].flatten(0, 1)
            if gx is not None:
                gx[:count].flatten(0, 1).addmm_(rows, weight[i], beta=min(i, 1))
            if gw is not None:
                torch.mm(rows.T, x[:count].flatten(0, 1), out=gw[i])
        gb = gradient[: ctx.bias_terms].sum(1) if ctx.needs_input_grad[2] else None
        return gx, gw, gb, None


class _Elementwise(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, parts: Parts) -> Tensor:
        y, slope = parts(x)
        ctx.save_for_backward(slope)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (slope,) = ctx.saved_tensors
        return correlate(gradients[0], slope, len(slope)), None
