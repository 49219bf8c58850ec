"""The Fourier-Koopman lift against its definition, closed forms and the flow itself."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.sparse.linalg import spsolve
from scipy.special import ive
from strategies import fewer, reals, trigonometric_losses, vectors

import qgd
from qgd.core import checks
from qgd.embedding import koopman as module

PENDULUM = qgd.TrigonometricLoss.cosines([((1,), -1.0, 0.0)])
# Energy of two spins in product states: -cos a cos b - 0.7 (sin a + sin b).
TWO_SPINS = qgd.TrigonometricLoss.products(
    [((0, 1), (), -1.0), ((), (0,), -0.7), ((), (1,), -0.7)], 2
)
SHAPES = st.sampled_from(["box", "diamond"])


def complex_matrix(loss, waves, noise, eta):
    """A_kj = eta k . (j - k) L_{j-k} - D |k|^2 delta_kj, entry by entry."""
    coefficient = {
        tuple(k): c for k, c in zip(loss.frequencies.tolist(), loss.coefficients, strict=True)
    }
    A = np.zeros((len(waves), len(waves)), dtype=complex)
    for row, k in enumerate(waves):
        for column, j in enumerate(waves):
            A[row, column] = eta * (k @ (j - k)) * coefficient.get(tuple(j - k), 0)
        A[row, row] -= noise * (k @ k)
    return A


@given(loss=trigonometric_losses(2), K=st.integers(1, 3), shape=SHAPES, data=st.data())
def test_matrix_is_the_real_form_of_the_lattice_system(loss, K, shape, data):
    noise, eta = data.draw(reals(0, 1)), data.draw(reals(0, 2))
    system = qgd.koopman(loss, K, noise=noise, learning_rate=eta, shape=shape)
    y = data.draw(vectors(system.dimension))
    half = system.waves(y)
    waves = system.lattice.waves
    every = np.concatenate((waves, -waves, np.zeros((1, loss.num_variables), dtype=int)))
    full = np.concatenate((half, half.conj(), [1.0]))
    wanted = complex_matrix(loss, every, noise, eta) @ full
    np.testing.assert_allclose(system.waves(system.step(y)), wanted[: len(half)], atol=1e-12)


@given(loss=trigonometric_losses(2), K=st.integers(3, 4), data=st.data())
def test_waves_change_as_the_chain_rule_says(loss, K, data):
    theta, eta = data.draw(vectors(loss.num_variables, 3.0)), 0.7
    system = qgd.koopman(loss, K, learning_rate=eta)
    waves = system.lattice.waves
    inner = np.abs(waves).max(axis=1) <= K - 2  # what these couple to is kept
    phase = np.exp(1j * waves @ theta)
    wanted = -1j * eta * (waves @ loss.gradient(theta)) * phase
    got = system.waves(system.step(system.lift(theta)))
    np.testing.assert_allclose(got[inner], wanted[inner], atol=1e-11)


def test_without_noise_the_lift_follows_the_flow():
    start = np.array([0.3, -0.4])
    flow = solve_ivp(
        lambda t, x: -TWO_SPINS.gradient(x), (0, 0.6), start, rtol=1e-11, atol=1e-12
    ).y[:, -1]
    system = qgd.koopman(TWO_SPINS, 24)
    *_, y = qgd.lifted_states(system, start, [0.0, 0.6])
    np.testing.assert_allclose(system.angles(y), flow, atol=2e-6)
    np.testing.assert_allclose(system.mean_loss(y), TWO_SPINS.value(flow), atol=2e-6)


@pytest.mark.parametrize("shape", ["box", "diamond"])
def test_free_diffusion_damps_each_wave_by_its_square(shape):
    flat = qgd.TrigonometricLoss([[1, 0, 0]], [0.0])
    system = qgd.koopman(flat, 3, noise=0.3, shape=shape)
    start = np.array([0.4, -1.0, 2.0])
    *_, y = qgd.lifted_states(system, start, [0.0, 0.7])
    k = system.lattice.waves
    wanted = np.exp(-0.3 * 0.7 * (k**2).sum(axis=1) + 1j * k @ start)
    np.testing.assert_allclose(system.waves(y), wanted, atol=1e-12)


@pytest.mark.parametrize(("noise", "eta"), [(0.5, 1.0), (0.1, 0.7)])
def test_one_angle_settles_in_the_von_mises_distribution(noise, eta):
    system = qgd.koopman(PENDULUM, 30, noise=noise, learning_rate=eta)
    *_, y = qgd.lifted_states(system, [2.5], [0.0, 60.0])
    ratio = eta / noise
    wanted = ive(np.arange(1, 31), ratio) / ive(0, ratio)
    np.testing.assert_allclose(system.waves(y), wanted, atol=1e-9)
    np.testing.assert_allclose(system.mean_loss(y), -wanted[0], atol=1e-9)


@given(loss=trigonometric_losses(2), K=st.integers(1, 3), shape=SHAPES, noise=reals(0, 1))
def test_log_norm_is_that_of_the_complex_lattice_and_below_its_bound(loss, K, shape, noise):
    system = qgd.koopman(loss, K, noise=noise, shape=shape)
    waves = np.concatenate((system.lattice.waves, -system.lattice.waves))
    A = complex_matrix(loss, waves, noise, 1.0)
    top = float(np.linalg.eigvalsh((A + A.conj().T) / 2)[-1])
    assert system.log_norm == pytest.approx(top, abs=1e-10)
    assert system.log_norm <= system.log_norm_bound + 1e-10


@pytest.mark.parametrize("shape", ["box", "diamond"])
def test_log_norm_rises_to_half_the_largest_laplacian(shape):
    grid = np.linspace(-np.pi, np.pi, 401)
    a, b = np.meshgrid(grid, grid)
    laplacian = 2 * np.cos(a) * np.cos(b) + 0.7 * (np.sin(a) + np.sin(b))
    limit = float(laplacian.max()) / 2
    norms = [qgd.koopman(TWO_SPINS, K, shape=shape).log_norm for K in (4, 8, 16, 24)]
    gaps = limit - np.array(norms)
    assert (gaps > 0).all()
    assert gaps[-1] < (0.005 if shape == "box" else 0.01)
    rates = np.log(gaps[:-1] / gaps[1:]) / np.log([2, 2, 1.5])
    assert (rates > 1.4).all()  # about K^-2


def test_log_norms_are_those_of_the_reference():
    norms = [qgd.koopman(TWO_SPINS, K).log_norm for K in (4, 8, 16, 24)]
    np.testing.assert_allclose(norms, [1.027, 1.092, 1.114, 1.119], atol=6e-4)


@given(loss=trigonometric_losses(2), data=st.data())
@fewer(2)
def test_a_certain_state_reads_out_exactly(loss, data):
    theta = data.draw(vectors(loss.num_variables, 3.0))
    for shape in ("box", "diamond"):
        system = qgd.koopman(loss, 4, shape=shape)
        y = np.stack([system.lift(theta), system.lift(-theta)])
        cosine, sine = system.expectations(y)
        np.testing.assert_allclose(cosine, np.cos([theta, -theta]), atol=1e-13)
        np.testing.assert_allclose(sine, np.sin([theta, -theta]), atol=1e-13)
        np.testing.assert_array_equal(system.project(y), np.hstack((cosine, sine)))
        np.testing.assert_allclose(system.angles(y), [theta, -theta], atol=1e-13)
        values = [loss.value(theta), loss.value(-theta)]
        np.testing.assert_allclose(system.mean_loss(y), values, atol=1e-11)


def test_history_system_and_solver_give_the_means():
    system = qgd.koopman(PENDULUM, 3, noise=0.4)
    history = qgd.history_system(qgd.taylor_step(system, 0.25, 12), [2.0], 4, padding=3)
    *_, y = qgd.lifted_states(system, [2.0], [0.0, 1.0])
    wanted = system.project(y)
    solution = spsolve(history.matrix.tocsc(), history.rhs)
    np.testing.assert_allclose(history.final(solution), wanted, atol=1e-9)
    state = qgd.Direct().prepare(qgd.encode(history)).state
    np.testing.assert_allclose(history.final(state.solution), wanted, atol=1e-9)
    injected = spsolve(history.matrix.tocsc(), history.injection([0.3, -0.2]))
    np.testing.assert_allclose(history.final(injected), [0.3, -0.2], atol=1e-12)


def test_a_matrix_that_does_not_fit_is_refused_and_the_remedy_works(monkeypatch):
    for place in (checks, module):
        monkeypatch.setattr(place, "available_memory", lambda: 30e6)
    with pytest.raises(qgd.QGDError, match="Koopman matrix of cutoff 200") as refused:
        qgd.koopman(TWO_SPINS, 200)
    assert refused.value.outcome is qgd.Outcome.TOO_LARGE
    cutoff = int(re.search(r"lower the cutoff to (\d+)", str(refused.value))[1])
    assert qgd.koopman(TWO_SPINS, cutoff).cutoff == cutoff
    with pytest.raises(qgd.QGDError):
        qgd.koopman(TWO_SPINS, cutoff + 1)


def test_an_observable_beyond_the_cutoff_is_refused_and_the_remedy_works():
    far = qgd.TrigonometricLoss.cosines([((2, 3), 1.0, 0.5), ((0, 0), 2.0, 0.0)])
    for shape in ("box", "diamond"):
        with pytest.raises(ValueError, match=r"frequency \[-2, -3\]") as refused:
            qgd.koopman(TWO_SPINS, 2, shape=shape).functional(far)
        cutoff = int(re.search(r"raise `cutoff` to (\d+)", str(refused.value))[1])
        system = qgd.koopman(TWO_SPINS, cutoff, shape=shape)
        theta = [0.2, 0.4]
        assert system.mean(far, system.lift(theta)) == pytest.approx(far.value(theta))
    with pytest.raises(ValueError, match="`observable` must have 2 angles, got 1"):
        system.functional(PENDULUM)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cutoff": 0}, "`cutoff` must be at least 1"),
        ({"cutoff": 2.5}, "`cutoff` must be an integer"),
        ({"cutoff": 2, "noise": -0.1}, "`noise` must be at least 0"),
        ({"cutoff": 2, "noise": np.nan}, "`noise` must be finite"),
        ({"cutoff": 2, "learning_rate": -1.0}, "`learning_rate` must be at least 0"),
        ({"cutoff": 2, "shape": "ball"}, "`shape` must be one of box, diamond"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        qgd.koopman(TWO_SPINS, **arguments)
