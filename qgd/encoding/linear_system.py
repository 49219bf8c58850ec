"""From a linear system to what a solver sees: an encoding, a padded right-hand side, a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, SupportsIndex

import numpy as np
from qiskit import QuantumCircuit
from scipy.sparse import block_diag, csr_array

from qgd.core.arrays import Array, IntArray, RealArray
from qgd.core.bound import Assumption, Bound, Kind
from qgd.core.checks import check_array, check_choice
from qgd.embedding.history import HistorySystem, LinearSystem
from qgd.embedding.history_operator import LiftedOperator, RepeatedOperator
from qgd.encoding.block_encoding import BlockEncoding, Build, identity_encoding
from qgd.encoding.dilation import dilation, scalar_dilation
from qgd.encoding.registers import Piece, cyclic_increment, multiplexed
from qgd.encoding.sparse_preparation import SparseVector
from qgd.encoding.state_preparation import real_state_preparation
from qgd.encoding.structured_step import Given

Structure = Literal["dilation", "structured"]


@dataclass(frozen=True, eq=False)
class EncodedSystem:
    """A z = b, ready for a solver.

    Parameters
    ----------
    encoding : BlockEncoding
        Of the padded matrix; the padding is a reducing subspace.
    matrix : csr_array or LiftedOperator, shape (d, d)
        A without padding, for the polynomial level of fidelity; an operator where A is never
        written down (``structure="structured"``).
    rhs : ndarray, shape (d,)
        b without padding, not zero.
    positions : ndarray of int, shape (d,)
        Basis state of each entry of z in the system register.
    inverse_norm_bound : float
        Proved upper bound of ||A^-1||_2.
    origin : LinearSystem, optional
        What `encode` made it from. It is pickled in place of the encoding, which is made again
        where it arrives: a circuit builder cannot travel.
    structure : str
        How `encode` made it.
    prepare : callable, optional
        ``prepare(c)`` returns a circuit of b / ||b|| on the system register, with at most the
        encoding's number of clean work qubits above it, under c controls above these. Without it
        the padded vector is prepared as it stands.
    """

    encoding: BlockEncoding
    matrix: csr_array | LiftedOperator
    rhs: RealArray
    positions: IntArray
    inverse_norm_bound: float
    origin: LinearSystem | None = None
    structure: Structure = "dilation"
    prepare: Build | None = None

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        if self.origin is None:
            return super().__reduce_ex__(protocol)
        return _encode_again, (self.origin, self.rhs, self.structure)

    @property
    def kappa_bound(self) -> float:
        """Proved upper bound of kappa = alpha / sigma_min of what is encoded (Theorem 7.3)."""
        left = 1 - self.inverse_norm_bound * self.encoding.epsilon
        return self.encoding.alpha * self.inverse_norm_bound / left if left > 0 else math.inf

    @property
    def rhs_norm(self) -> float:
        """||b||_2."""
        return float(np.linalg.norm(self.rhs))

    @property
    def padded_rhs(self) -> RealArray:
        """b / ||b||_2 as amplitudes of the system register."""
        return self.pad(self.rhs / self.rhs_norm)

    def pad(self, vector: RealArray) -> RealArray:
        """Place a vector of length d into the system register."""
        padded = np.zeros(self.encoding.dimension, dtype=vector.dtype)
        padded[self.positions] = vector
        return padded

    def unpad(self, amplitudes: Array) -> Array:
        """Read a vector of length d from the amplitudes of the system register."""
        return np.asarray(amplitudes)[..., self.positions]

    def with_rhs(self, rhs: RealArray) -> EncodedSystem:
        """The same matrix with another right-hand side."""
        b = checked_rhs(rhs, self.matrix.shape[0])
        return replace(self, rhs=b, prepare=None if self.prepare is None else self._sparsely(b))

    def beside(self, rhs: RealArray) -> EncodedSystem:
        """(1 (x) A) (z, z') = (b, b'): a second right-hand side in the same run, by a top qubit."""
        both = (np.arange(2) * self.encoding.dimension)[:, None] + self.positions
        A = self.matrix
        joint = replace(
            self,
            encoding=identity_encoding(1).kron(self.encoding),
            matrix=RepeatedOperator(A, 2)
            if isinstance(A, LiftedOperator)
            else csr_array(block_diag((A, A), format="csr")),
            rhs=np.concatenate((self.rhs, checked_rhs(rhs, self.matrix.shape[0]))),
            positions=both.ravel(),
            origin=None,
            prepare=None,
        )
        if self.prepare is None:
            return joint
        return replace(joint, prepare=joint._sparsely(joint.rhs))

    def preparation(self) -> QuantumCircuit:
        """Circuit that prepares b / ||b|| on the system register, then clean work qubits."""
        if self.prepare is not None:
            return self.prepare(0)
        return real_state_preparation(self.padded_rhs)

    def _sparsely(self, rhs: RealArray) -> Build | None:
        """Preparation of any right-hand side by its non-zero entries."""
        vector = SparseVector.of(self.pad(rhs))
        return vector.build(self.encoding.num_system, self.encoding.num_work)


def encode(
    system: LinearSystem,
    *,
    structure: Structure = "dilation",
    encodings: Given | None = None,
) -> EncodedSystem:
    """Block-encode a linear system.

    A history system keeps its structure, L = 1 - S D with S the increment of the time register and
    D = sum_k |k><k| (x) C_k the steps. By ``"dilation"`` each C_k is in an exact dilation: alpha =
    1 + max(1, ||C_k||), three qubits besides the system. By ``"structured"`` it is made of
    encodings of the coefficients F_p of its map, and no lifted matrix is assembled: neither the
    circuit (`structured_step`, `history_encoding`, `HistoryPreparation`) nor the polynomial level
    (`HistoryOperator`) has one, nor has the system itself if its steps are from `carleman_map`. Any
    other system is dilated as a whole, alpha = ||A||.

    Parameters
    ----------
    system : LinearSystem
        What is solved. For ``"structured"`` a `HistorySystem` of `carleman_map` or `carleman`
        steps of maps.
    structure : str
        ``"dilation"`` or ``"structured"``. Solvers give the same answer to rounding.
    encodings : mapping from int to BlockEncoding or sequence of them, optional
        For ``"structured"``, see `structured_step`. Such a system cannot be pickled.

    Examples
    --------
    >>> from qgd import PolynomialMap, carleman, history_system
    >>> step = carleman(PolynomialMap([[0.0], [[-0.5]], [[0.1]]]), 2)
    >>> system = encode(history_system(step, [0.5], 2), structure="structured")
    >>> system.encoding.alpha.__round__(6)  # 1 + (1 + 0.1) * 1
    2.1
    """
    check_choice("structure", structure, ("dilation", "structured"))
    if structure == "structured":
        from qgd.encoding.structured_system import encode_structured

        return encode_structured(system, encodings)
    if encodings is not None:
        raise ValueError(
            "`encodings` are those of the coefficients in a structured encoding, got some for "
            "structure='dilation'; pass structure='structured' or leave them out"
        )
    if isinstance(system, HistorySystem):
        return _encode_history(system)
    dense = system.matrix.toarray()
    return EncodedSystem(
        encoding=dilation(dense),
        matrix=csr_array(system.matrix),
        rhs=checked_rhs(system.rhs, len(dense)),
        positions=np.arange(len(dense)),
        inverse_norm_bound=system.inverse_norm_bound,
        origin=system,
    )


def _encode_again(origin: LinearSystem, rhs: RealArray, structure: Structure) -> EncodedSystem:
    encoded = encode(origin, structure=structure)
    return encoded if np.array_equal(rhs, encoded.rhs) else encoded.with_rhs(rhs)


def _encode_history(system: HistorySystem) -> EncodedSystem:
    T, times = system.num_steps, system.num_times
    num_time = max(1, (times - 1).bit_length())
    matrices = [step.matrix.toarray() for step in system.steps]
    alpha = max(1.0, *(float(np.linalg.norm(C, 2)) for C in matrices))
    steps = [dilation(C, alpha, name="U_C") for C in matrices]
    block = steps[0].num_system
    if len(steps) == 1:
        pieces = [Piece(0, T, steps[0])]
    else:
        pieces = [Piece(k, k + 1, step) for k, step in enumerate(steps)]
    idle = scalar_dilation(1.0, alpha, block)
    stop = scalar_dilation(0.0, alpha, block)
    if times - 1 > T:
        pieces.append(Piece(T, times - 1, idle))
    # From the last time on nothing is passed on; this also cuts the wrap-around of the increment.
    pieces.append(Piece(times - 1, 2**num_time, stop))
    shift = cyclic_increment(num_time).kron(identity_encoding(block))
    encoding = identity_encoding(num_time + block) - shift @ multiplexed(pieces, num_time)
    k, i = np.divmod(np.arange(times * system.block_dimension), system.block_dimension)
    return EncodedSystem(
        encoding=replace(encoding, name="U_L"),
        matrix=system.matrix,
        rhs=checked_rhs(system.rhs, len(k)),
        positions=k * 2**block + i,
        # Unused times are identity rows, and unused entries of a block idle beside those of y_T:
        # the inverse of this part has norm at most max(1, ||L^-1||).
        inverse_norm_bound=max(1.0, system.inverse_norm_bound),
        origin=system,
    )


def checked_rhs(rhs: RealArray, size: int) -> RealArray:
    """Refuse a right-hand side of a wrong size, or zero."""
    b = check_array("rhs", rhs, (size,))
    if not np.any(b):
        raise ValueError(
            "`rhs` must not be zero, got a zero vector; the start is a fixed point at the origin, "
            "so there is nothing to solve"
        )
    return b


def encoding_bound(system: EncodedSystem, factor: float) -> Bound:
    """Error of x_T that an inexact encoding commits (Theorem 7.3).

    With i the bound of ||A^-1|| and i epsilon < 1,
    ||(A~^-1 - A^-1) b|| <= i^2 epsilon ||b|| / (1 - i epsilon); `factor` turns it into x_T.
    """
    inverse, epsilon = system.inverse_norm_bound, system.encoding.epsilon
    loss = inverse * epsilon
    value = inverse * loss * system.rhs_norm / (1 - loss) if loss < 1 else math.inf
    exact = "unitary dilation" if system.structure == "dilation" else "structured encoding"
    source = f"{exact}, exact" if epsilon == 0 else f"encoding error {epsilon:.1e}"
    return Bound(
        "encoding",
        0.0 if epsilon == 0 else factor * value,
        Kind.PROVED,
        source,
        "07-encodings.md#Theorem 7.3",
        # An infinite value needs no assumption: it is true of every encoding.
        assumptions=(Assumption("||A^-1|| epsilon < 1", True, loss),) if 0 < loss < 1 else (),
    )
