"""The paper's figures as numbers: spectra, proxy and accuracy, read off its plots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from qgd.core.arrays import RealArray
from qgd.core.checks import check_real
from qgd.spectra.proxy import ErrorProxy
from qgd.spectra.spectrum import Spectrum, Tridiagonal

CUT = 0.4  # of the paper's proxy, in raw eigenvalues
UPLOAD = 10  # step from which the published proxy counts
_ABSCISSAE, _WEIGHTS = np.polynomial.legendre.leggauss(4)


@dataclass(frozen=True, eq=False)
class PublishedDensity:
    """A drawn curve of the logarithm of a spectral density, in pieces between its gaps.

    Parameters
    ----------
    pieces : tuple of (RealArray, RealArray)
        Eigenvalues, increasing, and natural logarithms of the density; straight in between.
    """

    pieces: tuple[tuple[RealArray, RealArray], ...]

    def spectrum(self) -> Spectrum:
        """The modes with |lambda| > 0.4 as a quadrature of one probe, normalised.

        Four Gauss points between neighbouring drawn points, so that sums of |1 - eta lambda|^s
        converge. What is nearer to zero is left out, as the published proxy leaves it out; there
        the drawn peak is of the width of the broadening.
        """
        nodes, weights = (np.concatenate(c) for c in zip(*map(_panels, self.pieces), strict=True))
        order = np.argsort(nodes)
        x, w = nodes[order], weights[order] / weights.sum()
        return Spectrum(len(x), probes=(Tridiagonal(x, np.zeros(len(x)), w),))

    def divergent_share(self) -> float:
        """Mass below -0.4 over that beyond +-0.4."""
        s = self.spectrum()
        return float(s.weights[s.nodes < 0].sum())


def _panels(piece: tuple[RealArray, RealArray]) -> tuple[RealArray, RealArray]:
    x, y = piece
    cuts = [c for c in (-CUT, CUT) if x[0] < c < x[-1]]
    ends = np.unique(np.concatenate([x, cuts]))
    half, middle = np.diff(ends)[:, None] / 2, (ends[1:] + ends[:-1])[:, None] / 2
    nodes = middle + half * _ABSCISSAE
    weights = half * _WEIGHTS * np.exp(np.interp(nodes, x, y))
    kept = np.abs(nodes) > CUT
    return nodes[kept], weights[kept]


@dataclass(frozen=True, eq=False)
class PublishedFigures:
    """Figures 2 and 3 of arXiv:2303.03428 in the units of their axes.

    Parameters
    ----------
    source : str
        Reference and licence.
    spectra : mapping of int to PublishedDensity
        Figure 2a by step: 0 (just pruned), 10, ..., 190.
    proxy : RealArray, shape (k, 2)
        Step and error proxy of figure 2b, first segment.
    accuracy : RealArray, shape (k, 2)
        Step and training accuracy of figure 2c.
    large : PublishedDensity
        Figure 3, 103 million weights, just pruned.
    """

    source: str
    spectra: Mapping[int, PublishedDensity]
    proxy: RealArray
    accuracy: RealArray
    large: PublishedDensity


@dataclass(frozen=True)
class ProxyFit:
    """The learning rate at which published spectrum and published proxy agree best.

    Parameters
    ----------
    learning_rate : float
        eta, which neither the figure nor its caption states; fitted.
    rms : float
        Root mean square of the difference over `steps`.
    steps, fitted, published : RealArray
        Steps since the upload, and both proxies there.
    """

    learning_rate: float
    rms: float
    steps: RealArray
    fitted: RealArray
    published: RealArray


@cache
def published_figures() -> PublishedFigures:
    """Return the digitised figures of the paper.

    Examples
    --------
    >>> sorted(published_figures().spectra)[:3]
    [0, 10, 20]
    """
    text = resources.files("qgd.spectra").joinpath("published.json").read_text()
    data = json.loads(text)
    return PublishedFigures(
        data["source"],
        {row["step"]: _density(row["segments"]) for row in data["fig2a"]},
        np.array([data["fig2b"]["step"], data["fig2b"]["proxy"]]).T,
        np.array([data["fig2c"]["step"], data["fig2c"]["accuracy"]]).T,
        _density(data["fig3"]),
    )


def _density(segments: list[dict[str, Any]]) -> PublishedDensity:
    return PublishedDensity(
        tuple((np.array(s["eigenvalue"]), np.array(s["log_density"])) for s in segments)
    )


def fit_published_proxy(step: int = UPLOAD, largest: float = 0.05) -> ProxyFit:
    """Fit eta so that <|1 - eta lambda|^s> of a published spectrum follows the published proxy.

    Least squares over s = 0, 5, ..., 90 after the upload at step 10, the spectrum frozen at
    `step`. One number is fitted; the printed equation 7 (eta = 1) is no candidate.

    Examples
    --------
    >>> fit = fit_published_proxy()
    >>> round(fit.learning_rate, 3), fit.rms < 0.003
    (0.011, True)
    """
    check_real("largest", largest, above=1e-4, below=1)
    figures = published_figures()
    if step not in figures.spectra:
        raise ValueError(
            f"`step` must be that of a published spectrum, 0, 10, ..., 190, got {step}; take 10"
        )
    spectrum = figures.spectra[step].spectrum()
    steps = np.arange(0.0, 91.0, 5.0)
    wanted = np.interp(UPLOAD + steps, figures.proxy[:, 0], figures.proxy[:, 1])
    safe = min(largest, 1.99 / spectrum.extremes[1])

    def proxy(eta: float) -> RealArray:
        return ErrorProxy(spectrum, eta)(steps.tolist())

    def rms(eta: float) -> float:
        return float(np.sqrt(np.mean((proxy(eta) - wanted) ** 2)))

    grid = np.geomspace(1e-4, safe, 60)  # the minimum first on a grid: it need not be the only one
    at = int(np.argmin([rms(eta) for eta in grid]))
    bounds = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    eta = float(minimize_scalar(rms, bounds=bounds, method="bounded", options={"xatol": 1e-7}).x)
    return ProxyFit(eta, rms(eta), steps, proxy(eta), wanted)
