"""What an estimate says: stages, error split, gates of one run, and how well each is known."""

from __future__ import annotations

from dataclasses import dataclass

from qgd.core.bound import Bound, Kind
from qgd.core.budget import ErrorBudget
from qgd.core.resources import Resources
from qgd.resources.gate_counts import t_count


@dataclass(frozen=True)
class ResourceEstimate:
    """What it costs to download x_T; the stages add in `resources`.

    Parameters
    ----------
    resources : Resources
        Stages as `solve` lists them; the solver's carries the gates of one coherent run.
    alpha : float
        Subnormalisation of the encoding, of a history or of the matrix of a flow.
    kappa : Bound or None
        Condition number that was used, PROVED unless the solver was given its own; None for an
        evolution, which solves no linear system.
    success_probability : float
        That one run is kept: all flags 0, a final time, level 1.
    success_kind : Kind
        ESTIMATED wherever the norm of the solution is.
    synthesis_error : float
        Of one coherent run, in the spectral norm.
    budget : ErrorBudget
        How the error of the downloaded x_T splits, as in `solve`; infinite where nothing is known
        of the truncation, with the assumption that fails as its source.
    order : int
        N, as given or as found for the error.
    """

    resources: Resources
    alpha: float
    kappa: Bound | None
    success_probability: float
    success_kind: Kind
    synthesis_error: float
    budget: ErrorBudget
    order: int

    @property
    def t_count(self) -> int:
        """T gates of one coherent run; the model of `t_per_rotation` for its rotations."""
        return t_count(self.resources.gates, self.synthesis_error)

    @property
    def total_t_count(self) -> float:
        """T gates of all shots."""
        return float(self.t_count) * max(1, self.resources.shots)

    def __str__(self) -> str:
        gates, kappa = self.resources.gates, self.kappa
        lines = [f"  {cost.stage:<14} {cost.detail}" for cost in self.resources.costs]
        number = "" if kappa is None else (
            f", kappa {kappa.value:.6g} {kappa.kind.value} ({kappa.reference})"
        )  # fmt: skip
        lines += [
            f"  alpha {self.alpha:.6g}{number}",
            f"  success {self.success_probability:.3g} {self.success_kind.value}",
            f"  {self.resources}",
            f"  one run: T {self.t_count:.4g}  Toffoli {gates.toffoli:.4g}  CX {gates.cx:.4g}  "
            f"rotations {gates.rotations:.4g}  depth {gates.depth:.4g}",
            "error of x_T",
            str(self.budget),
        ]
        return "\n".join(lines)


def error_split(
    truncation: Bound, discretisation: Bound, solver: float, readout: float, synthesis: float
) -> ErrorBudget:
    """The lines of `solve`: what is left of a target to solver and readout, and the synthesis."""
    promised = "promised by the solver's epsilon, for ||x_T|| as assumed"
    return ErrorBudget(
        (
            truncation,
            discretisation,
            Bound("inversion", solver, Kind.ESTIMATED, promised),
            Bound("readout", readout, Kind.ESTIMATED, "standard error of the shots"),
            Bound("synthesis", synthesis, Kind.ESTIMATED, "rotations in Clifford + T, kept runs"),
        )
    )
