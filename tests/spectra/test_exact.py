"""Exact spectra from products, and the choice between them and quadratures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.linalg import aslinearoperator

import qgd


@pytest.mark.parametrize("size", [1, 63, 64, 65, 130])
def test_eigenvalues_from_products_are_those_of_the_matrix(size: int) -> None:
    half = np.random.default_rng(size).standard_normal((size, size))
    H = half + half.T
    expected = np.linalg.eigvalsh(H)
    one_by_one = qgd.exact_spectrum(lambda v: H @ v, size=size)
    assert one_by_one.nodes == pytest.approx(expected, abs=1e-10)
    assert qgd.exact_spectrum(aslinearoperator(H)).nodes == pytest.approx(expected, abs=1e-10)
    assert one_by_one.weights.sum() == pytest.approx(1)


def test_exact_spectrum_has_intervals_of_length_zero() -> None:
    spectrum = qgd.exact_spectrum(aslinearoperator(np.diag([2.0, -1.0, 5.0])))
    trace = spectrum.trace()
    assert (trace.lower, trace.value, trace.upper) == (6, 6, 6)
    assert spectrum.fraction_below_bracket(0) == (1 / 3, 1 / 3)
    assert (spectrum.extremes, spectrum.slack) == ((-1, 5), (0, 0))


def test_operators_without_a_spectrum_are_named() -> None:
    with pytest.raises(ValueError, match="symmetric"):
        qgd.exact_spectrum(aslinearoperator(np.array([[0.0, 1.0], [0.0, 0.0]])))
    with pytest.raises(ValueError, match="finite numbers, got infinity or NaN in column 0"):
        qgd.exact_spectrum(aslinearoperator(np.array([[0.0, np.nan], [0.0, 0.0]])))
    with pytest.raises(qgd.QGDError, match="use `lanczos`"):
        qgd.exact_spectrum(lambda v: v, size=10**7)
    with pytest.raises(ValueError, match="`probes` must be given"):
        qgd.Spectrum(3)
