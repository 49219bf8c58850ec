"""What a linear solver promises, and the parts that all solvers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from qiskit import AncillaRegister, QuantumCircuit
from qiskit.quantum_info import Statevector
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from qgd.core.arrays import Array, RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_choice, check_kappa, check_memory, check_real
from qgd.core.parallel import Workers
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.embedding.history_operator import LiftedOperator
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.linear_system import EncodedSystem

Level = Literal["auto", "gate", "block", "polynomial"]
LEVELS = ("auto", "gate", "block", "polynomial")
_BLOCK_WORK = 1e10
_DENSE = 1500

Product = Callable[[RealArray], RealArray]


@dataclass(frozen=True, eq=False)
class SolvedState:
    """What a solver leaves behind for a readout.

    Parameters
    ----------
    state : FlaggedState
        Amplitudes of the (unpadded) solution register where all flags are zero, and the factor
        that restores the norm.
    bound : Bound
        ``stage = "inversion"``: ||scale * amplitudes - A^-1 b||_2.
    cost : Cost
        Qubits and calls of one coherent run.
    kappa : float
        The condition number alpha / sigma_min that was assumed.
    level : str
        Level of fidelity that produced the amplitudes.
    """

    state: FlaggedState
    bound: Bound
    cost: Cost
    kappa: float
    level: str


@runtime_checkable
class LinearSolver(Protocol):
    """Contract of a solver of A z = b.

    1. It reads the encoding, the right-hand side and the bound of ||A^-1||; never a solution.
    2. Norm, sign and success probability are in the returned amplitudes and nowhere else, unless
       the state says `scale_is_known=False`: its scale is then read from the same run.
    3. All levels of fidelity give the same amplitudes to 1e-10 wherever they run.
    4. The returned bound holds for the vector scale * amplitudes in the Euclidean norm.
    5. `with_epsilon` returns the same solver with another accuracy on [1 / kappa, 1].
    """

    def prepare(self, system: EncodedSystem) -> SolvedState: ...

    def circuit(self, system: EncodedSystem) -> QuantumCircuit: ...

    def with_epsilon(self, epsilon: float) -> LinearSolver: ...


@runtime_checkable
class ParallelSolver(LinearSolver, Protocol):
    """A solver that is a sum of independent terms, such as the nodes of an LCU.

    6. `prepare_in_parts` returns what `prepare` returns, to rounding, with the terms in parts on an
       executor (see `qgd.core.parallel.map_unordered`); the executor leaves no trace in a digit.
    """

    def prepare_in_parts(self, system: EncodedSystem, executor: Workers) -> SolvedState: ...


def resolve_kappa(kappa: float | None, system: EncodedSystem) -> tuple[float, Kind, Assumption]:
    """Choose or check the condition number a solver works with.

    Without a wish the proved bound of the system is taken. A smaller wish is checked against
    alpha / sigma_min: exactly by singular values up to dimension 1500, beyond by Lanczos, whose
    value is a lower bound of the truth, so that acceptance is then an estimate.

    Raises
    ------
    ValueError
        If `kappa` is below alpha / sigma_min; the message contains the number that is needed.
    """
    proved = system.kappa_bound
    if kappa is None:
        return max(1.0, proved), Kind.PROVED, Assumption("kappa >= alpha / sigma_min", True, proved)
    check_real("kappa", kappa, at_least=1)
    if kappa >= proved:
        return float(kappa), Kind.PROVED, Assumption("kappa >= alpha / sigma_min", True, proved)
    exact = system.matrix.shape[0] <= _DENSE
    smallest = smallest_singular_value(system) - system.encoding.epsilon
    required = system.encoding.alpha / max(smallest, float(np.finfo(np.float64).tiny))
    check_kappa(kappa, required)
    kind = Kind.PROVED if exact else Kind.ESTIMATED
    used = max(float(kappa), required)
    return used, kind, Assumption("kappa >= alpha / sigma_min", True, required)


def smallest_singular_value(system: EncodedSystem) -> float:
    """sigma_min of the unpadded matrix; by Lanczos on (A A^T)^{-1} beyond dimension 1500."""
    size = system.matrix.shape[0]
    if size <= _DENSE:
        return float(np.linalg.svd(dense_matrix(system), compute_uv=False)[-1])
    solve, solve_adjoint = inverse_products(system)
    inverse = LinearOperator((size, size), matvec=lambda v: solve_adjoint(solve(v)), dtype=float)
    largest = eigsh(inverse, k=1, return_eigenvectors=False, tol=1e-6)[0]
    return float(1 / np.sqrt(largest))


def products(system: EncodedSystem) -> tuple[Product, Product]:
    """v -> X v and v -> X^T v for X = A / alpha, from whichever form A has."""
    A, alpha = system.matrix, system.encoding.alpha
    if isinstance(A, LiftedOperator):
        return lambda v: A.matvec(v) / alpha, lambda v: A.rmatvec(v) / alpha
    X = A / alpha
    return X.__matmul__, X.T.tocsr().__matmul__


def inverse_products(system: EncodedSystem) -> tuple[Product, Product]:
    """v -> A^-1 v and v -> A^-T v: a sparse LU, or the operator's own solutions."""
    A = system.matrix
    if isinstance(A, LiftedOperator):
        return A.solve, lambda v: A.solve(v, adjoint=True)
    factors = splu(A.tocsc())
    return factors.solve, lambda v: factors.solve(v, trans="T")


def dense_matrix(system: EncodedSystem) -> RealArray:
    """A of a small system, written out."""
    A = system.matrix
    return A @ np.eye(A.shape[0]) if isinstance(A, LiftedOperator) else A.toarray()


def choose_level(level: str, work: float) -> str:
    """Block level while one call for each unit of `work` stays affordable, else polynomial."""
    check_choice("level", level, LEVELS)
    if level != "auto":
        return level
    return "block" if work <= _BLOCK_WORK else "polynomial"


class Registered(Protocol):
    """What a circuit's system register means: `EncodedSystem`, `EncodedFlow`."""

    @property
    def encoding(self) -> BlockEncoding: ...

    def unpad(self, amplitudes: Array) -> Array: ...


def run_circuit(circuit: QuantumCircuit, system: Registered) -> Array:
    """Gate level: amplitudes of the solution register, all higher qubits post-selected on 0."""
    check_memory(
        48.0 * 2.0**circuit.num_qubits,
        f"a statevector of {circuit.num_qubits} qubits",
        "use level='block' or a smaller system",
    )
    return system.unpad(Statevector(circuit).data[: system.encoding.dimension])


def place_preparation(
    circuit: QuantumCircuit, system: EncodedSystem, work: Sequence[int] = ()
) -> None:
    """Prepare b / ||b|| on the first qubits of a circuit, with its clean work qubits.

    The circuit grows at its top where it has too few of them.
    """
    prepared, n = system.preparation(), system.encoding.num_system
    missing = prepared.num_qubits - n - len(work)
    if missing > 0:
        work = [*work, *range(circuit.num_qubits, circuit.num_qubits + missing)]
        circuit.add_register(AncillaRegister(missing, "work"))
    circuit.compose(prepared, [*range(n), *work][: prepared.num_qubits], inplace=True)


@dataclass(frozen=True, eq=False)
class Inversion:
    """A function f ~ 1/x on [1/kappa, 1], as a solver applies it: amplitude = gain * f(A/alpha) b.

    Parameters
    ----------
    gain : float
        Known subnormalisation of the amplitude.
    error : float
        Proved sup over [1/kappa, 1] of |f(x) - 1/x|.
    theorem : str
        Theorem of proofs/05-inversion.md that gives the error.
    source : str
        What f is, for the budget.
    """

    gain: float
    error: float
    theorem: str
    source: str


def solved_state(
    system: EncodedSystem,
    amplitudes: Array,
    inversion: Inversion,
    condition: tuple[float, Kind, Assumption],
    cost: Cost,
    level: str,
) -> SolvedState:
    """Attach the factor ||b|| / (gain alpha) and the bound of Theorem 5.2 to the amplitudes.

    (A / alpha)^{-1} = alpha A^{-1}, so an error e of f costs ||b|| e / alpha on the solution.
    """
    kappa, kind, assumption = condition
    size = system.rhs_norm / system.encoding.alpha
    bound = Bound(
        stage="inversion",
        value=size * inversion.error,
        kind=kind,
        source=inversion.source,
        theorem=f"05-inversion.md#{inversion.theorem}",
        assumptions=(assumption,),
    )
    state = FlaggedState(amplitudes, size / inversion.gain, bound.value)
    return SolvedState(state, bound, cost, kappa, level)


def apply_odd_chebyshev(coefficients: RealArray, system: EncodedSystem) -> RealArray:
    """Polynomial level: sum_k c_k V T_k(S) W^T b / ||b|| for odd k, where A / alpha = W S V^T.

    T_{k+2} = 2 T_2 T_k - T_{k-2} with T_2(s) = 2 s^2 - 1 acts by X^T X, X = A / alpha.
    """
    X, XT = products(system)
    current = XT(system.rhs / system.rhs_norm)
    previous = current.copy()
    total = coefficients[1] * current
    for k in range(3, len(coefficients), 2):
        current, previous = 4 * XT(X(current)) - 2 * current - previous, current
        total += coefficients[k] * current
    return np.asarray(total)
