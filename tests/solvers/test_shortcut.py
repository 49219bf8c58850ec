"""Kernel reflection: contract of a solver, norm, bound, counts."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from inversions import forbid_solutions, small_history, solution, with_matrix
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer, history_systems, linear_systems, reals, vectors

import qgd
from qgd.core.resources import Resources
from qgd.encoding.dilation import dilation
from qgd.solvers.shortcut import _relative_error

SOLVER = qgd.KernelReflection(1e-2)
DIAGONAL = DenseSystem(csr_array(np.diag([1.0, -0.5, 0.25])), np.array([1.0, 2.0, -1.0]), 4.0)


def error(solved: qgd.SolvedState, system: qgd.EncodedSystem) -> float:
    return float(np.linalg.norm(solved.state.scale * solved.state.amplitudes - solution(system)))


def stiff(kappa: float, seed: int = 0, size: int = 8) -> qgd.EncodedSystem:
    """Random non-normal system with singular values from 1 / kappa to 1."""
    rng = np.random.default_rng(seed)
    W, V = (np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2))
    A = (W * np.geomspace(1 / kappa, 1, size)) @ V.T
    return qgd.encode(DenseSystem(csr_array(A), rng.normal(size=size), kappa))


def test_kernel_reflection_satisfies_the_protocol():
    assert isinstance(SOLVER, qgd.LinearSolver)


@fewer(4)
@given(linear_systems(3))
def test_three_levels_give_the_same_amplitudes_and_norm(linear):
    system = qgd.encode(linear)
    gate, block, polynomial = (
        replace(SOLVER, level=level).prepare(system) for level in ("gate", "block", "polynomial")
    )
    for other in (gate, block):
        assert_allclose(other.state.amplitudes, polynomial.state.amplitudes, atol=1e-10)
        assert other.state.scale == pytest.approx(polynomial.state.scale, abs=1e-9)
    assert (gate.level, block.level, polynomial.level) == ("gate", "block", "polynomial")


def test_three_levels_agree_on_a_history_after_a_norm_search():
    system = small_history(1, 2, 1)
    assert system.kappa_bound > 4
    states = [
        replace(SOLVER, level=level).prepare(system).state.amplitudes
        for level in ("gate", "block", "polynomial")
    ]
    assert_allclose(states[0], states[2], atol=1e-10)
    assert_allclose(states[1], states[2], atol=1e-10)


@given(linear_systems(), reals(-9, 1))
def test_bound_dominates_the_true_error_and_meets_epsilon(linear, exponent):
    system = qgd.encode(linear)
    epsilon = 10**exponent
    solved = SOLVER.with_epsilon(epsilon).prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13
    assert solved.bound.kind is qgd.Kind.PROVED
    assert solved.bound.stage == "inversion"
    size = system.rhs_norm / system.encoding.alpha
    assert solved.bound.value <= size * (epsilon * (1 + 1e-6) + 1e-12)


@fewer(2)
@given(history_systems(max_order=2, max_steps=4))
def test_bound_dominates_the_true_error_on_histories_and_half_the_runs_succeed(history):
    system = qgd.encode(history)
    solved = SOLVER.prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13
    assert solved.state.success_probability >= 0.5


@fewer(2)
@given(linear_systems(), reals(-2, 2))
def test_bound_holds_for_guesses_of_the_norm_that_are_off_by_much(linear, octaves):
    system = qgd.encode(linear)
    size = system.rhs_norm / system.encoding.alpha
    guess = np.linalg.norm(solution(system)) * 2**octaves
    guess = min(max(guess, 0.51 * size), 1.99 * system.kappa_bound * size)
    solved = replace(SOLVER, norm=float(guess)).prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13


@pytest.mark.parametrize("kappa", [30.0, 300.0])
@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_norm_within_a_factor_of_two_succeeds_with_the_published_number_of_calls(kappa, factor):
    system = stiff(kappa)
    norm = float(np.linalg.norm(solution(system)))
    absolute = 1e-6 * norm / system.rhs_norm
    solved = qgd.KernelReflection(absolute, norm=factor * norm).prepare(system)
    assert error(solved, system) <= solved.bound.value <= 1e-6 * norm
    assert solved.state.success_probability >= 0.6
    published = 1.84 * kappa + kappa * math.log(2 / 1e-6)
    assert solved.cost.block_encoding_calls <= 1.2 * published
    assert solved.cost.preliminary_calls == 0


def test_a_guess_two_hundred_times_too_large_shows_in_the_success_probability():
    system = stiff(1000.0)
    norm = float(np.linalg.norm(solution(system)))
    right, wrong = (
        qgd.KernelReflection(1e-3, norm=f * norm, level="polynomial").prepare(system)
        for f in (1.0, 1000.0 / norm * 1.9)
    )
    assert right.state.success_probability > 0.9
    assert wrong.state.success_probability < right.state.success_probability
    assert error(wrong, system) <= wrong.bound.value


def test_a_guess_far_too_small_is_refused_when_the_reference_is_empty():
    with pytest.raises(qgd.QGDError, match="got one far below: the reference keeps"):
        _relative_error(0.2, -0.1, 1.0, 10.0)
    system = stiff(1000.0)
    with pytest.raises(ValueError, match=r"`norm` must be at least .* leave it out") as caught:
        replace(SOLVER, norm=1e-9).prepare(system)
    least = float(re.search(r"at least ([\d.e+-]+)", str(caught.value)).group(1))
    replace(SOLVER, norm=1.01 * least, level="polynomial").norm_interval(system)
    with pytest.raises(ValueError, match=r"`norm` must be at most .* leave it out"):
        replace(SOLVER, norm=1e9).prepare(system)


def test_the_search_is_counted_and_named_and_finds_the_norm():
    system = stiff(40.0)
    solved = SOLVER.prepare(system)
    interval = SOLVER.norm_interval(system)
    norm = np.linalg.norm(solution(system)) * system.encoding.alpha / system.rhs_norm
    assert interval.low <= norm <= interval.high <= 4 * interval.low
    coarse = qgd.filter_degree(solved.kappa, 0.003)
    assert interval.runs > 0
    assert solved.cost.preliminary_calls == interval.runs * coarse
    assert f"norm search {interval.runs * coarse} calls" in solved.cost.detail
    resources = Resources((solved.cost,))
    assert resources.total_calls == solved.cost.block_encoding_calls + interval.runs * coarse
    assert f"preliminary_calls={interval.runs * coarse}" in str(resources)


@fewer(2)
@given(linear_systems(3), vectors(3).filter(lambda v: np.linalg.norm(v) > 1e-2))
def test_another_right_hand_side_gives_its_own_answer(linear, entries):
    b = entries[: len(linear.rhs)]
    if np.linalg.norm(b) < 1e-3:
        return
    system = qgd.encode(linear).with_rhs(b)
    solved = SOLVER.prepare(system)
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9) + 1e-13


def test_negated_and_scaled_right_hand_sides_negate_and_scale_the_answer():
    system = qgd.encode(DIAGONAL)
    plus = SOLVER.prepare(system).state.solution
    minus = SOLVER.prepare(system.with_rhs(-3 * system.rhs)).state.solution
    assert_allclose(minus, -3 * plus, atol=1e-12)
    assert np.abs(plus).min() > 0.1


@pytest.mark.parametrize("level", ["gate", "block", "polynomial"])
def test_it_does_not_look_at_the_solution(level):
    system = small_history(1, 2, 1)
    truth = solution(system)
    system.kappa_bound  # noqa: B018 (the proved bound is computed before the traps are laid)
    with pytest.MonkeyPatch.context() as patch:
        forbid_solutions(patch)
        solved = replace(SOLVER, level=level).prepare(system)
    assert np.linalg.norm(solved.state.solution - truth) <= solved.bound.value * (1 + 1e-9)


def test_gate_and_block_level_read_the_encoding_and_polynomial_level_the_matrix():
    system = qgd.encode(DIAGONAL)
    wrong = with_matrix(system, 0.5 * system.matrix.toarray())
    for level, reads_matrix in (("gate", False), ("block", False), ("polynomial", True)):
        solver = replace(SOLVER, level=level)
        right = solver.prepare(system).state.amplitudes
        same = np.allclose(solver.prepare(wrong).state.amplitudes, right, atol=1e-6)
        assert same == (not reads_matrix)


@fewer(2)
@given(linear_systems())
def test_kappa_below_the_spectrum_is_refused_and_the_suggested_one_works(linear):
    system = qgd.encode(linear)
    needed = np.linalg.cond(linear.matrix.toarray(), 2)
    if needed < 1.05:
        return
    with pytest.raises(ValueError, match=r"alpha / sigma_min = [\d.]+, got .*raise kappa to") as e:
        replace(SOLVER, kappa=max(1.0, 0.97 * needed)).prepare(system)
    suggested = float(re.search(r"raise kappa to ([\d.e+]+)", str(e.value)).group(1))
    solved = replace(SOLVER, kappa=suggested).prepare(system)
    assert solved.kappa == suggested
    assert error(solved, system) <= solved.bound.value * (1 + 1e-9)


def test_circuit_carries_the_amplitudes_where_all_flags_are_zero():
    system = qgd.encode(DIAGONAL)
    circuit = SOLVER.circuit(system)
    solved = replace(SOLVER, level="polynomial").prepare(system)
    n = system.encoding.num_system
    state = Statevector(circuit)
    flags = list(range(n, circuit.num_qubits))
    assert state.probabilities(flags)[0] == pytest.approx(solved.state.success_probability)
    branch = state.data[: 2**n]
    assert_allclose(branch, system.pad(system.unpad(branch)), atol=1e-10)  # padding stays empty
    encoding = system.encoding
    assert circuit.num_qubits == encoding.num_qubits + solved.cost.qubits


def test_circuit_calls_the_encoding_and_prepares_b_as_often_as_the_cost_says():
    system = qgd.encode(DIAGONAL)
    circuit, cost = SOLVER.circuit(system), SOLVER.prepare(system).cost
    labels = [gate.operation.label for gate in circuit.data]
    forward, backward = labels.count("U_A_t"), labels.count("U_A_t_dg")
    assert forward == backward == cost.block_encoding_calls / 2
    rotations = circuit.count_ops()["ucry"] + circuit.count_ops()["ucry_dg"]
    assert rotations == cost.state_preparations * (system.encoding.num_system + 1)


def test_complex_encodings_are_solved_at_gate_and_block_level():
    rng = np.random.default_rng(5)
    A = np.eye(2) + 0.3 * rng.normal(size=(2, 2)) + 0.3j * rng.normal(size=(2, 2))
    b = np.array([1.0, -0.5])
    inverse_norm = float(np.linalg.norm(np.linalg.inv(A), 2))
    system = qgd.EncodedSystem(dilation(A), csr_array(A), b, np.arange(2), inverse_norm)
    for level in ("gate", "block"):
        solved = qgd.KernelReflection(1e-6, level=level).prepare(system)
        value = solved.state.scale * solved.state.amplitudes
        assert np.linalg.norm(value - np.linalg.solve(A, b)) <= solved.bound.value


def test_a_perfectly_conditioned_system_is_solved():
    linear = DenseSystem(csr_array([[0.0, -2.0], [2.0, 0.0]]), np.array([1.0, 3.0]), 0.5)
    for level in ("gate", "block", "polynomial"):
        solved = replace(SOLVER, level=level).prepare(qgd.encode(linear))
        assert solved.cost.block_encoding_calls == 2
        assert_allclose(solved.state.solution, [1.5, -0.5], atol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": 0.0}, "`epsilon` must be greater than 0"),
        ({"confidence": 1.0}, "`confidence` must be less than 1"),
        ({"level": "exact"}, "`level` must be one of"),
    ],
)
def test_bad_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        replace(SOLVER, **options).prepare(qgd.encode(DIAGONAL))


def test_every_readout_serves_a_state_whose_scale_is_not_known():
    descent = qgd.PolynomialMap([[0.1], [[-0.4]], [[0.2]]])
    for readout in (qgd.Sampling(), qgd.AmplitudeEstimation([1.0]), qgd.SparseTomography(1)):
        solved = qgd.solve(descent, [0.5], 2, tolerance=0.1, solver=SOLVER, readout=readout)
        truth = qgd.iterate(descent, [0.5], 2)[-1]
        assert np.linalg.norm(solved.value - truth) <= solved.budget.total().value <= 0.1
    solved = qgd.solve(descent, [0.5], 2, tolerance=1e-2, solver=SOLVER)
    assert solved.outcome is qgd.Outcome.SUCCESS
    truth = qgd.iterate(descent, [0.5], 2)[-1]
    assert np.linalg.norm(solved.value - truth) <= solved.budget.total().value


def test_the_theorem_that_is_named_stands_in_its_page():
    page, theorem = SOLVER.prepare(qgd.encode(DIAGONAL)).bound.theorem.split("#")
    text = (Path(__file__).parents[2] / "proofs" / page).read_text()
    assert re.search(rf"^## {re.escape(theorem)}\b", text, re.MULTILINE)
