"""Encodings on the time register."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.linalg import block_diag
from strategies import fewer
from unitaries import assert_circuit_is_the_operator, assert_unitary

import qgd
from qgd.encoding.dilation import scalar_dilation
from qgd.encoding.registers import Piece, cyclic_increment, dyadic_intervals, multiplexed


@st.composite
def partitions(draw: st.DrawFn, num_time: int) -> list[tuple[int, int]]:
    """Consecutive intervals that cover 0 .. 2**num_time."""
    size = 2**num_time
    cuts = draw(st.sets(st.integers(1, size - 1), max_size=3)) if size > 1 else set()
    return list(itertools.pairwise([0, *sorted(cuts), size]))


def pieces_of(intervals, seed: int = 0, *, imaginary: bool = False) -> tuple[list[Piece], list]:
    """A random 2 x 2 matrix for each interval, all encoded with one alpha."""
    rng = np.random.default_rng(seed)
    A = [rng.uniform(-1, 1, (2, 2)) for _ in intervals]
    if imaginary:
        A = [a + 1j * rng.uniform(-1, 1, (2, 2)) for a in A]
    alpha = 1.1 * max(np.linalg.norm(a, 2) for a in A)
    pieces = [Piece(*i, qgd.dilation(a, alpha)) for i, a in zip(intervals, A, strict=True)]
    return pieces, A


def block_diagonal(intervals, A) -> np.ndarray:
    return block_diag(*[a for i, a in zip(intervals, A, strict=True) for _ in range(*i)])


@pytest.mark.parametrize("num_qubits", [1, 2, 3, 4])
def test_increment_is_the_cyclic_shift(num_qubits):
    encoding = cyclic_increment(num_qubits)
    assert_allclose(encoding.block(), np.roll(np.eye(2**num_qubits), 1, axis=0))
    assert_allclose(encoding.adjoint.block(), np.roll(np.eye(2**num_qubits), -1, axis=0))
    for controls in (0, 1, 2):
        assert_circuit_is_the_operator(encoding, controls)


@given(st.integers(0, 64), st.integers(0, 64))
def test_dyadic_intervals_tile_the_interval_with_at_most_twice_the_bits(a, b):
    start, stop = min(a, b), max(a, b)
    parts = dyadic_intervals(start, stop)
    covered = [k for prefix, size in parts for k in range(prefix << size, (prefix + 1) << size)]
    assert covered == list(range(start, stop))
    assert len(parts) <= 2 * 6


@given(st.integers(0, 3).flatmap(partitions), st.integers(0, 99), st.booleans())
def test_multiplexed_is_block_diagonal_in_time(intervals, seed, imaginary):
    pieces, A = pieces_of(intervals, seed, imaginary=imaginary)
    num_time = intervals[-1][1].bit_length() - 1
    encoding = multiplexed(pieces, num_time)
    assert_allclose(encoding.block(), block_diagonal(intervals, A), atol=1e-12)
    assert_unitary(encoding)
    assert (encoding.alpha, encoding.num_ancillas) == (pieces[0].encoding.alpha, 1)
    assert encoding.is_real == (not imaginary)


def test_real_states_pass_through_complex_pieces_without_losing_their_imaginary_part():
    encoding = multiplexed(pieces_of([(0, 1), (1, 2)], imaginary=True)[0], 1)
    state = np.ones((2, 4))
    assert_allclose(encoding.apply(state), encoding.apply(state + 0j), atol=1e-13)


@fewer(4)
@given(st.integers(0, 3).flatmap(partitions), st.integers(0, 2))
def test_multiplexed_circuit_is_the_operator(intervals, controls):
    pieces, _ = pieces_of(intervals)
    encoding = multiplexed(pieces, intervals[-1][1].bit_length() - 1)
    assert_circuit_is_the_operator(encoding, controls)


def test_uneven_dyadic_pieces_are_selected_by_the_circuit():
    # [1, 7) is 1, 2-3, 4-5, 6: four dyadic intervals.
    assert dyadic_intervals(1, 7) == [(1, 0), (1, 1), (2, 1), (6, 0)]
    pieces, A = pieces_of([(0, 1), (1, 7), (7, 8)])
    encoding = multiplexed(pieces, 3)
    assert_circuit_is_the_operator(encoding, 1)
    assert_allclose(encoding.block(), block_diagonal([(0, 1), (1, 7), (7, 8)], A), atol=1e-12)


def test_pieces_may_be_given_in_any_order():
    pieces, A = pieces_of([(0, 3), (3, 4)])
    encoding = multiplexed(pieces[::-1], 2)
    assert_allclose(encoding.block(), block_diagonal([(0, 3), (3, 4)], A), atol=1e-12)
    assert_circuit_is_the_operator(encoding)


def test_pieces_may_need_work_qubits_themselves():
    inner = [multiplexed(pieces_of([(0, 1), (1, 2)], seed)[0], 1) for seed in (0, 0)]
    encoding = multiplexed([Piece(0, 1, inner[0]), Piece(1, 2, inner[1].adjoint)], 1)
    assert encoding.num_work == 2
    wanted = block_diag(inner[0].block(), inner[1].block().conj().T)
    assert_allclose(encoding.block(), wanted, atol=1e-12)
    assert_circuit_is_the_operator(encoding, 1)


def test_the_largest_error_of_a_piece_is_the_error():
    from dataclasses import replace

    pieces, _ = pieces_of([(0, 1), (1, 2)])
    worse = replace(pieces[1], encoding=replace(pieces[1].encoding, epsilon=0.2))
    assert multiplexed([pieces[0], worse], 1).epsilon == 0.2


@pytest.mark.parametrize(
    "intervals", [[(0, 1), (2, 4)], [(0, 3), (2, 4)], [(1, 4)], [(0, 2)], [(0, 5)]]
)
def test_gaps_overlaps_and_wrong_ends_are_refused(intervals):
    pieces = [Piece(*i, scalar_dilation(1.0, 1.0, 1)) for i in intervals]
    with pytest.raises(ValueError, match="`pieces` must cover 0 to 4 without overlap"):
        multiplexed(pieces, 2)


def test_pieces_of_different_alpha_are_refused():
    pieces = [Piece(0, 1, scalar_dilation(1.0, 1.0, 1)), Piece(1, 2, scalar_dilation(1.0, 2.0, 1))]
    with pytest.raises(ValueError, match="share alpha, system and ancilla qubits"):
        multiplexed(pieces, 1)
