"""How far roots of relative frequencies are from roots of probabilities (Theorem 15.2)."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy.optimize import brentq

from qgd.core.checks import check_integer, check_real


@lru_cache(maxsize=256)
def root_count_radius(categories: int, failure: float) -> float:
    """t with P(sum_c (sqrt(n_c / N) - sqrt(p_c))^2 >= t / N) <= failure, for all N and p.

    Parameters
    ----------
    categories : int
        m, outcomes that are told apart besides a rest.
    failure : float
        Probability that may be missed.

    Notes
    -----
    t = tau + m ln 2 with e^(m - tau) (tau / m)^m = failure. The chi-squared limit for large counts
    is about a quarter of m for large m; the ratio is the price of a proof for all N and p.

    Examples
    --------
    >>> round(root_count_radius(1, 0.01), 2), round(root_count_radius(100, 0.01) / 100, 2)
    (8.33, 2.03)
    """
    m = check_integer("categories", categories, 1)
    check_real("failure", failure, above=0, below=1)
    wanted = math.log(failure)
    # Falls from 0 at tau = m; at the other end it is below m (ln 6 - 5) - 3 |ln failure|.
    tau = brentq(
        lambda x: m - x + m * math.log(x / m) - wanted, m, 6 * m - 4 * wanted, xtol=1e-12 * m
    )
    return float(tau) * (1 + 1e-9) + m * math.log(2)
