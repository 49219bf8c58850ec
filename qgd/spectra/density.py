"""Spectral densities as curves: for the eye and for comparisons, never for signs of modes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from qgd.core.arrays import RealArray
from qgd.core.checks import check_increasing, check_integer, check_real
from qgd.spectra.lanczos import Operator, lanczos, resolved
from qgd.spectra.spectrum import Spectrum
from qgd.spectra.vectors import Vector


@dataclass(frozen=True, eq=False)
class DensityCurve:
    """A spectral density broadened by Gaussians, with its interval over probes.

    Parameters
    ----------
    x : RealArray
        Eigenvalues at which it is given.
    values : RealArray
        Density, which integrates to 1 over all eigenvalues.
    lower, upper : RealArray
        Ends of the interval; infinite for one probe.
    width : float
        Standard deviation of the Gaussians. Mass of a peak leaks so far to the other side of zero.
    spectrum : Spectrum
        The quadrature nodes that were broadened: ask them for signs.
    """

    x: RealArray
    values: RealArray
    lower: RealArray
    upper: RealArray
    width: float
    spectrum: Spectrum


def density(
    spectrum: Spectrum, x: ArrayLike, width: float, *, confidence: float = 0.95
) -> DensityCurve:
    """Broaden a spectrum: rho(x) = sum_i w_i exp(-(x - lambda_i)^2 / 2 s^2) / (s sqrt(2 pi)).

    Parameters
    ----------
    spectrum : Spectrum
        Exact, or from probes.
    x : array_like
        Increasing eigenvalues.
    width : float
        s > 0.
    confidence : float
        Of the pointwise interval over probes.

    Examples
    --------
    >>> curve = density(Spectrum(1, eigenvalues=np.array([0.0])), [-1.0, 0.0, 1.0], 1.0)
    >>> curve.values.round(4).tolist()
    [0.242, 0.3989, 0.242]
    """
    grid = check_increasing("x", x)
    s = check_real("width", width, above=0)
    check_real("confidence", confidence, above=0, below=1)
    value = _broadened(spectrum.nodes, spectrum.weights, grid, s)
    count = len(spectrum.probes)
    if spectrum.exact:
        return DensityCurve(grid, value, value, value, s, spectrum)
    if count == 1:
        endless = np.full(len(grid), math.inf)
        return DensityCurve(grid, value, -endless, endless, s, spectrum)
    each = np.array([_broadened(p.nodes, p.weights, grid, s) for p in spectrum.probes])
    error = each.std(axis=0, ddof=1) / math.sqrt(count)
    reach = float(stdtrit(count - 1, (1 + confidence) / 2)) * error
    return DensityCurve(grid, value, value - reach, value + reach, s, spectrum)


def papyan_density(
    operator: Operator,
    *,
    size: int | None = None,
    num_steps: int = 256,
    num_range_steps: int = 64,
    kappa: float = 1.25,
    num_points: int = 1024,
    margin: float = 0.05,
    dtype: Any = np.float64,
    rng: int = 0,
) -> DensityCurve:
    """Estimate a density as the paper does: one Gaussian probe, no reorthogonalisation, broadened.

    `num_range_steps` Lanczos steps give the range [a, b] of the spectrum, widened by `margin`; the
    operator is mapped onto [-1, 1]; `num_steps` steps from another probe give nodes, which are
    broadened by s = h / sqrt(8 ln kappa), h = 2 / (num_steps - 1), on a grid of the whole range.
    The width belongs to the range, not to the modes: compare with `lanczos`, whose nodes know
    the signs.

    Parameters
    ----------
    operator : callable or LinearOperator
        v -> H v, as for `lanczos`.
    size : int, optional
        n; left out when the operator has a `shape`.
    num_steps, num_range_steps : int
        Products for the density and, before, for the range.
    kappa : float
        Above 1; overlap of neighbouring Gaussians.
    num_points : int
        Points of the curve.
    margin : float
        Widening of the range on both sides, as a fraction of it.
    dtype : type
        float32 or float64.
    rng : int
        Seed.

    References
    ----------
    .. [1] V. Papyan, The full spectrum of deepnet Hessians at scale, arXiv:1811.07062v2,
       algorithms 2 and 3.

    Examples
    --------
    >>> curve = papyan_density(lambda v: np.linspace(0, 1, 50) * v, size=50, num_steps=40)
    >>> round(float(np.trapezoid(curve.values, curve.x)), 3)
    1.0
    """
    product, n = resolved(operator, size)
    check_integer("num_steps", num_steps, 2)
    check_integer("num_points", num_points, 2)
    check_real("kappa", kappa, above=1)
    check_real("margin", margin, at_least=0)
    plain: dict[str, Any] = {
        "size": n,
        "num_probes": 1,
        "reorthogonalise": False,
        "distribution": "gaussian",
    }
    range_run = lanczos(product, num_steps=num_range_steps, dtype=dtype, rng=rng, **plain)
    a, b = range_run.extremes
    a, b = a - range_run.slack[0], b + range_run.slack[1]
    half = (b - a) / 2 * (1 + 2 * margin) or 1.0
    centre = (a + b) / 2

    def mapped(v: Vector) -> Vector:
        return (product(v) - centre * v) / half

    run = lanczos(mapped, num_steps=num_steps, dtype=dtype, rng=rng + 1, **plain)
    width = 2 / (num_steps - 1) / math.sqrt(8 * math.log(kappa))
    x = np.linspace(-1, 1, num_points)
    values = _broadened(run.nodes, run.weights, x, width) / half
    (probe,) = run.probes
    moved = type(probe)(probe.alpha * half + centre, probe.beta * half)
    endless = np.full(num_points, math.inf)
    return DensityCurve(
        x * half + centre, values, -endless, endless, width * half, Spectrum(n, probes=(moved,))
    )


def _broadened(nodes: RealArray, weights: RealArray, x: RealArray, s: float) -> RealArray:
    heavy = weights > 0
    bells = np.exp(-((x[:, None] - nodes[None, heavy]) ** 2) / (2 * s**2))
    curve: RealArray = bells @ weights[heavy] / (s * math.sqrt(2 * math.pi))
    return curve
