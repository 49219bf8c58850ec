"""The augmented system: its kernel, its gap, its encoding, the reflection at three levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inversions import small_history, solution
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose
from qiskit.quantum_info import Operator
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer, linear_systems, reals

import qgd
from qgd.encoding.block_encoding import identity_encoding
from qgd.encoding.dilation import dilation
from qgd.solvers.augmented import augment, augmented_encoding, reflect
from qgd.solvers.phases import qsp_phases

FRACTIONS = st.floats(0.0, 1.0)


def projected(augmented: qgd.EncodedSystem) -> np.ndarray:
    """G_t, dense and unpadded."""
    b = augmented.rhs
    return (np.eye(len(b)) - np.outer(b, b)) @ augmented.matrix.toarray()


@given(linear_systems(), FRACTIONS)
def test_kernel_is_the_solution_next_to_t_and_the_gap_is_one_over_kappa(linear, fraction):
    system = qgd.encode(linear)
    t = system.kappa_bound**fraction
    G = projected(augment(system, t))
    z = solution(system) * system.encoding.alpha / system.rhs_norm
    assert np.linalg.norm(G @ np.append(z, t)) < 1e-12 * system.kappa_bound
    singular = np.linalg.svd(G, compute_uv=False)
    assert singular[-2] >= (1 - 1e-9) / system.kappa_bound
    assert singular[0] <= 1 + 1e-12


@pytest.mark.parametrize("inner", [dilation([[0.5, 0.2], [-0.1, 0.4]]), identity_encoding(1)])
@pytest.mark.parametrize("value", [1.0, 0.3])
def testaugmented_encoding_is_the_encoded_block_beside_the_scalar(inner, value):
    encoding = augmented_encoding(inner, value)
    wanted = np.kron(np.diag([1.0, 0.0]), inner.block() / inner.alpha)
    wanted = wanted + np.kron(np.diag([0.0, 1.0]), value * np.eye(inner.dimension))
    assert_allclose(encoding.block(), wanted, atol=1e-12)
    unitary = Operator(encoding.circuit).data
    size = 2 ** (encoding.num_system + encoding.num_ancillas)
    assert_allclose(unitary @ unitary.conj().T, np.eye(len(unitary)), atol=1e-12)
    states = np.eye(size).reshape(size, -1, encoding.dimension)
    assert_allclose(encoding.apply(states).reshape(size, size).T, unitary, atol=1e-12)
    adjoint = encoding.apply(states, adjoint=True).reshape(size, size)
    assert_allclose(adjoint, unitary.conj(), atol=1e-12)


@fewer(3)
@given(linear_systems(3), reals(1.0, 1.4), st.sampled_from([2, 4, 6]), st.data())
def test_three_levels_apply_the_same_even_polynomial(linear, t, degree, data):
    system = qgd.encode(linear)
    augmented = augment(system, min(t, system.kappa_bound))
    series = np.zeros(degree + 1)
    series[0::2] = data.draw(st.lists(reals(), min_size=degree // 2 + 1, max_size=degree // 2 + 1))
    series *= 0.9 / max(1.0, np.abs(series).sum())
    _, S, Vh = np.linalg.svd(projected(augmented))
    wanted = Vh.T @ (chebyshev.chebval(S, series) * Vh[:, -1])
    if not series.any():
        return
    phases = qsp_phases(series)
    for level in ("gate", "block", "polynomial"):
        assert_allclose(reflect(augmented, series, phases, level), wanted, atol=1e-10)


def test_both_branches_are_emulated_where_the_unitary_is_not_known_to_be_real():
    from dataclasses import replace

    system = small_history(1, 1, 0)
    careful = replace(system, encoding=replace(system.encoding, is_real=False))
    series = np.array([0.2, 0.0, -0.5, 0.0, 0.1])
    one, two = (
        reflect(augment(s, 1.7), series, qsp_phases(series), "block") for s in (system, careful)
    )
    assert_allclose(one, two, atol=1e-12)


def test_the_right_hand_side_is_half_reference_half_b():
    linear = DenseSystem(csr_array(np.diag([1.0, -0.5])), np.array([3.0, -4.0]), 2.0)
    augmented = augment(qgd.encode(linear), 1.5)
    assert_allclose(augmented.rhs, np.array([0.6, -0.8, 1.0]) / math.sqrt(2))
    assert augmented.encoding.alpha == 1.0
    assert_allclose(augmented.matrix.toarray(), np.diag([1.0, -0.5, 1 / 1.5]))
    assert_allclose(augmented.unpad(augmented.padded_rhs), augmented.rhs)
