"""The composition: values, budgets, outcomes, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import polynomial_maps, vectors

import qgd
from qgd.pipeline import embed as shares
from qgd.pipeline.embed import embed
from qgd.pipeline.solve import run

STEP = qgd.PolynomialMap([[0.05, -0.03], [[-0.3, 0.05], [0.02, -0.2]], 0.05 * np.ones((2, 4)) / 4])


@given(data=st.data())
def test_value_is_within_the_budget_of_the_iterated_map(data: st.DataObject) -> None:
    system = data.draw(polynomial_maps(max_variables=2, forced=True, size=0.1))
    start = data.draw(vectors(system.num_variables, 0.3))
    shifted, _ = qgd.shift(system, start)
    if not shifted.F[0].nnz:
        return
    solution = qgd.solve(system, start, 4, order=2, solver=qgd.QSVT(1e-3))
    truth = qgd.iterate(system, start, 4)[-1]
    assert np.linalg.norm(solution.value - truth) <= solution.budget.total().value + 1e-12


def test_expansion_point_does_not_change_the_answer_beyond_the_budgets() -> None:
    start = np.array([0.2, -0.1])
    answers = [
        qgd.solve(STEP, start, 4, order=3, center=center, solver=qgd.QSVT(1e-4))
        for center in (None, np.zeros(2), np.array([0.3, 0.1]))
    ]
    truth = qgd.iterate(STEP, start, 4)[-1]
    for answer in answers:
        assert np.linalg.norm(answer.value - truth) <= answer.budget.total().value


def test_unit_of_length_does_not_change_the_truncated_answer() -> None:
    values = [
        qgd.solve(STEP, [0.2, -0.1], 4, order=2, scale=r, solver=qgd.Direct()).value
        for r in (0.3, 1.0, 7.0)
    ]
    np.testing.assert_allclose(values[0], values[1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(values[0], values[2], rtol=0, atol=1e-12)


def test_flow_is_followed_within_its_proved_budget() -> None:
    flow = qgd.PolynomialSystem([[0.2], [[-0.8]], [[-0.1]]])
    solution = qgd.solve(flow, [0.1], 8, step_size=0.25, order=3, solver=qgd.QSVT(1e-6))
    truth = qgd.integrate(flow, [0.1], [0.0, 2.0]).final
    assert abs(solution.value[0] - truth[0]) <= solution.budget.proved_total()
    assert solution.budget["discretisation"].value > 0


def test_stochastic_descent_solves_with_time_dependent_blocks() -> None:
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(12, 2)), rng.normal(size=12)
    batches = [qgd.least_squares(X[k : k + 4], y[k : k + 4], 0.1) for k in (0, 4, 8)]
    descent = qgd.stochastic_gradient_descent(batches, 0.3)
    solution = qgd.solve(descent, [0.5, -0.5], 3, tolerance=1e-3)
    truth = qgd.iterate(descent, [0.5, -0.5], 3)[-1]
    assert np.linalg.norm(solution.value - truth) <= solution.budget.proved_total() <= 1e-3


def test_first_order_lift_pays_on_the_discretisation_line() -> None:
    exact = qgd.solve(STEP, [0.2, -0.1], 4, order=2, solver=qgd.Direct())
    first = qgd.solve(STEP, [0.2, -0.1], 4, order=2, solver=qgd.Direct(), form="first_order")
    truth = qgd.iterate(STEP, [0.2, -0.1], 4)[-1]
    assert exact.budget["discretisation"].value == 0
    assert np.linalg.norm(first.value - truth) <= first.budget.total().value
    assert first.budget["discretisation"].value > 0


def test_every_stage_has_a_line_of_error_and_a_line_of_cost() -> None:
    solution = qgd.solve(STEP, [0.2, -0.1], 4, tolerance=0.02, readout=qgd.Sampling(rng=0))
    stages = [line.stage for line in solution.budget]
    assert stages == ["truncation", "discretisation", "encoding", "inversion", "readout"]
    assert [cost.stage for cost in solution.resources.costs] == stages
    assert all(cost.detail for cost in solution.resources.costs)
    assert solution.resources.shots > 0
    assert f"block_encoding_calls={solution.resources.block_encoding_calls}" in str(solution)


def test_history_holds_the_whole_trajectory() -> None:
    solution = qgd.solve(STEP, [0.2, -0.1], 6, tolerance=1e-3)
    truth = qgd.iterate(STEP, [0.2, -0.1], 6)
    assert solution.trajectory is not None
    assert np.abs(solution.trajectory - truth).max() < 1e-3


def test_observable_is_restored_to_the_original_coordinates() -> None:
    c = np.array([1.0, -2.0])
    solution = qgd.solve(
        STEP, [0.7, -0.4], 4, tolerance=0.05, readout=qgd.AmplitudeEstimation(c, rng=1)
    )
    truth = c @ qgd.iterate(STEP, [0.7, -0.4], 4)[-1]
    assert abs(solution.value[0] - truth) <= solution.budget.total().value


def test_no_reference_trajectory_is_consulted(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = qgd.solve(STEP, [0.2, -0.1], 4, tolerance=0.01, readout=qgd.Sampling(rng=3))

    def wrong(*arguments: object, **keywords: object) -> None:
        raise AssertionError("the classical reference was consulted")

    for name in ("iterate", "integrate", "descend"):
        monkeypatch.setattr(f"qgd.dynamics.integrate.{name}", wrong)
    again = qgd.solve(STEP, [0.2, -0.1], 4, tolerance=0.01, readout=qgd.Sampling(rng=3))
    np.testing.assert_array_equal(honest.value, again.value)


def test_missed_tolerance_raises_or_is_returned_as_an_outcome() -> None:
    few = qgd.Sampling(shots=200, rng=0)
    with pytest.raises(qgd.QGDError, match=r"at most 0\.001, got") as caught:
        qgd.solve(STEP, [0.2, -0.1], 4, tolerance=1e-3, readout=few)
    assert caught.value.outcome is qgd.Outcome.TOLERANCE_NOT_MET
    solution = qgd.solve(STEP, [0.2, -0.1], 4, tolerance=1e-3, readout=few, throw=False)
    assert solution.outcome is qgd.Outcome.TOLERANCE_NOT_MET
    assert solution.budget.total().value > 1e-3


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({}, "`order` must be an integer when no tolerance"),
        ({"tolerance": 0.0}, "`tolerance` must be greater than 0"),
        ({"order": 0}, "`order` must be at least 1"),
        ({"order": 2, "form": "second"}, "`form`"),
        ({"order": 2, "solver": qgd.QSVT(kappa=1.5)}, "`kappa` must be at least"),
    ],
)
def test_bad_arguments_are_refused_with_a_remedy(keywords: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        qgd.solve(STEP, [0.2, -0.1], 4, **keywords)  # type: ignore[arg-type]


def test_flow_needs_a_step_size_and_an_order() -> None:
    flow = qgd.PolynomialSystem([[0.2], [[-0.8]]])
    with pytest.raises(ValueError, match="`step_size`"):
        qgd.solve(flow, [0.1], 4, order=1)


def test_flow_that_may_blow_up_is_refused() -> None:
    flow = qgd.PolynomialSystem([[0.2], [[0.5]], [[1.0]]])
    with pytest.raises(qgd.QGDError, match="blow up"):
        qgd.solve(flow, [1.0], 8, order=2, step_size=0.5)


def test_start_at_a_fixed_point_has_nothing_to_solve() -> None:
    with pytest.raises(ValueError, match="fixed point"):
        qgd.solve(qgd.PolynomialMap([[0.0], [[-0.5]]]), [0.0], 4, order=1)


def test_proved_order_is_refused_where_the_bound_does_not_converge() -> None:
    wild = qgd.PolynomialMap([[0.5], [[-0.1]], [[0.8]]])
    with pytest.raises(qgd.QGDError, match=r"Kantorovich h = .*Lower the learning rate") as caught:
        qgd.solve(wild, [0.3], 12, order="proved", tolerance=1e-3)
    assert caught.value.outcome is qgd.Outcome.TRUNCATION_NOT_CONVERGED


def test_budget_of_the_answer_counts_the_copies_and_the_unit_of_length() -> None:
    embedded = embed(STEP, [0.2, -0.1], 4, order=2, scale=3.0, padding=11)
    solution, source = run(embedded, qgd.QSVT(1e-2), qgd.FinalState())
    expected = source.solved.bound.value * 3.0 / math.sqrt(12)
    assert solution.budget["inversion"].value == pytest.approx(expected)


def test_sharing_a_tolerance_leaves_nothing_over() -> None:
    total = shares.TRUNCATION_SHARE + shares.INVERSION_SHARE + shares.READOUT_SHARE
    assert total <= 1


def test_overflow_of_the_condition_bound_is_divergence_and_no_answer() -> None:
    with pytest.raises(qgd.QGDError, match="powers of the steps must stay finite") as caught:
        qgd.solve(qgd.PolynomialMap([[0.1], [[4.0]]]), [2.0], 600, order=1)
    assert caught.value.outcome is qgd.Outcome.DIVERGED


@pytest.mark.parametrize("solver", [qgd.QSVT(), qgd.LCU(), qgd.LCU(series="cks"), qgd.FourierLCU()])
def test_hopeless_condition_numbers_are_refused_with_their_size(solver: qgd.LinearSolver) -> None:
    with pytest.raises(qgd.QGDError, match=r"for kappa = .*e\+.*, needs .* lower kappa") as caught:
        qgd.solve(qgd.PolynomialMap([[0.1], [[4.0]]]), [2.0], 100, order=1, solver=solver)
    assert caught.value.outcome is qgd.Outcome.TOO_LARGE


def test_odd_map_about_the_origin_gets_an_order_that_covers_its_error() -> None:
    step = qgd.PolynomialMap([[0.0], [[-0.1]], [[0.0]], [[-0.3]]])
    solution = qgd.solve(step, [0.5], 8, center=[0.0], tolerance=0.05)
    truth = qgd.iterate(step, [0.5], 8)[-1]
    assert np.linalg.norm(solution.value - truth) <= solution.budget.total().value <= 0.05
    assert int(solution.details["order"]) >= 3


def test_sequence_of_one_map_is_not_repeated() -> None:
    sequence = qgd.TimeDependentMap((qgd.PolynomialMap([[0.1], [[-0.5]]]),))
    with pytest.raises(ValueError, match="`num_steps` must be at most 1"):
        qgd.solve(sequence, [1.0], 5, order=1)


def test_start_at_a_fixed_point_is_named_and_another_centre_works() -> None:
    step = qgd.PolynomialMap([[0.0], [[-0.1]], [[0.2]]])
    with pytest.raises(ValueError, match="nothing moves, x\\(T\\) = x0 exactly"):
        qgd.solve(step, [0.0], 3, order=2)
    moved = qgd.solve(step, [0.0], 3, order=2, center=[0.1])
    assert abs(moved.value[0]) <= moved.budget.total().value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": "bogus"}, "`order` must be a number, auto, proved or estimated"),
        ({"scale": 0.0}, "`scale` must be greater than 0"),
        ({"step_size": 0.3}, "`step_size` and `taylor_order` are for flows"),
        ({"taylor_order": 4}, "`step_size` and `taylor_order` are for flows"),
        ({"norm_bounds": "junk"}, "`norm_bounds` must be real numbers"),
    ],
)
def test_options_that_do_not_apply_are_refused(options: dict[str, object], message: str) -> None:
    step = qgd.PolynomialMap([[0.1], [[-0.2]], [[0.1]]])
    with pytest.raises((ValueError, TypeError), match=message):
        qgd.solve(step, [0.1], 3, **{"order": 2, "tolerance": 0.1, **options})  # type: ignore[arg-type]
    flow = qgd.PolynomialSystem(step.F)
    with pytest.raises(ValueError, match="are for maps"):
        qgd.solve(flow, [0.1], 3, order=2, step_size=0.1, form="first_order")


def test_integer_orders_of_numpy_are_integers() -> None:
    step = qgd.PolynomialMap([[0.1], [[-0.2]], [[0.1]]])
    assert qgd.solve(step, [0.1], 3, order=np.int64(2)).details["order"] == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0.05, 10.0])
def test_tolerance_of_an_observable_accounts_for_its_size(size: float) -> None:
    step = qgd.PolynomialMap([[0.1, -0.2], [[-0.3, 0.1], [0.0, -0.2]], 0.05 * np.ones((2, 4))])
    readout = qgd.AmplitudeEstimation([size, 0.0], rng=3)
    solution = qgd.solve(step, [0.1, 0.2], 6, readout=readout, tolerance=0.02)
    truth = size * qgd.iterate(step, [0.1, 0.2], 6)[-1][0]
    assert abs(solution.value[0] - truth) <= solution.budget.total().value <= 0.02


def test_order_that_fits_is_not_refused_because_the_next_one_does_not() -> None:
    rng = np.random.default_rng(0)
    F = [0.01 * rng.normal(size=(8, 8**k)) for k in range(4)]
    step = qgd.PolynomialMap([F[0], F[1] - 0.3 * np.eye(8), F[2], F[3]])
    solution = qgd.solve(step, np.zeros(8), 2, order=2, solver=qgd.Direct())
    assert solution.outcome is qgd.Outcome.SUCCESS
