"""Structured history systems: the matrix, the padding, the right-hand side, and the answers."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit.quantum_info import Statevector
from scipy.sparse import csr_array
from strategies import DenseSystem, fewer, polynomial_maps, reals, vectors
from unitaries import assert_circuit_moves_states_like_the_operator

import qgd
from qgd.encoding.structured_system import padded_inverse_norm
from qgd.solvers.interface import resolve_kappa, run_circuit, smallest_singular_value


@st.composite
def histories(draw: st.DrawFn, forms=("exact", "first_order")) -> qgd.HistorySystem:
    """One map or one for each step, n = 1..3, N = 1..3, T = 2..5, F_0 = 0 and not."""
    form = draw(st.sampled_from(forms))
    N, T = draw(st.integers(1, 3)), draw(st.integers(2, 5))
    forced = False if form == "exact" and N == 3 else None
    first = draw(polynomial_maps(3 if N < 3 else 2, 2, forced=forced))
    n, maps = first.num_variables, [first]
    if draw(st.booleans()):
        for k in range(1, T):
            F0 = draw(vectors(n, 0.2)) if first.F[0].count_nonzero() else np.zeros(n)
            maps.append(qgd.PolynomialMap([F0, *(F * (1 + 0.1 * k) for F in first.F[1:])]))
    steps = [qgd.carleman(m, N, form=form, scale=draw(reals(0.5, 2.0))) for m in maps[:1]]
    steps += [qgd.carleman(m, N, form=form, scale=steps[0].scale) for m in maps[1:]]
    x0 = draw(vectors(n).filter(lambda v: np.linalg.norm(v) > 1e-2))
    return qgd.history_system(steps, x0, T, draw(st.integers(0, 3)))


def descent(n: int, N: int, T: int, p: int, *, forced: bool = False, several: bool = False):
    """A small history of the first-order form where forced, of the exact one where not."""
    rng, steps = np.random.default_rng(n), []
    for _ in range(T if several else 1):
        F = [0.2 * forced * rng.normal(size=n), 0.05 * rng.normal(size=(n, n)) - 0.3 * np.eye(n)]
        one = qgd.PolynomialMap([*F, 0.05 * rng.normal(size=(n, n * n))])
        steps.append(qgd.carleman(one, N, form="first_order" if forced else "exact", scale=1.3))
    return qgd.history_system(steps, 0.5 * rng.normal(size=n), T, p)


@fewer(1)
@given(histories())
def test_encoding_is_the_history_matrix_and_never_leaves_the_used_states(history):
    system = qgd.encode(history, structure="structured")
    encoding, A = system.encoding, history.matrix
    v = np.random.default_rng(0).normal(size=A.shape[0])
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension))
    state[0] = system.pad(v)
    assert_allclose(system.matrix @ v, A @ v, atol=1e-13 * encoding.alpha * abs(v).max())
    for adjoint, wanted in ((False, A @ v), (True, A.T @ v)):
        moved = encoding.alpha * encoding.apply(state.copy(), adjoint=adjoint)[0]
        assert_allclose(moved, system.pad(wanted), atol=1e-12 * encoding.alpha)
    assert system.kappa_bound >= encoding.alpha * np.linalg.norm(np.linalg.inv(A.toarray()), 2) * (
        1 - 1e-9
    )


SMALL = [
    descent(1, 2, 2, 1), descent(2, 1, 3, 0, forced=True), descent(3, 1, 2, 2, several=True),
    descent(1, 2, 1, 0, forced=True),
]  # fmt: skip


@pytest.mark.parametrize("history", SMALL)
def test_circuit_moves_states_like_the_operator(history):
    encoding = qgd.encode(history, structure="structured").encoding
    assert_circuit_moves_states_like_the_operator(encoding, int(encoding.num_qubits < 15))


@pytest.mark.parametrize("history", SMALL)
def test_preparation_prepares_the_right_hand_side_and_any_other(history):
    system = qgd.encode(history, structure="structured")
    for one in (
        system,
        system.with_rhs(history.injection(np.ones(history.steps[0].num_variables))),
    ):
        state = Statevector(one.preparation()).data
        assert one.prepare is not None
        assert_allclose(state[: len(one.padded_rhs)], one.padded_rhs, atol=1e-12)


def test_a_start_that_is_no_lifted_vector_is_prepared_entry_by_entry():
    history = descent(2, 2, 2, 1)
    other = replace(history, initial=history.initial * np.linspace(1, 2, len(history.initial)))
    system = qgd.encode(other, structure="structured")
    state = Statevector(system.preparation()).data[: system.encoding.dimension]
    assert_allclose(state, system.padded_rhs, atol=1e-12)


class NoMatrixError(Exception):
    """A lifted matrix was about to be assembled."""


def forbid_matrices(patch: pytest.MonkeyPatch) -> None:
    """Let every assembly of a lifted matrix of a map in the Kronecker basis raise."""

    def refuse(*args, **kwargs):
        raise NoMatrixError

    patch.setattr("qgd.embedding.carleman.assemble_blocks", refuse)
    patch.setattr(qgd.HistorySystem, "matrix", property(refuse))


POLYNOMIAL = {
    "QSVT": qgd.QSVT(1e-9, level="polynomial"),
    "LCU": qgd.LCU(1e-9, level="polynomial"),
    "FourierLCU": qgd.FourierLCU(1e-9, level="polynomial"),
    "HHL": qgd.HHL(5, level="polynomial"),
    "KernelReflection": qgd.KernelReflection(1e-9, level="polynomial"),
    "Direct": qgd.Direct(),
}


@pytest.mark.parametrize("name", POLYNOMIAL)
@pytest.mark.parametrize("several", [False, True])
def test_polynomial_level_needs_no_lifted_matrix(name, several, monkeypatch):
    assembled = descent(2, 2, 2, 1, forced=True, several=several)
    truth = np.linalg.solve(assembled.matrix.toarray(), assembled.rhs)
    forbid_matrices(monkeypatch)
    steps = [
        qgd.carleman_map(s.source, 2, form="first_order", scale=s.scale) for s in assembled.steps
    ]
    x0 = assembled.steps[0].project(assembled.initial)
    system = qgd.encode(qgd.history_system(steps, x0, 2, 1), structure="structured")
    for one in (system, pickle.loads(pickle.dumps(system))):
        solved = POLYNOMIAL[name].prepare(one)
        assert np.linalg.norm(solved.state.solution - truth) <= solved.bound.value + 1e-12
    both = POLYNOMIAL[name].prepare(system.beside(2 * system.rhs)).state.solution.reshape(2, -1)
    assert_allclose(both[1], 2 * both[0], rtol=0, atol=1e-6)
    with pytest.raises(NoMatrixError):
        qgd.encode(qgd.history_system(steps, x0, 2, 1))


@pytest.mark.parametrize("form", ["exact", "first_order"])
def test_solve_assembles_no_lifted_matrix_of_a_structured_system(form, monkeypatch):
    flow = qgd.PolynomialMap([[0.1, 0.0], [[-0.2, 0.1], [0.0, -0.3]], np.full((2, 4), -0.05)])
    wanted = qgd.solve(flow, [0.0, 0.1], 2, order=2, form=form).value
    forbid_matrices(monkeypatch)
    free = qgd.solve(flow, [0.0, 0.1], 2, order=2, form=form, structure="structured")
    assert_allclose(free.value, wanted, atol=1e-6)
    with pytest.raises(NoMatrixError):
        qgd.solve(flow, [0.0, 0.1], 2, order=2, form=form)


def test_a_wish_for_kappa_is_checked_without_a_matrix(monkeypatch):
    system = qgd.encode(descent(3, 2, 3, 1), structure="structured")
    dense = system.matrix @ np.eye(len(system.rhs))
    smallest = np.linalg.svd(dense, compute_uv=False)[-1]
    required = system.encoding.alpha / smallest
    assert resolve_kappa(required * 1.0001, system)[1] is qgd.Kind.PROVED
    for one in (system, system.beside(system.rhs)):
        monkeypatch.setattr("qgd.solvers.interface._DENSE", 1500)
        assert smallest_singular_value(one) == pytest.approx(smallest, rel=1e-10)
        monkeypatch.setattr("qgd.solvers.interface._DENSE", 2)
        assert smallest_singular_value(one) == pytest.approx(smallest, rel=1e-5)
    system = replace(system, inverse_norm_bound=2 * system.inverse_norm_bound)
    assert resolve_kappa(required * 1.01, system)[1] is qgd.Kind.ESTIMATED
    with pytest.raises(ValueError, match="raise kappa to"):
        resolve_kappa(required * 0.9, system)


def test_a_system_whose_matrix_is_refused_is_solved(monkeypatch):
    n, i = 64, np.arange(64)
    F1 = csr_array((np.full(2 * n, -0.2), (np.tile(i, 2), np.append(i, i ^ 1))), shape=(n, n))
    F2 = csr_array((np.full(n, 0.02), (i, i * n + i)), shape=(n, n * n))
    step, x0 = qgd.PolynomialMap([np.zeros(n), F1, F2]), np.linspace(0.0, 0.1, n)
    monkeypatch.setattr("qgd.core.checks.available_memory", lambda: 2e7)
    monkeypatch.setattr("qgd.core.checks._ALWAYS_FREE", 0.0)
    with pytest.raises(qgd.QGDError, match="lower the order, the number of steps or the padding"):
        qgd.history_system(qgd.carleman(step, 2), x0, 20)
    history = qgd.history_system(qgd.carleman_map(step, 2), x0, 20)
    with pytest.raises(qgd.QGDError, match="a history system of 32 times and dimension 4160"):
        _ = history.matrix
    system = qgd.encode(history, structure="structured")
    solved = qgd.QSVT(1e-4).prepare(system)
    assert solved.level == "polynomial"
    assert solved.bound.kind is qgd.Kind.PROVED
    states = [history.initial]
    for _ in range(20):
        states.append(history.steps[0].step(states[-1]))
    error = np.linalg.norm(solved.state.solution.reshape(32, -1)[:21] - states)
    assert error <= solved.bound.value
    with pytest.raises(qgd.QGDError, match=r"pass an encoding of it as `encodings\[2\]`"):
        _ = system.encoding.circuit


SOLVERS = {
    "QSVT": qgd.QSVT(1e-12),
    "LCU": qgd.LCU(1e-12),
    "KernelReflection": qgd.KernelReflection(1e-12, norm=1.0),
}


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("level", ["polynomial", "block"])
@pytest.mark.parametrize("history", [descent(2, 2, 2, 1), descent(1, 2, 2, 0, forced=True,
                                     several=True)], ids=["exact", "minibatches"])  # fmt: skip
def test_answer_is_that_of_the_dilation(name, level, history):
    solver = replace(SOLVERS[name], level=level)
    if name == "KernelReflection":
        norm = np.linalg.norm(np.linalg.solve(history.matrix.toarray(), history.rhs))
        solver = replace(solver, norm=float(norm))
    answers = [
        solver.prepare(qgd.encode(history, structure=how)).state.solution
        for how in ("structured", "dilation")
    ]
    assert_allclose(answers[0], answers[1], atol=1e-10)


@pytest.mark.parametrize("solver", [
    qgd.QSVT(0.3), qgd.LCU(0.5), qgd.FourierLCU(0.5), qgd.HHL(num_clock=4),
], ids=lambda solver: type(solver).__name__)  # fmt: skip
def test_gate_level_is_the_block_level(solver):
    system = qgd.encode(descent(2, 1, 1, 0, forced=True), structure="structured")
    emulated = replace(solver, level="block").prepare(system).state.amplitudes
    assert_allclose(run_circuit(solver.circuit(system), system), emulated, atol=1e-10)


def test_gate_level_of_kernel_reflection_is_its_block_level():
    system = qgd.encode(descent(2, 1, 1, 0, forced=True), structure="structured")
    solver = qgd.KernelReflection(0.5, norm=0.3)
    states = [replace(solver, level=level).prepare(system).state for level in ("gate", "block")]
    assert_allclose(states[0].solution, states[1].solution, atol=1e-10)


def test_a_first_order_encoding_with_an_error_bounds_the_inverse_on_unused_states_too():
    history = descent(3, 2, 3, 1, forced=True)
    one = history.steps[0].source
    exact = qgd.slot_matrix(one.F[1], 3, 1)
    loose = replace(qgd.dilation(exact, 1.0), epsilon=1e-4)
    system = qgd.encode(history, structure="structured", encodings={1: loose})
    block = system.encoding.block()
    assert system.encoding.epsilon == pytest.approx(2e-4)
    assert np.linalg.norm(np.linalg.inv(block), 2) <= system.inverse_norm_bound * (1 + 1e-9)
    assert padded_inverse_norm(history, (one,)) <= system.inverse_norm_bound
    forced = qgd.carleman(qgd.PolynomialMap([[0.3], [[-0.4]], [[0.1]]]), 2)
    shifted = qgd.history_system(forced, [1.0], 2, 0)
    whole = qgd.encode(shifted, structure="structured").encoding.block()
    assert np.linalg.norm(np.linalg.inv(whole), 2) <= padded_inverse_norm(shifted, (forced.source,))
    several = descent(3, 2, 2, 1, forced=True, several=True)
    maps = tuple(step.source for step in several.steps)
    whole = qgd.encode(several, structure="structured").encoding.block()
    assert np.linalg.norm(np.linalg.inv(whole), 2) <= padded_inverse_norm(several, maps)


def test_unused_states_of_a_first_order_encoding_may_be_worse_than_used_ones():
    one = qgd.PolynomialMap([[0.0], [[-0.5]]])
    history = qgd.history_system(qgd.carleman(one, 1, form="first_order"), [1.0], 5, 0)
    block = qgd.encode(history, structure="structured").encoding.block()
    worst = np.linalg.norm(np.linalg.inv(block), 2)
    assert history.inverse_norm_bound < worst <= padded_inverse_norm(history, (one,)) * (1 + 1e-9)
    loose = replace(qgd.dilation([[-0.5, 0], [0, 0]]), epsilon=1e-3)
    system = qgd.encode(history, structure="structured", encodings={1: loose})
    assert system.inverse_norm_bound >= worst * (1 - 1e-9)


def test_unused_states_of_an_exact_encoding_are_bounded_by_the_used_ones():
    history = descent(3, 2, 2, 2)
    block = qgd.encode(history, structure="structured").encoding.block()
    assert np.linalg.norm(np.linalg.inv(block), 2) <= history.inverse_norm_bound * (1 + 1e-9)


def test_cheapest_encodings_of_the_coefficients_serve_as_calls():
    ring = [[-0.4, 0.1, 0, 0.1], [0.1, -0.4, 0.1, 0], [0, 0.1, -0.4, 0.1], [0.1, 0, 0.1, -0.4]]
    step = qgd.PolynomialMap([[0.0] * 4, ring])
    history = qgd.history_system(qgd.carleman(step, 2, form="first_order"), np.ones(4), 2, 1)
    calls = qgd.cheapest_encodings(step, epsilon=1e-6)
    system = qgd.encode(history, structure="structured", encodings=calls)
    encoding, A = system.encoding, history.matrix
    v = np.random.default_rng(0).normal(size=A.shape[0])
    state = np.zeros((2**encoding.num_ancillas, encoding.dimension))
    state[0] = system.pad(v)
    moved = encoding.alpha * encoding.apply(state)[0]
    allowed = encoding.epsilon * np.linalg.norm(v) + 1e-12
    assert np.linalg.norm(moved - system.pad(A @ v)) <= allowed
    assert encoding.alpha == pytest.approx(2 + 2 * calls[1].alpha)


def test_pickled_systems_are_encoded_again():
    system = qgd.encode(descent(2, 2, 2, 1), structure="structured")
    other = pickle.loads(pickle.dumps(system))
    assert other.structure == "structured"
    assert other.encoding.alpha == system.encoding.alpha
    assert other.prepare(0).num_qubits == system.prepare(0).num_qubits
    assert_allclose(other.rhs, system.rhs)


def test_solve_runs_on_structured_systems():
    flow = qgd.PolynomialMap([[0.1], [[-0.2]], [[-0.05]]])
    kinds = ("structured", "dilation")
    answers = [qgd.solve(flow, [0.0], 2, order=2, structure=kind) for kind in kinds]
    assert_allclose(answers[0].value, answers[1].value, atol=1e-6)
    assert answers[0].details["alpha"] > answers[1].details["alpha"]
    line = next(b for b in answers[0].budget.lines if b.stage == "encoding")
    assert line.source == "structured encoding, exact"


def test_bad_input_is_named_and_the_remedies_work():
    one = qgd.PolynomialMap([[0.1], [[-0.2]]])
    symmetric = qgd.history_system(qgd.carleman(one, 2, basis="symmetric"), [0.5], 2, 0)
    with pytest.raises(ValueError, match="got steps of form 'exact' in the symmetric basis"):
        qgd.encode(symmetric, structure="structured")
    with pytest.raises(ValueError, match="got a DenseSystem"):
        qgd.encode(DenseSystem(symmetric.matrix, symmetric.rhs, 2.0), structure="structured")
    with pytest.raises(ValueError, match="`structure` must be"):
        qgd.encode(symmetric, structure="sparse")
    with pytest.raises(ValueError, match="pass structure='structured' or leave them out"):
        qgd.encode(symmetric, encodings={})
    kronecker = qgd.history_system(qgd.carleman(one, 2), [0.5], 2, 0)
    assert qgd.encode(kronecker, structure="structured", encodings={}).structure == "structured"
