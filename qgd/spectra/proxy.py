"""The error proxy of the paper, with the learning rate that its printed formula lacks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from qgd.core.arrays import RealArray
from qgd.core.checks import check_array, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.spectra.modes import warn_of_overshoot
from qgd.spectra.spectrum import Spectrum

_FARTHEST = 1e9  # steps


@dataclass(frozen=True)
class ErrorProxy:
    """P(s) = <|1 - eta lambda|^s> over the modes with |lambda| >= cut.

    The mean factor by which an error of the start is damped or magnified in s steps. It says
    nothing of the truncation error that is made on the way: that one rises while the proxy falls.
    P(0) = 1, P is convex, and without a cut it depends on eta lambda only.

    Parameters
    ----------
    spectrum : Spectrum
        Of the Hessian at the start, which is kept frozen.
    learning_rate : float
        eta > 0.
    cut : float
        Modes of smaller magnitude are left out; the paper takes 0.4.
    literal : bool
        Erratum: the printed equation 7 of arXiv:2303.03428 has |1 - lambda|^s, without the
        learning rate, and reaches 10^9 by step 10 on the published spectra. For comparison only.

    Raises
    ------
    QGDError
        With ``Outcome.NOT_APPLICABLE`` if no mode passes the cut.

    Warns
    -----
    OvershootWarning
        If eta lambda_max > 2.

    Examples
    --------
    >>> spectrum = Spectrum(2, eigenvalues=np.array([-1.0, 5.0]))
    >>> proxy = ErrorProxy(spectrum, 0.1)
    >>> proxy([0, 1, 20]).round(4).tolist()
    [1.0, 0.8, 3.3638]
    >>> start, end = proxy.window()
    >>> start, round(end, 3), round(float(proxy([end])[0]), 12)
    (0.0, 7.238, 1.0)
    """

    spectrum: Spectrum
    learning_rate: float
    cut: float = 0.0
    literal: bool = False

    def __post_init__(self) -> None:
        check_real("learning_rate", self.learning_rate, above=0)
        check_real("cut", self.cut, at_least=0)
        if not (np.abs(self.spectrum.nodes) >= self.cut).any():
            largest = float(np.abs(self.spectrum.nodes).max())
            raise QGDError(
                Outcome.NOT_APPLICABLE,
                f"`cut` must be at most the greatest magnitude of an eigenvalue, {largest:.4g}, "
                f"got {self.cut:.4g}; a cut in raw eigenvalues does not carry over from one "
                "network to another",
            )
        if not self.literal:
            warn_of_overshoot(self.spectrum, self.learning_rate)

    @property
    def rate(self) -> float:
        """eta, or 1 in the literal form."""
        return 1.0 if self.literal else self.learning_rate

    def __call__(self, steps: Sequence[float]) -> RealArray:
        """Return P(s) for each of the steps."""
        s = check_array("steps", steps, (None,))
        nodes, weights = self.spectrum.nodes, self.spectrum.weights
        inside = np.abs(nodes) >= self.cut
        growth = np.abs(1 - self.rate * nodes[inside])
        share = weights[inside] / weights[inside].sum()
        with np.errstate(over="ignore"):
            return np.array([share @ growth**one for one in s.tolist()])

    def interval(
        self, steps: Sequence[float], *, confidence: float = 0.95
    ) -> tuple[RealArray, RealArray]:
        """Lower and upper end of the interval over probes (delta method for the ratio).

        Infinite for one probe, and where P overflows; of length zero when the spectrum is exact.
        """
        check_real("confidence", confidence, above=0, below=1)
        value = self(steps)
        probes = self.spectrum.probes
        if self.spectrum.exact:
            return value, value
        if len(probes) == 1:
            return np.full(len(value), -math.inf), np.full(len(value), math.inf)
        kept = [np.abs(p.nodes) >= self.cut for p in probes]
        masses = np.array([p.weights[k].sum() for p, k in zip(probes, kept, strict=True)])
        rows = []
        for p, k in zip(probes, kept, strict=True):
            growth = np.abs(1 - self.rate * p.nodes[k])
            with np.errstate(over="ignore"):
                rows.append([p.weights[k] @ growth**s for s in np.asarray(steps, float).tolist()])
        with np.errstate(over="ignore", invalid="ignore"):
            deviations = (np.array(rows) - np.outer(masses, value)) / masses.mean()
            error = deviations.std(axis=0, ddof=1) / math.sqrt(len(probes))
            reach = float(stdtrit(len(probes) - 1, (1 + confidence) / 2)) * error
            lower = value - reach
        known = np.isfinite(reach)  # not where the growth overflows
        return np.where(known, lower, -math.inf), np.where(known, value + reach, math.inf)

    def window(self) -> tuple[float, float]:
        """The quantum window {s > 0 : P(s) < 1}, open ends; ``(0, 0)`` when it is empty.

        An interval, as P is convex with P(0) = 1; endless when no mode grows.
        """
        return 0.0, _end(lambda s: float(self([s])[0]))

    def window_interval(self, *, confidence: float = 0.95) -> tuple[float, float]:
        """Ends of the window by the upper and by the lower end of the proxy's interval."""

        def side(index: int) -> Callable[[float], float]:
            return lambda s: float(self.interval([s], confidence=confidence)[index][0])

        return _end(side(1)), _end(side(0))

    def least(self) -> tuple[float, float]:
        """Return the step s > 0 at which the proxy is least, and its value there."""
        end = self.window()[1]
        if end == 0:
            return 0.0, 1.0
        low, high = 0.0, min(end, _FARTHEST)
        for _ in range(200):  # thirds: convex, and flat at the bottom
            a, b = low + (high - low) / 3, high - (high - low) / 3
            if float(self([a])[0]) <= float(self([b])[0]):
                high = b
            else:
                low = a
        middle = (low + high) / 2
        return middle, float(self([middle])[0])


def _end(proxy: Callable[[float], float]) -> float:
    """Greatest s with P < 1 on (0, s), of a convex P with P(0) = 1."""
    start = 1e-3  # far below one step, far above rounding
    if not proxy(start) < 1:
        return 0.0
    high = 1.0
    while proxy(high) < 1:
        start, high = high, 2 * high
        if high > _FARTHEST:
            return math.inf
    return float(brentq(lambda s: min(proxy(s), 2.0) - 1, start, high, xtol=1e-12))
