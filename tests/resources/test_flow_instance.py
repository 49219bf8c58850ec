"""Bounds from a few numbers contain what they bound; small and large lifts are encoded alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse.linalg import norm as sparse_norm
from strategies import fewer, polynomial_systems

import qgd
from qgd.encoding.flow import encode_flow, fold_source
from qgd.resources import flow_instance
from qgd.resources.flow_instance import (
    field_norms,
    flow_instances,
    lifted_growth,
    scaled_norms,
    stencil_norms,
)
from qgd.resources.gate_counts import count_gates

LINEAR = [(-1.1, [0]), (0.5, [1]), (0.3, [-1]), (0.2, [2])]
TERMS = [(0.05, []), *LINEAR, (-0.4, [0, 1]), (0.4, [0, -1])]


@fewer(2)
@given(polynomial_systems(max_variables=2, max_degree=3), st.floats(0.3, 2), st.booleans())
def test_growth_and_norm_of_a_lift_lie_within_the_block_bounds(system, scale, constant):
    flow = encode_flow(
        qgd.carleman(system, 2, scale=scale), np.full(system.num_variables, 0.1), 3.0
    )
    unit = 0.0
    if constant:
        unit = max(1.0, 3.0 * float(np.linalg.norm(flow.source)))
        flow = fold_source(flow)
    low, high, size = lifted_growth(scaled_norms(field_norms(system), scale), 2, unit)
    exact = flow.growth
    assert low <= exact[0] + 1e-9
    assert high >= exact[1] - 1e-9
    assert size >= np.linalg.norm(flow.matrix.toarray(), 2) - 1e-9


def test_a_large_unit_of_the_constant_makes_the_growth_small():
    norms = field_norms(qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.3]]]))
    _, small, _ = lifted_growth(norms, 1, 1.0)
    _, large, _ = lifted_growth(norms, 1, 10.0)
    assert small == pytest.approx(-0.5 + np.hypot(0.5, 0.05))
    assert large == pytest.approx(-0.5 + np.hypot(0.5, 0.005))


@pytest.mark.parametrize("boundary", ["periodic", "open", "hypercube"])
@pytest.mark.parametrize("n", [2, 4, 8])
def test_numbers_of_a_stencil_bound_those_of_its_matrices(n, boundary):
    terms = TERMS if boundary != "hypercube" else [
        (c, [abs(s) % n for s in word]) for c, word in TERMS
    ]  # fmt: skip
    stencil = qgd.Stencil(n, terms, boundary)
    ours, exact = stencil_norms(stencil), field_norms(stencil.system())
    assert ours.growth[0] <= exact.growth[0] + 1e-12
    assert ours.growth[1] >= exact.growth[1] - 1e-12
    for above, below in zip(ours.norms, exact.norms, strict=True):
        assert above >= below - 1e-12
    assert ours.norms[0] == pytest.approx(float(sparse_norm(stencil.system().F[0])))


@pytest.mark.parametrize("order", [1, 2])
def test_a_lift_by_its_numbers_has_the_encoding_of_a_lift_that_is_written_down(order, monkeypatch):
    stencil = qgd.Stencil(4, TERMS)
    arguments = {"order": order, "scale": 0.5, "final_norm": 0.1, "encodings": None}
    x0 = [0.3, 0.0, -0.1, 0.0]
    small = flow_instances(stencil, x0, 1.0, **arguments)
    monkeypatch.setattr(flow_instance, "_LARGEST_LIFT", 0)
    large = flow_instances(stencil, x0, 1.0, **arguments)
    assert [i.source for i in small] == ["Duhamel quadrature", "constant coordinate"]
    for one, other in zip(small, large, strict=True):
        assert one.encoding.alpha == pytest.approx(other.encoding.alpha)
        assert one.encoding.num_qubits == other.encoding.num_qubits
        for vector in ("initial", "source"):
            norms = [np.linalg.norm(getattr(i.flow, vector)) for i in (one, other)]
            assert_allclose(norms[0], norms[1], rtol=1e-12)
        built = [i.flow.prepare[-1](1) for i in (one, other)]
        assert built[0].num_qubits == built[1].num_qubits
        assert count_gates(built[0]) == count_gates(built[1])
        assert other.flow.growth[0] <= one.flow.growth[0] + 1e-12
        assert other.flow.growth[1] >= one.flow.growth[1] - 1e-12


def test_a_uniform_source_of_very_many_sites_enters_by_the_constant_coordinate():
    start = qgd.SparseVector(np.array([0]), np.array([0.1]))
    (only,) = flow_instances(
        qgd.Stencil(2**20, TERMS), start, 1.0, order=2, scale=1.0, final_norm=1.0, encodings=None
    )
    assert only.source == "constant coordinate"


def test_a_trajectory_that_is_too_long_needs_a_guess_of_its_end():
    start = qgd.SparseVector(np.array([0]), np.array([0.1]))
    problem = qgd.Stencil(2**20, LINEAR)
    with pytest.raises(ValueError, match="`final_norm` must be given"):
        qgd.estimate_resources(
            problem, start, 4, order=1, step_size=0.1, solver=qgd.LCHS(shift=0.2)
        )
    found = qgd.estimate_resources(
        problem, start, 4, order=1, step_size=0.1, solver=qgd.LCHS(shift=0.2), final_norm=0.05
    )
    assert found.success_probability > 0
