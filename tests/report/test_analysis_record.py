"""The JSON of an analysis is finite, and whole."""

from __future__ import annotations

import json

from analysis.landscapes import PRICED, landscape

from qgd.analysis.case import Missing
from qgd.report.analysis_record import analysis_record
from qgd.report.record import to_json


def test_an_endless_window_is_null_and_the_rest_survives_json() -> None:
    found = landscape([1.0, 2.0, 2.0, 4.0])
    record = json.loads(to_json(analysis_record(found)))
    assert record["proxy"]["window_end"] is None
    assert record["spectrum"]["extremes"] == [1.0, 4.0]
    assert record["truncation"]["needed_order"] == 2
    assert record["state_qubits"] == {"order": 2, "words": 4, "levels": 1, "times": 4, "total": 9}
    assert all(c["holds"] for c in record["criteria"])


def test_what_is_missing_gives_its_reason() -> None:
    record = analysis_record(landscape([1.0], truncation=Missing("too large")))
    assert record["truncation"] == {"missing": "too large"}
    assert record["verdict"] == "undecided"


def test_costs_are_recorded_with_their_kinds() -> None:
    record = json.loads(to_json(analysis_record(landscape([1.0, 2.0], costs=PRICED))))
    found = record["resources"]
    assert found["total_calls"] == PRICED.quantum.resources.total_calls
    assert found["t_count"] == PRICED.quantum.t_count
    assert found["descent_products"] == 3
    assert found["kappa"]["kind"] == "PROVED"
    assert found["budget"][0]["stage"] == "truncation"
    missing = analysis_record(landscape([1.0], costs=Missing("dense")))
    assert missing["resources"] == {"missing": "dense"}
