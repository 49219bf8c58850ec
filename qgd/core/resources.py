"""What a run costs, stage by stage. Calls are not gates, and gates are not seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Cost of one stage for one coherent run of the circuit.

    Parameters
    ----------
    stage : str
        The stage that pays.
    qubits : int
        Qubits this stage adds to the register.
    block_encoding_calls : int
        Uses of the block encoding of the history matrix, or of its adjoint.
    state_preparations : int
        Uses of the circuit that prepares the right-hand side.
    shots : int
        Repetitions of the whole circuit (readout stages only).
    preliminary_calls : int
        Uses of the block encoding before the first repetition, such as a norm search.
    detail : str
        One short phrase for the table, for instance ``"order 3, dimension 84"``.
    """

    stage: str
    qubits: int = 0
    block_encoding_calls: int = 0
    state_preparations: int = 0
    shots: int = 0
    preliminary_calls: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Resources:
    """An additive record of costs: ``+`` lists the stages of both, totals are properties."""

    costs: tuple[Cost, ...] = ()

    def __add__(self, other: Resources) -> Resources:
        return Resources(self.costs + other.costs)

    def __getitem__(self, stage: str) -> Cost:
        for cost in self.costs:
            if cost.stage == stage:
                return cost
        raise KeyError(f"no stage {stage!r}; stages: {', '.join(c.stage for c in self.costs)}")

    @property
    def qubits(self) -> int:
        """Width of the register: the stages' qubits stand side by side."""
        return sum(cost.qubits for cost in self.costs)

    @property
    def block_encoding_calls(self) -> int:
        """Calls to the block encoding in one coherent run."""
        return sum(cost.block_encoding_calls for cost in self.costs)

    @property
    def preliminary_calls(self) -> int:
        """Calls to the block encoding before the first repetition."""
        return sum(cost.preliminary_calls for cost in self.costs)

    @property
    def shots(self) -> int:
        """Repetitions of the circuit."""
        return sum(cost.shots for cost in self.costs)

    @property
    def total_calls(self) -> int:
        """Calls over all repetitions (one run when nothing is sampled), and those before them."""
        return self.block_encoding_calls * max(1, self.shots) + self.preliminary_calls

    def __str__(self) -> str:
        parts = [f"qubits={self.qubits}", f"block_encoding_calls={self.block_encoding_calls}"]
        if self.preliminary_calls:
            parts.append(f"preliminary_calls={self.preliminary_calls}")
        if self.shots:
            parts += [f"shots={self.shots}", f"total_calls={self.total_calls:.3g}"]
        return "  ".join(parts)
