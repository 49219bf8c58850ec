"""Flows, eigenstate filter, losses: package and Coq statement on the same rationals."""

from __future__ import annotations

import itertools
from fractions import Fraction

import coq_flows as coq
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qgd
from qgd.embedding.discretisation import flow_norm_bounds, taylor_bound, taylor_step
from qgd.solvers.eigenstate_filter import filter_chebyshev, filter_error

EXAMPLES = settings(max_examples=40, deadline=None)


def eighths(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Multiples of 1/8 in [low/8, high/8]."""
    return st.integers(low, high).map(lambda k: Fraction(k, 8))


def linear_flow(A: list[list[Fraction]], c: list[Fraction]) -> qgd.CarlemanSystem:
    """x' = A x + c, its first level."""
    matrices = [np.array(c, dtype=float), np.array(A, dtype=float)]
    return qgd.carleman(qgd.PolynomialSystem(matrices), 1)


@EXAMPLES
@given(entries=st.lists(eighths(-12, 12), min_size=8, max_size=8), h=eighths(1, 12),
       k=st.integers(1, 5))  # fmt: skip
def test_a_taylor_step_is_that_of_the_theorem(entries: list[Fraction], h: Fraction, k: int) -> None:
    A, c, z = [entries[:2], entries[2:4]], entries[4:6], entries[6:]
    step = taylor_step(linear_flow(A, c), float(h), k)
    found = step.step(np.array([float(x) for x in z]))
    exact = [float(x) for x in coq.taylor(A, c, k, h, z)]
    assert found == pytest.approx(exact, rel=1e-12, abs=1e-12)


@EXAMPLES
@given(A=eighths(-16, 16).filter(bool), c=eighths(-8, 8), x0=eighths(-8, 8), h=eighths(1, 12),
       k=st.integers(1, 5), T=st.integers(0, 4))  # fmt: skip
def test_the_bound_of_taylor_steps_is_that_of_the_theorem(
    A: Fraction, c: Fraction, x0: Fraction, h: Fraction, k: int, T: int
) -> None:
    """One variable: mu = A and |A| are exact."""
    states = [x0]
    for _ in range(T):
        states += coq.taylor([[A]], [c], k, h, states[-1:])
    exact = coq.delta(A, abs(A), h, k, abs(c), [abs(z) for z in states[:T]])
    value = taylor_bound(linear_flow([[A]], [c]), float(h), k, [float(x0)], T).value
    assert value == pytest.approx(float(exact), rel=1e-10, abs=1e-300)


@EXAMPLES
@given(f0=eighths(0, 8), mu=eighths(-16, 16), f2=eighths(0, 8), f3=eighths(0, 8), x0=eighths(0, 16),
       i=st.integers(0, 30))  # fmt: skip
def test_the_norm_bounds_of_a_flow_are_those_of_the_lemma(
    f0: Fraction, mu: Fraction, f2: Fraction, f3: Fraction, x0: Fraction, i: int
) -> None:
    """Between two times at which cells are crossed, or later than all if a cell is never left."""
    rates, unit = [f0, mu, f2, f3], max(1.0, float(x0))
    points = np.concatenate(([0.0], np.geomspace(1e-8, 1e4, 40_000)[:31]))
    grid = float(x0) + unit * points
    tau = coq.crossed(rates, [Fraction(a) for a in grid])
    trapped = len(tau) <= i + 1
    time = 1e6 if trapped else float((tau[i] + tau[i + 1]) / 2)
    expected = grid[len(tau) if trapped else i + 1]
    coefficients = (float(f0), float(mu), float(f2), float(f3))
    assert flow_norm_bounds(coefficients, float(x0), np.array([time]))[0] == expected


@EXAMPLES
@given(kappa=eighths(9, 80), half=st.integers(1, 8), x=eighths(-8, 8))
def test_the_eigenstate_filter_and_its_error_are_those_of_the_theorem(
    kappa: Fraction, half: int, x: Fraction
) -> None:
    error = filter_error(float(kappa), 2 * half)
    assert error == pytest.approx(float(coq.filter_error(1 / kappa, half)), rel=1e-11)
    coefficients = filter_chebyshev(float(kappa), 2 * half)
    value = np.polynomial.chebyshev.chebval(float(x), coefficients)
    assert value == pytest.approx(float(coq.filtered(1 / kappa, half, x)), rel=1e-10, abs=1e-12)


@EXAMPLES
@given(terms=st.dictionaries(st.lists(st.integers(0, 1), max_size=4).map(tuple), eighths(-16, 16),
                             min_size=1, max_size=8), eta=eighths(1, 8))  # fmt: skip
def test_the_map_of_a_polynomial_loss_is_that_of_the_theorem(
    terms: dict[tuple[int, ...], Fraction], eta: Fraction
) -> None:
    """Words of the loss in any order; every entry of every F_k."""
    loss = qgd.PolynomialLoss.from_terms({w: float(c) for w, c in terms.items()}, num_weights=2)
    found = qgd.gradient_descent(loss, float(eta)).F
    for k, matrix in enumerate(found):
        words = list(itertools.product((0, 1), repeat=k))
        rows = [lambda u, i=i: coq.descent(terms, eta, i, u) for i in (0, 1)]
        exact = [[float(coq.spread(row, word)) for word in words] for row in rows]
        assert matrix.toarray() == pytest.approx(np.array(exact), rel=1e-12, abs=1e-13)
