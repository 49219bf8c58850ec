"""Rows of a sweep as text."""

from __future__ import annotations

import math

from qgd.report.rows import rows_table


def test_columns_are_aligned_and_gaps_left_empty():
    rows = [{"n": 4, "e": 1.5e-7, "w": "SUCCESS"}, {"n": 100, "e": math.inf}, {"e": 0.25, "n": 2}]
    assert rows_table(rows, ["n", "e", "w"]).splitlines() == [
        "  n         e        w",
        "  4  1.50e-07  SUCCESS",
        "100       inf",
        "  2      0.25",
    ]


def test_table_without_rows_is_its_header():
    assert rows_table([], ["n", "error"]) == "n  error"
