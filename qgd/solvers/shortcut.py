"""Kernel reflection: the shortcut to a solution whose norm is known within a factor of two."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.checks import check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.encoding.linear_system import EncodedSystem
from qgd.solvers.augmented import augment, reflect, reflection_circuit
from qgd.solvers.eigenstate_filter import filter_chebyshev, filter_degree, filter_error
from qgd.solvers.interface import Level, SolvedState, choose_level, resolve_kappa
from qgd.solvers.norm_search import NormInterval, search_norm
from qgd.solvers.phases import phase_residual, qsp_phases

LARGEST_AMPLITUDE = 0.98
# Filter error of a run of the norm search: larger ones make runs shorter and more of them.
COARSE = 0.003


@dataclass(frozen=True)
class KernelReflection:
    """Reflect a reference state about (X^-1 b^, t), X = A / alpha: the shortcut of Dalzell.

    The reflection leaves sin(2 theta) of the amplitude in the solution, tan(theta) = ||X^-1 b^|| /
    t, where QSVT leaves about 1 / kappa: the success probability is at least 0.6 once t is right
    within a factor of two. It takes about kappa ln(20 / e) calls for a relative error e, each with
    one preparation of b; what finds t is counted apart, in ``Cost.preliminary_calls``.

    Parameters
    ----------
    epsilon : float
        Wanted error of X^-1 b^, absolute, as for the other solvers; the accuracy of the reflection
        is chosen for it. The bound is a posteriori and holds whatever t is.
    kappa : float, optional
        alpha / sigma_min or larger; by default the system's proved bound.
    norm : float, optional
        ||A^-1 b|| within a factor of two, if known; by default it is searched for. A worse guess
        costs success probability and error, and both are reported.
    level : str
        ``"gate"``, ``"block"``, ``"polynomial"`` or ``"auto"``; see `QSVT`. The runs of the norm
        search are at block level where `level` is ``"gate"``.
    confidence : float
        Probability that the search ends within a factor of two.
    rng : int
        Seed of the outcomes that the norm search measures (SPEC 7).

    Notes
    -----
    The amplitude is not linear in the solution, so the factor that restores the norm is no constant
    known before the run: it is ||b|| t / (alpha (g + r)), with r the amplitude of the reference in
    the same state. Emulation reads r as it reads all amplitudes; `FlaggedState.scale_is_known` is
    False, and readouts that count shots take their unit from a known vector that is solved along
    (Theorem 15.4).

    References
    ----------
    Dalzell, arXiv:2406.12086; filter: Lin, Tong, arXiv:1910.14596. Proofs: Theorems 12.1 to 12.4
    of proofs/12-kernel-reflection.md.

    Examples
    --------
    >>> from qgd import PolynomialMap, carleman, encode, history_system
    >>> step = carleman(PolynomialMap([[0.1], [[-0.4]]]), 1)
    >>> system = encode(history_system(step, [0.5], 2))
    >>> solved = KernelReflection(1e-6, norm=1.0).prepare(system)
    >>> solved.state.solution.round(5)
    array([0.5 , 0.4 , 0.34, 0.34])
    >>> solved.state.success_probability > 0.6, solved.cost.preliminary_calls
    (True, 0)
    """

    epsilon: float = 1e-6
    kappa: float | None = None
    norm: float | None = None
    level: Level = "auto"
    confidence: float = 0.9
    rng: int = 0

    def with_epsilon(self, epsilon: float) -> KernelReflection:
        return replace(self, epsilon=epsilon)

    def prepare(self, system: EncodedSystem) -> SolvedState:
        """Find t, reflect, and restore the norm; see `LinearSolver`.

        Raises
        ------
        QGDError
            If the guess `norm` is so much too small that nothing is left in the reference.
        """
        condition = resolve_kappa(self.kappa, system)
        interval, search_calls = self._interval(system, condition[0])
        polynomial = self._reflection(condition[0], interval)
        degree, t = polynomial.degree, interval.guess
        level = choose_level(self.level, degree * system.encoding.work)
        phases = polynomial.phases() if level != "polynomial" else np.zeros(0)
        found = reflect(augment(system, t), polynomial.series, phases, level)
        error = polynomial.error
        if len(phases):
            error += phase_residual(phases, polynomial.series) / (2 * polynomial.gain)
        reference = float((polynomial.gain + found[-1].real) / (2 * polynomial.gain))
        norm = (
            t * float(np.linalg.norm(found[:-1])) / (2 * polynomial.gain * max(reference, 1e-300))
        )
        relative = _relative_error(error, reference, norm, condition[0])
        size = system.rhs_norm / system.encoding.alpha
        bound = Bound(
            "inversion", size * relative, condition[1], "kernel reflection, a posteriori",
            "12-kernel-reflection.md#Theorem 12.2", assumptions=(condition[2],),
        )  # fmt: skip
        scale = size * t / (2 * polynomial.gain * reference)
        state = FlaggedState(found[:-1], scale, bound.value, scale_is_known=False)
        cost = Cost(
            "inversion",
            qubits=2 + (system.encoding.num_ancillas == 0),
            block_encoding_calls=degree,
            state_preparations=degree,
            preliminary_calls=search_calls,
            detail=f"reflection degree {degree}, norm search {search_calls} calls",
        )
        return SolvedState(state, bound, cost, condition[0], level)

    def circuit(self, system: EncodedSystem) -> QuantumCircuit:
        """Reflect about the kernel, at the t that was given or that the search finds.

        Qubits are system, reference, ancillas, one for the real part, work. All qubits above the
        system register flag success by reading 0.
        """
        kappa = resolve_kappa(self.kappa, system)[0]
        interval, _ = self._interval(system, kappa)
        return reflection_circuit(
            augment(system, interval.guess), self._reflection(kappa, interval).phases()
        )

    def norm_interval(self, system: EncodedSystem) -> NormInterval:
        """Where ||X^-1 b^|| lies: around the guess, or what the search measures."""
        return self._interval(system, resolve_kappa(self.kappa, system)[0])[0]

    def _interval(self, system: EncodedSystem, kappa: float) -> tuple[NormInterval, int]:
        """The interval of ||X^-1 b^|| and the calls spent on it."""
        check_real("epsilon", self.epsilon, above=0)
        check_real("confidence", self.confidence, above=0, below=1)
        size = system.rhs_norm / system.encoding.alpha
        if self.norm is not None:
            remedy = "that is all A^-1 b can be; leave it out to have the norm searched for"
            check_real(
                "norm", self.norm, at_least=size / 2, at_most=2 * kappa * size, remedy=remedy
            )
            guess = self.norm / size
            return NormInterval(max(1.0, guess / 2), min(kappa, 2 * guess)), 0
        coarse = _Reflection(kappa, filter_degree(kappa, COARSE))
        level = choose_level(self.level, 10.0 * coarse.degree * system.encoding.work)
        level = "block" if level == "gate" else level
        phases = coarse.phases() if level != "polynomial" and kappa > 4 else np.zeros(0)

        def probabilities(t: float) -> tuple[float, float]:
            found = reflect(augment(system, t), coarse.series, phases, level)
            return float(np.linalg.norm(found[:-1]) ** 2), float(abs(found[-1]) ** 2)

        interval = search_norm(
            probabilities,
            kappa,
            gain=coarse.gain,
            error=coarse.error,
            confidence=self.confidence,
            rng=np.random.default_rng(self.rng),
        )
        return interval, interval.runs * coarse.degree

    def _reflection(self, kappa: float, interval: NormInterval) -> _Reflection:
        """Polynomial whose a-posteriori bound is at most epsilon if the interval is right."""
        return _Reflection(kappa, filter_degree(kappa, filter_accuracy(self.epsilon, interval)))


def filter_accuracy(epsilon: float, interval: NormInterval) -> float:
    """eta, the error of the filter for an error epsilon of X^-1 b^ (Theorem 12.3).

    With rho the interval's spread and t its guess, y = eta / q <= 1 solves
    rho t y (1 + y) / (1 - y) = epsilon, and q >= (1 - eta rho^2) / (1 + rho^2) (Theorem 12.2).
    """
    e = epsilon / interval.high
    y = 2 * e / (1 + e + math.sqrt((1 + e) ** 2 + 4 * e))
    return y / (1 + interval.spread**2 * (1 + y))


class _Reflection:
    """g (2 F - 1) for the filter F of a degree, with g just below 1 / max |2 F - 1|."""

    def __init__(self, kappa: float, degree: int) -> None:
        self.degree = degree
        self.error = filter_error(kappa, degree)
        self.gain = LARGEST_AMPLITUDE / (1 + 2 * self.error)
        self.series: RealArray = 2 * self.gain * filter_chebyshev(kappa, degree)
        self.series[0] -= self.gain

    def phases(self) -> RealArray:
        return qsp_phases(self.series)


def _relative_error(error: float, reference: float, norm: float, kappa: float) -> float:
    """Error of X^-1 b^ from sup |F| = error, q = reference and the norm found (Theorem 12.2)."""
    if reference <= 0:
        raise QGDError(
            Outcome.TOLERANCE_NOT_MET,
            f"the guess `norm` must be within a factor of two of ||A^-1 b||, got one far below: "
            f"the reference keeps {reference:.3g} of its amplitude; leave it out",
        )
    a_priori = kappa * error / reference
    return min(a_priori, norm * error / (reference - error)) if error < reference else a_priori
