"""The order of an estimate is the least that is good enough, and it says how it knows."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qgd
from qgd.core.bound import Kind
from qgd.resources.instance import start_of
from qgd.resources.truncation import Truncated, choose_truncation

STEP = qgd.PolynomialMap([[0.0], [[-0.3]], [[0.1]]])
FLOW = qgd.PolynomialSystem([[0.0], [[-1.0]], [[0.4]]])
TERMS = [(-1.1, [0]), (0.5, [1]), (0.5, [-1]), (-0.04, [0, 1]), (0.04, [0, -1])]


def of_map(x0: float, T: int = 10, step: qgd.PolynomialMap = STEP) -> Truncated:
    return Truncated(step, start_of(step, [x0]), T)


def of_flow(x0: float, time: float = 1.0) -> Truncated:
    return Truncated(FLOW, start_of(FLOW, [x0]), 10, time=time)


@pytest.mark.parametrize("case", [of_map(0.5), of_flow(0.4)])
@pytest.mark.parametrize("how", ["proved", "estimated", "auto"])
def test_the_order_is_the_least_within_the_error_and_no_larger(case, how):
    allowed = 1e-3
    order, line = choose_truncation(case, how, allowed)
    assert line.value <= allowed
    assert order > 1
    if how != "auto":
        assert line.kind is (Kind.PROVED if how == "proved" else Kind.ESTIMATED)
        assert (case.proved if how == "proved" else case.estimated)(order - 1).value > allowed


def test_the_truncation_that_is_promised_holds_for_the_downloaded_answer():
    found = qgd.estimate_resources(STEP, [0.5], 10, order="proved", relative_error=1e-3)
    history = qgd.history_system(qgd.carleman(STEP, found.order), [0.5], 10)
    x_T = history.final(np.linalg.solve(history.matrix.toarray(), history.rhs))
    exact = qgd.iterate(STEP, [0.5], 10)[-1]
    line = found.budget["truncation"]
    assert np.linalg.norm(x_T - exact) <= line.value + 1e-14
    assert line.kind is Kind.PROVED
    wanted = 1e-3 * np.linalg.norm(exact)
    synthesis = found.budget["synthesis"].value
    assert found.budget.total().value - synthesis == pytest.approx(wanted, rel=1e-9)


def test_a_given_order_keeps_the_split_and_states_its_truncation():
    found = qgd.estimate_resources(STEP, [0.5], 10, order=2, relative_error=0.1)
    norm = float(np.linalg.norm(qgd.iterate(STEP, [0.5], 10)[-1]))
    assert found.order == 2
    assert found.budget["inversion"].value == pytest.approx(0.05 * norm)
    assert found.budget["truncation"].value > 0
    assert "truncation" in str(found)


def test_any_number_of_sites_and_steps_has_a_proved_order():
    start = qgd.SparseVector(np.array([5]), np.array([0.5]))
    stencil = qgd.Stencil(2**30, TERMS)
    case = Truncated(stencil, start, 10**6, step_size=0.1)
    order, line = choose_truncation(case, "proved", 1e-3)
    assert line.kind is Kind.PROVED
    assert line.value <= 1e-3
    case = Truncated(stencil, start, 10**6, time=1e5)
    assert choose_truncation(case, "auto", 1e-3)[1].kind is Kind.PROVED
    assert order >= 1


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (of_map(1.5, step=qgd.PolynomialMap([[0.0], [[-0.3]], [[0.3]]])), "g(||x_0||) must be at"),
        (of_map(0.5, 200, qgd.PolynomialMap([[0.0], [[0.1]], [[0.3]]])), "||I + F_1|| must be"),
        (of_flow(3.0, 50.0), "R = sum_p"),
    ],
)
def test_where_nothing_applies_the_assumption_that_fails_is_named(case, message):
    with pytest.raises(qgd.QGDError) as error:
        choose_truncation(case, "proved", 1e-6)
    assert error.value.outcome is qgd.Outcome.TRUNCATION_NOT_CONVERGED
    assert message in str(error.value)


def test_a_given_order_of_a_diverging_run_has_an_infinite_line_with_its_reason():
    case = Truncated(qgd.Stencil(2**20, TERMS), qgd.SparseVector(np.array([5]), np.array([99.0])),
                     10**4, step_size=0.1)  # fmt: skip
    order, line = choose_truncation(case, 2, 1.0)
    assert (order, line.value, line.kind) == (2, math.inf, Kind.ESTIMATED)
    assert "g(||x_0||) must be at most" in line.source


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="`order` must be a number, auto, proved, estimated"):
        choose_truncation(of_map(0.5), "best", 1.0)
