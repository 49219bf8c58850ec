"""An analysis as plain JSON data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qgd.analysis.analyze import Analysis
from qgd.analysis.case import Missing
from qgd.analysis.verdict import criteria, slowdown, verdict
from qgd.report.record import plain
from qgd.spectra.modes import ModeShare

SCHEMA = 2


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
        "resources": _resources(found),
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


def _resources(found: Analysis) -> dict[str, Any]:
    if isinstance(found.costs, Missing):
        return {"missing": found.costs.reason}
    costs = found.costs.quantum
    resources = costs.resources
    assert costs.kappa is not None  # a linear system
    return {
        "solver": resources["inversion"].detail,
        "order": costs.order,
        "qubits": resources.qubits,
        "alpha": costs.alpha,
        "kappa": {"value": costs.kappa.value, "kind": costs.kappa.kind.value},
        "success": {"value": costs.success_probability, "kind": costs.success_kind.value},
        "calls": resources.block_encoding_calls,
        "preliminary_calls": resources.preliminary_calls,
        "total_calls": resources.total_calls,
        "shots": resources.shots,
        "gates": asdict(resources.gates),
        "t_count": costs.t_count,
        "total_t_count": costs.total_t_count,
        "synthesis_error": costs.synthesis_error,
        "descent_products": found.costs.products,
        "slowdown": slowdown(found),
        "budget": [
            {"stage": b.stage, "value": b.value, "kind": b.kind.value, "source": b.reference}
            for b in costs.budget
        ],
    }
