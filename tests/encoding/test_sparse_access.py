"""Encodings of stencils: definition, both lives, padding, and gates that grow with log n."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import transpile
from strategies import fewer, stencils
from unitaries import (
    assert_circuit_is_the_operator,
    assert_circuit_moves_states_like_the_operator,
    assert_unitary,
)

import qgd
from qgd import Stencil, slot_matrix, sparse_access_encoding

BASIS = ["cx", "rz", "sx", "x"]
CHAIN = [(-2.0, [0]), (0.5, [1]), (0.7, [-1])]
BURGERS = [(-0.4, [0, 1]), (0.3, [0, -1])]


def assert_circuit_agrees(encoding: qgd.BlockEncoding, controls: int) -> None:
    if encoding.num_qubits + controls <= 8:
        assert_circuit_is_the_operator(encoding, controls)
    else:
        assert_circuit_moves_states_like_the_operator(encoding, controls)


@given(stencils(), st.integers(0, 2))
def test_block_is_the_slot_matrix_and_alpha_the_sum_of_the_coefficients(stencil, p):
    encoding = sparse_access_encoding(stencil, p)
    A = slot_matrix(stencil.matrix(p), stencil.num_variables, p)
    assert_allclose(encoding.block(), A, atol=1e-12)
    assert encoding.epsilon == 0
    total = sum(abs(c) for c, _ in stencil.of_degree(p))
    spread = math.sqrt(len(A)) if p == 0 else 1.0
    assert encoding.alpha == pytest.approx(total * spread or 1.0)
    assert_unitary(encoding)


@pytest.mark.parametrize("controls", [0, 1, 2])
@fewer(2)
@given(stencils(3), st.integers(0, 2))
def test_circuit_is_the_operator_and_leaves_work_qubits_clean(controls, stencil, p):
    encoding = sparse_access_encoding(stencil, p)
    if encoding.num_qubits + controls <= 16:
        assert_circuit_agrees(encoding, controls)


@pytest.mark.parametrize(
    ("n", "boundary", "terms"),
    [
        (4, "periodic", CHAIN),
        (4, "open", CHAIN),
        (5, "open", CHAIN),
        (5, "periodic", [(1.0, [2]), (-0.5, [-1])]),
    ],
)
def test_circuits_of_more_sites(n, boundary, terms):
    encoding = sparse_access_encoding(Stencil(n, terms, boundary), 1)
    assert_circuit_moves_states_like_the_operator(encoding, 1)
    assert_circuit_moves_states_like_the_operator(encoding.adjoint, 0)


def test_products_of_neighbours_and_cubes_run_as_circuits():
    burgers = sparse_access_encoding(Stencil(4, BURGERS), 2)
    assert_circuit_moves_states_like_the_operator(burgers, 1)
    cube = Stencil(4, [(-1.5, [0, 0, 0])])
    encoding = sparse_access_encoding(cube, 3)
    assert_allclose(encoding.block(), slot_matrix(cube.matrix(3), 4, 3), atol=1e-14)
    assert_circuit_moves_states_like_the_operator(encoding, 1)
    assert encoding.alpha == 1.5


def test_alpha_is_the_norm_of_what_repeats_along_a_ring_with_one_sign():
    ring = Stencil(8, [(-2.0, [0]), (-0.5, [1]), (-0.7, [-1])])
    norm = np.linalg.norm(ring.matrix(1).toarray(), 2)
    assert sparse_access_encoding(ring, 1).alpha == pytest.approx(norm)
    cube = Stencil(8, [(-1.0, [0]), *((-0.5, [2**k]) for k in range(3))], "hypercube")
    norm = np.linalg.norm(cube.matrix(1).toarray(), 2)
    assert sparse_access_encoding(cube, 1).alpha == pytest.approx(norm)


def test_transpiled_circuit_still_is_the_encoding():
    encoding = sparse_access_encoding(Stencil(4, CHAIN, "open"), 1)
    compiled = transpile(
        encoding.circuit, basis_gates=BASIS, optimization_level=1, qubits_initially_zero=False
    )
    assert_circuit_moves_states_like_the_operator(encoding, circuit=compiled)


@pytest.mark.parametrize("boundary", ["periodic", "open"])
@pytest.mark.parametrize("less", [0, 1])
def test_gates_grow_by_a_constant_when_the_number_of_sites_doubles(boundary, less):
    counts = []
    for q in (6, 10, 14, 18):
        stencil = Stencil(2**q - less, [*CHAIN, *BURGERS], boundary)
        calls = [sparse_access_encoding(stencil, p).build(1) for p in (1, 2)]
        counts.append([c.decompose("ccx").num_nonlocal_gates() for c in calls])
    steps = np.diff(counts, axis=0)
    assert_allclose(steps, np.broadcast_to(steps[0], steps.shape), rtol=0.2)
    assert np.max(counts) < 5000


def test_no_gate_is_an_opaque_unitary():
    for p, stencil in ((1, Stencil(2**20, CHAIN)), (2, Stencil(2**20 - 1, BURGERS))):
        names = set(sparse_access_encoding(stencil, p).build(2).count_ops())
        assert names <= {"cx", "ccx", "x", "z", "ry", "ucry", "ucry_dg", "mcx"}, names


@pytest.mark.parametrize("boundary", ["periodic", "open"])
def test_carleman_encoding_of_computable_terms_is_the_carleman_matrix(boundary):
    stencil = Stencil(3, [(0.2, []), *CHAIN, *BURGERS], boundary)
    system, order = stencil.system(), 2
    calls = {p: sparse_access_encoding(stencil, p) for p in range(3)}
    encoding = qgd.carleman_encoding(system, order, encodings=calls)
    registers = qgd.CarlemanRegisters(3, order)
    A = qgd.carleman(system, order).matrix.toarray()
    vectors = np.random.default_rng(1).normal(size=(2, len(A)))
    state = np.zeros((2, 2**encoding.num_ancillas, encoding.dimension))
    state[:, 0] = registers.pad(vectors)
    for adjoint, wanted in ((False, vectors @ A.T), (True, vectors @ A)):
        moved = encoding.alpha * encoding.apply(state, adjoint=adjoint)[:, 0]
        assert_allclose(moved, registers.pad(wanted), atol=1e-12)


def test_a_million_sites_are_encoded_with_a_few_thousand_gates():
    n, order = 2**20, 3
    stencil = Stencil(n, [*CHAIN, *BURGERS])
    calls = {p: sparse_access_encoding(stencil, p) for p in (1, 2)}
    encoding = qgd.carleman_encoding(stencil.system(), order, encodings=calls)
    assert encoding.alpha == pytest.approx(3 * 3.2 + 2 * 0.7)
    assert encoding.circuit.size() < 5000


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="`degree` must be at least 0, got -1"):
        sparse_access_encoding(Stencil(2, CHAIN), -1)


def products(circuit) -> int:
    """Toffoli gates, those up to a sign included: four rotations by a quarter of pi each."""
    quarter = [
        step.operation.name == "ry" and abs(abs(step.operation.params[0]) - math.pi / 4) < 1e-12
        for step in circuit.data
    ]
    return sum(quarter) // 4 + circuit.count_ops().get("ccx", 0)


@fewer(1)
@given(st.sampled_from(["periodic", "open", "hypercube"]), st.integers(2, 20), st.integers(1, 3))
def test_products_of_bits_stay_below_the_proved_number(boundary, q, p):
    word = [[0, 1, -1][:p], [1, 0, 1][:p], [-1, 2, 0][:p]]
    for less in (0,) if boundary == "hypercube" else (0, 1):
        positive = [[abs(s) for s in w] for w in word] if boundary == "hypercube" else word
        stencil = Stencil(2**q - less, [(1.0, w) for w in positive], boundary)
        T = len(stencil.of_degree(p))
        cyclic = boundary == "periodic" and less
        allowed = 2 * T + (14 * p * q + 4 * p if cyclic else (4 * p + 2) * q)
        assert products(sparse_access_encoding(stencil, p).circuit) <= allowed
