"""Changes of basis and the norms in which a non-normal linear part contracts."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from numpy.testing import assert_allclose
from strategies import fewer, polynomial_maps, polynomial_systems, seeds

import qgd
from qgd.dynamics.lyapunov import change_basis, lyapunov_norm

SHEAR = np.array([[-1.0, 5.0], [0.0, -1.0]])


@given(polynomial_maps(), seeds())
def test_a_map_in_another_basis_is_the_same_map(system, seed):
    rng = np.random.default_rng(seed)
    n = system.num_variables
    S, x = rng.normal(size=(n, n)) + 2 * np.eye(n), rng.normal(size=n)
    assert_allclose(change_basis(system, S)(S @ x), S @ system(x), atol=1e-8)


@fewer(5)
@given(polynomial_systems(2))
def test_the_found_norm_is_never_worse_than_the_euclidean_one(system):
    x = np.full(system.num_variables, 0.1)
    found = lyapunov_norm(system, x, evaluations=40)
    assert_allclose(np.linalg.norm(np.linalg.inv(found.matrix), 2), 1.0)
    euclidean = lyapunov_norm(change_basis(system, found.matrix), found.matrix @ x, evaluations=0)
    assert euclidean.number <= found.number * (1 + 1e-9) or math.isinf(found.number)


def test_a_shear_contracts_in_the_norm_that_is_found_only():
    flow = qgd.PolynomialSystem([np.zeros(2), SHEAR, np.full((2, 4), 0.02)])
    assert qgd.log_norm(flow.F[1]) > 0
    found = lyapunov_norm(flow, [0.1, 0.1])
    assert qgd.log_norm(change_basis(flow, found.matrix).F[1]) < 0
    assert found.number < lyapunov_norm(flow, [0.1, 0.1], evaluations=0).number < 1


def test_an_unstable_linear_part_has_no_number():
    flow = qgd.PolynomialSystem([[0.0], [[0.5]], [[1.0]]])
    assert math.isinf(lyapunov_norm(flow, [0.1]).number)
    step = qgd.PolynomialMap([[0.0], [[0.5]], [[1.0]]])
    assert math.isinf(lyapunov_norm(qgd.TimeDependentMap((step, step)), [0.1]).number)
