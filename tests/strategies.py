"""One hypothesis strategy for each noun of the package."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st

import qgd


def reals(low: float = -1.0, high: float = 1.0) -> st.SearchStrategy[float]:
    """Finite floats, rounded so that shrunk examples are readable."""
    return st.floats(low, high, allow_nan=False).map(lambda x: round(x, 6))


def vectors(size: int, bound: float = 1.0) -> st.SearchStrategy[np.ndarray]:
    """Real vectors of a given length."""
    return st.lists(reals(-bound, bound), min_size=size, max_size=size).map(np.array)


def matrices(rows: int, columns: int, bound: float = 1.0) -> st.SearchStrategy[np.ndarray]:
    """Real matrices of a given shape."""
    return vectors(rows * columns, bound).map(lambda v: v.reshape(rows, columns))


@st.composite
def polynomial_losses(
    draw: st.DrawFn, max_weights: int = 3, max_degree: int = 4
) -> qgd.PolynomialLoss:
    """Sparse polynomials with few terms; words unsorted, possibly repeated."""
    n = draw(st.integers(1, max_weights))
    word = st.lists(st.integers(0, n - 1), max_size=max_degree).map(tuple)
    terms = draw(st.lists(st.tuples(word, reals(-2, 2)), min_size=1, max_size=8))
    return qgd.PolynomialLoss.from_terms(terms, num_weights=n)


@st.composite
def polynomial_maps(
    draw: st.DrawFn,
    max_variables: int = 3,
    max_degree: int = 3,
    *,
    forced: bool | None = None,
    contraction: float = 0.3,
    size: float = 0.2,
) -> qgd.PolynomialMap:
    """Maps whose linear part is near (1 - contraction) I; F_0 on, off or drawn."""
    n = draw(st.integers(1, max_variables))
    degree = draw(st.integers(1, max_degree))
    has_offset = draw(st.booleans()) if forced is None else forced
    F = [draw(vectors(n, size)) if has_offset else np.zeros(n)]
    F.append(draw(matrices(n, n, size)) / n - contraction * np.eye(n))
    F += [draw(matrices(n, n**k, size)) / n for k in range(2, degree + 1)]
    return qgd.PolynomialMap(F)


@st.composite
def polynomial_systems(
    draw: st.DrawFn, max_variables: int = 3, max_degree: int = 3
) -> qgd.PolynomialSystem:
    """Flows with the coefficients of `polynomial_maps`."""
    return qgd.PolynomialSystem(draw(polynomial_maps(max_variables, max_degree)).F)


def words(num_variables: int, length: int) -> list[tuple[int, ...]]:
    """All words of a given length, in the order of the Kronecker product."""
    return list(itertools.product(range(num_variables), repeat=length))
