"""The choice among encodings: within epsilon, never dearer than a kind that was left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from strategies import fewer, polynomial_maps
from unitaries import assert_circuit_moves_states_like_the_operator

import qgd
from qgd import cheapest_encodings, slot_matrix
from qgd.encoding.cheapest import call_cost

RING = [(-2.0, [0]), (0.5, [1]), (0.5, [-1]), (-0.4, [0, 1]), (0.4, [0, -1])]


@fewer(3)
@given(polynomial_maps(3, 2, size=1.0))
def test_chosen_encodings_are_within_epsilon_and_no_dearer_than_the_dilation(step):
    n = step.num_variables
    for p, encoding in cheapest_encodings(step, 0.01).items():
        A = slot_matrix(step.F[p], n, p)
        assert np.linalg.norm(encoding.block() - A, 2) <= encoding.epsilon + 1e-12
        assert encoding.epsilon <= 0.01
        assert call_cost(encoding) <= call_cost(qgd.dilation(A))


def test_large_rings_are_computed_and_large_irregular_terms_are_read():
    n = 2**7
    stencil = qgd.Stencil(n, RING)
    calls = cheapest_encodings(stencil.system(), 1e-3)
    assert {p: e.num_work for p, e in calls.items()} == {
        p: qgd.sparse_access_encoding(stencil, p).num_work for p in (1, 2)
    }
    F1 = stencil.matrix(1).copy()
    F1.data[0] = 1.0
    (read,) = cheapest_encodings(qgd.PolynomialSystem([np.zeros(n), F1]), 1e-3).values()
    assert read.num_work == qgd.qrom_encoding(F1, 1e-3).num_work
    assert read.num_work != calls[1].num_work


def test_small_linear_terms_are_dilated():
    (call,) = cheapest_encodings(qgd.PolynomialSystem([[0.0], [[-0.7]]]), 1e-3).values()
    assert call.alpha == pytest.approx(0.7)
    assert call_cost(call) <= call_cost(qgd.dilation([[-0.7]]))


def test_carleman_encoding_of_the_chosen_calls_runs_as_a_circuit():
    system = qgd.PolynomialSystem([np.zeros(2), [[-1.0, 0.5], [0.5, -2.0]], np.ones((2, 4)) / 4])
    calls = cheapest_encodings(system, 1e-3)
    encoding = qgd.carleman_encoding(system, 2, encodings=calls)
    where, A = qgd.CarlemanRegisters(2, 2), qgd.carleman(system, 2).matrix.toarray()
    used = where.positions
    assert_allclose(encoding.block()[np.ix_(used, used)], A, atol=2e-3)
    if encoding.num_qubits <= 15:
        assert_circuit_moves_states_like_the_operator(encoding)


def test_epsilon_must_be_positive():
    with pytest.raises(ValueError, match="`epsilon` must be greater than 0, got 0"):
        cheapest_encodings(qgd.PolynomialSystem([[0.0], [[1.0]]]), 0.0)
