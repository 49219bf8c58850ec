"""The encoding of a history matrix: its definition, its circuit, its constants, its cost."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit, transpile
from unitaries import assert_circuit_moves_states_like_the_operator, assert_unitary

import qgd
from qgd.encoding.history import history_encoding, num_time_qubits
from qgd.encoding.time_selection import select_by_time

EXACT = {"basis_gates": ["cx", "rz", "sx", "x"], "qubits_initially_zero": False}


def contractions(count: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    found = [rng.normal(size=(2, 2)) for _ in range(count)]
    return [C / np.linalg.norm(C, 2) for C in found]


def history_matrix(steps: list[np.ndarray], T: int, p: int) -> np.ndarray:
    """L on all times of the register; the unused ones are identity rows."""
    L = np.eye(2 * 2 ** num_time_qubits(T, p))
    for k in range(T + p):
        C = np.eye(2) if k >= T else steps[k % len(steps)]
        L[2 * k + 2 : 2 * k + 4, 2 * k : 2 * k + 2] = -C
    return L


def encoded(T: int, p: int, alpha: float, several: bool) -> tuple[np.ndarray, qgd.BlockEncoding]:
    steps = contractions(T if several else 1)
    if not several:
        return history_matrix(steps, T, p), history_encoding(qgd.dilation(steps[0], alpha), T, p)
    alphas = [alpha * (1 + 0.2 * (k % 2)) for k in range(T)]
    parts = [qgd.dilation(C, a) for C, a in zip(steps, alphas, strict=True)]
    selected = select_by_time(parts, num_time_qubits(T, p))
    return history_matrix(steps, T, p), history_encoding(selected, T, p)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("alpha", [1.0, 1.7])
def test_block_is_the_history_matrix_with_identity_rows_for_unused_times(several, alpha):
    for T, p in itertools.product(range(1, 6), range(4)):
        L, encoding = encoded(T, p, alpha, several)
        assert_allclose(encoding.block(), L, atol=1e-12)
        assert_allclose(encoding.adjoint.block(), L.T, atol=1e-12)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("T", "p", "alpha", "controls"),
    [
        (1, 0, 1.7, 0),
        (2, 0, 1.0, 1),
        (2, 1, 1.7, 1),
        (3, 0, 1.7, 2),
        (3, 2, 1.7, 1),
        (5, 2, 1.0, 0),
    ],
)  # fmt: skip
def test_circuit_moves_states_like_the_operator(T, p, alpha, controls, several):
    _, encoding = encoded(T, p, alpha, several)
    assert_circuit_moves_states_like_the_operator(encoding, controls)
    if T < 3:
        assert_circuit_moves_states_like_the_operator(encoding.adjoint, controls)


@pytest.mark.parametrize(("T", "p"), [(2, 0), (2, 2), (3, 4)])
def test_operator_is_unitary(T, p):
    assert_unitary(encoded(T, p, 1.3, False)[1])


def test_alpha_is_one_more_than_that_of_the_step_and_the_error_is_its_own():
    step = replace(qgd.dilation(contractions(1)[0], 1.25), epsilon=0.03)
    encoding = history_encoding(step, 3, 2)
    assert encoding.alpha == 2.25
    assert encoding.epsilon == 0.03
    assert encoding.num_ancillas == step.num_ancillas + 1


def test_an_error_of_the_step_is_covered():
    C = contractions(1)[0]
    wrong = replace(qgd.dilation(C + 0.05 * np.eye(2), 1.3), epsilon=0.05)
    encoding = history_encoding(wrong, 3, 2)
    error = np.linalg.norm(encoding.block() - history_matrix([C], 3, 2), 2)
    assert 0.02 < error <= encoding.epsilon * (1 + 1e-9)


def test_complex_steps_are_encoded():
    C = 1j * contractions(1)[0]
    encoding = history_encoding(qgd.dilation(C, 1.1), 2, 1)
    assert not encoding.is_real
    L = np.eye(8, dtype=complex)
    L[2:4, :2], L[4:6, 2:4], L[6:, 4:6] = -C, -C, -np.eye(2)
    assert_allclose(encoding.block(), L, atol=1e-12)


def around_the_step(T: int, p: int) -> int:
    """CNOTs of the circuit whose step is a barrier."""

    def build(controls: int) -> QuantumCircuit:
        circuit = QuantumCircuit(2 + controls)
        circuit.barrier()
        return circuit

    step = qgd.BlockEncoding(1.5, 0.0, 1, 1, lambda state, adjoint: state, build)
    circuit = transpile(history_encoding(step, T, p).circuit, optimization_level=1, **EXACT)
    return int(circuit.count_ops()["cx"])


def test_at_most_thirteen_cnots_a_time_qubit_around_the_one_call_of_the_step():
    for t in (3, 6, 12):
        for T in (2 ** (t - 1), 5 * 2 ** (t - 3), 2**t - 2):
            assert around_the_step(T, 2**t - 1 - T) <= 13 * t + 6
        assert around_the_step(2 ** (t - 1) + 1, 1) <= 19 * t + 6  # the last time is compared with
    assert around_the_step(1, 0) <= 12


def test_bad_input_is_named_and_the_remedies_work():
    step = qgd.dilation(0.5 * contractions(1)[0])
    with pytest.raises(ValueError, match=r"`step.alpha` must be at least .*got 0.5.*larger alpha"):
        history_encoding(step, 2, 1)
    assert history_encoding(qgd.dilation(0.5 * contractions(1)[0], 1.0), 2, 1).alpha == 2.0
    selected = select_by_time([qgd.dilation(C, 1.0) for C in contractions(2)], 1)
    with pytest.raises(ValueError, match=r"2 parts and be selected by 2 time qubits, got 2 and 1"):
        history_encoding(selected, 2, 1)
    enough = select_by_time([qgd.dilation(C, 1.0) for C in contractions(2)], 2)
    assert history_encoding(enough, 2, 1).num_system == 3
    with pytest.raises(ValueError, match="`num_steps` must be at least 1, got 0"):
        history_encoding(step, 0, 1)
