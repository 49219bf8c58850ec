"""The figure page of an analysis draws every ending without a warning."""

from __future__ import annotations

import io

import pytest
from analysis.landscapes import POOR, PRICED, landscape

import qgd
from qgd.analysis.case import Missing
from qgd.report.analysis_figure import analysis_figure


@pytest.mark.parametrize(
    "found",
    [
        landscape([1.0, 2.0]),
        landscape([1.0], costs=PRICED),
        landscape([1.0, -1.0, 30.0], truncation=POOR),
        landscape([1.0, -3.0], truncation=Missing("`model` has $1 kinks")),
    ],
    ids=["endless", "one mode", "overshoot", "missing"],
)
def test_page_is_drawn(found: qgd.Analysis) -> None:
    figure = analysis_figure(found)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    assert stream.getvalue()[:4] == b"\x89PNG"
    assert len(figure.axes) == 4


def test_window_and_needed_order_are_labelled() -> None:
    axes = analysis_figure(landscape([1.0, 1.0, 1.0, -0.5])).axes
    labels = [[text.get_text() for text in a.get_legend().get_texts()] for a in axes[:3]]
    assert "divergent modes, 25.0%" in labels[0]
    assert any(label.startswith("window, to step ") for label in labels[1])
    assert "needed order 2" in labels[2]


def test_costs_stand_below_the_verdict() -> None:
    for costs, word in ((PRICED, "calls"), (Missing("dense"), "not counted; dense")):
        axes = analysis_figure(landscape([1.0, 2.0], costs=costs)).axes[3]
        assert any(word in text.get_text() for text in axes.texts)
