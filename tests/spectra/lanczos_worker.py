"""Lanczos runs that kill their own processes during a chosen product: run by test_lanczos."""

from __future__ import annotations

import os
import signal
import sys

import numpy as np

import qgd

SIZE = 40


def matrix() -> np.ndarray:
    half = np.random.default_rng(5).standard_normal((SIZE, SIZE))
    return half + half.T


class Product:
    """v -> H v that counts, and dies in call number `last`."""

    def __init__(self, last: int = -1) -> None:
        self.H = matrix()
        self.last = last
        self.calls = 0

    def __call__(self, v: np.ndarray) -> np.ndarray:
        if self.calls == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.calls += 1
        return (self.H @ v.astype(np.float64)).astype(v.dtype)


def run(product: Product, path: str | None, *, stored: bool, dtype: str) -> qgd.Spectrum:
    return qgd.lanczos(
        product,
        size=SIZE,
        num_steps=12,
        num_probes=3,
        reorthogonalise=stored,
        dtype=dtype,
        rng=4,
        checkpoint=path,
    )


DEATHS = [
    (last, stored, dtype)
    for stored in (True, False)
    for last, dtype in (
        (1, "float64"),
        (2, "float32"),
        (17, "float32"),
        (24, "float64"),
    )
]

if __name__ == "__main__":
    for dtype in ("float32", "float64"):  # loads the compiled code before the children need it
        run(Product(), None, stored=True, dtype=dtype)
    for last, stored, dtype in DEATHS:
        child = os.fork()
        if not child:
            path = f"{sys.argv[1]}/{last}-{stored}-{dtype}"
            run(Product(last), path, stored=stored, dtype=dtype)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
