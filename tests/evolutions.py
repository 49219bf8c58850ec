"""Dense oracles for evolution solvers, and operators that do not commute."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

import qgd


def final_state(flow: qgd.EncodedFlow) -> np.ndarray:
    """y(T) from the exponential of [[A, c], [0, 0]], and the idle vector."""
    d = len(flow.initial)
    augmented = np.zeros((d + 1, d + 1))
    augmented[:d, :d], augmented[:d, d] = flow.matrix.toarray(), flow.source
    evolved = (expm(flow.time * augmented) @ np.append(flow.initial, 1.0))[:d]
    return evolved if flow.idle is None else evolved + flow.idle


def random_pair(rng: np.random.Generator, size: int, norm: float) -> tuple[np.ndarray, np.ndarray]:
    """Hermitian L with eigenvalues from 0 to `norm`, and Hermitian H of any size."""
    X, Y = (rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)) for _ in range(2))
    q = np.linalg.qr(X)[0]
    values = norm * np.concatenate(([0.0, 1.0], rng.uniform(0, 1, size)))[:size]
    return (q * values) @ q.conj().T, 10 ** rng.uniform(-1, 1.5) * (Y + Y.conj().T)


def combination_error(rule: qgd.ExponentialSum, L: np.ndarray, H: np.ndarray) -> float:
    """|| sum_j c_j e^{-i (k_j L + H)} - e^{-(L + i H)} ||_2."""
    total = sum(c * expm(-1j * (k * L + H)) for k, c in zip(rule.nodes, rule.weights, strict=True))
    return float(np.linalg.norm(total - expm(-L - 1j * H), 2))
