"""The structured Carleman encoding: its definition, its padding, its circuit, its constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit, transpile
from scipy.linalg import expm
from scipy.sparse import csr_array
from strategies import fewer, polynomial_maps
from unitaries import (
    assert_circuit_is_the_operator,
    assert_circuit_moves_states_like_the_operator,
    assert_unitary,
)

import qgd
from qgd import CarlemanRegisters, carleman_encoding, slot_matrix

BASIS = ["cx", "rz", "sx", "x"]
# Qiskit would borrow untouched data qubits as clean ones otherwise.
EXACT = {"basis_gates": BASIS, "qubits_initially_zero": False}


def coefficients(n: int, degree: int, forced: bool, seed: int = 0) -> list[np.ndarray]:
    """Dense F_0, ..., F_degree of unequal norms."""
    rng = np.random.default_rng(seed)
    F = [rng.normal(size=n) if forced else np.zeros(n)]
    return F + [rng.normal(size=(n, n**k)) / k for k in range(1, degree + 1)]


def lifted_matrix(system, order: int, constant: bool = False, scale: float = 1.0) -> np.ndarray:
    """What is to be encoded, assembled by `carleman`; the constant level in front if wanted."""
    lifted = qgd.carleman(system, order, form="first_order", scale=scale)
    A = lifted.matrix.toarray()
    if not constant:
        return A
    one = float(isinstance(system, qgd.PolynomialMap))
    return np.block([[np.full((1, 1), one), np.zeros((1, len(A)))], [lifted.offset[:, None], A]])


def assert_encodes(encoding, registers: CarlemanRegisters, A: np.ndarray) -> None:
    """<0|U|0> maps padded vectors to padded A y / alpha, and U^+ likewise: no leakage, ever."""
    assert encoding.num_system == registers.num_system
    assert len(A) == registers.dimension
    vectors = np.random.default_rng(1).normal(size=(4, len(A)))
    state = np.zeros((4, 2**encoding.num_ancillas, encoding.dimension))
    state[:, 0] = registers.pad(vectors)
    forward = encoding.alpha * encoding.apply(state)[:, 0]
    backward = encoding.alpha * encoding.apply(state, adjoint=True)[:, 0]
    assert_allclose(forward, registers.pad(vectors @ A.T), atol=1e-10)
    assert_allclose(backward, registers.pad(vectors @ A), atol=1e-10)


@fewer(1)
@given(polynomial_maps(3, 3, size=1.0), st.integers(1, 2), st.booleans(), st.booleans())
def test_block_is_the_carleman_matrix_on_the_lift_and_never_leaves_it(step, N, constant, flow):
    system = qgd.PolynomialSystem(step.F) if flow else step
    encoding = carleman_encoding(system, N, constant=constant)
    registers = CarlemanRegisters(system.num_variables, N, constant)
    A = lifted_matrix(system, N, constant)
    block, used = encoding.block(), registers.positions
    unused = np.setdiff1d(np.arange(len(block)), used)
    assert np.linalg.norm(block[np.ix_(used, used)] - A, 2) <= 1e-10
    assert_allclose(block[np.ix_(unused, used)], 0, atol=1e-10)
    assert_allclose(block[np.ix_(used, unused)], 0, atol=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("forced", [False, True])
def test_third_order_encoding_agrees_with_the_assembled_matrix(n, degree, forced):
    F = coefficients(n, degree, forced)
    for constant in (False, True):
        registers = CarlemanRegisters(n, 3, constant)
        for system in (qgd.PolynomialSystem(F), qgd.PolynomialMap(F)):
            encoding = carleman_encoding(system, 3, constant=constant)
            assert_encodes(encoding, registers, lifted_matrix(system, 3, constant))


@pytest.mark.parametrize(("n", "N"), [(1, 5), (2, 4), (1, 4)])
def test_more_levels_and_unused_level_codes(n, N):
    system = qgd.PolynomialSystem(coefficients(n, 3, forced=n == 1))
    assert_encodes(carleman_encoding(system, N), CarlemanRegisters(n, N), lifted_matrix(system, N))


@pytest.mark.parametrize(
    ("n", "N", "degree", "forced", "constant"),
    [
        (1, 1, 1, True, True),
        (1, 2, 2, False, False),
        (2, 2, 2, False, False),
        (1, 2, 2, True, False),
        (3, 1, 2, True, True),
    ],
)
def test_small_circuit_is_the_operator(n, N, degree, forced, constant):
    encoding = carleman_encoding(
        qgd.PolynomialSystem(coefficients(n, degree, forced)), N, constant=constant
    )
    assert_unitary(encoding)
    assert_circuit_is_the_operator(encoding)


@pytest.mark.parametrize(
    ("N", "degree", "forced", "constant", "controls"),
    [
        (2, 2, True, True, 2),
        (3, 2, True, False, 0),
        (3, 2, False, False, 1),
        (3, 3, False, False, 0),
        (3, 3, False, False, 1),
        (4, 2, False, False, 0),
    ],
)
def test_circuit_moves_states_like_the_operator_under_controls(
    N, degree, forced, constant, controls
):
    system = qgd.PolynomialSystem(coefficients(1, degree, forced))
    encoding = carleman_encoding(system, N, constant=constant)
    assert_circuit_moves_states_like_the_operator(encoding, controls)


def test_first_order_map_of_complex_dilations_runs_as_a_circuit():
    step = qgd.PolynomialMap(coefficients(1, 2, forced=False))
    phase = qgd.dilation(1j * slot_matrix(step.F[1], 1, 1))
    encoding = carleman_encoding(step, 2, encodings={1: phase})
    assert not encoding.is_real
    assert_circuit_moves_states_like_the_operator(encoding, 1)
    A = lifted_matrix(qgd.PolynomialSystem([step.F[0], 0 * step.F[1], step.F[2]]), 2)
    linear = lifted_matrix(qgd.PolynomialSystem([step.F[0], step.F[1]]), 2)
    used = CarlemanRegisters(1, 2).positions
    expected = np.eye(2) + A + 1j * linear
    assert_allclose(encoding.block()[np.ix_(used, used)], expected, atol=1e-12)


@pytest.mark.parametrize("forced", [False, True])
def test_transpiled_circuit_still_is_the_encoding(forced):
    encoding = carleman_encoding(qgd.PolynomialSystem(coefficients(1, 2, forced)), 3)
    compiled = transpile(encoding.circuit, optimization_level=1, **EXACT)
    assert_circuit_moves_states_like_the_operator(encoding, circuit=compiled)


def opaque(num_system: int) -> qgd.BlockEncoding:
    """An encoding whose circuit shows as a barrier: what is left is the work around the calls."""

    def build(controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(num_system + 1 + controls)
        circuit.barrier()
        return circuit

    return qgd.BlockEncoding(1.0, 0.0, num_system, 1, lambda state, adjoint: state, build)


def test_order_three_in_four_variables_takes_at_most_150_cnots_around_the_calls():
    system = qgd.PolynomialSystem(coefficients(4, 2, forced=False))
    encoding = carleman_encoding(system, 3, encodings={1: opaque(2), 2: opaque(4)})
    compiled = transpile(encoding.circuit, optimization_level=1, **EXACT)
    assert encoding.num_qubits == 14
    assert compiled.count_ops()["cx"] <= 150
    assert compiled.depth() <= 250


def test_lifted_matrix_is_never_formed():
    n = 2**14
    one = csr_array(([1.0], ([0], [0])), shape=(n, n))
    two = csr_array(([1.0], ([0], [1])), shape=(n, n**2))
    system = qgd.PolynomialSystem([np.zeros(n), one, two])
    encoding = carleman_encoding(system, 4, encodings={1: opaque(14), 2: opaque(28)})
    assert CarlemanRegisters(n, 4).dimension > 10**16
    assert encoding.num_system == 4 * 14 + 2
    assert 0 < encoding.circuit.count_ops()["cswap"] <= 2 * (3 + 2) * 14


@given(polynomial_maps(2, 3, size=1.0), st.integers(1, 4))
def test_alpha_is_the_weighted_sum_and_at_most_order_times_the_sum(step, N):
    system = qgd.PolynomialSystem(step.F)
    norms = [float(np.linalg.norm(F.toarray(), 2)) for F in system.F]
    counted = N * norms[0] * (N > 1) + sum(
        (N - p + 1) * norm for p, norm in enumerate(norms) if 1 <= p <= N
    )
    encoding = carleman_encoding(system, N)
    assert encoding.alpha == pytest.approx(counted or N)
    assert encoding.alpha <= N * sum(norms) * (1 + 1e-12) or counted == 0
    assert np.linalg.norm(lifted_matrix(system, N), 2) <= encoding.alpha * (1 + 1e-12)
    assert carleman_encoding(step, N).alpha == pytest.approx(1 + encoding.alpha)


def test_alpha_is_attained_by_symmetric_linear_parts():
    F1 = np.array([[-2.0, 0.5], [0.5, -1.0]])
    system = qgd.PolynomialSystem([[0.0, 0.0], F1])
    assert carleman_encoding(system, 3).alpha == pytest.approx(
        np.linalg.norm(lifted_matrix(system, 3), 2)
    )


def test_rescaled_variables_are_encoded():
    system = qgd.PolynomialSystem(coefficients(2, 2, forced=True))
    encoding = carleman_encoding(system, 2, scale=0.25)
    assert_encodes(encoding, CarlemanRegisters(2, 2), lifted_matrix(system, 2, scale=0.25))
    assert encoding.alpha != carleman_encoding(system, 2).alpha


def test_flow_and_spectrum_survive_the_padding():
    system = qgd.PolynomialSystem(coefficients(3, 2, forced=True))
    registers = CarlemanRegisters(3, 2)
    block, A = carleman_encoding(system, 2).block(), lifted_matrix(system, 2)
    y = np.random.default_rng(3).normal(size=len(A))
    assert_allclose(
        expm(0.3 * block) @ registers.pad(y), registers.pad(expm(0.3 * A) @ y), atol=1e-12
    )
    padded, own = np.linalg.svd(block)[1], np.linalg.svd(A)[1]
    assert np.abs(padded[:, None] - own).min(axis=0).max() <= 1e-10


def test_stated_error_covers_inexact_encodings_of_unequal_alpha():
    F = coefficients(2, 2, forced=True)
    system, given_ones = qgd.PolynomialSystem(F), {}
    for p, alpha, error in ((0, 3.0, 0.1), (1, 5.0, 0.2), (2, 2.5, 0.05)):
        exact = slot_matrix(system.F[p], 2, p)
        shift = error * np.linalg.svd(exact)[0] @ np.linalg.svd(exact)[2]
        given_ones[p] = replace(qgd.dilation(exact + shift, alpha), epsilon=error)
    encoding = carleman_encoding(system, 3, encodings=given_ones)
    assert encoding.alpha == pytest.approx(3 * 3.0 + 3 * 5.0 + 2 * 2.5)
    assert encoding.epsilon == pytest.approx(3 * 0.1 + 3 * 0.2 + 2 * 0.05)
    used = CarlemanRegisters(2, 3).positions
    inside = encoding.block()[np.ix_(used, used)]
    error = np.linalg.norm(inside - lifted_matrix(system, 3), 2)
    assert 0.1 < error <= encoding.epsilon


def test_a_system_at_rest_is_encoded_as_zero():
    still = qgd.PolynomialSystem([np.zeros(2), np.zeros((2, 2))])
    assert_allclose(carleman_encoding(still, 2).block(), 0, atol=1e-14)


def test_bad_input_is_named_and_the_remedy_works():
    system = qgd.PolynomialSystem(coefficients(3, 2, forced=False))
    with pytest.raises(ValueError, match="`order` must be at least 1"):
        carleman_encoding(system, 0)
    with pytest.raises(ValueError, match=r"`encodings\[2\]` must act on 4 system qubits, got 3"):
        carleman_encoding(system, 2, encodings={2: qgd.dilation(np.eye(8))})
    good = {2: qgd.dilation(slot_matrix(system.F[2], 3, 2))}
    assert carleman_encoding(system, 2, encodings=good).num_system == 5


def test_a_dilation_beyond_memory_is_refused_with_the_way_out():
    n = 2**10
    F2 = csr_array(([1.0], ([0], [1])), shape=(n, n**2))
    one = csr_array(([1.0], ([0], [0])), shape=(n, n))
    system = qgd.PolynomialSystem([np.zeros(n), one, F2])
    too_large = carleman_encoding(system, 2, encodings={1: opaque(10)})
    assert too_large.alpha == 2 * opaque(10).alpha + 1  # known without the matrix
    with pytest.raises(qgd.QGDError, match=r"pass an encoding of it as `encodings\[2\]`") as info:
        too_large.build(0)
    assert info.value.outcome is qgd.Outcome.TOO_LARGE
    given = carleman_encoding(system, 2, encodings={1: opaque(10), 2: opaque(20)})
    assert given.build(0).num_qubits == given.num_qubits
