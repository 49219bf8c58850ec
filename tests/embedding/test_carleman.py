"""The Carleman embedding against blocks built by dense Kronecker products."""

from __future__ import annotations

import itertools
import re
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import fewer, polynomial_maps, polynomial_systems, reals, vectors

import qgd
from qgd.core.kronecker import kronecker_power
from qgd.embedding import carleman as module

QUARTIC_MAPS = st.one_of(polynomial_maps(2, 4), polynomial_maps(3, 2))


def dense_block(system: qgd.PolynomialMap, j: int, m: int) -> np.ndarray:
    """M_{j,m} = sum over k_1 + ... + k_j = m of G_{k_1} (x) ... (x) G_{k_j}, term by term."""
    G = [Gk.toarray() for Gk in system.G]
    total = np.zeros((system.num_variables**j, system.num_variables**m))
    for ks in itertools.product(range(len(G)), repeat=j):
        if sum(ks) == m:
            total += reduce(np.kron, [G[k] for k in ks])
    return total


def derivation_block(F: np.ndarray, n: int, j: int) -> np.ndarray:
    """sum_i I^{(x)i} (x) F_k (x) I^{(x)(j-1-i)}."""
    eye = [np.eye(n**i) for i in range(j)]
    return sum(np.kron(np.kron(eye[i], F), eye[j - 1 - i]) for i in range(j))


def block(lifted: qgd.CarlemanSystem, j: int, m: int) -> np.ndarray:
    return lifted.matrix[lifted.levels[j - 1], lifted.levels[m - 1]].toarray()


@given(QUARTIC_MAPS, st.integers(1, 3), reals(0.5, 2.0))
def test_exact_blocks_are_the_scaled_sums_of_kronecker_products(system, order, scale):
    lifted = qgd.carleman(system, order, scale=scale)
    for j, m in itertools.product(range(1, order + 1), repeat=2):
        wanted = scale ** (m - j) * dense_block(system, j, m)
        assert_allclose(block(lifted, j, m), wanted, atol=1e-14, rtol=1e-12)


@given(polynomial_maps(2, 3, forced=True), st.integers(2, 4), reals(0.5, 2.0))
def test_exact_offset_is_the_kronecker_power_of_f0_in_every_block(system, order, scale):
    lifted = qgd.carleman(system, order, scale=scale)
    F0 = system.F[0].toarray().ravel() / scale
    for j, level in enumerate(lifted.levels, start=1):
        assert_allclose(lifted.offset[level], kronecker_power(F0, j), atol=1e-15, rtol=1e-13)


@given(QUARTIC_MAPS.flatmap(lambda f: st.tuples(st.just(f), vectors(f.num_variables))))
def test_one_exact_step_lifts_the_next_point_up_to_the_dropped_words(case):
    system, x = case
    order, n = 2, system.num_variables
    lifted = qgd.carleman(system, order)
    stepped, wanted = lifted.step(lifted.lift(x)), lifted.lift(system(x))
    for j, level in enumerate(lifted.levels, start=1):
        dropped = np.zeros(n**j)
        for m in range(order + 1, j * system.degree + 1):
            dropped += dense_block(system, j, m) @ kronecker_power(x, m)
        assert_allclose(stepped[level] + dropped, wanted[level], atol=1e-13)


@given(QUARTIC_MAPS.flatmap(lambda f: st.tuples(st.just(f), vectors(f.num_variables))))
def test_level_one_steps_exactly_once_the_order_reaches_the_degree(case):
    system, x = case
    lifted = qgd.carleman(system, system.degree, scale=0.7)
    assert_allclose(lifted.project(lifted.step(lifted.lift(x))), system(x), atol=1e-13)


@given(
    polynomial_maps(3, 1).flatmap(lambda f: st.tuples(st.just(f), vectors(f.num_variables))),
    st.integers(1, 3),
)
def test_affine_maps_are_lifted_exactly_on_all_levels(case, order):
    system, x = case
    lifted = qgd.carleman(system, order, scale=1.3)
    assert_allclose(lifted.step(lifted.lift(x)), lifted.lift(system(x)), atol=1e-13)


@given(st.lists(reals(), min_size=3, max_size=5), st.integers(1, 5))
def test_blocks_in_one_variable_are_the_coefficients_of_powers_of_the_map(coefficients, order):
    G = np.polynomial.Polynomial(coefficients)
    F = [[c] for c in coefficients]
    F[1] = [coefficients[1] - 1]
    lifted = qgd.carleman(qgd.PolynomialMap(F), order)
    for j in range(1, order + 1):
        row = np.zeros(order + 1)
        powers = (G**j).coef[: order + 1]
        row[: len(powers)] = powers
        assert_allclose(lifted.matrix.toarray()[j - 1], row[1:], atol=1e-13)
        assert_allclose(lifted.offset[j - 1], row[0], atol=1e-13)


@given(polynomial_systems(3, 3), st.integers(1, 3), reals(0.5, 2.0))
def test_flow_blocks_are_the_derivation_of_each_coefficient(system, order, scale):
    n, lifted = system.num_variables, qgd.carleman(system, order, scale=scale)
    for j, m in itertools.product(range(1, order + 1), repeat=2):
        k = m - j + 1
        wanted = np.zeros((n**j, n**m))
        if 0 <= k <= system.degree:
            F = system.F[k].toarray().reshape(n, n**k)
            wanted = scale ** (k - 1) * derivation_block(F, n, j)
        assert_allclose(block(lifted, j, m), wanted, atol=1e-14, rtol=1e-12)
    assert_allclose(lifted.offset[:n], system.F[0].toarray().ravel() / scale, rtol=1e-13)
    assert not lifted.offset[n:].any()


@fewer(2)
@given(
    polynomial_systems(3, 4).flatmap(lambda f: st.tuples(st.just(f), vectors(f.num_variables))),
    st.integers(1, 2),
)
def test_flow_matrix_differentiates_the_lift(case, level):
    # Product rule: d/dt x^{(x)j} = sum_i x^{(x)i} (x) x' (x) x^{(x)(j-1-i)}, at the first `level`
    # levels, from which no word leaves an order of level + degree - 1.
    system, x = case
    order = level + max(system.degree, 1) - 1
    lifted = qgd.carleman(system, order)
    speed = lifted.step(lifted.lift(x))
    for j in range(1, level + 1):
        wanted = sum(
            np.kron(np.kron(kronecker_power(x, i), system.field(x)), kronecker_power(x, j - 1 - i))
            for i in range(j)
        )
        assert_allclose(speed[lifted.levels[j - 1]], wanted, atol=1e-13)


def test_flow_matrix_differentiates_the_lift_along_an_integrated_trajectory():
    system = qgd.PolynomialSystem([[0.1, 0.0], [[-1.0, 0.2], [0.0, -0.5]], np.full((2, 4), 0.1)])
    lifted, h = qgd.carleman(system, 3), 1e-3
    path = qgd.integrate(system, [0.3, -0.2], [0.0, 1 - h, 1.0, 1 + h]).values
    difference = (lifted.lift(path[3]) - lifted.lift(path[1])) / (2 * h)
    level = slice(0, lifted.levels[1].stop)
    assert_allclose(difference[level], lifted.step(lifted.lift(path[2]))[level], atol=1e-6)


@fewer(2)
@given(polynomial_maps(3, 3), st.integers(1, 3), reals(0.5, 2.0))
def test_first_order_form_is_the_identity_plus_the_derivation(system, order, scale):
    first = qgd.carleman(system, order, form="first_order", scale=scale)
    flow = qgd.carleman(qgd.PolynomialSystem(system.F), order, scale=scale)
    identity = np.eye(first.dimension)
    assert_allclose(first.matrix.toarray(), identity + flow.matrix.toarray(), atol=1e-14)
    assert_allclose(first.offset, flow.offset)


def test_exact_and_first_order_forms_differ_by_the_square_of_the_learning_rate():
    F = [np.array([0.5, -0.3]), np.array([[-1.0, 0.4], [0.4, -2.0]]), np.full((2, 4), 0.3)]
    gaps = []
    for eta in (0.02, 0.01):
        system = qgd.PolynomialMap([eta * Fk for Fk in F])
        exact, first = qgd.carleman(system, 3), qgd.carleman(system, 3, form="first_order")
        gaps.append(np.abs((exact.matrix - first.matrix).toarray()).max())
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=0.05)


def test_forms_agree_at_order_one():
    system = qgd.PolynomialMap([[0.3, 0.1], [[-0.5, 0.2], [0.1, -0.4]], np.ones((2, 4))])
    exact, first = qgd.carleman(system, 1), qgd.carleman(system, 1, form="first_order")
    assert_allclose(exact.matrix.toarray(), first.matrix.toarray())
    assert_allclose(exact.offset, first.offset)


@pytest.mark.parametrize("form", ["exact", "first_order"])
@fewer(2)
@given(
    polynomial_maps(2, 3).flatmap(lambda f: st.tuples(st.just(f), vectors(f.num_variables))),
    reals(0.3, 3.0),
)
def test_scale_changes_the_matrix_but_never_the_truncated_solution(form, case, scale):
    system, x = case
    values = []
    for r in (1.0, scale):
        lifted = qgd.carleman(system, 2, form=form, scale=r)
        y = lifted.lift(x)
        for _ in range(4):
            y = lifted.step(y)
        values.append(lifted.project(y))
    assert_allclose(values[0], values[1], atol=1e-12)


def test_lift_puts_the_first_factor_first_and_project_inverts_it():
    lifted = qgd.carleman(qgd.PolynomialMap([[0.0, 0.0], -np.eye(2)]), 2, scale=2.0)
    assert_allclose(lifted.lift([2.0, 6.0]), [1, 3, 1, 3, 3, 9])
    words = qgd.carleman(
        qgd.PolynomialMap([[0.0, 0.0], -np.eye(2), [[0, 1, 0, 0], [0, 0, 0, 0]]]), 2
    )
    assert words.matrix[0, 3] == 1  # column of x_0 (x) x_1 is 0 * n + 1
    assert_allclose(lifted.project(lifted.lift([2.0, 6.0])), [2, 6])
    assert_allclose(lifted.project(np.ones((5, 6))), np.full((5, 2), 2.0))


def test_levels_tile_the_dimension_and_the_operator_is_the_matrix():
    lifted = qgd.carleman(qgd.PolynomialMap([np.zeros(3), -0.5 * np.eye(3), np.ones((3, 9))]), 3)
    assert lifted.dimension == 3 + 9 + 27
    assert [(s.start, s.stop) for s in lifted.levels] == [(0, 3), (3, 12), (12, 39)]
    y = np.arange(39.0)
    assert_allclose(lifted.operator() @ y, lifted.matrix @ y)
    assert (lifted.form, lifted.order, lifted.num_variables) == ("exact", 3, 3)


def test_empty_coefficients_give_the_zero_matrix_and_the_identity():
    vanishing = qgd.PolynomialMap([np.zeros(2), -np.eye(2)])
    assert qgd.carleman(vanishing, 2).matrix.nnz == 0
    resting = qgd.PolynomialMap([np.zeros(2), np.zeros((2, 2))])
    for form in ("exact", "first_order"):
        assert_allclose(qgd.carleman(resting, 2, form=form).matrix.toarray(), np.eye(6))
    assert qgd.carleman(qgd.PolynomialSystem(resting.F), 2).matrix.nnz == 0


@fewer(2)
@given(polynomial_maps(3, 3), st.integers(1, 3), st.sampled_from(["exact", "first_order", "flow"]))
def test_size_check_counts_at_least_the_nonzeros_that_are_assembled(system, order, form):
    asked = []
    original = module.check_memory
    module.check_memory = lambda size, what, remedy: asked.append(size)
    try:
        if form == "flow":
            lifted = qgd.carleman(qgd.PolynomialSystem(system.F), order)
        else:
            lifted = qgd.carleman(system, order, form=form)
    finally:
        module.check_memory = original
    assert asked[0] >= 12 * lifted.matrix.nnz + 8 * lifted.dimension


@pytest.mark.parametrize("form", ["exact", "first_order", "flow"])
@pytest.mark.parametrize("order", [5, 40, 400])
def test_what_does_not_fit_is_refused_with_its_size_before_it_is_allocated(form, order):
    n = 100
    F = [np.ones(n), -0.5 * np.eye(n), np.ones((n, n**2))]
    system = qgd.PolynomialSystem(F) if form == "flow" else qgd.PolynomialMap(F)
    with pytest.raises(qgd.QGDError) as error:
        qgd.carleman(system, order, form="exact" if form == "flow" else form)
    assert error.value.outcome is qgd.Outcome.TOO_LARGE
    assert re.search(rf"order {order} in {n} variables .* needs \S+ [KMGTP]iB", str(error.value))
    assert "lower the order" in str(error.value)


def test_maps_with_an_empty_linear_part_are_refused_by_their_offset_alone():
    n = 100
    vanishing = qgd.PolynomialMap([np.zeros(n), -np.eye(n)])
    with pytest.raises(qgd.QGDError, match="lower the order"):
        qgd.carleman(vanishing, 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": 0}, "`order` must be at least 1, got 0"),
        ({"order": 2, "scale": 0.0}, "`scale` must be greater than 0"),
        ({"order": 2, "form": "second"}, "`form` must be one of exact, first_order"),
    ],
)
def test_unusable_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        qgd.carleman(qgd.PolynomialMap([[0.0], [[-0.5]]]), **arguments)


def test_order_must_be_an_integer():
    with pytest.raises(TypeError, match="`order` must be an integer"):
        qgd.carleman(qgd.PolynomialMap([[0.0], [[-0.5]]]), 1.5)
