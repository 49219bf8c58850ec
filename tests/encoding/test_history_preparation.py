"""Right-hand sides of history systems as states, amplitudes and norm."""

from __future__ import annotations

import numpy as np
import pytest
from lifts import lifted
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Statevector

import qgd
from qgd import CarlemanRegisters, HistoryPreparation, LiftedVector, num_time_qubits

EXACT = {"basis_gates": ["cx", "rz", "sx", "x"], "qubits_initially_zero": False}
U, F = np.array([0.7, -0.2, 0.4]), np.array([0.0, 0.5, -0.3])
ZERO = np.zeros(3)


def right_hand_side(start, offsets, T: int, p: int, N: int, levels: int):
    """The preparation, and what it must prepare."""
    registers, t = CarlemanRegisters(len(start), N), num_time_qubits(T, p)
    lifts = tuple(LiftedVector(registers, c, levels) for c in offsets)
    made = HistoryPreparation(LiftedVector(registers, start, N), lifts, T, t)
    b = np.zeros((2**t, 2**registers.num_system))
    b[0] = lifted(start, registers, N)
    for k in range(T):
        b[k + 1] = lifted(offsets[k % len(offsets)], registers, levels)
    return made, b.ravel()


CASES = {
    "start only": (U, [ZERO], 3, 2, 2, 1),
    "offset only": (ZERO, [F], 5, 2, 2, 1),
    "offset only, all levels": (ZERO, [F], 2, 0, 2, 2),
    "both": (U, [F], 3, 1, 2, 1),
    "both, longer": (U, [F], 9, 4, 1, 1),
    "minibatches": (U, [F, 2 * F[::-1], -U], 3, 0, 2, 1),
    "minibatches, no start": (ZERO, [F, -U], 2, 1, 2, 2),
    "one batch without gradient": (U, [F, ZERO, -F], 3, 2, 1, 1),
    "one variable": (U[:1], [F[1:2]], 2, 1, 3, 3),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("controls", [0, 1])
def test_state_and_norm_are_those_of_the_right_hand_side(case, controls):
    made, b = right_hand_side(*CASES[case])
    assert made.norm == pytest.approx(np.linalg.norm(b), rel=1e-14, abs=0)
    circuit = QuantumCircuit(made.num_system + made.num_work + controls)
    if controls:
        circuit.x(circuit.num_qubits - 1)
    circuit.compose(made.build(controls), inplace=True)
    state = Statevector(circuit).data.reshape(2**controls, -1)
    wanted = np.zeros(state.shape)
    wanted[-1, : len(b)] = b / made.norm
    assert_allclose(state, wanted, atol=1e-12)


def test_nothing_happens_where_a_control_is_zero():
    made, _ = right_hand_side(*CASES["both"])
    assert_allclose(Statevector(made.build(1)).data[0], 1, atol=1e-12)


def test_one_gradient_for_all_steps_costs_a_logarithm_of_their_number():
    def cnots(t: int) -> int:
        made, _ = right_hand_side(np.ones(1), [np.ones(1)], 2**t - 3, 1, 1, 1)
        compiled = transpile(made.build(0), optimization_level=1, **EXACT)
        return int(compiled.count_ops()["cx"])

    assert cnots(12) - cnots(8) <= 4 * 40


@pytest.mark.parametrize("x0", [[0.3, -0.1], [0.0, 0.0]])
@pytest.mark.parametrize("form", ["exact", "first_order"])
def test_a_history_system_has_this_right_hand_side(x0, form):
    step = qgd.PolynomialMap([[0.1, 0.2], [[-0.4, 0.1], [0.1, -0.3]], np.full((2, 4), 0.05)])
    history = qgd.history_system(qgd.carleman(step, 2, form=form, scale=0.7), x0, 3, 1)
    registers = CarlemanRegisters(2, 2)
    from qgd.encoding.structured_system import rhs_preparation

    made = rhs_preparation(
        (step,), np.array(x0), 3, registers, form=form, scale=0.7, num_time=3
    )  # fmt: skip
    assert made.norm == pytest.approx(history.rhs_norm, rel=1e-14)
    state = Statevector(made.build(0)).data[: 2**made.num_system].reshape(8, -1)[:5]
    blocks = registers.unpad(state).ravel() * made.norm
    assert_allclose(blocks, history.rhs, atol=1e-12)
