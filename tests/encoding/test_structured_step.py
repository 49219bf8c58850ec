"""Steps of maps, encoded by their coefficients: rescaled, selected by time, from given calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from unitaries import assert_circuit_moves_states_like_the_operator

import qgd
from qgd import CarlemanRegisters, slot_matrix, structured_step
from qgd.encoding import dilation


def maps(n: int, degree: int, count: int, forced: bool, seed: int = 0) -> list[qgd.PolynomialMap]:
    """Contractions of unequal coefficients; the second one lacks the highest degree."""
    rng, found = np.random.default_rng(seed), []
    for k in range(count):
        F = [0.2 * forced * rng.normal(size=n), 0.1 * rng.normal(size=(n, n)) - 0.3 * np.eye(n)]
        F += [0.1 * rng.normal(size=(n, n**p)) for p in range(2, degree + 1 - (k == 1))]
        found.append(qgd.PolynomialMap(F))
    return found


def parts_of(step) -> tuple[qgd.BlockEncoding, ...]:
    return step.parts if isinstance(step, qgd.SelectedEncodings) else (step,)


@pytest.mark.parametrize(
    ("n", "N", "degree", "count", "form", "forced"),
    [
        (2, 2, 2, 1, "exact", False), (2, 2, 3, 1, "first_order", True),
        (1, 3, 2, 2, "exact", False), (3, 2, 2, 3, "first_order", True),
        (2, 2, 2, 2, "exact", True), (1, 1, 2, 2, "first_order", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scale", [1.0, 0.6])
def test_each_time_has_the_lifted_matrix_of_its_map_in_scaled_variables(
    n, N, degree, count, form, forced, scale
):
    dynamics, used = maps(n, degree, count, forced), CarlemanRegisters(n, N).positions
    step = structured_step(dynamics, N, form=form, scale=scale, num_time=2)
    for part, one in zip(parts_of(step), dynamics, strict=True):
        A = qgd.carleman(one, N, form=form, scale=scale).matrix.toarray()
        vectors = np.random.default_rng(1).normal(size=(2, len(A)))
        state = np.zeros((2, 2**part.num_ancillas, part.dimension))
        state[:, 0, used] = vectors
        for adjoint, wanted in ((False, vectors @ A.T), (True, vectors @ A)):
            padded = np.zeros((2, part.dimension))
            padded[:, used] = wanted
            moved = part.alpha * part.apply(state, adjoint=adjoint)[:, 0]
            assert_allclose(moved, padded, atol=1e-12)


def test_scaling_changes_alphas_and_no_call():
    (one,) = maps(2, 2, 1, forced=True)
    calls = {p: qgd.dilation(slot_matrix(one.F[p], 2, p), 1.0 + p) for p in range(3)}
    plain = structured_step([one], 2, form="first_order", encodings=calls)
    scaled = structured_step([one], 2, form="first_order", scale=0.5, encodings=calls)
    # 1 + N alpha_0 / r + N alpha_1 + (N - 1) r alpha_2
    assert plain.alpha == pytest.approx(1 + 2 * 1 + 2 * 2 + 3)
    assert scaled.alpha == pytest.approx(1 + 2 * 1 / 0.5 + 2 * 2 + 0.5 * 3)
    assert plain.build(1).count_ops() == scaled.build(1).count_ops()


def test_errors_scale_with_the_variables_and_are_covered():
    (one,) = maps(1, 2, 1, forced=False)
    wrong = slot_matrix(one.F[2], 1, 2) * 1.2
    loose = replace(qgd.dilation(wrong, 1.0), epsilon=0.2 * float(abs(one.F[2]).max()))
    step = structured_step([one], 2, form="first_order", scale=2.0, encodings={2: loose})
    used = CarlemanRegisters(1, 2).positions
    A = qgd.carleman(one, 2, form="first_order", scale=2.0).matrix.toarray()
    error = np.linalg.norm(step.block()[np.ix_(used, used)] - A, 2)
    assert step.epsilon == pytest.approx(2.0 * loose.epsilon)
    assert error == pytest.approx(step.epsilon)


def test_a_degree_that_all_maps_share_is_called_once(monkeypatch):
    build, made = dilation._build, []
    monkeypatch.setattr(dilation, "_build", lambda *given: made.append(given) or build(*given))
    first, second = maps(1, 1, 2, forced=False)
    shared = np.full((1, 1), 0.1)
    both = [qgd.PolynomialMap([*m.F, shared]) for m in (first, second)]

    def calls(dynamics) -> int:
        made.clear()
        structured_step(dynamics, 2, num_time=1).parts[0].build(1)
        return len(made)

    assert calls(both) < calls([both[0], qgd.PolynomialMap([*second.F, 2 * shared])])


@pytest.mark.parametrize("form", ["exact", "first_order"])
def test_circuit_of_minibatches_with_given_encodings_of_unequal_alpha(form):
    dynamics = maps(1, 2, 2, forced=False)
    dynamics[1] = qgd.PolynomialMap([*dynamics[1].F, dynamics[0].F[2] * 2])
    coefficients = [m.G if form == "exact" else m.F for m in dynamics]
    calls = {
        p: [
            qgd.dilation(slot_matrix(c[p], 1, p), 1.0 / p + 0.2 * k)
            for k, c in enumerate(coefficients)
        ]
        for p in (1, 2)
    }
    step = structured_step(dynamics, 2, form=form, encodings=calls, num_time=2)
    used = CarlemanRegisters(1, 2).positions
    for part, one in zip(step.parts, dynamics, strict=True):
        A = qgd.carleman(one, 2, form=form).matrix.toarray()
        assert_allclose(part.block()[np.ix_(used, used)], A, atol=1e-12)
    if form == "first_order":
        encoding = qgd.history_encoding(step, 2, 0)
        assert_circuit_moves_states_like_the_operator(encoding)


def test_bad_input_is_named_and_the_remedies_work():
    dynamics = maps(1, 2, 2, forced=False)
    one = qgd.dilation(slot_matrix(dynamics[0].G[1], 1, 1), 1.0)
    with pytest.raises(ValueError, match=r"`encodings\[1\]` must be one encoding or 2, .*got 3"):
        structured_step(dynamics, 2, encodings={1: [one] * 3}, num_time=1)
    assert len(structured_step(dynamics, 2, encodings={1: [one] * 2}, num_time=1).parts) == 2
    with pytest.raises(ValueError, match="`form` must be"):
        structured_step(dynamics, 2, form="flow", num_time=1)
    with pytest.raises(TypeError, match="`num_time` must be an integer"):
        structured_step(dynamics, 2)
