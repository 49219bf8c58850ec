"""From a polynomial flow to x(T) without time steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from strategies import fewer, matrices, reals, vectors

import qgd
from qgd.embedding.final_time import FinalTime
from qgd.pipeline.evolve import FlowSource, embed_flow

FLOW = qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.3]]])


def reference(system: qgd.PolynomialSystem, x0: np.ndarray, time: float) -> np.ndarray:
    """x(T) by an adaptive Runge-Kutta method."""
    F = [Fk.toarray() for Fk in system.F]

    def speed(_: float, x: np.ndarray) -> np.ndarray:
        total, power = np.zeros(len(x)), np.ones(1)
        for Fk in F:
            total, power = total + Fk.reshape(len(x), -1) @ power, np.kron(power, x)
        return total

    return solve_ivp(speed, (0, time), x0, rtol=1e-11, atol=1e-13).y[:, -1]


@st.composite
def dissipative_flows(draw: st.DrawFn) -> qgd.PolynomialSystem:
    """Forced quadratic flows whose linear part decays faster than the rest can grow."""
    n = draw(st.integers(1, 2))
    return qgd.PolynomialSystem(
        [
            draw(vectors(n, 0.1)),
            draw(matrices(n, n, 0.2)) - np.eye(n),
            draw(matrices(n, n * n, 0.2)),
        ]
    )


@fewer(4)
@given(dissipative_flows(), reals(0.1, 0.4), st.booleans())
def test_value_is_within_the_budget_of_the_flow(system, size, about_the_start):
    x0 = size * np.ones(system.num_variables)
    solution = qgd.solve(
        system, x0, 4, step_size=0.2, order=3, tolerance=0.05, solver=qgd.LCHS(),
        center=None if about_the_start else np.zeros_like(x0), throw=False,
    )  # fmt: skip
    error = np.linalg.norm(solution.value - reference(system, x0, 0.8))
    assert error <= solution.budget.total().value + 1e-9
    assert solution.budget.total().kind is qgd.Kind.PROVED


def test_number_of_steps_is_irrelevant_at_equal_time():
    values = [
        qgd.solve(FLOW, [0.4], T, step_size=1 / T, order=2, solver=qgd.LCHS(1e-6)).value
        for T in (1, 8)
    ]
    assert values[0] == pytest.approx(values[1], abs=1e-12)


@pytest.mark.parametrize("center", [[0.0], None])
def test_all_readouts_agree_within_their_budgets(center):
    wanted = reference(FLOW, np.array([0.4]), 1.0)
    for readout in (qgd.FinalState(), qgd.Sampling(), qgd.AmplitudeEstimation([-2.0])):
        solution = qgd.solve(
            FLOW, [0.4], 1, step_size=1.0, order=3, tolerance=0.1, solver=qgd.LCHS(),
            readout=readout, center=center,
        )  # fmt: skip
        truth = -2 * wanted if isinstance(readout, qgd.AmplitudeEstimation) else wanted
        assert abs(solution.value - truth)[0] <= solution.budget.total().value
        assert solution.outcome.name == "SUCCESS"


def test_amplitude_estimation_may_run_the_whole_circuit():
    solver = qgd.LCHS(0.3, qgd.LeastSquares(2))
    linear = qgd.PolynomialSystem([[0.0], [[-1.0]]])
    values = [
        qgd.solve(
            linear, [0.4], 1, step_size=0.1, order=1, solver=solver, center=[0.0],
            readout=qgd.AmplitudeEstimation([1.0], epsilon=0.05, use_circuit=circuit),
        ).value
        for circuit in (False, True)
    ]  # fmt: skip
    assert abs(values[0] - values[1]) < 0.1


def test_right_hand_sides_stand_for_the_final_state_and_a_vector_beside_it():
    embedded = embed_flow(FLOW, [0.4], 1.0, 2, center=[0.0], scale=0.5)
    flow = embedded.flow
    system = FinalTime((embedded.lifted,), flow.initial, num_steps=0, padding=0, size=3.0)
    source = FlowSource(qgd.LCHS(1e-8), flow, system, None)
    final, alone = source.state().solution, system.injection([0.7])
    assert system.rhs_norm == 3.0
    assert system.final(source.state(alone).solution) == pytest.approx([0.7], abs=1e-7)
    both = source.state(-0.5 * system.rhs + alone).solution
    assert both == pytest.approx(-0.5 * final + np.array([1.4, 0.0]), abs=1e-7)


def test_unit_of_length_is_chosen_so_that_the_levels_decay_together():
    system = qgd.PolynomialSystem([[0.0], [[-1.0]], [[4.0]]])
    embedded = embed_flow(system, [0.05], 1.0, 3, center=[0.0])
    assert embedded.flow.growth[1] < 0
    assert embed_flow(system, [0.05], 1.0, 3, center=[0.0], scale=2.0).flow.growth[1] > 0


def test_every_stage_has_a_line():
    solution = qgd.solve(FLOW, [0.4], 1, step_size=1.0, order=3, solver=qgd.LCHS(1e-4))
    assert [line.stage for line in solution.budget] == ["truncation", "evolution", "readout"]
    assert solution.resources["evolution"].block_encoding_calls > 0
    assert solution.details["time"] == 1.0
    assert solution.trajectory is None


def test_missed_tolerance_raises_or_is_returned_as_an_outcome():
    keywords = {"step_size": 1.0, "order": 1, "solver": qgd.LCHS(), "tolerance": 1e-4}
    with pytest.raises(qgd.QGDError, match="the total error must be at most"):
        qgd.solve(FLOW, [0.4], 1, **keywords)
    missed = qgd.solve(FLOW, [0.4], 1, **keywords, throw=False)
    assert missed.outcome is qgd.Outcome.TOLERANCE_NOT_MET


@pytest.mark.parametrize(
    ("system", "keywords", "message"),
    [
        (qgd.PolynomialMap([[0.1], [[-0.2]]]), {"step_size": 1.0}, "`solver` of an evolution"),
        (FLOW, {"step_size": 1.0, "padding": 2}, "`padding`, `norm_bounds` and `taylor_order`"),
        (FLOW, {}, "a flow must be given `step_size`"),
        (FLOW, {"step_size": 0.0}, "`step_size`"),
    ],
)
def test_what_does_not_apply_is_refused(system, keywords, message):
    with pytest.raises(ValueError, match=message):
        qgd.solve(system, [0.4], 1, order=2, solver=qgd.LCHS(), **keywords)


def test_executor_goes_with_the_evolution(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    keywords = {"step_size": 1.0, "order": 3, "solver": qgd.LCHS(1e-4)}
    alone = qgd.solve(FLOW, [0.4], 1, **keywords)
    with ThreadPoolExecutor(2) as pool:
        together = qgd.solve(FLOW, [0.4], 1, **keywords, executor=pool)
    assert together.value == pytest.approx(alone.value, abs=1e-13)
