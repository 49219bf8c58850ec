"""What a Hessian-vector product of matrix factorisation competes with, each ready to be timed."""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import coo_array, csr_array


def passes_over(pointer, items, e, w, x, out):  # type: ignore[no-untyped-def]
    """What no product can do without: each array read once, the result written once."""

    @njit(fastmath={"reassoc", "contract"})
    def run(pointer, items, e, w, x, out):  # type: ignore[no-untyped-def]
        total, places, ends = 0.0, np.uint32(0), np.uint32(0)
        for t in range(items.size):
            places ^= items[t]
            total += e[t]
        for i in range(pointer.size):
            ends ^= pointer[i]
        for q in range(out.size):
            out[q] = w[q] + x[q]
        return total, places, ends

    return lambda: run(pointer, items, e, w, x, out)


def plain_loops(pointer, items, e, w, x, rank, out):  # type: ignore[no-untyped-def]
    """The Hessian product as one writes it first: both rows read and written each time."""

    @njit(fastmath={"reassoc", "contract", "nsz"})
    def run(pointer, items, e, w, x, out, places):  # type: ignore[no-untyped-def]
        r, begin = np.uint64(len(places)), np.uint64(pointer.size - 1)
        out[:] = 0
        for i in range(begin):
            for t in range(np.uint64(pointer[i]), np.uint64(pointer[i + np.uint64(1)])):
                j = begin + np.uint64(items[t])
                d = out[0] * 0
                for a in range(r):
                    d += x[r * i + a] * w[r * j + a] + w[r * i + a] * x[r * j + a]
                for a in range(r):
                    out[r * i + a] += d * w[r * j + a] + e[t] * x[r * j + a]
                    out[r * j + a] += d * w[r * i + a] + e[t] * x[r * i + a]

    return lambda: run(pointer, items, e, w, x, out, (0,) * rank)


def assembled(ratings, weights, residual):  # type: ignore[no-untyped-def]
    """The Hessian in CSR form with 32-bit indices."""
    m, n = ratings.num_users, weights.size
    i, j = ratings.users.astype(np.int32), ratings.items.astype(np.int32) + m
    w = weights.reshape(-1, 2)
    total = csr_array((n, n))
    for a in range(2):
        for b in range(2):
            off = w[j, a] * w[i, b] + (residual if a == b else 0.0)
            rows = np.concatenate((2 * i + a, 2 * j + b, 2 * i + a, 2 * j + a))
            columns = np.concatenate((2 * j + b, 2 * i + a, 2 * i + b, 2 * j + b))
            values = np.concatenate((off, off, w[j, a] * w[j, b], w[i, a] * w[i, b]))
            total = total + csr_array(coo_array((values, (rows, columns)), shape=(n, n)))
    return total


def double_backward(ratings, weights, x):  # type: ignore[no-untyped-def]
    """Retained graph of the gradient, one backward a product."""
    import torch

    torch.set_num_threads(1)
    m = ratings.num_users
    i = torch.from_numpy(ratings.users)
    j = torch.from_numpy(ratings.items.astype(np.int64)) + m
    r = torch.from_numpy(ratings.values)
    w = torch.from_numpy(weights).reshape(-1, 2).clone().requires_grad_(True)
    loss = 0.5 * (((w[i] * w[j]).sum(dim=1) - r) ** 2).sum()
    (gradient,) = torch.autograd.grad(loss, w, create_graph=True)
    v = torch.from_numpy(x).reshape(-1, 2)

    def call():  # type: ignore[no-untyped-def]
        return torch.autograd.grad(gradient, w, v, retain_graph=True)[0].numpy().ravel()

    return call


def strided(users: int):  # type: ignore[no-untyped-def]
    """The prototype: item (i + stride) mod users, no indices, users and items gathered in turn."""
    strides = np.array([0, 1, 7, 31])
    rng = np.random.default_rng(0)
    u, v, x, y = (rng.standard_normal((users, 2)) for _ in range(4))
    r, a, b = rng.standard_normal((users, 4)), np.zeros((users, 2)), np.zeros((users, 2))

    @njit
    def run(u, v, r, x, y, a, b, strides):  # type: ignore[no-untyped-def]
        count = len(u)
        for i in range(count):
            a0 = a1 = b0 = b1 = 0.0
            for d in range(4):
                j, k = i + strides[d], i - strides[d]
                if j >= count:
                    j -= count
                if k < 0:
                    k += count
                e = u[i, 0] * v[j, 0] + u[i, 1] * v[j, 1] - r[i, d]
                s = x[i, 0] * v[j, 0] + x[i, 1] * v[j, 1] + u[i, 0] * y[j, 0] + u[i, 1] * y[j, 1]
                a0 += s * v[j, 0] + e * y[j, 0]
                a1 += s * v[j, 1] + e * y[j, 1]
                e = u[k, 0] * v[i, 0] + u[k, 1] * v[i, 1] - r[k, d]
                s = x[k, 0] * v[i, 0] + x[k, 1] * v[i, 1] + u[k, 0] * y[i, 0] + u[k, 1] * y[i, 1]
                b0 += s * u[k, 0] + e * x[k, 0]
                b1 += s * u[k, 1] + e * x[k, 1]
            a[i, 0], a[i, 1], b[i, 0], b[i, 1] = a0, a1, b0, b1

    return lambda: run(u, v, r, x, y, a, b, strides)
