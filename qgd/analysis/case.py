"""What a training run must be able to say of itself to be analysed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from qgd.core.arrays import RealArray
from qgd.core.bound import Bound
from qgd.dynamics.system import PolynomialMap
from qgd.spectra.spectrum import Spectrum
from qgd.spectra.trajectory import CarlemanTrajectory

Advance: TypeAlias = Callable[[int, int], None]  # (done, in all)
Progress: TypeAlias = Callable[[str], AbstractContextManager[Advance]]


def silent(_: str) -> AbstractContextManager[Advance]:
    """Show no progress."""
    return nullcontext(lambda done, total: None)


@dataclass(frozen=True)
class Missing:
    """Why a number is not there.

    Parameters
    ----------
    reason : str
        In words.
    refuted : bool
        True if the reason speaks against the run, False if the number is just not known.
    """

    reason: str
    refuted: bool = False


@dataclass(frozen=True)
class RowSparsity:
    """Non-zeros in the fullest row of the polynomial dynamics.

    Parameters
    ----------
    value : int
        s.
    complete : bool
        True for the s of the theorems, over all F_k; False for the rows of the Hessian that were
        looked at, which that s is at least.
    source : str
        How it was found.
    """

    value: int
    complete: bool
    source: str


@dataclass(frozen=True)
class Nonlinearity:
    """R and Kantorovich's number at the start of the run; below 1 and 1/2 theorems apply."""

    R: Bound
    kantorovich: Bound
    least_eigenvalue: float


class TrainingCase(Protocol):
    """A loss, its present weights and its learning rate.

    1. `num_weights` counts the trainable weights, `num_kept` those that pruning left.
    2. `spectrum` is that of the Hessian at the present weights, on the kept ones.
    3. `trajectory` starts at the present weights; it raises `ValueError` where the loss has no
       power series, `QGDError` where it diverges.
    """

    @property
    def name(self) -> str:
        """For the report."""

    @property
    def num_weights(self) -> int:
        """Trainable weights."""

    @property
    def num_kept(self) -> int:
        """Weights that pruning left."""

    @property
    def learning_rate(self) -> float:
        """eta."""

    def loss(self) -> float:
        """L at the present weights, finite."""

    def row_sparsity(self) -> RowSparsity:
        """The s of the theorems where it can be counted, else that of the Hessian."""

    def spectrum(self, exact_up_to: int, steps: int, probes: int, advance: Advance) -> Spectrum:
        """All eigenvalues up to a size, Lanczos quadratures beyond."""

    def step(self) -> tuple[PolynomialMap, RealArray] | Missing:
        """The descent by its coefficients and its start, about the pivot; or why it has none."""

    def products(self) -> int | None:
        """Multiplications of one step as it is really made; None if its monomials tell."""

    def nonlinearity(self, spectrum: Spectrum) -> Nonlinearity | Missing:
        """R and Kantorovich's number, or why not."""

    def trajectory(self, order: int, steps: int, advance: Advance) -> CarlemanTrajectory:
        """Truncated Carleman solutions of all orders, with their true errors."""
