"""`estimate_resources`: what an answer costs, without building the circuit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from numpy.typing import ArrayLike

from qgd.core.bound import Bound, Kind
from qgd.core.checks import check_integer, check_real
from qgd.core.resources import Cost, GateCount, Resources
from qgd.dynamics.stencil import Stencil
from qgd.dynamics.system import PolynomialMap
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.sparse_preparation import SparseVector
from qgd.resources.gate_counts import t_count
from qgd.resources.instance import History, history_instance
from qgd.resources.runs import Run, amplification, count_run, reflections
from qgd.solvers.interface import LinearSolver
from qgd.solvers.qsvt import QSVT


@dataclass(frozen=True)
class ResourceEstimate:
    """What it costs to download x_T; the stages add in `resources`.

    Parameters
    ----------
    resources : Resources
        Stages as `solve` lists them; the solver's carries the gates of one coherent run.
    alpha : float
        Subnormalisation of the history encoding.
    kappa : Bound
        Condition number that was used, PROVED unless the solver was given its own.
    success_probability : float
        That one run is kept: all flags 0, a final time, level 1.
    success_kind : Kind
        ESTIMATED wherever the norm of the solution is.
    synthesis_error : float
        Of one coherent run, in the spectral norm.
    """

    resources: Resources
    alpha: float
    kappa: Bound
    success_probability: float
    success_kind: Kind
    synthesis_error: float

    @property
    def t_count(self) -> int:
        """T gates of one coherent run; the model of `t_per_rotation` for its rotations."""
        return t_count(self.resources.gates, self.synthesis_error)

    @property
    def total_t_count(self) -> float:
        """T gates of all shots."""
        return float(self.t_count) * max(1, self.resources.shots)

    def __str__(self) -> str:
        gates = self.resources.gates
        lines = [f"  {cost.stage:<14} {cost.detail}" for cost in self.resources.costs]
        lines += [
            f"  alpha {self.alpha:.6g}, kappa {self.kappa.value:.6g} {self.kappa.kind.value} "
            f"({self.kappa.reference})",
            f"  success {self.success_probability:.3g} {self.success_kind.value}",
            f"  {self.resources}",
            f"  one run: T {self.t_count:.4g}  Toffoli {gates.toffoli:.4g}  CX {gates.cx:.4g}  "
            f"rotations {gates.rotations:.4g}  depth {gates.depth:.4g}",
        ]
        return "\n".join(lines)


def estimate_resources(
    problem: Stencil | PolynomialMap,
    x0: ArrayLike | SparseVector,
    num_steps: int,
    *,
    order: int = 2,
    step_size: float | None = None,
    scale: float = 1.0,
    padding: int | None = None,
    solver: LinearSolver | None = None,
    amplify: bool = True,
    relative_error: float = 0.05,
    support: int = 1,
    synthesis_error: float = 1e-2,
    final_norm: float | None = None,
    encodings: Mapping[int, BlockEncoding] | None = None,
) -> ResourceEstimate:
    """Count qubits, calls, gates and shots of solving for x_T and reading it.

    The exact Carleman history of `num_steps` steps is encoded step by step, and every sub-circuit
    that repeats is compiled once at its true size: logarithmic in the number of variables and of
    steps, so that n = 2^30 and T = 10^6 take seconds. Calls equal those of the circuit that
    `solver.circuit` would build; gates differ by what merges at the seams of the parts.

    Parameters
    ----------
    problem : Stencil or PolynomialMap
        A stencil is a flow, stepped as x + h F(x), with entries computed on the index; a map is its
        own step.
    x0 : array_like or SparseVector
        Start; a `SparseVector` where n is large.
    num_steps : int
        T.
    order : int
        N. The truncation error is not part of the count; see `truncation_bound`.
    step_size : float, optional
        h, for a stencil.
    scale : float
        r, unit of length of the embedding.
    padding : int, optional
        p; by default as for `history_system`.
    solver : QSVT, LCU or KernelReflection, optional
        Its `epsilon` is replaced: half of the error is the inversion's. Default `QSVT()`.
    amplify : bool
        Whether flags, final time and first level are amplified together, each round two more
        runs; else runs are repeated.
    relative_error : float
        Wanted ||error|| / ||x_T||, half of it for the readout.
    support : int
        Entries read, by tomography of s / (4 e^2) kept shots with a relative error e.
    synthesis_error : float
        Of all rotations of one coherent run together.
    final_norm : float, optional
        Guess of ||x_T||, where the trajectory is too long to be computed. Then the norm must not
        increase.
    encodings : mapping from int to BlockEncoding, optional
        For a map: of its G_p, see `exact_carleman_encoding`; exact dilations by default.

    Raises
    ------
    ValueError
        If no finite condition number is known, or the stencil has a constant term.

    References
    ----------
    Condition number: Theorem 10.12; share of the final time: Theorem 10.13; tomography:
    Kerenidis, Prakash, arXiv:1812.00954.

    Examples
    --------
    >>> ring = Stencil(2**30, [(-1.0, [0]), (0.5, [1]), (0.5, [-1])])
    >>> import numpy as np
    >>> start = SparseVector(np.array([5]), np.array([1.0]))
    >>> found = estimate_resources(
    ...     ring, start, 10**6, order=1, step_size=0.1, final_norm=0.05, padding=48576)
    >>> found.kappa.kind.value, found.kappa.value < 1.5e6
    ('PROVED', True)
    """
    check_real("relative_error", relative_error, above=0, below=1)
    check_real("synthesis_error", synthesis_error, above=0, below=1)
    check_integer("support", support, 1)
    history = history_instance(
        problem, x0, num_steps, order=order, step_size=step_size, scale=scale, padding=padding,
        final_norm=final_norm, encodings=encodings,
    )  # fmt: skip
    chosen = (solver or QSVT()).with_epsilon(_epsilon(history, relative_error / 2, scale))
    run = count_run(chosen, history.instance)
    if run.amplitude <= 0:
        raise ValueError(
            "`relative_error` must be small enough for a success probability above 0, got "
            f"{relative_error:g}; halve it"
        )
    kept = min(1.0, run.amplitude**2 / history.repetitions.value)
    rounds = 0
    if amplify:
        rounds, kept = amplification(math.sqrt(kept))
        around = GateCount() if not rounds else reflections(history.instance, run)
        run = replace(
            run,
            calls=(2 * rounds + 1) * run.calls,
            preparations=(2 * rounds + 1) * run.preparations,
            gates=(2 * rounds + 1) * run.gates + rounds * around,
        )
    shots = math.ceil(support / (4 * (relative_error / 2) ** 2 * kept))
    kappa = _kappa(history, chosen)
    return ResourceEstimate(
        _resources(history, run, rounds, shots, order, num_steps),
        history.instance.encoding.alpha,
        kappa,
        kept,
        Kind.ESTIMATED,
        synthesis_error,
    )


def _epsilon(history: History, relative: float, scale: float) -> float:
    """Error of X^-1 b^ for which x_T, the mean of p + 1 copies, is good enough (Theorem 4.2)."""
    instance = history.instance
    size = instance.rhs_norm / instance.encoding.alpha
    return relative * history.final_norm * math.sqrt(history.padding + 1) / (size * scale)


def _kappa(history: History, solver: LinearSolver) -> Bound:
    own = getattr(solver, "kappa", None)
    if own is None:
        return history.kappa
    if own >= history.kappa.value:
        return replace(history.kappa, value=float(own))
    return Bound("condition number", float(own), Kind.ESTIMATED, "given to the solver")


def _resources(
    history: History, run: Run, rounds: int, shots: int, order: int, num_steps: int
) -> Resources:
    encoding = history.instance.encoding
    amplified = f", {rounds} rounds of amplification" if rounds else ""
    return Resources(
        (
            Cost("truncation", detail=f"order {order}"),
            Cost(
                "discretisation",
                qubits=encoding.num_system,
                detail=f"{num_steps} steps + {history.padding} idle",
            ),
            Cost(
                "encoding",
                qubits=encoding.num_ancillas + encoding.num_work,
                detail=f"alpha {encoding.alpha:.4g}, kappa {history.kappa.value:.4g}",
            ),
            Cost(
                "inversion",
                qubits=run.qubits,
                block_encoding_calls=run.calls,
                state_preparations=run.preparations,
                preliminary_calls=run.preliminary_calls,
                detail=run.detail + amplified,
                gates=run.gates,
            ),
            Cost("readout", qubits=1, shots=shots, detail=f"{shots:.3g} shots"),
        )
    )
