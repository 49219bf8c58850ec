"""A sum over batches computed by the workers of an executor."""

from __future__ import annotations

import pickle
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from qgd.core.checks import check_integer
from qgd.core.parallel import Workers, map_unordered
from qgd.spectra.vectors import Vector

Product = Callable[[Vector], Vector]


@dataclass(frozen=True, eq=False)
class SharedProduct:
    """v -> sum of the products of several operators, each of which is one task.

    The operators travel once, through files in a temporary folder that lives as long as this
    object; a worker loads each share it meets and keeps the last few.

    Parameters
    ----------
    shape : tuple of int
        (n, n).
    dtype : dtype
        Of the result.
    paths : tuple of str
        One file a share.
    executor : Executor, callable or None
        As for `qgd.core.parallel.map_unordered`.
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    paths: tuple[str, ...]
    executor: Workers

    def __call__(self, v: Vector) -> Vector:
        """Return the sum of the shares, in float64 and always in the same order."""
        return self.matvec(v)

    def matvec(self, v: Vector) -> Vector:
        """Return the sum of the shares."""
        points = [(path, v) for path in self.paths]
        parts = dict(map_unordered(_product, points, self.executor))
        total = np.zeros(self.shape[0])
        for index in range(len(points)):
            total += parts[index]
        return total.astype(self.dtype)


def shared_product(
    operators: list[Any], shape: tuple[int, int], dtype: np.dtype[Any], executor: Workers
) -> SharedProduct:
    """Write the operators into files and return their sum."""
    folder = Path(tempfile.mkdtemp(prefix="qgd-"))
    paths = []
    for index, operator in enumerate(operators):
        path = folder / f"{index}.pickle"
        with path.open("wb") as file:
            pickle.dump(operator, file)
        paths.append(str(path))
    product = SharedProduct(shape, dtype, tuple(paths), executor)
    weakref.finalize(product, shutil.rmtree, folder, ignore_errors=True)
    return product


def parts(count: int, num_shares: int) -> list[range]:
    """Cut ``range(count)`` into pieces whose lengths differ by one at most."""
    check_integer("num_shares", num_shares, 1)
    if num_shares > count:
        raise ValueError(
            f"`num_shares` must be at most the number of batches, {count}, got {num_shares}; "
            "cut the batches with `micro_batch`"
        )
    edges = [count * k // num_shares for k in range(num_shares + 1)]
    return [range(a, b) for a, b in pairwise(edges)]


def _product(point: tuple[str, Vector]) -> Vector:
    path, v = point
    product: Product = _loaded(path)
    return product(v)


@lru_cache(maxsize=4)
def _loaded(path: str) -> Product:
    with Path(path).open("rb") as file:
        return pickle.load(file)
