"""The history vectors of a run in one file: what `qgd certify` reads beside result.json."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import coo_array

from qgd.core.arrays import RealArray
from qgd.dynamics.system import PolynomialMap
from qgd.pipeline.train import Round

NAME = "history.npz"


class SavedRound(NamedTuple):
    """One round: the map in the original weights, its history vector, and what was downloaded."""

    step: PolynomialMap
    start: RealArray
    history: RealArray
    value: RealArray
    details: dict[str, Any]
    recorded: float


def history_bytes(rounds: tuple[Round, ...]) -> bytes:
    """Content of history.npz: coefficients of every map, start and emulated history vector."""
    arrays: dict[str, Any] = {}
    for index, finished in enumerate(rounds):
        arrays[f"{index}/history"] = finished.source.solved.state.solution
        for k, Fk in enumerate(finished.dynamics.F):
            entries = Fk.tocoo()
            arrays[f"{index}/F{k}/place"] = np.array([entries.row, entries.col], dtype=np.int64)
            arrays[f"{index}/F{k}/value"] = entries.data
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def saved_rounds(result: Path) -> Iterator[SavedRound]:
    """Rounds of a run from its result.json and the history.npz beside it.

    Raises
    ------
    ValueError
        If a file is no such file, or the two belong to different runs.
    OSError
        If one of them is missing.
    """
    try:
        rounds = json.loads(result.read_text())["rounds"]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError):
        raise ValueError(
            f"`result` must be the result.json of a run, {result} is none; pass the file that "
            "`qgd train` wrote"
        ) from None
    beside = result.parent / NAME
    if not beside.exists():
        raise ValueError(
            f"`result` must lie beside the {NAME} of its run, {beside} is missing; run `qgd train` "
            "again, it writes both"
        )
    with np.load(beside) as arrays:
        count = len({name.split("/")[0] for name in arrays.files})
        if count != len(rounds):
            raise ValueError(
                f"`result` must belong to the {NAME} beside it, got {len(rounds)} rounds against "
                f"{count}; run `qgd train` again, it writes both"
            )
        for index, record in enumerate(rounds):
            start = np.array(record["start"])
            yield SavedRound(
                _step(arrays, index, len(start)),
                start,
                arrays[f"{index}/history"],
                np.array(record["value"]),
                record["details"],
                sum(line["value"] for line in record["budget"] if line["stage"] in _CERTIFIED),
            )


# The stages between gradient descent on the surrogate and the downloaded weights.
_CERTIFIED = ("truncation", "discretisation", "encoding", "inversion", "readout")


def _step(arrays: Any, index: int, n: int) -> PolynomialMap:
    F: list[Any] = []
    while f"{index}/F{len(F)}/place" in arrays.files:
        k = len(F)
        place, value = arrays[f"{index}/F{k}/place"], arrays[f"{index}/F{k}/value"]
        F.append(coo_array((value, (place[0], place[1])), shape=(n, n**k)).tocsr())
    return PolynomialMap(F)
