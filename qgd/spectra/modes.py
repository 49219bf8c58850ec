"""Which modes of a landscape gradient descent damps, and which it lets grow."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import BoolArray, RealArray
from qgd.core.checks import check_array, check_real
from qgd.spectra.spectrum import Estimate, Spectrum
from qgd.spectra.stability import overshoot_sentence

CUTS = (1e-6, 1e-4, 1e-3, 1e-2)


class OvershootWarning(UserWarning):
    """The learning rate makes the stiffest mode grow: eta lambda_max > 2."""


@dataclass(frozen=True)
class ModeShare:
    """One class of modes: how many, and what they add to the trace.

    Parameters
    ----------
    fraction : Estimate
        Of all n modes.
    bracket : tuple of float
        Least and greatest fraction that the Lanczos runs allow, whatever lies between their nodes
        (`Spectrum.fraction_below_bracket`): the bias of too few steps, which the interval of
        `fraction` does not show.
    trace : Estimate
        Sum of the eigenvalues of the class.
    """

    fraction: Estimate
    bracket: tuple[float, float]
    trace: Estimate


@dataclass(frozen=True)
class ModeShares:
    """The four classes at one cut.

    Parameters
    ----------
    cut : float
        Eigenvalues up to this magnitude count as flat.
    divergent : ModeShare
        lambda < -cut: grows at any learning rate.
    flat : ModeShare
        |lambda| <= cut.
    dissipative : ModeShare
        cut < lambda <= 2 / eta: does not grow.
    overshooting : ModeShare
        lambda > 2 / eta (and > cut): positive, and grows all the same.
    """

    cut: float
    divergent: ModeShare
    flat: ModeShare
    dissipative: ModeShare
    overshooting: ModeShare


def mode_shares(
    spectrum: Spectrum,
    learning_rate: float,
    cuts: Sequence[float] = CUTS,
    *,
    relative: bool = True,
    confidence: float = 0.95,
) -> tuple[ModeShares, ...]:
    """Count dissipative, divergent and overshooting modes over a ladder of cuts.

    Signs are those of quadrature nodes, never of a broadened density: broadening splits a peak at
    zero in halves and finds divergent modes in a positive semidefinite matrix.

    Parameters
    ----------
    spectrum : Spectrum
        Of the Hessian, on the survivors of pruning.
    learning_rate : float
        eta > 0.
    cuts : sequence of float
        Ladder of magnitudes below which a mode counts as flat.
    relative : bool
        Cuts are in units of the greatest |lambda|; else they are eigenvalues.
    confidence : float
        Of the intervals over probes.

    Returns
    -------
    tuple of ModeShares
        One a cut.

    Warns
    -----
    OvershootWarning
        If eta lambda_max > 2.

    Examples
    --------
    >>> spectrum = Spectrum(4, eigenvalues=np.array([-1.0, 0.0, 1.0, 5.0]))
    >>> shares = mode_shares(spectrum, 0.1, [1e-3])[0]
    >>> shares.divergent.fraction.value, shares.dissipative.trace.value
    (0.25, 6.0)
    """
    eta = check_real("learning_rate", learning_rate, above=0)
    ladder = check_array("cuts", cuts, (None,))
    if (ladder < 0).any():
        raise ValueError(
            f"`cuts` must be at least 0, got {ladder.min():g}; a cut is a magnitude, of either sign"
        )
    warn_of_overshoot(spectrum, eta)
    unit = max(map(abs, spectrum.extremes)) if relative else 1.0
    return tuple(_shares(spectrum, eta, cut * unit, confidence) for cut in ladder.tolist())


def _shares(spectrum: Spectrum, eta: float, cut: float, confidence: float) -> ModeShares:
    edge = max(2 / eta, cut)
    nothing, everything = (0.0, 0.0), (1.0, 1.0)
    low, middle, high = (
        spectrum.fraction_below_bracket(float(x)) for x in (np.nextafter(-cut, -np.inf), cut, edge)
    )

    def share(
        inside: Callable[[RealArray], BoolArray],
        start: tuple[float, float],
        stop: tuple[float, float],
    ) -> ModeShare:
        bracket = max(0.0, stop[0] - start[1]), min(1.0, stop[1] - start[0])
        fraction = spectrum.mean(lambda x: inside(x).astype(np.float64), confidence=confidence)
        trace = spectrum.mean(lambda x: inside(x) * x, confidence=confidence)
        return ModeShare(fraction, bracket, trace.scaled(spectrum.size))

    return ModeShares(
        cut,
        divergent=share(lambda x: x < -cut, nothing, low),
        flat=share(lambda x: np.abs(x) <= cut, low, middle),
        dissipative=share(lambda x: (x > cut) & (x <= edge), middle, high),
        overshooting=share(lambda x: x > edge, high, everything),
    )


def warn_of_overshoot(spectrum: Spectrum, learning_rate: float) -> None:
    """Say that the stiffest mode grows, when it does."""
    top = spectrum.extremes[1]
    if learning_rate * top > 2:
        warnings.warn(
            f"{overshoot_sentence(learning_rate, top)}; such modes are counted as overshooting, "
            "take a smaller rate",
            OvershootWarning,
            stacklevel=3,
        )


def worst_growth(spectrum: Spectrum, learning_rate: float, steps: Sequence[float]) -> RealArray:
    """Return the largest factor max_i |1 - eta lambda_i|^s by which s steps magnify an error.

    The spectral norm of (I - eta H)^s, where the proxy is the mean over modes. For a Lanczos
    spectrum the extreme eigenvalues are taken at the ends of their residual intervals.

    Parameters
    ----------
    spectrum : Spectrum
        Of the Hessian.
    learning_rate : float
        eta > 0.
    steps : sequence of float
        Numbers of steps s.

    Examples
    --------
    >>> spectrum = Spectrum(2, eigenvalues=np.array([-1.0, 4.0]))
    >>> worst_growth(spectrum, 0.1, [0, 2]).round(12).tolist()
    [1.0, 1.21]
    """
    eta = check_real("learning_rate", learning_rate, above=0)
    s = check_array("steps", steps, (None,))
    slack = spectrum.slack
    ends = spectrum.extremes[0] - slack[0], spectrum.extremes[1] + slack[1]
    largest: RealArray = max(abs(1 - eta * end) for end in ends) ** s
    return largest


def spectral_log_norm(spectrum: Spectrum) -> Estimate:
    """Log-norm of the gradient flow w' = -grad L: minus the least eigenvalue of the Hessian.

    ||e^{-H t}|| = e^{mu t}; the flow contracts when it is negative. For a Lanczos spectrum the
    interval reaches from the Ritz value, which is inside the spectrum, to the end of its residual;
    an eigenvalue that no probe has found may lie beyond.

    Examples
    --------
    >>> spectral_log_norm(Spectrum(2, eigenvalues=np.array([0.5, 4.0]))).value
    -0.5
    """
    least, slack = spectrum.extremes[0], spectrum.slack[0]
    return Estimate(-least, -least, -least + slack, 1.0 if spectrum.exact else math.nan)
