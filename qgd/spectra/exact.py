"""All eigenvalues where they can be had, quadratures where they cannot."""

from __future__ import annotations

from typing import Any

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.checks import check_integer, check_memory
from qgd.spectra.lanczos import Operator, check_symmetry, lanczos, resolved
from qgd.spectra.spectrum import Spectrum

_COLUMNS = 64  # unit vectors a product


def exact_spectrum(operator: Operator, *, size: int | None = None) -> Spectrum:
    """Compute all eigenvalues of a symmetric operator from its matrix, in float64.

    The matrix takes n products with unit vectors, 64 at a time where the operator has `matmat`,
    and 8 n^2 bytes; its eigenvalues about 4 n^3 / 3 operations.

    Parameters
    ----------
    operator : callable or LinearOperator
        v -> H v, as for `lanczos`.
    size : int, optional
        n; left out when the operator has a `shape`.

    Raises
    ------
    ValueError
        If the operator is not symmetric or returns numbers that are not finite.
    QGDError
        With ``Outcome.TOO_LARGE`` if the matrix does not fit into memory.

    Examples
    --------
    >>> import numpy as np
    >>> exact_spectrum(lambda v: np.array([3.0, -1.0]) * v, size=2).nodes.tolist()
    [-1.0, 3.0]
    """
    product, n = resolved(operator, size)
    check_memory(16.0 * n**2, f"the matrix of {n} modes", "use `lanczos`, which needs vectors only")
    matmat = getattr(operator, "matmat", None)
    H = np.zeros((n, n))
    for start in range(0, n, _COLUMNS):
        stop = min(start + _COLUMNS, n)
        units = np.zeros((n, stop - start))
        units[np.arange(start, stop), np.arange(stop - start)] = 1
        if matmat is not None:
            H[:, start:stop] = matmat(units)
        else:
            for i in range(stop - start):
                H[:, start + i] = product(np.ascontiguousarray(units[:, i]))
    return Spectrum(n, eigenvalues=_eigenvalues(H))


def _eigenvalues(H: RealArray) -> RealArray:
    bad = np.flatnonzero(~np.isfinite(H).all(axis=0))
    if len(bad):
        raise ValueError(
            f"`operator` must return finite numbers, got infinity or NaN in column {bad[0]}; "
            "check the point at which it is evaluated, or use float64"
        )
    size = np.abs(H).max()
    check_symmetry(float(np.abs(H - H.T).max()), float(size))
    values: RealArray = np.asarray(np.linalg.eigvalsh((H + H.T) / 2), np.float64)
    return values


def spectrum(
    operator: Operator, *, size: int | None = None, exact_up_to: int = 10_000, **options: Any
) -> Spectrum:
    """Spectrum of a symmetric operator: exact for few modes, Lanczos quadrature for many.

    Parameters
    ----------
    operator : callable or LinearOperator
        v -> H v.
    size : int, optional
        n; left out when the operator has a `shape`.
    exact_up_to : int
        Greatest n at which all eigenvalues are computed (minutes at 10^4).
    **options
        For `lanczos` when there are more.

    Examples
    --------
    >>> import numpy as np
    >>> d = np.linspace(-1, 1, 50)
    >>> spectrum(lambda v: d * v, size=50).exact
    True
    >>> spectrum(lambda v: d * v, size=50, exact_up_to=0, num_steps=9).exact
    False
    """
    check_integer("exact_up_to", exact_up_to, 0)
    if resolved(operator, size)[1] <= exact_up_to:
        return exact_spectrum(operator, size=size)
    return lanczos(operator, size=size, **options)
