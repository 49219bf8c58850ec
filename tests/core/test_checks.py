"""Messages about arguments: name, requirement, what was got, remedy; and the remedy works."""

from __future__ import annotations

import builtins
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qgd.core import checks
from qgd.core.outcome import Outcome, QGDError


def message(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("value", [3, np.int64(3), np.int32(3)])
def test_integers_of_python_and_numpy_are_returned_as_int(value):
    assert type(checks.check_integer("order", value, 3)) is int


@pytest.mark.parametrize("value", [True, 2.0, "2", None, np.float64(2), np.bool_(True)])
def test_what_is_no_integer_is_a_type_error_that_names_argument_value_and_remedy(value):
    text = message(TypeError, lambda: checks.check_integer("order", value, 1, "use 2"))
    assert text.startswith("`order` must be an integer, got ")
    assert repr(value) in text
    assert text.endswith("; use 2")


@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_integer_below_its_minimum_is_a_value_error_and_the_minimum_itself_passes(value, minimum):
    if value >= minimum:
        assert checks.check_integer("order", value, minimum) == value
        return
    text = message(ValueError, lambda: checks.check_integer("order", value, minimum, "raise it"))
    assert text == f"`order` must be at least {minimum}, got {value}; raise it"
    assert checks.check_integer("order", minimum, minimum) == minimum


@pytest.mark.parametrize("value", ["1", None, True, 1j, np.array([1.0])])
def test_what_is_no_real_number_is_a_type_error_that_names_argument_value_and_remedy(value):
    text = message(TypeError, lambda: checks.check_real("rate", value, remedy="use 0.1"))
    assert text.startswith("`rate` must be a real number, got ")
    assert repr(value) in text
    assert text.endswith("; use 0.1")


@pytest.mark.parametrize(
    ("limits", "value", "wanted"),
    [
        ({}, math.nan, "finite, got nan"),
        ({}, math.inf, "finite, got inf"),
        ({"above": 0}, 0.0, "greater than 0, got 0"),
        ({"at_least": 1}, 0.5, "at least 1, got 0.5"),
        ({"at_most": 2}, 2.5, "at most 2, got 2.5"),
        ({"below": 2}, 2, "less than 2, got 2"),
    ],
)
def test_number_outside_its_interval_is_a_value_error_that_says_which_end(limits, value, wanted):
    text = message(ValueError, lambda: checks.check_real("rate", value, remedy="act", **limits))
    assert text == f"`rate` must be {wanted}; act"


@pytest.mark.parametrize("value", [1, 1.5, np.float32(1.5), np.int64(2)])
def test_numbers_of_python_and_numpy_are_returned_as_float(value):
    number = checks.check_real("rate", value, at_least=1, at_most=2)
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [(0, 0), (1, 2)])
def test_entry_that_is_not_finite_is_named_with_its_value_and_index(value, place):
    array = np.zeros((2, 3))
    array[place] = value
    array[0, 1] = math.nan if place == (1, 2) else 0.0
    first = (0, 1) if place == (1, 2) else place
    text = message(ValueError, lambda: checks.check_array("features", array, (None, 3)))
    assert text.startswith(f"`features` must be finite, got {array[first]} at index {first}")
    assert f"({np.sum(~np.isfinite(array))} non-finite in all)" in text
    array[~np.isfinite(array)] = 0
    assert checks.check_array("features", array, (None, 3)).shape == (2, 3)


@pytest.mark.parametrize("value", [["a"], [[1.0], [1.0, 2.0]], [1j], np.array([1 + 0j]), ["1.5"]])
def test_what_is_no_array_of_real_numbers_is_a_type_error(value):
    text = message(TypeError, lambda: checks.check_array("targets", value, (1,), "use floats"))
    assert text.startswith("`targets` must be real numbers, got ")
    assert text.endswith("; use floats")


@pytest.mark.parametrize(
    ("shape", "got", "wanted"),
    [
        ((2,), (3,), "(2)"),
        ((None, 2), (2, 3), "(at least 1, 2)"),
        ((None,), (0,), "(at least 1)"),
        ((1,), (1, 1), "(1)"),
        ((1,), (), "(1)"),
    ],
)
def test_wrong_shape_is_a_value_error_that_names_both_shapes(shape, got, wanted):
    text = message(ValueError, lambda: checks.check_array("x", np.zeros(got), shape, "reshape"))
    assert text == f"`x` must have shape {wanted}, got {got}; reshape"


def test_arrays_are_returned_as_floats():
    assert checks.check_array("labels", [[0, 1]], (None, 2)).dtype == np.float64
    assert checks.check_array("labels", [True], (1,))[0] == 1.0


def test_indices_inside_the_range_are_returned_as_int64():
    np.testing.assert_array_equal(checks.check_indices("rows", [[0], [4]], 5), [[0], [4]])
    assert checks.check_indices("rows", np.array([1], dtype=np.uint8), 2).dtype == np.int64
    assert checks.check_indices("rows", [], 2).dtype == np.int64


@pytest.mark.parametrize("index", [-1, 5])
def test_index_outside_its_range_is_a_value_error_that_names_it(index):
    text = message(ValueError, lambda: checks.check_indices("rows", [0, index], 5, "correct it"))
    assert text == f"`rows` must be from 0 to 4, got {index}; correct it"


@pytest.mark.parametrize("value", [[0.5], [True, False], ["a"]])
def test_what_is_no_index_is_a_type_error(value):
    text = message(TypeError, lambda: checks.check_indices("rows", value, 5, "use integers"))
    assert re.match(r"`rows` must be integers, got \S+; use integers$", text)


def test_word_outside_the_choices_is_refused_and_the_choices_are_listed():
    assert checks.check_choice("level", "gate", ("gate", "block")) == "gate"
    text = message(ValueError, lambda: checks.check_choice("level", "qubit", ("gate", "block")))
    assert text == "`level` must be one of gate, block, got 'qubit'"


@given(st.floats(1.0, 1e12), st.floats(0.01, 0.999))
def test_kappa_that_the_message_suggests_is_accepted_and_not_much_larger(required, fraction):
    text = message(ValueError, lambda: checks.check_kappa(fraction * required, required))
    suggested = float(re.search(r"raise kappa to (\S+)", text)[1])
    checks.check_kappa(suggested, required)
    assert suggested <= 1.002 * required


def test_kappa_equal_to_the_requirement_is_accepted():
    checks.check_kappa(41.3, 41.3)


def test_refused_kappa_names_the_requirement_and_what_was_got():
    text = message(ValueError, lambda: checks.check_kappa(40.0, 41.26))
    assert "`kappa` must be at least alpha / sigma_min = 41.26, got 40" in text


def test_memory_beyond_four_fifths_of_what_is_free_is_refused_and_both_sizes_are_named(monkeypatch):
    monkeypatch.setattr(checks, "available_memory", lambda: 10 * 2.0**30)
    checks.check_memory(8 * 2.0**30, "a matrix", "lower the order")
    with pytest.raises(QGDError) as caught:
        checks.check_memory(8.5 * 2.0**30, "a matrix", "lower the order")
    assert caught.value.outcome is Outcome.TOO_LARGE
    assert "a matrix needs 8.5 GiB" in str(caught.value)
    assert "10 GiB that are free; lower the order" in str(caught.value)


def test_memory_that_no_machine_has_is_refused_on_this_one():
    with pytest.raises(QGDError, match="a statevector needs"):
        checks.check_memory(1e30, "a statevector", "use a smaller system")


@pytest.mark.parametrize("missing", [(), ("file",), ("file", "sysconf")])
def test_free_memory_is_known_wherever_the_system_does_not_tell(monkeypatch, missing):
    def refuse(*_args, **_kwargs):
        raise OSError

    if "file" in missing:
        monkeypatch.setattr(builtins, "open", refuse)
    if "sysconf" in missing:
        monkeypatch.setattr(checks.os, "sysconf", refuse)
    assert 2.0**24 < checks.available_memory() < 2.0**50


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1.5 * 2**30, "1.5 GiB"),
        (2.0**50, "1 PiB"),
        (2e4 * 2.0**50, "2.0e+04 PiB"),
    ],
)
def test_bytes_are_printed_with_the_largest_unit_that_fits(count, text):
    assert checks.format_bytes(count) == text


def test_increasing_array_is_returned_and_the_first_late_entry_named():
    np.testing.assert_array_equal(checks.check_increasing("times", [0, 0.5, 2]), [0.0, 0.5, 2.0])
    with pytest.raises(ValueError, match=r"`times` must be .* got 1 after 3 at index 2; sort"):
        checks.check_increasing("times", [0.0, 3.0, 1.0, 1.0])
    with pytest.raises(ValueError, match=r"`times` must have shape \(at least 1\)"):
        checks.check_increasing("times", [])
