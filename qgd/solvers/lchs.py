"""Linear combination of Hamiltonian simulations: the state y(T) of a dissipative flow."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import Array
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.core.parallel import Workers, map_unordered
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.encoding.flow import EncodedFlow, flow_error
from qgd.solvers.branches import Branches, flow_branches
from qgd.solvers.evolution import EvolvedState
from qgd.solvers.exponential_sum import ExponentialSum
from qgd.solvers.interface import Level, choose_level, run_circuit
from qgd.solvers.jacobi_anger import GAIN, EvolutionPhases, evolution_length, evolution_phases
from qgd.solvers.lchs_circuit import index_qubits, lchs_circuit
from qgd.solvers.lchs_kernels import Kernel, LeastSquares
from qgd.solvers.selected_evolution import apply_series, emulate, walk_time

_TAIL_SHARE = 0.05
_SLACK = 1e-12


@dataclass(frozen=True)
class LCHS:
    """y(T) of y' = A y + c as a sum of unitary evolutions by k_j L + H, A = -(L + i H), L >= 0.

    An index register holds sqrt(|c_j|); one walk whose matrix is k_j L + H for index j simulates
    all of them, and undoing the index adds them up. The source enters by Duhamel's integral, as
    further values of the index. The amplitude found is 0.98 y(T) / sum |w|, where sum |w| is
    sum |c| ||y(0)|| without a source.

    Parameters
    ----------
    epsilon : float
        || sum_j c_j e^{-iT(k_j L + H)} - e^{T A} ||_2 relative to e^{shift T}.
    kernel : Kernel
        `LeastSquares`, `LowSomma`, `AnChildsLin` or `Cauchy`.
    shift : float, optional
        sigma >= log-norm of A: e^{A T} = e^{sigma T} e^{(A - sigma) T}. By default the log-norm if
        it is negative, else 0. A growing flow is refused unless its shift is given, as amplitude
        and error pay e^{sigma T}.
    level : str
        ``"gate"`` (Qiskit circuit), ``"block"`` (the same circuit, one matrix-free operator a
        call), ``"polynomial"`` (Chebyshev recurrences), or ``"auto"``.

    References
    ----------
    An, Liu, Lin, arXiv:2303.01029; An, Childs, Lin, arXiv:2312.03916; Low, Somma, arXiv:2508.19238.
    Error, for whatever nodes and weights: Theorems 14.1 to 14.5 of proofs/14-lchs.md.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialSystem
    >>> from qgd.embedding.carleman import carleman
    >>> from qgd.encoding.flow import encode_flow
    >>> decay = encode_flow(carleman(PolynomialSystem([[0.0], [[-1.0]]]), 1), [1.0], 2.0)
    >>> solved = LCHS(1e-4).prepare(decay)
    >>> bool(abs(solved.state.solution[0] - math.exp(-2)) <= solved.bound.value)
    True
    """

    epsilon: float = 1e-6
    kernel: Kernel = field(default_factory=LeastSquares)
    shift: float | None = None
    level: Level = "auto"

    def with_epsilon(self, epsilon: float) -> LCHS:
        return replace(self, epsilon=epsilon)

    def prepare(self, flow: EncodedFlow) -> EvolvedState:
        """Run the solver; see `EvolutionSolver`."""
        return self._prepare(flow, None, 1)

    def prepare_in_parts(
        self, flow: EncodedFlow, executor: Workers, parts: int = 4
    ) -> EvolvedState:
        """Run the solver with its evolutions in parts on an executor; not at gate level."""
        check_integer("parts", parts, 1)
        if self.level == "gate":
            raise ValueError(
                "`executor` must go with level='block' or 'polynomial', got level='gate', where "
                "one circuit holds all evolutions; leave out either"
            )
        return self._prepare(flow, executor, parts)

    def circuit(self, flow: EncodedFlow) -> QuantumCircuit:
        """Prepare y(T): qubits are system, ancillas, q, rotation, g, index, source flag, work."""
        branches, phases, _, _ = self.plan(flow)
        return lchs_circuit(branches, flow, phases)

    def work(self, flow: EncodedFlow) -> float:
        """Calls of one run over the amplitude of a unit of y(T): what amplification costs."""
        branches, _, _, length = self.plan(flow, rotations=False)
        return 4 * length * branches.weight / GAIN

    def unit(self, flow: EncodedFlow) -> float:
        """Error of y(T) for each unit of epsilon: e^{shift T} ||y(0)|| and the integral's share."""
        shift = self.shift_for(flow.growth[1])
        start, source = (float(np.linalg.norm(v)) for v in (flow.initial, flow.source))
        idle = 0.0 if flow.idle is None else float(np.linalg.norm(flow.idle))
        T = flow.time
        return start * math.exp(shift * T) + source * T * math.exp(max(shift, 0.0) * T) + idle

    def _prepare(self, flow: EncodedFlow, executor: Workers, parts: int) -> EvolvedState:
        branches, phases, error, length = self.plan(flow)
        calls = 4 * length
        level = choose_level(self.level, calls * len(branches.weights) * flow.encoding.work)
        if level == "gate":
            found = branches.weight * run_circuit(lchs_circuit(branches, flow, phases), flow)
        else:
            edges = np.linspace(0, len(branches.weights), parts + 1).astype(int)
            jobs = [
                _Part(branches.part(slice(a, b)), flow, phases, branches.radius, level)
                for a, b in itertools.pairwise(edges)
                if a < b
            ]
            sums = dict(map_unordered(_Part.sum, jobs, executor))
            found = np.sum([sums[index] for index in range(len(jobs))], axis=0)
        scale = branches.weight / GAIN
        mu = flow.growth[1]
        bound = Bound(
            "evolution",
            error,
            Kind.PROVED,
            f"LCHS with {len(branches.weights)} evolutions",
            "14-lchs.md#Theorem 14.5",
            assumptions=(Assumption("shift >= log-norm", True, mu),),
        )
        cost = Cost(
            "evolution",
            qubits=index_qubits(branches) + 3,
            block_encoding_calls=calls,
            state_preparations=1,
            detail=f"LCHS, {len(branches.weights)} evolutions, walk of {2 * length} steps",
        )
        state = FlaggedState(found / branches.weight, scale, error)
        return EvolvedState(state, bound, cost, level)

    def plan(
        self, flow: EncodedFlow, rotations: bool = True
    ) -> tuple[Branches, EvolutionPhases, float, int]:
        """Branches, rotations, proved error of y(T) and half the number of steps of the walk."""
        check_real("epsilon", self.epsilon, above=0)
        low, high = flow.growth
        shift = self.shift_for(high)
        rule = self.rule(flow.time * (shift - low))
        branches, error = flow_branches(flow, rule, shift, self.epsilon)
        time = walk_time(branches, flow)
        length, tail = self.walk_length(time, rule.weight_norm)
        error += branches.weight * tail
        error += flow_error(flow, float(np.abs(branches.weights) @ branches.radii))
        none = EvolutionPhases(np.zeros(1), np.zeros(1), tail)
        wanted = _TAIL_SHARE * self.epsilon / rule.weight_norm
        phases = evolution_phases(time, wanted) if rotations else none
        return branches, phases, error, length

    def rule(self, interval: float) -> ExponentialSum:
        """Nodes and weights for T ||L|| = interval: most of epsilon is theirs."""
        return self.kernel.rule(interval, (1 - 3 * _TAIL_SHARE) * self.epsilon)

    def walk_length(self, time: float, weight_norm: float) -> tuple[int, float]:
        """Half the number of steps of the walk, and what it cuts off."""
        return evolution_length(time, _TAIL_SHARE * self.epsilon / weight_norm)

    def shift_for(self, log_norm: float) -> float:
        """The shift that is taken at a log-norm of A; refuses one that is too small."""
        slack = _SLACK * max(1.0, abs(log_norm))
        if self.shift is None and log_norm <= slack:
            return min(0.0, log_norm)
        needed = log_norm + slack
        if self.shift is not None:
            check_real("shift", self.shift)
            if self.shift >= log_norm - slack:
                return float(self.shift)
        unit = 10.0 ** (math.floor(math.log10(abs(needed) or 1.0)) - 3)
        suggestion = math.ceil(needed / unit) * unit
        got = "none" if self.shift is None else f"{self.shift:.6g}"
        raise ValueError(
            f"`shift` must be at least the log-norm {log_norm:.6g} of the flow, got {got}; pass "
            f"shift={suggestion:.4g} (amplitude and error then pay exp(shift T)), or embed "
            "with another `scale`, in which the Carleman variables may be dissipative"
        )


@dataclass(frozen=True, eq=False)
class _Part:
    """What travels to a worker: some branches, and the encoding as what it was made from."""

    branches: Branches
    flow: EncodedFlow
    phases: EvolutionPhases
    radius: float
    level: str

    def sum(self) -> Array:
        if self.level == "polynomial":
            degree = self.phases.num_steps // 2
            return apply_series(self.branches, self.flow, degree, self.radius)
        return emulate(self.branches, self.flow, self.phases, self.radius)
