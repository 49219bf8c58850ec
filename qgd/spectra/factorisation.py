"""Hessian spectrum of a sparse matrix factorisation, up to 10^8 weights on one core."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.checks import check_memory
from qgd.dynamics.factorisation import SparseFactorisation
from qgd.spectra.exact import spectrum
from qgd.spectra.spectrum import Spectrum


def factorisation_spectrum(
    loss: SparseFactorisation,
    weights: ArrayLike,
    *,
    num_steps: int = 30,
    num_probes: int = 1,
    reorthogonalise: bool = False,
    exact_up_to: int = 2000,
    **options: Any,
) -> Spectrum:
    """Estimate the spectrum of the Hessian at `weights`: exact for few, Lanczos for many.

    The defaults are those of the largest sizes: three vectors beside the weights and the data, and
    no basis. Smooth means and extreme eigenvalues do not suffer from that; for counts of modes set
    `reorthogonalise`, as far as memory allows.

    Parameters
    ----------
    loss : SparseFactorisation
        The loss; its float type is that of the vectors.
    weights : array_like, shape (n,)
        Where.
    num_steps, num_probes, reorthogonalise, **options
        As for `qgd.spectra.lanczos.lanczos`.
    exact_up_to : int
        Greatest n at which all eigenvalues are computed.

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` before allocation.

    Examples
    --------
    >>> from qgd.problem.planted import planted_ratings
    >>> ratings, weights = planted_ratings(60, 60)
    >>> density = factorisation_spectrum(SparseFactorisation(ratings, 2), weights)
    >>> density.exact, bool(abs(density.extremes[0]) < 1e-12)  # a minimum, with flat directions
    (True, True)
    """
    n, bytes_each = loss.num_weights, loss.dtype.itemsize
    check_memory(
        float(bytes_each) * (4 * n + loss.ratings.num_observations),
        f"the vectors of a spectrum of {n} weights",
        "take float32 ratings or fewer users",
    )
    product = loss.hessian_product(weights)
    buffer = np.zeros(n, loss.dtype)
    if n > exact_up_to:
        options = {
            "num_steps": num_steps,
            "num_probes": num_probes,
            "reorthogonalise": reorthogonalise,
            "dtype": loss.dtype,
            **options,
        }
    return spectrum(lambda v: product(v, buffer), size=n, exact_up_to=exact_up_to, **options)
