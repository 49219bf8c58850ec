"""Colours of the entries of sparse matrices, and permutations that contain given moves."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import at_least, seeds

import qgd
from qgd.encoding.colouring import _put, _slot, _vacate, colour_entries, completed


def colours_by_dictionaries(rows, columns, values):
    """The definition, entry by entry: first common free colour, else an alternating path."""
    ends = rows.tolist(), columns.tolist()
    at = [{place: {} for place in side} for side in ends]
    colour = np.zeros(len(rows), dtype=np.int64)
    limit = max((max(Counter(side).values()) for side in ends if side), default=0)

    def first_free(*taken):
        return next(k for k in count() if not any(k in one for one in taken))

    for edge in np.argsort(-np.abs(values), kind="stable").tolist():
        here = [at[side][ends[side][edge]] for side in (0, 1)]
        chosen = first_free(*here)
        if chosen >= limit:
            chosen, other = map(first_free, here)
            path, side, vertex, wanted = [], 1, ends[1][edge], chosen
            while wanted in at[side][vertex]:
                path.append(at[side][vertex][wanted])
                side = 1 - side
                vertex = ends[side][path[-1]]
                wanted = chosen + other - wanted
            for step in path:
                for side in (0, 1):
                    del at[side][ends[side][step]][colour[step]]
            for step in path:
                colour[step] = chosen + other - colour[step]
                for side in (0, 1):
                    at[side][ends[side][step]][colour[step]] = step
        colour[edge] = chosen
        here[0][chosen] = here[1][chosen] = edge
    return colour


def regular(rng):
    """As many entries in each row and column, so that most of the last need a path."""
    size, degree = int(rng.integers(1, 60)), int(rng.integers(1, 9))
    columns = np.concatenate([rng.permutation(size) for _ in range(degree)])
    return np.tile(np.arange(size), degree), columns


def scattered(rng):
    """Places drawn alike, the same one perhaps twice."""
    size = int(rng.integers(1, 30))
    rows, columns = rng.integers(0, size, (2, int(rng.integers(0, 6 * size))))
    return rows, columns


def lopsided(rng):
    """A few full rows and columns among many that hold little."""
    size, few = int(rng.integers(30, 120)), int(rng.integers(1, 4))
    full = rng.permutation(size)
    sparse = rng.integers(0, size, (2, 2 * size))
    rows = np.concatenate([np.repeat(np.arange(few), size), *[full] * few, sparse[0]])
    columns = np.concatenate([*[full] * few, np.repeat(np.arange(few), size), sparse[1]])
    return rows, columns


def one_sided(rng, size=None):
    """Rows that need every colour, columns that hold a quarter: paths end in small hash tables."""
    size, degree = size or int(rng.integers(4, 30)), 16
    columns = [rng.choice(max(4 * size, degree), degree, replace=False) for _ in range(size)]
    alone = 32 * size  # places with one entry, so that tables of all colours would be too many
    rows = [np.repeat(np.arange(size), degree), size + np.arange(alone)]
    return np.concatenate(rows), np.concatenate([*columns, -1 - np.arange(alone)])


@st.composite
def entries(draw, distinct=False):
    """Rows, columns and values of different shapes of matrices, unsorted; values often tie."""
    rng = np.random.default_rng(draw(seeds()))
    rows, columns = draw(st.sampled_from([regular, scattered, lopsided, one_sided]))(rng)
    if distinct:
        rows, columns = np.unique([rows, columns], axis=1)
    values = rng.normal(size=len(rows))
    if draw(st.booleans()):
        values = np.rint(2 * values) + 0.5
    order = rng.permutation(len(rows))
    return rows[order], columns[order], values


@at_least(100)
@given(entries())
def test_equal_colours_share_no_row_and_column_and_there_are_as_few_as_possible(drawn):
    rows, columns, values = drawn
    colours = colour_entries(rows, columns, values)
    for place in (rows, columns):
        assert len(set(zip(colours, place, strict=True))) == len(colours)
    fullest = max([0, *Counter(rows).values(), *Counter(columns).values()])
    assert set(colours) == set(range(fullest))


@at_least(100)
@given(entries(distinct=True))
def test_colours_are_those_of_the_definition(drawn):
    assert np.array_equal(colour_entries(*drawn), colours_by_dictionaries(*drawn))


def test_colours_are_those_of_the_definition_after_many_paths_through_hash_tables():
    rng = np.random.default_rng(5)
    rows, columns = one_sided(rng, size=500)
    values = rng.normal(size=len(rows))
    expected = colours_by_dictionaries(rows, columns, values)
    assert np.array_equal(colour_entries(rows, columns, values), expected)


@at_least(60)
@given(seeds())
def test_hash_table_of_a_vertex_loses_only_what_is_taken_out(seed):
    rng = np.random.default_rng(seed)
    held, hashes = np.full(24, -1, np.int32), (np.zeros(24, np.int32), np.array([0, 8, 16, 24]))
    listed = {}
    for _ in range(40):
        colour = int(rng.integers(32))
        if len(listed) == 4:
            colour = int(rng.choice(list(listed)))
            del listed[colour]
            _vacate(held, hashes, 1, _slot(held, hashes, 99, 1, colour))
        elif colour not in listed:
            listed[colour] = int(rng.integers(100))
            _put(held, hashes, _slot(held, hashes, 99, 1, colour), colour, listed[colour])
        found = [int(held[_slot(held, hashes, 99, 1, k)]) for k in range(32)]
        assert found == [listed.get(k, -1) for k in range(32)]
    assert (held[:8] == -1).all()
    assert (held[16:] == -1).all()


@given(entries())
def test_colours_depend_on_the_order_of_the_places_and_not_on_their_size(drawn):
    rows, columns, values = drawn
    far = colour_entries(2**36 - 7919 * rows, 7919 * columns + 2**61, values)
    assert np.array_equal(far, colour_entries(rows, columns, values))


def test_colours_of_a_chain_are_its_diagonals_in_cost():
    chain = qgd.Stencil(16, [(-2.0, [0]), (0.5, [1]), (0.75, [-1])])
    A = chain.matrix(1).tocoo()
    colours = colour_entries(A.row, A.col, A.data)
    largest = [np.abs(A.data[colours == c]).max() for c in range(3)]
    assert sum(largest) == 3.25


def test_memory_is_that_of_the_entries_where_one_row_and_one_column_are_full():
    n = 3000
    places, start = np.arange(n), np.zeros(n, dtype=np.int64)
    rows, columns = np.concatenate([places, start]), np.concatenate([start, places])
    colour_entries(rows[:2], columns[:2], columns[:2])
    tracemalloc.start()
    colour_entries(rows, columns, np.ones(2 * n))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250 * len(rows)


def test_no_entries_have_no_colours():
    nothing = np.zeros(0, dtype=np.int64)
    assert colour_entries(nothing, nothing, nothing).tolist() == []


def test_entries_that_do_not_pair_up_or_are_too_many_are_refused():
    few, many = np.arange(3), np.broadcast_to(np.int64(0), 2**30)
    for arrays in ((few[:2], few, few), (few, few[:2], few), (few, few, few[:2])):
        with pytest.raises(ValueError, match="`rows`, `columns`, `values` must be vectors of one"):
            colour_entries(*arrays)
    with pytest.raises(ValueError, match=r"must be fewer than 2\*\*30 entries, got 1073741824"):
        colour_entries(many, many, many)


@given(seeds())
def test_completion_is_a_permutation_with_the_given_moves_and_few_others(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(0, 9))
    columns, rows = rng.permutation(8)[:size], rng.permutation(8)[:size]
    sources, targets = completed(columns, rows)
    assert (np.diff(sources) > 0).all()
    assert (sources != targets).all()
    full = np.arange(8)
    full[sources] = targets
    assert sorted(full) == list(range(8))
    assert np.array_equal(full[columns], rows)
    assert set(sources) <= {*columns, *rows}


def test_completion_closes_each_chain_on_its_own_start():
    sources, targets = completed(np.array([5, 2**40, 3, 1, 6]), np.array([2**40, 7, 9, 1, 5]))
    assert sources.tolist() == [3, 5, 6, 7, 9, 2**40]
    assert targets.tolist() == [9, 2**40, 5, 6, 3, 7]


@pytest.mark.parametrize(("columns", "rows"), [([1, 1], [2, 3]), ([2, 3], [1, 1])])
def test_moves_that_no_permutation_can_contain_are_refused(columns, rows):
    with pytest.raises(ValueError, match="twice"):
        completed(np.array(columns), np.array(rows))


def test_moves_that_do_not_pair_up_are_refused():
    with pytest.raises(ValueError, match="`columns`, `rows` must be vectors of one length"):
        completed(np.arange(3), np.arange(5))
