"""What a readout is given and what it returns."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import numpy as np
from qiskit import QuantumCircuit

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.core.resources import Cost
from qgd.core.state import FlaggedState
from qgd.embedding.history import HistorySystem


class StateSource(Protocol):
    """Prepares the solution state of L z = b, for the system's own b or another one."""

    def state(self, rhs: RealArray | None = None) -> FlaggedState: ...

    def circuit(self, rhs: RealArray | None = None) -> QuantumCircuit: ...

    def joint(self, reference: RealArray, rhs: RealArray | None = None) -> FlaggedState:
        """State for |0> b + |1> b', both branches in one vector, as one run prepares it."""
        ...


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read, in the coordinates that were embedded.

    Parameters
    ----------
    value : ndarray
        x_T, shape (n,); or the value of `observable` on it, shape (1,).
    norm : float
        ||x_T||_2 as it was read (from the success probability); NaN when it was not.
    bound : Bound
        ``stage = "readout"``.
    cost : Cost
        Shots and qubits.
    observable : ndarray, shape (n,), optional
        c, when the value is c . x_T.
    amplification : float
        Factor on errors of the history vector beyond 1 / sqrt(p + 1): 1, unless the value comes
        from another state than that of b, with a larger error.
    """

    value: RealArray
    norm: float
    bound: Bound
    cost: Cost
    observable: RealArray | None = None
    amplification: float = 1.0


@runtime_checkable
class Readout(Protocol):
    """Turns the solution state of a history system into numbers.

    1. Everything comes from `source` and from what is known beforehand; nothing from the solution.
    2. The bound covers what the readout adds to the error of the state, on `value`, Euclidean norm.
    3. A readout of c . x_T has an attribute `observable`, c, and says so in its `Reading`.
    4. `with_error` keeps what was given and settles the rest; the scale it gets is that of b.
    5. One that reads nothing but counts (`window_counts`) says so by `counts_only = True`, and runs
       on devices.
    """

    def read(self, system: HistorySystem, source: StateSource) -> Reading: ...

    def with_error(self, system: HistorySystem, scale: float, error: float) -> Self:
        """Settle what was left open so that the stated error is at most about `error`.

        `scale` is that of the prepared state, which is known before any measurement.
        """
        ...


def readout_gain(readout: Readout) -> float:
    """Lipschitz constant of what is read: ||c||_2 of an observable, 1 for x_T itself."""
    observable = getattr(readout, "observable", None)
    return 1.0 if observable is None else float(np.linalg.norm(np.asarray(observable, np.float64)))


def counts_only(readout: Readout) -> bool:
    """Whether a readout needs nothing but outcomes, so that a device can serve it."""
    return bool(getattr(readout, "counts_only", False))


def restoring_factor(system: HistorySystem, scale: float) -> float:
    """x_i = factor * (root of the summed squares of the p + 1 copies of amplitude i).

    `scale` is that of the state.
    """
    return system.steps[0].scale * scale / float(np.sqrt(system.padding + 1))


@contextmanager
def quiet_deprecations() -> Iterator[None]:
    """Silence the deprecations that qiskit-algorithms 0.4 raises on qiskit 2.x, and only those."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", category=DeprecationWarning, module=r"qiskit_algorithms(\..*)?"
        )
        yield
