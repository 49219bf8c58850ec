"""What a long run says on the terminal."""

from __future__ import annotations

import re

import numpy as np
import pytest

import qgd
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
