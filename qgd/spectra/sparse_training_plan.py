"""Numbers of the paper's loop: pre-training, pruning, sparse training, downloads."""

from __future__ import annotations

from dataclasses import dataclass

from qgd.core.checks import check_choice, check_integer, check_real
from qgd.spectra.module_pruning import METHODS

VARIANTS = ("fixed", "renewed", "qram")


@dataclass(frozen=True)
class SparseTrainingPlan:
    """Numbers of a run; with the seed and the data they fix it bit for bit on one machine.

    Parameters
    ----------
    dense_steps : int
        Steps of pre-training.
    sparse_steps : int
        Steps after pruning.
    keep : float
        Fraction that pruning keeps.
    method : str
        Of the first pruning: magnitude, random, gradient or movement.
    period : int
        K, steps between downloads.
    variant : str
        ``fixed``: the first mask stays. ``renewed``: between downloads all weights move, each
        download prunes anew (our reading of the paper's experiment). ``qram``: as renewed, but
        after each download `classical_steps` are run classically, during which no error
        accumulates, and the dense result is uploaded.
    classical_steps : int
        Of ``qram``, fewer than `period`.
    batch_size, dense_batch_size : int
        Samples of a step after and before pruning; all data if there are fewer.
    micro_batch : int, optional
        Samples that go through the network at once, which bounds the memory: gradients and losses
        of the pieces of a batch are averaged. The step is that of the whole batch up to rounding,
        unless the network couples its samples. Batch normalisation does: each piece is normalised
        by its own mean and variance ("ghost batches"), and the running averages move once a piece.
        Dropout draws other masks.
    learning_rate, dense_learning_rate, momentum, weight_decay : float
        Of SGD; momentum acts in pre-training only (the embedding knows no velocity).
    epsilon : float
        Relative error of tomography at a download.
    augment : bool
        Shift and mirror images in pre-training.
    record_every : int
        Steps between records after pruning; steps next to a download are always recorded.
    evaluation_size : int
        Samples that accuracies and losses are measured on.
    seed : int
        Of everything random.
    """

    dense_steps: int = 300
    sparse_steps: int = 300
    keep: float = 0.1
    method: str = "magnitude"
    period: int = 100
    variant: str = "fixed"
    classical_steps: int = 10
    batch_size: int = 2048
    dense_batch_size: int = 128
    micro_batch: int | None = None
    learning_rate: float = 0.01
    dense_learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 2e-4
    epsilon: float = 0.0
    augment: bool = False
    record_every: int = 10
    evaluation_size: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("dense_steps", "sparse_steps", "classical_steps", "seed"):
            check_integer(name, getattr(self, name), 0)
        for name in ("period", "batch_size", "dense_batch_size", "record_every", "evaluation_size"):
            check_integer(name, getattr(self, name), 1)
        if self.micro_batch is not None:
            check_integer("micro_batch", self.micro_batch, 1)
        check_real("keep", self.keep, above=0, at_most=1)
        for name in ("learning_rate", "dense_learning_rate"):
            check_real(name, getattr(self, name), above=0)
        for name in ("weight_decay", "epsilon"):
            check_real(name, getattr(self, name), at_least=0)
        check_real("momentum", self.momentum, at_least=0, below=1)
        check_choice("method", self.method, METHODS)
        check_choice("variant", self.variant, VARIANTS)
        if self.variant == "qram" and self.classical_steps >= self.period:
            raise ValueError(
                f"`classical_steps` must be less than `period` = {self.period}, got "
                f"{self.classical_steps}; the rest is what the quantum computer does"
            )
