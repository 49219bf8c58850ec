"""Counts of outcomes: drawn from emulated amplitudes, or measured by a source that runs circuits.

With a known `reference` one more qubit, the selector, chooses between b and b' = injection(rho):
the joint right-hand side is |0> b + |1> b', normalised, and its solution |0> z + |1> z', with rho
in all p + 1 copies of z' and nothing else. It is solved in one run, on one common scale.
"""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import numpy as np

from qgd.core.arrays import Array, IntArray, RealArray
from qgd.core.state import FlaggedState
from qgd.embedding.history import HistorySystem
from qgd.readout.interface import StateSource


@runtime_checkable
class MeasuringSource(Protocol):
    """A source that counts outcomes of circuits itself."""

    def measure(
        self, shots: int, seed: int, reference: RealArray | None, hadamard: bool
    ) -> IntArray:
        """Counts of the outcomes whose flags all read 0: (1 or 2 branches, entries of z).

        `reference` is the right-hand side b' of the other branch; `hadamard` asks for that gate on
        the selector before it is measured.
        """
        ...


def window_counts(
    system: HistorySystem,
    source: StateSource,
    shots: int,
    rng: np.random.Generator,
    rho: RealArray | None = None,
    *,
    hadamard: bool = False,
) -> IntArray:
    """Counts of each entry of the first level at the final times, all copies together.

    Returns
    -------
    ndarray, shape (1, n), or (2, n) by the selector when there is a reference `rho`
    """
    reference = None if rho is None else system.injection(rho)
    if isinstance(source, MeasuringSource):
        counts = source.measure(shots, int(rng.integers(2**31)), reference, hadamard)
        return np.stack([_window(system, branch).sum(axis=0) for branch in counts])
    if reference is None:
        branches: tuple[Array, ...] = (source.state().amplitudes,)
    else:
        branches = _branches(source, reference, hadamard)
    probabilities = np.stack(
        [(np.abs(_window(system, branch)) ** 2).sum(axis=0) for branch in branches]
    )
    return _sample(probabilities.ravel(), shots, rng).reshape(probabilities.shape)


def joint_state(source: StateSource, reference: RealArray) -> FlaggedState:
    """Scale and error of the joint solution; two runs of a linear solver stand for the joint one.

    The amplitudes are those of both branches one after the other.
    """
    state = source.state()
    if not state.scale_is_known:
        return source.joint(reference)
    other = source.state(reference)
    scale = math.hypot(state.scale, other.scale)
    both = (state.amplitudes * state.scale, other.amplitudes * other.scale)
    error = math.hypot(state.error, other.error)
    return FlaggedState(np.concatenate(both) / scale, scale, error)


def interfere(state: FlaggedState, reference: FlaggedState) -> tuple[Array, Array]:
    """Amplitudes after a Hadamard gate on the qubit that selected the right-hand side.

    The joint right-hand side is (|0> b + |1> b') / sqrt(||b||^2 + ||b'||^2); both solutions then
    carry one common scale, the root of the summed squares of theirs.
    """
    common = math.hypot(state.scale, reference.scale)
    signal = state.amplitudes * (state.scale / common)
    known = reference.amplitudes * (reference.scale / common)
    return (signal + known) / math.sqrt(2), (signal - known) / math.sqrt(2)


def _branches(source: StateSource, reference: RealArray, hadamard: bool) -> tuple[Array, Array]:
    """Amplitudes of the joint state where the selector reads 0 and 1."""
    state = source.state()
    if hadamard and state.scale_is_known:
        return interfere(state, source.state(reference))
    signal, known = np.split(joint_state(source, reference).amplitudes, 2)
    if hadamard:
        return (signal + known) / math.sqrt(2), (signal - known) / math.sqrt(2)
    return signal, known


def _window(system: HistorySystem, entries: Array) -> Array:
    """First level at the final times: (p + 1, n)."""
    blocks = entries.reshape(system.num_times, system.block_dimension)
    return np.asarray(blocks[system.num_steps :, : system.steps[0].num_variables])


def _sample(probabilities: RealArray, shots: int, rng: np.random.Generator) -> IntArray:
    """Counts of the listed outcomes; every other outcome is one more category."""
    rest = max(0.0, 1.0 - float(probabilities.sum()))
    full = np.append(probabilities, rest)
    return rng.multinomial(shots, full / full.sum())[:-1]
