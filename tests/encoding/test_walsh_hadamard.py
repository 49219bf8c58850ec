"""The transform against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import hadamard

from qgd.encoding.walsh_hadamard import walsh_hadamard


@pytest.mark.parametrize("size", [1, 2, 8, 16, 64, 512])
def test_transform_is_the_hadamard_matrix_along_the_last_axis(size):
    values = np.random.default_rng(size).normal(size=(2, 3, size))
    assert_allclose(walsh_hadamard(values), values @ hadamard(size), atol=1e-13)
