"""Problems of the Carleman benchmarks, and their rival: what one writes with scipy.sparse.kron."""

from __future__ import annotations

import numpy as np
from scipy.sparse import bmat, csr_matrix, diags, identity, kron


def burgers(n, reynolds=20.0):  # type: ignore[no-untyped-def]
    """Viscous Burgers equation, n interior points, central differences: F_1, F_2, start.

    After Liu et al., arXiv:2011.03185, section 7 (there with n = 16 and N up to 4).
    """
    dx, speed = 1 / (n + 1), 1 / np.sqrt(n + 1)
    nu = speed / reynolds
    bands = [np.ones(n - 1), -2 * np.ones(n), np.ones(n - 1)]
    F1 = nu / dx**2 * diags(bands, [-1, 0, 1], format="csr")
    i = np.arange(n - 1)
    rows = np.concatenate((i, i + 1))
    columns = np.concatenate(((i + 1) * (n + 1), i * (n + 1)))
    values = np.concatenate((np.full(n - 1, -1.0), np.ones(n - 1))) / (4 * dx)
    F2 = csr_matrix((values, (rows, columns)), shape=(n, n**2))
    x = np.arange(1, n + 1) * dx - 0.5
    return [csr_matrix(F1), F2], -speed * np.sin(2 * np.pi * x)


def random_sparse(n, per_row=4, seed=0):  # type: ignore[no-untyped-def]
    """Dissipative random system, `per_row` non-zeros a row in F_1 and in F_2, ||x_0|| = 1/2."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(n), per_row)
    columns = rng.integers(0, n, n * per_row) * n + rng.integers(0, n, n * per_row)
    F2 = csr_matrix((0.2 * rng.standard_normal(n * per_row), (rows, columns)), shape=(n, n**2))
    rows = np.repeat(np.arange(n), per_row - 1)
    columns = rng.integers(0, n, n * (per_row - 1))
    F1 = csr_matrix((0.2 * rng.standard_normal(len(rows)), (rows, columns)), shape=(n, n))
    F1 = F1 + diags([-1 - rng.random(n)], [0])
    x0 = rng.standard_normal(n)
    return [csr_matrix(F1), F2], 0.5 * x0 / np.linalg.norm(x0)


def kron_matrix(F, order):  # type: ignore[no-untyped-def]
    """Truncated Carleman matrix straight from the formula, in the Kronecker basis."""
    n = F[0].shape[0]
    blocks = [[None] * order for _ in range(order)]
    for j in range(1, order + 1):
        for k, Fk in enumerate(F, start=1):
            m = j + k - 1
            if m <= order:
                blocks[j - 1][m - 1] = sum(
                    kron(kron(identity(n**i), Fk), identity(n ** (j - 1 - i))) for i in range(j)
                )
    return bmat(blocks, format="csr")


def kron_lift(x, order):  # type: ignore[no-untyped-def]
    """(x, x (x) x, ...)."""
    levels, power = [], np.ones(1)
    for _ in range(order):
        power = np.kron(power, x)
        levels.append(power)
    return np.concatenate(levels)


PROBLEMS = {
    "Burgers n=16 N=5": (burgers, 16, 5),
    "Burgers n=16 N=4": (burgers, 16, 4),
    "Burgers n=64 N=3": (burgers, 64, 3),
    "random n=100 N=3": (random_sparse, 100, 3),
    "random n=1000 N=2": (random_sparse, 1000, 2),
}
