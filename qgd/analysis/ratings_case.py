"""A table of ratings as a training run: its sparse matrix factorisation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qgd.analysis.factorisation_case import FactorisationCase
from qgd.core.checks import check_real
from qgd.dynamics.factorisation import SparseFactorisation
from qgd.dynamics.factorisation_descent import FactorisationDescent
from qgd.dynamics.factorisation_dissipation import factorisation_dissipation
from qgd.problem.ratings_file import read_ratings

RANK, RIDGE = 2, 0.1
_FIRST_STEPS = 200


def ratings_case(path: str | Path, learning_rate: float | None = None) -> FactorisationCase:
    """Read a CSV of user, item, rating, and make the run that goes on from a first descent.

    The loss is that of `SparseFactorisation` with rank 2 and ridge 0.1; ratings of the same pair
    count by their mean. From random factors of the size of the ratings, 200 steps are made
    classically; what they reach is the upload: start and pivot of the run.

    Parameters
    ----------
    path : str or Path
        As for `read_ratings`.
    learning_rate : float, optional
        Of the run; left out: 1 / (proved upper bound of lambda_max at the upload).

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "films.csv"
    ...     _ = file.write_text("ann,Solaris,5\\nbob,Solaris,3\\nbob,Stalker,4\\n")
    ...     case = ratings_case(file)
    >>> case.name, case.num_weights
    ('films', 8)
    """
    if learning_rate is not None:
        check_real("learning_rate", learning_rate, above=0)
    ratings = read_ratings(path, duplicates="mean")
    loss = SparseFactorisation(ratings, RANK, ridge=RIDGE)
    size = np.sqrt(np.abs(ratings.values).mean() / RANK)
    start = size * np.random.default_rng(0).standard_normal(loss.num_weights)
    first = FactorisationDescent(loss, _safe_rate(loss, start), start)
    upload = start + first.iterate(np.zeros(len(start)), _FIRST_STEPS)
    rate = learning_rate or _safe_rate(loss, upload)
    return FactorisationCase(Path(path).stem, loss, upload, np.zeros(len(start)), rate)


def _safe_rate(loss: SparseFactorisation, at: np.ndarray) -> float:
    numbers = factorisation_dissipation(FactorisationDescent(loss, 1.0, at))
    return 1 / numbers.hessian_interval[1]
