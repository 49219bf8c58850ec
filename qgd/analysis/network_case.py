"""A torch network under gradient descent, as something to analyse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils import prune

from qgd.analysis.case import Advance, Missing, Nonlinearity, RowSparsity
from qgd.core.arrays import RealArray
from qgd.core.checks import check_real
from qgd.core.outcome import QGDError
from qgd.dynamics.gradient import gradient_descent
from qgd.dynamics.sparsity import field_sparsity
from qgd.dynamics.system import PolynomialMap
from qgd.dynamics.transforms import shift
from qgd.problem.polynomial import PolynomialLoss
from qgd.spectra.exact import spectrum as spectrum_of
from qgd.spectra.hessian import HessianOperator, hessian_product
from qgd.spectra.nonlinearity import pivot_numbers
from qgd.spectra.objective import LossFunction
from qgd.spectra.polynomial_model import polynomial_loss
from qgd.spectra.series_program import SeriesProgram
from qgd.spectra.spectrum import Spectrum
from qgd.spectra.survivors import MaskLike, survivors
from qgd.spectra.taylor_mode import carleman_trajectory
from qgd.spectra.trajectory import CarlemanTrajectory

_POLYNOMIAL_UP_TO = 60  # kept weights
_ROWS = 16  # of the Hessian that are looked at


class NetworkCase:
    """A network, its loss and its data.

    Parameters
    ----------
    name : str
        For the report.
    model : torch.nn.Module
        At its present weights. A `mask` is put into it in place, as ``torch.nn.utils.prune`` does;
        the layers are otherwise left alone.
    loss : callable
        (output, targets) -> mean over a batch.
    data : (inputs, targets), or iterable of such batches
        Read once, and kept.
    learning_rate : float
        eta.
    mask : Mask, mapping or array_like of bool, optional
        As for `survivors`; left out: the masks that are in the model.

    Raises
    ------
    ValueError
        If the loss is not finite or not one number, the data are empty, or the model does not take
        them.
    """

    def __init__(
        self,
        name: str,
        model: nn.Module,
        loss: LossFunction,
        data: Any,
        learning_rate: float,
        mask: MaskLike | None = None,
    ) -> None:
        self.name = name
        self.learning_rate = check_real("learning_rate", learning_rate, above=0)
        self.model, self.loss_function = model, loss
        self.batches = _batches(data)
        if mask is not None:
            put_mask(model, mask)
        self.operator, self._value = _operator(model, loss, self.batches)

    @property
    def num_weights(self) -> int:
        """Trainable weights."""
        return self.operator.survivors.num_weights

    @property
    def num_kept(self) -> int:
        """Weights that pruning left."""
        return self.operator.shape[0]

    def loss(self) -> float:
        """L at the present weights."""
        return self._value

    def row_sparsity(self) -> RowSparsity:
        """Of the polynomial loss of a small polynomial network, else of sampled Hessian rows."""
        counted = self._counted_sparsity() if self.num_kept <= _POLYNOMIAL_UP_TO else None
        if counted is not None:
            return RowSparsity(counted, True, "counted on the polynomial loss")
        columns = self._hessian_columns()
        most = int(np.count_nonzero(columns, axis=0).max())
        count = columns.shape[1]
        return RowSparsity(most, False, f"fullest of {count} rows of the Hessian, drawn at random")

    def _counted_sparsity(self) -> int | None:
        """The theorem's s; None if the network is not polynomial, or its list of terms too long."""
        found = self._polynomial()
        if found is None:
            return None
        try:
            fields = field_sparsity(*found)
        except (ValueError, QGDError, MemoryError):
            return None
        return max(field.symmetrised_row_sparsity for field in fields)

    def _polynomial(self) -> tuple[PolynomialLoss, RealArray] | None:
        """The loss up to a factor, as a polynomial, and the weights; None if it is none."""
        try:
            exact, weights, _ = polynomial_loss(self.model, self._whole())  # type: ignore[arg-type]
        except (ValueError, QGDError, MemoryError):
            return None
        same = _parallel(exact.gradient(weights), self.operator.gradient())
        return (exact, weights) if same else None

    def step(self) -> tuple[PolynomialMap, RealArray] | Missing:
        """By the polynomial loss of a small polynomial network; the start is the pivot."""
        n = self.num_kept
        if n > _POLYNOMIAL_UP_TO:
            return Missing(
                f"coefficients are listed up to {_POLYNOMIAL_UP_TO} kept weights, got {n}"
            )
        found = self._polynomial()
        if found is None:
            return Missing(
                "the loss is no polynomial of the weights (a softmax, a smooth activation or "
                "another error than squares), so its F_k have no finite list of entries"
            )
        loss, weights = found
        own, exact = self.operator.gradient(), loss.gradient(weights)
        factor = float(np.linalg.norm(own) / np.linalg.norm(exact))
        return shift(gradient_descent(loss, self.learning_rate * factor), weights)[0], np.zeros(n)

    def products(self) -> None:
        """Left to the monomials, which a step of a small polynomial network can be made by."""

    def spectrum(self, exact_up_to: int, steps: int, probes: int, advance: Advance) -> Spectrum:
        """All eigenvalues up to a size, Lanczos quadratures beyond."""
        if self.num_kept <= exact_up_to:
            return spectrum_of(_Counted(self.operator, advance), exact_up_to=exact_up_to)
        options = {"num_steps": min(steps, self.num_kept), "num_probes": probes}
        dtype = self.operator.dtype
        return spectrum_of(
            self.operator, exact_up_to=exact_up_to, dtype=dtype, progress=advance, **options
        )

    def nonlinearity(self, spectrum: Spectrum) -> Nonlinearity | Missing:
        """By `pivot_numbers`; not for kinks, and not where the Hessian is not positive definite."""
        try:
            SeriesProgram(self.model, self.loss_function)
        except ValueError:
            return Missing("no power series, so no third derivative to be trusted")
        least = spectrum.extremes[0] - spectrum.slack[0]
        if least <= 0:
            return Missing(
                f"lambda_min(H) = {least:.3g} is not positive: no dissipation to divide by"
            )
        numbers = pivot_numbers(self.operator, spectrum)
        return Nonlinearity(numbers.R, numbers.kantorovich, numbers.least_eigenvalue)

    def trajectory(self, order: int, steps: int, advance: Advance) -> CarlemanTrajectory:
        """By Taylor mode."""
        return carleman_trajectory(
            self.model,
            self.loss_function,
            self.batches,
            order=order,
            steps=steps,
            learning_rate=self.learning_rate,
            progress=advance,
        )

    def _whole(self) -> tuple[Tensor, Tensor]:
        return torch.cat([x for x, _ in self.batches]), torch.cat([y for _, y in self.batches])

    def _hessian_columns(self) -> NDArray[Any]:
        n = self.num_kept
        chosen = np.random.default_rng(0).choice(n, size=min(_ROWS, n), replace=False)
        units = np.zeros((n, len(chosen)), self.operator.dtype)
        units[chosen, np.arange(len(chosen))] = 1
        return self.operator.matmat(units)


class _Counted:
    """The operator, telling how many columns of its matrix are done."""

    def __init__(self, operator: HessianOperator, advance: Advance) -> None:
        self.shape, self._operator, self._advance, self._done = operator.shape, operator, advance, 0

    def __call__(self, v: NDArray[Any]) -> NDArray[Any]:
        return self._operator(v)

    def matmat(self, V: NDArray[Any]) -> NDArray[Any]:
        result = self._operator.matmat(V)
        self._done += V.shape[1]
        self._advance(self._done, self.shape[0])
        return result


def put_mask(model: nn.Module, mask: MaskLike) -> None:
    """Prune a model by a mask of its trainable weights, parameter by parameter, in place."""
    kept = survivors(model, mask)
    for name, shape, places in zip(kept.names, kept.shapes, kept.kept, strict=True):
        if places is None:
            continue
        owner, _, leaf = name.rpartition(".")
        flat = torch.zeros(shape.numel())
        flat[places] = 1
        module = model.get_submodule(owner)
        if leaf.endswith("_orig"):  # pruned before: keep what both keep
            leaf = leaf.removesuffix("_orig")
        prune.custom_from_mask(module, leaf, flat.reshape(shape))  # type: ignore[no-untyped-call]


def _operator(
    model: nn.Module, loss: LossFunction, batches: list[tuple[Any, Any]]
) -> tuple[HessianOperator, float]:
    """The Hessian and the loss; what torch says of shapes and types, in words of the arguments."""
    try:
        operator = hessian_product(model, loss, batches)
        return operator, operator.value()
    except QGDError:
        raise
    except (RuntimeError, IndexError) as error:
        raise ValueError(
            f"`model` and `loss` must accept the batches of `data`, got {error}; check shapes and "
            "types (model.double() for float64 inputs)"
        ) from None


def _batches(data: Any) -> list[tuple[Any, Any]]:
    """A pair of tensors is one batch; anything else is read as a loader."""
    pair = isinstance(data, (tuple, list)) and len(data) == 2 and isinstance(data[0], Tensor)
    if pair:
        return [(data[0], data[1])]
    if not isinstance(data, Iterable):
        raise TypeError(
            f"`data` must be (inputs, targets) or a loader of such batches, got "
            f"{type(data).__name__}; pass a pair of tensors"
        )
    return list(data)


def _parallel(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two gradients differ by a factor only, so that their losses do (up to a constant)."""
    if a.shape != b.shape:
        return False
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return lengths > 0 and float(a @ b) > (1 - 1e-9) * lengths
