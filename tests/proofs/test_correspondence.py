"""The package computes what the Coq theorems speak of: both evaluated on the same rationals.

Random rationals with small denominators that are powers of two, so that the input of both sides is
the same number; the Coq side (`coq_formulas`) stays rational to the end.
"""

from __future__ import annotations

from fractions import Fraction

import coq_formulas as coq
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qgd
from qgd.core import compose
from qgd.embedding.conditioning import history_inverse_norm
from qgd.embedding.discretisation import first_order_bounds
from qgd.embedding.graded import graded_iterate
from qgd.embedding.truncation import majorant_bound, propagated_bound

EXAMPLES = settings(max_examples=40, deadline=None)


def rationals(low: int = -16, high: int = 16) -> st.SearchStrategy[Fraction]:
    """Multiples of 1/16 in [low/16, high/16]."""
    return st.integers(low, high).map(lambda k: Fraction(k, 16))


def coefficients() -> st.SearchStrategy[list[Fraction]]:
    """F_0, ..., F_q of a scalar map, 2 <= q <= 3, F_q != 0."""
    small = rationals(-6, 6)
    nonzero = small.filter(bool)
    return st.one_of(st.tuples(small, small, nonzero), st.tuples(small, small, small, nonzero)).map(
        list
    )


def scalar_map(F: list[Fraction]) -> qgd.PolynomialMap:
    return qgd.PolynomialMap([[float(F[0])], *[[[float(c)]] for c in F[1:]]])


def of_map(F: list[Fraction]) -> tuple[Fraction, ...]:
    """G_1 = 1 + F_1."""
    return tuple(c + (k == 1) for k, c in enumerate(F))


def majorant_of(F: list[Fraction]) -> tuple[Fraction, ...]:
    return tuple(abs(c) for c in of_map(F))


@EXAMPLES
@given(F=coefficients(), x0=rationals(0, 16), N=st.integers(1, 4), T=st.integers(0, 4))
def test_majorant_bound_is_the_coq_recursion(
    F: list[Fraction], x0: Fraction, N: int, T: int
) -> None:
    g = majorant_of(F)
    w = [coq.iterates(g, x0, k) for k in range(T + 1)]
    value = majorant_bound(scalar_map(F), N, float(x0), T).value
    assert value == pytest.approx(float(coq.majorant_error(g, N, w, T, 1)), rel=1e-12, abs=1e-300)


@EXAMPLES
@given(F=coefficients(), x0=rationals(0, 16), N=st.integers(1, 4), T=st.integers(1, 4))
def test_propagated_bound_is_the_coq_sum(F: list[Fraction], x0: Fraction, N: int, T: int) -> None:
    """n = 1: the norm of a block is its modulus, so that nu_ij = |(C^(T-1-i))_1j|."""
    g, signed = majorant_of(F), of_map(F)
    w = [coq.iterates(g, x0, k) for k in range(T + 1)]
    row = [Fraction(j == 1) for j in range(1, N + 1)]
    total = Fraction(0)
    for i in reversed(range(T)):
        total += sum(
            (abs(row[j - 1]) * coq.remainder(g, N, j, w[i]) for j in range(1, N + 1)), Fraction(0)
        )
        row = [
            sum((row[j - 1] * coq.coef(signed, j, m) for j in range(1, N + 1)), Fraction(0))
            for m in range(1, N + 1)
        ]
    value = propagated_bound(scalar_map(F), N, float(x0), T).value
    assert value == pytest.approx(float(total), rel=1e-11, abs=1e-300)


@EXAMPLES
@given(F=coefficients(), x0=rationals(0, 12), N=st.integers(1, 4), T=st.integers(1, 4))
def test_first_order_bounds_are_the_coq_recursions(
    F: list[Fraction], x0: Fraction, N: int, T: int
) -> None:
    f = tuple(abs(c) for c in F)
    w = [coq.iterates(majorant_of(F), x0, k) for k in range(T + 1)]

    def diagonal(j: int) -> Fraction:
        return abs(1 + j * F[1])

    expected = [
        coq.driven(N, f, diagonal, lambda k, j: coq.truncation_source(N, f, w, k, j), T, 1),
        coq.driven(N, f, diagonal, lambda k, j: coq.lifting_source(f, w, k, j), T, 1),
    ]
    bounds = first_order_bounds(scalar_map(F), N, float(x0), T)
    for bound, value in zip(bounds, expected, strict=True):
        assert bound.value == pytest.approx(float(value), rel=1e-12, abs=1e-300)


@EXAMPLES
@given(
    n=st.integers(1, 3),
    draw=st.lists(rationals(-8, 8), min_size=45, max_size=45),
    N=st.integers(1, 3),
    T=st.integers(0, 3),
)
def test_the_embedding_is_the_truncated_system_of_the_theorem(
    n: int, draw: list[Fraction], N: int, T: int
) -> None:
    """Blocks, offsets and steps of `carleman` against Lift.block and Truncation.y."""
    entries = iter(draw)
    shapes = [1, n, n**2]
    F = [[[next(entries) for _ in range(m)] for _ in range(n)] for m in shapes]
    u0 = [next(entries) for _ in range(n)]
    arrays = [np.array(A, dtype=float) for A in F]
    system = qgd.carleman(qgd.PolynomialMap([arrays[0][:, 0], *arrays[1:]]), N)
    lift = coq.Lift(n, matrix_entries(n, F))
    y = system.lift([float(u) for u in u0])
    for _ in range(T):
        y = system.step(y)
    exact = lift.truncated(N, u0, T)
    assert y == pytest.approx([float(v) for v in exact.values()], rel=1e-12, abs=1e-12)
    # The blocks themselves, on tensors that are not symmetric.
    any_tensor = {w: Fraction((7 * k) % 11 - 5, 8) for k, w in enumerate(exact)}
    image = system.step(np.array([float(v) for v in any_tensor.values()]))
    expected = [float(v) for v in lift.step(N, any_tensor).values()]
    assert image == pytest.approx(expected, rel=1e-12, abs=1e-12)


@EXAMPLES
@given(
    n=st.integers(1, 2),
    draw=st.lists(rationals(-8, 8), min_size=16, max_size=16),
    N=st.integers(1, 4),
    T=st.integers(0, 3),
)
def test_graded_evaluation_is_the_coq_recursion(
    n: int, draw: list[Fraction], N: int, T: int
) -> None:
    entries = iter(draw)
    F = [[[Fraction(0)] for _ in range(n)]]
    F += [[[next(entries) for _ in range(m)] for _ in range(n)] for m in (n, n**2)]
    u0 = [next(entries) for _ in range(n)]
    system = qgd.PolynomialMap([np.zeros(n), *[np.array(A, dtype=float) for A in F[1:]]])
    exact = coq.Lift(n, matrix_entries(n, F)).graded(N, u0, T)
    total = [float(sum(exact[d][i] for d in range(N + 1))) for i in range(n)]
    graded = graded_iterate(system, N, [float(u) for u in u0], T)
    assert graded.solution()[-1] == pytest.approx(total, rel=1e-12, abs=1e-12)


def matrix_entries(n: int, F: list[list[list[Fraction]]]) -> list[dict[tuple[int, ...], Fraction]]:
    """Entries of G_0, G_1 = 1 + F_1, G_2 by row and word."""
    G = []
    for k, A in enumerate(F):
        words = coq.Lift(n, []).words(k)
        table = {(i, *w): A[i][c] for i in range(n) for c, w in enumerate(words)}
        if k == 1:
            for i in range(n):
                table[i, i] += 1
        G.append(table)
    return G


@EXAMPLES
@given(a=rationals(-24, 24), T=st.integers(1, 6), padding=st.integers(0, 4))
def test_inverse_norm_of_the_history_is_that_of_the_coq_table(
    a: Fraction, T: int, padding: int
) -> None:
    step = qgd.carleman(qgd.PolynomialMap([[0.0], [[float(a - 1)]]]), 1)
    system = qgd.history_system(step, [1.0], T, padding=padding)
    times = system.num_times
    table = [
        [float(coq.theta_table(T, lambda i, j: abs(a) ** (i - j), i, j)) for j in range(times)]
        for i in range(times)
    ]
    # The package takes norms of powers through Gram matrices: 1e-8 relative.
    assert history_inverse_norm(system) == pytest.approx(float(np.linalg.norm(table, 2)), rel=1e-8)


@EXAMPLES
@given(
    values=st.lists(rationals(0, 40), min_size=4, max_size=4), w=st.lists(rationals(), max_size=5)
)
def test_composition_rules_are_the_coq_formulas(values: list[Fraction], w: list[Fraction]) -> None:
    a1, e1, a2, e2 = values
    exact = a1 * e2 + a2 * e1 + e1 * e2  # Composition.product_error
    assert compose.product_error(*map(float, values)) == pytest.approx(float(exact), rel=1e-12)
    alphas = [abs(c) + 1 for c in w]
    total = sum((abs(c) * a for c, a in zip(w, alphas, strict=True)), Fraction(0))
    weights, floats = [float(c) for c in w], [float(a) for a in alphas]
    assert compose.combination_alpha(weights, floats) == pytest.approx(float(total), rel=1e-12)
    assert compose.combination_error(weights, floats) == pytest.approx(float(total), rel=1e-12)
    assert compose.triangle(floats) == pytest.approx(float(sum(alphas)), rel=1e-12)
    assert compose.propagated(float(a1), float(a2)) == pytest.approx(float(a1 * a2), rel=1e-12)


@EXAMPLES
@given(F=coefficients(), rho=rationals(1, 16), T=st.integers(0, 4))
def test_the_lipschitz_constant_of_steps_is_the_coq_product(
    F: list[Fraction], rho: Fraction, T: int
) -> None:
    from qgd.pipeline.train import _lipschitz

    value = _lipschitz(scalar_map(F), np.zeros(1), T, float(rho))
    assert value == pytest.approx(float(coq.growth(majorant_of(F), rho, T)), rel=1e-12, abs=1e-300)
