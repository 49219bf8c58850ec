"""Random systems for the truncation bounds, and the errors these must dominate.

A case is drawn from a seed, so that hypothesis shrinks a number and thousands are cheap. One
variable with non-negative coefficients is drawn often: there the majorant is the map itself, bounds
are nearly reached, and a weakened one is caught.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

import qgd
from qgd.core.kronecker import kronecker_power
from qgd.dynamics.lyapunov import lyapunov_norm
from qgd.dynamics.rest_points import rest_points

LARGEST_ORDER = {1: 5, 2: 5, 3: 4, 4: 3}


@dataclass(frozen=True, eq=False)
class Case:
    """A system, an order, a start and a duration (steps of a map, time of a flow)."""

    system: qgd.PolynomialMap | qgd.TimeDependentMap | qgd.PolynomialSystem
    order: int
    x0: np.ndarray
    duration: float

    @property
    def arguments(self):
        return self.system, self.order, self.x0, self.duration


def map_case(seed: int, kind: str = "any") -> Case:
    """A map within the assumptions that `kind` names: any, unforced, forced, growing, pivot."""
    rng = np.random.default_rng(seed)
    n, order, degrees, positive = _shape(rng, kind)
    T = int(rng.choice([1, 2, 3, 6, 12, 25]))
    a = 1 - 10 ** rng.uniform(-1.7, -0.05)
    if kind == "growing" or (kind == "any" and rng.random() < 0.4):
        a = rng.choice([1.0, 1 + 10 ** rng.uniform(-2, -0.7), rng.uniform(0.3, 1)])
    sizes = [0.0, a, *(10 ** rng.uniform(-1.5, 0.5) if k in degrees else 0.0 for k in (2, 3))]
    direction = _unit(rng, n, positive)
    if kind == "growing":
        x0 = direction * rng.uniform(0.1, 0.95) * _series_radius(sizes, T)
    elif kind == "any" and a >= 1:
        sizes[0] = rng.choice([0.0, 0.01])
        x0 = direction * rng.uniform(0.05, 0.5) / (sizes[2] + sizes[3]) / T
    else:
        excess = [0.0, a - 1, *sizes[2:]]
        if kind in ("forced", "pivot") or (kind == "any" and rng.random() < 0.5):
            sizes[0] = -rest_points(excess)[2] * rng.uniform(0.05, 0.98)
            excess[0] = sizes[0]
        upper = rest_points(excess)[1]
        x0 = direction * upper * (0.0 if kind == "pivot" else rng.uniform(0.02, 0.999))
    several = T > 1 and kind != "pivot" and rng.random() < 0.15
    maps = tuple(_map(rng, n, sizes, positive) for _ in range(T if several else 1))
    return Case(qgd.TimeDependentMap(maps) if several else maps[0], order, x0, T)


def flow_case(seed: int, kind: str = "any") -> Case:
    """A flow within what `kind` names, joined by `+`.

    single (one degree), quadratic, normal, growing, forced, moving (||x_0|| above r_-), maximum
    (within the power series of the maximum norm); without forcing unless it is named.
    """
    rng = np.random.default_rng(seed)
    kinds = kind.split("+")
    n, order, degrees, positive = _shape(rng, kind)
    if {"single", "growing"} & set(kinds):
        degrees = degrees[:1]
    mu = -(10 ** rng.uniform(-1, 0.5))
    if "growing" in kinds:
        mu = rng.choice([0.0, mu, -mu / 5])
    time = 10 ** rng.uniform(-2.5, 0.8) / max(abs(mu), 0.3)
    sizes = [0.0, mu, *(10 ** rng.uniform(-1, 0.5) if k in degrees else 0.0 for k in (2, 3))]
    direction = _unit(rng, n, positive)
    if "growing" in kinds:
        s = degrees[0] - 1
        S = time if mu == 0 else np.expm1(s * mu * time) / (s * mu)
        radius = (rng.uniform(0.05, 0.95) / (s * sizes[degrees[0]] * S)) ** (1 / s)
    else:
        if "forced" in kinds:
            sizes[0] = -rest_points(sizes)[2] * rng.uniform(0.02, 0.98)
        lower, upper, _ = rest_points(sizes)
        low = lower if "moving" in kinds else 0.0
        radius = low + (upper - low) * rng.uniform(0.02, 0.99)
    F = _coefficients(rng, n, sizes, positive)
    F[1] = _linear_flow(rng, n, mu, "normal" in kinds, positive)
    if "maximum" in kinds:
        direction = direction / np.abs(direction).max()
        a = float(np.abs(F[1]).sum(axis=1).max())
        f2 = float(np.abs(F[2]).sum(axis=1).max())
        time = min(time, 5 / a)
        radius = rng.uniform(0.05, 0.95) * a / (f2 * np.expm1(a * time))
    return Case(qgd.PolynomialSystem(F), order, direction * radius, float(time))


def shear_case(seed: int, is_flow: bool) -> Case:
    """A stable but strongly non-normal linear part; x_0 within R_P < 1 of a Lyapunov norm."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 4))
    order = int(rng.integers(1, 4))
    decay = 10 ** rng.uniform(-1, -0.2)
    M = np.triu(rng.normal(size=(n, n)), 1) * rng.uniform(0, 3) * decay
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    M = Q @ (M - decay * np.diag(rng.uniform(0.5, 1.5, n))) @ Q.T
    F = [np.zeros((n, 1)), M, rng.normal(size=(n, n * n)) * 10 ** rng.uniform(-1, 0)]
    system = qgd.PolynomialSystem(F) if is_flow else qgd.PolynomialMap(F)
    x0 = rng.normal(size=n)
    number = lyapunov_norm(system, x0, evaluations=0).number
    duration = 10 ** rng.uniform(-1, 1) if is_flow else int(rng.integers(1, 25))
    return Case(system, order, x0 * rng.uniform(0.02, 0.98) / number, duration)


def map_error(case: Case) -> float:
    """||x_T - y_T||, infinite if x_T is; y by dense Kronecker products of the map's matrices."""
    system, order, x0, T = case.arguments
    try:
        truth = qgd.iterate(system, x0, T)[-1]
    except qgd.QGDError:
        return np.inf
    maps = system.maps if isinstance(system, qgd.TimeDependentMap) else (system,)
    lifted = [_lifted_map([Gk.toarray() for Gk in m.G], order) for m in maps]
    y = np.concatenate([kronecker_power(x0, j) for j in range(order + 1)])
    for k in range(T):
        y = lifted[k % len(lifted)] @ y
    return float(np.linalg.norm(truth - y[1 : len(x0) + 1]))


def _lifted_map(G, order):
    """Blocks M_{jm} for 0 <= j, m <= N, with the constant as level 0."""
    n = len(G[1])
    edges = np.cumsum([0, *(n**j for j in range(order + 1))])
    matrix = np.zeros((edges[-1], edges[-1]))
    row = {0: np.ones((1, 1))}
    for j in range(order + 1):
        for m, block in row.items():
            matrix[edges[j] : edges[j + 1], edges[m] : edges[m + 1]] = block
        following = {}
        for m, block in row.items():
            for k, Gk in enumerate(G):
                if m + k <= order and Gk.any():
                    following[m + k] = following.get(m + k, 0) + _kron(Gk, block)
        row = following
    return matrix


def _kron(A, B):
    return np.einsum("ij,kl->ikjl", A, B).reshape(len(A) * len(B), -1)


def _lifted_flow(F, order):
    """The derivation with the constant as level 0."""
    n = len(F[1])
    edges = np.cumsum([0, *(n**j for j in range(order + 1))])
    matrix = np.zeros((edges[-1], edges[-1]))
    for j, (k, Fk) in itertools.product(range(1, order + 1), enumerate(F)):
        if Fk.any() and j + k - 1 <= order:
            block = matrix[edges[j] : edges[j + 1], edges[j + k - 1] : edges[j + k]]
            for i in range(j):
                block += _kron(_kron(np.eye(n**i), Fk), np.eye(n ** (j - 1 - i)))
    return matrix


def flow_error(case: Case, norm: float = 2) -> float:
    """||x(t) - y(t)||, y by the exponential of the lifted system."""
    system, order, x0, t = case.arguments
    lifted = _lifted_flow([Fk.toarray() for Fk in system.F], order)
    y = expm(lifted * t) @ np.concatenate([kronecker_power(x0, j) for j in range(order + 1)])
    x = qgd.integrate(system, x0, [0.0, t]).final
    return float(np.linalg.norm(x - y[1 : len(x0) + 1], norm))


def rounding(case: Case) -> float:
    """What double precision may do to the measured error."""
    return 1e-11 * (1e-3 + float(np.linalg.norm(case.x0)))


def _shape(rng, kind):
    n = int(rng.choice([1, 1, 2, 3, 4]))
    order = int(rng.integers(1, LARGEST_ORDER[n] + 1))
    degrees = (
        [2] if "quadratic" in kind or kind == "pivot" else [[2], [2], [3], [2, 3]][rng.integers(4)]
    )
    return n, order, degrees, bool(n == 1 or rng.random() < 0.2)


def _unit(rng, n, positive):
    v = rng.normal(size=n)
    v = np.abs(v) if positive else v
    return v / np.linalg.norm(v)


def _map(rng, n, sizes, positive):
    F = _coefficients(rng, n, sizes, positive)
    G1 = _linear(rng, n, positive)
    F[1] = G1 * sizes[1] - np.eye(n)
    return qgd.PolynomialMap(F)


def _linear(rng, n, positive):
    """Norm one: symmetric, orthogonal, non-normal or with non-negative entries."""
    if positive:
        M = rng.uniform(0, 1, size=(n, n))
    else:
        M = rng.normal(size=(n, n))
        style = rng.integers(3)
        M = M + M.T if style == 0 else np.linalg.qr(M)[0] if style == 1 else M
    return M / np.linalg.norm(M, 2)


def _linear_flow(rng, n, mu, normal, positive):
    """Logarithmic norm mu: normal (symmetric plus rotation) or not."""
    if n == 1:
        return np.array([[mu]])
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    D = np.diag(mu - np.append(0.0, rng.uniform(0, 2, n - 1)))
    if positive and not normal:
        M = rng.uniform(0, 1, size=(n, n))
        return M + np.eye(n) * (mu - np.linalg.eigvalsh((M + M.T) / 2)[-1])
    if normal and n % 2 == 0 and rng.random() < 0.5:
        D[:2, :2] = [[mu, 1.0], [-1.0, mu]]
        return Q @ D @ Q.T
    M = Q @ D @ Q.T
    if not normal:
        K = rng.normal(size=(n, n))
        M = M + K - K.T
        M += np.eye(n) * (mu - np.linalg.eigvalsh((M + M.T) / 2)[-1])
    return M if not normal else (M + M.T) / 2


def _coefficients(rng, n, sizes, positive):
    """F_0, F_2, F_3 with multilinear norms of at most the given sizes."""
    F = [np.zeros((n, n**k)) for k in range(len(sizes))]
    for k, size in enumerate(sizes):
        if k == 1 or size == 0:
            continue
        tensor = rng.normal(size=(n,) * (k + 1))
        if positive:
            tensor = np.abs(tensor)
        if rng.random() < 0.5:
            tensor = sum(tensor.transpose(p) for p in itertools.permutations(range(k + 1)))
        flat = tensor.reshape(n, n**k)
        F[k] = flat * (size / np.linalg.norm(flat, 2))
    return F


def _series_radius(sizes, T):
    """||x_0|| at which the power series of Theorem 10.6 stops converging, from below."""
    a, g2, g3 = sizes[1], sizes[2], sizes[3]
    if g2 > 0:
        return 1 / (max(g2 / a, (g3 / a) ** 0.5) * sum(a**k for k in range(T)))
    return 1 / (2 * g3 / a * sum(a ** (2 * k) for k in range(T))) ** 0.5
