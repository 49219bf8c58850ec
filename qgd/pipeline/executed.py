"""What running circuits, instead of emulating them, adds to the error budget."""

from __future__ import annotations

import numpy as np

from qgd.core.bound import Bound, Kind
from qgd.core.parallel import Workers
from qgd.embedding.history import HistorySystem
from qgd.pipeline.source import ExecutedSource, SolverSource
from qgd.readout.interface import Reading, Readout, counts_only, restoring_factor


def check_executable(readout: Readout, executor: Workers) -> None:
    """Refuse what a device cannot serve."""
    if not counts_only(readout):
        raise ValueError(
            "`readout` must be Sampling or SparseTomography with a backend, which returns outcomes "
            f"and no amplitudes, got {type(readout).__name__}; use one of these, or leave out the "
            "backend"
        )
    if executor is not None:
        raise ValueError(
            "`executor` must be left out with a backend, got both; the circuits run on the backend"
        )


def execution_lines(
    system: HistorySystem, source: SolverSource, reading: Reading
) -> tuple[Bound, ...]:
    """Errors of compilation and of the device, after a readout; none for emulated outcomes.

    Compilation moves the amplitudes by at most its error in the spectral norm (Theorem 15.1). What
    the device adds is measured: how much farther the value lies from that of the emulated state
    than the other lines allow, so that their sum covers the error whatever the device did. It is
    zero, but for bad luck, without noise.
    """
    if not isinstance(source, ExecutedSource):
        return ()
    moved = restoring_factor(system, source.largest_scale) * source.execution.error
    compilation = Bound(
        "compilation",
        reading.amplification * moved,
        Kind.PROVED,
        f"{source.execution.basis} circuits",
        "15-measurement.md#Theorem 15.1",
    )
    emulated = system.final(source.solved.state.solution)
    distance = float(np.linalg.norm(reading.value - emulated))
    inexact = restoring_factor(system, source.solved.bound.value)
    allowed = reading.bound.value + compilation.value + (reading.amplification - 1) * inexact
    excess = max(0.0, distance - allowed)
    device = Bound(
        "execution", excess, Kind.MEASURED, f"{source.execution.name}, beside the emulated state"
    )
    return compilation, device
