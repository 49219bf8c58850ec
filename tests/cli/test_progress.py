"""What a long run says on the terminal."""

from __future__ import annotations

import re

import numpy as np
import pytest

import qgd
from qgd.cli import progress
from qgd.cli.progress import countdown


def test_countdown_says_at_the_end_how_many_steps_were_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    d = np.linspace(0, 1, 30)
    with countdown("Lanczos") as bar:
        qgd.lanczos(lambda v: d * v, size=30, num_steps=5, num_probes=2, progress=bar)
    lines = capsys.readouterr().err.strip().splitlines()
    assert re.fullmatch(r"\[ *[\d.]+ s\] Lanczos 10/10, 0 s left", lines[-1])


def test_countdown_on_a_terminal_draws_a_bar_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with countdown("Lanczos") as bar:
        bar(3, 10)
    assert "3/10" in capsys.readouterr().err


def test_steps_are_told_with_the_time_left_but_not_each_of_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 4))
    monkeypatch.setattr(progress.time, "perf_counter", lambda: float(next(clock)))
    with progress.stages() as tell:
        tell("train")
        for done in range(5, 10):  # resumed: five are done already
            tell.progress("step", done, 20)
        tell.progress("product", 1, 3)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("] ")[1] for line in lines] == ["train", "step 8/20, 48 s left"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (100, "2 min"), (9000, "2.5 hours"), (1e6, "11.6 days")]
)
def test_durations_are_in_a_unit_that_can_be_read(seconds: float, text: str) -> None:
    assert progress.duration(seconds) == text
