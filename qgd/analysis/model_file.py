"""The case in a Python file: `model`, `loss` and `data` by these names."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from torch import nn

from qgd.analysis.case import TrainingCase
from qgd.analysis.network_case import NetworkCase
from qgd.analysis.presets import PRESETS, preset
from qgd.analysis.ratings_case import ratings_case

_RATE = 0.1


def load_case(source: str, learning_rate: float | None = None) -> TrainingCase:
    """Load a training run from a Python file or a table of ratings, or build a named preset.

    A CSV of user, item, rating becomes a `ratings_case`. A Python file is executed, so run only
    what you trust. It must define

    - ``model``: a ``torch.nn.Module`` at the weights to start from, masks of
      ``torch.nn.utils.prune`` included;
    - ``loss``: (outputs, targets) -> mean over the batch;
    - ``data``: (inputs, targets) as tensors, or a loader of such batches;

    and may define ``learning_rate`` (0.1) and ``mask`` (as for `survivors`).

    Parameters
    ----------
    source : str
        Path of a Python file or of a CSV (by its ending), or the name of a preset.
    learning_rate : float, optional
        In place of the file's; a preset has its own.

    Raises
    ------
    ValueError
        If the file is missing, does not run, or lacks a name.

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... import torch
    ... model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    ... loss = torch.nn.MSELoss()
    ... data = torch.eye(3), torch.ones(3, 1)
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mine.py"
    ...     _ = path.write_text(text)
    ...     case = load_case(str(path))
    >>> case.name, case.num_kept, case.learning_rate
    ('mine', 21, 0.1)
    """
    if source in PRESETS:
        case = preset(source)
        if learning_rate is not None:
            raise ValueError(
                f"`learning_rate` must be left out for a preset, got {learning_rate:g} for "
                f"{source}, which takes {case.learning_rate:g}; write a file to choose it"
            )
        return case
    path = Path(source)
    if not path.is_file():
        raise ValueError(
            f"`source` must be a Python file, a CSV of ratings or one of {', '.join(PRESETS)}, got "
            f"{source!r}, which does not exist; check the path"
        )
    if path.suffix.lower() == ".csv":
        return ratings_case(path, learning_rate)
    names = _executed(path)
    for name, what in (
        ("model", "a torch.nn.Module"),
        ("loss", "a function of (outputs, targets)"),
        ("data", "(inputs, targets) or a loader"),
    ):
        if name not in names:
            raise ValueError(f"`{path}` must define `{name}`, {what}, got none; add it")
    if not isinstance(names["model"], nn.Module):
        raise ValueError(
            f"`model` of {path} must be a torch.nn.Module, got {type(names['model']).__name__}; "
            "wrap it in one"
        )
    if not callable(names["loss"]):
        raise ValueError(
            f"`loss` of {path} must be callable, got {type(names['loss']).__name__}; pass "
            "torch.nn.MSELoss() or a function"
        )
    rate = names.get("learning_rate", _RATE) if learning_rate is None else learning_rate
    arguments = (names["model"], names["loss"], names["data"], rate)
    return NetworkCase(path.stem, *arguments, mask=names.get("mask"))


def _executed(path: Path) -> dict[str, Any]:
    try:
        return runpy.run_path(str(path))
    except Exception as error:
        raise ValueError(
            f"`{path}` must run by itself, got {type(error).__name__}: {error}; try python {path}"
        ) from error
