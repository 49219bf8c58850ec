"""Less chance in a spectrum: modes that Lanczos has found for certain count as one mode each."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qgd.core.arrays import BoolArray, RealArray
from qgd.spectra.spectrum import Spectrum, Tridiagonal

_CONVERGED = 1e-6  # residual, in units of the greatest |lambda|
_ISOLATED = 1e-3  # distance to the next Ritz value


def sharpened(spectrum: Spectrum) -> Spectrum:
    """Give converged, isolated Ritz values the weight 1/n of a simple eigenvalue.

    Their weight in a probe is (q . v)^2, chance with mean 1/n; replacing it by its mean takes most
    of the variance out of the trace, the extremes of the density and the Wasserstein distance,
    without a product more. The other weights are scaled so that all add to 1. An eigenvalue whose
    mean weight over the probes lies more than 3 standard errors of a simple one above 1/n is taken
    for a multiple one and left alone (a double one may pass when probes are few).

    Parameters
    ----------
    spectrum : Spectrum
        Of probes with reorthogonalisation; an exact one is returned as it is.

    Examples
    --------
    >>> from qgd.spectra.lanczos import lanczos
    >>> d = np.append(np.linspace(0, 1, 500), [5.0, 9.0])
    >>> plain = lanczos(lambda v: d * v, size=502, num_steps=40, distribution="gaussian")
    >>> [float(s.weights[s.nodes > 8].sum().round(4)) for s in (plain, sharpened(plain))]
    [0.0003, 0.002]
    """
    if spectrum.exact:
        return spectrum
    unit = max(map(abs, spectrum.extremes))
    found = [_found(p, unit) for p in spectrum.probes]
    pairs = list(zip(spectrum.probes, found, strict=True))
    nodes = np.concatenate([p.nodes[f] for p, f in pairs])
    weights = np.concatenate([p.weights[f] for p, f in pairs])
    order = np.argsort(nodes)
    nodes, sums = nodes[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    reach = _ISOLATED * unit / 2
    probes = []
    for p, f in pairs:
        start = np.searchsorted(nodes, p.nodes - reach)
        stop = np.searchsorted(nodes, p.nodes + reach)
        counts = np.maximum(stop - start, 1)
        mean = spectrum.size * (sums[stop] - sums[start]) / counts
        simple = f & (mean <= 1 + 3 * math.sqrt(2) / np.sqrt(counts))
        probes.append(replace(p, assigned=_assigned(p.weights, simple, spectrum.size)))
    return Spectrum(spectrum.size, probes=tuple(probes))


def _found(probe: Tridiagonal, unit: float) -> BoolArray:
    nodes = probe.nodes
    before = np.diff(nodes, prepend=-math.inf)
    after = np.diff(nodes, append=math.inf)
    isolated = np.minimum(before, after) > _ISOLATED * unit
    return isolated & (probe.residuals <= _CONVERGED * unit)


def _assigned(weights: RealArray, simple: BoolArray, size: int) -> RealArray:
    left = float(weights[~simple].sum())
    share = 1 - simple.sum() / size
    if left <= 0 or share <= 0:
        return weights
    assigned: RealArray = np.where(simple, 1 / size, weights * (share / left))
    return assigned
