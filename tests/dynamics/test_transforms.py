"""Changes of variable commute with the dynamics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import polynomial_maps, polynomial_systems, reals, time_dependent_maps, vectors

from qgd.dynamics.integrate import integrate, iterate
from qgd.dynamics.system import PolynomialMap, PolynomialSystem
from qgd.dynamics.transforms import AffineChange, rescale, shift

CLOSE = {"rtol": 1e-10, "atol": 1e-12}


@st.composite
def changed(draw, systems):
    """A system, the same in other variables, the way back and a point."""
    system = draw(systems)
    center = draw(vectors(system.num_variables))
    if draw(st.booleans()):
        new, back = shift(system, center)
    else:
        new, back = rescale(system, draw(reals(0.3, 3)))
    return system, new, back, draw(vectors(system.num_variables))


@given(changed(polynomial_maps()))
def test_one_step_of_a_map_commutes_with_the_change(case):
    step, new, back, u = case
    assert isinstance(new, PolynomialMap)
    np.testing.assert_allclose(back(new(u)), step(back(u)), **CLOSE)


@given(changed(polynomial_systems()))
def test_field_of_a_flow_is_carried_by_the_change(case):
    system, new, back, u = case
    assert isinstance(new, PolynomialSystem)
    np.testing.assert_allclose(back.scale * new.field(u), system.field(back(u)), **CLOSE)


@given(changed(polynomial_systems()))
def test_trajectory_of_a_flow_commutes_with_the_change(case):
    system, new, back, u = case
    u, times = 0.3 * u, [0.0, 0.1, 0.3]
    path = integrate(new, u, times).values
    np.testing.assert_allclose(
        back(path), integrate(system, back(u), times).values, rtol=1e-8, atol=1e-9
    )


@given(changed(time_dependent_maps()))
def test_time_dependent_iterates_commute_with_the_change(case):
    system, new, back, u = case
    path = iterate(new, 0.3 * u, system.num_steps)
    direct = iterate(system, back(0.3 * u), system.num_steps)
    np.testing.assert_allclose(back(path), direct, rtol=1e-8, atol=1e-10)


@given(polynomial_maps(), st.data())
def test_offset_after_a_shift_is_the_field_at_the_centre(step, data):
    center = data.draw(vectors(step.num_variables))
    new, _ = shift(step, center)
    np.testing.assert_allclose(new.F[0].toarray().ravel(), step.field(center), **CLOSE)
    assert new.degree == step.degree


@given(polynomial_maps(), st.data())
def test_shift_there_and_back_is_the_identity(step, data):
    center = data.draw(vectors(step.num_variables))
    there = shift(step, center)[0]
    for new, old in zip(shift(there, -center)[0].F, step.F, strict=True):
        np.testing.assert_allclose(new.toarray(), old.toarray(), rtol=1e-9, atol=1e-11)


@given(polynomial_maps(), reals(0.3, 3))
def test_rescaling_multiplies_coefficient_k_by_the_power_k_minus_one(step, scale):
    for k, (new, old) in enumerate(zip(rescale(step, scale)[0].F, step.F, strict=True)):
        np.testing.assert_allclose(new.toarray(), old.toarray() * scale ** (k - 1), rtol=1e-13)


@given(vectors(3), reals(0.1, 5), vectors(3, 10.0))
def test_change_and_inverse_undo_each_other(center, scale, x):
    change = AffineChange(center, scale)
    np.testing.assert_allclose(change(change.inverse(x)), x, **CLOSE)
    np.testing.assert_allclose(change.inverse(change(x)), x, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.inf])
def test_scale_that_is_not_positive_and_finite_is_refused(scale):
    with pytest.raises(ValueError, match="`scale` must be"):
        rescale(PolynomialMap([[0.0], [[1.0]]]), scale)


def test_centre_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"`center` must have shape \(1\), got \(2,\)"):
        shift(PolynomialMap([[0.0], [[1.0]]]), [1.0, 2.0])
