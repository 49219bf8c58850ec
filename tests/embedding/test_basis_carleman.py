"""Lifts in any basis: against derivatives of the lift, ordinary Carleman and the flow itself."""

from __future__ import annotations

import re

import numpy as np
import pytest
from differences import derivative
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize
from scipy.special import expit
from strategies import basis_fields, fewer, polynomial_systems, reals, vectors

import qgd
from qgd.embedding.monomials import MonomialBasis

TANH = qgd.Basis("tanh", lambda a, b: {a + b: 1}, lambda m: {m - 1: m, m + 1: -m})


def two_qubit_loss():
    """<-Z Z - 0.7 (X + X)> of two qubits turned by R_y: -cos a cos b - 0.7 (sin a + sin b)."""
    return qgd.TrigonometricLoss.products(
        [((0, 1), (), -1.0), ((), (0,), -0.7), ((), (1,), -0.7)], 2
    )


def minimum(loss, start):
    x = minimize(loss.value, start, jac=loss.gradient, method="BFGS").x
    for _ in range(4):
        x = x - np.linalg.solve(loss.hessian(x), loss.gradient(x))
    return x


def flow_end(field, start, time):
    return solve_ivp(
        lambda _, x: field(x), (0.0, time), start, method="DOP853", rtol=1e-12, atol=1e-14
    ).y[:, -1]


@pytest.mark.parametrize("choice", [st.just(qgd.CIRCLE), None])
@fewer(2)
@given(order=st.integers(1, 3), data=st.data())
def test_rows_are_derivatives_of_the_products_and_nest(choice, order, data):
    flow = data.draw(basis_fields(choice))
    n = flow.num_variables
    x = data.draw(vectors(n)) * 0.7 + flow.center
    # In a lift this large nothing of the first levels is cut off.
    reach = order + 2 + flow.terms.word.shape[1] + 2 * (n + 1)
    large, small = qgd.basis_carleman(flow, reach), qgd.basis_carleman(flow, order)
    m = small.dimension
    slopes = derivative(small.lift, x, 1e-3) @ flow.field(x)
    size = max(1.0, np.abs(slopes).max())
    np.testing.assert_allclose(large.step(large.lift(x))[:m], slopes, rtol=0, atol=1e-6 * size)
    np.testing.assert_array_equal(large.matrix[:m, :m].toarray(), small.matrix.toarray())
    np.testing.assert_array_equal(large.offset[:m], small.offset)


@given(polynomial_systems(), st.integers(1, 4), reals(0.5, 2.0), st.booleans())
def test_taylor_lift_is_the_symmetric_carleman_lift(system, order, scale, isometric):
    kind = "isometric" if isometric else "symmetric"
    expected = qgd.carleman(system, order, basis=kind, scale=scale)
    flow = qgd.BasisField.from_system(system)
    found = qgd.basis_carleman(flow, order, scale=scale, isometric=isometric)
    x = np.linspace(-1.0, 1.0, system.num_variables)
    for one, other in (
        (found.matrix.toarray(), expected.matrix.toarray()),
        (found.offset, expected.offset),
        (found.lift(x), expected.lift(x)),
        (found.project(found.lift(x)), x),
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13 * max(1, np.abs(other).max()))
    assert found.levels == expected.levels
    assert found.dimension == expected.dimension


@fewer(2)
@given(basis_fields(), st.integers(1, 3), reals(0.5, 2.0), st.booleans(), st.data())
def test_projection_undoes_the_lift(flow, order, scale, isometric, data):
    lifted = qgd.basis_carleman(flow, order, scale=scale, isometric=isometric)
    x = flow.center + data.draw(vectors(flow.num_variables))
    states = np.array([lifted.lift(x), lifted.lift(flow.center)])
    np.testing.assert_allclose(lifted.project(states), [x, flow.center], rtol=0, atol=1e-9)


@pytest.mark.parametrize("basis", [qgd.CIRCLE, qgd.TAYLOR, TANH, qgd.logistic_basis(0.3)])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_lifted_flow_errs_by_the_distance_to_the_power_n_plus_1(basis, order):
    loss = two_qubit_loss()
    center = minimum(loss, [0.5, 0.5])
    lifted = qgd.basis_carleman(qgd.basis_flow(loss, center, basis=basis, max_order=order), order)
    errors = []
    for distance in (0.2, 0.1, 0.05):
        start = center + distance * np.array([0.6, 0.8])
        truth = flow_end(lambda x: -loss.gradient(x), start, 2.0)
        found = qgd.lifted_integrate(lifted, start, [0.0, 2.0], rtol=1e-13)[-1]
        errors.append(np.abs(found - truth).max())
    slopes = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(slopes, order + 1, rtol=0, atol=0.2)


@pytest.mark.parametrize("basis", [qgd.CIRCLE, TANH, qgd.logistic_basis(0.3)])
def test_leading_blocks_are_those_of_the_taylor_lift(basis):
    loss = two_qubit_loss()
    for center in (np.array([0.2, 0.4]), minimum(loss, [0.5, 0.5])):
        force = -loss.gradient(center)
        flows = [qgd.basis_flow(loss, center, basis=b, max_order=3) for b in (basis, qgd.TAYLOR)]
        one, other = (qgd.basis_carleman(flow, 3) for flow in flows)
        own = basis.tables(3).diff.diagonal()
        for k, level in enumerate(one.levels, start=1):
            words = MonomialBasis(2, 3).words(k)
            orders = (words[:, :, None] == np.arange(2)).sum(axis=1)
            found = one.matrix[level, level].toarray() - np.diag(own[orders] @ force)
            expected = other.matrix[level, level].toarray()
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
            if k > 1:
                below = one.levels[k - 2]
                np.testing.assert_allclose(
                    one.matrix[level, below].toarray(),
                    other.matrix[level, below].toarray(),
                    rtol=0,
                    atol=1e-12,
                )
        np.testing.assert_allclose(one.offset, other.offset, rtol=0, atol=1e-12)


def test_circle_lift_decays_at_the_rate_of_the_hessian_where_raw_cosines_do_not():
    loss = two_qubit_loss()
    center = minimum(loss, [0.5, 0.5])
    rates = np.linalg.eigvalsh(loss.hessian(center))
    c, s = np.cos(center), np.sin(center)
    # Raw lift: c' = s dL/dtheta, s' = -c dL/dtheta with dL/da = s_a c_b - 0.7 c_a in c and s.
    raw = np.zeros((4, 4))

    def raw_field(z):
        slope = np.array([z[2] * z[1] - 0.7 * z[0], z[3] * z[0] - 0.7 * z[1]])
        return np.concatenate((z[2:] * slope, -z[:2] * slope))

    raw = derivative(raw_field, np.concatenate((c, s)), 1e-3)
    eigenvalues = np.sort(np.linalg.eigvals(raw).real)
    np.testing.assert_allclose(eigenvalues, [-rates[1], -rates[0], 0, 0], rtol=0, atol=1e-8)
    for order in (1, 2, 3):
        lifted = qgd.basis_carleman(qgd.basis_flow(loss, center), order)
        spectrum = np.sort(np.linalg.eigvals(lifted.matrix.toarray()).real)
        sums = sorted(
            -i * rates[0] - (k - i) * rates[1] for k in range(1, order + 1) for i in range(k + 1)
        )
        np.testing.assert_allclose(spectrum, sums, rtol=0, atol=1e-7)


def test_logistic_lift_decays_at_the_rate_of_the_hessian_where_raw_sigmoids_do_not():
    loss = qgd.PolynomialLoss.from_terms(
        {(0, 0): 1.0, (0, 1): 0.5, (1, 1): 2.0, (0,): -0.8, (1,): -2.0}
    )
    best = np.linalg.solve(loss.hessian([0.0, 0.0]), -loss.gradient([0.0, 0.0]))
    center = np.log(best / (1 - best))
    slope = best * (1 - best)
    rates = np.linalg.eigvalsh(slope[:, None] * loss.hessian(best) * slope)

    def raw_field(z):
        x_slope = -loss.gradient(z[2:]) * z[2:] * (1 - z[2:])
        return np.concatenate((x_slope, z[2:] * (1 - z[2:]) * x_slope))

    raw = derivative(raw_field, np.concatenate((center, best)), 1e-3)
    eigenvalues = np.sort(np.linalg.eigvals(raw).real)
    np.testing.assert_allclose(eigenvalues, [-rates[1], -rates[0], 0, 0], rtol=0, atol=1e-8)
    flow, errors = qgd.logistic_flow(loss, center), []
    start = center + np.array([0.4, -0.3])
    truth = flow_end(lambda x: -loss.gradient(expit(x)) * expit(x) * expit(-x), start, 5.0)
    for order in (1, 2, 3, 4):
        lifted = qgd.basis_carleman(flow, order)
        abscissa = np.linalg.eigvals(lifted.matrix.toarray()).real.max()
        assert abscissa == pytest.approx(-rates[0], abs=1e-9)
        found = qgd.lifted_integrate(lifted, start, [0.0, 5.0])[-1]
        errors.append(np.abs(found - truth).max())
    assert errors[0] > 3 * errors[1] > 9 * errors[2] > 27 * errors[3]


def test_expansion_about_the_start_keeps_the_constant_and_converges():
    loss = two_qubit_loss()
    start, errors = np.array([0.2, 0.4]), []
    truth = flow_end(lambda x: -loss.gradient(x), start, 0.8)
    for order in (1, 3, 5, 7):
        lifted = qgd.basis_carleman(qgd.basis_flow(loss, start), order)
        np.testing.assert_allclose(lifted.offset[:2], -loss.gradient(start), rtol=0, atol=1e-14)
        found = qgd.lifted_integrate(lifted, start, [0.0, 0.8])[-1]
        errors.append(np.abs(found - truth).max())
    assert errors[0] > 10 * errors[1] > 100 * errors[2] > 1000 * errors[3]


def test_isometric_blocks_of_a_gradient_flow_are_symmetric():
    rng = np.random.default_rng(3)
    terms = [(tuple(rng.integers(-2, 3, 3)), rng.normal(), rng.normal()) for _ in range(6)]
    loss = qgd.TrigonometricLoss.cosines(terms)
    flow = qgd.basis_flow(loss, [0.1, 0.2, 0.3])
    lifted = qgd.basis_carleman(flow, 3, isometric=True)
    for k, level in enumerate(lifted.levels, start=1):
        block = lifted.matrix[level, level].toarray()
        np.testing.assert_allclose(block, block.T, rtol=0, atol=1e-12)
        rates = np.linalg.eigvalsh(-loss.hessian([0.1, 0.2, 0.3]))
        assert np.linalg.eigvalsh(block)[-1] == pytest.approx(k * rates[-1], rel=1e-12)


def test_bad_input_is_refused():
    flow = qgd.basis_flow(two_qubit_loss(), [0.0, 0.0], max_order=2)
    with pytest.raises(ValueError, match="`order` must be at least 1, got 0"):
        qgd.basis_carleman(flow, 0)
    with pytest.raises(ValueError, match=r"terms of the flow, 2, got 3; .* with max_order=3"):
        qgd.basis_carleman(flow, 3)
    qgd.basis_carleman(qgd.basis_flow(two_qubit_loss(), [0.0, 0.0], max_order=3), 3)
    with pytest.raises(ValueError, match="`scale` must be greater than 0"):
        qgd.basis_carleman(flow, 1, scale=0.0)
    system = qgd.PolynomialSystem([[0.0], [[-1.0]]])
    with pytest.raises(TypeError, match=r"got PolynomialSystem; .* `BasisField.from_system`"):
        qgd.basis_carleman(system, 1)
    lifted = qgd.basis_carleman(qgd.BasisField.from_system(system), 1)
    with pytest.raises(ValueError, match=r"`x` must have shape \(1\)"):
        lifted.lift([0.0, 0.0])


@pytest.mark.parametrize(("n", "order"), [(300, 9), (1, 5_000)])
def test_lift_that_exceeds_the_memory_is_refused_with_the_largest_order_that_fits(n, order):
    flow = qgd.BasisField.descent([qgd.CIRCLE] * n, np.zeros(n), [((i, i), 0.5) for i in range(n)])
    with pytest.raises(
        qgd.QGDError, match=rf"order {order} in {n} .* lower the order to"
    ) as caught:
        qgd.basis_carleman(flow, order)
    fits = int(re.search(r"order to (\d+)", str(caught.value))[1])
    assert 2 <= fits < order
