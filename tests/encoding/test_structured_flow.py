"""A flow encoded with its structure is the flow encoded densely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector
from strategies import fewer, polynomial_systems

import qgd
from qgd.encoding.flow import EncodedFlow, fold_source
from qgd.encoding.structured_flow import level_damping, structured_flow, structured_fold

FORCED = qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.3]]])


def encoded_block(flow: EncodedFlow) -> np.ndarray:
    where = flow.positions
    return flow.encoding.block()[np.ix_(where, where)].real


def prepared(flow: EncodedFlow, which: int) -> np.ndarray:
    built = flow.prepare[which](0)
    circuit = QuantumCircuit(flow.encoding.num_qubits)
    n, a = flow.encoding.num_system, flow.encoding.num_ancillas
    work = range(n + a, flow.encoding.num_qubits)
    circuit.compose(built, [*range(n), *work][: built.num_qubits], inplace=True)
    state = Statevector(circuit).data
    assert_allclose(np.linalg.norm(state[: 2**n]), 1, atol=1e-12)  # the work qubits are clean
    return flow.unpad(state[: 2**n]).real


@fewer(8)
@given(polynomial_systems(max_variables=2, max_degree=2), st.floats(0.5, 2.0))
def test_matrix_start_and_source_are_those_of_the_dilation(system, scale):
    lifted = qgd.carleman(system, 2, scale=scale)
    x0 = np.linspace(0.3, -0.2, system.num_variables)
    flow, dense = structured_flow(lifted, x0, 0.7), qgd.encode_flow(lifted, x0, 0.7)
    assert_allclose(encoded_block(flow), lifted.matrix.toarray(), atol=1e-12)
    assert flow.growth == dense.growth
    vectors = [v for v in (dense.initial, dense.source) if v.any()]
    for which, vector in enumerate(vectors):
        assert_allclose(prepared(flow, which), vector / np.linalg.norm(vector), atol=1e-12)


@pytest.mark.parametrize("unit", [1.0, 2.5, None])
def test_folded_source_is_that_of_fold_source(unit):
    system = qgd.PolynomialSystem([[0.1, -0.2], [[-1.0, 0.3], [0.0, -0.5]], np.ones((2, 4)) / 8])
    lifted = qgd.carleman(system, 2, scale=0.7)
    x0 = [0.2, 0.1]
    flow = structured_fold(lifted, x0, 9.0, unit)
    dense = fold_source(qgd.encode_flow(lifted, x0, 9.0), unit)
    assert_allclose(encoded_block(flow), dense.matrix.toarray(), atol=1e-12)
    assert_allclose(flow.matrix.toarray(), dense.matrix.toarray(), atol=1e-15)
    assert_allclose(prepared(flow, 0), dense.initial / np.linalg.norm(dense.initial), atol=1e-12)


@pytest.mark.parametrize("controls", [0, 1, 2])
def test_circuit_of_the_damping_is_its_operator(controls):
    registers = qgd.CarlemanRegisters(2, 2, constant=True)
    damping = level_damping(registers, 3.0)
    size = 2 ** (damping.num_system + 1)
    operator = damping.apply(np.eye(size).reshape(size, 2, -1)).reshape(size, size).T
    from qiskit.quantum_info import Operator

    built = Operator(damping.build(controls)).data
    assert_allclose(built[-size:, -size:] if controls else built, operator, atol=1e-12)
    if controls:
        assert_allclose(built[:size, :size], np.eye(size), atol=1e-12)
    back = damping.apply(damping.apply(np.eye(size).reshape(size, 2, -1)), adjoint=True)
    assert_allclose(back.reshape(size, size), np.eye(size), atol=1e-12)


@pytest.mark.parametrize("make", [structured_flow, structured_fold])
def test_gate_level_prepares_what_the_block_level_emulates(make):
    flow = make(qgd.carleman(FORCED, 1), [0.4], 0.2)
    shift = max(0.0, flow.growth[1])
    gate, block = (
        qgd.LCHS(0.6, qgd.LeastSquares(2), shift=shift, level=level).prepare(flow).state.amplitudes
        for level in ("gate", "block")
    )
    assert_allclose(gate, block, atol=1e-10)


def test_another_dynamics_than_a_flow_is_refused():
    step = qgd.carleman(qgd.PolynomialMap([[0.0], [[-0.5]]]), 1)
    with pytest.raises(ValueError, match="`lifted` must be an embedded PolynomialSystem"):
        structured_flow(step, [0.1], 1.0)
