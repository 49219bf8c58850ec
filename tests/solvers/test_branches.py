"""Branches: shift, source and idle vector as one sum of evolutions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evolutions import final_state
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad_vec
from scipy.linalg import expm
from scipy.sparse import csr_array
from strategies import encoded_flows, fewer, reals

import qgd
from qgd.solvers.branches import duhamel_points, flow_branches


def total(branches, flow) -> np.ndarray:
    """sum_l w_l e^{-iT(k_l L + h_l H)} v_l by matrix exponentials."""
    A = flow.matrix.toarray()
    L, H = -(A + A.T) / 2, 0.5j * (A - A.T)
    each = zip(
        branches.dissipation, branches.rotation, branches.weights, branches.starts, strict=True
    )
    return sum(
        w * expm(-1j * flow.time * (k * L + h * H)) @ branches.vectors[v] for k, h, w, v in each
    )


@fewer(2)
@given(encoded_flows(), reals(-0.1, 0.5), st.booleans())
def test_branches_add_up_to_the_final_state_within_the_error(flow, shift, with_idle):
    if with_idle:
        flow = flow.driven(-0.5, np.arange(1.0, len(flow.initial) + 1))
    interval = flow.time * (shift - flow.growth[0])
    branches, error = flow_branches(flow, qgd.LeastSquares().rule(interval, 1e-4), shift, 1e-4)
    difference = np.linalg.norm(total(branches, flow) - final_state(flow))
    assert difference <= error + 1e-12
    assert error <= 1e-3 * (1 + np.exp(shift * flow.time)) * 4


@fewer(2)
@given(encoded_flows(forced=True), st.floats(-10, -1).map(lambda e: 10**e))
def test_quadrature_error_dominates_for_the_integral(flow, epsilon):
    A, T = flow.matrix.toarray(), flow.time
    points, weights, error = duhamel_points(flow, epsilon)
    found = sum(w * expm(s * A) for s, w in zip(points, weights, strict=True))
    wanted = quad_vec(lambda s: expm(s * A), 0, T, epsabs=1e-13)[0]
    assert np.linalg.norm(found - wanted, 2) <= error + 1e-11
    assert error <= epsilon * T * (1 + 1e-9)


def test_only_what_is_there_becomes_a_start():
    flow = qgd.EncodedFlow(
        qgd.dilation([[-1.0]]), csr_array([[-1.0]]), np.zeros(1), np.ones(1), 1.0, np.arange(1)
    )
    rule = qgd.LeastSquares().rule(1.0, 1e-2)
    assert len(flow_branches(flow, rule, 0.0, 1e-2)[0].vectors) == 1
    moved = replace(flow, initial=np.ones(1))
    assert len(flow_branches(moved, rule, 0.0, 1e-2)[0].vectors) == 2
    assert len(flow_branches(moved.driven(1.0, np.ones(1)), rule, 0.0, 1e-2)[0].vectors) == 3


def test_polar_form_of_the_times():
    flow = qgd.EncodedFlow(
        qgd.dilation([[-1.0]]), csr_array([[-1.0]]), np.ones(1), np.ones(1), 2.0, np.arange(1)
    )
    branches, _ = flow_branches(flow, qgd.LeastSquares().rule(2.0, 1e-2), 0.0, 1e-2)
    polar = branches.radii * np.exp(1j * branches.turns)
    assert_allclose(polar, branches.dissipation + 1j * branches.rotation, atol=1e-14)
    assert branches.radius == branches.radii.max()


def test_a_stiff_source_is_refused_with_a_remedy_that_works():
    stiff = qgd.EncodedFlow(
        qgd.dilation([[-1e4]]), csr_array([[-1e4]]), np.zeros(1), np.ones(1), 1.0, np.arange(1)
    )
    with pytest.raises(ValueError, match=r"`time` must be shorter.*fold_source"):
        duhamel_points(stiff, 1e-3)
    folded = qgd.fold_source(stiff)
    assert not np.any(folded.source)
    assert_allclose(final_state(folded)[1:], final_state(stiff), atol=1e-12)
