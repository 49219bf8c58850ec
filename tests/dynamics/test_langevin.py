"""Monte Carlo of noisy flows against closed forms, the Fourier lattice and noisy descent."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import trigonometric_losses, vectors

import qgd
from qgd.dynamics.langevin import gradient_terms, heun_step

PENDULUM = qgd.TrigonometricLoss.cosines([((1,), -1.0, 0.0)])
TWO_SPINS = qgd.TrigonometricLoss.products(
    [((0, 1), (), -1.0), ((), (0,), -0.7), ((), (1,), -0.7)], 2
)


def excess(sample, truth):
    """Largest deviation of cosines and sines in standard errors, last time."""
    gap, error = sample.mean[-1] - truth, sample.standard_error[-1]
    return max(np.abs(gap.real / error.real).max(), np.abs(gap.imag / error.imag).max())


@given(loss=trigonometric_losses(), data=st.data())
def test_real_terms_are_those_of_the_gradient(loss, data):
    theta = data.draw(vectors(loss.num_variables, 3.0))
    m, cosine, sine = gradient_terms(loss)
    phase = m @ theta
    gradient = (cosine * np.cos(phase) + sine * np.sin(phase)) @ m
    np.testing.assert_allclose(gradient, loss.gradient(theta), atol=1e-11)


def test_without_noise_paths_follow_the_flow_to_second_order():
    theta = 2 * math.atan(math.tan(0.9) * math.exp(-0.7))
    errors = []
    for h in (0.1, 0.05):
        sample = qgd.sample_langevin(
            PENDULUM, [1.8], [0.0, 1.0], noise=0.0, learning_rate=0.7, num_paths=2, step_size=h
        )
        errors.append(abs(sample.angles[0, 0] - theta))
    assert errors[1] < 1e-3
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_one_step_is_exact_in_the_mean_to_third_order():
    # Means over the noise by Gauss-Hermite quadrature, truth by the lattice: no sampling.
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    terms = gradient_terms(PENDULUM)
    noise, eta, start = 0.3, 0.8, 1.1
    system = qgd.koopman(PENDULUM, 40, noise=noise, learning_rate=eta)
    errors = []
    for h in (0.1, 0.05, 0.025):
        theta = np.full((len(nodes), 1), start)
        heun_step(*terms, eta * h, math.sqrt(2 * noise * h) * nodes[:, None], theta)
        mean = weights @ np.exp(1j * theta[:, 0]) / weights.sum()
        *_, y = qgd.lifted_states(system, [start], [0.0, h], method="taylor")
        errors.append(abs(mean - system.waves(y)[0]))
    rates = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (rates > 2.6).all()
    assert errors[-1] < 1e-5


def test_free_diffusion_is_sampled_within_five_standard_errors():
    flat = qgd.TrigonometricLoss([[1, 0]], [0.0])
    waves = np.array([[1, 0], [0, 1], [1, -2]])
    times = [0.5, 0.7, 1.0]
    sample = qgd.sample_langevin(
        flat, [0.3, -0.5], times, noise=0.4, num_paths=4000, step_size=0.1, waves=waves, rng=3
    )
    assert sample.mean.shape == sample.standard_error.shape == (3, 3)
    np.testing.assert_allclose(sample.mean[0], np.exp(1j * waves @ [0.3, -0.5]), atol=1e-12)
    truth = np.exp(-0.4 * 0.5 * (waves**2).sum(axis=1) + 1j * waves @ [0.3, -0.5])
    assert excess(sample, truth) < 5
    assert (sample.steps, sample.evaluations) == (5, 2 * 5 * 4000)


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_two_angles_agree_with_the_fourier_lattice_within_five_standard_errors(noise):
    start, time = np.array([2.2, -0.4]), 2.0
    sample = qgd.sample_langevin(
        TWO_SPINS, start, [0.0, time], noise=noise, step_size=0.04, num_paths=10_000, rng=7
    )
    system = qgd.koopman(TWO_SPINS, 28, noise=noise)
    *_, y = qgd.lifted_states(system, start, [0.0, time])
    truth = system.waves(y)[:2]
    error = sample.standard_error[-1]
    gap = sample.mean[-1] - truth
    allowance = 0.2 * 0.04**2  # of the time steps; 400 000 paths show 0.1 h^2 at h = 0.2 and 0.4
    assert (np.abs(gap.real) < 5 * error.real + allowance).all()
    assert (np.abs(gap.imag) < 5 * error.imag + allowance).all()
    assert error.real.max() < 0.01


def test_noisy_descent_diffuses_as_shot_noise_says():
    eta, variance, shots, steps, paths = 0.05, 24.0, 3, 40, 20_000
    rng = np.random.default_rng(5)
    theta = np.full(paths, 1.8)
    for _ in range(steps):
        gradient = np.sin(theta) + math.sqrt(variance / shots) * rng.normal(size=paths)
        theta -= eta * gradient
    system = qgd.koopman(PENDULUM, 24, noise=qgd.shot_noise(eta, variance, shots))
    *_, y = qgd.lifted_states(system, [1.8], [0.0, eta * steps])
    got, truth = np.exp(1j * theta).mean(), system.waves(y)[0]
    # 5 standard errors and eta / 2 for the finite step; half the noise would be off by 0.06.
    assert abs(got - truth) < 5 / math.sqrt(paths) + eta / 2
    wrong = qgd.koopman(PENDULUM, 24, noise=qgd.shot_noise(eta, variance, 2 * shots))
    *_, y = qgd.lifted_states(wrong, [1.8], [0.0, eta * steps])
    assert abs(got - wrong.waves(y)[0]) > 5 / math.sqrt(paths) + eta / 2


def test_a_seed_gives_one_sample_and_a_generator_moves_on():
    def sample(rng):
        options = {"noise": 0.1, "num_paths": 5, "step_size": 0.5, "rng": rng}
        return qgd.sample_langevin(PENDULUM, [1.0], [0.0, 1.0], **options).angles

    np.testing.assert_array_equal(sample(4), sample(np.random.default_rng(4)))
    generator = np.random.default_rng(4)
    assert not np.array_equal(sample(generator), sample(generator))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta0": [1.0]}, "`theta0` must have shape \\(2\\)"),
        ({"times": [1.0, 0.0]}, "`times` must be strictly increasing"),
        ({"noise": -1.0}, "`noise` must be at least 0"),
        ({"num_paths": 1}, "`num_paths` must be at least 2"),
        ({"step_size": 0.0}, "`step_size` must be greater than 0"),
        ({"waves": [[1]]}, "`waves` must have shape \\(at least 1, 2\\)"),
        ({"waves": [[0.5, 1.0]]}, "`waves` must be integers"),
    ],
)
def test_bad_arguments_are_named(change, message):
    arguments = {"theta0": [0.0, 0.0], "times": [0.0, 1.0], "noise": 0.1, **change}
    with pytest.raises((TypeError, ValueError), match=message):
        qgd.sample_langevin(TWO_SPINS, arguments.pop("theta0"), arguments.pop("times"), **arguments)
