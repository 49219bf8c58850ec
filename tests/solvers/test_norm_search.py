"""The norm search: how often it is right, what it reads, when it stops."""

from __future__ import annotations

import math

import numpy as np
import pytest

import qgd
from qgd.solvers.norm_search import _ceilings, _laws, search_norm

GAIN = 0.97


def exact(norm: float, error: float = 0.0, sign: float = 1.0):
    """Probabilities of the outcomes where the filter errs by at most `error` in one direction."""

    def probabilities(t: float) -> tuple[float, float]:
        theta = math.atan(norm / t)
        shift = sign * error * math.sin(theta)
        solution = math.sin(2 * theta) + 2 * shift * math.cos(theta)
        reference = math.cos(2 * theta) - 2 * shift * math.sin(theta)
        return GAIN**2 * solution**2, GAIN**2 * reference**2

    return probabilities


def find(norm, kappa, seed, confidence=0.9, error=0.003, sign=1.0):
    rng = np.random.default_rng(seed)
    return search_norm(exact(norm, error, sign), kappa, GAIN, error, confidence, rng)


@pytest.mark.parametrize("kappa", [6.0, 50.0, 700.0])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_interval_contains_the_norm_as_often_as_the_confidence_says(kappa, sign):
    norms = np.geomspace(1, kappa, 15)
    found = [find(norm, kappa, seed, sign=sign) for seed, norm in enumerate(norms)]
    hits = [
        i.low * (1 - 1e-9) <= n <= i.high * (1 + 1e-9) for i, n in zip(found, norms, strict=True)
    ]
    assert np.mean(hits) >= 0.8  # 15 draws of 0.9: fewer than 12 hits have probability 0.06
    assert all(1 - 1e-9 <= i.low < i.high <= kappa * (1 + 1e-9) for i in found)
    assert all(i.spread <= 2 * (1 + 1e-12) for i in found)


def test_a_guess_within_a_factor_of_two_succeeds_with_at_least_sixteen_twenty_fifths():
    for seed, norm in enumerate((1.0, 3.0, 20.0, 99.0)):
        i = find(norm, 100.0, seed)
        assert math.sin(2 * math.atan(norm / i.guess)) ** 2 >= 0.64 - 1e-12


def test_number_of_runs_is_a_few_dozen_and_grows_with_confidence():
    runs = {c: [find(8.0, 100.0, seed, c).runs for seed in range(8)] for c in (0.8, 0.99)}
    assert 3 <= np.mean(runs[0.8]) < np.mean(runs[0.99]) <= 60


def test_range_within_a_factor_of_four_needs_no_run():
    def never(t):
        pytest.fail("a run was made")

    i = search_norm(never, 4.0, GAIN, 0.003, 0.9, np.random.default_rng(0))
    assert (i.low, i.high, i.runs, i.guess, i.spread) == (1.0, 4.0, 0, 2.0, 2.0)


def test_search_reads_outcomes_only_and_another_seed_draws_others():
    assert find(30.0, 300.0, 5) == find(30.0, 300.0, 5)
    assert len({find(30.0, 300.0, seed).runs for seed in range(6)}) > 1


def test_laws_are_probabilities_and_ceilings_dominate_them_in_every_cell():
    error, edges, guesses = 0.01, np.geomspace(1, 50, 41), np.array([1.0, 7.0, 50.0])
    norms = np.exp(np.random.default_rng(0).uniform(np.log(edges[:-1]), np.log(edges[1:])))
    laws = _laws(norms, guesses, GAIN)
    assert np.abs(laws.sum(axis=-1) - 1).max() < 1e-12
    for t in guesses:
        ceilings = _ceilings(edges, t, GAIN, error)
        for norm, *limits in zip(norms, *ceilings, strict=True):
            for sign in (-1.0, 0.0, 1.0):
                solution, reference = exact(norm, error, sign)(t)
                outcomes = (solution, reference, 1 - solution - reference)
                assert all(p <= q + 1e-12 for p, q in zip(outcomes, limits, strict=True))


def test_outcomes_that_fit_no_norm_end_in_a_clear_refusal(monkeypatch):
    from qgd.solvers import norm_search

    monkeypatch.setattr(norm_search, "_MOST_RUNS", 40)
    with pytest.raises(qgd.QGDError, match="pass a guess `norm`"):
        search_norm(lambda t: (0.0, 0.0), 50.0, GAIN, 0.003, 0.9, np.random.default_rng(0))
