"""From an embedded flow y' = A y + c to what an evolution solver sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from qgd.core.arrays import Array, IntArray, RealArray
from qgd.core.checks import check_array, check_real
from qgd.embedding.carleman import CarlemanSystem
from qgd.encoding.block_encoding import BlockEncoding, Build
from qgd.encoding.dilation import dilation

_DENSE = 2000


@dataclass(frozen=True, eq=False)
class EncodedFlow:
    """y' = A y + c, y(0) given, wanted at one time T, ready for an `EvolutionSolver`.

    Parameters
    ----------
    encoding : BlockEncoding
        Of the padded matrix; the padding is a reducing subspace.
    matrix : csr_array, shape (d, d)
        A without padding, real.
    initial, source : ndarray, shape (d,)
        y(0) and c, not both zero.
    time : float
        T > 0.
    positions : ndarray of int, shape (d,)
        Basis state of each entry of y in the system register.
    idle : ndarray, shape (d,), optional
        Added to y(T) without evolution: the known reference of a readout.
    origin : CarlemanSystem, optional
        What `encode_flow` made it from; it is pickled in place of the encoding.
    prepare : tuple of callable
        For the circuit: one builder for each of `initial` and `source` that is not zero, and none
        of `idle`; ``build(c)`` acts on the system, at most the encoding's work qubits, and c
        controls. Empty: by multiplexed rotations.
    interval : (float, float), optional
        Proved bounds of the eigenvalues of (A + A^T) / 2, which are computed otherwise.
    """

    encoding: BlockEncoding
    matrix: csr_array
    initial: RealArray
    source: RealArray
    time: float
    positions: IntArray
    idle: RealArray | None = None
    origin: CarlemanSystem | None = None
    prepare: tuple[Build, ...] = ()
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        size = self.matrix.shape[0]
        check_real("time", self.time, above=0)
        for name in ("initial", "source"):
            check_array(name, getattr(self, name), (size,))
        if self.idle is not None:
            check_array("idle", self.idle, (size,))
        if not (
            np.any(self.initial)
            or np.any(self.source)
            or (self.idle is not None and np.any(self.idle))
        ):
            raise ValueError(
                "`initial` must not be zero where `source` is: nothing moves, y(T) = 0 exactly, "
                "and there is no state to prepare; start elsewhere, or use another centre"
            )

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if self.origin is None:
            return super().__reduce_ex__(protocol)
        return _encode_again, (self.origin, self.initial, self.source, self.time, self.idle)

    @cached_property
    def growth(self) -> tuple[float, float]:
        """Smallest and largest eigenvalue of (A + A^T) / 2, or a wider interval.

        The largest is the logarithmic norm, ||e^{A t}|| <= e^{mu t}. By eigenvalues up to dimension
        2000, by Gershgorin's circles beyond.
        """
        if self.interval is not None:
            return self.interval
        symmetric = csr_array((self.matrix + self.matrix.T) / 2)
        if symmetric.shape[0] <= _DENSE:
            values = np.linalg.eigvalsh(symmetric.toarray())
            return float(values[0]), float(values[-1])
        diagonal = symmetric.diagonal()
        radius = np.asarray(abs(symmetric).sum(axis=1)).ravel() - np.abs(diagonal)
        return float((diagonal - radius).min()), float((diagonal + radius).max())

    def pad(self, vector: Array) -> Array:
        """Place a vector of length d into the system register."""
        padded = np.zeros(self.encoding.dimension, dtype=vector.dtype)
        padded[self.positions] = vector
        return padded

    def unpad(self, amplitudes: Array) -> Array:
        """Read a vector of length d from amplitudes of the system register."""
        return np.asarray(amplitudes)[..., self.positions]

    def driven(self, drive: float, idle: RealArray) -> EncodedFlow:
        """The flow whose y(T) is drive * y(T) + idle."""
        initial, source = drive * self.initial, drive * self.source
        return replace(self, initial=initial, source=source, idle=idle, prepare=())


def encode_flow(
    flow: CarlemanSystem,
    x0: ArrayLike,
    time: float,
    *,
    encoding: BlockEncoding | None = None,
    positions: IntArray | None = None,
) -> EncodedFlow:
    """Block-encode an embedded flow, by an exact dilation unless an encoding is given.

    Parameters
    ----------
    flow : CarlemanSystem
        Of form ``"flow"``: ``carleman(PolynomialSystem(...), order)``.
    x0 : array_like, shape (n,)
        Start, before the lift.
    time : float
        T > 0.
    encoding, positions : BlockEncoding, ndarray of int
        For instance of `carleman_encoding` with the positions of `CarlemanRegisters`; both or none.

    Raises
    ------
    ValueError
        If the system is a map, or nothing moves.

    Examples
    --------
    >>> from qgd.dynamics.system import PolynomialSystem
    >>> from qgd.embedding.carleman import carleman
    >>> logistic = PolynomialSystem([[0.0], [[-1.0]], [[0.5]]])
    >>> encode_flow(carleman(logistic, 2), [0.3], 1.0).matrix.toarray()
    array([[-1. ,  0.5],
           [ 0. , -2. ]])
    """
    if flow.form != "flow":
        raise ValueError(
            f"`flow` must be an embedded flow, got form {flow.form!r}; embed a PolynomialSystem, "
            "or solve the history system of the map with qgd.QSVT"
        )
    if (encoding is None) != (positions is None):
        raise ValueError("`encoding` and `positions` must be given together, got one of them")
    if encoding is not None and positions is not None:
        start, T = flow.lift(x0), float(time)
        return EncodedFlow(encoding, flow.matrix, start, flow.offset, T, positions)
    return _encode_again(flow, flow.lift(x0), flow.offset, float(time))


def fold_source(flow: EncodedFlow, unit: float | None = None) -> EncodedFlow:
    """The homogeneous flow of (u, y), u' = 0, y' = A y + (c / u) u: the constant coordinate.

    Its logarithmic norm is positive wherever c != 0, so a solver must shift; a large `unit` u
    makes the shift small and the start long. By default u = ||c|| T or 1, whichever is larger.
    The first of d + 1 entries is the constant.
    """
    size = float(np.linalg.norm(flow.source))
    u = max(1.0, size * flow.time) if unit is None else check_real("unit", unit, above=0)
    d = flow.matrix.shape[0]
    folded = np.zeros((d + 1, d + 1))
    folded[1:, 1:] = flow.matrix.toarray()
    folded[1:, 0] = flow.source / u
    return EncodedFlow(
        encoding=dilation(folded),
        matrix=csr_array(folded),
        initial=np.concatenate(([u], flow.initial)),
        source=np.zeros(d + 1),
        time=flow.time,
        positions=np.arange(d + 1),
    )


def _encode_again(
    flow: CarlemanSystem,
    initial: RealArray,
    source: RealArray,
    time: float,
    idle: RealArray | None = None,
) -> EncodedFlow:
    dense = flow.matrix.toarray()
    positions = np.arange(len(dense))
    encoding = dilation(dense)
    return EncodedFlow(encoding, flow.matrix, initial, source, time, positions, idle, flow)


def flow_error(flow: EncodedFlow, weights: float) -> float:
    """Change of sum_j c_j e^{-iT(k_j L + H)} when A is encoded with an error (Theorem 14.5).

    `weights` is sum_j |c_j| sqrt(1 + k_j^2) over all evolutions, each at most T long.
    """
    return flow.encoding.epsilon * flow.time * weights
