"""The stiffest mode at the pivot of a truncated trajectory, noticed while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from qgd.spectra.gradient_series import GradientSeries, Terms
from qgd.spectra.stability import largest_eigenvalue, overshoot_sentence
from qgd.spectra.vectors import Vector

_POINTS = 3  # of the quadrature


@dataclass
class PivotStiffness:
    """Whether eta lambda_max(H + mu I) > 2 at the pivot, for the price of a vector.

    The linear part moves by s_t = grad L(c) + H (w_1)_t, and s_{t+1} = (I - eta H) s_t: inner
    products of successive ones are moments of the spectrum of I - eta H, and three of the
    quadrature's points from the last six of them find the end that makes modes grow before much of
    the growth is seen. What they suspect, a few Lanczos steps prove.

    Parameters
    ----------
    gradient : GradientSeries
        Of the loss.
    terms : dict of str to Tensor
        The series, its first coefficient the pivot.
    learning_rate, weight_decay : float
        eta and mu, which counts as part of H.
    top : float
        Lower bound of lambda_max, once it was computed.
    """

    gradient: GradientSeries
    terms: Terms
    learning_rate: float
    weight_decay: float
    top: float | None = None
    _moments: list[float] = field(default_factory=list, repr=False)
    _last: Tensor | None = field(default=None, repr=False)

    @property
    def overshoots(self) -> bool:
        """Proved: eta lambda_max > 2."""
        return self.top is not None and self.learning_rate * self.top > 2

    def sentence(self) -> str:
        """What is wrong, with the numbers."""
        return overshoot_sentence(self.learning_rate, self.top or 0.0)

    def look(self, slopes: Terms) -> None:
        """Take in the series of the gradient at one step; its coefficient of s is s_t."""
        if self.top is not None:
            return
        s = torch.cat([g[1].flatten() for g in slopes.values()])
        if self._last is not None:
            self._moments.append(_inner(self._last, s))
        self._moments.append(_inner(s, s))
        self._last = s
        if _least_point(self._moments) < -1:
            self._last = None
            size = sum(w[0].numel() for w in self.terms.values())
            self.top = largest_eigenvalue(self._product, size)

    def _product(self, v: Vector) -> Vector:
        flat = torch.from_numpy(np.asarray(v))
        pieces = flat.split([w[0].numel() for w in self.terms.values()])  # type: ignore[no-untyped-call]
        columns = {
            k: torch.stack([w[0], piece.reshape(w[0].shape).to(w)])
            for (k, w), piece in zip(self.terms.items(), pieces, strict=True)
        }
        _, slopes = self.gradient(columns)
        images = [slopes[k][1] + self.weight_decay * w[1] for k, w in columns.items()]
        found: Vector = torch.cat([h.flatten() for h in images]).double().cpu().numpy()
        return found


def _inner(a: Tensor, b: Tensor) -> float:
    return float((a.double() * b.double()).sum())


def _least_point(moments: list[float]) -> float:
    """Least point of the quadrature with the last moments m_0, m_1, ... of a matrix, unit norm."""
    count = min(_POINTS, len(moments) // 2)
    last = moments[len(moments) - 1 - 2 * count :] if count else moments
    m = np.array(last[: 2 * count])
    if not count or not np.isfinite(m).all() or m[0] <= 0:
        return 0.0
    unit = np.sqrt(m[2] / m[0]) if count > 1 and m[2] > 0 else 1.0
    m /= m[0] * unit ** np.arange(2 * count)
    i, j = np.indices((count, count))
    try:
        points = np.linalg.eigvals(np.linalg.solve(m[i + j], m[i + j + 1]))
    except np.linalg.LinAlgError:  # the Krylov space is smaller than that
        return 0.0
    return float(unit * points.real.min())
