"""The state a solver leaves behind, as a readout may see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qgd.core.arrays import Array, RealArray


@dataclass(frozen=True, eq=False)
class FlaggedState:
    """Amplitudes of a register in the branch where every success flag is zero.

    The solution of the linear system is ``scale * amplitudes``; its direction, its sign and its
    norm are all in these two numbers, and the probability that the flags read zero is
    ``||amplitudes||_2 ** 2 <= 1``. The branch in which a flag is set holds no information and is
    represented by its probability alone.

    Parameters
    ----------
    amplitudes : ndarray, shape (dimension,), real or complex
        Sub-normalised amplitudes of the system register.
    scale : float
        Known factor between amplitudes and solution, from the norm of the right-hand side, the
        subnormalisation alpha and the polynomial's scale; it depends on the solution only where
        `scale_is_known` is False.
    error : float
        The solver's bound of the Euclidean error of ``scale * amplitudes``, known beforehand.
    scale_is_known : bool
        Whether `scale` is known before any measurement, as readouts that count shots require.
    """

    amplitudes: Array
    scale: float
    error: float = 0.0
    scale_is_known: bool = True

    @property
    def success_probability(self) -> float:
        """Probability that all success flags read zero."""
        return float(np.vdot(self.amplitudes, self.amplitudes).real)

    @property
    def solution(self) -> RealArray:
        """The encoded solution vector, read from the amplitudes (real part)."""
        return np.ascontiguousarray((self.scale * self.amplitudes).real)

    def __post_init__(self) -> None:
        if not self.success_probability <= 1 + 1e-9:
            raise ValueError(
                "`amplitudes` must have norm at most 1, got squared norm "
                f"{self.success_probability:.6g}; a flagged state is part of a unit vector"
            )
