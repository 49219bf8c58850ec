"""The folder with the checkpoints of a reproduction: of one run, and no larger than it must be."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qgd.spectra.images import Images
from qgd.spectra.reproduction_plan import ReproductionPlan

_NAME = "plan.json"


def claim_folder(folder: Path, plan: ReproductionPlan, data: Images) -> None:
    """Make the folder that of this run, whose spectra it may hold already.

    Raises
    ------
    ValueError
        If it is that of a run with other numbers, which would be taken for those of this one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, wanted = folder / _NAME, _numbers(plan, data)
    if not path.exists():
        temporary = path.with_name(_NAME + ".part")
        temporary.write_text(json.dumps(wanted, indent=2) + "\n")
        os.replace(temporary, path)
        return
    remedy = "give the options of that run, or another folder, or delete this one"
    try:
        found = json.loads(path.read_text())
        changed = [key for key in wanted if found.get(key) != wanted[key]]
    except (ValueError, AttributeError):
        raise ValueError(
            f"`folder` must hold the checkpoints of a run, got {path}, which is something else; "
            f"{remedy}"
        ) from None
    if changed:
        first = changed[0]
        raise ValueError(
            f"`folder` must hold the checkpoints of this run, got {folder} of a run with {first} = "
            f"{found.get(first)!r} where it is {wanted[first]!r} here; {remedy}"
        )


def _numbers(plan: ReproductionPlan, data: Images) -> dict[str, Any]:
    numbers = asdict(plan)
    training = {f"training {key}": value for key, value in numbers.pop("training").items()}
    images = {"train_images": len(data.train_labels), "test_images": len(data.test_labels)}
    return {**numbers, **training, "data": data.name, **images}
