"""Fields that repeat along a lattice: their matrices are what their sums say."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from strategies import seeds, stencils

import qgd
from qgd.problem.zoo import oscillator_chain


def neighbour(stencil: qgd.Stencil, site: int, offset: int) -> int | None:
    """Site reached from a site, or None beyond an open end."""
    n = stencil.num_variables
    if stencil.boundary == "hypercube":
        return site ^ offset
    if stencil.boundary == "periodic":
        return (site + offset) % n
    return site + offset if 0 <= site + offset < n else None


@given(stencils(degrees=(0, 1, 2, 3)), seeds())
def test_field_of_the_system_is_the_sum_over_terms_and_sites(stencil, seed):
    x = np.random.default_rng(seed).normal(size=stencil.num_variables)
    wanted = np.zeros(stencil.num_variables)
    for site, (c, word) in itertools.product(range(len(x)), stencil.terms):
        reached = [neighbour(stencil, site, s) for s in word]
        if None not in reached:
            wanted[site] += c * np.prod(x[reached])
    assert_allclose(stencil.system().field(x), wanted, atol=1e-12)


@given(stencils(degrees=(0, 1, 2, 3)))
def test_a_stencil_is_recognised_from_its_system(stencil):
    again = qgd.Stencil.from_system(stencil.system(), stencil.boundary)
    x = np.linspace(-1.0, 1.0, stencil.num_variables)
    assert_allclose(again.system().field(x), stencil.system().field(x), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 64])
def test_descent_on_the_ring_of_oscillators_is_a_stencil(n):
    flow = qgd.gradient_flow(oscillator_chain(n, coupling=0.25, quartic=0.1))
    stencil = qgd.Stencil.from_system(flow)
    terms = [(-1.5, [0]), (0.25, [1]), (0.25, [-1]), (-0.1, [0, 0, 0])]
    wanted = {word: c for c, word in qgd.Stencil(n, terms).terms}
    assert {word: pytest.approx(c) for c, word in stencil.terms} == wanted


def test_a_system_that_differs_at_one_site_is_refused():
    F1 = np.diag([1.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="`system` must have equal coefficients at all sites"):
        qgd.Stencil.from_system(qgd.PolynomialSystem([np.zeros(3), F1]))


def test_equal_terms_are_merged_and_terms_that_never_act_are_dropped():
    ring = qgd.Stencil(2, [(1.0, [1]), (0.5, [-1]), (2.0, [0]), (-2.0, [2])])
    assert ring.terms == ((1.5, (1,)),)
    assert qgd.Stencil(3, [(1.0, [3]), (2.0, [-2, 2]), (1.0, [0])], "open").terms == ((1.0, (0,)),)


def test_many_sites_take_memory_for_their_entries_only():
    chain = qgd.Stencil(2**20, [(-2.0, [0]), (1.0, [1]), (1.0, [-1])], "open")
    assert chain.matrix(1).nnz == 3 * 2**20 - 2


def test_bad_input_is_named_and_the_remedy_works():
    with pytest.raises(ValueError, match="`boundary` must be one of periodic, open, hypercube"):
        qgd.Stencil(4, [], "torus")
    with pytest.raises(ValueError, match=r"`num_variables` must be a power of two.* got 6; take 8"):
        qgd.Stencil(6, [], "hypercube")
    assert qgd.Stencil(8, [(1.0, [4])], "hypercube").matrix(1).nnz == 8
    with pytest.raises(ValueError, match="`terms` must be finite"):
        qgd.Stencil(2, [(np.inf, [0])])
