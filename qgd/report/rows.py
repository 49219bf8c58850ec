"""Rows of a sweep as a plain-text table."""

from __future__ import annotations

from collections.abc import Sequence

from qgd.pipeline.sweep_file import Row, Scalar


def rows_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The named columns of some rows, numbers to the right; what a row lacks is left empty.

    Examples
    --------
    >>> print(rows_table([{"n": 4, "error": 0.00123}, {"n": 16}], ["n", "error"]))
     n     error
     4  1.23e-03
    16
    """
    cells = [list(columns), *([_cell(row.get(name)) for name in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.rjust, line, widths)).rstrip() for line in cells)
    return "\n".join(lines)


def _cell(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}" if value == round(value, 3) else f"{value:.2e}"
    return str(value)
