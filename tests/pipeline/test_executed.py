"""The whole chain on circuits that are run: noiseless, compiled to Clifford + T, and with noise."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.providers.fake_provider import GenericBackendV2

import qgd
from qgd.pipeline.source import ExecutedSource

STEP = qgd.PolynomialMap([[0.3], [[-0.4]]])
TRUTH = qgd.iterate(STEP, [0.0], 1)[-1]


def solve(solver, backend, readout=None, **options):
    readout = qgd.Sampling(20_000, rng=3) if readout is None else readout
    return qgd.solve(
        STEP, [0.0], 1, order=1, padding=0, solver=solver, readout=readout, backend=backend,
        **options,
    )  # fmt: skip


def line(solution: qgd.Solution, stage: str) -> qgd.Bound:
    return next(found for found in solution.budget.lines if found.stage == stage)


@pytest.mark.parametrize(
    "solver",
    [qgd.QSVT(0.5), qgd.LCU(1.0), qgd.KernelReflection(3.0, norm=0.8)],
    ids=lambda s: type(s).__name__,
)
def test_circuits_give_what_emulated_outcomes_give(solver):
    executed = solve(solver, qgd.Execution())
    emulated = solve(solver, None)
    assert abs(executed.value - TRUTH) <= executed.budget.total().value
    noise = line(executed, "readout").value + line(emulated, "readout").value
    assert np.abs(executed.value - emulated.value) <= noise
    assert line(executed, "execution").value == 0
    assert line(executed, "execution").kind is qgd.Kind.MEASURED


def test_a_mapping_of_sign_and_sparse_tomography_run_on_circuits_too():
    step = qgd.PolynomialMap([[-0.3], [[-0.4]]])
    solution = qgd.solve(
        step, [0.0], 1, order=1, padding=0, solver=qgd.QSVT(0.5), backend=qgd.Execution(),
        readout=qgd.SparseTomography(1, 0.02),
    )  # fmt: skip
    assert solution.value[0] < 0
    assert abs(solution.value[0] + 0.3) <= solution.budget.total().value


def test_error_of_clifford_and_t_is_a_line_and_widens_what_is_taken_for_a_sign():
    epsilon = 0.02
    solution = solve(qgd.LCU(1.0), qgd.Execution(basis="clifford+t", epsilon=epsilon))
    compiled = line(solution, "compilation")
    assert (compiled.kind, compiled.theorem) == (
        qgd.Kind.PROVED,
        "15-measurement.md#Theorem 15.1",
    )
    assert compiled.value > 0
    assert abs(solution.value - TRUTH) <= solution.budget.total().value
    system = qgd.encode(qgd.history_system(qgd.carleman(STEP, 1), [0.0], 1, 0))
    source = ExecutedSource(
        qgd.LCU(1.0), system, qgd.Execution(basis="clifford+t", epsilon=epsilon)
    )
    plain = source.solved.state
    assert source.state().error == pytest.approx(plain.error + plain.scale * epsilon)


def test_noise_is_measured_beside_the_emulated_state_and_the_budget_covers_the_truth():
    aer = pytest.importorskip("qiskit_aer")
    noise = pytest.importorskip("qiskit_aer.noise")
    model = noise.NoiseModel()
    model.add_all_qubit_quantum_error(noise.depolarizing_error(0.002, 2), ["cx"])
    solution = solve(qgd.QSVT(0.3), aer.AerSimulator(noise_model=model))
    assert line(solution, "execution").value > 0.02
    assert abs(solution.value - TRUTH) <= solution.budget.total().value
    assert "aer_simulator" in line(solution, "execution").source


def test_a_backend_with_too_few_qubits_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"`backend` must have at least \d+ qubits .*, got 3"):
        solve(qgd.LCU(1.0), GenericBackendV2(3))


def test_readouts_of_amplitudes_and_executors_do_not_go_with_a_backend():
    for readout in (qgd.FinalState(), qgd.AmplitudeEstimation([1.0], 0.1)):
        with pytest.raises(ValueError, match="`readout` must be Sampling or SparseTomography"):
            solve(qgd.LCU(1.0), qgd.Execution(), readout)
    with pytest.raises(ValueError, match="`executor` must be left out with a backend"):
        solve(qgd.FourierLCU(1.0), qgd.Execution(), executor=map)


def test_a_structured_history_is_read_with_its_joint_preparation():
    solution = qgd.solve(
        STEP, [0.0], 1, order=1, padding=0, structure="structured", solver=qgd.QSVT(0.5),
        readout=qgd.Sampling(20_000, rng=3), backend=qgd.Execution(),
    )  # fmt: skip
    assert abs(solution.value - TRUTH) <= solution.budget.total().value
    assert line(solution, "execution").value == 0
