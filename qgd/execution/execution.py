"""Circuits on samplers and backends, through Qiskit's primitives V2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.primitives import BackendSamplerV2, BaseSamplerV2, StatevectorSampler
from qiskit.providers import BackendV2

from qgd.core.arrays import IntArray
from qgd.core.checks import check_integer, check_memory
from qgd.execution.compilation import Basis, CompiledCircuit, compile_circuit

# Amplitudes are complex numbers in double precision; a simulator holds about two copies, and the
# probabilities of all outcomes.
_BYTES = 48.0


@dataclass(frozen=True, eq=False)
class Execution:
    """Run circuits and count outcomes, on a simulator or on a device.

    Every circuit is compiled first (`compile_circuit`), whatever it is nested of: the transpiler
    would miscompile it with its default, and Aer dies on the inverse of a state preparation.

    Parameters
    ----------
    backend : BackendV2, BaseSamplerV2 or None
        Where the circuits run: any backend or simulator (``AerSimulator(noise_model=...)``), any
        sampler of the primitives V2, or None for Qiskit's exact ``StatevectorSampler``.
    basis : str
        As for `compile_circuit`; a backend then gets its own gates from these.
    epsilon : float, optional
        For ``"clifford+t"``: spectral-norm error of every circuit.
    seed : int, optional
        Seed of the exact sampler, and of a backend's simulator where it has one; None draws
        one for every run from the generator of the readout.

    Raises
    ------
    TypeError
        If `backend` is neither of the three.

    Examples
    --------
    >>> circuit = QuantumCircuit(2)
    >>> _ = circuit.h(0), circuit.cx(0, 1)
    >>> counts = Execution(seed=1).counts(circuit, 1000)
    >>> counts[1], counts[2], counts.sum()
    (np.int64(0), np.int64(0), np.int64(1000))
    """

    backend: Any = None
    basis: Basis = "rotations"
    epsilon: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.backend is not None and not isinstance(self.backend, (BackendV2, BaseSamplerV2)):
            raise TypeError(
                "`backend` must be a BackendV2 or a sampler of the primitives V2, got "
                f"{type(self.backend).__name__}; leave it out for the exact sampler"
            )

    @property
    def error(self) -> float:
        """Bound of the spectral-norm error of every circuit (Theorem 15.1): 0 for rotations."""
        return 0.0 if self.epsilon is None else self.epsilon

    @property
    def name(self) -> str:
        """Of the backend, for the error budget."""
        if isinstance(self.backend, BackendV2):
            return str(self.backend.name)
        return "StatevectorSampler" if self.backend is None else type(self.backend).__name__

    def compile(self, circuit: QuantumCircuit) -> CompiledCircuit:
        """The circuit as it is run, before the backend's own gates and couplings.

        Raises
        ------
        ValueError
            If the backend has too few qubits, or the basis and epsilon do not fit.
        QGDError
            If a simulator would not fit into the memory of this machine (nothing is allocated).
        """
        self._check_size(circuit.num_qubits)
        return compile_circuit(circuit, self.basis, self.epsilon)

    def counts(self, circuit: QuantumCircuit, shots: int, seed: int | None = None) -> IntArray:
        """Counts of all outcomes, by the number of the basis state: shape (2**num_qubits,).

        Parameters
        ----------
        circuit : QuantumCircuit
            Without measurements; all qubits are measured at its end.
        shots : int
            At least 1.
        seed : int, optional
            Used where `self.seed` is None.
        """
        check_integer("shots", shots, 1)
        measured = self.compile(circuit).circuit
        measured.measure_all()
        sampler, measured = self._sampler(measured, self.seed if self.seed is not None else seed)
        data = sampler.run([measured], shots=shots).result()[0].data
        found = np.zeros(2**circuit.num_qubits, dtype=np.int64)
        for outcome, number in data.meas.get_int_counts().items():
            found[outcome] += number
        return found

    def _sampler(self, measured: QuantumCircuit, seed: int | None) -> tuple[Any, QuantumCircuit]:
        if self.backend is None:
            return StatevectorSampler(seed=seed), measured
        device = self._device()
        if device is None:
            return self.backend, measured
        routed = transpile(
            measured, device, optimization_level=1, qubits_initially_zero=False, seed_transpiler=0
        )
        if device is not self.backend:
            return self.backend, routed
        # Only simulators are known to take a seed.
        simulated = type(self.backend).__name__ in ("AerSimulator", "GenericBackendV2")
        options = {"seed_simulator": seed} if simulated and seed is not None else {}
        return BackendSamplerV2(backend=self.backend, options=options), routed

    def _device(self) -> BackendV2 | None:
        """The backend itself, or the one behind a sampler that says which it is."""
        found = self.backend
        if isinstance(found, BaseSamplerV2):
            found = getattr(found, "backend", None)
            found = found() if callable(found) else found
        return found if isinstance(found, BackendV2) else None

    def _check_size(self, num_qubits: int) -> None:
        limit = getattr(self._device(), "num_qubits", None)
        simulated = self.backend is None or type(self.backend).__module__.startswith("qiskit_aer")
        if simulated:
            check_memory(
                _BYTES * 2.0**num_qubits,
                f"a simulator of {num_qubits} qubits",
                "lower the order or the number of steps, or use a backend that is a device",
            )
        if limit is not None and limit < num_qubits:
            raise ValueError(
                f"`backend` must have at least {num_qubits} qubits for this circuit, got {limit}; "
                "choose a larger one, or lower the order or the number of steps"
            )
        if not simulated:
            check_memory(
                8.0 * 2.0**num_qubits,
                f"a table of the outcomes of {num_qubits} qubits",
                "lower the order or the number of steps",
            )


def as_execution(backend: Any) -> Execution | None:
    """What `solve` accepts: an `Execution`, something that one runs on, or None for emulation."""
    if backend is None or isinstance(backend, Execution):
        return backend
    return Execution(backend)
