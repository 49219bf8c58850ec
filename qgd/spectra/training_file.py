"""State of a training run on disk: written whole or not at all, read without running anything."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils import prune as torch_prune

_VERSION = 1
State = tuple[int, list[dict[str, Any]], int]


def write_training(
    path: Path,
    identity: dict[str, Any],
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    state: State,
) -> None:
    """Replace the file by the state after so many steps."""
    count, records, uploaded = state
    content = {
        "qgd": _VERSION,
        "identity": identity,
        "count": count,
        "records": records,
        "uploaded": uploaded,
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
    }
    temporary = path.with_name(path.name + ".part")
    torch.save(content, temporary)
    os.replace(temporary, path)


def read_training(
    path: Path, identity: dict[str, Any], model: nn.Module
) -> tuple[State, dict[str, Any]]:
    """Put the model into the stored state; return the rest, and the state of the optimiser.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or belongs to another plan, other data or another model.
    """
    remedy = "delete the file or choose another one to start anew"
    try:
        content = torch.load(path, weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError, OSError) as error:
        raise ValueError(
            f"`checkpoint` must be a file of this function, got {str(path)!r} "
            f"({type(error).__name__}); {remedy}"
        ) from None
    if not isinstance(content, dict) or content.get("qgd") != _VERSION:
        raise ValueError(f"`checkpoint` must be a file of this function, got {path}; {remedy}")
    stored = content["identity"]
    flat = [{**i["plan"], "data": i["data"]} for i in (stored, identity)]
    changed = [k for k in flat[1] if flat[0].get(k) != flat[1][k]]
    if changed:
        first = changed[0]
        raise ValueError(
            f"`checkpoint` must belong to this run, got {path} with {first} = "
            f"{flat[0].get(first)!r} where the plan says {flat[1][first]!r}; {remedy}"
        )
    weights = content["model"]
    pruned = [k.removesuffix(".weight_mask") for k in weights if k.endswith(".weight_mask")]
    try:
        for name in pruned:
            module = model.get_submodule(name)
            if not hasattr(module, "weight_mask"):
                mask = weights[name + ".weight_mask"]
                torch_prune.custom_from_mask(module, "weight", mask)  # type: ignore[no-untyped-call]
        model.load_state_dict(weights)
    except (AssertionError, AttributeError, RuntimeError) as error:
        raise ValueError(
            f"`checkpoint` must belong to this model, got {path} with other layers ({error}); "
            f"{remedy}"
        ) from None
    return (content["count"], content["records"], content["uploaded"]), content["optimiser"]
