"""CIFAR-100 from a local folder in torchvision's layout; nothing is ever downloaded."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = "cifar-100-python"
COUNTS = {"train": 50_000, "test": 10_000}
_ALLOWED = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}
_WHERE = (
    "put the three files of cifar-100-python.tar.gz (https://www.cs.toronto.edu/~kriz/cifar.html), "
    f"unpacked, at ROOT/{FOLDER}/train, test and meta, and pass root=ROOT; or use the data set "
    "'synthetic', of the same shape, or 'digits'"
)


class _Restricted(pickle.Unpickler):
    """Arrays, numbers, strings and containers only: a pickle may otherwise run any program."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in CIFAR-100")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read_cifar100(root: str | Path | None) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Images, uint8 of shape (m, 3, 32, 32), and fine labels of ``train`` and ``test``.

    Raises
    ------
    ValueError
        If the folder is missing, incomplete, cut short, or holds something else; the message says
        which file, and where to get it.
    """
    if root is None:
        raise ValueError(f"`root` must be the folder that holds {FOLDER}, got None; {_WHERE}")
    folder = Path(root)
    if folder.name != FOLDER:
        folder = folder / FOLDER
    missing = [name for name in (*COUNTS, "meta") if not (folder / name).is_file()]
    if len(missing) == 3:
        raise ValueError(f"`root` must hold the folder {FOLDER}, got {str(root)!r}; {_WHERE}")
    if missing:
        raise ValueError(
            f"`root` must hold all of {FOLDER}, got a folder without {', '.join(missing)}: it is "
            "half extracted; unpack the archive again"
        )
    names = _unpickled(folder / "meta").get(b"fine_label_names", [])
    if len(names) != 100:
        raise _broken(folder / "meta", f"{len(names)} class names for 100")
    return {part: _part(folder / part, count) for part, count in COUNTS.items()}


def _part(path: Path, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    table = _unpickled(path)
    images, labels = table.get(b"data"), np.asarray(table.get(b"fine_labels", []))
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        raise _broken(path, "no array of bytes under 'data'")
    if images.shape != (count, 3072) or labels.shape != (count,):
        raise _broken(path, f"{images.shape} pixels and {labels.shape} labels for {count} images")
    if labels.min() < 0 or labels.max() > 99:
        raise _broken(path, f"labels from {labels.min()} to {labels.max()}")
    return images.reshape(count, 3, 32, 32), labels.astype(np.int64)


def _unpickled(path: Path) -> dict[Any, Any]:
    try:
        table = _Restricted(io.BytesIO(path.read_bytes()), encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, IndexError) as error:
        raise _broken(path, str(error) or type(error).__name__) from None
    if not isinstance(table, dict):
        raise _broken(path, type(table).__name__)
    return table


def _broken(path: Path, what: str) -> ValueError:
    return ValueError(
        f"`root` must hold the original files of CIFAR-100, got {path.name} with {what}: the file "
        "is cut short or another one; unpack the archive again"
    )
