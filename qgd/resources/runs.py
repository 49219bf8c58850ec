"""One coherent run of a solver, counted from its parts: each is compiled once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from qgd.core.bound import Kind
from qgd.core.resources import GateCount
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.gates import negate_ones
from qgd.resources.gate_counts import count_gates
from qgd.resources.instance import Instance, with_kappa
from qgd.solvers.augmented import augmented_encoding, augmented_preparation
from qgd.solvers.eigenstate_filter import filter_error, least_filter_degree
from qgd.solvers.interface import LinearSolver
from qgd.solvers.inverse_polynomial import inverse_chebyshev, largest_value, least_inverse_degree
from qgd.solvers.lcu import LCU
from qgd.solvers.norm_search import NormInterval, search_norm
from qgd.solvers.qsvt import LARGEST_AMPLITUDE, QSVT, projector_phase
from qgd.solvers.shortcut import COARSE, KernelReflection, filter_accuracy

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_ANGLE = 0.7310585  # stands for any angle that has to be synthesised
_EXACT_DEGREE = 20_001  # up to which a polynomial is written down for its largest value


@dataclass(frozen=True)
class Run:
    """One coherent run.

    Parameters
    ----------
    calls, preparations : int
        Uses of the block encoding and of the preparation of b, adjoints included.
    qubits : int
        Added to system, ancillas and work qubits of the encoding.
    amplitude : float
        Of the solution where all flags read 0; a lower bound for kernel reflection.
    kind : Kind
        How `calls` and the gain in `amplitude` are known.
    gates : GateCount
        Of the whole run.
    preliminary_calls : int
        Calls before the first run, such as a norm search.
    detail : str
        For the table.
    """

    calls: int
    preparations: int
    qubits: int
    amplitude: float
    kind: Kind
    gates: GateCount
    preliminary_calls: int = 0
    detail: str = ""


@singledispatch
def count_run(solver: LinearSolver, instance: Instance, *, gates: bool = True) -> Run:
    """Count one coherent run of a solver; `instance` replaces the system it would be given.

    Parameters
    ----------
    solver : QSVT, LCU or KernelReflection
        With the absolute error of X^-1 b^ as `epsilon`.
    instance : Instance
        Of which `kappa` holds unless the solver has its own.
    gates : bool
        Whether circuits are built to count their gates; else there are none in the record.

    Raises
    ------
    TypeError
        For another solver: its parts are not known here.
    """
    raise TypeError(
        f"`solver` must be QSVT, LCU or KernelReflection, got {type(solver).__name__}; "
        "build its circuit and count that"
    )


@count_run.register
def _(solver: QSVT, instance: Instance, *, gates: bool = True) -> Run:
    instance = with_kappa(instance, solver.kappa)
    degree = least_inverse_degree(instance.kappa, solver.epsilon)
    largest, kind = _sampled(instance.kappa, solver.epsilon, largest_value)
    gain = LARGEST_AMPLITUDE / largest
    return Run(
        degree, 1, 1, min(1.0, gain * instance.relative_norm), kind,
        _qsvt_gates(instance, degree) if gates else GateCount(), detail=f"QSVT degree {degree}",
    )  # fmt: skip


def _qsvt_gates(instance: Instance, degree: int) -> GateCount:
    n, a, w = _sizes(instance)
    width = n + a + 1 + w
    ancillas, real = list(range(n, n + a)), n + a
    work = list(range(real + 1, width))
    phase = _circuit(width)
    projector_phase(phase, _ANGLE, ancillas, real, work)
    call = count_gates(_call(instance, width, [*range(n + a), *work]))
    prepared = count_gates(_preparation(instance, width, [*range(n), *work]))
    return prepared + degree * call + (degree + 1) * count_gates(phase) + GateCount(depth=6)


@count_run.register
def _(solver: LCU, instance: Instance, *, gates: bool = True) -> Run:
    instance = with_kappa(instance, solver.kappa)
    degree = least_inverse_degree(instance.kappa, solver.epsilon)
    if solver.series != "optimal":
        raise ValueError(
            f"`solver.series` must be 'optimal' to be counted, got {solver.series!r}; the optimal "
            "series is the shorter one"
        )
    total, kind = _sampled(instance.kappa, solver.epsilon, lambda c: float(np.abs(c).sum()))
    terms = (degree + 1) // 2
    index = max(1, (terms - 1).bit_length())
    amplitude = min(1.0, instance.relative_norm / total)
    return Run(
        2 ** (index + 1) - 1, 1, index, amplitude, kind,
        _lcu_gates(instance, index) if gates else GateCount(),
        detail=f"LCU of {terms} Chebyshev terms",
    )  # fmt: skip


def _lcu_gates(instance: Instance, index: int) -> GateCount:
    n, a, w = _sizes(instance)
    width = n + a + index + w
    ancillas, control = list(range(n, n + a)), n + a
    work = list(range(n + a + index, width))
    reflect = _circuit(width)
    reflect.x(ancillas)
    negate_ones(reflect, [*ancillas, control])
    reflect.x(ancillas)
    calls = 2 ** (index + 1) - 1
    # Multiplexed rotations: one angle for each amplitude but one, and as many CNOTs on the way.
    size = 2**index
    weights = GateCount(cx=size - 2, rotations=size - 1, depth=4 * size)
    return (
        count_gates(_preparation(instance, width, [*range(n), *work]))
        + calls * count_gates(_call(instance, width, [*range(n + a), *work]))
        + (calls - 1) * count_gates(reflect)
        + 2 * weights
    )


@count_run.register
def _(solver: KernelReflection, instance: Instance, *, gates: bool = True) -> Run:
    instance = with_kappa(instance, solver.kappa)
    kappa, norm = instance.kappa, instance.relative_norm
    interval = NormInterval(max(1.0, norm / 2), min(kappa, 2 * norm))
    error = filter_accuracy(solver.epsilon, interval)
    degree = least_filter_degree(kappa, error)
    gain = LARGEST_AMPLITUDE / (1 + 2 * filter_error(kappa, degree))
    rho = interval.spread
    amplitude = gain * max(0.0, 2 * rho / (1 + rho * rho) - 2 * error)  # Theorem 12.3
    search = 0 if solver.norm is not None else _search_calls(kappa, norm, solver)
    extra = 2 + (instance.encoding.num_ancillas == 0)
    return Run(
        degree, degree, extra, amplitude, Kind.PROVED,
        _reflection_gates(instance, degree) if gates else GateCount(),
        search, f"reflection degree {degree}, norm search {search} calls",
    )  # fmt: skip


def _reflection_gates(instance: Instance, degree: int) -> GateCount:
    """Gates of `reflection_circuit`, part by part."""
    encoding = augmented_encoding(instance.encoding, math.cos(_ANGLE))
    n, a, w = encoding.num_system, encoding.num_ancillas, encoding.num_work
    width = n + a + 1 + w
    ancillas, real = list(range(n, n + a)), n + a
    work = list(range(real + 1, width))
    phase, reflect, call, prepared = (_circuit(width) for _ in range(4))
    projector_phase(phase, _ANGLE, ancillas, real, work)
    projector_phase(reflect, _ANGLE, [*range(n), *ancillas], real, work)
    reflect.rz(_ANGLE, real)
    call.compose(encoding.circuit, [*range(n + a), *work], inplace=True)
    prepare = augmented_preparation(instance.prepare(1), n - 1)(0)
    prepared.compose(prepare, [*range(n), *work][: prepare.num_qubits], inplace=True)
    return (
        degree * count_gates(call)
        + (degree + 1) * count_gates(phase)
        + degree // 2 * count_gates(reflect)
        + degree * count_gates(prepared)
        + GateCount(depth=7)
    )


def _search_calls(kappa: float, norm: float, solver: KernelReflection) -> int:
    """Calls of one norm search under the ideal law of its outcomes; its length is random."""
    coarse = least_filter_degree(kappa, COARSE)
    gain = LARGEST_AMPLITUDE / (1 + 2 * filter_error(kappa, coarse))

    def probabilities(t: float) -> tuple[float, float]:
        double = 2 * math.atan(norm / t)
        return (gain * math.sin(double)) ** 2, (gain * math.cos(double)) ** 2

    found = search_norm(
        probabilities, kappa, gain=gain, error=filter_error(kappa, coarse),
        confidence=solver.confidence, rng=np.random.default_rng(solver.rng),
    )  # fmt: skip
    return found.runs * coarse


def _sampled(
    kappa: float, epsilon: float, size: Callable[[np.ndarray], float]
) -> tuple[float, Kind]:
    """A size of the polynomial for 1/x, which is proportional to kappa at fixed epsilon / kappa.

    Beyond a degree of 20 000 the factor is that of a smaller kappa with the same ratio.
    """
    degree = least_inverse_degree(kappa, epsilon)
    if degree <= _EXACT_DEGREE:
        return size(inverse_chebyshev(kappa, degree)), Kind.PROVED
    smaller = max(2.0, kappa * _EXACT_DEGREE / (2 * degree))
    similar = least_inverse_degree(smaller, epsilon * smaller / kappa)
    return size(inverse_chebyshev(smaller, similar)) * kappa / smaller, Kind.ESTIMATED


def amplification(amplitude: float) -> tuple[int, float]:
    """Rounds m of standard amplification with the fewest calls per success, and sin^2 after them.

    Each round is two more runs: (2 m + 1) / sin^2((2 m + 1) theta) is least near tan(x) = 2 x,
    x = (2 m + 1) theta = 1.1656.
    """
    theta = math.asin(min(1.0, amplitude))
    guess = (1.16556 / theta - 1) / 2
    rounds = {max(0, math.floor(guess)), max(0, math.ceil(guess))}
    best = min(rounds, key=lambda m: (2 * m + 1) / math.sin((2 * m + 1) * theta) ** 2)
    return best, math.sin((2 * best + 1) * theta) ** 2


def reflections(encoding: BlockEncoding, run: Run) -> GateCount:
    """The two reflections of a round: about what is wanted, and about the start of all qubits."""
    width = encoding.num_qubits + run.qubits
    circuit = _circuit(width)
    used = list(range(encoding.num_system + encoding.num_ancillas + run.qubits))
    circuit.x(used)
    negate_ones(circuit, used)
    circuit.x(used)
    return 2 * count_gates(circuit)


def _sizes(instance: Instance) -> tuple[int, int, int]:
    encoding = instance.encoding
    return encoding.num_system, encoding.num_ancillas, encoding.num_work


def _circuit(width: int) -> QuantumCircuit:
    from qiskit import QuantumCircuit

    return QuantumCircuit(width)


def _call(instance: Instance, width: int, qubits: Sequence[int]) -> QuantumCircuit:
    circuit = _circuit(width)
    circuit.compose(instance.encoding.circuit, qubits, inplace=True)
    return circuit


def _preparation(instance: Instance, width: int, qubits: Sequence[int]) -> QuantumCircuit:
    prepare = instance.prepare(0)
    circuit = _circuit(max(width, prepare.num_qubits))
    both = [*qubits, *range(width, circuit.num_qubits)]
    circuit.compose(prepare, both[: prepare.num_qubits], inplace=True)
    return circuit
