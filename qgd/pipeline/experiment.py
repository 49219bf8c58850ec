"""The main job: a data set in, weights trained by the quantum solver out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qgd.core.arrays import RealArray
from qgd.core.checks import check_choice, check_integer, check_real
from qgd.dynamics.integrate import descend
from qgd.pipeline.order import Order
from qgd.pipeline.train import Training, train
from qgd.problem.datasets import Dataset, Split, standardised_split
from qgd.problem.logistic import LogisticLoss, logistic_regression
from qgd.problem.losses import least_squares
from qgd.problem.polynomial import PolynomialLoss
from qgd.problem.pruning import Mask, prune
from qgd.readout.final_state import FinalState
from qgd.readout.interface import Readout
from qgd.readout.sampling import Sampling
from qgd.solvers.direct import Direct
from qgd.solvers.fourier import FourierLCU
from qgd.solvers.hhl import HHL
from qgd.solvers.interface import LinearSolver
from qgd.solvers.lcu import LCU
from qgd.solvers.qsvt import QSVT
from qgd.solvers.shortcut import KernelReflection

SOLVERS: dict[str, type] = {
    "qsvt": QSVT,
    "lcu": LCU,
    "fourier": FourierLCU,
    "hhl": HHL,
    "direct": Direct,
    "shortcut": KernelReflection,
}
READOUTS = ("sampling", "amplitudes")


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run, the data set aside; see ``qgd train --help``.

    Parameters
    ----------
    keep : int
        r, weights kept by pruning.
    num_steps : int
        T, steps of sparse training.
    learning_rate : float
        eta, on standardised features.
    ridge : float
        Penalty; positive values make the descent dissipative.
    tolerance : float
        Wanted bound of the distance from plain gradient descent.
    order : int or str
        Carleman order, or how to choose it: auto, proved, estimated.
    solver, readout : str
        Keys of `SOLVERS`, `READOUTS`.
    kappa : float, optional
        Condition number given to the solver; by default its proved bound.
    shots : int, optional
        For sampling; by default what the tolerance needs.
    reupload : int, optional
        Steps between download and re-upload.
    pretrain_steps : int
        Steps of dense pre-training, with step size 1 / L.
    degree : int
        Degree of the sigmoid's surrogate.
    test_size : float
        Fraction of the data held out.
    seed : int
        Of the split and of the shots.
    """

    keep: int = 4
    num_steps: int = 16
    learning_rate: float = 0.2
    ridge: float = 0.02
    tolerance: float = 0.02
    order: Order = "auto"
    solver: str = "qsvt"
    readout: str = "sampling"
    kappa: float | None = None
    shots: int | None = None
    reupload: int | None = None
    pretrain_steps: int = 200
    degree: int = 3
    test_size: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("keep", "num_steps", "pretrain_steps", "degree"):
            check_integer(name, getattr(self, name), 1)
        check_integer("seed", self.seed, 0)
        check_real("learning_rate", self.learning_rate, above=0, remedy="use a small positive rate")
        check_real("ridge", self.ridge, at_least=0)
        check_real("tolerance", self.tolerance, above=0)
        check_real("test_size", self.test_size, above=0, below=1)
        check_choice("solver", self.solver, tuple(SOLVERS))
        check_choice("readout", self.readout, READOUTS)
        if self.solver == "direct" and self.kappa is not None:
            raise ValueError(f"`kappa` must be left out for the direct solver, got {self.kappa:g}")
        if self.readout == "amplitudes" and self.shots is not None:
            raise ValueError(
                f"`shots` must be left out for readout amplitudes, got {self.shots}; use sampling"
            )
        self.make_solver()
        self.make_readout()

    def make_solver(self) -> LinearSolver:
        """The solver object."""
        options: dict[str, Any] = {"rng": self.seed} if self.solver == "shortcut" else {}
        if self.kappa is not None:
            check_real("kappa", self.kappa, at_least=1)
            options["kappa"] = self.kappa
        solver: LinearSolver = SOLVERS[self.solver](**options)
        return solver

    def make_readout(self) -> Readout:
        """The readout object."""
        return FinalState() if self.readout == "amplitudes" else Sampling(self.shots, self.seed)


@dataclass(frozen=True, eq=False)
class Experiment:
    """A finished run of the main job.

    Parameters
    ----------
    dataset, settings, split : Dataset, Settings, Split
        What went in.
    mask : Mask
        Which weights were kept.
    dense : ndarray
        Pre-trained weights, all of them.
    loss : LogisticLoss or PolynomialLoss
        Loss of the kept weights.
    training : Training
        What came out.
    """

    dataset: Dataset
    settings: Settings
    split: Split
    mask: Mask
    dense: RealArray
    loss: LogisticLoss | PolynomialLoss
    training: Training

    @property
    def weights(self) -> RealArray:
        """All weights after training, pruned ones zero."""
        return self.mask.restore(self.training.weights)

    @property
    def reference_weights(self) -> RealArray:
        """The same for plain gradient descent."""
        return self.mask.restore(self.training.reference[-1])

    @property
    def metric(self) -> str:
        """Name of `score`."""
        return "accuracy" if self.dataset.task == "classification" else "R2"

    def predict(self, weights: RealArray) -> RealArray:
        """Predicted classes (0/1) or standardised targets of the test samples."""
        values = self.split.test_features @ weights
        if self.dataset.task == "classification":
            return (values > 0).astype(np.float64)
        return np.asarray(values)

    def score(self, weights: RealArray) -> float:
        """Accuracy, or coefficient of determination, on the test samples."""
        truth, predicted = self.split.test_targets, self.predict(weights)
        if self.dataset.task == "classification":
            return float(np.mean(predicted == truth))
        return float(1 - np.sum((predicted - truth) ** 2) / np.sum((truth - truth.mean()) ** 2))

    @property
    def differing_predictions(self) -> int:
        """Test samples (of a classification) that the two weight vectors decide differently."""
        if self.dataset.task == "regression":
            return 0
        return int(np.sum(self.predict(self.weights) != self.predict(self.reference_weights)))


def run_experiment(
    dataset: Dataset,
    settings: Settings,
    on_stage: Callable[[str], None] = lambda stage: None,
) -> Experiment:
    """Standardise, pre-train, prune, and train the kept weights by the quantum solver.

    Classification trains logistic regression, regression ridge regression.

    Raises
    ------
    ValueError
        For settings that do not fit the data (more kept weights than there are, a learning rate
        that diverges), with the largest value that works.
    QGDError
        As `train`.
    """
    on_stage("split and standardise")
    split = standardised_split(dataset, settings.test_size, settings.seed)
    X, y = split.train_features, split.train_targets
    if settings.keep > X.shape[1]:
        raise ValueError(
            f"`keep` must be at most {X.shape[1]}, the number of features and the bias, "
            f"got {settings.keep}"
        )
    on_stage("dense pre-training")
    dense_loss: LogisticLoss | PolynomialLoss
    if dataset.task == "classification":
        dense_loss = logistic_regression(X, y, settings.ridge)
        curvature = dense_loss.smoothness
    else:
        dense_loss = least_squares(X, y, settings.ridge)
        curvature = _largest_curvature(dense_loss)
    start = np.zeros(dense_loss.num_weights)
    dense = descend(dense_loss, start, 1 / curvature, settings.pretrain_steps)[-1]
    loss, mask = prune(dense_loss, dense, settings.keep)
    _check_learning_rate(loss, settings.learning_rate)
    training = train(
        loss,
        mask.apply(dense),
        learning_rate=settings.learning_rate,
        num_steps=settings.num_steps,
        tolerance=settings.tolerance,
        order=settings.order,
        solver=settings.make_solver(),
        readout=settings.make_readout(),
        reupload=settings.reupload,
        degree=settings.degree,
        on_stage=on_stage,
    )
    return Experiment(dataset, settings, split, mask, dense, loss, training)


def _largest_curvature(loss: LogisticLoss | PolynomialLoss) -> float:
    if isinstance(loss, LogisticLoss):
        return loss.smoothness
    return float(np.linalg.eigvalsh(loss.hessian(np.zeros(loss.num_weights)))[-1])


def _check_learning_rate(loss: LogisticLoss | PolynomialLoss, learning_rate: float) -> None:
    curvature = _largest_curvature(loss)
    if learning_rate >= 2 / curvature:
        raise ValueError(
            f"`learning_rate` must be less than 2 / L = {2 / curvature:.4g}, where L = "
            f"{curvature:.4g} is the largest curvature of the loss, got {learning_rate:g}; "
            f"the descent diverges: lower it to {1 / curvature:.2g}"
        )
