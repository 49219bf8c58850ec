"""Torch networks with polynomial activation, and their exact polynomial loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_array
from qgd.problem.polynomial import PolynomialLoss
from qgd.problem.polynomial_network import Layer, polynomial_network


class PolynomialActivation(nn.Module):
    """x -> a_0 + a_1 x + a_2 x^2 + ..., element by element.

    Examples
    --------
    >>> PolynomialActivation([0.0, 1.0, 0.5])(torch.tensor([2.0]))
    tensor([4.])
    """

    def __init__(self, coefficients: Sequence[float]) -> None:
        super().__init__()
        values = check_array("coefficients", coefficients, (None,))
        self.coefficients = tuple(float(a) for a in values)

    def forward(self, x: Tensor) -> Tensor:
        """p(x) by Horner's rule."""
        result = x * 0.0 + self.coefficients[-1]
        for a in self.coefficients[-2::-1]:
            result = result * x + a
        return result


def polynomial_loss(
    model: nn.Sequential, data: tuple[Tensor, Tensor], ridge: float = 0.0
) -> tuple[PolynomialLoss, RealArray, IntArray]:
    """Exact loss of a network of linear layers with `PolynomialActivation` between them.

    Half the mean over the samples of the squared error, summed over the outputs, as a polynomial in
    the weights that a mask of ``torch.nn.utils.prune`` left.

    Parameters
    ----------
    model : torch.nn.Sequential
        Linear layers and one `PolynomialActivation` between neighbours, all the same; a ``Flatten``
        in front is allowed.
    data : (inputs, targets)
        All samples; targets of shape (m, c).
    ridge : float
        Weight of the penalty.

    Returns
    -------
    loss : PolynomialLoss
        Of the n surviving weights.
    weights : ndarray, shape (n,)
        Their present values.
    positions : ndarray of int, shape (n,)
        Their places in the concatenation of ``model.parameters()``.
    """
    linear, activation = _structure(model)
    starts, place = {}, 0
    for p in model.parameters():
        starts[id(p)] = place
        place += p.numel()
    layers: list[Layer] = []
    values: list[NDArray[np.float64]] = []
    positions: list[IntArray] = []
    for layer in linear:
        weight = getattr(layer, "weight_orig", None)
        weight = layer.weight if weight is None else weight
        mask = getattr(layer, "weight_mask", torch.ones_like(weight)).bool().cpu().numpy()
        parameters = [(weight, mask)]
        if layer.bias is not None:
            parameters.append((layer.bias, np.ones(len(mask), dtype=np.bool_)))
        layers.append((mask, None if layer.bias is None else parameters[1][1]))
        for parameter, kept in parameters:
            values.append(parameter.detach().double().cpu().numpy()[kept])
            positions.append(starts[id(parameter)] + np.flatnonzero(kept))
    inputs, targets = (t.detach().double().cpu() for t in data)
    X, Y = inputs.flatten(1).numpy(), targets.reshape(len(targets), -1).numpy()
    loss = polynomial_network(X, Y, layers, activation, ridge)
    return loss, np.concatenate(values), np.concatenate(positions)


def _structure(model: nn.Sequential) -> tuple[list[nn.Linear], tuple[float, ...]]:
    children = [m for m in model.children() if not isinstance(m, nn.Flatten)]
    linear = [m for m in children[::2] if isinstance(m, nn.Linear)]
    between = [m for m in children[1::2] if isinstance(m, PolynomialActivation)]
    fits = len(linear) == len(between) + 1 and len(linear) + len(between) == len(children)
    if not fits or len({m.coefficients for m in between}) > 1:
        raise ValueError(
            "`model` must alternate nn.Linear with one and the same PolynomialActivation, got "
            f"{', '.join(type(m).__name__ for m in children)}; build it so, or use "
            "carleman_trajectory, which needs no coefficients"
        )
    return linear, between[0].coefficients if between else (0.0, 1.0)
