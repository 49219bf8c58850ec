"""One walk for all nodes: emulated, as series, as circuit."""

from __future__ import annotations

import numpy as np
from evolutions import final_state
from hypothesis import given
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector
from scipy.linalg import expm
from strategies import encoded_flows, fewer

import qgd
from qgd.solvers.branches import flow_branches
from qgd.solvers.jacobi_anger import GAIN, evolution_phases
from qgd.solvers.lchs_circuit import index_qubits, lchs_circuit
from qgd.solvers.selected_evolution import _Walk, apply_series, emulate, walk_time


def planned(flow: qgd.EncodedFlow, epsilon: float = 1e-2):
    rule = qgd.LeastSquares(4).rule(-flow.time * flow.growth[0], 0.5)
    branches, _ = flow_branches(flow, rule, 0.0, epsilon)
    return branches, evolution_phases(walk_time(branches, flow), 1e-12)


@fewer(4)
@given(encoded_flows())
def test_every_branch_is_its_evolution_times_the_gain(flow):
    branches, phases = planned(flow)
    A = flow.matrix.toarray()
    L, H = -(A + A.T) / 2, 0.5j * (A - A.T)
    for place in range(len(branches.weights)):
        one = branches.part(slice(place, place + 1))
        k, h = one.dissipation[0], one.rotation[0]
        wanted = GAIN * one.weights[0] * expm(-1j * flow.time * (k * L + h * H))
        found = emulate(one, flow, phases, branches.radius)
        assert_allclose(found, wanted @ one.vectors[one.starts[0]], atol=1e-10)
        series = apply_series(one, flow, phases.num_steps // 2, branches.radius)
        assert_allclose(found, series, atol=1e-12)


@fewer(4)
@given(encoded_flows(max_size=2))
def test_walk_unitary_is_hermitian_and_holds_the_scaled_operator(flow):
    branches, _ = planned(flow)
    walk = _Walk(branches, flow.encoding, branches.radius)
    count, d = len(branches.weights), flow.encoding.dimension
    size = 8 * 2 ** (flow.encoding.num_ancillas - 1) * d
    basis = np.eye(size, dtype=complex).reshape(size, 1, 2, 2, -1, d)
    calls = [walk.call(np.repeat(column, count, axis=0)) for column in basis]
    for place in range(count):
        U = np.array([c[place].ravel() for c in calls]).T
        assert_allclose(U, U.conj().T, atol=1e-12)
        assert_allclose(U @ U, np.eye(size), atol=1e-12)
        corner = np.array([c[place, 0, :, 0].sum(axis=0) / 2 for c in calls])
        corner = corner.reshape(2, 2, -1, d, d)[0, :, 0].sum(axis=0).T
        k, h = branches.dissipation[place], branches.rotation[place]
        A = flow.encoding.block() / flow.encoding.alpha
        L, H = -(A + A.conj().T) / 2, 0.5j * (A - A.conj().T)
        assert_allclose(branches.radius * corner, k * L + h * H, atol=1e-12)


@fewer(8)
@given(encoded_flows(max_size=2))
def test_circuit_ends_in_the_emulated_state(flow):
    flow = flow.driven(1.0, np.ones(len(flow.initial)))
    branches, _ = planned(flow, 0.3)
    phases = evolution_phases(walk_time(branches, flow), 1e-2)
    state = Statevector(lchs_circuit(branches, flow, phases)).data[: flow.encoding.dimension]
    emulated = emulate(branches, flow, phases, branches.radius) / branches.weight
    assert_allclose(flow.unpad(state), emulated, atol=1e-12)


def test_parts_of_the_branches_add_up():
    flow = qgd.encode_flow(
        qgd.carleman(qgd.PolynomialSystem([[0.2], [[-1.0]], [[0.3]]]), 2), [0.4], 0.7
    )
    branches, phases = planned(flow)
    whole = emulate(branches, flow, phases, branches.radius)
    parts = [
        emulate(branches.part(s), flow, phases, branches.radius)
        for s in (slice(0, 3), slice(3, None))
    ]
    assert_allclose(sum(parts), whole, atol=1e-13)
    assert np.linalg.norm(whole - final_state(flow)) < 1.0


def test_index_has_room_for_nodes_and_one_bit_for_each_doubling_of_the_starts():
    flow = qgd.encode_flow(qgd.carleman(qgd.PolynomialSystem([[0.0], [[-1.0]]]), 1), [0.4], 0.7)
    assert index_qubits(planned(flow)[0]) == 2
    assert index_qubits(planned(flow.driven(1.0, np.ones(1)))[0]) == 3
