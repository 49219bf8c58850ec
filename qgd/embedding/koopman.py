"""Fourier-Koopman lift: noisy gradient flow on a trigonometric loss as a linear system."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import LinearOperator, aslinearoperator, eigsh

from qgd.core.arrays import RealArray
from qgd.core.checks import available_memory, check_array, check_integer, check_memory, check_real
from qgd.dynamics.dissipation import log_norm
from qgd.embedding.couplings import couplings, places, real_couplings
from qgd.embedding.lattice import HalfLattice, Shape, lattice_size
from qgd.problem.trigonometric import TrigonometricLoss

_DENSE_ROWS = 1500
_BYTES_PER_COUPLING = 4 * 24 * 3  # four real entries (value, row, column), with the copies


@dataclass(frozen=True, eq=False)
class KoopmanSystem:
    """The truncated lattice system y' = A y + c of E cos(k . theta) and E sin(k . theta).

    Only one of k, -k is kept, and k = 0 is the constant 1 that makes the offset. The state is real
    and begins with E cos theta_1, ..., E cos theta_p, E sin theta_1, ..., E sin theta_p; the other
    cosines and the other sines follow, in the order of ``lattice.waves``.

    Parameters
    ----------
    matrix : csr_array, shape (dimension, dimension)
        A.
    offset : ndarray, shape (dimension,)
        c.
    loss : TrigonometricLoss
        L.
    lattice : HalfLattice
        The waves that are kept.
    noise : float
        D.
    learning_rate : float
        eta.
    form : str
        ``"flow"``, or ``"taylor"`` after `taylor_step`.
    """

    matrix: csr_array
    offset: RealArray
    loss: TrigonometricLoss
    lattice: HalfLattice
    noise: float
    learning_rate: float
    form: Literal["flow", "taylor"] = "flow"

    @property
    def num_angles(self) -> int:
        """p."""
        return self.lattice.num_angles

    @property
    def cutoff(self) -> int:
        """K."""
        return self.lattice.cutoff

    @property
    def dimension(self) -> int:
        """Two for each wave: (2 K + 1)^p - 1 in a box."""
        return int(self.matrix.shape[0])

    @property
    def num_variables(self) -> int:
        """2 p, the length of what `project` reads."""
        return 2 * self.num_angles

    @property
    def order(self) -> int:
        """All waves form one level."""
        return 1

    @property
    def levels(self) -> tuple[slice, ...]:
        """The one level."""
        return (slice(0, self.dimension),)

    @property
    def scale(self) -> float:
        """Waves have no unit of length: 1."""
        return 1.0

    @cached_property
    def trace(self) -> float:
        """tr A."""
        return float(self.matrix.trace())

    @cached_property
    def norm_bound(self) -> float:
        """||A||_1, the largest absolute column sum."""
        return float(abs(self.matrix).sum(axis=0).max()) if self.matrix.nnz else 0.0

    @cached_property
    def log_norm(self) -> float:
        """Largest eigenvalue of (A + A^T) / 2, at most (eta / 2) sup Laplacian L - D (Thm 9.2)."""
        if self.dimension <= _DENSE_ROWS:
            return log_norm(self.matrix)
        symmetric = csr_array(self.matrix + self.matrix.T) / 2
        start = np.random.default_rng(0).normal(size=self.dimension)
        return float(eigsh(symmetric, 1, which="LA", v0=start, return_eigenvectors=False)[0])

    @property
    def log_norm_bound(self) -> float:
        """(eta / 2) sum_m |m|^2 |L_m| - D, at least `log_norm` for every cutoff (Theorem 9.2)."""
        squares = (self.loss.frequencies.astype(np.float64) ** 2).sum(axis=1)
        curvature = float(squares @ np.abs(self.loss.coefficients))
        return self.learning_rate / 2 * curvature - self.noise

    def lift(self, x: ArrayLike) -> RealArray:
        """The state of a distribution that is certain of the angles x, shape (dimension,)."""
        angles = check_array("x", x, (self.num_angles,))
        phase = self.lattice.waves @ angles
        y = np.empty(self.dimension)
        cosine, sine = places(self.num_angles, self.lattice.size)
        y[cosine], y[sine] = np.cos(phase), np.sin(phase)
        return y

    def project(self, y: ArrayLike) -> RealArray:
        """E cos theta_i and then E sin theta_i, shape (..., 2 p); acts on the last axis."""
        return np.asarray(y, dtype=np.float64)[..., : self.num_variables]

    def expectations(self, y: ArrayLike) -> tuple[RealArray, RealArray]:
        """E cos theta and E sin theta, each of shape (..., p)."""
        read = self.project(y)
        return read[..., : self.num_angles], read[..., self.num_angles :]

    def angles(self, y: ArrayLike) -> RealArray:
        """Circular means arg E exp(i theta_i) in (-pi, pi], shape (..., p)."""
        cosine, sine = self.expectations(y)
        return np.arctan2(sine, cosine)

    def waves(self, y: ArrayLike) -> NDArray[np.complex128]:
        """E exp(i k . theta) for each k of ``lattice.waves``, shape (..., size)."""
        state = np.asarray(y, dtype=np.float64)
        cosine, sine = places(self.num_angles, self.lattice.size)
        return state[..., cosine] + 1j * state[..., sine]

    def functional(self, observable: TrigonometricLoss) -> tuple[float, RealArray]:
        """The numbers b and r, shape (dimension,), with E f(theta) = b + r . y.

        Raises
        ------
        ValueError
            If a frequency of f is not kept: a larger cutoff is needed to read it.
        """
        k, c = observable.frequencies, observable.coefficients
        if observable.num_variables != self.num_angles:
            raise ValueError(
                f"`observable` must have {self.num_angles} angles, got {observable.num_variables}"
            )
        place, sign = self.lattice.locate(k)
        lost = k[(place < 0) & (sign != 0)]
        if len(lost):
            raise ValueError(
                f"`observable` must consist of waves inside the cutoff {self.cutoff}, got the "
                f"frequency {lost[0].tolist()}; raise `cutoff` to "
                f"{self.lattice.reach(lost).max()}"
            )
        weights = np.zeros(self.dimension)
        cosine, sine = places(self.num_angles, self.lattice.size)
        kept = sign > 0  # f = sum 2 Re L_k cos - 2 Im L_k sin over these
        weights[cosine[place[kept]]] = 2 * c[kept].real
        weights[sine[place[kept]]] = -2 * c[kept].imag
        return float(c[sign == 0].real.sum()), weights

    def mean(self, observable: TrigonometricLoss, y: ArrayLike) -> RealArray:
        """E f(theta) of a trigonometric polynomial f, shape (...)."""
        constant, weights = self.functional(observable)
        return np.asarray(constant + np.asarray(y, dtype=np.float64) @ weights)

    def mean_loss(self, y: ArrayLike) -> RealArray:
        """E L(theta), shape (...)."""
        return self.mean(self.loss, y)

    def operator(self) -> LinearOperator:
        """A as a SciPy linear operator."""
        return aslinearoperator(self.matrix)

    def step(self, y: RealArray) -> RealArray:
        """A y + c: the derivative of y, or the next y after `taylor_step`."""
        return np.asarray(self.matrix @ y + self.offset)


def koopman(
    loss: TrigonometricLoss,
    cutoff: int,
    *,
    noise: float = 0.0,
    learning_rate: float = 1.0,
    shape: Shape = "box",
) -> KoopmanSystem:
    """Lift a noisy gradient flow of angles to its exactly linear Fourier lattice, cut off at K.

    For d theta = -eta grad L(theta) dt + sqrt(2 D) dW and L = sum_m L_m exp(i m . theta), the means
    y_k = E exp(i k . theta) obey (Theorem 9.1 of proofs/09-koopman.md)

        y_k' = eta sum_m (k . m) L_m y_{k+m} - D |k|^2 y_k,      y_k(0) = exp(i k . theta_0),

    from any start and without knowledge of a minimum. Waves beyond the cutoff are set to zero,
    which `koopman_bound` prices; the noise damps them, so that the cutoff converges fast for D > 0.

    Parameters
    ----------
    loss : TrigonometricLoss
        L.
    cutoff : int
        K, at least 1.
    noise : float
        D >= 0, in angle^2 per unit of time; `shot_noise` gives that of stochastic gradients.
    learning_rate : float
        eta >= 0; 1 measures time as the gradient flow does.
    shape : str
        ``"box"``: |k_i| <= K; ``"diamond"``: |k_1| + ... + |k_p| <= K.

    Raises
    ------
    QGDError
        With ``Outcome.TOO_LARGE`` before anything is allocated, if the matrix would not fit.
    ValueError
        If (2 K + 1)^p is too large to number the waves.

    Examples
    --------
    >>> import numpy as np
    >>> system = koopman(TrigonometricLoss.cosines([((1,), -1.0, 0.0)]), 2, noise=0.5)
    >>> system.matrix.toarray()  # of E cos, E sin, E cos 2, E sin 2
    array([[-0.5,  0. , -0.5,  0. ],
           [ 0. , -0.5,  0. , -0.5],
           [ 1. ,  0. , -2. ,  0. ],
           [ 0. ,  1. ,  0. , -2. ]])
    >>> system.offset
    array([0.5, 0. , 0. , 0. ])
    """
    p = loss.num_variables
    check_integer("cutoff", cutoff, 1)
    D = check_real("noise", noise, at_least=0)
    eta = check_real("learning_rate", learning_rate, at_least=0)
    kept = HalfLattice(p, int(cutoff), shape)
    _check_size(loss, kept)
    rows, targets, values = couplings(loss, kept, eta)
    place, sign = kept.locate(targets)
    n = kept.size
    inside = place >= 0
    matrix = real_couplings(
        rows[inside], place[inside], sign[inside], values[inside], places(p, n), places(p, n)
    )
    cosine, sine = places(p, n)
    damping = np.empty(2 * n)
    damping[cosine] = damping[sine] = D * (kept.waves.astype(np.float64) ** 2).sum(axis=1)
    if D > 0:
        matrix = csr_array(matrix - diags_array(damping))
    offset = np.zeros(2 * n)
    constant = sign == 0
    np.add.at(offset, cosine[rows[constant]], values[constant].real)
    np.add.at(offset, sine[rows[constant]], values[constant].imag)
    return KoopmanSystem(matrix, offset, loss, kept, D, eta)


def _check_size(loss: TrigonometricLoss, lattice: HalfLattice) -> None:
    """Refuse before assembly what would not fit, and name the largest cutoff that would."""
    p, K = lattice.num_angles, lattice.cutoff
    each = _BYTES_PER_COUPLING * (len(loss.coefficients) + 1) + 8 * 6 * p
    room = 0.8 * available_memory()
    fits = bisect.bisect_right(
        range(1, K + 1), room, key=lambda cutoff: lattice_size(p, cutoff, lattice.shape) * each
    )
    check_memory(
        float(lattice.size * each),
        f"a Koopman matrix of cutoff {K} in {p} angles (dimension {2 * lattice.size})",
        f"lower the cutoff to {fits}" if fits else "keep fewer angles",
    )
