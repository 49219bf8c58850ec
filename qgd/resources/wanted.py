"""What is asked of an estimate, and how the wanted error is divided."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

from qgd.core.bound import Bound
from qgd.core.budget import ErrorBudget
from qgd.core.resources import Cost, GateCount, Resources
from qgd.encoding.block_encoding import BlockEncoding
from qgd.resources.record import error_split
from qgd.resources.runs import Run, amplification, reflections
from qgd.resources.truncation import TRUNCATION_SHARE, Order, Truncated, choose_truncation


class Encoded(Protocol):
    """Anything with an encoding."""

    @property
    def encoding(self) -> BlockEncoding: ...


@dataclass(frozen=True)
class Wanted:
    """Parameters of `estimate_resources` that are alike for all solvers.

    Without `count_gates` no circuit is built, and the gates are not those of the run: enough where
    only calls and shots are read.
    """

    order: Order
    scale: float
    amplify: bool
    relative_error: float
    support: int
    synthesis_error: float
    final_norm: float | None
    count_gates: bool = True

    def truncation(self, case: Truncated, final_norm: float) -> tuple[int, Bound, float]:
        """Order, its truncation error, and the relative error that is left for all else."""
        allowed = TRUNCATION_SHARE * self.relative_error * final_norm
        order, line = choose_truncation(case, self.order, allowed)
        spent = line.value / final_norm if isinstance(self.order, str) else 0.0
        return order, line, self.relative_error - spent

    def repeat(self, run: Run, kept: float, instance: Encoded) -> tuple[Run, int, float]:
        """The run with its rounds of amplification, their number, and the success after them."""
        if kept <= 0:
            raise ValueError(
                "`relative_error` must be small enough for a success probability above 0, got "
                f"{self.relative_error:g}; halve it"
            )
        if not self.amplify:
            return run, 0, kept
        rounds, kept = amplification(math.sqrt(kept))
        counted = rounds and self.count_gates
        around = reflections(instance.encoding, run) if counted else GateCount()
        amplified = replace(
            run,
            calls=(2 * rounds + 1) * run.calls,
            preparations=(2 * rounds + 1) * run.preparations,
            gates=(2 * rounds + 1) * run.gates + rounds * around,
        )
        return amplified, rounds, kept

    def shots(self, error: float, kept: float) -> int:
        """Tomography of `support` entries to a relative error, kept runs only."""
        return math.ceil(self.support / (4 * error**2 * kept))

    def budget(
        self, truncation: Bound, discretisation: Bound, rest: float, kept: float, norm: float
    ) -> ErrorBudget:
        """The split of the error of x_T."""
        synthesis = self.synthesis_error / math.sqrt(kept) * norm
        return error_split(truncation, discretisation, rest / 2 * norm, rest / 2 * norm, synthesis)


def stage_costs(
    run: Run, encoding: BlockEncoding, details: tuple[str, str, str], rounds: int, shots: int
) -> Resources:
    """Costs by stage; the details are those of truncation, discretisation and encoding."""
    amplified = f", {rounds} rounds of amplification" if rounds else ""
    return Resources(
        (
            Cost("truncation", detail=details[0]),
            Cost("discretisation", qubits=encoding.num_system, detail=details[1]),
            Cost("encoding", qubits=encoding.num_ancillas + encoding.num_work, detail=details[2]),
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
