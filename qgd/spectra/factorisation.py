"""Hessian spectrum of a sparse matrix factorisation, up to 10^8 weights on one core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.checks import check_memory
from qgd.dynamics.factorisation import SparseFactorisation, Vector
from qgd.problem.pruning import Mask
from qgd.spectra.exact import spectrum
from qgd.spectra.spectrum import Spectrum


def factorisation_spectrum(
    loss: SparseFactorisation,
    weights: ArrayLike,
    *,
    mask: Mask | None = None,
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
    mask : Mask, optional
        Of pruning: the Hessian on the kept weights alone, with the others at zero.
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
        float(bytes_each) * ((4 if mask is None else 6) * n + loss.ratings.num_observations),
        f"the vectors of a spectrum of {n} weights",
        "take float32 ratings or fewer users",
    )
    size, product = n if mask is None else len(mask.indices), _product(loss, weights, mask)
    if size > exact_up_to:
        options = {
            "num_steps": num_steps,
            "num_probes": num_probes,
            "reorthogonalise": reorthogonalise,
            "dtype": loss.dtype,
            **options,
        }
    return spectrum(product, size=size, exact_up_to=exact_up_to, **options)


def _product(
    loss: SparseFactorisation, weights: ArrayLike, mask: Mask | None
) -> Callable[[Vector], Vector]:
    """v -> H v with one buffer for all products; on the kept weights if there is a mask."""
    buffer = np.zeros(loss.num_weights, loss.dtype)
    if mask is None:
        full = loss.hessian_product(weights)
        return lambda v: full(v, buffer)
    if mask.num_weights != loss.num_weights:
        raise ValueError(
            f"`mask` must be one of {loss.num_weights} weights, got one of {mask.num_weights}; "
            "take the mask that `prune` returned for these weights"
        )
    kept = mask.indices
    pruned = np.zeros_like(buffer)
    pruned[kept] = loss.vector("weights", weights)[kept]
    hessian = loss.hessian_product(pruned)
    lifted = np.zeros_like(buffer)

    def restricted(v: Vector) -> Vector:
        lifted[kept] = v
        return hessian(lifted, buffer)[kept]

    return restricted
