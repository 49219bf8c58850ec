"""The page of `qgd analyze`: what is not known is said to be so."""

from __future__ import annotations

import numpy as np
from analysis.landscapes import POOR, PRICED, landscape

import qgd
from qgd.analysis.case import Missing, RowSparsity
from qgd.report.analysis_text import analysis_report


def test_endings_are_said_with_their_reasons() -> None:
    text = analysis_report(landscape([1.0, 2.0]))
    assert "verdict: candidate\n" in text
    assert "quantum window endless" in text
    assert "history state at order 2: 7 qubits (2 = N ceil(log2 n)" in text
    text = analysis_report(landscape([1.0, -1.0, 1.0], truncation=POOR))
    assert "verdict: not a candidate because of: window, Carleman order" in text
    assert "at order 2, the greatest that was tried" in text
    text = analysis_report(landscape([1.0], truncation=Missing("too large")))
    assert "Carleman order: none; too large" in text
    assert "verdict: undecided because of: Carleman order\n" in text
    text = analysis_report(landscape([1.0, -1.0, 1.0], truncation=Missing("too large")))
    assert "verdict: not a candidate because of: window\n" in text


def test_shares_and_lower_ends_are_printed_as_such() -> None:
    found = landscape([-1.0, 1e-9, 2.0, 30.0], sparsity=RowSparsity(2, False, "made up"))
    rows = {line.split()[0]: line for line in analysis_report(found).splitlines() if line}
    for name in ("dissipative", "flat", "divergent", "overshooting"):
        assert rows[name].split()[1] == "25.0%"
    assert rows["row"] == "row sparsity s >= 2: made up"
    assert "MEASURED" in rows["flat:"]


def test_an_exact_spectrum_has_intervals_of_length_zero() -> None:
    found = landscape([1.0, 1.0, 1.0, -0.1])
    share = found.shares.dissipative
    assert share.bracket == (0.75, 0.75)
    assert np.isclose(found.window[0], qgd.ErrorProxy(found.spectrum, 0.1).window()[1])


def test_costs_are_printed_or_why_there_are_none() -> None:
    text = analysis_report(landscape([1.0, 2.0], costs=Missing("no polynomial")))
    assert "calls, gates and shots: not counted; no polynomial\n" in text
    found = landscape([1.0, 2.0], costs=PRICED)
    text = analysis_report(found)
    resources, t_count = PRICED.quantum.resources, PRICED.quantum.t_count
    assert f"one run: {resources.block_encoding_calls:.4g} calls, T {t_count:.4g}" in text
    assert "against 3 multiplications for 10 steps of plain descent" in text
    assert f"{resources.total_calls / 3:.2g} times slower if a call took no longer" in text
    assert "verdict: candidate by these conditions; as counted, " in text
    assert f"{resources.shots:.4g} shots" in text
    assert "kappa" in text
    assert "not counted" not in text
