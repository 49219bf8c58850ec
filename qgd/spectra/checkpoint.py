"""A file that knows every finished Lanczos step, so that a killed run goes on bit for bit."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qgd.spectra.vectors import Vector

_HEADER = 4096
_RECORD = struct.Struct("<qqddI4x")  # probe, step, alpha, beta, checksum


class Checkpoint:
    """Scalars of every step at the front, the vectors that the next step needs behind them.

    A step first writes its vector, into a place that no finished step still needs, then its
    scalars with a checksum. Whatever moment the process dies in, the steps with a valid checksum
    find their vectors. It does not survive a loss of power, for nothing waits for the disk.

    Parameters
    ----------
    path : Path
        The file; it is made when it does not exist.
    identity : mapping
        What the run is: written when the file is made, compared when it exists.
    rows : int
        Vectors to keep: all of them, or three in turn.

    Raises
    ------
    ValueError
        If the file belongs to a run with other arguments, or is no checkpoint.
    """

    def __init__(self, path: Path, identity: Mapping[str, object], rows: int) -> None:
        self.rows = rows
        self.steps = int(str(identity["num_steps"]))
        self.width = int(str(identity["size"])) * np.dtype(str(identity["dtype"])).itemsize
        probes = int(str(identity["num_probes"]))
        self.vectors_at = _HEADER + probes * self.steps * _RECORD.size
        header = json.dumps({"qgd": "lanczos 1", **identity}).encode().ljust(_HEADER)
        if path.exists() and path.stat().st_size:
            self.file = path.open("r+b")
            self._compare(path, header)
        else:
            self.file = path.open("w+b")
            self.file.write(header)
            self.file.flush()

    def _compare(self, path: Path, header: bytes) -> None:
        found = self.file.read(_HEADER)
        if found == header:
            return
        self.file.close()
        try:
            was = json.loads(found)
            now = json.loads(header)
            other = [f"{k} = {was.get(k)!r} there, {now[k]!r} here" for k in now]
            other = [line for k, line in zip(now, other, strict=True) if was.get(k) != now[k]]
            got = "; ".join(other)
        except (ValueError, AttributeError):
            got = "a file that is no checkpoint"
        raise ValueError(
            f"`checkpoint` must be a new path or the file of the same run, got {path} with {got}; "
            "pass the arguments of that run, or another path"
        )

    def finished(self, probe: int) -> tuple[list[float], list[float]]:
        """alpha and beta of the steps of a probe that are complete."""
        alpha: list[float] = []
        beta: list[float] = []
        self.file.seek(self._record_at(probe, 0))
        for step in range(self.steps):
            raw = self.file.read(_RECORD.size)
            if len(raw) < _RECORD.size:
                break
            *values, checksum = _RECORD.unpack(raw)
            if values[:2] != [probe, step] or checksum != _checksum(raw):
                break
            alpha.append(values[2])
            beta.append(values[3])
        return alpha, beta

    def record(self, probe: int, step: int, alpha: float, beta: float, vector: Vector) -> None:
        """Keep the vector that step `step` made, then say that the step is complete."""
        self.file.seek(self.vectors_at + ((step + 1) % self.rows) * self.width)
        self.file.write(memoryview(vector.data).cast("B"))
        self.file.flush()
        raw = _RECORD.pack(probe, step, alpha, beta, 0)
        raw = _RECORD.pack(probe, step, alpha, beta, _checksum(raw))
        self.file.seek(self._record_at(probe, step))
        self.file.write(raw)
        self.file.flush()

    def load(self, step: int, out: Vector) -> None:
        """Read the vector that step ``step - 1`` made."""
        self.file.seek(self.vectors_at + (step % self.rows) * self.width)
        if self.file.readinto(memoryview(out.data).cast("B")) != self.width:
            raise ValueError(
                f"`checkpoint` must hold {self.width} bytes a vector, got a shorter file; "
                f"delete {os.fspath(self.file.name)} and start again"
            )

    def close(self) -> None:
        """Close the file, which stays where it is."""
        self.file.close()

    def _record_at(self, probe: int, step: int) -> int:
        return _HEADER + (probe * self.steps + step) * _RECORD.size


def forget_vectors(path: Path) -> None:
    """Cut the vectors off the file of a finished run, which needs its scalars only.

    What is left gives the same spectrum again; it is no start for more steps.
    """
    with path.open("rb") as file:
        run = json.loads(file.read(_HEADER))
    scalars = _HEADER + int(run["num_probes"]) * int(run["num_steps"]) * _RECORD.size
    if path.stat().st_size > scalars:
        os.truncate(path, scalars)


def _checksum(raw: bytes) -> int:
    # The constant keeps a region of zeros, such as a file has that was never written to, invalid.
    return zlib.crc32(raw[: _RECORD.size - 8], 0x5147)
