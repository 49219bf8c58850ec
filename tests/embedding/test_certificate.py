"""Certificates against the error they certify, for right and for wrong vectors."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer, polynomial_maps, time_dependent_maps, vectors

import qgd

pytest.importorskip("flint")


def solved(system, x0, order, T, padding, scale):
    """History system about the start, its solution and the exact final state."""
    moved, _ = qgd.shift(system, x0)
    maps = moved.maps[:T] if isinstance(moved, qgd.TimeDependentMap) else (moved,)
    steps = [qgd.carleman(m, order, scale=scale) for m in maps]
    history = qgd.history_system(steps, np.zeros(len(x0)), T, padding)
    z = np.linalg.solve(history.matrix.toarray(), history.rhs)
    return history, z, qgd.iterate(system, x0, T)[-1]


@fewer(4)
@given(step=polynomial_maps(2, 3), data=st.data())
def test_certified_error_dominates_the_error_of_any_vector(step, data):
    x0 = data.draw(vectors(step.num_variables))
    order, T = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    padding, scale = data.draw(st.integers(0, 3)), data.draw(st.sampled_from([1.0, 0.4, 2.5]))
    noise = data.draw(st.sampled_from([0.0, 1e-6, 0.1]))
    history, z, exact = solved(step, x0, order, T, padding, scale)
    z = z + noise * np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=z.shape)
    certificate = qgd.certify_history(step, x0, T, z, order=order, scale=scale)
    error = np.linalg.norm(x0 + history.final(z) - exact)
    assert error <= certificate.error.value + 1e-14
    assert certificate.error.kind is qgd.Kind.PROVED
    kappa = np.linalg.cond(history.matrix.toarray())
    assert kappa <= certificate.condition.value * (1 + 1e-9)
    blocks = (history.rhs - history.matrix @ z).reshape(T + padding + 1, -1)
    levels = [blocks[:, level] for level in history.steps[0].levels]
    largest = max(np.linalg.norm(part, axis=1).max() for part in levels)
    assert certificate.residual == pytest.approx(largest, rel=1e-6, abs=1e-13)


@fewer(4)
@given(system=time_dependent_maps(), data=st.data())
def test_sequences_of_maps_are_certified_too(system, data):
    x0 = data.draw(vectors(system.num_variables))
    T = system.num_steps
    history, z, exact = solved(system, x0, 2, T, 1, 1.0)
    certificate = qgd.certify_history(system, x0, T, z, order=2)
    assert np.linalg.norm(x0 + history.final(z) - exact) <= certificate.error.value + 1e-14


STEP = qgd.PolynomialMap([[0.02], [[-0.4]], [[0.1]]])


def test_exact_vector_is_certified_better_than_from_the_start_alone():
    _, z, _ = solved(STEP, np.array([0.3]), 4, 8, 2, 1.0)
    certificate = qgd.certify_history(STEP, [0.3], 8, z, order=4)
    moved, _ = qgd.shift(STEP, [0.3])
    assert certificate.residual < 1e-15
    assert certificate.error.value <= certificate.apriori.value
    bound = qgd.majorant_bound(moved, 4, 0.0, 8).value
    assert certificate.apriori.value == pytest.approx(bound, rel=1e-9)
    assert certificate.apriori.value >= bound * (1 - 1e-12)


def test_unit_of_length_does_not_change_what_is_certified():
    found = []
    for scale in (0.4, 1.0, 2.5):
        _, z, _ = solved(STEP, np.array([0.3]), 3, 8, 2, scale)
        certificate = qgd.certify_history(STEP, [0.3], 8, z, order=3, scale=scale)
        found.append((certificate.error.value, certificate.apriori.value))
    np.testing.assert_allclose(found, [found[1]] * 3, rtol=1e-6)


def test_error_of_the_vector_and_of_the_answer_are_seen():
    _, z, _ = solved(STEP, np.array([0.3]), 4, 8, 2, 1.0)
    clean = qgd.certify_history(STEP, [0.3], 8, z, order=4).error.value
    for size in (1e-6, 1e-3):
        wrong = z.copy()
        wrong[5 * 4] += size
        seen = qgd.certify_history(STEP, [0.3], 8, wrong, order=4)
        assert size / 2 < seen.residual < 2 * size
        assert seen.error.value > clean
    final = 0.3 + z.reshape(-1, 4)[8:, 0].mean()
    apart = qgd.certify_history(STEP, [0.3], 8, z, order=4, answer=[final + 0.01]).error.value
    assert apart == pytest.approx(clean + 0.01, rel=1e-9)


def test_quantum_solution_is_certified():
    moved, _ = qgd.shift(STEP, [0.3])
    history = qgd.history_system(qgd.carleman(moved, 3), [0.0], 4)
    source = qgd.QSVT(epsilon=1e-8).prepare(qgd.encode(history))
    certificate = qgd.certify_history(STEP, [0.3], 4, source.state.solution, order=3)
    exact = qgd.iterate(STEP, [0.3], 4)[-1]
    error = np.linalg.norm(0.3 + history.final(source.state.solution) - exact)
    assert error <= certificate.error.value < 1e-2
    assert 1e-14 < certificate.residual < 1e-6


def test_overflow_is_reported_as_infinity_and_more_bits_are_no_cure():
    wild = qgd.PolynomialMap([[0.0], [[9.0]], [[5.0]]])
    certificate = qgd.certify_history(wild, [1.0], 60, np.zeros(61 * 2), order=2)
    assert np.isinf(certificate.error.value) or certificate.error.value > 1e100


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"history": np.zeros(7)}, "at least T + 1 = 3 blocks of 2 numbers"),
        ({"history": np.zeros(4)}, "got 4 numbers; pass the order"),
        ({"history": np.array([0.0, np.nan, 0, 0, 0, 0])}, "`history` must be finite"),
        ({"order": 0}, "`order` must be at least 1"),
        ({"precision": 20}, "`precision` must be at least 53"),
        ({"scale": 0.0}, "`scale` must be greater than 0"),
        ({"answer": [1.0, 2.0]}, "`answer` must have shape (1)"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {"history": np.zeros(6), "order": 2} | change
    history = arguments.pop("history")
    with pytest.raises(ValueError, match=re.escape(message)):
        qgd.certify_history(STEP, [0.3], 2, history, **arguments)
