"""What `solve` returns: a vector with norm and sign restored, and everything known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.budget import ErrorBudget
from qgd.core.outcome import Outcome
from qgd.core.resources import Resources


@dataclass(frozen=True, eq=False)
class Solution:
    """Answer of a run. A ray is no answer: norm and sign are part of the value.

    Parameters
    ----------
    value : ndarray, shape (n,)
        x(T) in the coordinates of the problem (shape (1,) when an observable was read out).
    outcome : Outcome
        How the run ended.
    budget : ErrorBudget
        One line of error for every stage.
    resources : Resources
        One line of cost for every stage.
    success_probability : float
        Probability that the solver's flags read zero in one run of the circuit.
    details : mapping
        Choices that were made for the user (order, scale, kappa, level, ...), for the record.
    trajectory : ndarray, shape (T + 1, n), optional
        x_0, ..., x_T as the emulated history state holds them, for figures. It is no readout: a
        device would have to be sampled for every time.
    """

    value: RealArray
    outcome: Outcome
    budget: ErrorBudget
    resources: Resources
    success_probability: float
    details: Mapping[str, float | int | str] = field(default_factory=dict)
    trajectory: RealArray | None = None

    def __str__(self) -> str:
        numbers = " ".join(f"{x:.4f}" for x in np.atleast_1d(self.value)[:8])
        more = " ..." if np.size(self.value) > 8 else ""
        alpha = self.details.get("alpha")
        tail = f"  alpha={alpha:.4g}" if isinstance(alpha, float) else ""
        return f"x(T) = [{numbers}{more}]   {self.outcome}\n{self.budget}\n  {self.resources}{tail}"
