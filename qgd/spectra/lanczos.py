"""Stochastic Lanczos quadrature of any symmetric operator on NumPy vectors."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from scipy.sparse.linalg import LinearOperator

from qgd.core.checks import check_choice, check_integer, check_memory
from qgd.spectra.checkpoint import Checkpoint
from qgd.spectra.spectrum import Spectrum, Tridiagonal
from qgd.spectra.vectors import (
    Vector,
    dot,
    orthogonalise,
    recur,
    scale,
    start_vector,
    subtract,
)

Operator: TypeAlias = "Callable[[Vector], Vector] | LinearOperator"
Progress: TypeAlias = Callable[[int, int], None]

_SYMMETRY = 1e-3  # of the operator's size: single precision and busy accelerators stay below


def lanczos(
    operator: Operator,
    *,
    size: int | None = None,
    num_steps: int = 128,
    num_probes: int = 8,
    reorthogonalise: bool = True,
    distribution: str = "rademacher",
    dtype: Any = np.float64,
    rng: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Spectrum:
    """Estimate the spectrum of a symmetric operator by stochastic Lanczos quadrature.

    For each random probe v, `num_steps` Lanczos steps give a tridiagonal matrix whose eigenvalues
    and squared first components are the Gauss quadrature of v's spectral measure; the mean over
    probes is the spectral density. Inner products are accumulated in float64 whatever the type of
    the vectors, and the tridiagonals are float64.

    Parameters
    ----------
    operator : callable or LinearOperator
        v -> H v for contiguous vectors of length n and type `dtype`, symmetric, the same at each
        call. It must not change its argument; what it returns is read and not kept.
    size : int, optional
        n; left out when the operator has a `shape`.
    num_steps : int
        Products a probe. A run ends earlier when its Krylov space is invariant, at n at the latest.
    num_probes : int
        Independent random vectors.
    reorthogonalise : bool
        Keep the basis and orthogonalise against all of it, ``num_steps + 1`` vectors of memory.
        Without, two vectors beside those of the operator, and extreme eigenvalues are found
        repeatedly: smooth means do not suffer, counts of modes can.
    distribution : str
        ``"rademacher"`` (+1 or -1, less variance for traces) or ``"gaussian"``.
    dtype : type
        float32 or float64, of the vectors.
    rng : int
        Seed; probe p of the same seed is the same vector in every run.
    checkpoint : path, optional
        A file that records every step. If it exists the run goes on where it stopped, bit for bit;
        it is not deleted. The first step after that verifies that the operator fits the file.
    progress : callable, optional
        Called with (steps done, steps in all) after every step.

    Returns
    -------
    Spectrum

    Raises
    ------
    ValueError
        If the operator returns the wrong length, numbers that are not finite, or is not symmetric;
        if the checkpoint is of another run.
    QGDError
        With ``Outcome.TOO_LARGE`` if the basis does not fit into memory.

    References
    ----------
    .. [1] S. Ubaru, J. Chen, Y. Saad, Fast estimation of tr(f(A)) via stochastic Lanczos
       quadrature, SIAM J. Matrix Anal. Appl. 38 (2017) 1075, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> d = np.array([-1.0, 0.5, 2.0])
    >>> round(lanczos(lambda v: d * v, size=3).trace().value, 9)
    1.5
    """
    run = _Run(
        *resolved(operator, size),
        steps=check_integer("num_steps", num_steps, 1),
        probes=check_integer("num_probes", num_probes, 1),
        stored=reorthogonalise,
        distribution=check_choice("distribution", distribution, ("rademacher", "gaussian")),
        dtype=_check_dtype(dtype),
        seed=check_integer("rng", rng, 0),
        progress=progress,
    )
    run.check_memory()
    log = None if checkpoint is None else run.open(Path(checkpoint))
    try:
        V = np.zeros((run.rows, run.size), run.dtype)
        return Spectrum(run.size, probes=tuple(run.probe(p, V, log) for p in range(run.probes)))
    finally:
        if log is not None:
            log.close()


@dataclass(frozen=True)
class _Run:
    """The arguments, checked."""

    product: Callable[[Vector], Vector]
    size: int
    steps: int
    probes: int
    stored: bool
    distribution: str
    dtype: np.dtype[Any]
    seed: int
    progress: Progress | None

    @property
    def limit(self) -> int:
        return min(self.steps, self.size)

    @property
    def rows(self) -> int:
        return self.limit + 1 if self.stored else 2

    def check_memory(self) -> None:
        vector = self.size * self.dtype.itemsize
        check_memory(
            self.rows * vector,
            f"the Lanczos basis of {self.rows} vectors of length {self.size}",
            lambda free: (
                f"take `num_steps` = {max(1, int(free // vector) - 1)} at most, `dtype` float32, "
                "or `reorthogonalise` = False, which keeps two vectors"
            ),
        )

    def open(self, path: Path) -> Checkpoint:
        identity = {
            "size": self.size,
            "num_steps": self.limit,
            "num_probes": self.probes,
            "reorthogonalise": self.stored,
            "distribution": self.distribution,
            "dtype": self.dtype.name,
            "rng": self.seed,
        }
        return Checkpoint(path, identity, self.limit + 1 if self.stored else 3)

    def probe(self, index: int, V: Vector, log: Checkpoint | None) -> Tridiagonal:
        """One Lanczos run: row j of V (of the two in turn without a basis) is vector j."""
        alpha, beta = log.finished(index) if log is not None else ([], [])
        done = len(alpha)
        if not self._ended(beta):
            self._place_vectors(index, V, done, log)
        while not self._ended(beta):
            j = len(alpha)
            h = self._applied(V[j % self.rows], j)
            if j and j == max(done, 1):
                # Of a symmetric H, the one that made the steps before, v_{j-1} . H v_j is known.
                across = dot(V[(j - 1) % self.rows], h)
                check_symmetry(abs(across - beta[-1]), _size(alpha, beta))
            self._advance(h, V, alpha, beta)
            if log is not None:
                log.record(index, j, alpha[-1], beta[-1], V[(j + 1) % self.rows])
            if self.progress is not None:
                total = self.probes * self.limit
                self.progress(index * self.limit + (j + 1 if beta[-1] else self.limit), total)
        return Tridiagonal(np.array(alpha), np.array(beta))

    def _ended(self, beta: list[float]) -> bool:
        return len(beta) == self.limit or (len(beta) > 0 and beta[-1] == 0)

    def _place_vectors(self, index: int, V: Vector, done: int, log: Checkpoint | None) -> None:
        first = 0 if self.stored else max(done - 1, 0)
        for step in range(first, done + 1):
            if step == 0:
                seed = (self.seed, index)
                V[0] = start_vector(self.size, self.distribution, self.dtype, seed)
            elif log is not None:
                log.load(step, V[step % self.rows])

    def _applied(self, v: Vector, step: int) -> Vector:
        h = cast(Vector, np.asarray(self.product(v)))
        if h.shape != (self.size,) or h.dtype.kind not in "fiu":
            raise ValueError(
                f"`operator` must return {self.size} real numbers, got shape {h.shape} of "
                f"{h.dtype}; check `size`"
            )
        if not math.isfinite(dot(h, v)):
            raise ValueError(
                f"`operator` must return finite numbers, got infinity or NaN at step {step}; "
                "check the point at which it is evaluated, or use float64"
            )
        return h

    def _advance(self, h: Vector, V: Vector, alpha: list[float], beta: list[float]) -> None:
        """One step in Paige's stable order; the basis is orthogonalised against in full."""
        j = len(alpha)
        v, previous, w = V[j % self.rows], V[(j - 1) % self.rows], V[(j + 1) % self.rows]
        alpha.append(recur(h, v, previous, beta[-1] if beta else 0.0, w))
        norm = subtract(alpha[-1], v, w)
        if self.stored:
            norm = orthogonalise(V[: j + 1], w, norm)
        # Below rounding errors of the product nothing is left of the Krylov space.
        end = norm <= 10 * np.finfo(self.dtype).eps * _size(alpha, beta) or j + 1 == self.size
        beta.append(0.0 if end else norm)
        if not end:
            scale(1 / norm, w)


def check_symmetry(difference: float, size: float) -> None:
    """An entry of H and the one across the diagonal may differ by a thousandth of H's size."""
    if not difference <= _SYMMETRY * size:
        raise ValueError(
            "`operator` must be symmetric, the same at each call and that of the checkpoint, got "
            f"entries that differ by {difference:.3g} where entries reach {size:.3g}; put a "
            "network into eval mode, take a loader without shuffling, delete an old checkpoint"
        )


def _size(alpha: list[float], beta: list[float]) -> float:
    """Lower bound of the operator's norm, from the tridiagonal matrix so far."""
    return max(max(map(abs, alpha)), max(beta, default=0.0))


def resolved(operator: Operator, size: int | None) -> tuple[Callable[[Vector], Vector], int]:
    """Return the product and the number of modes of what a user passed."""
    shape = getattr(operator, "shape", None)
    if not callable(operator) and not hasattr(operator, "matvec"):
        raise TypeError(
            f"`operator` must be a function of a vector or a LinearOperator, got "
            f"{type(operator).__name__}; wrap a matrix with scipy.sparse.linalg.aslinearoperator"
        )
    if shape is None and size is None:
        raise TypeError("`size` must be given for a function, got None; pass the number of modes")
    if shape is not None and (len(shape) != 2 or shape[0] != shape[1]):
        raise ValueError(f"`operator` must be square, got shape {tuple(shape)}; pass M^T M or M")
    if shape is not None and size is not None and size != shape[0]:
        raise ValueError(f"`size` must be {shape[0]}, the operator's, got {size}; leave it out")
    product = getattr(operator, "matvec", operator)
    return product, check_integer("size", size if shape is None else int(shape[0]), 1)


def _check_dtype(dtype: Any) -> np.dtype[Any]:
    found = np.dtype(dtype)
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise ValueError(f"`dtype` must be float32 or float64, got {found}; integers round")
    return found
