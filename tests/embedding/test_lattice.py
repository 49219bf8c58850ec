"""The half lattice against enumeration."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd.embedding.lattice import HalfLattice, lattice_size

SHAPES = st.sampled_from(["box", "diamond"])


@given(p=st.integers(1, 3), cutoff=st.integers(1, 4), shape=SHAPES)
def test_lattice_holds_one_of_each_pair_of_waves_inside_the_cutoff(p, cutoff, shape):
    lattice = HalfLattice(p, cutoff, shape)
    size = sum if shape == "diamond" else max
    every = {
        k
        for k in itertools.product(range(-cutoff, cutoff + 1), repeat=p)
        if any(k) and size(abs(i) for i in k) <= cutoff
    }
    kept = {tuple(k) for k in lattice.waves.tolist()}
    assert len(kept) == len(lattice.waves) == lattice.size == lattice_size(p, cutoff, shape)
    assert kept | {tuple(-i for i in k) for k in kept} == every
    assert 2 * len(kept) == len(every)
    np.testing.assert_array_equal(lattice.waves[:p], np.eye(p))


@given(p=st.integers(1, 3), cutoff=st.integers(1, 4), shape=SHAPES, data=st.data())
def test_places_and_signs_lead_back_to_the_wave(p, cutoff, shape, data):
    lattice = HalfLattice(p, cutoff, shape)
    entry = st.integers(-2 * cutoff, 2 * cutoff)
    k = np.array(data.draw(st.lists(st.tuples(*[entry] * p), min_size=1, max_size=20)))
    place, sign = lattice.locate(k)
    inside = place >= 0
    np.testing.assert_array_equal(inside, (lattice.reach(k) <= cutoff) & k.any(axis=1))
    np.testing.assert_array_equal(sign[inside, None] * lattice.waves[place[inside]], k[inside])
    np.testing.assert_array_equal(sign == 0, ~k.any(axis=1))
    np.testing.assert_array_equal(lattice.locate(-k)[1], -sign)


@pytest.mark.parametrize(("p", "cutoff"), [(30, 2), (62, 1), (20, 9)])
def test_waves_that_cannot_be_numbered_are_refused_and_the_remedy_works(p, cutoff):
    with pytest.raises(ValueError, match="below 2\\*\\*62") as refused:
        HalfLattice(p, cutoff, "diamond")
    remedy = re.search(r"lower `cutoff` to (\d+)", str(refused.value))
    if remedy:
        assert HalfLattice(p, int(remedy[1]), "diamond").size > 0
        with pytest.raises(ValueError, match="below"):
            HalfLattice(p, int(remedy[1]) + 1, "diamond")
    else:
        assert "keep fewer angles" in str(refused.value)
