"""Truncated Carleman trajectory of gradient descent of a real network, without the lift."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from qgd.core.arrays import IntArray, RealArray
from qgd.core.checks import check_indices, check_integer, check_memory, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.embedding.graded_solution import GradedSolution
from qgd.spectra.gradient_series import Batch, GradientSeries, Terms
from qgd.spectra.modes import OvershootWarning
from qgd.spectra.pivot_stiffness import PivotStiffness
from qgd.spectra.series_program import Loss
from qgd.spectra.trajectory import CarlemanTrajectory

_SMALLER = "take a smaller rate, or a pivot in a flatter place"


def carleman_trajectory(
    model: nn.Module,
    loss: Loss,
    data: Batch | Iterable[Batch],
    *,
    order: int,
    steps: int,
    learning_rate: float,
    pivot: Mapping[str, Tensor] | None = None,
    weight_decay: float = 0.0,
    true_error: bool = True,
    at: Iterable[int] | None = None,
    dtype: torch.dtype = torch.float64,
    micro_batch: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CarlemanTrajectory:
    """Truncated Carleman solution of full-batch gradient descent, for all orders up to N.

    Around the pivot c, with u = w - c, gradient descent is u+ = u + sum_l F_l u^{(x)l} with
    F_l = -(eta / l!) d^{l+1} L(c). The parts w_m of the truncated solution are the coefficients of
    a power series in s, and so is the gradient along it:

        w(s) = c + sum_m w_m s^m,    w_m <- w_m - eta [grad L(w(s))]_m - eta [m = 1] grad L(c),

    that is: Taylor mode, without one coefficient of F_l being written down. The last term counts
    F_0 as of degree one (``homogenised`` in `graded_iterate`); at a stationary pivot it vanishes,
    and the result is the truncated Carleman system itself (Theorem 2.4 of proofs/02-truncation.md).
    Cost of a step: about (N + 1)(N + 2) / 2 plain gradients in the matrix products.

    Parameters
    ----------
    model : torch.nn.Module
        Its weights are the start; it is not changed. Smooth layers only; BatchNorm and Dropout in
        evaluation mode. Masks of ``torch.nn.utils.prune`` are obeyed: pruned weights do not move.
    loss : callable
        ``loss(outputs, targets)``, the mean over a batch.
    data : (inputs, targets), or iterable of such batches
        Together one gradient.
    order : int
        N.
    steps : int
        T.
    learning_rate : float
        eta.
    pivot : mapping of names to tensors, optional
        c, like ``dict(model.named_parameters())``; by default the start.
    weight_decay : float
        mu: adds (mu / 2) ||w||^2 to the loss.
    true_error : bool
        Run plain gradient descent alongside.
    at : iterable of int, optional
        Increasing step numbers whose parts are kept; by default the last one.
    dtype : torch.dtype
        Of the arithmetic. Single precision drowns errors below 1e-6.
    micro_batch : int, optional
        Work through the data in pieces of this size: less memory, same result.
    progress : callable, optional
        Called with (steps done, steps in all) after every step.

    Raises
    ------
    ValueError
        For ReLU and other functions with kinks, whose series does not see them; for a model in
        training mode, a loss that is not finite at the pivot, or a bad argument.
    QGDError
        ``DIVERGED`` when the series or the descent leaves every bounded region, with
        eta lambda_max where the learning rate is the reason; ``TOO_LARGE`` before the allocation.

    Warns
    -----
    OvershootWarning
        If eta lambda_max > 2 at the pivot: w_1 grows by |1 - eta lambda_max| a step, and the parts
        of higher order with its powers. Noticed while the run goes, from its second step on.

    Examples
    --------
    >>> net = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1))
    >>> data = torch.linspace(-1, 1, 8)[:, None], torch.linspace(0, 1, 8)[:, None]
    >>> run = carleman_trajectory(net, nn.MSELoss(), data, order=3, steps=5, learning_rate=0.1)
    >>> bool(run.errors[-1, 2] < run.errors[-1, 0])
    True
    """
    check_integer("order", order, 1)
    check_integer("steps", steps, 0)
    check_real("learning_rate", learning_rate, above=0)
    check_real("weight_decay", weight_decay, at_least=0)
    kept = _kept(at, steps)
    gradient = GradientSeries(model, loss, data, dtype=dtype, micro_batch=micro_batch)
    check_memory(
        8.0 * gradient.num_weights * (order + 1) * (4 + len(kept)),
        f"a trajectory of order {order} with {gradient.num_weights} weights",
        "lower the order or keep fewer steps",
    )
    state = _State(gradient, order, _pivot(gradient, pivot), true_error)
    stiffness = PivotStiffness(gradient, state.terms, learning_rate, weight_decay)
    parts = []
    for step in range(steps + 1):
        state.record(step, stiffness)
        if step in kept:
            parts.append(state.flat_parts())
        if step < steps:
            state.advance(step, learning_rate, weight_decay, stiffness)
            if progress is not None:
                progress(step + 1, steps)
    if stiffness.overshoots:
        text = f"{stiffness.sentence()}; the truncated solution leaves the descent, {_SMALLER}"
        warnings.warn(text, OvershootWarning, stacklevel=2)
    return state.finished(np.asarray(kept), np.stack(parts), steps)


class _State:
    """Series, plain descent and records of a run."""

    def __init__(
        self, gradient: GradientSeries, order: int, pivot: Terms, true_error: bool
    ) -> None:
        self.gradient, self.order, self.plain = gradient, order, true_error
        self.w = {k: w.clone() for k, w in gradient.weights.items()}
        self.terms = {
            k: torch.cat([c[None], (self.w[k] - c)[None], c.new_zeros(order - 1, *c.shape)])
            for k, c in pivot.items()
        }
        self.norms: list[list[float]] = []
        self.errors: list[list[float]] = []
        self.distances: list[float] = []
        self.losses: list[float] = []
        self.pivot_gradient = np.nan

    def advance(self, step: int, eta: float, decay: float, stiffness: PivotStiffness) -> None:
        losses, slopes = self.gradient(self.terms)
        if not torch.isfinite(losses[0]):
            raise ValueError(
                f"`loss` must be finite at the pivot, got {float(losses[0])}; check the data, the "
                "weights and the loss function"
            )
        for k, w in self.terms.items():
            slope = slopes[k] + decay * w
            slope[1] += slope[0]
            w[1:] -= eta * slope[1:]
            slopes[k] = slope
        stiffness.look(slopes)
        if step == 0:
            self.pivot_gradient = _norm([g[0] for g in slopes.values()])
        if self.plain:
            value, descent = self.gradient({k: w[None] for k, w in self.w.items()})
            self.losses.append(float(value[0]) + self._penalty(decay))
            for k, w in self.w.items():
                w -= eta * (descent[k][0] + decay * w)

    def _penalty(self, decay: float) -> float:
        return 0.5 * decay * _norm(list(self.w.values())) ** 2

    def record(self, step: int, stiffness: PivotStiffness) -> None:
        norms = [_norm([t[m] for t in self.terms.values()]) for m in range(1, self.order + 1)]
        if not np.isfinite(norms).all():
            remedy = "lower the order, the learning rate or the number of steps"
            raise _diverged(f"the parts of the trajectory: {norms}", step, stiffness, remedy)
        self.norms.append(norms)
        if not self.plain:
            return
        rest = {k: self.w[k] - t[0] for k, t in self.terms.items()}
        self.distances.append(_norm(list(rest.values())))
        if not np.isfinite(self.distances[-1]):
            far = f"plain gradient descent: {self.distances[-1]}"
            raise _diverged(far, step, stiffness, "lower the learning rate")
        row = []
        for m in range(1, self.order + 1):
            rest = {k: r - self.terms[k][m] for k, r in rest.items()}
            row.append(_norm(list(rest.values())))
        self.errors.append(row)

    def flat_parts(self) -> RealArray:
        flat = torch.cat([t[1:].flatten(1) for t in self.terms.values()], dim=1)
        return flat.T.to(torch.float64).cpu().numpy()

    def finished(self, kept: IntArray, parts: RealArray, steps: int) -> CarlemanTrajectory:
        missing = np.full((steps + 1, self.order), np.nan)
        if self.plain:
            value, _ = self.gradient({k: w[None] for k, w in self.w.items()})
            self.losses.append(float(value[0]))
        pivot = torch.cat([t[0].flatten() for t in self.terms.values()])
        return CarlemanTrajectory(
            pivot.to(torch.float64).cpu().numpy(),
            GradedSolution(kept.astype(np.float64), parts, True, steps, 0, steps),
            np.array(self.norms),
            np.array(self.errors) if self.plain else missing,
            np.array(self.distances) if self.plain else missing[:, 0],
            np.array(self.losses) if self.plain else missing[:, 0],
            self.pivot_gradient,
        )


def _diverged(what: str, step: int, stiffness: PivotStiffness, remedy: str) -> QGDError:
    text = f"the run must stay finite, got {what} after {step} steps"
    if stiffness.overshoots:
        text, remedy = f"{text}; {stiffness.sentence()}", _SMALLER
    return QGDError(Outcome.DIVERGED, f"{text}; {remedy}")


def _norm(tensors: list[Tensor]) -> float:
    # Squares in double precision: a single-precision sum over 1e7 entries loses two digits.
    return float(sum(t.double().square().sum() for t in tensors)) ** 0.5


def _kept(at: Iterable[int] | None, steps: int) -> list[int]:
    wanted = [steps] if at is None else list(at)
    kept = check_indices("at", wanted, steps + 1).tolist()
    if not kept or sorted(set(kept)) != kept:
        raise ValueError(f"`at` must be increasing step numbers, got {wanted!r}; sort them")
    return kept


def _pivot(gradient: GradientSeries, pivot: Mapping[str, Tensor] | None) -> Terms:
    if pivot is None:
        return {k: w.clone() for k, w in gradient.weights.items()}
    shapes = {k: tuple(w.shape) for k, w in gradient.weights.items()}
    found = {k: tuple(pivot[k].shape) if k in pivot else None for k in shapes}
    wrong = [f"{k}: {found[k]} for {shapes[k]}" for k in shapes if found[k] != shapes[k]]
    if wrong:
        raise ValueError(
            f"`pivot` must hold a tensor for every free parameter, got {'; '.join(wrong)}; "
            "pass dict(model.named_parameters()) of a model of the same shape"
        )
    return {k: pivot[k].detach().to(w) for k, w in gradient.weights.items()}
