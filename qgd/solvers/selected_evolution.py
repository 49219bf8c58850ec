"""All evolutions of an LCHS at once: one walk whose matrix depends on an index register.

k L + h H = -(r / 2) (e^{-i theta} A + e^{i theta} A^T) is the corner of a Hermitian unitary that
calls the encoding of A once and its adjoint once: a qubit q in |+> says which, its phase and a
further qubit's rotation are multiplexed over the index. So one walk serves every node, with the
degree of the largest (Theorem 14.4).
"""

from __future__ import annotations

import numpy as np

from qgd.core.arrays import Array
from qgd.encoding.block_encoding import BlockEncoding
from qgd.encoding.flow import EncodedFlow
from qgd.solvers.branches import Branches
from qgd.solvers.jacobi_anger import GAIN, EvolutionPhases, evolution_series


def walk_time(branches: Branches, flow: EncodedFlow) -> float:
    """tau = T alpha max r: the argument of the Bessel functions."""
    return branches.time * flow.encoding.alpha * branches.radius


def emulate(branches: Branches, flow: EncodedFlow, phases: EvolutionPhases, radius: float) -> Array:
    """Block level: sum_l w_l (evolution l of v_l), every call of the encoding one operator.

    `radius` is the largest r of all branches, of which these may be a part.
    """
    encoding = flow.encoding
    count = len(branches.weights)
    shape = (2, count, 2, 2, 2**encoding.num_ancillas, encoding.dimension)  # g, l, rot, q, anc, sys
    state = np.zeros(shape, dtype=np.complex128)
    starts = np.array([flow.pad(v) for v in branches.vectors])[branches.starts]
    state[1, :, 0, :, 0] = (starts / np.sqrt(2))[:, None]
    walk = _Walk(branches, encoding, radius)
    state = _rotate(state, phases.rotation(0))
    for k in range(1, phases.num_steps + 1):
        if k % 2:
            state[0] = walk.reflect(walk.call(state[0]))
        else:
            state[1] = walk.call(walk.reflect(state[1]))
        state = _rotate(state, phases.rotation(k))
    ended = (state[0, :, 0, 0, 0] + state[0, :, 0, 1, 0]) / np.sqrt(2)
    return np.asarray(branches.weights @ flow.unpad(ended))


def apply_series(branches: Branches, flow: EncodedFlow, degree: int, radius: float) -> Array:
    """Polynomial level: the same Chebyshev polynomials of the sparse matrices, times gain."""
    top = flow.encoding.alpha * radius
    k, h = branches.dissipation[:, None], branches.rotation[:, None]
    A, AT = flow.matrix, flow.matrix.T.tocsr()

    def matrix(rows: Array) -> Array:
        down, up = (A @ rows.T).T, (AT @ rows.T).T
        return np.asarray(-((k - 1j * h) * down + (k + 1j * h) * up) / (2 * top or 1.0))

    series = evolution_series(branches.time * top, degree)
    previous = branches.vectors[branches.starts].astype(np.complex128)
    current = matrix(previous)
    total = series[0] * previous
    for c in series[1:]:
        total += c * current
        current, previous = 2 * matrix(current) - previous, current
    return np.asarray(GAIN * (branches.weights @ total))


def _rotate(state: Array, rotation: Array) -> Array:
    return np.asarray(np.tensordot(rotation, state, axes=1))


class _Walk:
    """U_B and the reflection about |+>_q |0>_rot |0>_anc, on (l, rot, q, anc, sys)."""

    def __init__(self, branches: Branches, encoding: BlockEncoding, radius: float) -> None:
        wide = (-1, 1, 1, 1)
        self.encoding = encoding
        self.cosine = (branches.radii / (radius or 1.0)).reshape(wide)
        self.sine = np.sqrt(np.maximum(0.0, 1 - self.cosine**2))
        self.turn = np.exp(1j * branches.turns).reshape(wide)

    def call(self, state: Array) -> Array:
        forward = self.encoding.apply(np.ascontiguousarray(state[:, :, 0]))
        backward = self.encoding.apply(np.ascontiguousarray(state[:, :, 1]), adjoint=True)
        out = np.stack((-self.turn * backward, -self.turn.conj() * forward), axis=2)
        low, high = out[:, 0], out[:, 1]
        mixed = (self.cosine * low + self.sine * high, self.sine * low - self.cosine * high)
        return np.stack(mixed, axis=1)

    def reflect(self, state: Array) -> Array:
        found = state[:, 0, 0, 0] + state[:, 0, 1, 0]
        out = -state
        out[:, 0, :, 0] += found[:, None]
        return out
