"""An estimate is the count of what would run, at sizes that cannot."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qgd
from qgd.core.bound import Kind
from qgd.readout.interface import restoring_factor
from qgd.resources.gate_counts import count_gates, t_count

STEP = qgd.PolynomialMap([[0.0], [[-0.3]], [[0.1]]])
TERMS = [(-1.1, [0]), (0.5, [1]), (0.5, [-1]), (-0.4, [0, 1]), (0.4, [0, -1])]


def sparse_start() -> qgd.SparseVector:
    return qgd.SparseVector(np.array([5]), np.array([0.5]))


def test_estimate_is_the_count_of_the_circuit_that_would_run():
    solver = qgd.QSVT()
    found = qgd.estimate_resources(
        STEP, [0.5], 1, padding=0, solver=solver, amplify=False, relative_error=0.9
    )
    history = qgd.history_system(qgd.carleman(STEP, 2), [0.5], 1, 0)
    system = qgd.encode(history, structure="structured")
    assert found.alpha == pytest.approx(system.encoding.alpha)
    assert found.kappa.value >= system.kappa_bound - 1e-9
    x_T = np.linalg.norm(history.final(np.linalg.solve(history.matrix.toarray(), history.rhs)))
    epsilon = 0.45 * x_T * system.encoding.alpha / system.rhs_norm
    circuit = qgd.QSVT(epsilon, kappa=found.kappa.value).circuit(system)
    assert circuit.num_qubits + 1 == found.resources.qubits  # one for the signs
    labels = [step.operation.label or "" for step in circuit.data]
    calls = sum(label.startswith("U_L") for label in labels)
    assert found.resources.block_encoding_calls == calls
    whole = t_count(count_gates(circuit), found.synthesis_error)
    assert found.t_count == pytest.approx(whole, rel=0.02)


def test_the_error_that_is_asked_for_suffices_and_the_success_is_that_of_a_run():
    found = qgd.estimate_resources(STEP, [0.05], 6, amplify=False, relative_error=1e-3)
    history = qgd.history_system(qgd.carleman(STEP, 2), [0.05], 6)
    system = qgd.encode(history, structure="structured")
    x_T = history.final(np.linalg.solve(history.matrix.toarray(), history.rhs))
    calls = found.resources.block_encoding_calls
    epsilon = qgd.inverse_error(found.kappa.value, calls)
    solver = qgd.QSVT(epsilon, kappa=found.kappa.value, level="polynomial")
    solved = solver.prepare(system)
    assert solved.cost.block_encoding_calls == calls
    error = np.linalg.norm(history.final(solved.state.solution) - x_T)
    assert error <= 5e-4 * np.linalg.norm(x_T)
    proved = restoring_factor(history, solved.bound.value)
    assert proved == pytest.approx(5e-4 * np.linalg.norm(x_T), rel=0.05)
    window = solved.state.amplitudes.reshape(history.num_times, -1)[6:, 0]
    kept = float(np.linalg.norm(window) ** 2)
    assert found.success_probability == pytest.approx(kept, rel=0.01)
    assert found.resources.shots == math.ceil(1 / (1e-6 * found.success_probability))


def test_a_million_steps_of_two_to_the_thirty_variables_are_counted():
    problem = qgd.Stencil(2**30, TERMS)
    found = qgd.estimate_resources(
        problem, sparse_start(), 10**6, order=3, step_size=0.1, scale=0.1, final_norm=0.4,
        solver=qgd.KernelReflection(),
    )  # fmt: skip
    assert found.kappa.kind is Kind.PROVED
    assert found.resources.qubits > 3 * 30 + 20
    assert found.resources.preliminary_calls > 0
    assert math.isfinite(found.total_t_count)
    assert "PROVED" in str(found)


def test_gates_of_a_call_are_linear_in_the_logarithm_of_the_variables():
    gates = []
    for q in (8, 12, 16):
        found = qgd.estimate_resources(
            qgd.Stencil(2**q, TERMS), sparse_start(), 4, step_size=0.1, scale=0.1,
            final_norm=0.4, amplify=False,
        )  # fmt: skip
        gates.append(found.resources.gates.toffoli / found.resources.block_encoding_calls)
    assert gates[2] - gates[1] == pytest.approx(gates[1] - gates[0], rel=0.02)


def test_amplification_needs_fewer_calls_in_all_where_success_is_rare():
    few, many = (
        qgd.estimate_resources(STEP, [0.5], 30, padding=0, amplify=a) for a in (True, False)
    )
    assert few.resources.total_calls < many.resources.total_calls / 2
    assert few.success_probability > 0.7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step_size": None}, "`step_size` must be given for a Stencil"),
        ({"order": 0}, "`order` must be at least 1"),
        ({"num_steps": 0}, "`num_steps` must be at least 1"),
        ({"final_norm": None}, "`final_norm` must be given where a trajectory has"),
        ({"final_norm": 0.6}, "`final_norm` must be at most"),
        ({"scale": 10.0}, "or lower `scale` or `step_size`"),
        ({"relative_error": 1.5}, "`relative_error` must be less than 1"),
        ({"support": 0}, "`support` must be at least 1"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(change, message):
    arguments = {
        "num_steps": 10, "order": 2, "step_size": 0.1, "scale": 0.1, "final_norm": 0.4, **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        qgd.estimate_resources(qgd.Stencil(2**30, TERMS), sparse_start(), **arguments)


def test_divergence_is_refused_with_a_remedy_that_works():
    growing = qgd.PolynomialMap([[0.0], [[0.5]], [[0.1]]])
    with pytest.raises(ValueError, match="`num_steps` must be small enough"):
        qgd.estimate_resources(growing, [1e-9], 10_000, final_norm=None)
    assert qgd.estimate_resources(growing, [1e-9], 4).kappa.value > 4


def test_starts_outside_of_the_variables_and_steps_of_maps_are_refused():
    outside = qgd.SparseVector(np.array([9]), np.array([1.0]))
    with pytest.raises(ValueError, match="`x0` must have entries from 0 to 7"):
        qgd.estimate_resources(qgd.Stencil(8, TERMS), outside, 4, step_size=0.1)
    with pytest.raises(ValueError, match="`x0` must not be zero"):
        qgd.estimate_resources(STEP, [0.0], 4)
    with pytest.raises(ValueError, match="`step_size` must be left out for a PolynomialMap"):
        qgd.estimate_resources(STEP, [0.5], 4, step_size=0.1)
