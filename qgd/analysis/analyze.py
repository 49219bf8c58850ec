"""Is this training run a candidate: sparsity, spectrum, window, order, R, costs, verdict."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgd.analysis.case import (
    Advance,
    Missing,
    Nonlinearity,
    Progress,
    RowSparsity,
    TrainingCase,
    silent,
)
from qgd.analysis.costs import RunCosts, run_costs
from qgd.core.checks import check_integer, check_real
from qgd.core.outcome import Outcome, QGDError
from qgd.spectra.modes import ModeShares, OvershootWarning, mode_shares
from qgd.spectra.proxy import ErrorProxy
from qgd.spectra.spectrum import Spectrum
from qgd.spectra.trajectory import CarlemanTrajectory


@dataclass(frozen=True)
class AnalysisSettings:
    """What the run shall do, and how hard the analysis looks.

    Parameters
    ----------
    num_steps : int
        T, between an upload and the next download.
    max_order : int
        Greatest Carleman order N that is tried.
    tolerance : float
        Wanted truncation error at T, as a fraction of the greatest distance from the pivot (the
        start, for a network).
    cut : float
        Modes up to this fraction of the greatest |lambda| count as flat.
    exact_up_to : int
        Kept weights up to which all eigenvalues are computed.
    lanczos_steps, probes : int
        Beyond that.
    count_costs : bool
        Whether calls, gates and shots are counted, which takes most of the time where they can be.
    """

    num_steps: int = 20
    max_order: int = 4
    tolerance: float = 0.01
    cut: float = 1e-3
    exact_up_to: int = 1500
    lanczos_steps: int = 64
    probes: int = 6
    count_costs: bool = True

    def __post_init__(self) -> None:
        check_integer("num_steps", self.num_steps, 1)
        check_integer("max_order", self.max_order, 1)
        check_real("tolerance", self.tolerance, above=0)
        check_real("cut", self.cut, above=0, below=1)
        check_integer("exact_up_to", self.exact_up_to, 0)
        check_integer("lanczos_steps", self.lanczos_steps, 2)
        check_integer("probes", self.probes, 2)


@dataclass(frozen=True, eq=False)
class Truncation:
    """How far the truncated solutions of orders 1, ..., N are off after T steps.

    Parameters
    ----------
    estimates : tuple of float
        A posteriori, from the next part (`CarlemanTrajectory.estimate`): ESTIMATED.
    errors : tuple of float
        Against plain gradient descent: MEASURED.
    travelled : float
        Largest distance of the weights from the pivot, the unit of the tolerance.
    tolerance : float
        Of error over `travelled`.
    """

    estimates: tuple[float, ...]
    errors: tuple[float, ...]
    travelled: float
    tolerance: float

    @cached_property
    def needed(self) -> int | None:
        """Least order at which estimate and true error meet the tolerance; None if none does."""
        limit = self.tolerance * self.travelled
        pairs = zip(self.estimates, self.errors, strict=True)
        return next((i for i, pair in enumerate(pairs, 1) if max(pair) <= limit), None)


@dataclass(frozen=True)
class StateSize:
    """Qubits that hold the history state, ancillas not counted.

    Parameters
    ----------
    order : int
        N that was taken.
    words : int
        N ceil(log2 n), for the largest Carleman block.
    levels : int
        ceil(log2 N), for the block number.
    times : int
        ceil(log2 (T + 1)), for the step number.
    """

    order: int
    words: int
    levels: int
    times: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.words + self.levels + self.times


@dataclass(frozen=True, eq=False)
class Analysis:
    """Everything that `analyze` found; `qgd.analysis.verdict.criteria` judges it.

    Parameters
    ----------
    name, num_weights, num_kept, learning_rate, loss
        Of the case.
    settings : AnalysisSettings
        Of the analysis.
    sparsity : RowSparsity
        s, or what of it is known.
    spectrum : Spectrum
        Of the Hessian on the kept weights.
    shares : ModeShares
        At the cut of the settings.
    proxy : ErrorProxy
        Of all modes.
    truncation : Truncation or Missing
        Error of the orders.
    nonlinearity : Nonlinearity or Missing
        R and Kantorovich's number.
    costs : RunCosts or Missing
        Of the quantum run at the needed order, and of plain descent.
    """

    name: str
    num_weights: int
    num_kept: int
    learning_rate: float
    loss: float
    settings: AnalysisSettings
    sparsity: RowSparsity
    spectrum: Spectrum
    shares: ModeShares
    proxy: ErrorProxy
    truncation: Truncation | Missing
    nonlinearity: Nonlinearity | Missing
    costs: RunCosts | Missing

    @cached_property
    def window(self) -> tuple[float, float]:
        """Ends of the quantum window {s : P(s) < 1}, least and greatest by the interval."""
        low, high = self.proxy.window_interval()
        return low, high

    @property
    def state(self) -> StateSize:
        """Qubits at the needed order, or at the greatest that was tried."""
        needed = None if isinstance(self.truncation, Missing) else self.truncation.needed
        order = needed or self.settings.max_order
        steps = self.settings.num_steps + 1
        return StateSize(order, order * _bits(self.num_kept), _bits(order), _bits(steps))


def analyze(
    case: TrainingCase, settings: AnalysisSettings | None = None, *, progress: Progress = silent
) -> Analysis:
    """Collect what decides whether the quantum solver suits a training run.

    Parameters
    ----------
    case : TrainingCase
        For instance a `NetworkCase`, or `load_case` of a file or a preset.
    settings : AnalysisSettings, optional
        Steps, orders, tolerance and effort.
    progress : callable, optional
        From the name of a stage to a context that yields a function of (done, in all).

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` if the spectrum does not fit into memory.

    Examples
    --------
    >>> from qgd.analysis.presets import preset
    >>> found = analyze(preset("factorisation"), AnalysisSettings(num_steps=5, max_order=2))
    >>> found.sparsity.complete, found.shares.divergent.fraction.value < 0.5
    (True, True)
    """
    chosen = settings or AnalysisSettings()
    with progress("Hessian spectrum") as advance:
        found = case.spectrum(chosen.exact_up_to, chosen.lanczos_steps, chosen.probes, advance)
    with warnings.catch_warnings():  # the report says it in words, in a line of its own
        warnings.simplefilter("ignore", OvershootWarning)
        (shares,) = mode_shares(found, case.learning_rate, [chosen.cut])
        proxy = ErrorProxy(found, case.learning_rate)
    with progress("Carleman orders") as advance:
        truncation = _truncation(case, chosen, advance)
    return Analysis(
        name=case.name,
        num_weights=case.num_weights,
        num_kept=case.num_kept,
        learning_rate=case.learning_rate,
        loss=case.loss(),
        settings=chosen,
        sparsity=case.row_sparsity(),
        spectrum=found,
        shares=shares,
        proxy=proxy,
        truncation=truncation,
        nonlinearity=case.nonlinearity(found),
        costs=_costs(case, truncation, chosen, progress),
    )


def _truncation(
    case: TrainingCase, settings: AnalysisSettings, advance: Advance
) -> Truncation | Missing:
    """One order more than asked for, so that every estimate knows the part that is left out."""
    orders = range(1, settings.max_order + 1)
    try:
        with warnings.catch_warnings():  # the criterion of the learning rate says it
            warnings.simplefilter("ignore", OvershootWarning)
            run = case.trajectory(settings.max_order + 1, settings.num_steps, advance)
    except (ValueError, TypeError) as error:
        return Missing(str(error), refuted="must be smooth" in str(error))
    except QGDError as error:
        return Missing(str(error), refuted=error.outcome is Outcome.DIVERGED)
    return _read(run, orders, settings)


def _costs(
    case: TrainingCase,
    truncation: Truncation | Missing,
    settings: AnalysisSettings,
    progress: Progress,
) -> RunCosts | Missing:
    """At the needed order; without one there is no answer whose download could be priced."""
    if not settings.count_costs:
        return Missing("not asked for")
    if isinstance(truncation, Missing):
        return Missing("no Carleman order, so no linear system to be solved")
    if truncation.needed is None:
        return Missing(
            f"no order <= {settings.max_order} meets the tolerance: at any cost the downloaded "
            "weights would be wrong"
        )
    error = min(0.5, settings.tolerance)
    T, travelled = settings.num_steps, truncation.travelled
    with progress("Calls by unit of length") as advance:
        return run_costs(case, truncation.needed, T, error, travelled, advance)


def _read(run: CarlemanTrajectory, orders: range, settings: AnalysisSettings) -> Truncation:
    return Truncation(
        tuple(run.estimate(order=order).value for order in orders),
        tuple(run.true_error(order=order).value for order in orders),
        float(np.max(run.distances)),
        settings.tolerance,
    )


def _bits(count: int) -> int:
    return max(0, math.ceil(math.log2(count)))
