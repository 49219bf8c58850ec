"""The exact Carleman matrix as a product of factors: definition, padding, circuit, constants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import fewer, polynomial_maps
from unitaries import assert_circuit_moves_states_like_the_operator, assert_unitary

import qgd
from qgd import CarlemanRegisters, exact_carleman_encoding, slot_matrix


def power_map(n: int, degree: int, seed: int = 0) -> qgd.PolynomialMap:
    """Dense coefficients, F_0 = 0."""
    rng = np.random.default_rng(seed)
    F = [rng.normal(size=(n, n**k)) / k for k in range(1, degree + 1)]
    return qgd.PolynomialMap([np.zeros(n), *F])


def assert_encodes(encoding, registers: CarlemanRegisters, A: np.ndarray) -> None:
    """<0|U|0> maps padded vectors to padded A y / alpha, and U^+ likewise: no leakage, ever."""
    vectors = np.random.default_rng(1).normal(size=(3, len(A)))
    state = np.zeros((3, 2**encoding.num_ancillas, encoding.dimension))
    state[:, 0] = registers.pad(vectors)
    forward = encoding.alpha * encoding.apply(state)[:, 0]
    backward = encoding.alpha * encoding.apply(state, adjoint=True)[:, 0]
    assert_allclose(forward, registers.pad(vectors @ A.T), atol=1e-10)
    assert_allclose(backward, registers.pad(vectors @ A), atol=1e-10)


@fewer(1)
@given(polynomial_maps(2, 3, forced=False, size=1.0), st.integers(1, 2))
def test_block_is_the_exact_matrix_on_the_lift_and_never_leaves_it(step, N):
    encoding, registers = exact_carleman_encoding(step, N), CarlemanRegisters(step.num_variables, N)
    A, block, used = qgd.carleman(step, N).matrix.toarray(), encoding.block(), registers.positions
    unused = np.setdiff1d(np.arange(len(block)), used)
    assert np.linalg.norm(block[np.ix_(used, used)] - A, 2) <= 1e-10
    assert_allclose(block[np.ix_(unused, used)], 0, atol=1e-10)
    assert_allclose(block[np.ix_(used, unused)], 0, atol=1e-10)


@pytest.mark.parametrize(
    ("n", "N", "degree"), [(1, 1, 2), (1, 2, 3), (2, 2, 2), (3, 2, 1), (1, 3, 1)]
)
def test_a_constant_is_added_to_the_powers_of_the_rest(n, N, degree):
    step = power_map(n, degree)
    forced = qgd.PolynomialMap([np.linspace(-0.7, 0.4, n), *step.F[1:]])
    A = qgd.carleman(forced, N, scale=0.6).matrix.toarray()
    encoding = exact_carleman_encoding(forced, N, scale=0.6)
    assert_encodes(encoding, CarlemanRegisters(n, N), A)
    added = float(np.linalg.norm(forced.F[0].toarray())) / 0.6
    bare = exact_carleman_encoding(step, N, scale=0.6)
    assert encoding.alpha == pytest.approx(bare.alpha * (1 + added) ** (N if N > 1 else 0))


def test_padding_of_a_forced_map_is_reducing():
    forced = qgd.PolynomialMap([[0.2, -0.1, 0.3], *power_map(3, 1).F[1:]])
    block, used = exact_carleman_encoding(forced, 2).block(), CarlemanRegisters(3, 2).positions
    unused = np.setdiff1d(np.arange(len(block)), used)
    assert_allclose(block[np.ix_(unused, used)], 0, atol=1e-10)
    assert_allclose(block[np.ix_(used, unused)], 0, atol=1e-10)


@pytest.mark.parametrize(("n", "controls"), [(1, 1), (2, 0)])
def test_circuit_of_a_forced_map_moves_states_like_the_operator(n, controls):
    forced = qgd.PolynomialMap([np.linspace(-0.7, 0.4, n), *power_map(n, 1).F[1:]])
    encoding = exact_carleman_encoding(forced, 2)
    assert_circuit_moves_states_like_the_operator(encoding, controls)


@pytest.mark.parametrize(("n", "degree"), [(1, 3), (2, 1), (2, 2), (2, 3), (3, 2)])
def test_third_order_encoding_agrees_with_the_assembled_matrix(n, degree):
    step = power_map(n, degree)
    for scale in (1.0, 0.5):
        A = qgd.carleman(step, 3, scale=scale).matrix.toarray()
        encoding = exact_carleman_encoding(step, 3, scale=scale)
        assert_encodes(encoding, CarlemanRegisters(n, 3), A)


@pytest.mark.parametrize(
    ("n", "N", "degree", "controls"),
    [(1, 2, 2, 0), (1, 2, 2, 2), (2, 2, 2, 1), (1, 3, 1, 1), (1, 3, 2, 1), (3, 1, 2, 1)],
)
def test_circuit_moves_states_like_the_operator(n, N, degree, controls):
    encoding = exact_carleman_encoding(power_map(n, degree), N)
    assert_circuit_moves_states_like_the_operator(encoding, controls)


def test_operator_is_unitary():
    assert_unitary(exact_carleman_encoding(power_map(1, 2), 2))


@given(polynomial_maps(2, 3, forced=False, size=1.0), st.integers(1, 3))
def test_alpha_is_the_product_of_the_sums_and_at_most_the_power(step, N):
    norms = [float(np.linalg.norm(G.toarray(), 2)) for G in step.G[1:]]
    norms[0] = max(1.0, norms[0])
    alpha = exact_carleman_encoding(step, N).alpha
    assert alpha == pytest.approx(np.prod([sum(norms[: N - i + 1]) for i in range(1, N + 1)]))
    assert alpha <= sum(norms) ** N * (1 + 1e-12)
    A = qgd.carleman(step, N).matrix.toarray()
    assert np.linalg.norm(A, 2) <= alpha * (1 + 1e-12)


def test_gradient_descent_with_small_steps_approaches_alpha_one():
    loss = qgd.PolynomialLoss.from_terms([((0, 0), 0.5), ((0, 0, 0), 0.1)], num_weights=1)
    alphas = [
        exact_carleman_encoding(qgd.gradient_descent(loss, learning_rate=eta), 3).alpha
        for eta in (0.1, 0.01, 0.001)
    ]
    for eta, alpha in zip((0.1, 0.01, 0.001), alphas, strict=True):
        assert alpha <= (1 + 0.3 * eta) ** 3 + 1e-12


def test_longer_alphas_and_errors_are_carried():
    step = power_map(1, 2)
    given_ones = {p: qgd.dilation(slot_matrix(step.G[p], 1, p), 3.0 + p) for p in (1, 2)}
    encoding = exact_carleman_encoding(step, 2, encodings=given_ones)
    assert encoding.alpha == pytest.approx((4.0 + 5.0) * 4.0)
    assert_encodes(encoding, CarlemanRegisters(1, 2), qgd.carleman(step, 2).matrix.toarray())


def test_bad_input_is_named_and_the_remedies_work():
    step = qgd.PolynomialMap([[0.25], [[-0.5]], [[0.0]]])
    with pytest.raises(TypeError, match="flows are encoded by carleman_encoding"):
        exact_carleman_encoding(qgd.PolynomialSystem(step.F), 2)
    still = qgd.PolynomialMap([[0.0], [[-0.5]]])
    small = {1: qgd.dilation(slot_matrix(still.G[1], 1, 1))}
    with pytest.raises(ValueError, match=r"`encodings\[1\].alpha` must be at least 1, got 0.5"):
        exact_carleman_encoding(still, 2, encodings=small)
    large = {1: qgd.dilation(slot_matrix(still.G[1], 1, 1), 1.0)}
    assert exact_carleman_encoding(still, 2, encodings=large).alpha == pytest.approx(1.0)
