"""Ball arithmetic: every ball holds what double precision computes nearly."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, polynomial_maps, vectors

import qgd
from qgd.embedding import balls

flint = pytest.importorskip("flint")


@fewer(4)
@given(step=polynomial_maps(3, 3), data=st.data())
def test_rows_of_the_lift_are_those_of_the_embedding(step, data):
    center = data.draw(vectors(step.num_variables))
    order, scale = data.draw(st.integers(1, 3)), data.draw(st.sampled_from([1.0, 0.3]))
    rows = balls.lift_rows(balls.shifted_map(step, center, scale), order)
    lifted = qgd.carleman(qgd.shift(step, center)[0], order, scale=scale)
    y = lifted.lift(data.draw(vectors(step.num_variables)))
    found = balls.apply_rows(rows, [flint.arb(float(v)) for v in y])
    size = 1e-12 * max(1.0, np.abs(y).max()) * max(1.0, abs(lifted.matrix).max())
    np.testing.assert_allclose([float(v.mid()) for v in found], lifted.step(y), rtol=0, atol=size)
    assert max(float(v.rad()) for v in found) < 1e-12


@fewer(4)
@given(polynomial_maps(3, 3))
def test_norms_are_bounded_from_above_and_tightly(step):
    n = step.num_variables
    norms = balls.coefficient_norms(balls.shifted_map(step, np.zeros(n), 1.0))
    for k, bound in enumerate(norms):
        exact = np.linalg.norm(step.G[k].toarray().reshape(n, -1), 2) if k < len(step.G) else 0.0
        assert exact * (1 - 1e-12) <= balls.upper(bound) <= exact * (1 + 1e-6) + 1e-12


def test_upper_end_is_above_the_exact_value():
    third = flint.arb(1) / 3
    assert balls.upper(third) * 3 > 1
    assert balls.upper(third) <= np.nextafter(np.nextafter(1 / 3, 1), 1)


def test_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(ImportError, match=r"pip install 'qgd\[certify\]'"):
        qgd.certify_history(qgd.PolynomialMap([[0.0], [[-0.5]]]), [1.0], 1, [0.0, 0.0], order=1)
