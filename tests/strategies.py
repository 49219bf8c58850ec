"""One hypothesis strategy for each noun of the package."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

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


def exact_spectra(bound: float = 5.0) -> st.SearchStrategy[qgd.Spectrum]:
    """Exact spectra of few modes, with zeros and repeats, of either sign."""
    values = st.lists(reals(-bound, bound), min_size=1, max_size=6)
    return values.map(lambda v: qgd.Spectrum(len(v), eigenvalues=np.sort(np.array(v))))


def words(num_variables: int, length: int) -> list[tuple[int, ...]]:
    """All words of a given length, in the order of the Kronecker product."""
    return list(itertools.product(range(num_variables), repeat=length))


def fewer(divisor: int) -> settings:
    """The profile with a fraction of its examples, for tests that run circuits."""
    return settings(max_examples=max(3, settings().max_examples // divisor))


def at_least(count: int) -> settings:
    """The profile with at least so many examples, for cheap tests that must catch a weak bound."""
    return settings(max_examples=max(count, settings().max_examples))


def seeds() -> st.SearchStrategy[int]:
    """Seeds of a random generator, for systems that are drawn in bulk."""
    return st.integers(0, 2**32 - 1)


@dataclass(frozen=True, eq=False)
class DenseSystem:
    """A z = b in the words of the protocol `LinearSystem`."""

    matrix: csr_array
    rhs: np.ndarray
    inverse_norm_bound: float


@st.composite
def linear_systems(draw: st.DrawFn, max_size: int = 4) -> DenseSystem:
    """Non-symmetric, indefinite, well-conditioned systems with a loose bound of the inverse."""
    n = draw(st.integers(1, max_size))
    signs = np.array(draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=n, max_size=n)))
    A = signs[:, None] * (1.5 * np.eye(n) + draw(matrices(n, n)) / n)
    b = draw(vectors(n).filter(lambda v: np.linalg.norm(v) > 1e-3))
    slack = draw(reals(1.0, 1.5))
    return DenseSystem(csr_array(A), b, slack * float(np.linalg.norm(np.linalg.inv(A), 2)))


@st.composite
def history_systems(
    draw: st.DrawFn,
    max_variables: int = 2,
    max_order: int = 2,
    max_steps: int = 3,
    max_padding: int = 3,
    *,
    time_dependent: bool | None = None,
    contraction: float = 0.3,
    size: float = 0.2,
) -> qgd.HistorySystem:
    """History systems of one map for all steps or of one map for each, padded or not."""
    T = draw(st.integers(1, max_steps))
    several = draw(st.booleans()) if time_dependent is None else time_dependent
    first = draw(polynomial_maps(max_variables, 2, contraction=contraction, size=size))
    n, count = first.num_variables, T if several else 1
    order, scale = draw(st.integers(1, max_order)), draw(reals(0.5, 2.0))
    maps = [first]
    for _ in range(count - 1):
        F0, M = draw(vectors(n, size)), draw(matrices(n, n, size))
        maps.append(qgd.PolynomialMap([F0, M / n - contraction * np.eye(n), *first.F[2:]]))
    x0 = draw(vectors(n).filter(lambda v: np.linalg.norm(v) > 1e-2))
    steps = [qgd.carleman(m, order, scale=scale) for m in maps]
    return qgd.history_system(steps, x0, T, draw(st.integers(0, max_padding)))


@st.composite
def bounds(draw: st.DrawFn, stage: str | None = None, max_value: float = 10.0) -> qgd.Bound:
    """Lines of an error budget of any kind; one in a few has the value zero."""
    name = stage or draw(st.sampled_from(["truncation", "encoding", "inversion", "readout"]))
    value = draw(st.one_of(st.just(0.0), st.floats(1e-9, max_value)))
    kind = draw(st.sampled_from(list(qgd.Kind)))
    return qgd.Bound(name, value, kind, "a source", "file.md#Theorem 1")


@st.composite
def logistic_losses(draw: st.DrawFn, max_weights: int = 3) -> qgd.LogisticLoss:
    """Small two-class data sets with features in [-2, 2] and a ridge in [0, 1/2]."""
    n = draw(st.integers(1, max_weights))
    samples = draw(st.integers(1, 6))
    labels = draw(st.lists(st.integers(0, 1), min_size=samples, max_size=samples))
    return qgd.logistic_regression(draw(matrices(samples, n, 2.0)), labels, draw(reals(0, 0.5)))


@st.composite
def time_dependent_maps(draw: st.DrawFn, max_steps: int = 4) -> qgd.TimeDependentMap:
    """Sequences of contracting maps in the same variables, of unequal degrees."""
    n, maps = draw(st.integers(1, 3)), []
    for degree in draw(st.lists(st.integers(1, 3), min_size=1, max_size=max_steps)):
        F = [draw(matrices(n, n**k, 0.2)) / n for k in range(degree + 1)]
        maps.append(qgd.PolynomialMap([F[0], F[1] - 0.3 * np.eye(n), *F[2:]]))
    return qgd.TimeDependentMap(tuple(maps))


@st.composite
def encoded_matrices(
    draw: st.DrawFn, num_system: int | None = None
) -> tuple[np.ndarray, qgd.BlockEncoding]:
    """A real or complex matrix padded to 2**num_system rows, and a dilation of it.

    The size may be odd, alpha may exceed the norm, and the stated epsilon is drawn (and true: the
    encoding is exact).
    """
    q = draw(st.integers(1, 2)) if num_system is None else num_system
    n = draw(st.integers(1 if q == 1 else 2 ** (q - 1) + 1, 2**q))
    A = draw(matrices(n, n))
    if draw(st.booleans()):
        A = A + 1j * draw(matrices(n, n))
    alpha = (float(np.linalg.norm(A, 2)) or 1.0) * draw(reals(1.0, 2.0))
    encoding = replace(qgd.dilation(A, alpha), epsilon=draw(reals(0.0, 0.1)))
    padded = np.zeros((2**q, 2**q), dtype=A.dtype)
    padded[:n, :n] = A
    return padded, encoding


@st.composite
def trigonometric_losses(
    draw: st.DrawFn, max_angles: int = 3, max_frequency: int = 2
) -> qgd.TrigonometricLoss:
    """Sums of a few cosines with phases; frequencies may repeat or vanish."""
    p = draw(st.integers(1, max_angles))
    frequency = st.tuples(*[st.integers(-max_frequency, max_frequency)] * p)
    term = st.tuples(frequency, reals(-2, 2), reals(-3, 3))
    return qgd.TrigonometricLoss.cosines(draw(st.lists(term, min_size=1, max_size=6)))


def bases() -> st.SearchStrategy[qgd.Basis]:
    """The built-in bases, and two of third parties that are their two tables and no more."""
    tanh = qgd.Basis("tanh", lambda a, b: {a + b: 1}, lambda m: {m - 1: m, m + 1: -m})
    growth = qgd.Basis("e^x - 1", lambda a, b: {a + b: 1}, lambda m: {m - 1: m, m: m})
    logistic = reals(-3, 3).map(qgd.logistic_basis)
    return st.one_of(st.sampled_from([qgd.TAYLOR, qgd.CIRCLE, tanh, growth]), logistic)


@st.composite
def basis_fields(
    draw: st.DrawFn, choice: st.SearchStrategy[qgd.Basis] | None = None
) -> qgd.BasisField:
    """Gradient flows of losses with a few products of basis functions, one basis a variable."""
    n = draw(st.integers(1, 3))
    kind = bases() if choice is None else choice
    chosen = draw(st.lists(kind, min_size=n, max_size=n))
    if draw(st.booleans()):
        chosen = chosen[:1] * n
    word = st.lists(st.integers(0, n - 1), max_size=3).map(tuple)
    terms = draw(st.lists(st.tuples(word, reals(-1, 1)), min_size=1, max_size=5))
    return qgd.BasisField.descent(chosen, draw(vectors(n)), terms)


@st.composite
def stencils(
    draw: st.DrawFn, max_variables: int = 5, degrees: tuple[int, ...] = (0, 1, 2)
) -> qgd.Stencil:
    """A few terms of unequal coefficients and signs, of any boundary, odd sizes and one site."""
    boundary = draw(st.sampled_from(["periodic", "open", "hypercube"]))
    n = draw(st.integers(1, max_variables))
    if boundary == "hypercube":
        n = 1 << (n.bit_length() - 1)
    offset = st.integers(-2, 2) if boundary != "hypercube" else st.integers(0, n - 1)
    word = st.sampled_from(degrees).flatmap(lambda p: st.tuples(*[offset] * p))
    terms = draw(st.lists(st.tuples(reals(-2, 2), word), max_size=5))
    return qgd.Stencil(n, terms, boundary)
