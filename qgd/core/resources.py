"""What a run costs, stage by stage. Calls are not gates, and gates are not seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GateCount:
    """Elementary gates of a circuit; ``+`` is one after the other, ``*`` a repetition.

    Parameters
    ----------
    cx : int
        CNOT gates after compilation to {cx, rz, sx, x}.
    t_gates : int
        Rotations by odd multiples of pi / 4, which need no synthesis.
    rotations : int
        Rotations by other angles, each of which has to be synthesised.
    toffoli : int
        Products of two bits before compilation, another view of the same circuit.
    depth : int
        Layers of compiled gates; an upper bound where counts were added.

    Examples
    --------
    >>> 3 * GateCount(cx=2, depth=4) + GateCount(cx=1, depth=1)
    GateCount(cx=7, t_gates=0, rotations=0, toffoli=0, depth=13)
    """

    cx: int = 0
    t_gates: int = 0
    rotations: int = 0
    toffoli: int = 0
    depth: int = 0

    def __add__(self, other: GateCount) -> GateCount:
        return GateCount(
            self.cx + other.cx,
            self.t_gates + other.t_gates,
            self.rotations + other.rotations,
            self.toffoli + other.toffoli,
            self.depth + other.depth,
        )

    def __rmul__(self, times: int) -> GateCount:
        return GateCount(
            times * self.cx,
            times * self.t_gates,
            times * self.rotations,
            times * self.toffoli,
            times * self.depth,
        )


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
    gates : GateCount
        Elementary gates of one coherent run, where they were counted.
    """

    stage: str
    qubits: int = 0
    block_encoding_calls: int = 0
    state_preparations: int = 0
    shots: int = 0
    preliminary_calls: int = 0
    detail: str = ""
    gates: GateCount = GateCount()


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
    def gates(self) -> GateCount:
        """Elementary gates of one coherent run."""
        return sum((cost.gates for cost in self.costs), GateCount())

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
