"""A run as plain JSON data, and files that are either complete or absent."""

from __future__ import annotations

import json
import math
import os
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from qgd.core.bound import Bound
from qgd.core.resources import Resources
from qgd.pipeline.experiment import Experiment
from qgd.pipeline.gate_instance import GateInstance
from qgd.pipeline.train import Round
from qgd.report.citations import citations

SCHEMA = 1
_PACKAGES = ("qgd", "numpy", "scipy", "numba", "qiskit", "qiskit-algorithms")


def experiment_record(
    experiment: Experiment, gate: GateInstance | None, seconds: float
) -> dict[str, Any]:
    """Everything a reader needs to trust, reproduce or plot a run; NaN and infinity become null."""
    training = experiment.training
    names = [experiment.split.names[i] for i in experiment.mask.indices]
    record = {
        "schema": SCHEMA,
        "dataset": {
            "name": experiment.dataset.name,
            "task": experiment.dataset.task,
            "positive": experiment.dataset.positive or None,
            "training_samples": len(experiment.split.train_targets),
            "test_samples": len(experiment.split.test_targets),
            "features": list(experiment.dataset.feature_names),
        },
        "settings": asdict(experiment.settings),
        "outcome": training.outcome.name,
        "kept": {"indices": experiment.mask.indices, "names": names},
        "weights": {
            "start": training.reference[0],
            "gradient_descent": training.reference[-1],
            "quantum": training.weights,
            "quantum_restored": experiment.weights,
        },
        "error": {
            "true": training.true_error,
            "total": _bound(training.budget.total()),
            "stages": [_bound(line) for line in training.budget],
        },
        "score": {
            "metric": experiment.metric,
            "dense": experiment.score(experiment.dense),
            "gradient_descent": experiment.score(experiment.reference_weights),
            "quantum": experiment.score(experiment.weights),
            "differing_predictions": experiment.differing_predictions,
        },
        "rounds": [_round(finished) for finished in training.rounds],
        "paths": {"gradient_descent": training.reference, "quantum_emulated": training.path},
        "gate_level": None
        if gate is None
        else {
            "qubits": gate.circuit.num_qubits,
            "operations": gate.circuit.size(),
            "order": gate.order,
            "num_steps": gate.num_steps,
            "deviation_from_emulation": gate.deviation,
        },
        "seconds": seconds,
        "versions": {name: version(name) for name in _PACKAGES},
        "references": citations(experiment),
    }
    cleaned: dict[str, Any] = plain(record)
    return cleaned


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there completely or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(name, 0o644)  # mkstemp makes private files
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def to_json(record: dict[str, Any]) -> bytes:
    """Indented JSON without NaN or infinity."""
    return (json.dumps(record, indent=2, allow_nan=False) + "\n").encode()


def _round(finished: Round) -> dict[str, Any]:
    solution = finished.solution
    return {
        "start": finished.start,
        "value": solution.value,
        "success_probability": solution.success_probability,
        "details": dict(solution.details),
        "budget": [_bound(line) for line in solution.budget],
        "resources": _resources(solution.resources),
    }


def _bound(bound: Bound) -> dict[str, Any]:
    return {
        "stage": bound.stage,
        "value": bound.value,
        "kind": bound.kind.value,
        "source": bound.source,
        "theorem": bound.theorem or None,
        "confidence": bound.confidence,
        "assumptions": [str(a) for a in bound.assumptions],
    }


def _resources(resources: Resources) -> dict[str, Any]:
    return {
        "qubits": resources.qubits,
        "block_encoding_calls": resources.block_encoding_calls,
        "shots": resources.shots,
        "total_calls": resources.total_calls,
        "stages": [asdict(cost) for cost in resources.costs],
    }


def plain(value: Any) -> Any:
    """NumPy and non-finite numbers as JSON knows them."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
