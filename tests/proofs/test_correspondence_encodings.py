"""Encodings: the unitary that the package builds, entry by entry, is that of the Coq definition.

Orthogonal matrices and cosines from Pythagorean triples, so that every square root is rational.
The dilation depends on the decomposition: that of a symmetric matrix is by its eigenvalues.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from fractions import Fraction

import coq_encodings as coq
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import qgd
from qgd.encoding.block_encoding import BlockEncoding, linear_combination
from qgd.encoding.dilation import dilation, scalar_dilation
from qgd.encoding.linear_system import encode, encoding_bound
from qgd.encoding.registers import Piece, multiplexed
from qgd.solvers.norm_search import NormInterval
from qgd.solvers.shortcut import _relative_error, filter_accuracy

EXAMPLES = settings(max_examples=25, deadline=None)
PAIR = (0, 1)
Decomposition = tuple[coq.Matrix, coq.Matrix, list[Fraction]]
# cos with a rational sine
COSINES = [Fraction(a, c) for a, c in ((3, 5), (4, 5), (5, 13), (12, 13), (8, 17), (0, 1), (1, 1))]
# alpha with rational (1/(1 + alpha))^(1/2) and (alpha/(1 + alpha))^(1/2)
ALPHAS = [Fraction(16, 9), Fraction(144, 25), Fraction(225, 64)]


@dataclass(frozen=True)
class Given:
    """A `LinearSystem` of a caller's own."""

    matrix: csr_array
    rhs: np.ndarray
    inverse_norm_bound: float


@st.composite
def turns(draw: st.DrawFn) -> coq.Matrix:
    """An orthogonal matrix of size 2, with either determinant."""
    c = draw(st.sampled_from(COSINES))
    s, sign = coq.sine(c), draw(st.sampled_from((1, -1)))
    return {(0, 0): c, (0, 1): -s * sign, (1, 0): s, (1, 1): c * sign}


@st.composite
def decompositions(draw: st.DrawFn, largest: Fraction | None = None) -> Decomposition:
    """W, V, c of a symmetric matrix (W = V, either sign of c) or of one that is not (c > 0).

    A zero singular value would leave the sign of its two vectors open.
    """
    W = draw(turns())
    first = COSINES if largest is None else [largest]
    c = [draw(st.sampled_from(cosines)) for cosines in (first, COSINES)]
    if draw(st.booleans()):
        return W, W, [x * draw(st.sampled_from((1, -1))) for x in c]
    V = draw(turns())
    A = coq.of_values(W, c, V)
    assume(all(c) and A[0, 1] != A[1, 0])
    return W, V, c


def dense(M: coq.Matrix) -> np.ndarray:
    return np.array([[float(M[i, j]) for j in PAIR] for i in PAIR])


def unitary(encoding: BlockEncoding) -> np.ndarray:
    """Rows and columns by (ancillas, system)."""
    shape = 2**encoding.num_ancillas, encoding.dimension
    size = shape[0] * shape[1]
    return encoding.apply(np.eye(size).reshape(size, *shape)).reshape(size, size).T


def matrix_of(U: coq.Unitary, indices: list[object]) -> np.ndarray:
    return np.array([[float(U(r, t)) for t in indices] for r in indices])


@EXAMPLES
@given(decomposition=decompositions(), alpha=st.sampled_from(ALPHAS))
def test_the_dilation_is_that_of_the_theorem(decomposition: Decomposition, alpha: Fraction) -> None:
    W, V, c = decomposition
    A = coq.of_values(W, [alpha * x for x in c], V)
    found = unitary(dilation(dense(A), float(alpha)))
    expected = matrix_of(coq.dilation(W, V, c), list(itertools.product(PAIR, PAIR)))
    assert found == pytest.approx(expected, abs=1e-7)  # sine of a cosine next to 1
    assert (alpha * expected[:2, :2]).astype(float) == pytest.approx(dense(A), abs=1e-12)


@EXAMPLES
@given(left=decompositions(), right=decompositions(), weights=st.sampled_from(
    [(9, 16), (-9, 16), (16, -9), (25, 144), (-144, -25)]))  # fmt: skip
def test_products_and_combinations_are_those_of_the_theorems(
    left: Decomposition, right: Decomposition, weights: tuple[int, int]
) -> None:
    """alpha = 1 for both; PREP by its first column, which alone enters the corner."""
    (W, V, c), (X, Y, d) = left, right
    first, second = coq.dilation(W, V, c), coq.dilation(X, Y, d)
    A, B = coq.of_values(W, c, V), coq.of_values(X, d, Y)
    given_encodings = [dilation(dense(A), 1.0), dilation(dense(B), 1.0)]
    pairs = list(itertools.product(PAIR, PAIR))
    three = [((a, b), i) for a in PAIR for b in PAIR for i in PAIR]
    product = given_encodings[0] @ given_encodings[1]
    assert unitary(product) == pytest.approx(matrix_of(coq.product(first, second), three), abs=1e-7)
    kron = given_encodings[0].kron(given_encodings[1])
    four = [(a, i) for a in pairs for i in pairs]
    assert unitary(kron) == pytest.approx(matrix_of(coq.kronecker(first, second), four), abs=1e-7)
    total = abs(weights[0]) + abs(weights[1])
    P = coq.rotation(coq.root(Fraction(abs(weights[0]), total)))
    signed = [coq.signed(w, U) for w, U in zip(weights, (first, second), strict=True)]
    combination = linear_combination([float(w) for w in weights], given_encodings)
    assert combination.alpha == pytest.approx(float(total))
    expected = matrix_of(coq.combined(P, signed), three)
    assert unitary(combination) == pytest.approx(expected, abs=1e-7)


@EXAMPLES
@given(W=turns(), c=st.lists(st.sampled_from(COSINES), min_size=2, max_size=2))
def test_the_dilation_of_a_symmetric_matrix_is_that_of_its_eigenvalues(
    W: coq.Matrix, c: list[Fraction]
) -> None:
    """W = V and a negative cosine; singular values would negate a term of W s V^T."""
    signed = [c[0], -c[1]]
    A = coq.of_values(W, signed, W)
    found = unitary(dilation(dense(A), 1.0))
    expected = matrix_of(coq.dilation(W, W, signed), list(itertools.product(PAIR, PAIR)))
    assert found == pytest.approx(expected, abs=1e-7)
    assert found == pytest.approx(found.T, abs=1e-12)


@EXAMPLES
@given(decomposition=decompositions(), beta=st.sampled_from(COSINES))
def test_multiplexed_steps_are_those_of_the_theorem(
    decomposition: Decomposition, beta: Fraction
) -> None:
    """A dilation for one time and a multiple of the identity for the other three."""
    W, V, c = decomposition
    A = coq.of_values(W, c, V)
    pieces = [
        Piece(0, 1, dilation(dense(A), 1.0)),
        Piece(1, 4, scalar_dilation(float(beta), 1.0, 1)),
    ]
    step, idle = coq.dilation(W, V, c), coq.beside_unit(coq.reflection(beta))
    expected = coq.multiplexed(lambda k: k, lambda k: idle if k else step)
    indices = [(a, (k, i)) for a in PAIR for k in range(4) for i in PAIR]
    assert unitary(multiplexed(pieces, 2)) == pytest.approx(matrix_of(expected, indices), abs=1e-7)


@EXAMPLES
@given(decomposition=decompositions(Fraction(1)), alpha=st.sampled_from(ALPHAS),
       T=st.integers(1, 3))  # fmt: skip
def test_the_encoding_of_a_run_is_that_of_the_theorem(
    decomposition: Decomposition, alpha: Fraction, T: int
) -> None:
    """No idle rows: their sine is never rational. The larger singular value is alpha_D."""
    W, V, c = decomposition
    values = [alpha * x for x in c]
    C = coq.of_values(W, values, V)
    step = qgd.carleman(qgd.PolynomialMap([[0.0, 0.0], dense(C) - np.eye(2)]), 1)
    system = encode(qgd.history_system(step, [1.0, 0.0], T, 0))
    m = 2 ** max(1, T.bit_length()) - 1
    U = coq.default_unitary(m, T, 0, W, V, values, alpha)
    times = range(m + 1)
    indices = [((b, a), (k, i)) for b in PAIR for a in PAIR for k in times for i in PAIR]
    assert system.encoding.alpha == pytest.approx(float(1 + alpha), rel=1e-12)
    found, expected = unitary(system.encoding), matrix_of(U, indices)
    assert found == pytest.approx(expected, abs=1e-6)
    corner = expected[: 2 * (m + 1), : 2 * (m + 1)] * float(1 + alpha)
    states = [(k, i) for k in times for i in PAIR]
    exact = matrix_of(coq.history_matrix(m, T, 0, C), states)
    assert corner == pytest.approx(exact, abs=1e-12)
    assert encoding_bound(system, 1.0).value == 0


@EXAMPLES
@given(eighths=st.integers(1, 7), b=st.integers(1, 16), A=st.sampled_from((1, 2, 4)))
def test_the_bound_of_an_inexact_encoding_is_that_of_the_theorem(
    eighths: int, b: int, A: int
) -> None:
    iota, epsilon = Fraction(1, A), Fraction(eighths, 8) * A
    matrix = csr_array(np.array([[float(A)]]))
    system = encode(Given(matrix, np.array([float(b)]), float(iota)))
    inexact = replace(system, encoding=replace(system.encoding, epsilon=float(epsilon)))
    exact = coq.inexact_answer(iota, epsilon, Fraction(b))
    assert encoding_bound(inexact, 1.0).value == pytest.approx(float(exact), rel=1e-12)
    kappa = coq.encoded_condition(Fraction(A), iota, epsilon)
    assert inexact.kappa_bound == pytest.approx(float(kappa), rel=1e-12)


@EXAMPLES
@given(y=st.integers(1, 15), low=st.integers(1, 40), rho=st.sampled_from((1, 2, Fraction(3, 2))))
def test_the_filter_of_kernel_reflection_is_that_of_the_theorem(
    y: int, low: int, rho: Fraction
) -> None:
    """The bound of what this filter leaves is at most the epsilon that was asked for."""
    share, high = Fraction(y, 16), low * Fraction(rho) ** 2
    epsilon, eta = coq.reached(share, high), coq.largest_filter_error(share, Fraction(rho))
    found = filter_accuracy(float(epsilon), NormInterval(float(low), float(high)))
    assert found == pytest.approx(float(eta), rel=1e-9)
    quotient = eta / share  # the least one, as eta <= y q
    norm = high * (1 + share)
    bound = _relative_error(float(eta), float(quotient), float(norm), 1e9)
    exact = coq.posterior(norm, eta, quotient)
    assert bound == pytest.approx(float(exact), rel=1e-9)
    assert exact == epsilon
