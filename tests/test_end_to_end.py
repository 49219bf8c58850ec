"""The whole chain on every problem of the zoo, with every solver and every readout."""

from __future__ import annotations

import numpy as np
import pytest

import qgd
from qgd.pipeline.train import train
from qgd.problem.zoo import zoo

ZOO = zoo()
SOLVERS = {
    "qsvt": qgd.QSVT(),
    "lcu": qgd.LCU(),
    "fourier": qgd.FourierLCU(),
    "hhl": qgd.HHL(),
    "direct": qgd.Direct(),
}


@pytest.mark.parametrize("readout", ["amplitudes", "sampling"])
@pytest.mark.parametrize("solver", list(SOLVERS))
@pytest.mark.parametrize("name", list(ZOO))
def test_trained_weights_are_within_the_budget(name: str, solver: str, readout: str) -> None:
    problem = ZOO[name]
    result = train(
        problem.loss,
        problem.start,
        learning_rate=problem.learning_rate,
        num_steps=problem.num_steps,
        tolerance=problem.tolerance,
        solver=SOLVERS[solver],
        readout=qgd.Sampling(rng=7) if readout == "sampling" else qgd.FinalState(),
    )
    assert result.true_error <= result.budget.total().value + 1e-12
    assert result.budget.total().value <= problem.tolerance
    assert result.outcome is qgd.Outcome.SUCCESS


@pytest.mark.parametrize("solver", list(SOLVERS))
@pytest.mark.parametrize("name", list(ZOO))
def test_observable_is_within_the_budget(name: str, solver: str) -> None:
    problem = ZOO[name]
    loss = problem.loss
    if isinstance(loss, qgd.LogisticLoss):
        loss = loss.surrogate(problem.start, radius=1.0).loss
    descent = qgd.gradient_descent(loss, problem.learning_rate)
    c = np.array([1.0, -0.5, 0.25, 2.0])[: len(problem.start)]
    solution = qgd.solve(
        descent,
        problem.start,
        problem.num_steps,
        solver=SOLVERS[solver],
        readout=qgd.AmplitudeEstimation(c, rng=7),
        tolerance=4 * problem.tolerance,
    )
    truth = c @ qgd.iterate(descent, problem.start, problem.num_steps)[-1]
    assert abs(float(solution.value[0]) - truth) <= solution.budget.total().value
    assert solution.outcome is qgd.Outcome.SUCCESS
