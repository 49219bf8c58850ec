"""Lines of an error budget: no number may carry a stronger name than it deserves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import bounds

from qgd.core.bound import Assumption, Bound, Kind

VIOLATED = Assumption("eta L <= 2", False, 2.5)
HELD = Assumption("r < 1", True, 0.25)


def test_proved_bound_with_a_violated_assumption_is_rejected_and_names_it():
    with pytest.raises(ValueError, match=r"eta L <= 2 \(found 2.5\): VIOLATED.*truncation"):
        Bound("truncation", 0.1, Kind.PROVED, "s", "t", assumptions=(HELD, VIOLATED))


def test_violated_assumption_is_accepted_under_the_label_that_the_message_suggests():
    with pytest.raises(ValueError, match="label it ESTIMATED"):
        Bound("truncation", 0.1, Kind.PROVED, "s", "t", assumptions=(VIOLATED,))
    line = Bound("truncation", 0.1, Kind.ESTIMATED, "s", "t", assumptions=(VIOLATED,))
    assert line.assumptions == (VIOLATED,)


def test_proved_bound_without_a_theorem_is_rejected():
    with pytest.raises(ValueError, match="names its theorem, got none for encoding"):
        Bound("encoding", 0.0, Kind.PROVED, "dilation")


@pytest.mark.parametrize("kind", [Kind.MEASURED, Kind.ESTIMATED])
def test_unproved_bound_needs_no_theorem(kind):
    assert Bound("readout", 0.1, kind, "shot noise").theorem == ""


@pytest.mark.parametrize("value", [-1e-300, -1.0, -math.inf, math.nan])
def test_negative_and_undefined_errors_are_rejected(value):
    with pytest.raises(ValueError, match=f"`value` of the readout bound .* got {value}"):
        Bound("readout", value, Kind.ESTIMATED, "s")


def test_infinite_error_is_accepted_because_it_claims_nothing():
    assert Bound("truncation", math.inf, Kind.PROVED, "s", "t").value == math.inf


def test_kinds_are_ranked_from_proved_to_estimated():
    assert sorted(Kind, key=lambda k: k.weakness) == [Kind.PROVED, Kind.MEASURED, Kind.ESTIMATED]


@given(bounds(), st.floats(0, 1e6))
def test_scaling_multiplies_the_value_and_changes_nothing_else(line, factor):
    scaled = line.scaled(factor)
    assert scaled.value == line.value * factor
    assert scaled.scaled(0.0).value == 0
    assert (scaled.stage, scaled.kind, scaled.reference) == (line.stage, line.kind, line.reference)


@pytest.mark.parametrize(("value", "factor"), [(0.0, math.inf), (math.inf, 0.0)])
def test_zero_times_infinity_is_no_error(value, factor):
    assert Bound("inversion", value, Kind.MEASURED, "s").scaled(factor).value == 0


def test_reference_is_the_source_with_the_theorem_when_there_is_one():
    proved = Bound("truncation", 1.0, Kind.PROVED, "majorant", "02.md#Theorem 2.1")
    assert proved.reference == "majorant (proofs/02, Theorem 2.1)"
    assert Bound("readout", 1.0, Kind.ESTIMATED, "shot noise").reference == "shot noise"


def test_assumption_prints_its_statement_value_and_verdict():
    assert str(HELD) == "r < 1 (found 0.25): holds"
    assert str(Assumption("F_0 = 0", False)) == "F_0 = 0: VIOLATED"
