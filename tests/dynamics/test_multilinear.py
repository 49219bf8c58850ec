"""Norms of coefficients as multilinear maps: never below what products of vectors show."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from strategies import at_least, seeds

import qgd
from qgd.dynamics.multilinear import (
    flow_multilinear_majorant,
    maximum_log_norm,
    multilinear_majorant,
    multilinear_norm,
    symmetric_norm,
)
from qgd.dynamics.operator_norm import operator_norm


def symmetrised(F, degree):
    tensor = F.reshape((len(F),) * (degree + 1))
    orders = list(itertools.permutations(range(1, degree + 1)))
    return sum(tensor.transpose(0, *order) for order in orders) / len(orders)


def climb(tensor, rng):
    """A lower estimate: alternating maximisation over the factors."""
    degree, best = tensor.ndim - 1, 0.0
    xs = [v / np.linalg.norm(v) for v in rng.normal(size=(degree, len(tensor)))]
    for i in list(range(degree)) * 15:
        slab = tensor
        for j in range(degree - 1, -1, -1):
            if j != i:
                slab = np.tensordot(slab, xs[j], axes=(1 + j, 0))
        _, sizes, rows = np.linalg.svd(slab)
        xs[i], best = rows[0], max(best, float(sizes[0]))
    return best


def random_tensor(seed):
    rng = np.random.default_rng(seed)
    n, degree = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    F = rng.normal(size=(n, n**degree)) * (rng.random((n, n**degree)) < rng.uniform(0.3, 1))
    return rng, F, degree


@at_least(100)
@given(seeds())
def test_norm_is_above_every_product_and_below_the_flattened_norms(seed):
    rng, F, degree = random_tensor(seed)
    matrix = csr_array(F)
    bound = multilinear_norm(matrix, degree)
    assert bound >= climb(symmetrised(F, degree), rng) * (1 - 1e-9)
    assert bound <= symmetric_norm(matrix, degree) * (1 + 1e-9)
    assert symmetric_norm(matrix, degree) <= operator_norm(matrix) * (1 + 1e-9)
    spread = np.linalg.norm(symmetrised(F, degree).reshape(len(F), -1), 2)
    assert symmetric_norm(matrix, degree) == pytest.approx(spread, rel=1e-9, abs=1e-12)


@given(seeds())
def test_maximum_norm_is_above_every_product_of_signs(seed):
    rng, F, degree = random_tensor(seed)
    tensor = symmetrised(F, degree)
    bound = multilinear_norm(csr_array(F), degree, "inf")
    for _ in range(5):
        value = tensor
        for _ in range(degree):
            value = value @ rng.choice([-1.0, 1.0], len(F))
        assert bound >= np.abs(value).max() * (1 - 1e-12)
    assert bound == pytest.approx(np.abs(tensor).reshape(len(F), -1).sum(axis=1).max())


def test_random_quadratic_tensors_are_bounded_nearly_sharply():
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(20):
        F = rng.normal(size=(3, 9))
        least = max(climb(symmetrised(F, 2), rng) for _ in range(5))
        ratios.append(multilinear_norm(csr_array(F), 2) / least)
    assert np.median(ratios) < 1.05


def test_beyond_the_limits_of_size_the_flattened_norm_serves():
    rng = np.random.default_rng(2)
    F = csr_array(rng.normal(size=(40, 1600)) * (rng.random((40, 1600)) < 0.02))
    assert multilinear_norm(F, 2) == symmetric_norm(F, 2) < operator_norm(F)


def test_coefficients_that_cancel_count_nothing():
    twist = csr_array(np.array([[0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    assert multilinear_norm(twist, 2) == symmetric_norm(twist, 2) == 0.0
    assert multilinear_norm(csr_array((2, 4)), 2) == 0.0


def test_majorants_take_the_largest_of_the_steps_that_are_made():
    small = qgd.PolynomialMap([[0.0], [[-0.5]], [[0.1]]])
    large = qgd.PolynomialMap([[0.1], [[-0.9]], [[0.0]], [[0.3]]])
    both = qgd.TimeDependentMap((small, large))
    assert_allclose(multilinear_majorant(both).coefficients, (0.1, 0.5, 0.1, 0.3))
    assert_allclose(multilinear_majorant(both, 1).coefficients, (0.0, 0.5, 0.1))


def test_flow_majorant_holds_the_logarithmic_norm_of_its_norm():
    F1 = np.array([[-2.0, 1.0], [0.0, -1.0]])
    flow = qgd.PolynomialSystem([[3.0, 4.0], F1, np.zeros((2, 4))])
    assert flow_multilinear_majorant(flow)[:2] == pytest.approx((5.0, qgd.log_norm(flow.F[1])))
    assert flow_multilinear_majorant(flow, "inf")[:2] == pytest.approx((4.0, -1.0))
    assert maximum_log_norm(flow.F[1]) == -1.0
