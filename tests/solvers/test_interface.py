"""The contract of a linear solver, kept by all of them."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from inversions import (
    apply_function,
    forbid_solutions,
    small_history,
    solution,
    with_matrix,
)
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer, history_systems, linear_systems, vectors

import qgd
from qgd.core.resources import Cost
from qgd.solvers import interface
from qgd.solvers.interface import (
    Inversion,
    apply_odd_chebyshev,
    choose_level,
    resolve_kappa,
    run_circuit,
    smallest_singular_value,
    solved_state,
)

QUANTUM = {
    "QSVT": qgd.QSVT(1e-2),
    "LCU": qgd.LCU(0.3),
    "LCU cks": qgd.LCU(0.5, series="cks"),
    "FourierLCU": qgd.FourierLCU(0.3),
    "HHL": qgd.HHL(num_clock=4),
}
ALL = {**QUANTUM, "Direct": qgd.Direct()}
DIAGONAL = DenseSystem(csr_array(np.diag([1.0, -0.5, 0.25])), np.array([1.0, 2.0, -1.0]), 4.0)


def at(solver, level: str):
    return replace(solver, level=level)


def error(solved: qgd.SolvedState, system: qgd.EncodedSystem) -> float:
    value = solved.state.scale * solved.state.amplitudes
    return float(np.linalg.norm(value - solution(system)))


@pytest.mark.parametrize("name", ALL)
def test_solvers_satisfy_the_protocol(name):
    assert isinstance(ALL[name], qgd.LinearSolver)


@pytest.mark.parametrize("name", QUANTUM)
@fewer(5)
@given(linear_systems(3))
def test_all_levels_give_the_same_amplitudes_on_dense_systems(name, linear):
    system = qgd.encode(linear)
    gate, block, polynomial = (
        at(QUANTUM[name], level).prepare(system) for level in ("gate", "block", "polynomial")
    )
    assert_allclose(gate.state.amplitudes, polynomial.state.amplitudes, atol=1e-10)
    assert_allclose(block.state.amplitudes, polynomial.state.amplitudes, atol=1e-10)
    assert gate.state.scale == block.state.scale == polynomial.state.scale
    assert (gate.level, block.level, polynomial.level) == ("gate", "block", "polynomial")


@pytest.mark.parametrize("name", QUANTUM)
@pytest.mark.parametrize(("order", "num_steps", "padding"), [(1, 1, 0), (2, 1, 0)])
def test_all_levels_give_the_same_amplitudes_on_histories(name, order, num_steps, padding):
    system = small_history(order, num_steps, padding)
    gate = at(QUANTUM[name], "gate").prepare(system).state.amplitudes
    for level in ("block", "polynomial"):
        other = at(QUANTUM[name], level).prepare(system).state.amplitudes
        assert_allclose(gate, other, atol=1e-10)


@pytest.mark.parametrize("name", QUANTUM)
@fewer(3)
@given(history_systems(max_order=2, max_steps=3))
def test_block_and_polynomial_level_agree_on_random_histories(name, history):
    system = qgd.encode(history)
    block = at(QUANTUM[name], "block").prepare(system).state.amplitudes
    assert_allclose(
        block, at(QUANTUM[name], "polynomial").prepare(system).state.amplitudes, atol=1e-10
    )


@pytest.mark.parametrize("name", ALL)
@fewer(2)
@given(linear_systems())
def test_bound_dominates_the_true_error(name, linear):
    system = qgd.encode(linear)
    solved = ALL[name].prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13
    assert solved.bound.stage == "inversion"
    measured = name == "Direct"
    assert solved.bound.kind is (qgd.Kind.MEASURED if measured else qgd.Kind.PROVED)


@pytest.mark.parametrize("name", ALL)
@fewer(3)
@given(history_systems(max_order=2, max_steps=4))
def test_bound_dominates_the_true_error_on_histories(name, history):
    system = qgd.encode(history)
    solved = ALL[name].prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13


@pytest.mark.parametrize("name", ["QSVT", "LCU", "LCU cks", "FourierLCU"])
@pytest.mark.parametrize("epsilon", [1e-1, 1e-4, 1e-8])
def test_a_tighter_epsilon_gives_a_tighter_bound_that_still_holds(name, epsilon):
    system = qgd.encode(DIAGONAL)
    solved = QUANTUM[name].with_epsilon(epsilon).prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9)
    # ||b|| epsilon / alpha is what epsilon means for the solution.
    assert solved.bound.value <= system.rhs_norm * epsilon / system.encoding.alpha * (1 + 1e-9)


@pytest.mark.parametrize("name", QUANTUM)
def test_with_epsilon_changes_the_accuracy_and_nothing_else(name):
    solver = replace(QUANTUM[name], kappa=7.0, level="block")
    tighter = solver.with_epsilon(1e-3)
    assert tighter == replace(solver, epsilon=1e-3)
    system = qgd.encode(DIAGONAL)
    assert error(tighter.prepare(system), system) < error(solver.prepare(system), system)


@pytest.mark.parametrize("name", ALL)
@fewer(2)
@given(linear_systems())
def test_success_probability_is_the_squared_norm_of_the_amplitudes(name, linear):
    state = ALL[name].prepare(qgd.encode(linear)).state
    assert state.success_probability == pytest.approx(np.linalg.norm(state.amplitudes) ** 2)
    assert state.success_probability <= 1 + 1e-12


@pytest.mark.parametrize("name", QUANTUM)
def test_circuit_carries_the_amplitudes_where_all_flags_are_zero_and_nothing_beside_them(name):
    system = small_history(1, 1, 0)
    solver = QUANTUM[name]
    circuit = solver.circuit(system)
    state = Statevector(circuit)
    n = system.encoding.num_system
    solved = at(solver, "polynomial").prepare(system)
    flags = list(range(n, circuit.num_qubits))
    assert state.probabilities(flags)[0] == pytest.approx(solved.state.success_probability)
    branch = state.data[: 2**n]
    assert_allclose(system.unpad(branch), solved.state.amplitudes, atol=1e-10)
    assert_allclose(branch, system.pad(system.unpad(branch)), atol=1e-10)  # padding stays empty


@pytest.mark.parametrize("name", QUANTUM)
def test_circuit_has_the_qubits_of_its_cost(name):
    system = small_history(1, 1, 0)
    circuit, solved = QUANTUM[name].circuit(system), QUANTUM[name].prepare(system)
    dense = name in ("FourierLCU", "HHL")  # evolutions are dense there: one dilation qubit
    beside = 0 if dense else system.encoding.num_ancillas + system.encoding.num_work
    assert circuit.num_qubits == system.encoding.num_system + beside + solved.cost.qubits
    assert solved.cost.state_preparations == 1


@pytest.mark.parametrize("level", ["gate", "block", "polynomial", "polynomial, structured"])
@pytest.mark.parametrize("name", QUANTUM)
def test_no_quantum_solver_looks_at_the_solution(name, level):
    system = small_history(1, 1, 0)
    truth = solution(system)
    if "structured" in level:
        level, system = "polynomial", qgd.encode(system.origin, structure="structured")
    solver = at(QUANTUM[name], level)
    system.kappa_bound  # noqa: B018 (the proved bound is computed before the traps are laid)
    allowed = np.linalg.lstsq
    with pytest.MonkeyPatch.context() as patch:
        forbid_solutions(patch)
        if name == "FourierLCU":  # fits its filter, on a grid that knows nothing of A or b
            patch.setattr(np.linalg, "lstsq", allowed)
        solved = solver.prepare(system)
    assert np.linalg.norm(solved.state.solution - truth) <= solved.bound.value * (1 + 1e-9)


@pytest.mark.parametrize("structure", ["dilation", "structured"])
def test_the_traps_do_catch_a_solver_that_looks(structure):
    system = qgd.encode(small_history(1, 1, 0).origin, structure=structure)
    with pytest.MonkeyPatch.context() as patch:
        forbid_solutions(patch)
        with pytest.raises(pytest.fail.Exception, match="looked at the solution"):
            qgd.Direct().prepare(system)


@pytest.mark.parametrize("name", QUANTUM)
def test_gate_and_block_level_read_the_encoding_and_polynomial_level_the_matrix(name):
    system = qgd.encode(DIAGONAL)
    wrong = with_matrix(system, 0.5 * system.matrix.toarray())
    for level, reads_matrix in (("gate", False), ("block", False), ("polynomial", True)):
        solver = at(QUANTUM[name], level)
        right = solver.prepare(system).state.amplitudes
        same = np.allclose(solver.prepare(wrong).state.amplitudes, right, atol=1e-6)
        assert same == (not reads_matrix)


@pytest.mark.parametrize("name", ALL)
@fewer(2)
@given(linear_systems(3), vectors(3).filter(lambda v: np.linalg.norm(v) > 1e-2))
def test_another_right_hand_side_gives_its_own_answer(name, linear, entries):
    b = entries[: len(linear.rhs)]
    if np.linalg.norm(b) < 1e-3:
        return
    system = qgd.encode(linear).with_rhs(b)
    solved = ALL[name].prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13


@pytest.mark.parametrize("name", ALL)
@fewer(2)
@given(linear_systems(3), vectors(3).filter(lambda v: np.linalg.norm(v) > 1e-2))
def test_answers_are_linear_in_the_right_hand_side(name, linear, entries):
    first = qgd.encode(linear)
    c = entries[: len(linear.rhs)]
    if np.linalg.norm(c) < 1e-3 or np.linalg.norm(linear.rhs - 2 * c) < 1e-3:
        return
    answers = [
        ALL[name].prepare(first.with_rhs(rhs)).state.solution
        for rhs in (linear.rhs, c, linear.rhs - 2 * c)
    ]
    assert_allclose(answers[2], answers[0] - 2 * answers[1], atol=1e-9)


@pytest.mark.parametrize("name", ALL)
def test_a_negated_right_hand_side_negates_the_answer(name):
    system = qgd.encode(DIAGONAL)
    plus = ALL[name].prepare(system).state.solution
    minus = ALL[name].prepare(system.with_rhs(-system.rhs)).state.solution
    assert_allclose(minus, -plus, atol=1e-12)
    assert np.abs(plus).min() > 0.1


@pytest.mark.parametrize("name", QUANTUM)
@fewer(2)
@given(linear_systems())
def test_kappa_below_the_spectrum_is_refused_and_the_suggested_one_works(name, linear):
    system = qgd.encode(linear)
    needed = np.linalg.cond(linear.matrix.toarray(), 2)
    if needed < 1.05:
        return
    with pytest.raises(ValueError, match=r"alpha / sigma_min = [\d.]+, got .*raise kappa to") as e:
        replace(QUANTUM[name], kappa=max(1.0, 0.97 * needed)).prepare(system)
    stated = float(re.search(r"sigma_min = ([\d.e+]+)", str(e.value)).group(1))
    assert stated == pytest.approx(needed, rel=1e-3)
    suggested = float(re.search(r"raise kappa to ([\d.e+]+)", str(e.value)).group(1))
    solved = replace(QUANTUM[name], kappa=suggested).prepare(system)
    assert solved.kappa == suggested
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9)


@pytest.mark.parametrize("name", QUANTUM)
def test_kappa_between_the_truth_and_the_proved_bound_is_accepted_and_used(name):
    system = qgd.encode(replace(DIAGONAL, inverse_norm_bound=9.0))
    default = QUANTUM[name].prepare(system)
    chosen = replace(QUANTUM[name], kappa=5.0).prepare(system)
    assert (default.kappa, chosen.kappa) == (9.0, 5.0)
    assert chosen.bound.kind is qgd.Kind.PROVED
    assert error(chosen, system) <= chosen.bound.value
    assert chosen.state.success_probability > default.state.success_probability


def test_kappa_is_the_proved_bound_by_default_and_at_least_one():
    system = qgd.encode(DIAGONAL)
    kappa, kind, assumption = resolve_kappa(None, system)
    assert (kappa, kind) == (4.0, qgd.Kind.PROVED)
    assert (assumption.holds, assumption.value) == (True, 4.0)
    easy = qgd.encode(DenseSystem(csr_array(np.eye(2)), np.ones(2), 0.9))
    assert resolve_kappa(None, easy)[0] == 1.0


def test_kappa_above_the_proved_bound_needs_no_singular_value(monkeypatch):
    system = qgd.encode(DIAGONAL)
    monkeypatch.setattr(interface, "smallest_singular_value", lambda s: pytest.fail("computed"))
    assert resolve_kappa(6.0, system)[:2] == (6.0, qgd.Kind.PROVED)


@pytest.mark.parametrize(
    ("kappa", "wrong"), [(0.5, ValueError), (math.inf, ValueError), ("2", TypeError)]
)
def test_kappa_must_be_a_finite_number_of_at_least_one(kappa, wrong):
    with pytest.raises(wrong, match="`kappa` must be"):
        resolve_kappa(kappa, qgd.encode(DIAGONAL))


def test_kappa_checked_by_lanczos_is_only_an_estimate(monkeypatch):
    system = qgd.encode(replace(DIAGONAL, inverse_norm_bound=9.0))
    exact = smallest_singular_value(system)
    monkeypatch.setattr(interface, "_DENSE", 2)
    assert smallest_singular_value(system) == pytest.approx(exact, rel=1e-5)
    assert resolve_kappa(5.0, system)[1] is qgd.Kind.ESTIMATED
    solved = qgd.QSVT(kappa=5.0).prepare(system)
    assert solved.bound.kind is qgd.Kind.ESTIMATED
    with pytest.raises(ValueError, match="raise kappa to"):
        resolve_kappa(3.0, system)


def test_smallest_singular_value_by_lanczos_is_that_of_the_svd(monkeypatch):
    rng = np.random.default_rng(3)
    A = rng.normal(size=(12, 12)) + 4 * np.eye(12)
    system = qgd.encode(DenseSystem(csr_array(A), np.ones(12), 10.0))
    wanted = np.linalg.svd(A, compute_uv=False)[-1]
    assert smallest_singular_value(system) == pytest.approx(wanted)
    monkeypatch.setattr(interface, "_DENSE", 2)
    assert smallest_singular_value(system) == pytest.approx(wanted, rel=1e-5)


def test_level_is_block_while_affordable_and_polynomial_beyond():
    assert choose_level("auto", 1e10) == "block"
    assert choose_level("auto", 1.1e10) == "polynomial"
    assert choose_level("gate", 1e99) == "gate"
    with pytest.raises(ValueError, match="`level` must be one of auto, gate, block, polynomial"):
        choose_level("fast", 1.0)


@pytest.mark.parametrize("name", QUANTUM)
def test_a_level_that_does_not_exist_is_refused(name):
    with pytest.raises(ValueError, match="`level` must be one of"):
        at(QUANTUM[name], "exact").prepare(qgd.encode(DIAGONAL))


@pytest.mark.parametrize("name", QUANTUM)
def test_epsilon_must_be_positive(name):
    with pytest.raises(ValueError, match="`epsilon` must be greater than 0"):
        QUANTUM[name].with_epsilon(0.0).prepare(qgd.encode(DIAGONAL))


@pytest.mark.parametrize("name", QUANTUM)
def test_an_epsilon_above_kappa_is_as_easy_as_it_gets_and_no_error(name):
    system = qgd.encode(DIAGONAL)
    solved = QUANTUM[name].with_epsilon(1e3).prepare(system)
    assert error(solved, system) <= solved.bound.value


@pytest.mark.parametrize("name", QUANTUM)
def test_a_perfectly_conditioned_system_is_solved(name):
    system = qgd.encode(
        DenseSystem(csr_array([[0.0, -2.0], [2.0, 0.0]]), np.array([1.0, 3.0]), 0.5)
    )
    solved = QUANTUM[name].prepare(system)
    assert solved.kappa == pytest.approx(1.0)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-12


def test_statevectors_that_do_not_fit_are_refused():
    with pytest.raises(qgd.QGDError, match="use level='block' or a smaller system") as refused:
        run_circuit(QuantumCircuit(60), qgd.encode(DIAGONAL))
    assert refused.value.outcome is qgd.Outcome.TOO_LARGE


@given(linear_systems(), vectors(8))
def test_odd_chebyshev_series_act_on_the_singular_values(linear, entries):
    system = qgd.encode(linear)
    coefficients = entries.copy()
    coefficients[0::2] = 0
    wanted = apply_function(lambda s: np.polynomial.chebyshev.chebval(s, coefficients), system)
    assert_allclose(apply_odd_chebyshev(coefficients, system), wanted, atol=1e-12)


def test_solved_state_restores_norm_and_error_by_the_known_factors():
    # amplitudes = gain alpha A^-1 b / ||b||, so scale = ||b|| / (gain alpha).
    system = qgd.encode(replace(DIAGONAL, matrix=2 * DIAGONAL.matrix, inverse_norm_bound=2.0))
    amplitudes = 0.1 * 2.0 * solution(system) / system.rhs_norm
    solved = solved_state(
        system,
        amplitudes,
        Inversion(0.1, 0.03, "Theorem 5.1", "by hand"),
        resolve_kappa(None, system),
        Cost("inversion"),
        "block",
    )
    assert_allclose(solved.state.solution, solution(system), atol=1e-12)
    assert solved.bound.value == pytest.approx(math.sqrt(6) * 0.03 / 2.0)
    assert solved.bound.theorem == "05-inversion.md#Theorem 5.1"
