"""Training in rounds: upload, evolve, download, carry the error on."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.pipeline.train import train
from qgd.problem.zoo import zoo

LOGISTIC = zoo()["logistic-classification"]
CUBIC = zoo()["scalar-cubic"]


def run(problem, **keywords):  # type: ignore[no-untyped-def]
    settings = {
        "learning_rate": problem.learning_rate,
        "num_steps": problem.num_steps,
        "tolerance": problem.tolerance,
    }
    return train(problem.loss, problem.start, **{**settings, **keywords})


def test_reference_is_plain_gradient_descent_on_the_exact_loss() -> None:
    result = run(LOGISTIC)
    expected = qgd.descend(LOGISTIC.loss, LOGISTIC.start, LOGISTIC.learning_rate, 6)
    np.testing.assert_array_equal(result.reference, expected)


@pytest.mark.parametrize("problem", [LOGISTIC, CUBIC], ids=lambda p: p.name)
@pytest.mark.parametrize("reupload", [1, 2, 4, 100])
def test_rounds_stay_within_the_total_budget(problem, reupload: int) -> None:  # type: ignore[no-untyped-def]
    result = run(problem, reupload=reupload)
    assert len(result.rounds) == -(-problem.num_steps // min(reupload, problem.num_steps))
    assert result.true_error <= result.budget.total().value <= problem.tolerance
    assert result.path.shape == result.reference.shape


def test_each_round_starts_from_what_was_downloaded() -> None:
    result = run(LOGISTIC, reupload=3, readout=qgd.Sampling(rng=4))
    first, second = result.rounds
    np.testing.assert_array_equal(second.start, first.solution.value)
    assert np.linalg.norm(second.start - result.reference[3]) > 1e-6


def test_inherited_error_is_carried_by_the_contraction_of_the_descent() -> None:
    result = run(LOGISTIC, reupload=3)
    q = max(
        abs(1 - LOGISTIC.learning_rate * LOGISTIC.loss.ridge),
        abs(1 - LOGISTIC.learning_rate * LOGISTIC.loss.smoothness),
    )
    totals = [round_.solution.budget.total().value for round_ in result.rounds]
    assert result.budget.total().value == pytest.approx(q**3 * totals[0] + totals[1])


def test_polynomial_loss_carries_by_a_lipschitz_constant_that_holds() -> None:
    result = run(CUBIC, reupload=4)
    first, second = result.rounds
    inherited = first.solution.budget.total().value
    grown = result.budget.total().value - second.solution.budget.total().value
    step = first.dynamics
    start, eps = first.solution.value, inherited
    moved = [qgd.iterate(step, start + d, 4)[-1] for d in (-eps, 0.0, eps)]
    assert max(abs(moved[0] - moved[1]), abs(moved[2] - moved[1])).item() <= grown


def test_reuploading_lowers_the_order_that_is_needed() -> None:
    once = run(LOGISTIC, num_steps=12, tolerance=0.01)
    often = run(LOGISTIC, num_steps=12, tolerance=0.01, reupload=2)
    orders = [int(r.solution.details["order"]) for r in often.rounds]
    assert max(orders) < int(once.rounds[0].solution.details["order"])


def test_stages_are_announced_in_order() -> None:
    heard: list[str] = []
    run(CUBIC, on_stage=heard.append)
    assert [word.split(",")[0] for word in heard] == [
        "plain gradient descent",
        "polynomial dynamics",
        "Carleman embedding",
        "linear solver",
    ]


def test_observable_readout_is_refused_for_training() -> None:
    with pytest.raises(ValueError, match="return all 2 weights"):
        run(LOGISTIC, readout=qgd.AmplitudeEstimation([1.0, 0.0]), tolerance=0.2)


def test_surrogate_above_the_tolerance_is_refused_with_a_remedy_that_works() -> None:
    with pytest.raises(qgd.QGDError, match="re-upload more often"):
        run(LOGISTIC, tolerance=1e-7)
    assert run(LOGISTIC, tolerance=1e-5, reupload=1).true_error <= 1e-5


def test_missed_tolerance_is_an_outcome_and_not_an_error() -> None:
    result = run(CUBIC, readout=qgd.Sampling(shots=500, rng=0))
    assert result.outcome is qgd.Outcome.TOLERANCE_NOT_MET
    assert result.true_error <= result.budget.total().value
