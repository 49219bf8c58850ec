"""Bad input ends in one line and code 2, Ctrl-C in 130, and a bug in its traceback."""

from __future__ import annotations

import sys
import warnings

import pytest
import typer

import qgd
from qgd.cli.endings import plain_endings, require_torch


def ending(error, *arguments):
    with pytest.raises(typer.Exit) as caught, plain_endings(*arguments):
        raise error
    return caught.value.exit_code


@pytest.mark.parametrize(
    "error",
    [
        ValueError("`keep` is wrong"),
        TypeError("`keep` is wrong"),
        FileNotFoundError("`keep` is wrong"),
        ImportError("`keep` is wrong"),
        qgd.QGDError(qgd.Outcome.DIVERGED, "`keep` is wrong"),
    ],
)
def test_bad_input_is_one_line_and_code_two(error, capsys):
    assert ending(error) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("qgd: error: ")
    assert "`keep` is wrong" in err


def test_notes_of_an_error_are_said(capsys):
    error = ValueError("a point failed")
    error.add_note("it was n = 3")
    assert ending(error) == 2
    assert capsys.readouterr().err == "qgd: error: a point failed; it was n = 3\n"


def test_errors_of_one_command_are_added_to_the_usual_ones(capsys):
    assert ending(KeyError("rounds"), None, KeyError) == 2
    assert "rounds" in capsys.readouterr().err


@pytest.mark.parametrize("bug", [KeyError("x"), ModuleNotFoundError("x"), ZeroDivisionError("x")])
def test_a_bug_keeps_its_traceback(bug):
    with pytest.raises(type(bug)), plain_endings("nothing is lost"):
        raise bug


def test_an_interrupt_says_what_is_left(capsys):
    assert ending(KeyboardInterrupt(), "every file is complete") == 130
    assert capsys.readouterr().err == "qgd: interrupted; every file is complete\n"


def test_a_missing_torch_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"`qgd analyze` needs torch.*pip install 'qgd\[torch\]'"):
        require_torch("qgd analyze")


def test_a_warning_is_one_line_without_the_place_in_our_code(capsys):
    with plain_endings():
        warnings.simplefilter("always")
        warnings.warn("the rate is large", qgd.OvershootWarning, stacklevel=1)
    assert capsys.readouterr().err == "qgd: warning: the rate is large\n"
