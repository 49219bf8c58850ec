"""The classical oracle in the place of a solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from inversions import small_history, solution
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from strategies import DenseSystem, linear_systems

import qgd


@given(linear_systems())
def test_state_is_the_normalised_solution_and_scale_its_norm(linear):
    system = qgd.encode(linear)
    solved = qgd.Direct().prepare(system)
    assert solved.state.scale == pytest.approx(np.linalg.norm(solution(system)))
    assert solved.state.success_probability == pytest.approx(1)
    assert_allclose(solved.state.solution, solution(system), atol=1e-12)
    assert solved.level == "direct"
    assert solved.cost.block_encoding_calls == 0


def test_bound_is_measured_and_holds_for_an_ill_conditioned_matrix():
    hilbert = 1 / (np.arange(8)[:, None] + np.arange(8)[None, :] + 1)
    inverse_norm = 1 / np.linalg.svd(hilbert)[1][-1]
    truth = np.ones(8)
    linear = DenseSystem(csr_array(hilbert), hilbert @ truth, inverse_norm)
    solved = qgd.Direct().prepare(qgd.encode(linear))
    assert solved.bound.kind is qgd.Kind.MEASURED
    assert 0 < np.linalg.norm(solved.state.solution - truth) <= solved.bound.value < 1e-3


def test_there_is_no_accuracy_to_choose_and_no_circuit():
    solver = qgd.Direct()
    assert solver.with_epsilon(1e-3) is solver
    with pytest.raises(ValueError, match="`solver` must be QSVT, LCU or HHL to have a circuit"):
        solver.circuit(small_history())
