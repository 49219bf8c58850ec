"""Whether a learning rate makes the stiffest mode grow: |1 - eta lambda_max| > 1."""

from __future__ import annotations

import math

from qgd.core.checks import check_integer
from qgd.spectra.lanczos import Operator, Progress, lanczos, resolved

LANCZOS_STEPS = 10  # on networks within a per cent of lambda_max, whose outliers stand apart


def largest_eigenvalue(
    operator: Operator,
    size: int | None = None,
    *,
    rng: int = 0,
    progress: Progress | None = None,
) -> float:
    """Return a lower bound of lambda_max, close to it, from a few Lanczos steps.

    A Ritz value lies inside the spectrum: eta times it above 2 proves that a mode overshoots, below
    2 it proves nothing.

    Examples
    --------
    >>> import numpy as np
    >>> d = np.linspace(-1, 1, 200)
    >>> 0.95 < largest_eigenvalue(lambda v: d * v, 200) <= 1
    True
    """
    _, count = resolved(operator, size)
    found = lanczos(
        operator,
        size=size,
        num_steps=min(LANCZOS_STEPS, check_integer("size", count, 1)),
        num_probes=1,
        reorthogonalise=False,
        dtype=getattr(operator, "dtype", float),
        rng=rng,
        progress=progress,
    )
    return found.extremes[1]


def stable_rate(top: float) -> float:
    """2 / lambda_max with four digits, rounded down: at this rate the top mode does not grow."""
    limit = 2 / top
    rounded = float(f"{limit:.4g}")
    unit = 10.0 ** (math.floor(math.log10(limit)) - 3)
    return rounded if rounded * top <= 2 else float(f"{rounded - unit:.4g}")


def overshoot_sentence(learning_rate: float, top: float) -> str:
    """What holds, what was got; the remedy is for the caller to add."""
    product = learning_rate * top
    return (
        f"`learning_rate` must be at most 2 / lambda_max = {stable_rate(top):.4g} for the top mode "
        f"not to grow, got {learning_rate:.4g}: eta lambda_max = {product:.4g}, "
        f"|1 - eta lambda_max| = {abs(1 - product):.4g}"
    )
