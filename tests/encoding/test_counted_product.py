"""Products that share ancillas: the product itself, its circuit, and what is saved."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit, transpile
from strategies import encoded_matrices, fewer
from unitaries import assert_circuit_moves_states_like_the_operator, assert_unitary

import qgd
from qgd.encoding.block_encoding import identity_encoding
from qgd.encoding.counted_product import counted_product


@fewer(1)
@given(st.data(), st.integers(1, 5))
def test_block_is_the_product_with_its_alpha_and_error(data, count):
    pairs = [data.draw(encoded_matrices(1)) for _ in range(count)]
    matrices, factors = zip(*pairs, strict=True)
    product = counted_product(factors)
    plain = reduce(lambda done, factor: factor @ done, factors)
    wanted = reduce(lambda done, matrix: matrix @ done, matrices)
    assert_allclose(product.block(), wanted, atol=1e-11 * product.alpha)
    assert_allclose(product.adjoint.block(), wanted.conj().T, atol=1e-11 * product.alpha)
    assert product.alpha == pytest.approx(plain.alpha)
    assert product.epsilon == pytest.approx(plain.epsilon)
    assert product.num_ancillas == 1 + (count - 1).bit_length()


def unequal(count: int) -> list[qgd.BlockEncoding]:
    """Factors on one qubit with one, two or three ancillas, in turn."""
    rng, factors = np.random.default_rng(count), []
    for i in range(count):
        one = qgd.dilation(rng.normal(size=(2, 2)))
        factors.append([one, one @ one, one - one @ one][i % 3])
    return factors


@pytest.mark.parametrize(("count", "controls"), [(1, 0), (2, 0), (3, 1), (4, 2)])
def test_circuit_moves_states_like_the_operator(count, controls):
    product = counted_product(unequal(count))
    assert_unitary(product)
    assert_circuit_moves_states_like_the_operator(product, controls)


def test_factors_without_ancillas_need_no_counter_reading():
    swap = identity_encoding(1)
    assert_allclose(counted_product([swap, swap]).block(), np.eye(2))
    assert counted_product([swap, swap]).circuit.size() == 0


@pytest.mark.parametrize(("n", "N"), [(1, 1), (2, 2), (1, 3)])
def test_a_forced_map_needs_fewer_ancillas_at_equal_alpha(n, N):
    rng = np.random.default_rng(n)
    F = [rng.normal(size=n), *(rng.normal(size=(n, n**k)) / 3 for k in (1, 2))]
    step, registers = qgd.PolynomialMap(F), qgd.CarlemanRegisters(n, N)
    plain = qgd.exact_carleman_encoding(step, N)
    shared = qgd.exact_carleman_encoding(step, N, share_ancillas=True)
    assert shared.alpha == pytest.approx(plain.alpha)
    assert shared.num_ancillas <= plain.num_ancillas
    if N > 1:
        assert shared.num_ancillas <= plain.num_ancillas / 2
    A = qgd.carleman(step, N).matrix
    v = np.random.default_rng(0).normal(size=A.shape[0])
    state = np.zeros((2**shared.num_ancillas, shared.dimension))
    state[0] = registers.pad(v)
    for adjoint, wanted in ((False, A @ v), (True, A.T @ v)):
        moved = shared.alpha * shared.apply(state.copy(), adjoint=adjoint)[0]
        assert_allclose(moved, registers.pad(wanted), atol=1e-12 * shared.alpha)


def test_circuit_of_a_forced_map_with_shared_ancillas_moves_states_like_the_operator():
    step = qgd.PolynomialMap([[0.4], [[-0.3]], [[0.2]]])
    encoding = qgd.exact_carleman_encoding(step, 2, share_ancillas=True)
    assert_circuit_moves_states_like_the_operator(encoding, 1)


def test_bad_input_is_named_and_the_remedy_works():
    small, large = qgd.dilation(np.eye(2)), qgd.dilation(np.eye(4))
    with pytest.raises(ValueError, match=r"`factors` must be .* got \[1, 2\]; pad with kron"):
        counted_product([small, large])
    with pytest.raises(ValueError, match=r"`factors` must be at least one encoding.* got \[\]"):
        counted_product([])
    padded = identity_encoding(1).kron(small)
    assert counted_product([padded, large]).num_system == 2


def test_the_price_of_shared_ancillas_is_as_documented():
    def call(qubits: int) -> qgd.BlockEncoding:
        def build(controls: int) -> QuantumCircuit:
            circuit = QuantumCircuit(qubits + 1 + controls)
            circuit.barrier()
            return circuit

        return qgd.BlockEncoding(1.0, 0.0, qubits, 1, lambda state, adjoint: state, build)

    step = qgd.PolynomialMap([np.ones(4), -0.5 * np.eye(4), np.ones((4, 16))])
    found = []
    for share in (False, True):
        encoding = qgd.exact_carleman_encoding(
            step, 3, encodings={p: call(2 * max(1, p)) for p in (0, 1, 2)}, share_ancillas=share
        )
        compiled = transpile(
            encoding.build(1), basis_gates=["cx", "rz", "sx", "x"], optimization_level=1,
            qubits_initially_zero=False, seed_transpiler=0,
        )  # fmt: skip
        found.append((encoding.num_ancillas, compiled.count_ops()["cx"], encoding.alpha))
    assert [ancillas for ancillas, _, _ in found] == [16, 6]
    assert found[0][1] <= 300
    assert found[1][1] <= 560
    assert found[0][2] == pytest.approx(found[1][2])
