"""The only place where messages about arguments are built.

Form of every message: what must hold, what was got, what to do.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from qgd.core.arrays import IntArray, RealArray
from qgd.core.outcome import Outcome, QGDError

# Bytes below which the system is not asked for its free memory: a small part of Python's own.
_ALWAYS_FREE = 2.0**24


def check_integer(name: str, value: object, minimum: int, remedy: str = "") -> int:
    """Return `value` as int; it must be an integer of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        message = f"`{name}` must be an integer, got {type(value).__name__} {value!r}"
        raise TypeError(_sentence(message, remedy))
    if value < minimum:
        raise ValueError(_sentence(f"`{name}` must be at least {minimum}, got {value}", remedy))
    return int(value)


def check_real(
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    at_most: float = math.inf,
    below: float = math.inf,
    remedy: str = "",
) -> float:
    """Return `value` as a finite float inside the open or closed interval that is given."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        message = f"`{name}` must be a real number, got {type(value).__name__} {value!r}"
        raise TypeError(_sentence(message, remedy))
    number = float(value)
    if math.isfinite(number) and above < number < below and at_least <= number <= at_most:
        return number
    limits = [
        (math.isfinite(number), "finite"),
        (number > above, f"greater than {above:g}"),
        (number >= at_least, f"at least {at_least:g}"),
        (number <= at_most, f"at most {at_most:g}"),
        (number < below, f"less than {below:g}"),
    ]
    for holds, wanted in limits:
        if not holds:
            raise ValueError(_sentence(f"`{name}` must be {wanted}, got {number:.6g}", remedy))
    return number


def check_array(
    name: str, value: ArrayLike, shape: Sequence[int | None], remedy: str = ""
) -> RealArray:
    """Return a finite float64 array of the given shape (``None`` matches any positive length)."""
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "biufO":
            raise TypeError(f"an array of {raw.dtype}")
        array = raw.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise TypeError(_sentence(f"`{name}` must be real numbers, got {error}", remedy)) from None
    fits = array.shape == tuple(shape) or (
        array.ndim == len(shape)
        and all(
            got > 0 if wanted is None else got == wanted
            for got, wanted in zip(array.shape, shape, strict=True)
        )
    )
    if not fits:
        wanted_text = "(" + ", ".join("at least 1" if s is None else str(s) for s in shape) + ")"
        raise ValueError(
            _sentence(f"`{name}` must have shape {wanted_text}, got {array.shape}", remedy)
        )
    # Short arrays are looked at entry by entry: a third of the time of array operations.
    short = array.size < 32
    if not (all(map(math.isfinite, array.flat)) if short else np.isfinite(array).all()):
        bad = np.argwhere(~np.isfinite(array))
        place = tuple(int(i) for i in bad[0])
        raise ValueError(
            _sentence(
                f"`{name}` must be finite, got {array[place]} at index {place} "
                f"({len(bad)} non-finite in all)",
                remedy or "remove or impute these entries",
            )
        )
    return array


def check_indices(name: str, value: ArrayLike, count: int, remedy: str = "") -> IntArray:
    """Return an int64 array whose entries, if any, lie between 0 and ``count - 1``."""
    array = np.asarray(value)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(_sentence(f"`{name}` must be integers, got {array.dtype}", remedy))
    outside = array[(array < 0) | (array >= count)]
    if outside.size:
        raise ValueError(
            _sentence(f"`{name}` must be from 0 to {count - 1}, got {outside[0]}", remedy)
        )
    return array.astype(np.int64, copy=False)


def check_increasing(name: str, value: ArrayLike) -> RealArray:
    """Return a finite, strictly increasing float64 array that is not empty."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64 and value.ndim == 1:
        if value.size < 32:  # a fifth of the time of array operations
            listed = value.tolist()
            inside = all(map(operator.lt, listed, listed[1:]))
        else:
            inside = bool((value[1:] > value[:-1]).all())
        # In this case finite ends are enough.
        if value.size and inside and math.isfinite(value[0]) and math.isfinite(value[-1]):
            return value
    array = check_array(name, value, (None,))
    if not (array[1:] > array[:-1]).all():
        late = np.flatnonzero(np.diff(array) <= 0)
        raise ValueError(
            f"`{name}` must be strictly increasing, got {array[late[0] + 1]:g} after "
            f"{array[late[0]]:g} at index {late[0] + 1}; sort them and drop repeats"
        )
    return array


def check_choice(name: str, value: object, choices: Sequence[str]) -> str:
    """Return `value` if it is one of the listed words."""
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(choices)}, got {value!r}")
    return str(value)


def check_kappa(kappa: float, required: float) -> None:
    """`kappa` must cover the spectrum: kappa >= alpha / sigma_min."""
    if kappa < required * (1 - 1e-12):
        unit = 10.0 ** (math.floor(math.log10(required)) - 3)
        suggestion = math.ceil(required / unit) * unit
        raise ValueError(
            f"`kappa` must be at least alpha / sigma_min = {required:.4g}, got {kappa:.4g}; "
            f"raise kappa to {suggestion:.4g} or leave it out to have it bounded for you"
        )


def check_memory(required_bytes: float, what: str, remedy: str | Callable[[float], str]) -> None:
    """Refuse, before the allocation, what does not fit into the memory that is free now.

    A remedy that takes work to find is a function of the bytes that may be used.
    """
    if required_bytes <= _ALWAYS_FREE:
        return
    free = available_memory()
    if required_bytes > 0.8 * free:
        advice = remedy if isinstance(remedy, str) else remedy(0.8 * free)
        raise QGDError(
            Outcome.TOO_LARGE,
            f"{what} needs {format_bytes(required_bytes)}, more than 0.8 of the "
            f"{format_bytes(free)} that are free; {advice}",
        )


def available_memory() -> float:
    """Bytes of memory that are free now (Linux), or the physical size where that is unknown."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return float(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_PAGE_SIZE")) * float(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return 4 * 2.0**30


def format_bytes(count: float) -> str:
    """Number of bytes with a binary unit."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if count < 1024 or unit == "PiB":
            break
        count /= 1024
    return f"{count:.4g} {unit}" if count < 1e4 else f"{count:.1e} {unit}"


def _sentence(message: str, remedy: str) -> str:
    return f"{message}; {remedy}" if remedy else message
