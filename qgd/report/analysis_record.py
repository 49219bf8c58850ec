"""An analysis as plain JSON data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qgd.analysis.analyze import Analysis
from qgd.analysis.case import Missing
from qgd.analysis.verdict import criteria, verdict
from qgd.report.record import plain
from qgd.spectra.modes import ModeShare

SCHEMA = 1


def analysis_record(found: Analysis) -> dict[str, Any]:
    """Every number of the report; NaN and infinity become null, so an endless window ends there."""
    judged = criteria(found)
    low, high = found.window
    names = ("dissipative", "flat", "divergent", "overshooting")
    record = {
        "schema": SCHEMA,
        "name": found.name,
        "verdict": verdict(judged),
        "criteria": [asdict(c) for c in judged],
        "settings": asdict(found.settings),
        "learning_rate": found.learning_rate,
        "loss": found.loss,
        "weights": {"all": found.num_weights, "kept": found.num_kept},
        "row_sparsity": asdict(found.sparsity),
        "spectrum": {
            "exact": found.spectrum.exact,
            "extremes": found.spectrum.extremes,
            "slack": found.spectrum.slack,
            "products": found.spectrum.num_products,
            "cut": found.shares.cut,
            "shares": {name: _share(getattr(found.shares, name)) for name in names},
        },
        "proxy": {
            "at_last_step": float(found.proxy([found.settings.num_steps])[0]),
            "window_end": found.proxy.window()[1],
            "window_end_interval": [low, high],
        },
        "truncation": _truncation(found),
        "nonlinearity": _nonlinearity(found),
        "state_qubits": {**asdict(found.state), "total": found.state.total},
        "not_counted": ["ancillas", "condition number", "calls", "gates", "shots"],
    }
    cleaned: dict[str, Any] = plain(record)
    return cleaned


def _share(share: ModeShare) -> dict[str, Any]:
    return {
        "fraction": asdict(share.fraction),
        "bracket": share.bracket,
        "trace": asdict(share.trace),
    }


def _truncation(found: Analysis) -> dict[str, Any]:
    result = found.truncation
    if isinstance(result, Missing):
        return {"missing": result.reason}
    return {**asdict(result), "needed_order": result.needed}


def _nonlinearity(found: Analysis) -> dict[str, Any]:
    numbers = found.nonlinearity
    if isinstance(numbers, Missing):
        return {"missing": numbers.reason}
    return {
        "R": numbers.R.value,
        "kantorovich": numbers.kantorovich.value,
        "kind": numbers.R.kind.value,
        "source": numbers.R.source,
        "least_eigenvalue": numbers.least_eigenvalue,
    }
