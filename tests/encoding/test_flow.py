"""Encoded flows: what is refused, and what the constant coordinate does."""

from __future__ import annotations

import numpy as np
import pytest
from evolutions import final_state
from hypothesis import given
from numpy.testing import assert_allclose
from scipy.sparse import csr_array, diags_array
from strategies import encoded_flows, fewer, reals

import qgd

LIFTED = qgd.carleman(qgd.PolynomialSystem([[0.1], [[-1.0]], [[0.3]]]), 2)


def test_entries_are_those_of_the_embedding():
    flow = qgd.encode_flow(LIFTED, [0.4], 2.0)
    assert_allclose(flow.encoding.block()[:2, :2], LIFTED.matrix.toarray(), atol=1e-14)
    assert_allclose(flow.initial, [0.4, 0.16])
    assert_allclose(flow.source, LIFTED.offset)
    assert flow.time == 2.0


def test_growth_is_the_spectrum_of_the_symmetric_part_and_wider_for_large_matrices():
    dense = LIFTED.matrix.toarray()
    values = np.linalg.eigvalsh((dense + dense.T) / 2)
    assert_allclose(qgd.encode_flow(LIFTED, [0.4], 1.0).growth, (values[0], values[-1]))
    size = 2100
    band = csr_array(diags_array([-1.0, 0.3], offsets=[0, 1], shape=(size, size)))
    unused = qgd.identity_encoding(12)
    wide = qgd.EncodedFlow(unused, band, np.ones(size), np.zeros(size), 1.0, np.arange(size))
    assert wide.growth == pytest.approx((-1.3, -0.7))


@fewer(2)
@given(encoded_flows(forced=True), reals(0.3, 5.0))
def test_constant_coordinate_keeps_the_flow_at_any_unit(flow, unit):
    folded = qgd.fold_source(flow, unit)
    evolved = final_state(folded)
    assert evolved[0] == pytest.approx(unit)
    assert_allclose(evolved[1:], final_state(flow), atol=1e-10)


def test_large_units_make_the_shift_small():
    flow = qgd.encode_flow(LIFTED, [0.4], 1.0)
    shifts = [qgd.fold_source(flow, unit).growth[1] for unit in (0.1, 1.0, 10.0)]
    assert shifts[0] > shifts[1] > shifts[2] > 0


def test_driven_flow_is_linear():
    flow = qgd.encode_flow(LIFTED, [0.4], 1.0)
    idle = np.array([1.0, -2.0])
    assert_allclose(final_state(flow.driven(-0.5, idle)), -0.5 * final_state(flow) + idle)


def test_padding_is_undone():
    flow = qgd.encode_flow(LIFTED, [0.4], 1.0)
    assert_allclose(flow.unpad(flow.pad(flow.initial)), flow.initial)


def test_what_does_not_move_is_refused():
    still = qgd.carleman(qgd.PolynomialSystem([[0.0], [[-1.0]]]), 1)
    with pytest.raises(ValueError, match="`initial` must not be zero"):
        qgd.encode_flow(still, [0.0], 1.0)
    assert qgd.encode_flow(LIFTED, [0.0], 1.0).source[0] != 0


@pytest.mark.parametrize("time", [0.0, -1.0, np.inf])
def test_time_must_be_positive(time):
    with pytest.raises(ValueError, match="`time`"):
        qgd.encode_flow(LIFTED, [0.4], time)


def test_maps_are_refused():
    step = qgd.carleman(qgd.PolynomialMap([[0.1], [[-0.5]]]), 1)
    with pytest.raises(ValueError, match="`flow` must be an embedded flow"):
        qgd.encode_flow(step, [0.4], 1.0)


def test_an_encoding_comes_with_its_positions():
    with pytest.raises(ValueError, match="must be given together"):
        qgd.encode_flow(LIFTED, [0.4], 1.0, encoding=qgd.identity_encoding(1))
