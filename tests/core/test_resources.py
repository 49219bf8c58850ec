"""Costs add; calls are counted once a coherent run and once more a shot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd.core.resources import Cost, Resources

counts = st.integers(0, 10**6)
costs = st.builds(
    Cost, st.sampled_from(["encoding", "inversion", "readout"]), counts, counts, counts, counts
)
resources = st.lists(costs, max_size=4).map(lambda each: Resources(tuple(each)))


@given(resources, resources)
def test_sum_lists_the_stages_of_both_and_adds_the_counts(first, second):
    both = first + second
    assert both.costs == (*first.costs, *second.costs)
    for count in ("qubits", "block_encoding_calls", "shots"):
        assert getattr(both, count) == getattr(first, count) + getattr(second, count)


@given(resources)
def test_counts_are_the_sums_over_the_stages(record):
    for count in ("qubits", "block_encoding_calls", "shots"):
        assert getattr(record, count) == sum(getattr(cost, count) for cost in record.costs)


def test_total_calls_are_the_calls_of_one_run_times_the_shots():
    run = Resources((Cost("inversion", 3, block_encoding_calls=70),))
    assert run.total_calls == 70
    assert (run + Resources((Cost("readout", shots=900),))).total_calls == 63_000


def test_stages_are_found_by_name_and_an_unknown_one_lists_the_known_ones():
    record = Resources((Cost("encoding", 2), Cost("readout", shots=5)))
    assert record["readout"].shots == 5
    with pytest.raises(KeyError, match=r"'truncation'; stages: encoding, readout"):
        record["truncation"]


def test_text_shows_calls_and_shows_shots_only_when_something_is_sampled():
    run = Resources((Cost("inversion", 3, block_encoding_calls=70),))
    assert str(run) == "qubits=3  block_encoding_calls=70"
    sampled = run + Resources((Cost("readout", shots=900),))
    assert str(sampled) == "qubits=3  block_encoding_calls=70  shots=900  total_calls=6.3e+04"
