"""Running circuits on samplers, simulators with noise, and backends."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import StatePreparation
from qiskit.primitives import BackendSamplerV2
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import Statevector

import qgd

SHOTS = 20_000


def circuit() -> QuantumCircuit:
    """Asymmetric in its qubits, with the inverse of a state preparation (Aer dies on a raw one)."""
    vector = np.arange(1, 5.0) / np.sqrt(30)
    found = QuantumCircuit(3)
    found.h(0)
    found.append(StatePreparation(vector).inverse(), [0, 1])
    found.cry(0.4, 0, 2)
    return found


def deviation(execution: qgd.Execution) -> float:
    counts = execution.counts(circuit(), SHOTS)
    assert counts.sum() == SHOTS
    return float(np.abs(counts / SHOTS - Statevector(circuit()).probabilities()).max())


def test_exact_sampler_counts_every_basis_state_by_its_number():
    assert deviation(qgd.Execution(seed=1)) < 0.015
    flipped = QuantumCircuit(3)
    flipped.x(2)
    assert qgd.Execution(seed=1).counts(flipped, 10)[4] == 10


def test_aer_runs_inverted_preparations_and_shows_noise_that_is_asked_for():
    aer = pytest.importorskip("qiskit_aer")
    noise = pytest.importorskip("qiskit_aer.noise")
    primitives = pytest.importorskip("qiskit_aer.primitives")
    assert deviation(qgd.Execution(aer.AerSimulator(), seed=1)) < 0.015
    assert deviation(qgd.Execution(primitives.SamplerV2(seed=1))) < 0.015
    model = noise.NoiseModel()
    model.add_all_qubit_quantum_error(noise.depolarizing_error(0.2, 2), ["cx"])
    assert deviation(qgd.Execution(aer.AerSimulator(noise_model=model), seed=1)) > 0.05
    options = {"backend_options": {"noise_model": model}}
    assert deviation(qgd.Execution(primitives.SamplerV2(seed=1, options=options))) > 0.05


def test_backends_with_couplings_return_outcomes_in_the_order_of_the_circuit():
    backend = GenericBackendV2(5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=1)
    assert deviation(qgd.Execution(backend, seed=1)) < 0.03
    assert deviation(qgd.Execution(BackendSamplerV2(backend=backend))) < 0.03


def test_clifford_and_t_circuits_run_and_state_their_error():
    execution = qgd.Execution(basis="clifford+t", epsilon=1e-2, seed=1)
    assert deviation(execution) < 0.03
    assert (execution.error, qgd.Execution().error) == (1e-2, 0.0)


def test_seeds_repeat_a_run_and_a_run_without_one_takes_the_readouts():
    execution = qgd.Execution(seed=7)
    one, two = (execution.counts(circuit(), 100, seed=k) for k in (1, 2))
    assert (one == two).all()
    one, two = (qgd.Execution().counts(circuit(), 100, seed=k) for k in (1, 2))
    assert (one != two).any()


def test_too_small_a_backend_is_refused_with_both_numbers_and_a_larger_one_works():
    with pytest.raises(ValueError, match=r"`backend` must have at least 3 qubits .* got 2"):
        qgd.Execution(GenericBackendV2(2)).counts(circuit(), 10)
    with pytest.raises(ValueError, match="got 2"):
        qgd.Execution(BackendSamplerV2(backend=GenericBackendV2(2))).counts(circuit(), 10)
    assert qgd.Execution(GenericBackendV2(3)).counts(circuit(), 10).sum() == 10


def test_a_simulator_over_the_memory_is_refused_before_it_is_allocated():
    with pytest.raises(qgd.QGDError, match=r"a simulator of 70 qubits needs .*iB") as error:
        qgd.Execution().counts(QuantumCircuit(70), 10)
    assert error.value.outcome is qgd.Outcome.TOO_LARGE


def test_what_is_no_backend_is_named():
    with pytest.raises(TypeError, match=r"`backend` must be a BackendV2 or a sampler .* got str"):
        qgd.Execution("aer")
    with pytest.raises(ValueError, match="`shots` must be at least 1"):
        qgd.Execution().counts(circuit(), 0)
