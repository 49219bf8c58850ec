"""Honest failures: an enumeration for programs, a message for people."""

from __future__ import annotations

import pickle

import pytest

from qgd.core.outcome import Outcome, QGDError


@pytest.mark.parametrize("outcome", list(Outcome))
def test_outcome_reads_as_its_message(outcome):
    assert str(outcome) == outcome.value


def test_messages_of_the_outcomes_are_distinct():
    assert len({outcome.value for outcome in Outcome}) == len(Outcome.__members__)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_error_carries_its_outcome_and_says_it_before_the_details(outcome):
    error = QGDError(outcome, "lower the learning rate")
    assert error.outcome is outcome
    assert str(error) == f"{outcome.value}: lower the learning rate"
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_error_survives_the_way_between_processes(outcome):
    error = QGDError(outcome, "lower the learning rate")
    error.add_note("at step 3")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.outcome, str(copy)) == (outcome, str(error))
    assert copy.__notes__ == ["at step 3"]
